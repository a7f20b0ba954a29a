//! The configuration: the seed's `engineering-config.yaml`, and a few optional keys more.
//!
//! Optional keys under `engineering_department`: `site.{timezone, latitude, longitude, altitude_m}`;
//! `solar_installation.{azimuth_deg, losses, temperature_coefficient, inverter_dc_kw, inverter_efficiency, albedo}`;
//! `weather.{sky, air_temperature_c, wind_m_s, linke_turbidity}`; `storage.{meter, capacity_kwh, power_kw,
//! charging_efficiency, discharging_efficiency, minimum_state, maximum_state}`; `electric_vehicles.{meter, count, charger_kw}`; `smart_meters.base_scope` (`per_zone`, `per_meter`),
//! `semester_breaks`; `smart_meters.apportioning` (`host`, `zone_hosts`,
//! `static`, `pro_rata`) and `smart_meters.static_shares`; `zones.NAME.{base_consumption, peak_hours}`; `holidays`;
//! `noise.{generation, consumption}`; `market.{feed_in_tariff, retail_tariff, minimum_lot_wh, orders_per_seat,
//! fee_basis_points}`;
//! `emissions.{factor_kg_per_kwh, source, year}`. An unknown key or a bad value is one line with file, line, key and what is allowed.

mod checked;
mod devices;
mod market;
mod schema;
mod semesters;
mod solar;

pub use {
    devices::{StorageSection, VehiclesSection},
    market::{Emissions, MarketSection},
    schema::*,
    semesters::Semesters,
    solar::{Orientation, SiteSection, SkyName, SolarInstallation, WeatherSection},
};

use {
    super::{
        MeterProfile,
        apportion::Apportioning,
        calendar::{Calendar, DayKind},
        load::ZoneLoad,
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

/// The seed's configuration, which is used where none is given.
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
    /// More meters than a ledger's department takes.
    #[error(
        "{0} meters: a department's lookup table has room for {LEDGER_METERS}; only `simulate` and `forecast` take more"
    )]
    TooManyMeters(usize),
    /// An environment variable is wrong.
    #[error("environment variable {0}: {1}")]
    Environment(&'static str, String),
}

impl Configuration {
    /// Loads a file, or the seed's configuration.
    ///
    /// # Errors
    /// [`ConfigurationError::Unreadable`], [`ConfigurationError::Invalid`].
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigurationError> {
        let Some(path) = path else { return Self::parse("engineering-config.yaml", DEFAULT) };
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigurationError::Unreadable(name.clone(), error.to_string()))?;
        Self::parse(&name, &text)
    }

    /// Parses a configuration; `name` is what errors call it.
    ///
    /// # Errors
    /// [`ConfigurationError::Invalid`].
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigurationError> {
        let mut key = String::new();
        let parsed = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
            serde_path_to_error::deserialize(deserializer).map_err(|error| {
                key = error.path().to_string();
                error.into_inner()
            })
        });
        let configuration: Self = parsed.map_err(|error| checked::explained(name, &key, &error))?;
        let meters = &configuration.engineering_department.smart_meters;
        if let Err(reason) = checked::static_shares(meters, &configuration.meters()) {
            let key = "engineering_department.smart_meters.static_shares";
            let line = checked::line_of(text, "static_shares").or(checked::line_of(text, "apportioning")).unwrap_or(1);
            return Err(ConfigurationError::Invalid(name.into(), line, 1, key.into(), reason));
        }
        if let Err(reason) = configuration.engineering_department.market.check() {
            let line = checked::line_of(text, "market").unwrap_or(1);
            let key = "engineering_department.market.feed_in_tariff";
            return Err(ConfigurationError::Invalid(name.into(), line, 1, key.into(), reason));
        }
        let (department, meters) = (&configuration.engineering_department, configuration.meters());
        let storage = department.storage.as_ref().map(|storage| storage.check(&meters));
        let vehicles = department.electric_vehicles.as_ref().map(|vehicles| vehicles.check(&meters));
        for (section, checked) in [("storage", storage), ("electric_vehicles", vehicles)] {
            if let Some(Err(reason)) = checked {
                let line = checked::line_of(text, section).unwrap_or(1);
                let key = format!("engineering_department.{section}");
                return Err(ConfigurationError::Invalid(name.into(), line, 1, key, reason));
            }
        }
        Ok(configuration)
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

    /// Overrides values by the seed's environment variables.
    ///
    /// # Errors
    /// [`ConfigurationError::Environment`].
    pub fn apply_environment(&mut self, get: impl Fn(&str) -> Option<String>) -> Result<(), ConfigurationError> {
        let wrong = |name, reason| Err(ConfigurationError::Environment(name, reason));
        if let Some(text) = get("SIMULATION_INTERVAL").filter(|text| text != "900") {
            return wrong("SIMULATION_INTERVAL", format!("{text:?} is not supported; an interval has 900 seconds"));
        }
        if let Some(text) = get("ENGINEERING_SOLAR_CAPACITY") {
            match Capacity::try_from(text) {
                Ok(capacity) => self.engineering_department.solar_installation.capacity = capacity,
                Err(reason) => return wrong("ENGINEERING_SOLAR_CAPACITY", reason),
            }
        }
        if let Some(text) = get("ENGINEERING_METERS") {
            match text.parse().ok().filter(|count| checked::METERS.contains(count)) {
                Some(count) => self.engineering_department.smart_meters.count = count,
                None => {
                    return wrong("ENGINEERING_METERS", format!("{text:?} is no number of meters; give 1 to 100000"));
                }
            }
        }
        Ok(())
    }

    /// The meters: prefix and number, split evenly over the zones.
    #[must_use]
    pub fn meters(&self) -> Vec<MeterProfile> {
        let SmartMeters { count, prefix, zones, .. } = &self.engineering_department.smart_meters;
        let zone = |index: usize| Zone::from(zones[index * zones.len() / count]);
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

    /// What the array can give at most in an interval, Wh.
    #[must_use]
    pub fn array_limit(&self) -> u32 {
        let solar = &self.engineering_department.solar_installation;
        super::values::watt_hours(solar.capacity.kilowatts() * super::profile::INTERVAL_HOURS)
    }

    /// The most that each of the meters can generate in an interval, Wh: its share of the installation.
    #[must_use]
    pub fn generation_limits(&self, meters: &[MeterProfile]) -> Vec<u32> {
        self.apportioning(meters).limits(self.array_limit(), meters.len())
    }

    /// What is plausible for a meter to consume in an interval, Wh: four times the largest zone's base, in the scope of
    /// the base loads, the largest burst where that is a meter's share of its zone, a battery, vehicles.
    #[must_use]
    pub fn consumption_limit(&self) -> u32 {
        let of_a_meter = |load: &ZoneLoad| load.base * super::load::scale(self, load.zone);
        let base = self.zone_loads().iter().map(of_a_meter).fold(0.0, f64::max);
        let department = &self.engineering_department;
        let battery = department.storage.as_ref().map_or(0.0, |storage| storage.power_kw);
        let vehicles = department.electric_vehicles.as_ref().map_or(0.0, VehiclesSection::most);
        let burst = match department.smart_meters.base_scope {
            // Four times a meter's base holds it.
            BaseScope::PerMeter => 0.0,
            BaseScope::PerZone => super::behaviour::BURST_ENERGY.end * super::load::burst_scale(self),
        };
        super::values::watt_hours(base * 4.0 + burst + (battery + vehicles) * super::profile::INTERVAL_HOURS)
    }

    pub(super) fn array(&self) -> ArrayModel {
        let solar = &self.engineering_department.solar_installation;
        ArrayModel::new(solar.capacity.kilowatts(), solar.efficiency)
    }

    pub(super) fn calendar(&self) -> Calendar {
        Calendar::new(self.engineering_department.site.timezone, &self.engineering_department.holidays)
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
        (0..*count).filter(|index| Zone::from(zones[index * zones.len() / count]) == zone).count()
    }

    /// How many people each zone has.
    pub(super) fn people(&self) -> Vec<(Zone, u64)> {
        let Participants { faculty, graduate_students, undergraduate_students } =
            self.engineering_department.participants;
        vec![
            (Zone::FACULTY_OFFICE, faculty.into()),
            (Zone::LABORATORY, graduate_students.into()),
            (Zone::CLASSROOM, undergraduate_students.into()),
        ]
    }

    pub(super) fn noise(&self) -> NoiseLevels {
        let NoiseSection { generation, consumption } = self.engineering_department.noise;
        NoiseLevels { generation, consumption }
    }

    /// The seed's zones: base consumption in kWh an interval and peak hours; then what runs in the peak and outside.
    pub(super) fn zone_loads(&self) -> Vec<ZoneLoad> {
        let seed = [
            (ZoneName::Classroom, 2.5, HourRange::new(9.0, 16.0), 1.22, 0.45),
            (ZoneName::Laboratory, 4.2, HourRange::new(8.0, 18.0), 0.90, 0.6),
            (ZoneName::FacultyOffice, 1.8, HourRange::new(8.0, 17.0), 0.94, 0.5),
        ];
        let load = |(name, base, hours, peak, floor)| {
            let own = self.engineering_department.zones.get(&name);
            let base = own.and_then(|zone| f64::try_from(zone.base_consumption?).ok()).unwrap_or(base);
            let peak_hours = own.and_then(|zone| zone.peak_hours).unwrap_or(hours);
            ZoneLoad { zone: name.into(), base, peak_hours, peak, floor }
        };
        seed.into_iter().map(load).collect()
    }

    pub(super) fn apportioning(&self, meters: &[MeterProfile]) -> Apportioning {
        let SmartMeters { apportioning, static_shares, .. } = &self.engineering_department.smart_meters;
        let first_of_zone = |index: usize| index == 0 || meters[index].zone != meters[index - 1].zone;
        match apportioning {
            Policy::Host => Apportioning::Static((0..meters.len()).map(|index| u64::from(index == 0)).collect()),
            Policy::ZoneHosts => {
                Apportioning::Static((0..meters.len()).map(|index| u64::from(first_of_zone(index))).collect())
            }
            Policy::Static => Apportioning::Static(checked::weights(static_shares, meters)),
            Policy::ProRata => Apportioning::pro_rata(self.array_limit(), meters.len()),
        }
    }
}
