//! What of a configuration can be simulated and is probably not what was meant.

use {
    super::{Configuration, HolidaySection, Semesters},
    std::fmt,
};

/// A doubtful value: its key, and what is doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The key's path.
    pub key: String,
    /// One sentence: what it means, and what can be given.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, text } = self;
        write!(f, "engineering_department.{key}: {text}")
    }
}

fn warning(key: &str, text: impl Into<String>) -> Warning {
    Warning { key: key.into(), text: text.into() }
}

/// Degrees from the equator within which the sun stands in the north and in the south for months.
const TROPICAL: f64 = 5.0;
/// Degrees from the horizontal below which it hardly matters where an array looks.
const FLAT: f64 = 5.0;
/// Power of the modules by that of the inverter, least and most.
const INVERTER_LOADING: std::ops::RangeInclusive<f64> = 0.4..=2.5;

impl Configuration {
    /// What is doubtful. The simulation goes on.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut all = self.site_warnings();
        all.extend(self.calendar_warnings());
        all.extend(self.array_warnings());
        all.extend(self.zone_warnings());
        all
    }

    fn site_warnings(&self) -> Vec<Warning> {
        let department = &self.engineering_department;
        let site = &department.site;
        let mut all = Vec::new();
        if let Some(ahead) = site.clock_ahead_of_sun() {
            let side = if ahead > 0.0 { "ahead of" } else { "behind" };
            all.push(warning(
                "site.timezone",
                format!(
                    "the clock of {} is {:.1} hours {side} the sun at longitude {}; give the place's own time zone",
                    site.timezone,
                    ahead.abs(),
                    site.longitude
                ),
            ));
        }
        if site.altitude_m.is_none() {
            all.push(warning("site.altitude_m", "not given: the site is taken to be at sea level"));
        }
        if !site.is_near_bangkok() {
            let missing = department.weather.of_bangkok();
            all.extend(missing.into_iter().map(|key| {
                warning(
                    &format!("weather.{key}"),
                    format!("Bangkok's climate at {}, {}; give the site's own values", site.latitude, site.longitude),
                )
            }));
        }
        all
    }

    fn calendar_warnings(&self) -> Vec<Warning> {
        let department = &self.engineering_department;
        let zone = department.site.timezone;
        if zone == chrono_tz::Asia::Bangkok {
            return Vec::new();
        }
        let mut all = Vec::new();
        match &department.calendar {
            Some(HolidaySection::Thai) => {
                all.push(warning(
                    "calendar",
                    format!("Thai public holidays in {zone}; give none, or the site's own days"),
                ));
            }
            None if department.holidays.is_empty() => all.push(warning(
                "calendar",
                format!("not given: no public holidays in {zone}; give a list of days, or none"),
            )),
            _ => {}
        }
        if department.semester_breaks == Semesters::default() {
            all.push(warning("semester_breaks", format!("those of Thai universities in {zone}; give the site's own")));
        }
        all
    }

    fn array_warnings(&self) -> Vec<Warning> {
        let solar = &self.engineering_department.solar_installation;
        let mut all = Vec::new();
        if !solar.exists() {
            return all;
        }
        let (latitude, azimuth) = (self.engineering_department.site.latitude, solar.azimuth());
        let (equator, side) = if latitude < 0.0 { (0.0, "north") } else { (180.0, "south") };
        let turn = (azimuth - equator).to_radians().cos();
        if latitude.abs() >= TROPICAL && solar.tilt_angle >= FLAT && turn < -1e-9 {
            let key = if solar.azimuth_deg.is_some() { "azimuth_deg" } else { "orientation" };
            // The cosine of the angle at which the sun stands on the array at noon of an equinox, by that on a flat one.
            let (tilt, zenith) = (solar.tilt_angle.to_radians(), latitude.abs().to_radians());
            let share =
                (tilt.cos() * zenith.cos() + tilt.sin() * zenith.sin() * turn).max(0.0) / zenith.cos().max(1e-9);
            let less = 100.0 * (1.0 - share).clamp(0.0, 1.0);
            let text = format!(
                "the array looks to {azimuth} degrees, away from the sun in the {side}: at an equinox's noon it gets {less:.0} % less \
                 light than a flat one"
            );
            all.push(warning(&format!("solar_installation.{key}"), text));
        }
        let array = solar.array();
        let loading = array.capacity / array.inverter_dc;
        if !INVERTER_LOADING.contains(&loading) {
            let text = format!("{} kW of inverter for {} kW of modules", array.inverter_dc, array.capacity);
            all.push(warning("solar_installation.inverter_dc_kw", text));
        }
        all
    }

    fn zone_warnings(&self) -> Vec<Warning> {
        let department = &self.engineering_department;
        let listed = &department.smart_meters.zones;
        let mut all = Vec::new();
        for zone in listed {
            let users = self.users_of(*zone);
            if self.meters_of(*zone) == 0 {
                let text = format!("{zone} has no meter, so nothing of it is simulated; raise smart_meters.count");
                all.push(warning("smart_meters.zones", text));
            } else if users.is_empty() {
                let text = "nobody uses it, so the grid alone supplies it; give the groups of participants who do";
                all.push(warning(&format!("zones.{zone}.used_by"), text));
            } else if self.count(&users) == 0 {
                let names: Vec<_> = users.iter().map(|group| group.name()).collect();
                let text = format!(
                    "participants has 0 {}, so nobody buys for it and the grid alone supplies it; give other groups",
                    names.join(" and 0 ")
                );
                all.push(warning(&format!("zones.{zone}.used_by"), text));
            }
        }
        for name in department.zones.keys() {
            if !listed.iter().any(|zone| zone.name() == name) {
                let text = "is not in smart_meters.zones, so nothing of it is simulated";
                all.push(warning(&format!("zones.{name}"), text));
            }
        }
        all
    }
}
