//! `manifest.json`: the inputs of a run.

use {
    campus_energy_simulation::{configuration::Emissions, tampering::Manifested},
    serde::{Deserialize, Serialize},
};

/// What a run was a run of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Manifest {
    pub software: String,
    pub version: String,
    pub mode: String,
    pub seed: u64,
    pub configuration_sha256: String,
    pub prefix: String,
    pub time_zone: String,
    pub first_day: String,
    pub days: u32,
    pub meters: usize,
    pub participants: usize,
    pub apportioning: String,
    pub signing: String,
    pub strategy: String,
    pub bidding: String,
    /// Share of a zone's load that answers to prices.
    pub response: String,
    pub emissions: Emissions,
    pub interval_seconds: i64,
    pub interval_convention: String,
    pub units: Units,
    /// Meters that were tampered with on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tampering: Option<Manifested>,
}

/// What the files of `sim-cli simulate` were made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SimulationManifest {
    pub software: String,
    pub version: String,
    pub seed: u64,
    pub configuration_sha256: String,
    pub time_zone: String,
    pub first_day: String,
    pub days: u32,
    pub meters: usize,
}

/// Units of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Units {
    pub energy: String,
    pub tokens: String,
    pub money: String,
    pub price: String,
    pub time: String,
}

impl Default for Units {
    fn default() -> Self {
        Self {
            energy: "Wh".into(),
            tokens: "base units, 1 Wh = 1000000".into(),
            money: "baht".into(),
            price: "baht per kWh".into(),
            time: "RFC 3339, UTC".into(),
        }
    }
}
