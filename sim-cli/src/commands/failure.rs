//! Failures and their exit codes: 1 when something went wrong, 2 when something was asked for wrongly.

use {
    crate::{report::OutputError, simulation::ConfigurationError},
    campus_energy_sdk::ledger::LedgerError,
    std::process::ExitCode,
    thiserror::Error,
};

/// Why a command failed.
#[derive(Debug, Error)]
pub enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger's totals are not those of the readings.
    #[error("the ledger disagrees with the readings: {0}")]
    Disagreement(String),
}

impl Failure {
    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::Output(_) => ExitCode::from(2),
            Self::Ledger(_) | Self::Disagreement(_) => ExitCode::FAILURE,
        }
    }
}
