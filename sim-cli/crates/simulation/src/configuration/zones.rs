//! `zones` and `load`: what the parts of the campus take, when, and who uses them.

use {
    super::{Configuration, Participants, ZoneName, checked},
    crate::{HourRange, load::ZoneLoad},
    rust_decimal::Decimal,
    serde::{Deserialize, Serialize},
};

/// `zones.NAME`: other values than the brief's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneSection {
    /// kWh an interval.
    #[serde(default, deserialize_with = "checked::energy")]
    pub base_consumption: Option<Decimal>,
    /// When it is used most.
    #[serde(default)]
    pub peak_hours: Option<HourRange>,
}

/// `load`: how much of the usual load there is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadSection {
    /// A factor of all base loads; 1 is the load of the brief's table.
    #[serde(deserialize_with = "checked::level")]
    pub level: f64,
}

impl Default for LoadSection {
    fn default() -> Self {
        Self { level: 1.0 }
    }
}

impl LoadSection {
    /// Whether it says nothing.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Configuration {
    /// The brief's zones as the brief has them.
    pub(crate) fn brief_zone_loads(&self) -> Vec<ZoneLoad> {
        let Participants { faculty, graduate_students, undergraduate_students } =
            self.engineering_department.participants;
        let brief = [
            (ZoneName::Classroom, 2.5, HourRange::new(9.0, 16.0), (1.22, 0.45), undergraduate_students, (0.7, 0.65)),
            (ZoneName::Laboratory, 4.2, HourRange::new(8.0, 18.0), (0.90, 0.6), graduate_students, (0.5, 0.95)),
            (ZoneName::FacultyOffice, 1.8, HourRange::new(8.0, 17.0), (0.94, 0.5), faculty, (0.6, 0.85)),
        ];
        let load =
            |(name, base, peak_hours, (peak, floor), people, (share, in_breaks)): (ZoneName, _, _, _, u16, _)| {
                ZoneLoad {
                    zone: name.into(),
                    base,
                    peak_hours,
                    peak,
                    floor,
                    follows_table: true,
                    people: people.into(),
                    presence_share: share,
                    present_in_breaks: in_breaks,
                    has_bursts: name == ZoneName::Laboratory,
                }
            };
        brief.into_iter().map(load).collect()
    }

    /// The zones with the configuration's values.
    pub(crate) fn zone_loads(&self) -> Vec<ZoneLoad> {
        let level = self.engineering_department.load.level;
        let names = [ZoneName::Classroom, ZoneName::Laboratory, ZoneName::FacultyOffice];
        let load = |(name, brief): (ZoneName, ZoneLoad)| {
            let own = self.engineering_department.zones.get(&name);
            let base = own.and_then(|zone| f64::try_from(zone.base_consumption?).ok()).unwrap_or(brief.base);
            let peak_hours = own.and_then(|zone| zone.peak_hours).unwrap_or(brief.peak_hours);
            ZoneLoad { base: base * level, peak_hours, ..brief }
        };
        names.into_iter().zip(self.brief_zone_loads()).map(load).collect()
    }
}
