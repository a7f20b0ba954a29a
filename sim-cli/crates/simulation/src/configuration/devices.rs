//! `storage` and `electric_vehicles`: devices behind a meter.

use {
    super::checked,
    crate::MeterProfile,
    serde::{Deserialize, Serialize},
};

/// `storage`: a battery behind a meter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSection {
    /// Behind which meter.
    pub meter: String,
    /// What it holds.
    #[serde(deserialize_with = "checked::storage_capacity")]
    pub capacity_kwh: f64,
    /// What it takes or gives.
    #[serde(deserialize_with = "checked::storage_power")]
    pub power_kw: f64,
    /// Share of what is charged that is stored.
    #[serde(deserialize_with = "checked::storage_efficiency")]
    pub charging_efficiency: f64,
    /// Share of what is drawn that comes out.
    #[serde(deserialize_with = "checked::storage_efficiency")]
    pub discharging_efficiency: f64,
    /// Share of the capacity that stays in it.
    #[serde(deserialize_with = "checked::state")]
    pub minimum_state: f64,
    /// Share of the capacity up to which it is charged.
    #[serde(deserialize_with = "checked::share")]
    pub maximum_state: f64,
}

impl Default for StorageSection {
    fn default() -> Self {
        Self {
            meter: "ENG_001".into(),
            capacity_kwh: 20.0,
            power_kw: 10.0,
            charging_efficiency: 0.95,
            discharging_efficiency: 0.95,
            minimum_state: 0.1,
            maximum_state: 0.9,
        }
    }
}

impl StorageSection {
    /// Whether its meter is one of these, and its states in order.
    pub(super) fn check(&self, meters: &[MeterProfile]) -> Result<(), String> {
        known(&self.meter, meters)?;
        let Self { minimum_state, maximum_state, .. } = self;
        if minimum_state < maximum_state {
            return Ok(());
        }
        Err(format!("minimum_state {minimum_state} must be below maximum_state {maximum_state}"))
    }
}

/// `electric_vehicles`: those that charge at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VehiclesSection {
    /// Behind which meter.
    pub meter: String,
    /// How many.
    #[serde(deserialize_with = "checked::vehicles")]
    pub count: u16,
    /// What a charger gives.
    #[serde(deserialize_with = "checked::storage_power")]
    pub charger_kw: f64,
}

impl Default for VehiclesSection {
    fn default() -> Self {
        Self { meter: "ENG_001".into(), count: 4, charger_kw: 7.4 }
    }
}

impl VehiclesSection {
    /// Whether its meter is one of these.
    pub(super) fn check(&self, meters: &[MeterProfile]) -> Result<(), String> {
        known(&self.meter, meters)
    }

    /// What they can take in an hour, kWh.
    pub(crate) fn most(&self) -> f64 {
        f64::from(self.count) * self.charger_kw
    }
}

fn known(meter: &str, meters: &[MeterProfile]) -> Result<(), String> {
    if meters.iter().any(|known| known.id.to_string() == meter) {
        return Ok(());
    }
    Err(format!("meter {meter:?} is none of this department"))
}
