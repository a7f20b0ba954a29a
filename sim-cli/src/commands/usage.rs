//! What a command was asked for that it cannot do: its options, the files and keys that they name.

use {
    campus_energy_department::{AdministrationError, LimitsError},
    campus_energy_simulation::check_days,
    chrono::NaiveDate,
    solana_program::pubkey::Pubkey,
    std::{fmt::Display, path::Path},
    thiserror::Error,
};

/// What a command was asked for that it cannot do. Exit code 2.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum UsageError {
    /// An option's value, or options that do not go together.
    #[error("{options}: {reason}")]
    Options {
        /// The options, as they are written.
        options: &'static str,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// An option that would be ignored, and what it is for.
    #[error("--{option}: {reason}")]
    Meaningless {
        /// The option, without its dashes.
        option: String,
        /// What it is for.
        reason: &'static str,
    },
    /// An injection that cannot be made: the injection, and what is wrong with it.
    #[error("--inject {0}")]
    Injection(String),
    /// A file, directory or stream that was named cannot be used.
    #[error("{name}: {reason}")]
    File {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A command for a cluster, and no cluster is named in options, environment or the Solana CLI's configuration.
    #[error("no cluster: give --url, for example --url localhost")]
    NoCluster,
    /// A command for a cluster, and the embedded ledger is what is named.
    #[error("the embedded ledger of a run is not kept; give --url, or --gateway for that of a running gateway")]
    EmbeddedLedger,
    /// No participant of that name.
    #[error(
        "{given:?} is no participant; give a name (the last ones are {last}), a wallet's address, or a seat's number"
    )]
    NoParticipant {
        /// What was given.
        given: String,
        /// The last participant's name of each role.
        last: String,
    },
    /// No meter of that id.
    #[error("{0} is no meter of the configuration")]
    NoMeter(String),
    /// The environment names another authority than the key that is given.
    #[error("ENGINEERING_AUTHORITY_PUBKEY is {expected}; the key given is that of {given}")]
    OtherAuthority {
        /// The environment's.
        expected: Pubkey,
        /// Whose key it is.
        given: Pubkey,
    },
    /// Keys that anyone can compute, for a cluster that others reach.
    #[error(
        "the cluster: {0}; keys derived from a seed are public, anyone can compute them: make secret ones with `sim-cli keys --random --out \
         DIR` and give them with --keys DIR"
    )]
    PublicKeys(String),
    /// A wallet has too few lamports, and the cluster gives it none.
    #[error("{wallet} needs {needed} SOL, and the cluster's faucet gave none: {reason}")]
    Unfunded {
        /// Whose it is.
        wallet: Pubkey,
        /// What it needs, SOL.
        needed: String,
        /// What the faucet answered.
        reason: String,
    },
    /// Limits of the department.
    #[error(transparent)]
    Limits(LimitsError),
    /// The department's administration.
    #[error(transparent)]
    Administration(AdministrationError),
}

impl UsageError {
    /// Options that cannot be used as they are given.
    pub(super) fn options(options: &'static str, reason: impl Into<String>) -> Self {
        Self::Options { options, reason: reason.into() }
    }

    /// Whether all of some days, that the options name, can be simulated.
    pub(super) fn check_days(options: &'static str, first: NaiveDate, days: u32) -> Result<(), Self> {
        check_days(first, days).map_err(|error| Self::options(options, error.to_string()))
    }

    /// A file or directory that cannot be used.
    pub(super) fn file(path: &Path, reason: &impl Display) -> Self {
        Self::named(&path.display(), reason)
    }

    /// The same of anything with a name.
    pub(super) fn named(name: &impl Display, reason: &impl Display) -> Self {
        Self::File { name: name.to_string(), reason: reason.to_string() }
    }
}
