//! The commands of `sim-cli`, one file each.

#[cfg(feature = "network")]
mod administration;
#[cfg(feature = "network")]
mod authority;
mod balances;
#[cfg(feature = "network")]
mod cluster;
#[cfg(feature = "network")]
mod combinations;
mod configuration_options;
mod failure;
mod forecast;
#[cfg(feature = "network")]
mod gateway;
#[cfg(feature = "network")]
mod ingest;
#[cfg(feature = "network")]
mod init;
#[cfg(feature = "network")]
mod key_policy;
mod keys;
#[cfg(feature = "network")]
mod limits;
#[cfg(feature = "network")]
mod listen;
mod market;
#[cfg(feature = "network")]
mod meter;
#[cfg(feature = "network")]
mod oracle;
mod participant;
#[cfg(feature = "network")]
mod pause;
mod record;
mod run;
#[cfg(feature = "network")]
mod sign;
mod simulate;
// Without the network there are fewer options whose values are read, and fewer of them can be wrong.
#[cfg_attr(not(feature = "network"), allow(dead_code))]
mod usage;
#[cfg_attr(not(feature = "network"), allow(dead_code))]
mod values;
mod verify;

pub use {failure::Failure, usage::UsageError};

use {
    crate::{interruption, terminal},
    clap::{
        ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand,
        error::{ContextKind, ContextValue, ErrorKind},
    },
    configuration_options::ConfigurationOptions,
    serde::Serialize,
    std::process::ExitCode,
};

/// The process: runs the command that its arguments name. What went wrong is one line on stderr.
#[must_use]
pub fn main() -> ExitCode {
    let parsed = Arguments::command().try_get_matches().and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((matches, arguments))
    });
    let (matches, arguments) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return said(&error),
    };
    let done = check_combinations(&matches).map_err(Failure::from).and_then(|()| {
        if arguments.ends_on_a_signal() {
            interruption::clean_up_when_interrupted()
                .map_err(|error| Failure::Gateway(format!("signals cannot be handled: {error}")))?;
        }
        arguments.run()
    });
    match done {
        Ok(()) if terminal::has_failed() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

/// Whether a command line, its first word being the program's name, is one that the program takes. Nothing is run.
///
/// # Errors
/// What is said of one that is not, in one line.
pub fn accepts<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let matches = Arguments::command().try_get_matches_from(arguments);
    let matches = matches.map_err(|error| refused(&error))?;
    check_combinations(&matches).map_err(|error| error.to_string())
}

/// Fails where an option would be ignored.
#[cfg(feature = "network")]
fn check_combinations(matches: &ArgMatches) -> Result<(), UsageError> {
    combinations::check(matches)
}

/// In a build without the network no option can be ignored: all such options lead to a cluster or a gateway.
#[cfg(not(feature = "network"))]
fn check_combinations(_: &ArgMatches) -> Result<(), UsageError> {
    Ok(())
}

/// Prints help, or in one line what is wrong with the arguments.
fn said(error: &clap::Error) -> ExitCode {
    let is_help = !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_help {
        // Whoever does not read it, as `head` does, does not want it.
        let _ = error.print();
    } else {
        eprintln!("{}", refused(error));
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// What is said of arguments that the parser refuses. A command that this build leaves out is none with a typing error.
fn refused(error: &clap::Error) -> String {
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if !cfg!(feature = "network") && LEFT_OUT.contains(&word.as_str()) => {
            format!("error: {}", not_in_this_build(word))
        }
        _ => in_one_line(&error.render().to_string()),
    }
}

/// The commands that a build without the network leaves out.
const LEFT_OUT: [&str; 10] =
    ["init", "limits", "oracle", "meter", "pause", "resume", "authority", "gateway", "ingest", "sign"];

/// What is said of a command that only the whole program has.
fn not_in_this_build(command: &str) -> UsageError {
    let reason = "this build holds the simulated day alone; `cargo run --release --locked -p sim-cli -- help` builds and lists all commands";
    UsageError::named(&command, &reason)
}

/// An error of the argument parser without its usage lines.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let mut joined = String::new();
    for line in lines {
        let between = match joined.as_str() {
            "" => "",
            _ if line.starts_with("tip:") => "; ",
            _ => " ",
        };
        joined.extend([between, line]);
    }
    joined
}

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
    /// Simulate days, settle and trade them on a ledger, and verify the result (the default).
    Run(Box<run::Run>),
    /// Simulate days in the physical mode, without a ledger, and write the readings.
    Simulate(simulate::Simulate),
    /// Score forecasts of generation and load on simulated days.
    Forecast(forecast::Forecast),
    /// Found the department on a cluster, or resume its founding.
    #[cfg(feature = "network")]
    Init(init::Init),
    /// Write a department's keys as files: random ones, or those of a local network.
    Keys(keys::Keys),
    /// Show or change the limits of a department, Wh and s: the same as oracle limits.
    #[cfg(feature = "network")]
    Limits(limits::Limits),
    /// Show or change what a department's oracle takes.
    #[cfg(feature = "network")]
    Oracle(oracle::Oracle),
    /// List, register, rotate, suspend, resume or retire meters, as the department's authority.
    #[cfg(feature = "network")]
    Meter(meter::Meter),
    /// Pause the department, its token and its market, or one of them.
    #[cfg(feature = "network")]
    Pause(pause::Pause),
    /// Resume the department, its token and its market, or one of them.
    #[cfg(feature = "network")]
    Resume(pause::Pause),
    /// Show, propose or accept a department's authority, or the submitter of its readings.
    #[cfg(feature = "network")]
    Authority(authority::Authority),
    /// Accept signed readings over HTTP, store them in a durable journal, and settle them on the embedded ledger or a cluster.
    #[cfg(feature = "network")]
    Gateway(gateway::Gateway),
    /// Store the signed readings of a CSV file in a gateway's journal and settle them.
    #[cfg(feature = "network")]
    Ingest(ingest::Ingest),
    /// Print a signed reading as JSON, as a meter posts it.
    #[cfg(feature = "network")]
    Sign(sign::Sign),
    /// Rebuild a run's totals from its ledger's record and compare; exits with 1 on any difference.
    Verify(verify::Verify),
    /// Show the market of a run: its rules, its order book, its last auctions.
    Market(market::Market),
    /// Show the balances of every participant of a run, in the wallet and on the seat.
    Balances(balances::Balances),
    /// Show one participant with the outcome of every order; list or register those on a ledger.
    Participant(participant::Participant),
}

impl Arguments {
    /// Whether a signal ends the process at once. The gateway ends in its own way: it answers the requests that it has.
    fn ends_on_a_signal(&self) -> bool {
        #[cfg(feature = "network")]
        return !matches!(self.command, Some(Command::Gateway(_)));
        #[cfg(not(feature = "network"))]
        true
    }

    /// Runs the command.
    ///
    /// # Errors
    /// A [`Failure`]: what went wrong, in one line, with its exit code.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            Some(Command::Run(run)) => run.execute(),
            Some(Command::Simulate(simulate)) => simulate.execute(),
            Some(Command::Forecast(forecast)) => forecast.execute(),
            #[cfg(feature = "network")]
            Some(Command::Init(init)) => init.execute(),
            Some(Command::Keys(keys)) => keys.execute(),
            #[cfg(feature = "network")]
            Some(Command::Limits(limits)) => limits.execute(),
            #[cfg(feature = "network")]
            Some(Command::Oracle(oracle)) => oracle.execute(),
            #[cfg(feature = "network")]
            Some(Command::Meter(meter)) => meter.execute(),
            #[cfg(feature = "network")]
            Some(Command::Pause(pause)) => pause.execute(true),
            #[cfg(feature = "network")]
            Some(Command::Resume(resume)) => resume.execute(false),
            #[cfg(feature = "network")]
            Some(Command::Authority(authority)) => authority.execute(),
            #[cfg(feature = "network")]
            Some(Command::Gateway(gateway)) => gateway.execute(),
            #[cfg(feature = "network")]
            Some(Command::Ingest(ingest)) => ingest.execute(),
            #[cfg(feature = "network")]
            Some(Command::Sign(sign)) => sign.execute(),
            Some(Command::Verify(verify)) => verify.execute(),
            Some(Command::Market(market)) => market.execute(),
            Some(Command::Balances(balances)) => balances.execute(),
            Some(Command::Participant(participant)) => participant.execute(),
            None => self.run.execute(),
        }
    }
}

/// Prints a value to stdout as JSON, indented, with a line's end behind it.
fn print_json(value: &impl Serialize) {
    print!("{}", String::from_utf8_lossy(&campus_energy_report::json(value)));
}

/// A time of RFC 3339 for a column of a table: to the minute.
fn minutes(utc: &str) -> String {
    utc.get(..16).unwrap_or(utc).replace('T', " ")
}

/// Where asynchronous commands run.
#[cfg(feature = "network")]
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::Gateway(error.to_string()))
}

#[cfg(test)]
mod tests {
    use {super::*, std::collections::BTreeSet};

    #[test]
    fn every_command_is_in_the_small_build_or_left_out_of_it() {
        let program = Arguments::command();
        let there: BTreeSet<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
        let small = ["run", "simulate", "forecast", "keys", "verify", "market", "balances", "participant"];
        let left_out: &[&str] = if cfg!(feature = "network") { &LEFT_OUT } else { &[] };
        assert_eq!(there, small.iter().chain(left_out).copied().collect::<BTreeSet<&str>>());
    }

    #[test]
    fn a_word_that_is_no_command_is_answered_with_the_one_that_may_be_meant() {
        let said = |word: &str| accepts(["sim-cli", word]).unwrap_err();
        assert_eq!(said("runn"), "error: unrecognized subcommand 'runn'; tip: a similar subcommand exists: 'run'");
        assert_eq!(said("xyzzy"), "error: unrecognized subcommand 'xyzzy'");
    }

    #[cfg(not(feature = "network"))]
    #[test]
    fn a_command_that_is_left_out_is_named_with_the_build_that_has_it() {
        for line in [&["sim-cli", "gateway", "--traders"][..], &["sim-cli", "help", "gateway"]] {
            assert_eq!(
                accepts(line.iter().copied()).unwrap_err(),
                "error: gateway: this build holds the simulated day alone; `cargo run --release --locked -p sim-cli -- help` builds and \
                 lists all commands"
            );
        }
    }
}
