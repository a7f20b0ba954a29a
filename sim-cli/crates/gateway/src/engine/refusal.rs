//! What a rejection by the ledger of a reading's own transaction means for the reading.

use campus_energy_sdk::{
    ledger::LedgerError,
    oracle::error::OracleError::{
        self, DailySurplus, ImplausibleArray, ImplausibleConsumption, ImplausibleGeneration, StaleReading,
        WrongDeployment, WrongMeter, WrongSigningKey,
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

/// Limits of the whole department that stop readings which are right in themselves: people are to look why they are reached.
const LIMITS: [OracleError; 1] = [DailySurplus];

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The ledger has a reading of the same meter and interval. With which values, it does not say.
    There,
    /// The ledger will never take the reading. An earlier transaction may have carried it all the same, before it grew too old, for
    /// example.
    Final,
    /// The meter's account has forgotten the interval: whether the ledger has it, only its history says.
    Outside,
    /// The ledger does not take it now: the department is paused, a meter suspended, the submitter out of lamports, a node behind.
    /// The oracle's greatest age ends the trying.
    Passing,
    /// The same, because a limit of the department is reached.
    Limit,
}

impl Meaning {
    pub(super) fn of(refusal: &LedgerError) -> Self {
        match refusal.code() {
            Some(code) if code == AlreadyAccepted.code() => Self::There,
            Some(code) if code == OutsideWindow.code() => Self::Outside,
            Some(code) if FINAL.iter().any(|error| error.code() == code) => Self::Final,
            Some(code) if LIMITS.iter().any(|error| error.code() == code) => Self::Limit,
            _ => Self::Passing,
        }
    }

    /// Whether a later try may fare better.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Self::Passing | Self::Limit)
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
