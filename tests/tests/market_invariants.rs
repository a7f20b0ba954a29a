//! Invariants 2 and 4 on the real bytecode, whatever traders do: vaults hold what seats are owed, at every stop of a
//! clearing; every fill is at one price within the order's limit; energy bought is energy sold, and no price would have
//! traded more; rounding leaves money to the treasury and never makes any.

use {
    campus_energy_department::MarketPlan,
    campus_energy_sdk::{
        event::AnyEvent,
        ledger::{Embedded, LedgerError, Receipt},
        matching::{Direction, Order, OrderOutcome, Reason, value},
        trading::{
            event::MarketCleared,
            state::{Asset, BookCapacity},
        },
        units::{Energy, Price},
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, refusal},
        market::with_market,
    },
    proptest::prelude::*,
};

const TRADERS: usize = 5;
const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;

#[derive(Clone, Debug)]
enum Step {
    Place { trader: usize, buy: bool, price: u64, energy: u64, lasts: i64 },
    Cancel { buy: bool, place: usize },
    Move { trader: usize, energy: bool, inwards: bool, amount: u64 },
    Clear { orders: u16 },
    Wait { intervals: i64 },
    Pause { paused: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Prices of a few units, where rounding is everything, and of campus electricity.
    let price = prop_oneof![1_u64..12, 990_u64..1_010, 2_900_000_u64..3_100_000];
    let energy = prop_oneof![1_u64..6, 1_u64..2_000];
    let place = (0..TRADERS, any::<bool>(), price, energy, 0_i64..3)
        .prop_map(|(trader, buy, price, energy, lasts)| Step::Place { trader, buy, price, energy, lasts });
    let cancel = (any::<bool>(), 0_usize..8).prop_map(|(buy, place)| Step::Cancel { buy, place });
    // Mostly what a trader has, sometimes more.
    let amount = prop_oneof![4 => 1_u64..200_000_000, 1 => 1_u64..100_000_000_000];
    let moved = (0..TRADERS, any::<bool>(), any::<bool>(), amount)
        .prop_map(|(trader, energy, inwards, amount)| Step::Move { trader, energy, inwards, amount });
    let clear = prop_oneof![1_u16..6, Just(100)].prop_map(|orders| Step::Clear { orders });
    let wait = prop_oneof![9 => Just(1_i64), 1 => Just(3)].prop_map(|intervals| Step::Wait { intervals });
    let pause = prop::bool::weighted(0.2).prop_map(|paused| Step::Pause { paused });
    let step = prop_oneof![24 => place, 2 => cancel, 2 => moved, 5 => clear, 2 => wait, 1 => pause];
    prop::collection::vec(step, 40..160)
}

/// An auction that is being watched: what was in the book when it began, and what has been told of it since.
struct Auction {
    resting: Vec<(Direction, Order)>,
    told: Vec<(Direction, OrderOutcome)>,
}

/// What the walks have come to: a property of nothing proves nothing.
#[derive(Debug, Default)]
struct Seen {
    auctions: u64,
    traded: u64,
    filled_in_part: u64,
    rationed: u64,
    expired: u64,
    evicted: u64,
    /// Of each action how many were accepted and refused.
    placed: [u64; 2],
    cancelled: [u64; 2],
    deposited: [u64; 2],
    withdrawn: [u64; 2],
    cleared: [u64; 2],
    paused: [u64; 2],
}

fn resting(campus: &Campus<Embedded>) -> Vec<(Direction, Order)> {
    [BUY, SELL].into_iter().flat_map(|side| campus.orders(side).into_iter().map(move |order| (side, order))).collect()
}

/// Invariant 2, that every lock is for an order in the book, and that no seat would trade with itself.
fn check_balances(campus: &Campus<Embedded>) {
    for asset in [Asset::Energy, Asset::Quote] {
        assert_eq!(campus.vault(asset), campus.owed(asset), "{asset:?}");
    }
    let orders = resting(campus);
    for (number, seat) in campus.seats().iter().enumerate() {
        let own = |side| {
            orders.iter().filter(move |(of, order)| *of == side && usize::from(order.seat) == number).map(|(_, o)| o)
        };
        let money: u64 = own(BUY).map(|order| value::backing(BUY.price(order.key), order.energy)).sum();
        let tokens: u64 = own(SELL).map(|order| value::tokens(order.energy)).sum();
        assert_eq!((seat.quote.locked, seat.energy.locked), (money, tokens), "seat {number}");
        assert_eq!((usize::from(seat.open_bids), usize::from(seat.open_asks)), (own(BUY).count(), own(SELL).count()));
        let bid = own(BUY).map(|order| BUY.price(order.key)).max().unwrap_or(0);
        let ask = own(SELL).map(|order| SELL.price(order.key)).min().unwrap_or(u32::MAX);
        assert!(bid < ask, "seat {number} would trade with itself");
    }
}

/// Invariant 4, once an auction is over.
fn check_auction(campus: &Campus<Embedded>, auction: &Auction, over: &MarketCleared, fee: u16, seen: &mut Seen) {
    let number = u32::try_from(over.timestamp / 900).unwrap();
    let told: Vec<_> = auction.told.iter().map(|(side, outcome)| (*side, outcome.sequence, outcome.seat)).collect();
    let expected: Vec<_> = auction.resting.iter().map(|(side, order)| (*side, order.sequence(), order.seat)).collect();
    assert_eq!(told, expected, "every order once, best first");
    let (mut sides, mut money, mut is_short) = ([0, 0], 0_i128, [false, false]);
    for ((side, order), (_, outcome)) in auction.resting.iter().zip(&auction.told) {
        let (limit, filled) = (u64::from(side.price(order.key)), u64::from(outcome.filled));
        let index = usize::from(*side == SELL);
        sides[index] += filled;
        assert!(outcome.filled <= order.energy);
        if filled > 0 {
            let within = if *side == BUY { over.price.0 <= limit } else { over.price.0 >= limit };
            assert!(within && order.expires >= number && !is_short[index], "{side:?} {order:?} {outcome:?} {over:?}");
        }
        // Better ones first: once an order got less than it wanted, no later one gets anything.
        is_short[index] |= outcome.filled < order.energy && outcome.reason != Reason::Expired;
        let exact = u128::from(over.price.0) * u128::from(filled);
        let gross = exact / 1_000;
        money += i128::try_from(match side {
            Direction::Buy => exact.div_ceil(1_000),
            Direction::Sell => gross - (gross * u128::from(fee)).div_ceil(10_000),
        })
        .unwrap()
            * if *side == BUY { 1 } else { -1 };
        let by_reason = match outcome.reason {
            Reason::Filled => outcome.filled == order.energy && outcome.left,
            Reason::FilledInPart => 0 < outcome.filled && outcome.filled < order.energy,
            Reason::Expired => order.expires < number && outcome.left && filled == 0,
            _ => filled == 0,
        };
        let leaves = outcome.filled == order.energy || order.expires <= number;
        assert!(by_reason && outcome.left == leaves, "{order:?} {outcome:?}");
        seen.filled_in_part += u64::from(outcome.reason == Reason::FilledInPart);
        seen.rationed += u64::from(outcome.reason == Reason::Rationed);
        seen.expired += u64::from(outcome.reason == Reason::Expired);
    }
    assert_eq!((Energy(sides[0]), Energy(sides[1])), (over.energy, over.energy), "bought is sold");
    assert_eq!(i128::from(over.treasury.0), money, "what buyers paid and sellers did not get");
    assert_eq!(over.energy.0 == 0, over.price == Price::ZERO);

    // No other price would have traded more: tried at every limit.
    let live = || auction.resting.iter().filter(|(_, order)| order.expires >= number);
    let at = |price: u32| {
        let sum = |wanted: Direction, within: fn(u32, u32) -> bool| -> u64 {
            let side = live().filter(|(side, order)| *side == wanted && within(side.price(order.key), price));
            side.map(|(_, order)| u64::from(order.energy)).sum()
        };
        sum(BUY, |limit, price| limit >= price).min(sum(SELL, |limit, price| limit <= price))
    };
    let most = live().map(|(side, order)| at(side.price(order.key))).max().unwrap_or(0);
    assert_eq!(over.energy.0, most, "the most that one price can trade");

    let [bids, asks] = [BUY, SELL].map(|side| campus.orders(side));
    if let (Some(bid), Some(ask)) = (bids.first(), asks.first()) {
        assert!(BUY.price(bid.key) < SELL.price(ask.key), "a crossing remains");
    }
    let record = campus.interval(over.timestamp).unwrap();
    assert_eq!((record.price, record.traded), (over.price, over.energy));
    seen.auctions += 1;
    seen.traded += over.energy.0;
}

/// Takes in what a Clear told; checks the auction where that was its end.
fn follow(campus: &Campus<Embedded>, auction: &mut Option<Auction>, receipt: &Receipt, fee: u16, seen: &mut Seen) {
    for event in campus.events(receipt) {
        match event {
            AnyEvent::OrdersSettled(settled) => {
                let outcomes = settled.outcomes.iter().map(|outcome| (settled.direction, *outcome));
                auction.as_mut().unwrap().told.extend(outcomes);
            }
            AnyEvent::MarketCleared(over) => {
                check_auction(campus, &auction.take().unwrap(), &over, fee, seen);
            }
            other => panic!("another event: {other:?}"),
        }
    }
}

fn count(counts: &mut [u64; 2], sent: &Result<Receipt, LedgerError>) {
    counts[usize::from(sent.is_err())] += 1;
}

fn walk(steps: &[Step], fee: u16, seen: &mut Seen) {
    let plan = MarketPlan { capacity: BookCapacity { orders: 8, seats: 16 }, fee, minimum_lot: 1, ..MARKET };
    let mut campus = with_market(TRADERS, plan);
    campus.open_market(SAMPLE, &[12_000; TRADERS]);
    let (mut now, mut auction) = (SAMPLE, None);
    for step in steps {
        let treasury = campus.treasury().quote.total();
        let money: u64 = campus.vault(Asset::Quote);
        let mut moved = 0;
        match *step {
            Step::Place { trader, buy, price, energy, lasts } => {
                let direction = if buy { BUY } else { SELL };
                let placed = campus.place(trader, direction, price, energy, now + 900 * lasts);
                count(&mut seen.placed, &placed);
                if let Ok(receipt) = placed {
                    seen.evicted += u64::from(campus.events(&receipt).len() == 2);
                    assert!(auction.is_none(), "orders are frozen");
                }
            }
            Step::Cancel { buy, place } => {
                let direction = if buy { BUY } else { SELL };
                if let Some(order) = campus.orders(direction).get(place) {
                    let price = direction.price(order.key).into();
                    let cancelled = campus.cancel(order.seat.into(), direction, price, order.sequence());
                    count(&mut seen.cancelled, &cancelled);
                    if auction.is_some() {
                        assert_eq!(refusal(cancelled), "ClearingInProgress");
                    }
                }
            }
            Step::Move { trader, energy, inwards, amount } => {
                let asset = if energy { Asset::Energy } else { Asset::Quote };
                let sent = if inwards {
                    campus.deposit(trader, asset, amount)
                } else {
                    campus.withdraw(trader, asset, amount)
                };
                count(if inwards { &mut seen.deposited } else { &mut seen.withdrawn }, &sent);
                if sent.is_ok() && asset == Asset::Quote {
                    moved = if inwards { i128::from(amount) } else { -i128::from(amount) };
                }
            }
            Step::Clear { orders } => {
                let before = auction.take().unwrap_or_else(|| Auction { resting: resting(&campus), told: vec![] });
                auction = Some(before);
                let cleared = campus.clear(orders);
                count(&mut seen.cleared, &cleared);
                match cleared {
                    Ok(receipt) => follow(&campus, &mut auction, &receipt, fee, seen),
                    Err(_) => auction = auction.filter(|auction| !auction.told.is_empty()),
                }
            }
            Step::Wait { intervals } => {
                now += 900 * intervals;
                campus.chain_time(now + 5);
            }
            Step::Pause { paused } => {
                let sent = campus.pause(paused);
                count(&mut seen.paused, &sent);
                if auction.is_some() {
                    assert_eq!(refusal(sent), "ClearingInProgress");
                } else {
                    sent.expect("the authority pauses");
                }
            }
        }
        check_balances(&campus);
        assert_eq!(i128::from(campus.vault(Asset::Quote)), i128::from(money) + moved, "orders move no tokens");
        assert!(campus.treasury().quote.total() >= treasury);
    }
}

#[test]
fn vaults_agree_with_seats_and_every_auction_is_fair() {
    let mut seen = Seen::default();
    let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let fees = prop::sample::select(vec![0_u16, 1, 25, 1_000]);
    let seen_by_all = std::cell::RefCell::new(&mut seen);
    let result = runner.run(&(steps(), fees), |(steps, fee)| {
        walk(&steps, fee, &mut seen_by_all.borrow_mut());
        Ok(())
    });
    result.unwrap();
    let Seen { auctions, traded, filled_in_part, rationed, expired, evicted, .. } = seen;
    let Seen { placed, cancelled, deposited, withdrawn, cleared, paused, .. } = seen;
    let happened = [auctions, traded / 100, filled_in_part, expired, evicted];
    let all = [&happened[..], &[placed, cancelled, deposited, withdrawn, cleared, paused].concat()].concat();
    // Rationed are only orders at the price itself.
    assert!(all.iter().all(|count| *count >= 5) && rationed > 0, "{seen:?}");
}
