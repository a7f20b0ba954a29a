//! kill -9 at random moments and at named points: what was acknowledged is on the ledger, once.
//!
//! 50 kills; `GATEWAY_KILLS=200 cargo test --release -p sim-cli --test gateway_crashes` for more.

use {
    campus_energy_sdk::{
        account::AccountData,
        deployment::{Addresses, deployment_id},
        ledger::{Ledger, programs::EMBEDDED},
        registry::state::Meter,
        time::Interval,
    },
    rand_chacha::{
        ChaCha8Rng,
        rand_core::{RngCore, SeedableRng},
    },
    sim_cli::{
        gateway::{self, Clock, Options, Submission},
        settlement::Keys,
        simulation::Configuration,
    },
    solana_program::hash::Hash,
    std::{
        collections::BTreeMap,
        io::{BufRead, BufReader, Read, Write},
        net::TcpStream,
        path::Path,
        process::{Child, Command, Stdio},
        time::Duration,
    },
};

const BEGIN: i64 = 1_730_448_000;
const POINTS: [&str; 4] = ["after_accept", "after_sign", "after_send", "mid_snapshot"];
/// Meters that post at once.
const METERS: usize = 4;
/// Intervals that each posts between two kills, at most.
const INTERVALS: usize = 6;

struct Gateway {
    process: Child,
    address: String,
}

impl Gateway {
    /// A gateway that answers; none where it crashed while it was sending what the one before had left.
    fn start(directory: &Path, crash: Option<&str>) -> Option<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        command.args(["gateway", "--listen", "127.0.0.1:0", "--clock", "readings", "--data"]).arg(directory);
        command.env("ENGINEERING_API_KEY", "a-key-for-tests").stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(point) = crash {
            command.env("CAMPUS_ENERGY_CRASH_AT", point);
        }
        let mut process = command.spawn().expect("sim-cli starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let Some(address) = line.trim().strip_prefix("Listening on http://") else {
            assert!(crash.is_some(), "{line:?}");
            process.wait().expect("it ends");
            return None;
        };
        Some(Self { address: address.into(), process })
    }

    fn kill(mut self) {
        // It may have crashed already.
        let _ = self.process.kill();
        self.process.wait().expect("it ends");
    }
}

/// The status of a posted reading's answer, if there is one.
fn post(address: &str, submission: &Submission) -> Option<u16> {
    let body = serde_json::to_string(&submission.body()).unwrap();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(
        stream,
        "POST /api/engineering/meter-reading HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer a-key-for-tests\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once(' ')?.1.get(..3)?.parse().ok()
}

fn submission(meter: usize, number: usize, random: u32) -> Submission {
    let id = format!("ENG_{:03}", meter + 1).parse().unwrap();
    let addresses = Addresses::derive(EMBEDDED, "ENG_".parse().unwrap());
    let deployment = deployment_id(&Hash::default(), &addresses.department);
    let interval = Interval::ending_at(BEGIN + 900 * i64::try_from(number).unwrap()).unwrap();
    Submission::signed(&Keys::new(42).meter(meter), deployment, id, interval, [random % 3_000, 1_000])
}

#[test]
fn what_was_acknowledged_is_on_the_ledger_once() {
    let kills: u64 = std::env::var("GATEWAY_KILLS").ok().map_or(50, |kills| kills.parse().expect("a number"));
    let directory = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    // What was ever posted; true once it was acknowledged.
    let mut posted: BTreeMap<(usize, usize), (Submission, bool)> = BTreeMap::new();
    let mut next = [0; METERS];
    for kill in 0..kills {
        let point = POINTS.get((kill % 6) as usize).copied();
        let Some(gateway) = Gateway::start(directory.path(), point) else { continue };
        let plan: Vec<Vec<(usize, Submission)>> = (0..METERS)
            .map(|meter| {
                let numbers = next[meter]..next[meter] + INTERVALS;
                numbers.map(|number| (number, submission(meter, number, random.next_u32()))).collect()
            })
            .collect();
        let delay = Duration::from_micros(u64::from(random.next_u32() % 60_000));
        let address = &gateway.address.clone();
        let results: Vec<Vec<bool>> = std::thread::scope(|scope| {
            let clients: Vec<_> = plan
                .iter()
                .map(|own| {
                    scope.spawn(move || {
                        let mut results = Vec::new();
                        for (_, submission) in own {
                            let status = post(address, submission);
                            assert!(matches!(status, None | Some(200 | 503)), "{status:?}");
                            results.push(status == Some(200));
                            // Gone: what was posted last may have been taken or not.
                            if status.is_none() {
                                break;
                            }
                        }
                        results
                    })
                })
                .collect();
            std::thread::sleep(delay);
            gateway.kill();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        for (meter, (own, results)) in plan.into_iter().zip(results).enumerate() {
            for ((number, submission), acknowledged) in own.into_iter().zip(results) {
                posted.insert((meter, number), (submission, acknowledged));
                next[meter] = number + 1;
            }
        }
    }
    let acknowledged = posted.values().filter(|(_, acknowledged)| *acknowledged).count();
    assert!(posted.len() > acknowledged, "kills came between a post and its answer");

    // What is in the ledger now, before anything is posted again: a meter's accepted intervals are in its window.
    let accepted = |meters: &[Meter], (meter, number): (usize, usize)| {
        let back = (meters[meter].newest - BEGIN) / 900 - i64::try_from(number).unwrap();
        (0..128).contains(&back) && meters[meter].accepted >> back & 1 == 1
    };
    let meters = ledger(directory.path());
    let (mut taken, mut minted) = ([0_u64; METERS], [0_u64; METERS]);
    for (&key, (submission, acknowledged)) in &posted {
        let on_ledger = accepted(&meters, key);
        let recent = i64::try_from(key.1).unwrap() * 900 + BEGIN > meters[key.0].newest - 128 * 900;
        assert!(on_ledger || !acknowledged || !recent, "acknowledged and lost: {key:?}");
        if on_ledger || *acknowledged {
            taken[key.0] += 1;
            minted[key.0] += submission.surplus().tokens().unwrap().0;
        }
    }
    // Registers count every reading ever: more would be a reading taken twice.
    for (meter, state) in meters.iter().take(METERS).enumerate() {
        let older = posted.iter().filter(|((own, number), (_, acknowledged))| {
            *own == meter && !acknowledged && !accepted(&meters, (meter, *number)) && *number + 128 <= next[meter]
        });
        let unknown = older.count() as u64;
        assert!((taken[meter]..=taken[meter] + unknown).contains(&state.readings), "meter {meter}");
        if unknown == 0 {
            assert_eq!((state.readings, state.minted.0), (taken[meter], minted[meter]), "meter {meter}");
        }
    }
    println!("{kills} kills, {} readings posted, {acknowledged} acknowledged, none lost, none twice", posted.len());
}

/// The meters on the ledger that the journal gives.
fn ledger(directory: &Path) -> Vec<Meter> {
    let configuration = Configuration::load(None).unwrap();
    let options = Options { seed: 42, clock: Clock::Readings, traders: false };
    let mut engine = gateway::open(directory, &configuration, options).unwrap().engine;
    let addresses = Addresses::derive(EMBEDDED, configuration.prefix());
    let meter = |profile: sim_cli::simulation::MeterProfile| {
        let account = engine.ledger().account(&addresses.meter(&profile.id)).unwrap().unwrap();
        Meter::decode(&account.data).unwrap()
    };
    configuration.meters().into_iter().map(meter).collect()
}
