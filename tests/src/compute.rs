//! Compute units of every instruction, measured on the committed `.so` files, with the ceilings that a test enforces.

mod market;

use {
    crate::{
        campus::{Campus, LIMITS, MARKET, SAMPLE},
        cases::{Case, cases},
        market::with_market,
    },
    campus_energy_department::MarketPlan,
    campus_energy_sdk::{
        ledger::{Embedded, SplToken, compute::ceiling},
        oracle::instruction::{SIGNATURE_CEILING, SINGLE_CALLS_FACTOR, submit_readings_ceiling},
        registry::{self, instruction::UNLUCKY_REGISTER_METER_CEILING, state::Zone},
        token::state::MintMode,
    },
    solana_keypair::Keypair,
    solana_message::Message,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    solana_transaction::Transaction,
};

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Program and instruction, and what it was measured with.
    pub name: String,
    /// A usual call.
    pub typical: u64,
    /// The dearest call found.
    pub worst: u64,
    /// What the worst may cost.
    pub ceiling: u64,
}

/// Ids tried to find a dear one.
const METERS_TRIED: usize = 64;

fn simulate(campus: &mut Campus<Embedded>, instructions: &[Instruction], signers: &[&Keypair]) -> u64 {
    let svm = campus.chain.svm();
    let message = Message::new(instructions, Some(&signers[0].pubkey()));
    let transaction = Transaction::new(signers, message, svm.latest_blockhash());
    match svm.simulate_transaction(transaction) {
        Ok(done) => done.meta.compute_units_consumed,
        Err(failed) => panic!("{:?}: {:#?}", failed.err, failed.meta.logs),
    }
}

/// Measures every instruction.
#[must_use]
pub fn measure() -> Vec<Row> {
    let mut rows = vec![];
    let mut campus = with_market(2, MarketPlan { capacity: market::CAPACITY, ..MARKET });
    let cases = cases(&mut campus);
    campus.chain.next_slot();
    for case in cases.iter().filter(|case| !case.signers.is_empty() && !is_measured_apart(case)) {
        let ceiling = ceiling(case.program, case.variant)
            .unwrap_or_else(|| panic!("{} {} has no ceiling", case.program, case.variant));
        let ceiling = u64::from(ceiling);
        let signers: Vec<_> = case.signers.iter().collect();
        campus.chain.set_time(case.time);
        let typical = simulate(&mut campus, std::slice::from_ref(&case.instruction), &signers);
        let name = format!("{} {}", case.program, case.variant);
        if case.variant == "RegisterMeter" {
            rows.extend(registrations(&mut campus, &name, ceiling));
        } else {
            rows.push(Row { name, typical, worst: typical, ceiling });
        }
    }
    rows.extend(market::rows());
    rows.extend(intervals());
    rows
}

/// Whether an instruction has rows of its own further down.
fn is_measured_apart(case: &Case) -> bool {
    matches!(
        (case.program, case.variant),
        ("oracle", "SubmitReadings") | ("trading", "Initialize" | "PlaceOrder" | "Clear")
    )
}

/// RegisterMeter of the brief's fifteen meters, and of more: how many bumps must be tried for an address depends on the id.
fn registrations(campus: &mut Campus<Embedded>, name: &str, ceiling: u64) -> Vec<Row> {
    let (authority, owner) = (campus.keys.authority(), campus.keys.participant(0).pubkey());
    let key = Pubkey::new_from_array([9; 32]);
    let mut fresh = Campus::embedded(1, SplToken::Batching, MintMode::Batch);
    let mut costs = |ids: std::ops::Range<usize>| {
        let addresses = fresh.addresses();
        let register = |index: usize| {
            let id = format!("ENG_{index:03}").parse().expect("a meter id");
            registry::instruction::register_meter(
                &addresses,
                &authority.pubkey(),
                &registry::instruction::MeterRegistration {
                    id,
                    zone: Zone::CLASSROOM,
                    owner,
                    signing_key: key,
                    generation_limit: 12_500,
                },
            )
        };
        let mut all: Vec<u64> = ids.map(|index| simulate(&mut fresh, &[register(index)], &[&authority])).collect();
        all.sort_unstable();
        (all[all.len() / 2], all[all.len() - 1])
    };
    // The first is registered already.
    let (typical, worst) = costs(2..16);
    let (many_typical, many_worst) = costs(100..100 + METERS_TRIED);
    vec![
        // The ceiling is that of an address of usual luck, which is the median.
        Row { name: format!("{name}, the median of ENG_002 to ENG_015"), typical, worst: typical, ceiling },
        Row {
            name: format!("{name}, ENG_002 to ENG_015"),
            typical,
            worst,
            ceiling: UNLUCKY_REGISTER_METER_CEILING.into(),
        },
        Row {
            name: format!("{name}, {METERS_TRIED} more ids"),
            typical: many_typical,
            worst: many_worst,
            ceiling: UNLUCKY_REGISTER_METER_CEILING.into(),
        },
    ]
}

/// SubmitReadings in its modes: typical is a weekday with one seller, worst has a surplus at every meter.
fn intervals() -> Vec<Row> {
    let row = |name: &str, (typical, worst), ceiling: u32| Row {
        name: format!("oracle SubmitReadings, {name}"),
        typical,
        worst,
        ceiling: ceiling.into(),
    };
    let plain = |readings| submit_readings_ceiling(readings, false);
    let single_calls = SINGLE_CALLS_FACTOR * plain(15);
    let batch = (SplToken::Batching, MintMode::Batch);
    let five = submissions(batch, 5, false);
    let signed = submissions(batch, 5, true);
    let per_signature = |signed: u64, plain: u64| signed.saturating_sub(plain).div_ceil(5);
    vec![
        row("15 meters, p-token batch", submissions(batch, 15, false), plain(15)),
        row(
            "15 meters, p-token single calls",
            submissions((SplToken::Batching, MintMode::Plain), 15, false),
            single_calls,
        ),
        row("15 meters, SPL Token 3.5", submissions((SplToken::Legacy, MintMode::Plain), 15, false), single_calls),
        row("24 meters, p-token batch", submissions(batch, 24, false), plain(24)),
        row("1 meter, p-token batch", submissions(batch, 1, false), plain(1)),
        row("5 meters, p-token batch", five, plain(5)),
        row("5 meters, signed, p-token batch", signed, submit_readings_ceiling(5, true)),
        row("each signature", (per_signature(signed.0, five.0), per_signature(signed.1, five.1)), SIGNATURE_CEILING),
    ]
}

/// `(one surplus, all surplus)`, in a steady state: an earlier interval has been settled.
fn submissions(ledger: (SplToken, MintMode), meters: usize, signed: bool) -> (u64, u64) {
    let mut campus = Campus::embedded(meters, ledger.0, ledger.1);
    campus.configure(LIMITS, false).expect("limits");
    campus.submit(SAMPLE - 900, &vec![(6_200, 4_100); meters]).expect("an earlier interval");
    campus.chain.set_time(SAMPLE + 5);
    let one: Vec<_> = (0..meters).map(|meter| if meter == 0 { (6_200, 4_100) } else { (0, 4_100) }).collect();
    let all = vec![(6_200, 4_100); meters];
    let mut cost = |readings: &[(u32, u32)]| {
        let submitter = campus.keys.submitter();
        if signed {
            let readings = campus.signed(SAMPLE, readings);
            let instructions = campus.signed_submission(SAMPLE, readings);
            simulate(&mut campus, &instructions, &[&submitter])
        } else {
            let instruction = campus.submission(SAMPLE, readings);
            simulate(&mut campus, &[instruction], &[&submitter])
        }
    };
    (cost(&one), cost(&all))
}

/// The committed table.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "# Compute units\n\n\
         Measured on the committed `sdk/programs/*.so` in litesvm 0.16, CPIs included; rewritten by\n\
         `cargo bench -p campus-energy-tests --bench compute_units`, the ceilings are enforced by a test.\n\n\
         Typical of SubmitReadings is one meter with a surplus, worst a surplus at every meter. Whatever creates an\n\
         account costs 361 for every further try for its address, and how many there are is the luck of its seeds: of\n\
         RegisterMeter and the market's Initialize the median and the dearest are given.\n\n\
         The market has 1,024 orders a side and 512 seats, unless a row says otherwise. Of PlaceOrder in a half-full book\n\
         these are the median and the dearest of 200 random orders. Every order settled is of another seat where there\n\
         are seats enough; typical of Clear are equal lots or random orders, worst are lots each of which reaches over\n\
         two of the other side. The 150 of the instruction that raises the limit are included.\n\n\
         | instruction | typical | worst | ceiling |\n|---|---:|---:|---:|\n",
    );
    for Row { name, typical, worst, ceiling } in rows {
        text.push_str(&format!("| {name} | {typical} | {worst} | {ceiling} |\n"));
    }
    text
}
