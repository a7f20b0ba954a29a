//! The command line.

#![forbid(unsafe_code)]

use {clap::Parser, sim_cli::commands::Arguments, std::process::ExitCode};

fn main() -> ExitCode {
    match Arguments::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
