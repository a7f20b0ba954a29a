//! Failures and their exit codes: 1 when something went wrong, 2 when something was asked for wrongly, 3 when a part was done.

use {
    campus_energy_department::{FoundingError, KeyError, SettlementError, audit::Contradiction, record::RecordError},
    campus_energy_gateway::{engine::EngineError, front::http::keys::KeysError},
    campus_energy_report::OutputError,
    campus_energy_sdk::ledger::LedgerError,
    campus_energy_simulation::ConfigurationError,
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
    /// The record of an earlier run cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Nobody of that name.
    #[error("{0}")]
    Unknown(String),
    /// The gateway's keys are wrong.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The gateway's journal or ledger.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Some of it was done.
    #[error("{0}")]
    Partial(String),
    /// The gateway stopped.
    #[error("gateway: {0}")]
    Gateway(String),
    /// A department's keys cannot be had, or must not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The department cannot be founded, or used.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Readings or orders cannot be brought to the ledger.
    #[error(transparent)]
    Settlement(#[from] SettlementError),
    /// The ledger's transactions contradict each other.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The ledger, its transactions and the run's files do not agree.
    #[error("the ledger and the run do not agree: {0}")]
    Disagreement(String),
}

impl Failure {
    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_)
            | Self::Output(_)
            | Self::Record(_)
            | Self::Keys(_)
            | Self::Key(_)
            | Self::Unknown(_)
            // Another time is no better: somebody has to look at it.
            | Self::Founding(FoundingError::Mismatch(_)) => ExitCode::from(2),
            Self::Partial(_) => ExitCode::from(3),
            Self::Engine(_)
            | Self::Gateway(_)
            | Self::Founding(_)
            | Self::Ledger(_)
            | Self::Settlement(_)
            | Self::Contradiction(_)
            | Self::Disagreement(_) => ExitCode::FAILURE,
        }
    }
}
