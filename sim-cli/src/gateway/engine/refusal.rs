//! What the ledger's refusal of a reading's own transaction means for the reading.

use campus_energy_sdk::{
    ledger::LedgerError,
    oracle::error::OracleError::{
        self, ImplausibleArray, ImplausibleConsumption, ImplausibleGeneration, StaleReading, WrongDeployment,
        WrongMeter, WrongSigningKey,
    },
    registry::error::RegistryError::{AlreadyAccepted, OutsideWindow},
};

/// What the reading itself is refused for: no later try will fare better.
const FINAL: [OracleError; 7] = [
    StaleReading,
    WrongMeter,
    ImplausibleGeneration,
    ImplausibleConsumption,
    ImplausibleArray,
    WrongSigningKey,
    WrongDeployment,
];

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The ledger has the reading.
    There,
    /// The ledger will never take the reading.
    Final,
    /// The ledger does not take it now: the department is paused, a meter suspended, the submitter out of lamports, a node behind.
    /// The oracle's greatest age ends the trying.
    Passing,
}

impl Meaning {
    pub(super) fn of(refusal: &LedgerError) -> Self {
        match refusal.code() {
            Some(code) if code == AlreadyAccepted.code() => Self::There,
            Some(code) if code == OutsideWindow.code() => Self::Final,
            Some(code) if FINAL.iter().any(|error| error.code() == code) => Self::Final,
            _ => Self::Passing,
        }
    }
}

/// A refusal's name, for people to tell one from another.
pub(super) fn name(refusal: &LedgerError) -> String {
    match (refusal.described(), refusal) {
        (Some(described), _) => format!("{}::{}", described.group, described.name),
        (None, LedgerError::Refused(error, _)) => format!("{error:?}"),
        (None, _) => "ledger".into(),
    }
}
