//! `limits`: what a ledger's oracle accepts, where the installation's and the load's own greatest values shall not be taken.

use {
    super::checked,
    rust_decimal::Decimal,
    serde::{Deserialize, Serialize},
    std::collections::BTreeMap,
};

/// `limits`: energies in kWh. Each must be at least what the simulated installation or load can reach; without a key, that is the
/// limit, with some room for real meters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// Generation of all meters in an interval.
    #[serde(deserialize_with = "checked::interval_limit")]
    pub array_generation_kwh: Option<Decimal>,
    /// Generation of single meters in an interval, by their ids.
    #[serde(deserialize_with = "checked::meter_limits")]
    pub meter_generation_kwh: BTreeMap<String, Decimal>,
    /// Consumption of each meter in an interval.
    #[serde(deserialize_with = "checked::interval_limit")]
    pub meter_consumption_kwh: Option<Decimal>,
    /// Surplus of all meters that can be minted on a day.
    #[serde(deserialize_with = "checked::daily_limit")]
    pub daily_surplus_kwh: Option<Decimal>,
}

impl LimitsSection {
    /// Whether it says nothing.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
