//! What an interval costs a ledger, by the number of meters: `cargo bench -p campus-energy-tests --bench scaling`. A full department of
//! 120 meters is founded and settled on the embedded ledger, every meter with a surplus; larger numbers are that many departments.

use {
    campus_energy_department::{Department, Founder, Keys, Signing, Wallets, backlog, embedded_ledger},
    campus_energy_sdk::{
        ledger::{
            Embedded, Ledger, SplToken,
            transaction::{Draft, sign, to_wire},
        },
        oracle::{readings::PlainReading, state::GREATEST_MAX_AGE},
        reading::Quality,
        time::Interval,
        token::state::MintMode,
    },
    campus_energy_simulation::Configuration,
    solana_program::{pubkey::Pubkey, rent::Rent},
    solana_signer::Signer,
};

/// Meters of a department, at most.
const FULL: u32 = 120;
const SEED: u64 = 42;
/// What a signature costs.
const LAMPORTS: u64 = 5_000;

struct Settled {
    transactions: u64,
    signatures: u64,
    bytes: u64,
    compute_units: u64,
}

fn found(meters: u32, signing: Signing) -> (Embedded, Department, Wallets) {
    let mut configuration = Configuration::load(None).expect("the built-in configuration");
    configuration.engineering_department.smart_meters.count = meters as usize;
    let people = &mut configuration.engineering_department.participants;
    (people.faculty, people.graduate_students, people.undergraduate_students) = (4, 0, 0);
    let mut plan = sim_cli::plan::founding(&configuration, signing == Signing::Meters, MintMode::Batch);
    plan.limits.max_age = GREATEST_MAX_AGE;
    let keys = Keys::new(SEED);
    let mut ledger = embedded_ledger(keys, plan.participants.len(), SplToken::Batching).expect("a ledger");
    ledger.set_time(1_730_448_010);
    let founder = Founder::new(ledger.programs(), keys, &plan);
    let department = founder.found(&mut ledger, |_| ()).expect("founded");
    ledger.next_slot();
    (ledger, department, Wallets::of_seed(keys, &plan))
}

/// An interval's readings of all meters of a department.
fn settle(meters: u32, signing: Signing) -> Settled {
    let (mut ledger, department, wallets) = found(meters, signing);
    let reading = PlainReading { generated: 50, consumed: 20, quality: Quality::Measured };
    let interval = Interval::ending_at(1_730_448_000).expect("an interval");
    let readings = vec![(interval, vec![reading; meters as usize])];
    let (drafts, count) = backlog(&ledger, &department, &wallets, &readings, signing).expect("accounts");
    assert_eq!(count, u64::from(meters));
    let mut settled = Settled { transactions: 0, signatures: 0, bytes: 0, compute_units: 0 };
    for Draft { instructions, signers } in drafts {
        let signers: Vec<_> = signers.iter().collect();
        let tables = std::slice::from_ref(&department.table);
        let transaction = sign(&ledger, &instructions, &signers, tables).expect("signed");
        settled.transactions += 1;
        settled.bytes += to_wire(&transaction).expect("bytes").len() as u64;
        settled.compute_units += ledger.send(transaction).expect("executed").compute_units;
    }
    // The network charges for those that the precompile checks, too.
    settled.signatures = settled.transactions + if signing == Signing::Meters { count } else { 0 };
    settled
}

fn rent(ledger: &Embedded, addresses: &[Pubkey]) -> u64 {
    addresses
        .iter()
        .map(|address| ledger.account(address).expect("an answer").map_or(0, |account| account.lamports))
        .sum()
}

fn main() {
    let number = |value: u64| {
        let digits = value.to_string();
        let parts: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap_or("")).collect();
        parts.join(",")
    };
    println!(
        "| an interval of | who signs | transactions | compute units | bytes | fees, SOL | compute units a reading |\n|---|---|---:|---:|---:|---:|---:|"
    );
    for (signing, who) in [(Signing::Meters, "meters"), (Signing::Submitter, "submitter")] {
        let (small, full, rest) = (settle(15, signing), settle(FULL, signing), settle(40, signing));
        let sum = |departments: u64, more: &Settled| Settled {
            transactions: full.transactions * departments + more.transactions,
            signatures: full.signatures * departments + more.signatures,
            bytes: full.bytes * departments + more.bytes,
            compute_units: full.compute_units * departments + more.compute_units,
        };
        for (meters, of) in [(15, small), (1_000, sum(8, &rest)), (100_000, sum(833, &rest))] {
            println!(
                "| {} meters | {who} | {} | {} | {} | {:.6} | {} |",
                number(meters),
                number(of.transactions),
                number(of.compute_units),
                number(of.bytes),
                (of.signatures * LAMPORTS) as f64 / 1e9,
                number(of.compute_units / meters),
            );
        }
    }
    let (ledger, department, _) = found(FULL, Signing::Meters);
    let (a, meter) = (&department.addresses, &department.meters[0].accounts);
    let owner = Keys::new(SEED).participant(0).pubkey();
    let fixed = [a.department, a.token_config, a.energy_mint, a.oracle, a.interval_ring, department.table.key];
    let market = [a.market, a.energy_vault, a.quote_vault, a.book];
    println!("\n| rent-exempt minimum | lamports |\n|---|---:|");
    println!("| meter | {} |", number(rent(&ledger, &[meter.meter])));
    println!(
        "| participant and token account | {} |",
        number(rent(&ledger, &[a.participant(&owner), meter.token_account]))
    );
    println!("| department with the lookup table of 120 meters | {} |", number(rent(&ledger, &fixed)));
    println!("| its market, book as founded | {} |", number(rent(&ledger, &market)));
    println!("| a byte | {} |", Rent::default().lamports_per_byte);
}
