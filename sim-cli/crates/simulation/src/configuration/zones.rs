//! `zones` and `load`: what the parts of the campus take, when, and who uses them.

use {
    super::{Configuration, Participants, checked},
    crate::{HourRange, load::ZoneLoad},
    campus_energy_sdk::registry::state::{Role, Zone},
    rust_decimal::Decimal,
    serde::{Deserialize, Serialize, Serializer},
};

/// `zones.NAME`: of the brief's zones other values than the brief's; of another zone `base_consumption` and `peak_hours` are needed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneSection {
    /// kWh an interval.
    #[serde(default, deserialize_with = "checked::energy")]
    pub base_consumption: Option<Decimal>,
    /// When it is used most.
    #[serde(default)]
    pub peak_hours: Option<HourRange>,
    /// Who uses it, and buys what it takes. Without the key, of the brief's zones whom the brief has there, of others nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<Vec<UserGroup>>,
    /// Whether its meters have bursts, as those of laboratories do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bursts: Option<bool>,
}

/// Who uses a zone, as `participants` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum UserGroup {
    Faculty,
    GraduateStudents,
    UndergraduateStudents,
}

impl UserGroup {
    /// Their role on a ledger.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::Faculty => Role::Faculty,
            Self::GraduateStudents => Role::Graduate,
            Self::UndergraduateStudents => Role::Undergraduate,
        }
    }

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Faculty => "faculty",
            Self::GraduateStudents => "graduate_students",
            Self::UndergraduateStudents => "undergraduate_students",
        }
    }

    /// How many they are.
    fn count(self, participants: &Participants) -> u64 {
        match self {
            Self::Faculty => participants.faculty,
            Self::GraduateStudents => participants.graduate_students,
            Self::UndergraduateStudents => participants.undergraduate_students,
        }
        .into()
    }

    /// Which share of a zone's load is theirs, and which share of them comes in semester breaks. Assumptions.
    const fn presence(self) -> (f64, f64) {
        match self {
            Self::Faculty => (0.6, 0.85),
            Self::GraduateStudents => (0.5, 0.95),
            Self::UndergraduateStudents => (0.7, 0.65),
        }
    }
}

/// Names of zones as a list of texts.
pub(super) fn names<S: Serializer>(zones: &[Zone], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(zones.iter().map(Zone::name))
}

/// What a zone that the brief does not name takes in and outside its peak hours, relative to its base.
const PEAK: f64 = 1.0;
const FLOOR: f64 = 0.5;

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

/// The brief's zones: who is there, base in kWh an interval, peak hours, and what runs in them and outside, relative to the base.
const BRIEF: [(Zone, UserGroup, f64, HourRange, f64, f64); 3] = [
    (Zone::CLASSROOM, UserGroup::UndergraduateStudents, 2.5, HourRange::new(9.0, 16.0), 1.22, 0.45),
    (Zone::LABORATORY, UserGroup::GraduateStudents, 4.2, HourRange::new(8.0, 18.0), 0.90, 0.6),
    (Zone::FACULTY_OFFICE, UserGroup::Faculty, 1.8, HourRange::new(8.0, 17.0), 0.94, 0.5),
];

impl Configuration {
    /// The brief's zones as the brief has them.
    pub(crate) fn brief_zone_loads(&self) -> Vec<ZoneLoad> {
        let load =
            |(zone, group, base, peak_hours, peak, floor): (Zone, UserGroup, f64, HourRange, f64, f64)| ZoneLoad {
                zone,
                base,
                peak_hours,
                peak,
                floor,
                follows_table: true,
                people: group.count(&self.engineering_department.participants),
                presence_share: group.presence().0,
                present_in_breaks: group.presence().1,
                has_bursts: zone == Zone::LABORATORY,
            };
        BRIEF.into_iter().map(load).collect()
    }

    /// The brief's zones with the configuration's values, and the configuration's own.
    pub(crate) fn zone_loads(&self) -> Vec<ZoneLoad> {
        let department = &self.engineering_department;
        let brief = self.brief_zone_loads();
        let own = department.smart_meters.zones.iter().filter(|zone| !is_brief(**zone));
        let own: Vec<ZoneLoad> = own.map(|zone| self.own_zone(*zone)).collect();
        let load = |brief: ZoneLoad| {
            let Some(section) = department.zones.get(brief.zone.name()) else { return self.at_level(brief) };
            let base = section.base_consumption.and_then(|base| f64::try_from(base).ok()).unwrap_or(brief.base);
            let (presence_share, present_in_breaks) = section
                .used_by
                .as_ref()
                .map_or((brief.presence_share, brief.present_in_breaks), |groups| presence(groups));
            self.at_level(ZoneLoad {
                base,
                peak_hours: section.peak_hours.unwrap_or(brief.peak_hours),
                people: section.used_by.as_ref().map_or(brief.people, |groups| self.count(groups)),
                presence_share,
                present_in_breaks,
                has_bursts: section.bursts.unwrap_or(brief.has_bursts),
                ..brief
            })
        };
        brief.into_iter().chain(own).map(load).collect()
    }

    fn at_level(&self, load: ZoneLoad) -> ZoneLoad {
        ZoneLoad { base: load.base * self.engineering_department.load.level, ..load }
    }

    /// How many people some groups are.
    pub(super) fn count(&self, groups: &[UserGroup]) -> u64 {
        groups.iter().map(|group| group.count(&self.engineering_department.participants)).sum()
    }

    /// A zone that the brief does not name, as far as its section does not say otherwise. The check at load demands base and hours.
    fn own_zone(&self, zone: Zone) -> ZoneLoad {
        let users = self.users_of(zone);
        let (presence_share, present_in_breaks) = presence(&users);
        ZoneLoad {
            zone,
            base: 0.0,
            peak_hours: HourRange::CLOSED,
            peak: PEAK,
            floor: FLOOR,
            follows_table: false,
            people: self.count(&users),
            presence_share,
            present_in_breaks,
            has_bursts: false,
        }
    }

    /// Who uses a zone.
    #[must_use]
    pub fn users_of(&self, zone: Zone) -> Vec<UserGroup> {
        let given = self.engineering_department.zones.get(zone.name()).and_then(|section| section.used_by.clone());
        given
            .unwrap_or_else(|| BRIEF.iter().filter(|(brief, ..)| *brief == zone).map(|(_, group, ..)| *group).collect())
    }

    /// Whether a zone that the brief does not name has what it needs, and every zone's groups are given once.
    pub(super) fn check_zones(&self) -> Result<(), (String, String)> {
        for (zone, section) in &self.engineering_department.zones {
            let groups = section.used_by.as_deref().unwrap_or_default();
            let again = groups.iter().enumerate().find(|(place, group)| groups[..*place].contains(group));
            if let Some((_, group)) = again {
                return Err((format!("zones.{zone}.used_by"), format!("give {} once", group.name())));
            }
        }
        for zone in self.engineering_department.smart_meters.zones.iter().filter(|zone| !is_brief(**zone)) {
            let section = self.engineering_department.zones.get(zone.name());
            let keys = [
                ("base_consumption", section.is_some_and(|section| section.base_consumption.is_some())),
                ("peak_hours", section.is_some_and(|section| section.peak_hours.is_some())),
            ];
            let missing: Vec<_> = keys.iter().filter(|(_, given)| !given).map(|(key, _)| *key).collect();
            if !missing.is_empty() {
                let reason = format!(
                    "{zone} is none of the brief's zones and needs {}; used_by says who uses it",
                    missing.join(" and ")
                );
                return Err((format!("zones.{zone}"), reason));
            }
        }
        Ok(())
    }
}

/// Which share of a zone's load is its users', and which share of them comes in semester breaks: the means of the groups.
fn presence(groups: &[UserGroup]) -> (f64, f64) {
    let mean = |part: fn((f64, f64)) -> f64, without: f64| {
        let parts: f64 = groups.iter().map(|group| part(group.presence())).sum();
        if groups.is_empty() { without } else { parts / groups.len() as f64 }
    };
    (mean(|(share, _)| share, 0.0), mean(|(_, in_breaks)| in_breaks, 1.0))
}

/// Whether the brief names a zone.
pub(super) fn is_brief(zone: Zone) -> bool {
    BRIEF.iter().any(|(brief, ..)| *brief == zone)
}
