//! The auction against an independent, slow reference that tries every price; and against itself, in pieces.

mod support;

use {
    campus_energy_matching::{
        Direction, Reason, Refusal,
        value::{backing, cost, proceeds, tokens},
    },
    proptest::{prelude::*, test_runner::TestRunner},
    std::cell::Cell,
    support::{
        BUY, Market, SELL,
        reference::{Bid, Fate, auction, remaining_prices},
    },
};

/// Prices are few, so that many orders are equal.
const HIGHEST: u32 = 12;
const SEATS: u16 = 12;
const INTERVAL: u32 = 100;

#[derive(Clone, Debug)]
struct Wish {
    direction: Direction,
    seat: u16,
    price: u32,
    energy: u32,
    expires: u32,
}

fn wish() -> impl Strategy<Value = Wish> {
    let direction = prop_oneof![Just(BUY), Just(SELL)];
    // The treasury trades as well.
    (direction, 0..SEATS, 1..=HIGHEST, 1..30_u32, prop_oneof![1 => 97..100_u32, 6 => 100..103_u32])
        .prop_map(|(direction, seat, price, energy, expires)| Wish { direction, seat, price, energy, expires })
}

/// A market with these orders, and the same for the reference. Orders of one seat that would trade with each other are not
/// placed.
fn market(wishes: &[Wish], fee: u16) -> (Market, Vec<Bid>, Vec<Bid>) {
    let mut market = Market::new(80, SEATS);
    market.fee = fee;
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    for &Wish { direction, seat, price, energy, expires } in wishes {
        match direction {
            BUY => market.deposit(seat, 0, backing(price, energy)).unwrap(),
            SELL => market.deposit(seat, tokens(energy), 0).unwrap(),
        }
        // The order was placed in time, and is still there: its auctions were held without it.
        market.auction = expires.min(INTERVAL);
        if let Ok(placed) = market.place(seat, direction, price.into(), energy.into(), expires) {
            let bid = Bid { sequence: placed.order.sequence(), seat, price, energy, expires };
            if direction == BUY { bids.push(bid) } else { asks.push(bid) }
        }
    }
    market.auction = INTERVAL;
    (market, bids, asks)
}

/// The fates in the order of these orders.
fn in_order_of<'a>(orders: &'a [Bid], fates: &'a [Fate]) -> impl Iterator<Item = &'a Fate> {
    orders.iter().map(|order| fates.iter().find(|fate| fate.sequence == order.sequence).unwrap())
}

proptest! {
    #[test]
    fn price_fills_reasons_and_balances_are_the_references(
        wishes in prop::collection::vec(wish(), 0..80),
        fee in prop_oneof![Just(0), 1..=1_000_u16],
    ) {
        let (mut market, bids, asks) = market(&wishes, fee);
        let before = market.clone();
        let expected = auction(&bids, &asks, INTERVAL, HIGHEST);
        let outcomes = market.clear();
        prop_assert_eq!((market.clearing.price, market.clearing.energy), (expected.price, expected.energy));
        let told = |direction| -> Vec<Fate> {
            let of_side = outcomes.iter().filter(|(side, _)| *side == direction);
            of_side.map(|(_, o)| Fate { sequence: o.sequence, filled: o.filled, reason: o.reason }).collect()
        };
        prop_assert_eq!(told(BUY), expected.bids.clone());
        prop_assert_eq!(told(SELL), expected.asks.clone());
        // Whoever's limit is strictly better than the price is served in full; energy runs short at the price itself.
        for (order, fate) in bids.iter().zip(in_order_of(&bids, &expected.bids)) {
            let short = matches!(fate.reason, Reason::Rationed | Reason::FilledInPart);
            prop_assert!(!short || order.price == expected.price, "{:?} {:?}", order, fate);
        }
        for (order, fate) in asks.iter().zip(in_order_of(&asks, &expected.asks)) {
            let short = matches!(fate.reason, Reason::Rationed | Reason::FilledInPart);
            prop_assert!(!short || order.price == expected.price, "{:?} {:?}", order, fate);
        }

        // Who got what, from the reference's fills alone.
        let mut treasury = 0;
        let totals = |market: &Market, seat| (market.seat(seat).energy.total(), market.seat(seat).quote.total());
        let mut balances: Vec<(u64, u64)> = (0..SEATS).map(|seat| totals(&before, seat)).collect();
        let seat_of = |sequence: u32| bids.iter().chain(&asks).find(|order| order.sequence == sequence).unwrap().seat;
        for fate in &expected.bids {
            let balance = &mut balances[usize::from(seat_of(fate.sequence))];
            balance.0 += tokens(fate.filled);
            balance.1 -= cost(expected.price, fate.filled);
            treasury += cost(expected.price, fate.filled);
        }
        for fate in &expected.asks {
            let balance = &mut balances[usize::from(seat_of(fate.sequence))];
            balance.0 -= tokens(fate.filled);
            balance.1 += proceeds(expected.price, fate.filled, fee);
            treasury -= proceeds(expected.price, fate.filled, fee);
        }
        balances[usize::from(market.treasury)].1 += treasury;
        for seat in 0..SEATS {
            prop_assert_eq!(totals(&market, seat), balances[usize::from(seat)], "seat {}", seat);
        }
        market.check_vaults();
        market.check_locks();
        market.check_sorted();
        market.check_uncrossed(INTERVAL);
        let stays = |order: &&Bid, fates: &[Fate]| {
            let fate = fates.iter().find(|fate| fate.sequence == order.sequence).unwrap();
            order.expires > INTERVAL && fate.filled < order.energy
        };
        prop_assert_eq!(market.orders(BUY).len(), bids.iter().filter(|bid| stays(bid, &expected.bids)).count());
        prop_assert_eq!(market.orders(SELL).len(), asks.iter().filter(|ask| stays(ask, &expected.asks)).count());
    }

    /// However it is cut, and the vaults hold at every stop.
    #[test]
    fn a_clearing_in_pieces_is_one_clearing(
        wishes in prop::collection::vec(wish(), 0..60),
        pieces in prop::collection::vec(1..9_u16, 61),
        fee in 0..=1_000_u16,
    ) {
        let (mut whole, ..) = market(&wishes, fee);
        let mut cut = whole.clone();
        let outcomes = whole.clear();
        let mut told = Vec::new();
        cut.begin();
        let mut stops = pieces.into_iter();
        loop {
            let over = cut.step(stops.next().unwrap(), &mut told);
            cut.check_vaults();
            cut.check_sorted();
            if over {
                break;
            }
        }
        prop_assert_eq!(told, outcomes);
        prop_assert_eq!(cut.bytes(), whole.bytes());
        prop_assert_eq!(cut.clearing, whole.clearing);
    }
}

/// An order that every remaining price leaves unfilled changes nothing: neither a bid below all of them nor an ask above.
#[test]
fn no_order_behind_the_margin_changes_the_price() {
    // Bids and asks that were placed behind the margin, and auctions that traded: a property of nothing proves nothing.
    let (placed, traded) = (Cell::new([0_u32; 2]), Cell::new(0_u32));
    let wishes = prop::collection::vec(wish(), 2..60);
    let behind = prop::collection::vec((1..=HIGHEST, 1..30_u32), 1..4);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&(wishes, behind), |(wishes, behind)| {
        let (mut market, bids, asks) = market(&wishes, 0);
        let mut with_more = market.clone();
        let remaining = remaining_prices(&bids, &asks, INTERVAL, HIGHEST);
        market.clear();
        for (price, energy) in behind {
            let (Some(lowest), Some(highest)) = (remaining.first(), remaining.last()) else { break };
            let (direction, seat) = if price < *lowest { (BUY, 0) } else { (SELL, 1) };
            if price < *lowest || price > *highest {
                with_more.deposit(seat, tokens(energy), backing(price, energy)).unwrap();
                match with_more.place(seat, direction, price.into(), energy.into(), INTERVAL) {
                    Ok(_) => {
                        let mut counts = placed.get();
                        counts[direction as usize] += 1;
                        placed.set(counts);
                    }
                    // A seat that would trade with itself is refused: then nothing has changed either.
                    Err(refusal) => prop_assert_eq!(refusal, Refusal::SelfTrade),
                }
            }
        }
        with_more.clear();
        traded.set(traded.get() + u32::from(market.clearing.energy > 0));
        prop_assert_eq!(
            (with_more.clearing.price, with_more.clearing.energy),
            (market.clearing.price, market.clearing.energy)
        );
        Ok(())
    });
    result.unwrap();
    let (placed, traded) = (placed.get(), traded.get());
    assert!(placed.iter().all(|count| *count >= 10) && traded >= 100, "placed {placed:?}, traded {traded}");
}
