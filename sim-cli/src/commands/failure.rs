//! Failures and their exit codes: 1 failure, 2 invalid arguments or input, 3 partial success.

use {
    super::usage::UsageError,
    campus_energy_department::{FoundingError, KeyError, SettlementError, audit::Contradiction, record::RecordError},
    campus_energy_report::OutputError,
    campus_energy_sdk::ledger::LedgerError,
    campus_energy_simulation::ConfigurationError,
    std::process::ExitCode,
    thiserror::Error,
};

#[cfg(feature = "network")]
use campus_energy_gateway::{engine::EngineError, front::http::keys::KeysError};

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
    /// The command was asked for something that it cannot do.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The gateway's keys are wrong.
    #[cfg(feature = "network")]
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The gateway's journal or ledger.
    #[cfg(feature = "network")]
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
            | Self::Key(_)
            | Self::Usage(_)
            // Another time is no better: somebody has to look at it.
            | Self::Founding(
                FoundingError::Mismatch(_)
                | FoundingError::NotDeployed { .. }
                | FoundingError::OtherUpgradeAuthority { .. }
                | FoundingError::Final { .. },
            ) => ExitCode::from(2),
            Self::Partial(_) => ExitCode::from(3),
            #[cfg(feature = "network")]
            Self::Keys(_) => ExitCode::from(2),
            #[cfg(feature = "network")]
            Self::Engine(_) => ExitCode::FAILURE,
            Self::Gateway(_)
            | Self::Founding(_)
            | Self::Ledger(_)
            | Self::Settlement(_)
            | Self::Contradiction(_)
            | Self::Disagreement(_) => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_sdk::identity::MeterId, solana_program::pubkey::Pubkey};

    /// 1 something went wrong, and may go well another time; 2 wrong arguments or input; 3 partial success.
    #[test]
    fn exit_codes_are_those_of_the_readme() {
        let (program, id) = ("registry", Pubkey::default());
        let meter: MeterId = "ENG_001".parse().expect("a meter's id");
        let all: [(Failure, u8, &str); 8] = [
            (
                LedgerError::Unreachable("connection refused".into()).into(),
                1,
                "the ledger does not answer: connection refused",
            ),
            (
                LedgerError::ReadOnly.into(),
                1,
                "the ledger is read-only: it is a snapshot of accounts, which takes no transactions",
            ),
            (FoundingError::Unfounded.into(), 1, "the department has not been founded; run init"),
            (
                FoundingError::NotDeployed { program, id }.into(),
                2,
                "program registry is not deployed at 11111111111111111111111111111111",
            ),
            (
                FoundingError::Final { program, id }.into(),
                2,
                "program registry (11111111111111111111111111111111) is final: nobody may initialise it",
            ),
            (
                SettlementError::Unregistered { meter, address: id }.into(),
                1,
                "meter ENG_001 is not registered: there is no meter's account at 11111111111111111111111111111111; run init",
            ),
            (UsageError::NoCluster.into(), 2, "no cluster: give --url, for example --url localhost"),
            (Failure::Partial("2 of 3 rows were not taken".into()), 3, "2 of 3 rows were not taken"),
        ];
        for (failure, code, text) in all {
            assert_eq!(failure.to_string(), text);
            assert_eq!(format!("{:?}", failure.exit_code()), format!("{:?}", ExitCode::from(code)), "{text}");
        }
    }
}
