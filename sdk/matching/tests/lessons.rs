//! What existing energy markets have learnt, a test each.

mod support;

use {
    campus_energy_matching::{
        Direction, Reason, Refusal,
        value::{MAX_ENERGY, MAX_PRICE, backing, cost, tokens},
    },
    support::{BUY, Market, SELL},
};

/// The reasons of the orders, by number.
fn reasons(market: &mut Market) -> Vec<(u32, u32, Reason)> {
    let mut told: Vec<_> = market.clear().iter().map(|(_, o)| (o.sequence, o.filled, o.reason)).collect();
    told.sort_unstable_by_key(|(sequence, ..)| *sequence);
    told
}

/// A residual of 1e-14 MW once set a price of 1000 instead of 290: demand of 0.3 met offers of 0.1 and 0.2, and what a float
/// left of it was bought from the next, dear offer.
#[test]
fn integers_only_no_residual_sets_the_price() {
    let [first, second, demand] = [0.1, 0.2, 0.3].map(std::hint::black_box);
    assert!(first + second > demand, "a float leaves a residual");
    let mut market = Market::new(8, 8);
    market.funded(0, SELL, 250, 100);
    market.funded(1, SELL, 290, 200);
    market.funded(2, SELL, 1_000, 500);
    market.funded(3, BUY, 290, 300);
    market.clear();
    assert_eq!((market.clearing.price, market.clearing.energy), (290, 300));
    // With a buyer who would pay any price, the dear offer still sells nothing; it only bounds nothing.
    let mut market = Market::new(8, 8);
    market.funded(0, SELL, 250, 100);
    market.funded(1, SELL, 290, 200);
    let dear = market.funded(2, SELL, 1_000, 500);
    market.funded(3, BUY, 999, 300);
    let told = reasons(&mut market);
    assert_eq!((market.clearing.price, market.clearing.energy), ((290 + 999) / 2, 300));
    assert_eq!(told[2], (dear, 0, Reason::OutsidePrice));
}

/// Supply and demand meet in a horizontal piece: one price, several quantities. The most is traded.
#[test]
fn flat_crossing() {
    let mut market = Market::new(8, 8);
    market.funded(0, SELL, 300, 100);
    market.funded(1, SELL, 400, 500);
    market.funded(2, BUY, 500, 200);
    market.funded(3, BUY, 400, 300);
    let told = reasons(&mut market);
    assert_eq!((market.clearing.price, market.clearing.energy), (400, 500));
    assert_eq!(told[1], (1, 400, Reason::FilledInPart));
}

/// They meet in a vertical piece: one quantity, several prices. The middle, rounded down.
#[test]
fn vertical_crossing() {
    for (ask, bid, price) in
        [(300, 500, 400), (300, 501, 400), (300, 301, 300), (1, u32::try_from(MAX_PRICE).unwrap(), 500_000_000)]
    {
        let mut market = Market::new(8, 8);
        market.funded(0, SELL, ask, 100);
        market.funded(1, BUY, bid, 100);
        market.clear();
        assert_eq!((market.clearing.price, market.clearing.energy), (price, 100));
    }
}

/// They touch in one point.
#[test]
fn touching_crossing() {
    let mut market = Market::new(8, 8);
    market.funded(0, SELL, 400, 100);
    market.funded(1, BUY, 400, 100);
    market.funded(2, SELL, 401, 100);
    market.funded(3, BUY, 399, 100);
    let told = reasons(&mut market);
    assert_eq!((market.clearing.price, market.clearing.energy), (400, 100));
    assert_eq!(told[2..], [(2, 0, Reason::OutsidePrice), (3, 0, Reason::OutsidePrice)]);
}

#[test]
fn the_marginal_order_is_filled_in_part_in_time_order() {
    let mut market = Market::new(8, 8);
    market.funded(0, SELL, 300, 250);
    let [first, second, third] = [1, 2, 3].map(|seat| market.funded(seat, BUY, 400, 100));
    let best = market.funded(4, BUY, 401, 30);
    let told = reasons(&mut market);
    let of = |order| *told.iter().find(|(sequence, ..)| *sequence == order).unwrap();
    assert_eq!(of(best), (best, 30, Reason::Filled));
    assert_eq!(of(first), (first, 100, Reason::Filled));
    assert_eq!(of(second), (second, 100, Reason::Filled));
    assert_eq!(of(third), (third, 20, Reason::FilledInPart));
}

#[test]
fn every_order_that_is_not_filled_has_its_reason() {
    let mut market = Market::new(8, 8);
    market.funded(0, SELL, 300, 150);
    market.funded(1, SELL, 600, 10);
    market.funded(2, BUY, 500, 100);
    market.funded(3, BUY, 450, 100);
    market.funded(4, BUY, 450, 10);
    market.funded(5, BUY, 350, 10);
    assert_eq!(
        reasons(&mut market),
        [
            (0, 150, Reason::Filled),
            (1, 0, Reason::OutsidePrice),
            (2, 100, Reason::Filled),
            (3, 50, Reason::FilledInPart),
            // Its limit would do: the energy has run out.
            (4, 0, Reason::Rationed),
            (5, 0, Reason::OutsidePrice),
        ]
    );
    market.funded(0, SELL, 500, 10);
    market.funded(1, BUY, 499, 10);
    assert_eq!(reasons(&mut market), [(6, 0, Reason::NoCrossing), (7, 0, Reason::NoCrossing)]);
}

#[test]
fn a_market_with_one_side_empty() {
    for direction in [BUY, SELL] {
        let mut market = Market::new(8, 8);
        let order = market.funded(0, direction, 400, 100);
        let before = market.vaults;
        assert_eq!(reasons(&mut market), [(order, 0, Reason::NoCounterparty)]);
        assert_eq!((market.clearing.price, market.clearing.energy), (0, 0));
        market.withdraw(0, before[0], before[1]).unwrap();
        assert_eq!(market.vaults, [0, 0], "all of it is free again");
    }
    let mut empty = Market::new(8, 8);
    assert_eq!((reasons(&mut empty), empty.auction), (vec![], 101));
}

#[test]
fn several_producers_behind_one_account() {
    let mut market = Market::new(8, 8);
    for (price, energy) in [(300, 100), (350, 200), (700, 50)] {
        market.funded(0, SELL, price, energy);
    }
    market.funded(1, BUY, 400, 250);
    market.clear();
    assert_eq!((market.clearing.price, market.clearing.energy), (350, 250), "supply is left");
    let seller = market.seat(0);
    assert_eq!(seller.quote.free, 35 + 52, "350 x 0.1 and 350 x 0.15, each rounded down");
    assert_eq!((seller.energy.free, seller.energy.locked), (tokens(100), 0), "what was not sold is free");
    assert_eq!(market.seat(market.treasury).quote.free, cost(350, 250) - 87);
}

#[test]
fn an_eviction_frees_its_funds() {
    for direction in [BUY, SELL] {
        let mut market = Market::new(2, 8);
        let better = |price: u32| if direction == BUY { price + 1 } else { price - 1 };
        market.funded(0, direction, better(400), 100);
        market.funded(1, direction, 400, 100);
        market.deposit(2, tokens(1_000), 1_000_000).unwrap();
        let expires = market.auction;
        let equal = market.place(2, direction, 400, 100, expires);
        assert_eq!(equal, Err(Refusal::BookFull), "the older of equals stays");
        let placed = market.place(2, direction, better(400).into(), 50, expires).unwrap();
        assert_eq!(placed.evicted.map(|order| order.seat), Some(1));
        let seat = market.seat(1);
        assert_eq!((seat.energy.locked, seat.quote.locked, seat.open_bids, seat.open_asks), (0, 0, 0, 0));
        market.check_locks();
        market.check_vaults();
    }
}

/// One trader with many small, good orders would have everybody else's evicted.
#[test]
fn nobody_fills_the_book_alone() {
    let mut market = Market::new(8, 8);
    market.orders_per_seat = 3;
    market.deposit(0, tokens(1_000), 1_000_000).unwrap();
    let mut place = |direction: Direction, price: u64| market.place(0, direction, price, 10, 100).map(|_| ());
    assert_eq!((place(BUY, 100), place(BUY, 101), place(SELL, 200)), (Ok(()), Ok(()), Ok(())));
    assert_eq!((place(BUY, 102), place(SELL, 201)), (Err(Refusal::TooManyOrders), Err(Refusal::TooManyOrders)));
    let key = market.orders(BUY)[0].key;
    assert_eq!(market.cancel(0, BUY, key), Ok(false));
    assert!(market.place(0, SELL, 201, 10, 100).is_ok());
}

#[test]
fn nobody_trades_with_themselves() {
    let mut market = Market::new(8, 8);
    market.deposit(0, tokens(1_000), 1_000_000).unwrap();
    let mut place = |direction: Direction, price: u64| market.place(0, direction, price, 100, 100).map(|_| ());
    assert_eq!(place(SELL, 400), Ok(()));
    assert_eq!(place(BUY, 400), Err(Refusal::SelfTrade));
    assert_eq!(place(BUY, 399), Ok(()));
    assert_eq!(place(SELL, 399), Err(Refusal::SelfTrade));
    market.clear();
    assert_eq!(market.clearing.energy, 0);
}

#[test]
fn orders_leave_with_their_last_auction() {
    let mut market = Market::new(8, 8);
    market.deposit(0, 0, backing(400, 100)).unwrap();
    market.place(0, BUY, 400, 100, 101).unwrap();
    assert_eq!(reasons(&mut market), [(0, 0, Reason::NoCounterparty)]);
    assert_eq!(market.orders(BUY).len(), 1, "it has another auction");
    market.funded(1, SELL, 300, 40);
    assert_eq!(reasons(&mut market)[0], (0, 40, Reason::FilledInPart));
    assert_eq!((market.orders(BUY).len(), market.seat(0).quote.locked), (0, 0));
    // An auction was skipped: nobody sent Clear in time.
    market.deposit(2, 0, backing(400, 100)).unwrap();
    market.place(2, BUY, 400, 100, 102).unwrap();
    market.auction = 103;
    market.funded(1, SELL, 300, 40);
    assert_eq!(reasons(&mut market)[0], (2, 0, Reason::Expired));
    assert_eq!((market.clearing.energy, market.seat(2).quote.locked), (0, 0));
}

#[test]
fn what_is_locked_cannot_be_spent_twice() {
    let mut market = Market::new(8, 8);
    market.funded(0, BUY, 400_000, 100);
    assert_eq!(market.place(0, BUY, 400_000, 1, 100), Err(Refusal::InsufficientFunds));
    assert_eq!(market.withdraw(0, 0, 1), Err(Refusal::InsufficientFunds));
    market.funded(1, SELL, 400_001, 100);
    assert_eq!(market.withdraw(1, 1, 0), Err(Refusal::InsufficientFunds));
    let key = market.orders(BUY)[0].key;
    assert_eq!(market.cancel(0, BUY, key), Ok(false));
    assert_eq!(market.withdraw(0, 0, backing(400_000, 100)), Ok(()));
}

#[test]
fn the_largest_orders_fit() {
    let (price, energy) = (u32::try_from(MAX_PRICE).unwrap(), u32::try_from(MAX_ENERGY).unwrap());
    let mut market = Market::new(8, 8);
    for seat in 0..4 {
        market.funded(seat, BUY, price, energy);
        market.funded(seat + 4, SELL, 1, energy);
    }
    market.clear();
    assert_eq!((market.clearing.price, market.clearing.energy), (500_000_000, 4 * MAX_ENERGY));
    assert_eq!(market.seat(0).energy.free, tokens(energy));
    assert_eq!(market.seat(4).quote.free, 500_000_000_000_000);
    market.check_vaults();
    market.check_locks();
}
