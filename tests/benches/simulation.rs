//! How simulation without a ledger grows: `sim-cli simulate` with more meters, more days, fewer cores. Each row is a process of
//! its own, whose largest memory is taken.

use {
    clap::Parser,
    sim_cli::commands::Arguments,
    std::{env, fs, process::Command, time::Instant},
};

/// What this program is called with to be one of its own rows.
const ROW: &str = "--one-row";

/// Seconds, and the MiB of memory that were in use at most.
fn row(meters: u32, days: u32, format: &str, cores: usize) -> (f64, f64) {
    let out = tempfile::tempdir().expect("a temporary directory");
    let started = Instant::now();
    let output = Command::new(env::current_exe().expect("this program"))
        .args([ROW, &days.to_string(), format])
        .arg(out.path())
        .env("ENGINEERING_METERS", meters.to_string())
        .env("RAYON_NUM_THREADS", cores.to_string())
        .output()
        .expect("this program runs");
    let seconds = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let kibibytes: f64 = text.lines().last().and_then(|line| line.parse().ok()).expect("the memory in use");
    (seconds, kibibytes / 1_024.0)
}

/// Simulates, then says on the last line how many KiB were in use at most.
fn simulate(arguments: &[String]) {
    let [days, format, out] = arguments else { panic!("{ROW} DAYS FORMAT DIR") };
    let all = ["sim-cli", "simulate", "--days", days, "--format", format, "--out", out];
    Arguments::parse_from(all).run().expect("the simulation succeeds");
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most memory in use");
    println!("{}", peak.trim().trim_end_matches(" kB"));
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == ROW) {
        return simulate(&arguments[1..]);
    }
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    println!("| meters | days | format | cores | median of | seconds | readings a second | MiB at most |");
    println!("|---:|---:|---|---:|---:|---:|---:|---:|");
    let mut rows = vec![
        (15, 365, "csv", all, 3),
        (15, 3_650, "csv", all, 1),
        (100, 7, "csv", all, 3),
        (1_000, 7, "csv", all, 3),
        (10_000, 7, "csv", all, 3),
        (10_000, 28, "csv", all, 1),
        (10_000, 7, "ndjson", all, 1),
        (10_000, 7, "parquet", all, 3),
        (10_000, 28, "parquet", all, 1),
        (100_000, 1, "parquet", all, 1),
    ];
    rows.extend((1..all).map(|cores| (10_000, 7, "csv", cores, 3)));
    for (meters, days, format, cores, runs) in rows {
        let mut results: Vec<_> = (0..runs).map(|_| row(meters, days, format, cores)).collect();
        results.sort_by(|left, right| left.0.total_cmp(&right.0));
        let (seconds, memory) = results[runs / 2];
        let rate = f64::from(meters * days * 96) / seconds;
        println!("| {meters} | {days} | {format} | {cores} | {runs} | {seconds:.2} | {rate:.0} | {memory:.0} |");
    }
}
