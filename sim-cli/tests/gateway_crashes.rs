//! kill -9 at random moments and at named points: what was acknowledged is on the ledger, once.
//!
//! 50 kills; `GATEWAY_KILLS=200 cargo test --release -p sim-cli --test gateway_crashes` for more.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_department::Keys,
    campus_energy_gateway::{self as gateway, Clock, Submission},
    campus_energy_sdk::{
        account::AccountData,
        deployment::{Addresses, deployment_id},
        ledger::{Ledger, programs::EMBEDDED},
        registry::state::Meter,
        time::Interval,
    },
    campus_energy_simulation::Configuration,
    gateway_support::process::{self, Process},
    rand_chacha::{
        ChaCha8Rng,
        rand_core::{RngCore, SeedableRng},
    },
    sim_cli::plan::GatewayOptions as Options,
    solana_program::hash::Hash,
    std::{collections::BTreeMap, path::Path, time::Duration},
};

const BEGIN: i64 = 1_730_448_000;
const POINTS: [&str; 4] = ["after_accept", "after_sign", "after_send", "mid_snapshot"];
/// Meters that post at once.
const METERS: usize = 4;
/// Intervals that each posts between two kills, at most; and where the accounts' being kept is waited for, which is after a hundred
/// transactions.
const INTERVALS: usize = 6;
const MANY_INTERVALS: usize = 110;

/// The status of a posted reading's answer, if there is one.
fn post(address: &str, submission: &Submission) -> Option<u16> {
    let body = serde_json::to_string(&submission.body()).unwrap();
    process::request(address, "POST", "/api/engineering/meter-reading", &body).map(|(status, _)| status)
}

/// Whether a meter has a share of the array: the first of each zone.
fn has_a_share(meter: usize) -> bool {
    meter.is_multiple_of(5)
}

fn submission(meter: usize, number: usize, random: u32) -> Submission {
    let id = format!("ENG_{:03}", meter + 1).parse().unwrap();
    let addresses = Addresses::derive(EMBEDDED, "ENG_".parse().unwrap());
    let deployment = deployment_id(&Hash::default(), &addresses.department);
    let interval = Interval::ending_at(BEGIN + 900 * i64::try_from(number).unwrap()).unwrap();
    Submission::signed(
        &Keys::new(42).meter(meter),
        deployment,
        id,
        interval,
        [if has_a_share(meter) { random % 3_000 } else { 0 }, 1_000],
    )
}

#[test]
fn what_was_acknowledged_is_on_the_ledger_once() {
    let kills: u64 = std::env::var("GATEWAY_KILLS").ok().map_or(50, |kills| kills.parse().expect("a number"));
    let directory = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    // What was ever posted; true once it was acknowledged.
    let mut posted: BTreeMap<(usize, usize), (Submission, bool)> = BTreeMap::new();
    let mut next = [0; METERS];
    let mut crashes = [0; POINTS.len()];
    for kill in 0..kills {
        let point = POINTS.get((kill % 6) as usize).copied();
        let mut command = process::command(directory.path());
        command.envs(point.map(|point| ("CAMPUS_ENERGY_CRASH_AT", point)));
        // It may crash while it sends what the one before has left.
        let Some(gateway) = Process::start(command) else {
            assert!(point.is_some(), "it does not start");
            crashes[(kill % 6) as usize] += 1;
            continue;
        };
        let intervals = if point == Some("mid_snapshot") { MANY_INTERVALS } else { INTERVALS };
        let plan: Vec<Vec<(usize, Submission)>> = (0..METERS)
            .map(|meter| {
                let numbers = next[meter]..next[meter] + intervals;
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
            // At a named point it ends by itself; else at any moment.
            if point.is_none() {
                std::thread::sleep(delay);
                gateway.kill();
                return clients.into_iter().map(|client| client.join().unwrap()).collect();
            }
            let results = clients.into_iter().map(|client| client.join().unwrap()).collect();
            crashes[(kill % 6) as usize] += usize::from(gateway.kill());
            results
        });
        for (meter, (own, results)) in plan.into_iter().zip(results).enumerate() {
            for ((number, submission), acknowledged) in own.into_iter().zip(results) {
                posted.insert((meter, number), (submission, acknowledged));
                next[meter] = number + 1;
            }
        }
    }
    for (point, crashes) in POINTS.iter().zip(crashes) {
        assert!(crashes > 0, "it never crashed {point}");
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
    println!("of them by named points: {:?}", POINTS.iter().zip(crashes).collect::<Vec<_>>());
}

/// The meters on the ledger that the journal gives.
fn ledger(directory: &Path) -> Vec<Meter> {
    let configuration = Configuration::load(None).unwrap();
    let options = Options { seed: 42, clock: Clock::Readings, traders: false };
    let mut engine = gateway::open(directory, sim_cli::plan::gateway(&configuration, options)).unwrap().engine;
    let addresses = Addresses::derive(EMBEDDED, configuration.prefix());
    let meter = |profile: campus_energy_simulation::MeterProfile| {
        let account = engine.ledger().account(&addresses.meter(&profile.id)).unwrap().unwrap();
        Meter::decode(&account.data).unwrap()
    };
    configuration.meters().into_iter().map(meter).collect()
}
