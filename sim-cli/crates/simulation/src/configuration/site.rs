//! `site`: where the complex is. It is given whole or not at all: a clock without its place, or a place without its clock, would move the
//! sun to another time of the day.

use {
    super::checked,
    crate::solar::Site,
    chrono::{Offset, TimeZone},
    serde::{Deserialize, Serialize},
};

/// `site`: where the complex is. Without it, Bangkok.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GivenSite")]
pub struct SiteSection {
    /// An IANA time zone.
    pub timezone: chrono_tz::Tz,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the sea; without it, sea level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
}

/// What a configuration says of the site.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenSite {
    #[serde(default, deserialize_with = "checked::time_zone")]
    timezone: Option<chrono_tz::Tz>,
    #[serde(default, deserialize_with = "checked::latitude")]
    latitude: Option<f64>,
    #[serde(default, deserialize_with = "checked::longitude")]
    longitude: Option<f64>,
    #[serde(default, deserialize_with = "checked::altitude")]
    altitude_m: Option<f64>,
}

impl TryFrom<GivenSite> for SiteSection {
    type Error = String;

    fn try_from(given: GivenSite) -> Result<Self, String> {
        let GivenSite { timezone, latitude, longitude, altitude_m } = given;
        if let (Some(timezone), Some(latitude), Some(longitude)) = (timezone, latitude, longitude) {
            return Ok(Self { timezone, latitude, longitude, altitude_m });
        }
        let keys =
            [("timezone", timezone.is_some()), ("latitude", latitude.is_some()), ("longitude", longitude.is_some())];
        let missing: Vec<_> = keys.iter().filter(|(_, given)| !given).map(|(key, _)| *key).collect();
        Err(format!(
            "{} missing; give a site whole, with timezone, latitude and longitude, or leave it out for Bangkok",
            missing.join(", ") + if missing.len() == 1 { " is" } else { " are" },
        ))
    }
}

impl Default for SiteSection {
    fn default() -> Self {
        Self { timezone: chrono_tz::Asia::Bangkok, latitude: 13.7563, longitude: 100.5018, altitude_m: Some(2.0) }
    }
}

/// Kilometres around Bangkok in which its climate is taken for the site's.
const OF_BANGKOK_KM: f64 = 500.0;
/// Kilometres of a degree of latitude.
const KM_PER_DEGREE: f64 = 111.2;
/// Hours by which a clock can differ from the sun's: the whole of China has one.
const CLOCK_AND_SUN_HOURS: f64 = 3.5;
/// Degrees by which the earth turns in an hour.
const DEGREES_PER_HOUR: f64 = 15.0;

impl SiteSection {
    /// The site.
    #[must_use]
    pub fn site(&self) -> Site {
        Site { latitude: self.latitude, longitude: self.longitude, altitude: self.altitude_m.unwrap_or(0.0) }
    }

    /// Whether Bangkok's climate is the site's.
    #[must_use]
    pub fn is_near_bangkok(&self) -> bool {
        let bangkok = Self::default();
        let (north, own) = (bangkok.latitude.to_radians(), self.latitude.to_radians());
        let turn = (self.longitude - bangkok.longitude).to_radians();
        let cosine = north.sin() * own.sin() + north.cos() * own.cos() * turn.cos();
        cosine.clamp(-1.0, 1.0).acos().to_degrees() * KM_PER_DEGREE <= OF_BANGKOK_KM
    }

    /// Hours by which the clock is ahead of the sun, where that is more than any country has: the time zone is another place's.
    #[must_use]
    pub fn clock_ahead_of_sun(&self) -> Option<f64> {
        let offset = |month| {
            let noon = chrono::NaiveDate::from_ymd_opt(2025, month, 1)?.and_hms_opt(12, 0, 0)?;
            let seconds = self.timezone.from_local_datetime(&noon).earliest()?.offset().fix().local_minus_utc();
            Some(f64::from(seconds) / 3_600.0)
        };
        // Standard time is the smaller one.
        let clock = f64::min(offset(1)?, offset(7)?);
        let ahead = (clock - self.longitude / DEGREES_PER_HOUR + 12.0).rem_euclid(24.0) - 12.0;
        (ahead.abs() > CLOCK_AND_SUN_HOURS).then_some(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(timezone: &str, latitude: f64, longitude: f64) -> SiteSection {
        SiteSection { timezone: timezone.parse().unwrap(), latitude, longitude, altitude_m: None }
    }

    #[test]
    fn a_clock_of_another_place_is_noticed() {
        for (zone, latitude, longitude) in [
            ("Asia/Bangkok", 13.8, 100.5),
            ("Europe/Berlin", 52.5, 13.4),
            ("Europe/Madrid", 42.9, -9.2),
            ("Asia/Shanghai", 39.5, 76.0),
            ("Pacific/Auckland", -36.8, 174.8),
            ("Pacific/Kiritimati", 1.9, -157.4),
            ("America/La_Paz", -16.5, -68.15),
        ] {
            assert_eq!(site(zone, latitude, longitude).clock_ahead_of_sun(), None, "{zone}");
        }
        let ahead = site("Europe/Berlin", 13.8, 100.5).clock_ahead_of_sun().unwrap();
        assert!((ahead + 5.7).abs() < 0.01, "{ahead}");
        assert!(site("Asia/Bangkok", 52.5, 13.4).clock_ahead_of_sun().unwrap() > 6.0);
    }

    #[test]
    fn bangkoks_climate_is_that_of_its_surroundings() {
        assert!(SiteSection::default().is_near_bangkok());
        assert!(site("Asia/Bangkok", 14.97, 102.1).is_near_bangkok(), "Nakhon Ratchasima");
        assert!(!site("Asia/Bangkok", 18.8, 98.98).is_near_bangkok(), "Chiang Mai is 580 km away");
        assert!(!site("Europe/Berlin", 52.5, 13.4).is_near_bangkok());
    }
}
