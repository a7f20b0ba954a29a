//! A random walk over the whole system, from the bytecode: honest and hostile actors do what chance tells them, and a plain
//! reference, written from docs/market.md, says of each transaction whether the ledger must accept it. It must refuse where
//! the reference has a reason, name one of the reasons (there is mostly one), and hold afterwards what the reference holds.

pub mod actors;
pub mod build;
pub mod check;
pub mod coverage;
pub mod faults;
pub mod market;
pub mod model;
pub mod op;
pub mod refusals;

use {
    crate::campus::{Campus, GENERATION_LIMIT, LIMITS, MARKET, SAMPLE, embedded, founding},
    actors::Actors,
    build::World,
    campus_energy_department::{Founding, Keys, MarketPlan},
    campus_energy_sdk::{
        ledger::{LedgerError, SplToken},
        time::INTERVAL_SECONDS,
        token::state::MintMode,
        trading::state::{Asset, Book, BookCapacity},
    },
    coverage::Coverage,
    market::{Market, Remembered, Seat},
    model::{Department, Meter, Model},
    op::{Fault, Op},
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    solana_keypair::Keypair,
    solana_signer::Signer,
    solana_transaction_error::TransactionError,
    std::{
        collections::{BTreeMap, VecDeque},
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{
            Mutex,
            atomic::{AtomicU64, Ordering},
        },
        thread,
    },
};

/// People: six participants who own a meter each, two more with keys of participants, two strangers, the authority, the
/// submitter, and others.
pub const PEOPLE: usize = 20;
/// Meters at the beginning, and participants who own them.
const METERS: usize = 6;
/// The authority among the people, who is the last participant.
const AUTHORITY: usize = 10;
/// The submitter among the people.
const SUBMITTER: usize = 11;
/// The book of the walk's own market.
const CAPACITY: BookCapacity = BookCapacity { orders: 8, seats: 12 };
/// The books of other departments, which need two Grows.
pub const OTHER_CAPACITY: BookCapacity = BookCapacity { orders: 200, seats: 100 };
/// Bytes by which a Grow makes a book longer.
const GROWTH: usize = 10_240;
/// Money that everybody has at the beginning: a million baht.
const MONEY: u64 = 1_000_000_000_000;
/// Steps after which the walk begins anew, on a ledger of its own, so that it stays small and each part replays alone.
pub const STEPS_OF_A_PART: u64 = 2_000;
/// Steps that are told where one fails.
const TOLD: usize = 30;

/// What the walk's department is founded with, in a variant.
#[must_use]
pub fn own_founding(variant: u64) -> Founding {
    let (fee, orders_per_seat) = match variant % 3 {
        0 => (0, 3),
        1 => (250, 16),
        _ => (1_000, 5),
    };
    let market = MarketPlan { capacity: CAPACITY, minimum_lot: 10, orders_per_seat, fee, ..MARKET };
    Founding { market, ..founding(METERS, false, MintMode::Batch) }
}

/// A walk of so many steps, in parts, on all processors. The seed of a part is the walk's plus the part's number.
///
/// # Errors
/// Where ledger and reference disagree: the seed, the step, what differs, and the steps before.
///
/// # Panics
/// Where a part does.
pub fn walk(seed: u64, steps: u64, progress: impl Fn(&Coverage) + Sync) -> Result<Coverage, String> {
    let parts = steps.div_ceil(STEPS_OF_A_PART);
    let (next, all) = (AtomicU64::new(0), Mutex::new(Ok(Coverage::default())));
    let work = || {
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts {
                return;
            }
            let walked = walk_part(seed.wrapping_add(part), STEPS_OF_A_PART.min(steps - part * STEPS_OF_A_PART));
            let mut all = all.lock().expect("no part panics");
            match walked {
                Ok(coverage) => {
                    if let Ok(sum) = all.as_mut() {
                        sum.add(&coverage);
                        progress(sum);
                    }
                }
                // The first failure counts.
                Err(what) if all.is_ok() => *all = Err(what),
                Err(_) => {}
            }
            if all.is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    all.into_inner().expect("no part panics")
}

fn walk_part(seed: u64, steps: u64) -> Result<Coverage, String> {
    let mut actors = Actors { rng: ChaCha8Rng::seed_from_u64(seed) };
    let (mut world, mut model) = begin(seed);
    let mut coverage = Coverage::default();
    let mut told = VecDeque::new();
    let failed = |step: u64, told: &VecDeque<String>, what: String| {
        let told: Vec<_> = told.iter().cloned().collect();
        let steps = step + 1;
        format!("WALK_SEED={seed} WALK_STEPS={steps} replays this. Step {step}: {what}\n{}", told.join("\n"))
    };
    check::all(&world, &model).map_err(|what| failed(0, &told, what))?;
    for step in 0..steps {
        let (op, fault) = actors.choose(&model);
        if told.len() == TOLD {
            told.pop_front();
        }
        told.push_back(format!("{step} at {}: {op:?} {fault:?}", model.now));
        let result = catch_unwind(AssertUnwindSafe(|| one_step(&mut world, &mut model, &op, fault, &mut coverage)));
        let result = result.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default())
        });
        result.map_err(|what| failed(step, &told, what))?;
        if model.departments.iter().all(|department| department.stage == 4) && actors.rng.random_ratio(1, 4) {
            model.departments.push(Department { stage: 0, book: 0, participants: Vec::new() });
        }
        coverage.steps += 1;
    }
    Ok(coverage)
}

fn one_step(
    world: &mut World,
    model: &mut Model,
    op: &Op,
    fault: Fault,
    coverage: &mut Coverage,
) -> Result<(), String> {
    if let Op::Time { .. } = op {
        model.apply(op);
        world.campus.chain_time(model.now);
        return Ok(());
    }
    let mut reasons = model.reasons(op);
    reasons.extend(faults::reasons(op, fault, model));
    let (instructions, payer) = world.transaction(op, fault, &model.meters);
    let payer = world.people[payer].insecure_clone();
    let result = world.campus.send_all(&instructions, &[&payer]);
    let names = op.instructions();
    match result {
        Ok(_) if reasons.is_empty() => {
            coverage.count(&names, None);
            model.apply(op);
        }
        Ok(_) => return Err(format!("accepted, though {reasons:?}")),
        Err(error) => {
            let name = name(&error);
            if !reasons.contains(&name.as_str()) {
                return Err(format!("refused with {name}, expected {reasons:?}: {error:?}"));
            }
            coverage.count(&names, Some(&name));
        }
    }
    check::all(world, model)?;
    match *op {
        Op::Retire { by, timestamp, .. } if model.receipts.contains_key(&(by, timestamp)) => {
            check::receipt(world, model, by, timestamp)
        }
        _ => Ok(()),
    }
}

/// The name of what the ledger refused with.
fn name(error: &LedgerError) -> String {
    if let Some(described) = error.described() {
        return format!("{}.{}", described.group.trim_end_matches("Error"), described.name);
    }
    match error {
        LedgerError::Refused(TransactionError::InstructionError(0, error), logs) if logs.is_empty() => {
            debug_assert!(matches!(error, solana_program::instruction::InstructionError::Custom(_)), "{error:?}");
            "precompile".into()
        }
        LedgerError::Refused(TransactionError::InstructionError(_, error), _) => format!("{error:?}"),
        LedgerError::Refused(error, _) => format!("{error:?}"),
        other => other.to_string(),
    }
}

/// A ledger with the department, and the reference of it.
///
/// # Panics
/// Where the department cannot be founded.
#[must_use]
fn begin(seed: u64) -> (World, Model) {
    let (keys, plan) = (Keys::new(1), own_founding(seed));
    let spl_token = if seed % 4 == 3 { SplToken::Legacy } else { SplToken::Batching };
    let mint_mode = if spl_token == SplToken::Legacy { MintMode::Plain } else { MintMode::Batch };
    let plan = Founding { mint_mode, ..plan };
    let mut campus = Campus::on(embedded(keys, spl_token), keys, &plan);
    let person = |number: usize| match number {
        0..8 => keys.participant(number),
        8 => keys.wallet("stranger", 0),
        9 => keys.wallet("newcomer", 0),
        AUTHORITY => keys.authority(),
        SUBMITTER => keys.submitter(),
        _ => keys.wallet("person", number),
    };
    let people: Vec<Keypair> = (0..PEOPLE).map(person).collect();
    let mut tokens = Vec::new();
    for wallet in &people {
        let wallet = wallet.pubkey();
        campus.chain.airdrop(&wallet, 1_000_000_000_000).expect("an airdrop");
        let pair = [Asset::Energy, Asset::Quote].map(|asset| World::associated(&wallet, &campus.mint(asset)));
        if campus.data(&pair[0]).is_empty() {
            campus.put_tokens(pair[0], &wallet, Asset::Energy, 0);
        }
        campus.put_tokens(pair[1], &wallet, Asset::Quote, MONEY);
        tokens.push(pair);
    }
    let departments = vec![campus.addresses()];
    let model = reference(&plan, mint_mode);
    (World { campus, people, departments, tokens }, model)
}

fn reference(plan: &Founding, mint_mode: MintMode) -> Model {
    // The newest interval that had ended at the founding is the first whose auction is held.
    let first = u32::try_from(SAMPLE / INTERVAL_SECONDS).expect("a time of now");
    let market = Market {
        places: CAPACITY.orders.into(),
        minimum_lot: plan.market.minimum_lot.into(),
        orders_per_seat: plan.market.orders_per_seat.into(),
        fee: plan.market.fee.into(),
        treasury: METERS,
        seats: vec![Seat::default(); CAPACITY.seats.into()],
        orders: Vec::new(),
        next_order: 0,
        first_new_order: 0,
        paused: false,
        cleared: first - 1,
        begun: first - 1,
        clearing: None,
        gifts: [0; 2],
        history: vec![Remembered::default(); 96],
        late: [0; 2],
        timestamp: 0,
        traded: 0,
    };
    let meter = |index: usize| Meter { key: index, ..Meter::new(index + 1, index, GENERATION_LIMIT) };
    let participants = (0..METERS).chain([AUTHORITY]).collect();
    Model {
        now: SAMPLE + 5,
        upgrade_authority: AUTHORITY,
        authority: AUTHORITY,
        pending: None,
        paused: false,
        departments: vec![
            Department { stage: 4, book: CAPACITY.length(), participants },
            Department { stage: 0, book: 0, participants: Vec::new() },
        ],
        meters: (0..METERS).map(meter).collect(),
        token_paused: false,
        batch: mint_mode == MintMode::Batch,
        legacy: mint_mode == MintMode::Plain,
        minted: 0,
        retired: 0,
        burned: 0,
        receipts: BTreeMap::new(),
        founded: SAMPLE,
        wallets: vec![[0, MONEY.into()]; PEOPLE],
        submitter: SUBMITTER,
        pending_submitter: None,
        limits: LIMITS,
        require_signatures: false,
        intervals: BTreeMap::new(),
        day: (0, 0),
        market,
        book_lengths: (Book::LENGTH, [CAPACITY.length(), OTHER_CAPACITY.length()], GROWTH),
    }
}
