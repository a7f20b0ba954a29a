//! Commands, one file each.

mod failure;
mod run;

pub use failure::Failure;

use clap::{Parser, Subcommand};

/// Simulates the Engineering Complex's smart meters and settles their readings on a Solana ledger.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Run,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate days and settle them on a ledger (the default).
    Run(run::Run),
}

impl Arguments {
    /// Runs the command.
    ///
    /// # Errors
    /// What went wrong, in one line, with its exit code.
    pub fn run(self) -> Result<(), Failure> {
        let run = match self.command {
            Some(Command::Run(run)) => run,
            None => self.run,
        };
        run.execute()
    }
}
