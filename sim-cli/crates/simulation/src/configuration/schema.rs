//! The keys of the configuration file.

use {
    super::{
        super::values::HourRange, Emissions, HolidaySection, LimitsSection, LoadSection, MarketSection, Semesters,
        SiteSection, SolarInstallation, StorageSection, VehiclesSection, WeatherSection, ZoneSection, checked,
    },
    campus_energy_sdk::{oracle::state::GREATEST_MAX_AGE, registry::state::Zone},
    chrono::NaiveDate,
    rust_decimal::Decimal,
    serde::{Deserialize, Serialize},
    std::collections::BTreeMap,
};

/// A configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The department.
    pub engineering_department: DepartmentSection,
}

/// `engineering_department`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct DepartmentSection {
    pub name: String,
    pub validator_authority: String,
    pub building: String,
    #[serde(default)]
    pub site: SiteSection,
    #[serde(default)]
    pub solar_installation: SolarInstallation,
    pub participants: Participants,
    pub smart_meters: SmartMeters,
    pub operational_hours: OperationalHours,
    #[serde(default, deserialize_with = "checked::zone_sections")]
    pub zones: BTreeMap<String, ZoneSection>,
    #[serde(default, skip_serializing_if = "LoadSection::is_default")]
    pub load: LoadSection,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<HolidaySection>,
    #[serde(default)]
    pub holidays: Vec<NaiveDate>,
    #[serde(default, skip_serializing_if = "LimitsSection::is_default")]
    pub limits: LimitsSection,
    #[serde(default)]
    pub noise: NoiseSection,
    #[serde(default)]
    pub semester_breaks: Semesters,
    #[serde(default)]
    pub weather: WeatherSection,
    #[serde(default)]
    pub storage: Option<StorageSection>,
    #[serde(default)]
    pub electric_vehicles: Option<VehiclesSection>,
    #[serde(default)]
    pub market: MarketSection,
    #[serde(default)]
    pub emissions: Emissions,
    pub blockchain_config: BlockchainConfig,
}

/// `participants`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Participants {
    #[serde(deserialize_with = "checked::participants")]
    pub faculty: u16,
    #[serde(deserialize_with = "checked::participants")]
    pub graduate_students: u16,
    #[serde(deserialize_with = "checked::participants")]
    pub undergraduate_students: u16,
}

/// `smart_meters`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmartMeters {
    /// How many; at most 100,000, and at most 120 on a ledger.
    #[serde(deserialize_with = "checked::meter_count")]
    pub count: usize,
    /// What their ids begin with.
    #[serde(deserialize_with = "checked::prefix")]
    pub prefix: String,
    /// Their zones: the meters are split evenly over them, in order.
    #[serde(deserialize_with = "checked::zones", serialize_with = "super::zones::names")]
    pub zones: Vec<Zone>,
    /// What the table's consumption is of.
    #[serde(default)]
    pub base_scope: BaseScope,
    /// Who gets the array's energy.
    #[serde(default)]
    pub apportioning: Policy,
    /// For `static`: each meter's share; they add up to 1.
    #[serde(default, deserialize_with = "checked::shares")]
    pub static_shares: BTreeMap<String, Decimal>,
    /// For how long after an interval's end the ledger takes its readings, s; as long as it can, unless given.
    #[serde(default = "greatest_age", deserialize_with = "checked::reading_age")]
    pub max_reading_age_s: u32,
}

fn greatest_age() -> u32 {
    GREATEST_MAX_AGE
}

/// `smart_meters.base_scope`: what the brief's consumption column and base loads are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseScope {
    /// The column is the energy of the whole complex in an interval, kWh; a base load is a zone's. The base loads add up
    /// to the column's value at 09:00.
    #[default]
    PerZone,
    /// The column is the mean power of a meter, kW; a base load is a meter's.
    PerMeter,
}

/// `smart_meters.apportioning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The first meter gets all, as in the brief's sample.
    Host,
    /// The first meter of each zone gets an equal share.
    #[default]
    ZoneHosts,
    /// `static_shares`.
    Static,
    /// By consumption.
    ProRata,
}

/// `operational_hours`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct OperationalHours {
    pub weekdays: HourRange,
    pub weekends: HourRange,
    pub holidays: HourRange,
}

/// `noise`: standard deviations, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct NoiseSection {
    #[serde(deserialize_with = "checked::deviation")]
    pub generation: f64,
    #[serde(deserialize_with = "checked::deviation")]
    pub consumption: f64,
}

impl Default for NoiseSection {
    fn default() -> Self {
        Self { generation: 0.02, consumption: 0.03 }
    }
}

/// `blockchain_config`. Addresses stay texts: the brief's are placeholders, which the embedded ledger ignores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct BlockchainConfig {
    pub validator_url: String,
    pub authority_keypair: String,
    pub programs: ProgramIds,
}

/// `blockchain_config.programs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ProgramIds {
    pub oracle: String,
    pub energy_token: String,
    pub trading: String,
    pub registry: String,
}
