//! PlaceOrder and CancelOrder in program-test: what is locked and freed, and every refusal by its exact name.

use {
    campus_energy_department::MarketPlan,
    campus_energy_sdk::{
        account::Plain,
        matching::{Direction, Order},
        trading::{
            instruction as build,
            state::{Book, BookCapacity, Terms},
        },
        units::{Energy, Price},
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, refusal},
        chain::Chain,
        market::{BUDGET, with_market},
        native::Native,
    },
    solana_signer::Signer,
};

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;
const NEXT: i64 = SAMPLE + 900;
/// 3 baht a kWh.
const PRICE: u64 = 3_000_000;

/// Trader 0 has 10 kWh on the seat, every trader has [`BUDGET`].
fn open() -> Campus<Native> {
    let mut campus = Campus::native(3);
    campus.open_market(SAMPLE, &[10_000]);
    campus
}

#[test]
fn an_order_locks_what_backs_it_and_cancelling_frees_it() {
    let mut campus = open();
    campus.place(1, BUY, 2_999_001, 1_500, NEXT).unwrap();
    campus.place(0, SELL, PRICE, 4_000, SAMPLE).unwrap();
    // The price of a Wh is rounded up: 3,000 units.
    let (buyer, seller) = (campus.seat(1), campus.seat(0));
    assert_eq!((buyer.quote.free, buyer.quote.locked, buyer.open_bids), (BUDGET - 4_500_000, 4_500_000, 1));
    assert_eq!((seller.energy.free, seller.energy.locked, seller.open_asks), (6_000_000_000, 4_000_000_000, 1));
    let [bid] = campus.orders(BUY)[..] else { panic!("one bid") };
    let number = u32::try_from(NEXT / 900).unwrap();
    assert_eq!(bid, Order { key: BUY.key(2_999_001, 0), energy: 1_500, placed: 1_500, expires: number, seat: 1 });
    let book = campus.book();
    assert_eq!((book.bids, book.asks, book.next_order), (1, 1, 2));

    campus.cancel(1, BUY, 2_999_001, 0).unwrap();
    campus.cancel(0, SELL, PRICE, 1).unwrap();
    let (buyer, seller) = (campus.seat(1), campus.seat(0));
    assert_eq!((buyer.quote.free, buyer.quote.locked, buyer.open_bids), (BUDGET, 0, 0));
    assert_eq!((seller.energy.free, seller.energy.locked, seller.open_asks), (10_000_000_000, 0, 0));
    assert_eq!((campus.orders(BUY), campus.orders(SELL)), (vec![], vec![]));
}

#[test]
fn price_and_energy_have_limits() {
    let mut campus = open();
    for direction in [BUY, SELL] {
        for price in [0, 1_000_000_001, 1 << 32, (1 << 32) + PRICE, u64::MAX] {
            assert_eq!(refusal(campus.place(0, direction, price, 100, SAMPLE)), "PriceOutOfRange", "{price}");
        }
        for dust in [0, 1, 9] {
            assert_eq!(refusal(campus.place(0, direction, PRICE, dust, SAMPLE)), "BelowMinimumLot", "{dust}");
        }
        for energy in [1_000_000_001, u64::from(u32::MAX), (1 << 32) + 100, u64::MAX] {
            assert_eq!(refusal(campus.place(0, direction, PRICE, energy, SAMPLE)), "EnergyOutOfRange", "{energy}");
        }
        let most = campus.place(0, direction, 1_000_000_000, 1_000_000_000, SAMPLE);
        assert_eq!(refusal(most), "InsufficientFunds");
    }
    campus.place(1, BUY, 1, 10, SAMPLE).unwrap();
    campus.place(0, SELL, 1_000_000_000, 10, SAMPLE).unwrap();
    assert_eq!((campus.seat(1).quote.locked, campus.seat(0).energy.locked), (10, 10_000_000));
}

#[test]
fn an_order_expires_with_an_auction_that_is_to_come() {
    let mut campus = open();
    for expires in [SAMPLE + 1, SAMPLE + 899, 0, -900, i64::MIN, i64::MAX] {
        assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, expires)), "MisalignedTimestamp", "{expires}");
    }
    for expires in [900, SAMPLE - 900] {
        assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, expires)), "OrderExpired", "{expires}");
    }
    campus.place(1, BUY, PRICE, 100, SAMPLE).unwrap();
    // As good as never.
    campus.place(1, BUY, PRICE, 100, 900 << 40).unwrap();
    assert_eq!(campus.orders(BUY)[1].expires, u32::MAX);
}

#[test]
fn an_order_must_be_covered() {
    let mut campus = open();
    assert_eq!(refusal(campus.place(1, BUY, PRICE, 333_334, SAMPLE)), "InsufficientFunds");
    campus.place(1, BUY, PRICE, 333_333, SAMPLE).unwrap();
    assert_eq!(campus.seat(1).quote.free, 1_000);
    // What is locked backs no second order.
    assert_eq!(refusal(campus.place(1, BUY, 100_001, 10, SAMPLE)), "InsufficientFunds");
    campus.place(1, BUY, 100_000, 10, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(1, SELL, 9_000_000, 10, SAMPLE)), "InsufficientFunds", "no energy at all");
    campus.place(0, SELL, PRICE, 10_000, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(0, SELL, PRICE, 10, SAMPLE)), "InsufficientFunds");
}

#[test]
fn a_seat_is_its_owners() {
    let mut campus = open();
    let (stranger, trader, addresses) =
        (campus.keys.wallet("stranger", 0), campus.keys.participant(1), campus.addresses());
    campus.place(2, BUY, PRICE, 100, SAMPLE).unwrap();
    let mut tried = |signer: &solana_keypair::Keypair, seat| {
        let key = signer.pubkey();
        let place = build::place_order(
            &addresses,
            &key,
            &build::NewOrder { seat, direction: BUY, price: Price(PRICE), energy: Energy(100), expires: SAMPLE },
        );
        let cancel = build::cancel_order(
            &addresses,
            &key,
            &build::OrderName { seat, direction: BUY, price: Price(PRICE), order: 0 },
        );
        let refusals = [place, cancel].map(|instruction| refusal(campus.send(instruction, &[signer])));
        assert_eq!(refusals[0], refusals[1]);
        refusals[0].clone()
    };
    assert_eq!(tried(&stranger, 2), "NotSeatOwner");
    assert_eq!(tried(&trader, 2), "NotSeatOwner");
    // The treasury's is the department's; nobody has claimed the next; there are 32.
    assert_eq!(tried(&trader, 3), "NotSeatOwner");
    for seat in [4, 31, 32, u16::MAX] {
        assert_eq!(tried(&trader, seat), "UnknownSeat", "{seat}");
    }
}

#[test]
fn a_seat_does_not_trade_with_itself() {
    let mut campus = open();
    campus.place(0, SELL, PRICE, 1_000, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(0, BUY, PRICE, 100, SAMPLE)), "SelfTrade");
    assert_eq!(refusal(campus.place(0, BUY, PRICE + 1, 100, SAMPLE)), "SelfTrade");
    campus.place(0, BUY, PRICE - 1, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(0, SELL, PRICE - 1, 100, SAMPLE)), "SelfTrade");
    campus.place(0, SELL, PRICE, 100, SAMPLE).unwrap();
    // With others it trades, and once its own order is away too.
    campus.place(1, BUY, PRICE, 100, SAMPLE).unwrap();
    campus.cancel(0, SELL, PRICE, 0).unwrap();
    assert_eq!(refusal(campus.place(0, BUY, PRICE, 100, SAMPLE)), "SelfTrade", "the other ask is still there");
    campus.cancel(0, SELL, PRICE, 2).unwrap();
    campus.place(0, BUY, PRICE, 100, SAMPLE).unwrap();
}

#[test]
fn of_a_full_side_only_the_worst_goes_and_only_for_a_better_one() {
    let mut campus = with_market(4, MarketPlan { capacity: BookCapacity { orders: 4, seats: 8 }, ..MARKET });
    campus.open_market(SAMPLE, &[10_000]);
    for (trader, price) in [(1, PRICE), (1, PRICE), (2, PRICE + 3)] {
        campus.place(trader, BUY, price, 100, SAMPLE).unwrap();
    }
    // The last quarter is for seats without a bid.
    assert_eq!(refusal(campus.place(2, BUY, PRICE, 100, SAMPLE)), "SideReserved");
    campus.place(3, BUY, PRICE + 4, 100, SAMPLE).unwrap();
    let before = campus.market_state();
    for price in [PRICE, PRICE - 1, 1] {
        assert_eq!(refusal(campus.place(0, BUY, price, 100, SAMPLE)), "BookFull", "{price}");
    }
    assert_eq!(campus.market_state(), before);
    // The newer one of the two worst goes; the other side is not full.
    campus.place(0, BUY, PRICE + 1, 100, SAMPLE).unwrap();
    let seat = campus.seat(1);
    assert_eq!((seat.quote.free, seat.quote.locked, seat.open_bids), (BUDGET - 300_000, 300_000, 1));
    assert_eq!((campus.orders(BUY).len(), campus.orders(BUY)[2].seat, campus.orders(BUY)[3].seat), (4, 0, 1));
    campus.place(0, SELL, PRICE + 100, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.cancel(1, BUY, PRICE, 1)), "UnknownOrder");
    // The worst one is now its seat's only one: another order of a seat that has one does not get its place.
    assert_eq!(refusal(campus.place(2, BUY, PRICE + 2, 200, SAMPLE)), "SideReserved");
    // Cancelled on a full side, an order stays for the auction, its last; the other side's leaves at once.
    campus.cancel(3, BUY, PRICE + 4, 3).unwrap();
    campus.cancel(0, SELL, PRICE + 100, 5).unwrap();
    assert_eq!((campus.orders(BUY).len(), campus.orders(SELL).len()), (4, 0));
    campus.chain_time(NEXT + 5);
    campus.clear(10).unwrap();
    assert_eq!((campus.orders(BUY).len(), campus.seat(3).quote.free), (0, BUDGET));
}

#[test]
fn only_an_open_order_of_ones_own_can_be_cancelled() {
    let mut campus = open();
    campus.place(1, BUY, PRICE, 100, SAMPLE).unwrap();
    campus.place(2, BUY, PRICE, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.cancel(1, BUY, PRICE, 1)), "NotOrderOwner");
    for (direction, price, order) in [(BUY, PRICE, 2), (BUY, PRICE + 1, 0), (SELL, PRICE, 0), (BUY, 0, 0)] {
        assert_eq!(refusal(campus.cancel(1, direction, price, order)), "UnknownOrder", "{direction:?} {price} {order}");
    }
    for price in [1 << 32, (1 << 32) + PRICE, u64::MAX] {
        assert_eq!(refusal(campus.cancel(1, BUY, price, 0)), "PriceOutOfRange", "{price}");
    }
    campus.cancel(1, BUY, PRICE, 0).unwrap();
    assert_eq!(refusal(campus.cancel(1, BUY, PRICE, 0)), "UnknownOrder", "twice");
    assert_eq!(campus.orders(BUY).len(), 1);
}

#[test]
fn orders_rest_while_an_auction_is_due_or_being_cleared() {
    let mut campus = open();
    campus.place(1, BUY, PRICE, 100, NEXT).unwrap();
    campus.place(2, BUY, PRICE, 100, NEXT).unwrap();
    // The auction is open until the next interval has ended.
    campus.chain_time(NEXT - 1);
    campus.place(2, BUY, PRICE, 100, NEXT).unwrap();
    campus.chain_time(NEXT);
    assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, NEXT)), "ClearingDue");
    assert_eq!(refusal(campus.cancel(1, BUY, PRICE, 0)), "ClearingDue");
    campus.clear(1).unwrap();
    assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, NEXT)), "ClearingInProgress");
    assert_eq!(refusal(campus.cancel(1, BUY, PRICE, 0)), "ClearingInProgress");
    campus.clear(10).unwrap();
    campus.place(1, BUY, PRICE, 100, NEXT).unwrap();
    campus.cancel(1, BUY, PRICE, 0).unwrap();
}

#[test]
fn a_paused_market_takes_no_orders_but_gives_them_back() {
    let mut campus = open();
    campus.place(1, BUY, PRICE, 100, SAMPLE).unwrap();
    campus.place(1, BUY, PRICE, 100, SAMPLE).unwrap();
    campus.pause(true).unwrap();
    assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, SAMPLE)), "Paused");
    campus.cancel(1, BUY, PRICE, 0).unwrap();
    // Nobody can clear it now: what is due does not hold the funds.
    campus.chain_time(NEXT + 5);
    campus.cancel(1, BUY, PRICE, 1).unwrap();
    assert_eq!(campus.seat(1).quote.free, BUDGET);
    campus.pause(false).unwrap();
    assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, NEXT)), "ClearingDue");
}

/// The best of several own orders counts, whichever came last, and whatever was cancelled since.
#[test]
fn a_seat_with_many_orders_does_not_trade_with_any_of_them() {
    let mut campus = open();
    for price in [PRICE, PRICE + 500, PRICE - 500] {
        campus.place(0, BUY, price, 100, SAMPLE).unwrap();
    }
    assert_eq!(refusal(campus.place(0, SELL, PRICE + 500, 100, SAMPLE)), "SelfTrade");
    campus.cancel(0, BUY, PRICE + 500, 1).unwrap();
    campus.place(0, SELL, PRICE + 500, 100, SAMPLE).unwrap();
    campus.place(0, SELL, PRICE + 1, 100, SAMPLE).unwrap();
    campus.place(0, SELL, PRICE + 900, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(0, SELL, PRICE, 100, SAMPLE)), "SelfTrade");
    assert_eq!(refusal(campus.place(0, BUY, PRICE + 1, 100, SAMPLE)), "SelfTrade");
    campus.cancel(0, SELL, PRICE + 1, 4).unwrap();
    campus.place(0, BUY, PRICE + 499, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(0, BUY, PRICE + 500, 100, SAMPLE)), "SelfTrade");
    assert_eq!(refusal(campus.place(0, SELL, PRICE + 499, 100, SAMPLE)), "SelfTrade");
}

/// Many small, good orders of one trader would have all others' evicted.
#[test]
fn a_seat_has_no_more_orders_than_it_may() {
    let mut campus = open();
    let address = campus.addresses().book;
    let mut account = campus.account(&address);
    let terms = Terms { orders_per_seat: 2, ..Book::FIELDS.terms.get(&account.data) };
    terms.write(Book::FIELDS.terms.bytes_mut(&mut account.data));
    campus.chain.put(address, account);
    campus.place(0, BUY, PRICE, 100, SAMPLE).unwrap();
    campus.place(0, SELL, PRICE + 1, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(0, BUY, PRICE - 1, 100, SAMPLE)), "TooManyOrders");
    campus.place(1, BUY, PRICE - 1, 100, SAMPLE).unwrap();
    campus.cancel(0, BUY, PRICE, 0).unwrap();
    campus.place(0, BUY, PRICE - 1, 100, SAMPLE).unwrap();
}

/// The number identifies an order for ever: it does not begin anew.
#[test]
fn a_market_that_has_numbered_all_orders_takes_no_more() {
    let mut campus = open();
    let address = campus.addresses().book;
    let mut account = campus.account(&address);
    Book::FIELDS.next_order.set(&mut account.data, u32::MAX - 1);
    campus.chain.put(address, account);
    campus.place(1, BUY, PRICE, 100, SAMPLE).unwrap();
    assert_eq!(refusal(campus.place(1, BUY, PRICE, 100, SAMPLE)), "OrdersExhausted");
    campus.cancel(1, BUY, PRICE, u32::MAX - 1).unwrap();
}
