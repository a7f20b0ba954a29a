//! `sim-cli participant`: a participant of an earlier run or a cluster, or the participants of a department on a ledger.

#[cfg(feature = "network")]
mod on_ledger;
mod show;

use {
    super::Failure,
    clap::{Args, Subcommand},
    show::Show,
};

#[cfg(feature = "network")]
use super::administration::DepartmentPlace;

/// Show a participant of an earlier run or a cluster (NAME alone is `show NAME`), list the participants on a ledger, or register one as the
/// department's authority.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Participant {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    show: Show,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show one participant: balances; of an earlier run also meters, trades, and the outcome of every order
    Show(Show),
    /// List the participants that a ledger has
    #[cfg(feature = "network")]
    List(DepartmentPlace),
    /// Register a participant, as the department's authority
    #[cfg(feature = "network")]
    Register(on_ledger::Register),
}

impl Participant {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        #[cfg(not(feature = "network"))]
        if let (None, Some(word @ ("list" | "register"))) = (&self.action, self.show.name()) {
            return Err(super::not_in_this_build(&format!("participant {word}")).into());
        }
        match &self.action {
            None => self.show.execute(),
            Some(Action::Show(show)) => show.execute(),
            #[cfg(feature = "network")]
            Some(Action::List(place)) => on_ledger::list(place),
            #[cfg(feature = "network")]
            Some(Action::Register(register)) => register.execute(),
        }
    }
}
