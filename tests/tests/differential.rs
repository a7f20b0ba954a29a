//! The same random instructions through the native processors and through the bytecode: the same verdicts, and the same
//! bytes in every account.

use {
    campus_energy_sdk::{
        ledger::{Ledger, LedgerError, SplToken},
        matching::Direction,
        oracle,
        registry::{
            self,
            state::{MeterStatus, Role, Zone},
        },
        token::{self, state::MintMode},
        trading::{instruction as build, state::Asset},
        units::{Energy, Price},
    },
    campus_energy_tests::{
        campus::{Campus, LIMITS, SAMPLE},
        chain::Chain,
        instructions::instruction_name,
    },
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    std::collections::{BTreeMap, BTreeSet},
};

const METERS: usize = 4;
const STEPS: usize = 600;

/// A step in the market: its instructions, and who signs. Half of the time a closed auction is cleared.
fn market_step<C: Chain>(campus: &Campus<C>, random: &mut ChaCha8Rng, now: i64) -> (Vec<Instruction>, Vec<Keypair>) {
    let (addresses, book) = (campus.addresses(), campus.book());
    let trader = random.random_range(0..METERS);
    let (wallet, seat) = (campus.keys.participant(trader), u16::try_from(trader).unwrap());
    let direction = if random.random() { Direction::Buy } else { Direction::Sell };
    let asset = if random.random() { Asset::Energy } else { Asset::Quote };
    let account = campus.traders_account(trader, asset);
    let key = wallet.pubkey();
    let is_due = now / 900 > i64::from(book.cleared) + 1;
    let what = if is_due && random.random() { 6 } else { random.random_range(0..11) };
    let instruction = match what {
        0..=4 => {
            let price = Price(random.random_range(24..36) * 100_000);
            let energy = Energy(random.random_range(0..1_500));
            let expires = now / 900 * 900 + 900 * random.random_range(-1..4);
            build::place_order(&addresses, &key, seat, direction, price, energy, expires)
        }
        5 => {
            let side = campus.orders(direction);
            let order = side.get(random.random_range(0..=side.len()));
            let (price, number) = order.map_or((1, 1), |order| (direction.price(order.key), order.sequence()));
            build::cancel_order(&addresses, &key, seat, direction, Price(price.into()), number)
        }
        6 | 7 => build::clear(&addresses, random.random_range(0..6)),
        8 => build::deposit(&addresses, &key, seat, asset, &account, random.random_range(0..2_000_000_000)),
        9 => build::withdraw(&addresses, &key, seat, asset, &account, random.random_range(0..900_000_000)),
        _ => {
            let authority = campus.keys.authority();
            let paused = random.random_range(0..5) == 0;
            return (vec![build::set_paused(&addresses, &authority.pubkey(), paused)], vec![authority]);
        }
    };
    (vec![instruction], vec![wallet])
}

/// A step: its instructions, and who signs.
fn step<C: Chain>(campus: &Campus<C>, random: &mut ChaCha8Rng, now: i64) -> (Vec<Instruction>, Vec<Keypair>) {
    if random.random_range(0..3) > 0 {
        return market_step(campus, random, now);
    }
    let (authority, submitter, addresses) = (campus.keys.authority(), campus.keys.submitter(), campus.addresses());
    let by = authority.pubkey();
    let meter = random.random_range(0..METERS);
    let id = campus.department.meters[meter].id;
    let timestamp = now / 900 * 900 - 900 * random.random_range(-1..5);
    let mut readings = || -> Vec<(u32, u32)> {
        let count = random.random_range(1..=METERS);
        (0..count).map(|_| (random.random_range(0..13_000), random.random_range(0..8_000))).collect()
    };
    let some = readings();
    let one = |instruction| (vec![instruction], vec![authority.insecure_clone()]);
    match random.random_range(0..14) {
        0..=4 => (vec![campus.submission(timestamp, &some)], vec![submitter]),
        5 | 6 => {
            let mut signed = campus.signed(timestamp.max(900), &some);
            if random.random_range(0..4) == 0 {
                signed[0].signing_key[0] ^= 1;
            }
            (campus.signed_submission(timestamp, signed).to_vec(), vec![submitter])
        }
        7 => {
            let owner = campus.keys.participant(meter);
            let energy = Energy(random.random_range(0..4_000));
            (vec![token::instruction::retire(&addresses, &owner.pubkey(), energy, timestamp)], vec![owner])
        }
        8 => {
            let status = [MeterStatus::Active, MeterStatus::Active, MeterStatus::Suspended][random.random_range(0..3)];
            one(registry::instruction::set_meter_status(&addresses, &by, &id, status))
        }
        9 => one(registry::instruction::set_paused(&addresses, &by, random.random_range(0..4) == 0)),
        10 => one(token::instruction::set_paused(&addresses, &by, random.random_range(0..4) == 0)),
        11 => {
            let mode = if random.random() { MintMode::Batch } else { MintMode::Plain };
            one(token::instruction::set_mint_mode(&addresses, &by, mode))
        }
        12 => one(oracle::instruction::configure(&addresses, &by, LIMITS, random.random_range(0..5) == 0)),
        _ => {
            let wallet = campus.keys.wallet("guest", random.random_range(0..6)).pubkey();
            let number = random.random_range(0..8);
            if random.random() {
                one(registry::instruction::register_participant(&addresses, &by, &wallet, Role::Graduate))
            } else {
                let (id, owner) =
                    (format!("ENG_{number:03}").parse().unwrap(), campus.keys.participant(meter).pubkey());
                // One of the numbers has a name that the program refuses.
                let mut zone = Zone::LABORATORY;
                zone.0[15] = if number == 7 { b'x' } else { 0 };
                one(registry::instruction::register_meter(&addresses, &by, &owner, id, zone, &wallet, 12_500))
            }
        }
    }
}

/// The instructions that the walk sends.
const WALKED: [&str; 15] = [
    "oracle.Configure",
    "oracle.SubmitReadings",
    "registry.RegisterMeter",
    "registry.RegisterParticipant",
    "registry.SetMeterStatus",
    "registry.SetPaused",
    "token.Retire",
    "token.SetMintMode",
    "token.SetPaused",
    "trading.CancelOrder",
    "trading.Clear",
    "trading.Deposit",
    "trading.PlaceOrder",
    "trading.SetPaused",
    "trading.Withdraw",
];

/// The name of an instruction of the department's programs.
fn name<C: Chain>(campus: &Campus<C>, instruction: &Instruction) -> &'static str {
    let programs = campus.addresses().programs;
    let all = [
        ("registry", programs.registry),
        ("token", programs.token),
        ("oracle", programs.oracle),
        ("trading", programs.trading),
    ];
    let (program, _) = all.into_iter().find(|(_, id)| *id == instruction.program_id).expect("one of our programs");
    instruction_name(program, &instruction.data).expect("an instruction")
}

/// A verdict that both must agree on: the error of ours, or that some other program refused.
fn verdict<T>(result: Result<T, LedgerError>) -> Option<String> {
    result.err().map(|error| error.described().map_or_else(|| "refused".into(), |described| described.name.into()))
}

fn watched<C: Chain>(campus: &Campus<C>) -> Vec<Pubkey> {
    let addresses = campus.addresses();
    let mut all = vec![
        addresses.department,
        addresses.token_config,
        addresses.energy_mint,
        addresses.oracle,
        addresses.interval_ring,
        addresses.market,
        addresses.book,
        addresses.energy_vault,
        addresses.quote_vault,
    ];
    all.extend((0..METERS).map(|trader| campus.traders_account(trader, Asset::Quote)));
    all.extend((0..8).map(|number| addresses.meter(&format!("ENG_{number:03}").parse().unwrap())));
    for index in 0..6 {
        all.push(addresses.participant(&campus.keys.wallet("guest", index).pubkey()));
    }
    for index in 0..METERS {
        let owner = campus.keys.participant(index).pubkey();
        all.extend([addresses.participant(&owner), addresses.token_account(&owner)]);
        for interval in -6..STEPS as i64 + 2 {
            let config = &addresses.token_config;
            let timestamp = SAMPLE + 900 * interval;
            all.push(token::address::retirement(&addresses.programs.token, config, &owner, timestamp).0);
        }
    }
    all
}

#[test]
fn native_and_bytecode_end_in_the_same_state() {
    let mut native = Campus::native(METERS);
    let mut bytecode = Campus::embedded(METERS, SplToken::Batching, MintMode::Batch);
    native.open_market(SAMPLE, &[12_000; METERS]);
    bytecode.open_market(SAMPLE, &[12_000; METERS]);
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let (mut now, mut accepted, mut refused) = (SAMPLE + 5, BTreeMap::new(), BTreeSet::new());
    for number in 0..STEPS {
        if random.random_range(0..7) == 0 {
            now += 900;
            native.chain.set_time(now);
            bytecode.chain.set_time(now);
        }
        let (instructions, signers) = step(&bytecode, &mut random, now);
        let signers: Vec<_> = signers.iter().collect();
        let [left, right] =
            [verdict(native.send_all(&instructions, &signers)), verdict(bytecode.send_all(&instructions, &signers))];
        assert_eq!(left, right, "step {number}: native and bytecode disagree on {instructions:?}");
        match left {
            // The one that is checked is the last: before it may be a verification of signatures.
            None => *accepted.entry(name(&bytecode, instructions.last().expect("an instruction"))).or_default() += 1,
            Some(name) => {
                refused.insert(name);
            }
        }
    }
    let mut exist = 0;
    for address in watched(&bytecode) {
        let [left, right] = [native.chain.account(&address), bytecode.chain.account(&address)].map(Result::unwrap);
        exist += usize::from(left.is_some());
        assert_eq!(
            left.map(|a| (a.owner, a.lamports, a.data)),
            right.map(|a| (a.owner, a.lamports, a.data)),
            "{address}"
        );
    }
    // The walk has to have been somewhere for the agreement to mean anything.
    for name in WALKED {
        assert!(accepted.contains_key(name), "{name} was never accepted: {accepted:?}");
    }
    assert_eq!(accepted.len(), WALKED.len(), "an instruction that is not listed: {accepted:?}");
    let all: usize = accepted.values().sum();
    assert!(all > STEPS / 3 && refused.len() >= 12 && exist > 15, "{accepted:?}, {refused:?}, {exist} accounts");
    let book = bytecode.book();
    assert!(book.traded > Energy(2_000) && book.next_order > 30, "{book:?}");
}
