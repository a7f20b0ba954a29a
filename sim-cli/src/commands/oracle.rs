//! `sim-cli oracle`: what the oracle of a department takes.

use {
    super::{Failure, limits::Limits},
    clap::{Args, Subcommand},
};

/// Show or change what the oracle of a department takes.
#[derive(Clone, Debug, Args)]
pub struct Oracle {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show or change its limits, Wh and s; `sim-cli limits` is the same command
    Limits(Limits),
}

impl Oracle {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let Action::Limits(limits) = &self.action;
        limits.execute()
    }
}
