//! The configuration: the brief's `engineering-config.yaml`, and a few optional keys more.
//!
//! `docs/simulation.md` lists the optional keys. An unknown key or a bad value is one line with file, line, key and what is allowed; what
//! can be simulated but is doubtful is a [`Warning`].

mod checked;
mod devices;
mod holidays;
mod limits;
mod market;
mod schema;
mod semesters;
mod site;
mod solar;
mod warnings;
mod weather;
mod zones;

pub use {
    devices::{StorageSection, VehiclesSection},
    holidays::{HolidayDate, HolidaySection},
    limits::LimitsSection,
    market::{Emissions, MarketSection},
    schema::*,
    semesters::Semesters,
    site::SiteSection,
    solar::{Orientation, SolarInstallation},
    warnings::Warning,
    weather::{SkyName, WeatherSection},
    zones::{LoadSection, UserGroup, ZoneSection},
};

use {
    super::{
        MeterProfile,
        calendar::{Calendar, DayKind},
        noise::NoiseLevels,
        profile::ArrayModel,
        storage::Battery,
        values::{Capacity, HourRange},
    },
    campus_energy_sdk::{
        identity::{MeterId, Prefix},
        registry::state::{Role, Zone},
    },
    sha2::{Digest, Sha256},
    std::path::Path,
    thiserror::Error,
};

/// The brief's configuration, which is used where none is given.
pub const DEFAULT: &str = include_str!("../../../../config/engineering-config.yaml");

/// Meters of a department on a ledger: two addresses each in a lookup table of 256.
pub const LEDGER_METERS: usize = 120;

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("{0}: {1}; give an existing YAML file with --config")]
    Unreadable(String, String),
    /// A key or value is wrong: file, line, column, key path, and what is allowed.
    #[error("{0}:{1}:{2}: {3}: {4}")]
    Invalid(String, u64, u64, String, String),
    /// Values that do not go together once options have overridden some: a key, and why.
    #[error("engineering_department.{0}: {1}")]
    Inconsistent(String, String),
    /// More meters than a ledger's department takes.
    #[error(
        "{0} meters: a department's lookup table has room for {LEDGER_METERS}; only `simulate` and `forecast` take more"
    )]
    TooManyMeters(usize),
    /// An environment variable is wrong, or several do not fit the file: their names, and why.
    #[error("environment variable{plural} {names}: {reason}", plural = plural(.0), names = .0, reason = .1)]
    Environment(String, String),
}

/// The ending of a word for some names that are separated by commas.
fn plural(names: &str) -> &'static str {
    if names.contains(", ") { "s" } else { "" }
}

impl Configuration {
    /// Loads a file, or the brief's configuration.
    ///
    /// # Errors
    /// [`ConfigurationError::Unreadable`], [`ConfigurationError::Invalid`].
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigurationError> {
        Self::load_with(path, |_| None, |_| ())
    }

    /// Loads a file, or the brief's configuration; the brief's environment variables, and then `change`, override its values. Whether the
    /// values go together is checked at the end.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub fn load_with(
        path: Option<&Path>,
        get: impl Fn(&str) -> Option<String>,
        change: impl FnOnce(&mut Self),
    ) -> Result<Self, ConfigurationError> {
        let Some(path) = path else { return Self::parse_with("engineering-config.yaml", DEFAULT, get, change) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigurationError::Unreadable(name.clone(), error.to_string()))?;
        Self::parse_with(&name, &text, get, change)
    }

    /// Parses a configuration; `name` is what errors call it.
    ///
    /// # Errors
    /// [`ConfigurationError::Invalid`].
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigurationError> {
        Self::parse_with(name, text, |_| None, |_| ())
    }

    /// Parses a configuration as [`Self::load_with`] does.
    ///
    /// # Errors
    /// [`ConfigurationError`]: of values that do not go together, the file's line, the variables, or neither, by where they come from.
    pub fn parse_with(
        name: &str,
        text: &str,
        get: impl Fn(&str) -> Option<String>,
        change: impl FnOnce(&mut Self),
    ) -> Result<Self, ConfigurationError> {
        let file = Self::values(name, text)?;
        let mut environment = file.clone();
        let given = environment.apply_environment(get)?;
        let mut configuration = environment.clone();
        change(&mut configuration);
        let Some(found) = configuration.inconsistency() else { return Ok(configuration) };
        let has_it = |earlier: &Self| earlier.inconsistency().as_ref() == Some(&found);
        let (in_file, in_environment) = (has_it(&file), has_it(&environment));
        let (key, reason) = found;
        if in_file {
            let key = format!("engineering_department.{key}");
            let line = checked::line_of(text, &key);
            return Err(ConfigurationError::Invalid(name.into(), line, 1, key, reason));
        }
        if in_environment {
            let (names, texts): (Vec<_>, Vec<_>) =
                given.iter().map(|(name, text)| (*name, format!("{text:?}"))).unzip();
            let verb = if names.len() > 1 { "do" } else { "does" };
            let reason = format!("{} {verb} not fit engineering_department.{key}: {reason}", texts.join(", "));
            return Err(ConfigurationError::Environment(names.join(", "), reason));
        }
        Err(ConfigurationError::Inconsistent(key, reason))
    }

    /// A file's values, each of which is allowed for itself.
    fn values(name: &str, text: &str) -> Result<Self, ConfigurationError> {
        let mut key = String::new();
        let parsed = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
            serde_path_to_error::deserialize(deserializer).map_err(|error| {
                key = error.path().to_string();
                error.into_inner()
            })
        });
        parsed.map_err(|error| checked::explained(name, &key, &error))
    }

    /// Values that are allowed each for itself and do not go together: a key below `engineering_department`, and why.
    fn inconsistency(&self) -> Option<(String, String)> {
        let department = &self.engineering_department;
        let (section, meters) = (&department.smart_meters, self.meters());
        let of_key = |key: &str, result: Result<(), String>| result.map_err(|reason| (key.to_string(), reason));
        let check = || {
            of_key("smart_meters.count", checked::meter_ids(section))?;
            self.check_zones()?;
            of_key("smart_meters.static_shares", checked::static_shares(section, &meters))?;
            of_key("market.feed_in_tariff", department.market.check())?;
            if let Some(storage) = &department.storage {
                of_key("storage", storage.check(&meters))?;
            }
            if let Some(vehicles) = &department.electric_vehicles {
                of_key("electric_vehicles", vehicles.check(&meters))?;
            }
            self.check_limits()
        };
        check().err()
    }

    /// Whether its values go together, after some of them were overridden.
    ///
    /// # Errors
    /// [`ConfigurationError::Inconsistent`].
    pub fn check(&self) -> Result<(), ConfigurationError> {
        match self.inconsistency() {
            None => Ok(()),
            Some((key, reason)) => Err(ConfigurationError::Inconsistent(key, reason)),
        }
    }

    /// Whether a ledger's department has room for its meters.
    ///
    /// # Errors
    /// [`ConfigurationError::TooManyMeters`].
    pub fn check_for_a_ledger(&self) -> Result<(), ConfigurationError> {
        match self.engineering_department.smart_meters.count {
            count if count > LEDGER_METERS => Err(ConfigurationError::TooManyMeters(count)),
            _ => Ok(()),
        }
    }

    /// The battery, if there is one.
    #[must_use]
    pub fn battery(&self) -> Option<Battery> {
        Battery::new(self.engineering_department.storage.as_ref()?, &self.meters())
    }

    /// Overrides values by the brief's environment variables; those that do, and what they say.
    ///
    /// # Errors
    /// [`ConfigurationError::Environment`].
    fn apply_environment(
        &mut self,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<(&'static str, String)>, ConfigurationError> {
        let wrong = |name: &str, reason| Err(ConfigurationError::Environment(name.into(), reason));
        let mut given = Vec::new();
        if let Some(text) = get("SIMULATION_INTERVAL").filter(|text| text != "900") {
            return wrong("SIMULATION_INTERVAL", format!("{text:?} is not supported; an interval has 900 seconds"));
        }
        if let Some(text) = get("ENGINEERING_SOLAR_CAPACITY") {
            match Capacity::try_from(text.clone()) {
                Ok(capacity) => self.engineering_department.solar_installation.capacity = capacity,
                Err(reason) => return wrong("ENGINEERING_SOLAR_CAPACITY", reason),
            }
            given.push(("ENGINEERING_SOLAR_CAPACITY", text));
        }
        if let Some(text) = get("ENGINEERING_METERS") {
            match text.trim().parse().ok().filter(|count| checked::METERS.contains(count)) {
                Some(count) => self.engineering_department.smart_meters.count = count,
                None => {
                    return wrong("ENGINEERING_METERS", format!("{text:?} is no number of meters; give 1 to 100000"));
                }
            }
            given.push(("ENGINEERING_METERS", text));
        }
        Ok(given)
    }

    /// The meters: prefix and number, split evenly over the zones.
    #[must_use]
    pub fn meters(&self) -> Vec<MeterProfile> {
        let SmartMeters { count, prefix, zones, .. } = &self.engineering_department.smart_meters;
        let zone = |index: usize| zones[index * zones.len() / count];
        // The check at load has left no number whose id is too long: nothing is left out.
        let id = |index: usize| format!("{prefix}{:03}", index + 1).parse::<MeterId>().ok();
        (0..*count).filter_map(|index| Some(MeterProfile { id: id(index)?, zone: zone(index) })).collect()
    }

    /// The prefix of the meters' ids.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        // Checked when it was loaded.
        self.engineering_department.smart_meters.prefix.parse().unwrap_or(Prefix([0; 16]))
    }

    /// Who takes part: faculty, graduates, undergraduates, in that order.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        let Participants { faculty, graduate_students, undergraduate_students } =
            self.engineering_department.participants;
        let of = |role, count: u16| std::iter::repeat_n(role, count.into());
        let all = of(Role::Faculty, faculty).chain(of(Role::Graduate, graduate_students));
        all.chain(of(Role::Undergraduate, undergraduate_students)).collect()
    }

    /// The addresses in the file, by key path.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&'static str, &str)> {
        let department = &self.engineering_department;
        let programs = &department.blockchain_config.programs;
        vec![
            ("engineering_department.validator_authority", &department.validator_authority),
            ("engineering_department.blockchain_config.programs.oracle", &programs.oracle),
            ("engineering_department.blockchain_config.programs.energy_token", &programs.energy_token),
            ("engineering_department.blockchain_config.programs.trading", &programs.trading),
            ("engineering_department.blockchain_config.programs.registry", &programs.registry),
        ]
    }

    /// sha256 of all that the configuration says.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(canonical).into()
    }

    pub(super) fn array(&self) -> ArrayModel {
        let solar = &self.engineering_department.solar_installation;
        ArrayModel::new(solar.capacity.kilowatts(), solar.efficiency)
    }

    pub(super) fn calendar(&self) -> Calendar {
        let department = &self.engineering_department;
        Calendar::new(department.site.timezone, self.holiday_calendar().with(&department.holidays))
    }

    /// The public holidays of the site: where the configuration does not say, Thailand's on Bangkok time, and none elsewhere.
    #[must_use]
    pub fn holiday_calendar(&self) -> &HolidaySection {
        let department = &self.engineering_department;
        let thai = department.site.timezone == chrono_tz::Asia::Bangkok;
        department.calendar.as_ref().unwrap_or(if thai { &HolidaySection::Thai } else { &HolidaySection::None })
    }

    pub(super) fn operating_hours(&self, kind: DayKind) -> HourRange {
        let hours = &self.engineering_department.operational_hours;
        match kind {
            DayKind::Weekday => hours.weekdays,
            DayKind::Weekend => hours.weekends,
            DayKind::Holiday => hours.holidays,
        }
    }

    /// How many meters a zone has.
    pub(super) fn meters_of(&self, zone: Zone) -> usize {
        let SmartMeters { count, zones, .. } = &self.engineering_department.smart_meters;
        // The place is that of all meters whose number times the zones, by the meters, rounds down to it.
        let first = |place: usize| (place * count).div_ceil(zones.len());
        zones.iter().position(|listed| *listed == zone).map_or(0, |place| first(place + 1) - first(place))
    }

    pub(super) fn noise(&self) -> NoiseLevels {
        let NoiseSection { generation, consumption } = self.engineering_department.noise;
        NoiseLevels { generation, consumption }
    }
}
