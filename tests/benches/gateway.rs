//! The gateway under load: the real binary's engine, journal and router, over loopback HTTP, by clients in this process. The open
//! loop takes times from when a request was due, so that a slow answer delays nobody's clock.

use {
    campus_energy_sdk::{
        deployment::{Addresses, deployment_id},
        ledger::programs::EMBEDDED,
        time::Interval,
    },
    sim_cli::{
        gateway::{ApiKeys, Clock, Options, Submission, http, open},
        settlement::Keys,
        simulation::Configuration,
    },
    solana_program::hash::Hash,
    std::{
        io::{Read, Write},
        net::{SocketAddr, TcpStream},
        num::NonZeroU32,
        path::Path,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        time::{Duration, Instant},
    },
};

const BEGIN: i64 = 1_730_448_000;
const KEY: &str = "a-key-for-benchmarks";
/// Connections of the open loop and of the saturated one.
const CONNECTIONS: usize = 32;

fn configuration(meters: usize) -> Configuration {
    let mut configuration = Configuration::load(None).expect("the seed's configuration");
    configuration.engineering_department.smart_meters.count = meters;
    configuration
}

/// A gateway in this process: where it listens, and how long it took until it answered.
fn start(directory: &Path, configuration: &Configuration) -> (SocketAddr, Duration) {
    let started = Instant::now();
    let options = Options { seed: 42, clock: Clock::Readings, traders: false };
    let gateway = open(directory, configuration, options).expect("a gateway");
    let ready = started.elapsed();
    let unlimited = NonZeroU32::MAX;
    let router = http::router(gateway.service(ApiKeys::parse(KEY, unlimited).expect("a key")));
    let mut engine = gateway.engine;
    std::thread::spawn(move || engine.run());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("tokio's");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("served");
        });
    });
    (address, ready)
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
            let head = format!(
                "POST /api/engineering/meter-reading{query} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            requests.push((head + &body).into_bytes());
        }
    }
    requests
}

/// Posts on a connection that stays open; the status.
fn post(stream: &mut TcpStream, request: &[u8]) -> u16 {
    stream.write_all(request).expect("sent");
    let (mut answer, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let count = stream.read(&mut part).expect("answered");
        assert!(count > 0, "the gateway hung up");
        answer.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        if body.len() >= length.parse::<usize>().expect("a number") {
            return text[9..12].parse().expect("a status");
        }
    }
}

/// Posts all: at a rate, each when it is due, or as fast as it goes. Milliseconds of each, and the seconds of all.
fn load(address: SocketAddr, requests: &[Vec<u8>], connections: usize, rate: Option<f64>) -> (Vec<f64>, f64) {
    let (next, times) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(requests.len())));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut stream = TcpStream::connect(address).expect("connected");
                stream.set_nodelay(true).expect("a socket");
                let mut own = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(number) else { break };
                    let due = match rate {
                        Some(rate) => started + Duration::from_secs_f64(number as f64 / rate),
                        None => Instant::now(),
                    };
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    assert_eq!(post(&mut stream, request), 200);
                    own.push(due.elapsed().as_secs_f64() * 1_000.0);
                }
                times.lock().expect("times").extend(own);
            });
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let mut times = times.into_inner().expect("times");
    times.sort_by(f64::total_cmp);
    (times, seconds)
}

fn print(what: &str, times: &[f64], seconds: f64) {
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1_000];
    let rate = times.len() as f64 / seconds;
    println!("| {what} | {} | {rate:.0} | {:.1} | {:.1} | {:.1} |", times.len(), at(500), at(990), at(1_000));
}

fn main() {
    println!("| gateway | readings | a second | median ms | p99 ms | largest ms |\n|---|---:|---:|---:|---:|---:|");
    let few = configuration(15);
    let directory = tempfile::tempdir().expect("a directory");
    let (address, _) = start(directory.path(), &few);
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
    let (address, _) = start(directory.path(), &many);
    let (times, seconds) = load(address, &requests(&many, 0, 84, ""), CONNECTIONS, Some(500.0));
    print("open loop, 500 a second, answered when durable and signed", &times, seconds);
    let (times, seconds) = load(address, &requests(&many, 84, 84, ""), CONNECTIONS * 4, None);
    print("saturated by 128 connections", &times, seconds);
    // To a journal of 100,000 readings.
    let rest = requests(&many, 168, 666, "");
    load(address, &rest, CONNECTIONS * 4, None);
    println!("\n| journal | seconds until ready |\n|---|---:|");
    let copy = tempfile::tempdir().expect("a directory");
    for name in ["journal.sqlite", "journal.sqlite-wal"] {
        std::fs::copy(directory.path().join(name), copy.path().join(name)).expect("a copy");
    }
    let (_, ready) = start(copy.path(), &many);
    println!("| {} readings | {:.2} |", 834 * 120, ready.as_secs_f64());
}
