//! The gateway under load: the real binary's engine, journal and router, over loopback HTTP, by clients in this process.

use {
    campus_energy_department::Keys,
    campus_energy_gateway::{Clock, Handle, State, Submission, open},
    campus_energy_sdk::{
        deployment::{Addresses, deployment_id},
        ledger::programs::EMBEDDED,
        time::Interval,
    },
    campus_energy_simulation::Configuration,
    campus_energy_tests::load::{load, print, request, serve},
    sim_cli::plan::GatewayOptions,
    solana_program::hash::Hash,
    std::{
        net::SocketAddr,
        path::Path,
        time::{Duration, Instant},
    },
};

const BEGIN: i64 = 1_730_448_000;
const KEY: &str = "a-key-for-benchmarks";
/// Connections of the open loop and of the saturated one.
const CONNECTIONS: usize = 32;

fn configuration(meters: usize) -> Configuration {
    let mut configuration = Configuration::load(None).expect("the built-in configuration");
    configuration.engineering_department.smart_meters.count = meters;
    configuration
}

/// A gateway in this process: where it listens, its engine, and how long it took until it was ready.
fn start(directory: &Path, configuration: &Configuration) -> (SocketAddr, Handle, Duration) {
    let started = Instant::now();
    let options = GatewayOptions { seed: 42, clock: Clock::Readings, traders: false };
    let gateway = open(directory, sim_cli::plan::gateway(configuration, options)).expect("a gateway");
    let ready = started.elapsed();
    let engine = gateway.intake.engine.clone();
    (serve(gateway, KEY), engine, ready)
}

/// Requests of whole intervals of a department, signed, from an interval on.
fn requests(configuration: &Configuration, first: usize, intervals: usize, query: &str) -> Vec<Vec<u8>> {
    let addresses = Addresses::derive(EMBEDDED, configuration.prefix());
    let deployment = deployment_id(&Hash::default(), &addresses.department);
    let meters = configuration.meters();
    let keys: Vec<_> = (0..meters.len()).map(|index| Keys::new(42).meter(index)).collect();
    let mut requests = Vec::new();
    for number in first..first + intervals {
        let interval = Interval::ending_at(BEGIN + 900 * i64::try_from(number).expect("small")).expect("aligned");
        for (meter, key) in meters.iter().zip(&keys) {
            let submission = Submission::signed(key, deployment, meter.id, interval, [50, 20]);
            let body = serde_json::to_string(&submission.body()).expect("JSON");
            requests.push(request(&format!("/api/engineering/meter-reading{query}"), KEY, &body));
        }
    }
    requests
}

fn main() {
    println!("| gateway | readings | a second | median ms | p99 ms | largest ms |\n|---|---:|---:|---:|---:|---:|");
    let few = configuration(15);
    let directory = tempfile::tempdir().expect("a directory");
    let (address, ..) = start(directory.path(), &few);
    let mut all = Vec::new();
    for number in 0..40 {
        // The slowest of fifteen, from the moment at which all are posted.
        let (times, _) = load(address, &requests(&few, number, 1, "?wait=confirmed"), 15, None);
        all.push(*times.last().expect("fifteen"));
    }
    all.sort_by(f64::total_cmp);
    println!(
        "| 15 meters at once until the last is confirmed, 40 times | 600 | | {:.1} | {:.1} | {:.1} |",
        all[20], all[39], all[39]
    );
    let many = configuration(120);
    let directory = tempfile::tempdir().expect("a directory");
    let (address, engine, _) = start(directory.path(), &many);
    let (times, seconds) = load(address, &requests(&many, 0, 84, ""), CONNECTIONS, Some(500.0));
    print("open loop, 500 a second, answered when durable and signed", &times, seconds);
    let saturating = requests(&many, 84, 84, "");
    let started = Instant::now();
    let (times, seconds) = load(address, &saturating, CONNECTIONS * 4, None);
    print("saturated by 128 connections, answered when durable and signed", &times, seconds);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let confirmed = || {
        let counts = runtime.block_on(engine.counts()).expect("an answer");
        counts.into_iter().find_map(|(state, count)| (state == State::Confirmed).then_some(count)).unwrap_or(0)
    };
    while confirmed() < 2 * 84 * 120 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    println!("| the same, until the last is confirmed on the ledger | {} | {rate:.0} | | | |", times.len());
    // To a journal of 100,000 readings.
    let rest = requests(&many, 168, 666, "");
    load(address, &rest, CONNECTIONS * 4, None);
    println!("\n| journal | seconds until ready |\n|---|---:|");
    let copy = tempfile::tempdir().expect("a directory");
    for name in ["journal.sqlite", "journal.sqlite-wal"] {
        std::fs::copy(directory.path().join(name), copy.path().join(name)).expect("a copy");
    }
    let (.., ready) = start(copy.path(), &many);
    println!("| {} readings | {:.2} |", 834 * 120, ready.as_secs_f64());
}
