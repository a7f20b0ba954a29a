//! Ten thousand random operations by 250 traders: whatever is done, and in whatever order, the vaults hold what the seats
//! have, locked funds back the open orders, and every fill is within its limit.

mod support;

use {
    campus_energy_matching::{
        Direction, OrderOutcome, Proposal, Refusal,
        value::{MAX_ENERGY, MAX_PRICE, TOKEN_UNITS_PER_WH},
    },
    rand::{Rng, SeedableRng},
    rand_chacha::ChaCha8Rng,
    std::collections::BTreeMap,
    support::{BUY, Market, SELL, wallet},
};

const OPERATIONS: usize = 10_000;
const TRADERS: u16 = 250;
/// Less than traders want: sides are full at times.
const ORDERS: usize = 24;

/// What became of the walk, to know that it has been somewhere.
#[derive(Debug, Default)]
struct Tally {
    placed: u32,
    evicted: u32,
    cancelled: u32,
    cancelled_at_close: u32,
    withdrawn: u32,
    filled: u32,
    cut: u32,
    refused: BTreeMap<String, u32>,
}

impl Tally {
    fn refuse(&mut self, refusal: Refusal) {
        *self.refused.entry(format!("{refusal:?}")).or_default() += 1;
    }
}

fn price(random: &mut ChaCha8Rng) -> u64 {
    random.random_range(2_200..5_800) * 1_000
}

/// Something that must be refused, with its name; nothing may have changed.
fn mischief(market: &mut Market, random: &mut ChaCha8Rng) -> Refusal {
    let seat = random.random_range(0..TRADERS);
    let good = Proposal { direction: BUY, seat, price: 4_000_000, energy: 100, expires: market.auction };
    let (by, proposal, expected) = match random.random_range(0..8) {
        0 => (wallet(seat + 1), good, Refusal::NotSeatOwner),
        1 => (wallet(seat), Proposal { seat: TRADERS + 7, ..good }, Refusal::UnknownSeat),
        2 => (wallet(seat), Proposal { price: 0, ..good }, Refusal::PriceOutOfRange),
        3 => (wallet(seat), Proposal { price: u64::MAX, ..good }, Refusal::PriceOutOfRange),
        4 => (wallet(seat), Proposal { price: MAX_PRICE + 1, ..good }, Refusal::PriceOutOfRange),
        5 => (wallet(seat), Proposal { energy: 9, ..good }, Refusal::BelowMinimumLot),
        6 => (wallet(seat), Proposal { energy: MAX_ENERGY + 1, ..good }, Refusal::EnergyOutOfRange),
        _ => (wallet(seat), Proposal { expires: market.auction - 1, ..good }, Refusal::Expired),
    };
    let before = market.clone();
    assert_eq!(market.propose(&by, &proposal), Err(expected));
    assert_eq!(*market, before, "a refused order has changed something");
    expected
}

fn clear(market: &mut Market, random: &mut ChaCha8Rng, tally: &mut Tally) {
    let orders: BTreeMap<u32, (Direction, u32, u32, u32)> = [BUY, SELL]
        .into_iter()
        .flat_map(|side| market.orders(side).into_iter().map(move |order| (side, order)))
        .map(|(side, order)| (order.sequence(), (side, side.price(order.key), order.energy, order.expires)))
        .collect();
    let (interval, money) = (market.auction, market.vaults[1]);
    let mut outcomes: Vec<(Direction, OrderOutcome)> = Vec::new();
    market.begin();
    let whole = random.random_bool(0.5);
    loop {
        let limit = if whole { u16::MAX } else { random.random_range(1..60) };
        let over = market.step(limit, &mut outcomes);
        market.check_vaults();
        if over {
            break;
        }
        tally.cut += 1;
    }
    let price = market.clearing.price;
    let mut sums = [0_u64; 2];
    assert_eq!(outcomes.len(), orders.len(), "every order is told its outcome, once");
    for (direction, outcome) in outcomes {
        let (side, limit, energy, expires) = orders[&outcome.sequence];
        assert_eq!(side, direction);
        assert!(outcome.filled <= energy);
        if outcome.filled > 0 {
            let within = if side == BUY { price <= limit } else { price >= limit };
            assert!(within && expires >= interval, "{outcome:?} at {price}, its limit is {limit}");
            tally.filled += 1;
        }
        sums[side as usize] += u64::from(outcome.filled);
    }
    assert_eq!(sums, [market.clearing.energy; 2], "what is bought is sold");
    assert_eq!(market.vaults[1], money, "no money comes or goes");
    market.check_uncrossed(interval);
}

fn walk(seed: u64, fee: u16) -> Tally {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut market = Market::new(ORDERS, TRADERS + 1);
    (market.fee, market.minimum_lot) = (fee, 10);
    let mut tally = Tally::default();
    let mut placed: Vec<(u16, Direction, u64)> = Vec::new();
    for _ in 0..OPERATIONS {
        let seat = random.random_range(0..TRADERS);
        match random.random_range(0..1_000) {
            0..250 => {
                let energy = random.random_range(0..20_000) * TOKEN_UNITS_PER_WH;
                market.deposit(seat, energy, random.random_range(0..80_000_000)).unwrap();
            }
            250..850 => {
                let direction = if random.random() { BUY } else { SELL };
                let energy = random.random_range(5..5_000);
                let expires = market.auction + random.random_range(0..4);
                match market.place(seat, direction, price(&mut random), energy, expires) {
                    Ok(done) => {
                        tally.placed += 1;
                        tally.evicted += u32::from(done.evicted.is_some());
                        placed.push((seat, direction, done.order.key));
                    }
                    Err(refusal) => tally.refuse(refusal),
                }
            }
            850..920 if !placed.is_empty() => {
                let (owner, direction, key) = placed.swap_remove(random.random_range(0..placed.len()));
                let by = if random.random_bool(0.9) { owner } else { seat };
                match market.cancel(by, direction, key) {
                    Ok(false) => tally.cancelled += 1,
                    Ok(true) => tally.cancelled_at_close += 1,
                    Err(refusal) => tally.refuse(refusal),
                }
            }
            920..960 => {
                let free = market.seat(seat);
                let (energy, quote) = (free.energy.free, free.quote.free);
                let more = random.random_range(0..2);
                match market.withdraw(seat, energy / 2, quote / 2 + more * quote) {
                    Ok(_) => tally.withdrawn += u32::from(energy / 2 + quote / 2 > 0),
                    Err(refusal) => tally.refuse(refusal),
                }
            }
            960..985 => {
                let refusal = mischief(&mut market, &mut random);
                tally.refuse(refusal);
            }
            _ => clear(&mut market, &mut random, &mut tally),
        }
        market.check_vaults();
        market.check_locks();
        market.check_sorted();
    }
    tally
}

/// The walk has to have been everywhere for the invariants to mean anything.
fn check(tally: &Tally) {
    let Tally { placed, evicted, cancelled, cancelled_at_close, withdrawn, filled, cut, refused } = tally;
    assert!(*placed > 2_000 && *evicted > 0 && *cancelled > 30 && *filled > 500 && *cut > 50, "{tally:?}");
    assert!(*cancelled_at_close > 0 && *withdrawn > 30, "{tally:?}");
    for name in [
        "InsufficientFunds",
        "UnknownOrder",
        "SelfTrade",
        "BelowMinimumLot",
        "NotSeatOwner",
        "PriceOutOfRange",
        "SideReserved",
        "UnknownSeat",
        "EnergyOutOfRange",
        "Expired",
    ] {
        assert!(refused.contains_key(name), "{name} was never seen: {tally:?}");
    }
}

#[test]
fn ten_thousand_random_operations_keep_every_invariant() {
    check(&walk(1, 0));
}

#[test]
fn a_fee_changes_nothing_of_that() {
    check(&walk(2, 25));
    check(&walk(3, 1_000));
}
