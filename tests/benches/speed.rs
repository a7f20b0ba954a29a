//! How fast it is on this machine: whole runs of `sim-cli run` in this process, and orders onto the embedded ledger.

use {
    campus_energy_department::{Keys, MarketPlan},
    campus_energy_sdk::{
        ledger::{Embedded, Ledger, SplToken, transaction::send},
        matching::Direction,
        token::state::MintMode,
        trading::{
            instruction::{NewOrder, place_order},
            state::BookCapacity,
        },
        units::{Energy, Price},
    },
    campus_energy_simulation::configuration::DEFAULT,
    campus_energy_tests::campus::{Campus, MARKET, SAMPLE, embedded, founding},
    clap::Parser,
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    sim_cli::commands::Arguments,
    solana_signer::Signer,
    std::{
        fs,
        time::{Duration, Instant},
    },
};

/// Orders of which one time is taken.
const ORDERS: usize = 2_000;

fn run(arguments: &[&str]) -> (Duration, u64) {
    let out = tempfile::tempdir().expect("a temporary directory");
    let directory = out.path().display().to_string();
    let started = Instant::now();
    let all = [&["sim-cli", "run", "--output", "quiet", "--out", &directory], arguments].concat();
    Arguments::parse_from(all).run().expect("the run succeeds");
    let time = started.elapsed();
    let summary = fs::read(out.path().join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_slice(&summary).expect("JSON");
    let count = |side: &str| summary["market"][side].as_u64().unwrap_or(0);
    (time, count("bids") + count("asks"))
}

/// The median of some runs.
fn median(runs: usize, arguments: &[&str]) -> (f64, u64) {
    let mut times: Vec<_> = (0..runs).map(|_| run(arguments)).collect();
    times.sort_unstable();
    (times[runs / 2].0.as_secs_f64(), times[runs / 2].1)
}

fn runs() {
    println!("| run, verified | median of | orders | seconds | readings a second |\n|---|---:|---:|---:|---:|");
    for (days, runs, arguments) in [
        (1, 5, &[][..]),
        (1, 5, &["--signing", "submitter"]),
        (1, 5, &["--strategy", "none"]),
        (1, 5, &["--strategy", "none", "--signing", "submitter"]),
        (30, 1, &[]),
        (365, 1, &["--strategy", "none", "--signing", "submitter"]),
        (365, 1, &["--strategy", "none"]),
    ] {
        let text = days.to_string();
        let (seconds, orders) = median(runs, &[&["--days", &text], arguments].concat());
        let rate = f64::from(days * 1_440) / seconds;
        println!("| {days} days {} | {runs} | {orders} | {seconds:.2} | {rate:.0} |", arguments.join(" "));
    }
}

/// A day in which everybody bids in every interval.
fn participants() {
    println!(
        "\n| participants, all bidding always | orders of a day | seconds | orders a second |\n|---:|---:|---:|---:|"
    );
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("config.yaml");
    for fifths in [1_u32, 2, 5, 10, 20] {
        let number = |of: u32| (of * fifths / 5).to_string();
        let text = DEFAULT
            .replace("faculty: 50", &format!("faculty: {}", number(50)))
            .replace("graduate_students: 75", &format!("graduate_students: {}", number(75)))
            .replace("undergraduate_students: 125", &format!("undergraduate_students: {}", number(125)));
        fs::write(&path, text).expect("a configuration");
        let config = path.display().to_string();
        let (seconds, orders) = median(3, &["--config", &config, "--bidding", "always"]);
        println!("| {} | {orders} | {seconds:.2} | {:.0} |", 50 * fifths, orders as f64 / seconds);
    }
}

/// Orders a second, each in a transaction of its own, signed by its trader and verified, onto a book with this many orders a
/// side in it. Its owner takes each back before the next, in time that is not counted.
fn orders(capacity: BookCapacity, resting: usize) -> f64 {
    const TRADERS: usize = 250;
    let keys = Keys::new(1);
    let mut chain = embedded(keys, SplToken::Batching);
    let wallets: Vec<_> = (0..TRADERS).map(|index| keys.participant(index)).collect();
    for wallet in &wallets {
        // Another amount than that of the campus's own payers: the same airdrop is not made twice.
        chain.airdrop(&wallet.pubkey(), 2_000_000_000_000).expect("an airdrop");
    }
    let mut plan = founding(0, false, MintMode::Batch);
    plan.market = MarketPlan { capacity, ..MARKET };
    plan.participants = vec![campus_energy_sdk::registry::state::Role::Graduate; TRADERS];
    let mut campus: Campus<Embedded> = Campus::on(chain, keys, &plan);
    campus.open_seats();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let addresses = campus.addresses();
    let order = |random: &mut ChaCha8Rng, index: usize| {
        let trader = index % TRADERS;
        let (wallet, price) = (&wallets[trader], Price(random.random_range(2_200_000..5_798_200)));
        let seat = u16::try_from(trader).expect("a seat");
        let place = place_order(
            &addresses,
            &wallet.pubkey(),
            &NewOrder { seat, direction: Direction::Buy, price, energy: Energy(100), expires: SAMPLE },
        );
        (place, wallet)
    };
    for index in 0..resting {
        let (place, wallet) = order(&mut random, index);
        send(&mut campus.chain, &[place], &[wallet], &[]).expect("a resting order");
    }
    let book = campus.chain.account(&addresses.book).expect("the ledger answers").expect("the book");
    let mut time = Duration::ZERO;
    for index in 0..ORDERS {
        // The book as it was: what is timed has the same length before it every time.
        campus.chain.svm().set_account(addresses.book, book.clone()).expect("the book");
        let (place, wallet) = order(&mut random, index);
        campus.chain.svm().expire_blockhash();
        let started = Instant::now();
        send(&mut campus.chain, &[place], &[wallet], &[]).expect("an order");
        time += started.elapsed();
    }
    ORDERS as f64 / time.as_secs_f64()
}

fn main() {
    runs();
    participants();
    println!("\n| orders and seats of the book | resting orders | orders a second |\n|---|---:|---:|");
    for (capacity, all) in [
        (BookCapacity { orders: 1_024, seats: 512 }, &[0, 256, 512, 1_023][..]),
        (BookCapacity { orders: 4_096, seats: 4_096 }, &[0, 2_048, 4_095]),
    ] {
        for &resting in all {
            let rate = orders(capacity, resting);
            println!("| {} a side, {} | {resting} | {rate:.0} |", capacity.orders, capacity.seats);
        }
    }
}
