//! How fast a run is, from the configuration to the files: `sim-cli run` in this process.

use {
    clap::Parser,
    sim_cli::commands::Arguments,
    std::time::{Duration, Instant},
};

const RUNS: usize = 5;

fn run(days: &str, signing: &str) -> Duration {
    let out = tempfile::tempdir().expect("a temporary directory");
    let directory = out.path().display().to_string();
    let started = Instant::now();
    let arguments = ["sim-cli", "run", "--days", days, "--signing", signing, "--output", "quiet", "--out", &directory];
    Arguments::parse_from(arguments).run().expect("the run succeeds");
    started.elapsed()
}

fn main() {
    println!("| run | seconds | readings a second |\n|---|---:|---:|");
    for (days, runs) in [(1, RUNS), (7, RUNS), (365, 1)] {
        for signing in ["submitter", "meters"] {
            let mut times: Vec<_> = (0..runs).map(|_| run(&days.to_string(), signing)).collect();
            times.sort_unstable();
            let seconds = times[runs / 2].as_secs_f64();
            let rate = f64::from(days * 1_440) / seconds;
            println!("| {days} days, signing {signing}, median of {runs} | {seconds:.3} | {rate:.0} |");
        }
    }
}
