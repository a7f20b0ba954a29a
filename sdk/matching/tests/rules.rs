//! The price rule by hand, and what keeps a side of the book open for everybody.

mod support;

use {
    campus_energy_matching::{Reason, Refusal, book::RESERVED_PART},
    support::{BUY, Market, SELL},
};

const BAHT: u32 = 1_000_000;
const KWH: u32 = 1_000;

/// The price and energy of an auction of these bids and asks: price (base units), energy (Wh).
fn price(bids: &[(u32, u32)], asks: &[(u32, u32)]) -> (u32, u64) {
    let mut market = Market::new(32, 32);
    for (seat, (price, energy)) in (0..).zip(bids) {
        market.funded(seat, BUY, *price, *energy);
    }
    for (seat, (price, energy)) in (16..).zip(asks) {
        market.funded(seat, SELL, *price, *energy);
    }
    market.clear();
    (market.clearing.price, market.clearing.energy)
}

/// Ten watt-hours more once moved the price from 3.6 to 5.0: demand was left at every price, with and without them.
#[test]
fn unmatched_demand_gives_the_highest_price() {
    let bid = (5 * BAHT, 10 * KWH);
    assert_eq!(price(&[bid], &[(2_200_000, 9 * KWH)]), (5 * BAHT, 9_000));
    assert_eq!(price(&[bid], &[(2_200_000, 9 * KWH), (5 * BAHT, 10)]), (5 * BAHT, 9_010));
}

#[test]
fn unmatched_supply_gives_the_lowest_price() {
    assert_eq!(price(&[(5 * BAHT, 9 * KWH)], &[(2_200_000, 10 * KWH)]), (2_200_000, 9_000));
}

#[test]
fn equal_amounts_give_the_midpoint() {
    assert_eq!(price(&[(5 * BAHT, 9 * KWH)], &[(2_200_000, 9 * KWH)]), (3_600_000, 9_000));
    assert_eq!(price(&[(401, 9)], &[(400, 9)]), (400, 9), "rounded down");
}

/// No bid that is left unfilled would have paid more than the price, and no ask would have taken less.
#[test]
fn the_best_unfilled_orders_bound_the_midpoint() {
    let (bid, ask) = ((500, 10), (200, 10));
    assert_eq!(price(&[bid, (370, 1)], &[ask]), (435, 10), "of 371 to 500");
    assert_eq!(price(&[bid], &[ask, (300, 1)]), (249, 10), "of 200 to 299");
    assert_eq!(price(&[bid, (370, 1)], &[ask, (380, 1)]), (375, 10), "of 371 to 379");
    assert_eq!(price(&[bid, (100, 50)], &[ask, (900, 50)]), (350, 10), "these bound nothing");
}

/// The best unfilled orders are one base unit apart: no price is without imbalance, the smaller one decides.
#[test]
fn one_unit_apart_the_least_imbalance_decides() {
    let (bid, ask) = ((500, 10), (200, 10));
    assert_eq!(price(&[bid, (370, 3)], &[ask, (371, 2)]), (371, 10));
    assert_eq!(price(&[bid, (370, 2)], &[ask, (371, 3)]), (370, 10));
    assert_eq!(price(&[bid, (370, 2), (370, 2)], &[ask, (371, 3)]), (371, 10), "all that is left at the price counts");
    assert_eq!(price(&[bid, (370, 2)], &[ask, (371, 2)]), (370, 10), "the midpoint of the two, rounded down");
}

/// A market of 32 orders a side in which seat 0 and its friends have money and energy for anything.
fn crowded() -> Market {
    let mut market = Market::new(32, 64);
    market.orders_per_seat = 16;
    for seat in 0..63 {
        market.deposit(seat, 1_000_000_000_000, 1_000_000_000_000).unwrap();
    }
    market
}

/// Two seats once filled a side with good orders, which evicted 20 honest ones, and took them back before the close: nothing
/// was traded.
#[test]
fn seats_that_fill_a_side_do_not_crowd_the_others_out() {
    for (direction, good, better) in [(BUY, 400, 500), (SELL, 400, 300)] {
        let mut market = crowded();
        let expires = market.auction;
        for honest in 10..18 {
            market.place(honest, direction, good, 100, expires).unwrap();
        }
        let mut taken = Vec::new();
        for attacker in 0..4 {
            for _ in 0..16 {
                match market.place(attacker, direction, better, 100, expires) {
                    Ok(placed) => {
                        assert_eq!(placed.evicted, None);
                        taken.push((attacker, placed.order.key));
                    }
                    Err(refusal) => assert_eq!(refusal, Refusal::SideReserved),
                }
            }
        }
        assert_eq!(
            taken.len(),
            32 - 32 / RESERVED_PART - 8 + 3,
            "the rest of three quarters, and a first order of three more"
        );
        let honest = |market: &Market| market.orders(direction).iter().filter(|order| order.seat >= 10).count();
        assert_eq!(honest(&market), 8);

        // Others still find a place, until the side is full; then its orders stay until they have been in the auction.
        for late in 20..25 {
            market.place(late, direction, good, 100, expires).unwrap();
        }
        assert_eq!(market.place(25, direction, good, 100, expires), Err(Refusal::BookFull));
        for (attacker, key) in taken {
            assert_eq!(market.cancel(attacker, direction, key), Ok(true));
        }
        assert_eq!(market.orders(direction).len(), 32);
        let (other, limit) = if direction == BUY { (SELL, 350) } else { (BUY, 450) };
        market.place(40, other, limit, 100 * 32, expires).unwrap();
        market.clear();
        assert_eq!(market.clearing.energy, 100 * 32, "all of them trade");
        market.check_locks();
        market.check_vaults();
    }
}

/// Cancelled on a full side, an order has its last auction, whatever it was placed for; its owner loses nothing.
#[test]
fn a_cancelled_order_of_a_full_side_leaves_with_the_auction() {
    let mut market = Market::new(2, 8);
    market.funded(0, BUY, 400, 100);
    market.deposit(1, 0, 1_000).unwrap();
    let order = market.place(1, BUY, 399, 10, market.auction + 50).unwrap().order;
    assert_eq!(market.cancel(1, BUY, order.key), Ok(true));
    assert_eq!(market.cancel(1, BUY, order.key), Ok(true), "sent twice: nothing else happens");
    assert_eq!(market.orders(BUY)[1].expires, market.auction);
    let outcomes = market.clear();
    let told = outcomes.iter().find(|(_, outcome)| outcome.sequence == order.sequence()).unwrap().1;
    assert_eq!((told.reason, told.left), (Reason::NoCounterparty, true));
    assert_eq!((market.seat(1).quote.free, market.seat(1).quote.locked, market.seat(1).open_bids), (1_000, 0, 0));
    assert_eq!(market.cancel(1, BUY, order.key), Err(Refusal::UnknownOrder));
    market.check_vaults();
}

/// While the market is paused no auction is held, and an order leaves a full side at once.
#[test]
fn without_an_auction_an_order_leaves_at_once() {
    let mut market = Market::new(1, 8);
    market.funded(0, BUY, 400, 100);
    let key = market.orders(BUY)[0].key;
    let cancelled = market.book(|book| book.cancel(&support::wallet(0), 0, BUY, key, None)).unwrap();
    assert!(!cancelled.at_close);
    assert_eq!((market.orders(BUY).len(), market.seat(0).quote.locked), (0, 0));
}

/// Another order of a seat may take the place of one of a seat with several, if it is better; nobody's only order.
#[test]
fn another_order_only_evicts_one_of_several() {
    let mut market = Market::new(4, 8);
    for seat in 0..4 {
        market.deposit(seat, 0, 1_000_000).unwrap();
    }
    let expires = market.auction;
    for (seat, price) in [(0, 400), (0, 390), (1, 410)] {
        market.place(seat, BUY, price, 10, expires).unwrap();
    }
    assert_eq!(market.place(1, BUY, 380, 10, expires), Err(Refusal::SideReserved), "it is not better");
    let evicted = market.place(1, BUY, 395, 10, expires).unwrap().evicted.unwrap();
    assert_eq!((evicted.seat, BUY.price(evicted.key)), (0, 390));
    market.place(2, BUY, 300, 10, expires).unwrap();
    assert_eq!(market.place(1, BUY, 450, 10, expires), Err(Refusal::SideReserved), "the worst is somebody's only one");
    let evicted = market.place(3, BUY, 301, 10, expires).unwrap().evicted.unwrap();
    assert_eq!(evicted.seat, 2, "among first orders, price and age decide");
    market.check_locks();
    market.check_vaults();
}
