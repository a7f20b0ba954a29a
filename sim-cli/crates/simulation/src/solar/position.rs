//! The position of the sun: NREL's SPA by the crate solar-positioning, behind one function.

use {
    super::{Site, clear_sky::pressure},
    chrono::{DateTime, Utc},
    solar_positioning::{Location, RefractionCorrection, SolarPositions},
};

/// Terrestrial less universal time in the 2020s, seconds. A minute more moves the sun by 0.0007 degrees.
const DELTA_T: f64 = 69.2;
/// Temperature of the air that refracts, degrees Celsius: the yearly mean that SPA's authors suggest.
const REFRACTING_AIR: f64 = 12.0;

/// The sun at an instant, seen from a site.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sun {
    /// Degrees from the vertical.
    pub zenith: f64,
    /// The same as the light arrives, bent by the air.
    pub apparent_zenith: f64,
    /// Degrees clockwise from north.
    pub azimuth: f64,
}

impl Sun {
    /// The sun beneath one's feet, for a time of which no position is known.
    const DOWN: Self = Self { zenith: 180.0, apparent_zenith: 180.0, azimuth: 0.0 };

    /// Whether the sun's middle is above the horizon.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.apparent_zenith < 90.0
    }

    /// Cosine of the apparent zenith angle; 0 at night.
    #[must_use]
    pub fn cosine(&self) -> f64 {
        self.apparent_zenith.to_radians().cos().max(0.0)
    }
}

/// Where the sun is, seen from a site.
#[must_use]
pub(super) fn sun(site: &Site, time: DateTime<Utc>) -> Sun {
    let location = Location { latitude: site.latitude, longitude: site.longitude };
    let refraction = RefractionCorrection::new(pressure(site.altitude) / 100.0, REFRACTING_AIR).ok();
    let both = SolarPositions::new().for_time(&time, DELTA_T).and_then(|prepared| {
        Ok((prepared.at(location, site.altitude, None)?, prepared.at(location, site.altitude, refraction)?))
    });
    // Errors are for years and places that the configuration does not allow.
    let Ok((geometric, apparent)) = both else { return Sun::DOWN };
    Sun { zenith: geometric.zenith_angle(), apparent_zenith: apparent.zenith_angle(), azimuth: geometric.azimuth() }
}
