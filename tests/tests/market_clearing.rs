//! Clear in program-test: auctions computed by hand, stopped and gone on with, skipped, and every refusal by name.

use {
    campus_energy_department::{Founding, Keys, MarketPlan},
    campus_energy_sdk::{
        account::Plain,
        matching::{Direction, order::ORDER_SIZE},
        oracle::instruction::{IntervalSubmission, submit_readings},
        trading::state::{Asset, Book, IntervalRecord, Market},
        units::{Energy, Money, Price, TokenAmount},
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, founding, payers, plain, refusal},
        market::BUDGET,
        native::Native,
    },
    solana_signer::Signer,
};

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;
const NEXT: i64 = SAMPLE + 900;

/// Sellers 0 and 1 with 5 and 8 kWh, buyers 2 and 3; a fee of 1 %.
fn open() -> Campus<Native> {
    let keys = Keys::new(1);
    let market = MarketPlan { fee: 100, ..MARKET };
    let plan = Founding { market, ..founding(4, false, campus_energy_sdk::token::state::MintMode::Batch) };
    let chain = Native::new(&keys.authority().pubkey(), &payers(keys));
    let mut campus = Campus::on(chain, keys, &plan);
    campus.open_market(SAMPLE, &[5_000, 8_000]);
    campus
}

/// The orders of the auction by hand: bids 0, 2, 4 and asks 1, 3, 5.
fn place_all(campus: &mut Campus<Native>) {
    campus.place(2, BUY, 3_500_000, 4_000, SAMPLE).unwrap();
    campus.place(0, SELL, 2_800_000, 5_000, SAMPLE).unwrap();
    campus.place(3, BUY, 3_100_001, 3_333, SAMPLE).unwrap();
    campus.place(1, SELL, 3_000_002, 6_000, NEXT).unwrap();
    campus.place(3, BUY, 2_500_000, 500, NEXT).unwrap();
    campus.place(1, SELL, 3_050_001, 2_000, NEXT).unwrap();
}

/// By hand: bid 0 takes 4,000 Wh of ask 1; bid 2 takes its other 1,000 and 2,333 of ask 3; bid 4 is below what is left.
/// The last match was between 3.000002 and 3.100001, and supply is left: 7,333 Wh change hands at the lowest of these prices.
#[test]
fn an_auction_by_hand() {
    let mut campus = open();
    place_all(&mut campus);
    // Per Wh 3,500, 3,101 and 2,500 are locked for the bids.
    assert_eq!(campus.seat(2).quote.locked, 14_000_000);
    assert_eq!(campus.seat(3).quote.locked, 10_335_633 + 1_250_000);
    campus.chain_time(NEXT + 5);
    campus.clear(100).unwrap();

    let record = campus.interval(SAMPLE).unwrap();
    assert_eq!((record.price, record.traded, record.supply), (Price(3_000_002), Energy(7_333), Energy(13_000)));
    // Buyers pay 12.000008 and 9.999006666, rounded up.
    let (first, second) = (campus.seat(2), campus.seat(3));
    assert_eq!((first.quote.free, first.quote.locked), (BUDGET - 12_000_008, 0));
    assert_eq!((first.energy.free, first.energy.locked, first.open_bids), (4_000_000_000, 0, 0));
    assert_eq!((second.quote.free, second.quote.locked), (BUDGET - 9_999_007 - 1_250_000, 1_250_000));
    assert_eq!((second.energy.free, second.open_bids), (3_333_000_000, 1));
    // Sellers get 15.000010 less 0.150001, and 6.999004 less 0.069991: values rounded down, fees up.
    let (first, second) = (campus.seat(0), campus.seat(1));
    assert_eq!((first.quote.free, first.energy.total(), first.open_asks), (BUDGET + 14_850_009, 0, 0));
    assert_eq!((second.quote.free, second.open_asks), (BUDGET + 6_929_013, 2));
    assert_eq!((second.energy.free, second.energy.locked), (0, 5_667_000_000));
    // The fees and one unit of rounding.
    assert_eq!(campus.treasury().quote.free, 150_001 + 69_991 + 1);
    assert_eq!([Asset::Energy, Asset::Quote].map(|asset| campus.vault(asset)), [13_000_000_000, 4 * BUDGET]);
    assert_eq!([Asset::Energy, Asset::Quote].map(|asset| campus.owed(asset)), [13_000_000_000, 4 * BUDGET]);

    let left = |direction| -> Vec<_> {
        let orders = campus.orders(direction);
        orders.iter().map(|order| (order.sequence(), order.energy, order.placed)).collect()
    };
    assert_eq!((left(BUY), left(SELL)), (vec![(4, 500, 500)], vec![(3, 3_667, 6_000), (5, 2_000, 2_000)]));
    let book = campus.book();
    assert_eq!((book.traded, book.clearing.phase, book.clearing.price), (Energy(7_333), 0, 3_000_002));
    assert_eq!(i64::from(book.cleared) * 900, SAMPLE);
    assert_eq!(campus.read::<Market>(&campus.addresses().market).cleared, book.cleared);
}

/// The parts that were left can be cancelled, and everything can be withdrawn: the vaults are empty then.
#[test]
fn after_an_auction_everybody_can_leave() {
    let mut campus = open();
    place_all(&mut campus);
    campus.chain_time(NEXT + 5);
    campus.clear(100).unwrap();
    campus.cancel(1, SELL, 3_000_002, 3).unwrap();
    campus.cancel(1, SELL, 3_050_001, 5).unwrap();
    campus.cancel(3, BUY, 2_500_000, 4).unwrap();
    for trader in 0..4 {
        let seat = campus.seat(trader);
        for (asset, balance) in [(Asset::Energy, seat.energy), (Asset::Quote, seat.quote)] {
            assert_eq!(balance.locked, 0);
            if balance.free > 0 {
                campus.withdraw(trader, asset, balance.free).unwrap();
                assert_eq!(campus.tokens(&campus.traders_account(trader, asset)), balance.free);
            }
        }
    }
    // The treasury's is left.
    assert_eq!([Asset::Energy, Asset::Quote].map(|asset| campus.vault(asset)), [0, 219_993]);
    let (authority, addresses) = (campus.keys.authority(), campus.addresses());
    let account = campus.token_account(&authority.pubkey(), Asset::Quote);
    campus.put_tokens(account, &authority.pubkey(), Asset::Quote, 0);
    let transfer = campus_energy_sdk::trading::instruction::SeatTransfer {
        seat: 4,
        asset: Asset::Quote,
        token_account: account,
        amount: 219_993,
    };
    let withdraw = campus_energy_sdk::trading::instruction::withdraw(&addresses, &authority.pubkey(), &transfer);
    campus.send(withdraw, &[&authority]).unwrap();
    assert_eq!((campus.vault(Asset::Quote), campus.tokens(&account)), (0, 219_993));
}

/// Market, book and vaults, but for the number of events, as a clearing in pieces tells of them in more, and for what is
/// left in slots that hold no order.
fn state(campus: &Campus<Native>) -> [Vec<u8>; 4] {
    let (book, side) = (campus.book(), ORDER_SIZE * usize::from(MARKET.capacity.orders));
    let mut state = campus.market_state();
    Book::FIELDS.next_event.set(&mut state[1], 0);
    for (number, orders) in [book.bids, book.asks].into_iter().enumerate() {
        let first = Book::LENGTH + side * number;
        state[1][first + ORDER_SIZE * usize::from(orders)..first + side].fill(0);
    }
    state
}

#[test]
fn a_clearing_in_pieces_ends_where_one_at_once_does() {
    let mut whole = open();
    place_all(&mut whole);
    whole.chain_time(NEXT + 5);
    whole.clear(100).unwrap();
    let mut pieces = open();
    place_all(&mut pieces);
    pieces.chain_time(NEXT + 5);
    // The price is that of the auction's close, however long it takes; anybody goes on with it.
    let callers = [pieces.keys.wallet("stranger", 0), pieces.keys.participant(2), pieces.keys.authority()];
    for number in 0..6 {
        pieces.chain_time(NEXT + 5 + 700 * number);
        pieces.clear_by(&callers[usize::try_from(number).unwrap() % 3], 1).unwrap();
        let clearing = pieces.book().clearing;
        assert_eq!(clearing.phase, [1, 1, 2, 2, 2, 0][usize::try_from(number).unwrap()]);
        assert_eq!((clearing.price, clearing.energy), (3_000_002, Energy(7_333)));
        for asset in [Asset::Energy, Asset::Quote] {
            assert_eq!(pieces.vault(asset), pieces.owed(asset), "after {number}");
        }
        let frozen = ["ClearingInProgress", "ClearingDue"][usize::from(clearing.phase == 0)];
        assert_eq!(refusal(pieces.place(2, BUY, 5_000_000, 100, SAMPLE + 9_000)), frozen);
        assert_eq!(refusal(pieces.cancel(1, SELL, 3_050_001, 5)), frozen);
        if number == 2 {
            assert_eq!(clearing.quote_in_transit, Money(12_000_008 + 9_999_007));
            assert_eq!(clearing.energy_in_transit, TokenAmount(7_333_000_000));
        }
    }
    assert_eq!(state(&pieces), state(&whole));
}

#[test]
fn an_auction_is_cleared_when_it_has_closed_and_once() {
    let mut campus = open();
    place_all(&mut campus);
    assert_eq!(refusal(campus.clear(0)), "NoOrders");
    assert_eq!(refusal(campus.clear(100)), "AlreadyCleared", "open still");
    campus.chain_time(NEXT - 1);
    assert_eq!(refusal(campus.clear(100)), "AlreadyCleared", "open still");
    campus.chain_time(NEXT);
    assert_eq!(refusal(campus.clear(0)), "NoOrders");
    campus.pause(true).unwrap();
    assert_eq!(refusal(campus.clear(100)), "Paused");
    campus.pause(false).unwrap();
    campus.clear(u16::MAX).unwrap();
    let before = campus.market_state();
    assert_eq!(refusal(campus.clear(100)), "AlreadyCleared");
    assert_eq!(refusal(campus.clear(0)), "NoOrders");
    campus.chain_time(NEXT + 899);
    assert_eq!(refusal(campus.clear(100)), "AlreadyCleared");
    assert_eq!(campus.market_state(), before);
    campus.chain_time(NEXT + 900);
    campus.clear(100).unwrap();
    assert_eq!(campus.interval(NEXT).unwrap().traded, Energy::ZERO);
}

#[test]
fn an_auction_without_orders_or_without_a_crossing_trades_nothing() {
    let mut campus = open();
    campus.chain_time(NEXT + 5);
    campus.clear(1).unwrap();
    let record = campus.interval(SAMPLE).unwrap();
    assert_eq!((record.price, record.traded, record.supply), (Price::ZERO, Energy::ZERO, Energy(13_000)));
    // One Wh-price apart.
    campus.place(0, SELL, 3_000_001, 1_000, NEXT).unwrap();
    campus.place(2, BUY, 3_000_000, 1_000, NEXT + 900).unwrap();
    campus.chain_time(NEXT + 905);
    campus.clear(10).unwrap();
    assert_eq!(campus.interval(NEXT).unwrap().price, Price::ZERO);
    assert_eq!((campus.orders(SELL).len(), campus.orders(BUY).len()), (0, 1));
    assert_eq!((campus.seat(0).energy.free, campus.seat(2).quote.locked), (5_000_000_000, 3_000_000));
    // Its own last auction: nobody sells.
    campus.chain_time(NEXT + 1_805);
    campus.clear(10).unwrap();
    assert_eq!((campus.orders(BUY).len(), campus.seat(2).quote.free), (0, BUDGET));
}

#[test]
fn an_order_takes_part_until_it_expires() {
    let mut campus = open();
    campus.place(0, SELL, 3_000_000, 3_000, SAMPLE + 1_800).unwrap();
    for (number, (wanted, left)) in [(1_000, Some(2_000)), (500, Some(1_500)), (700, None)].into_iter().enumerate() {
        let expires = SAMPLE + 900 * i64::try_from(number).unwrap();
        campus.place(2, BUY, 3_000_000, wanted, expires).unwrap();
        campus.chain_time(expires + 905);
        campus.clear(10).unwrap();
        assert_eq!(campus.interval(expires).unwrap().traded, Energy(wanted));
        let ask = campus.orders(SELL).first().map(|order| order.energy);
        assert_eq!((ask, campus.orders(BUY).len()), (left, 0));
    }
    let seat = campus.seat(0);
    assert_eq!((seat.energy.free, seat.energy.locked, seat.open_asks), (2_800_000_000, 0, 0));
    assert_eq!(campus.seat(2).energy.free, 2_200_000_000);
}

/// Nobody sent Clear in time, or the market was paused meanwhile: the auction that got the orders is held all the same, then the
/// newest closed one.
#[test]
fn the_oldest_auction_with_orders_is_cleared_first() {
    for paused in [false, true] {
        let mut campus = open();
        campus.place(0, SELL, 2_000_000, 1_000, SAMPLE).unwrap();
        campus.place(1, SELL, 3_000_000, 1_000, NEXT).unwrap();
        campus.place(2, BUY, 4_000_000, 1_500, SAMPLE).unwrap();
        campus.place(3, BUY, 2_500_000, 1_000, NEXT + 900).unwrap();
        if paused {
            campus.pause(true).unwrap();
        }
        campus.chain_time(NEXT + 905);
        if paused {
            assert_eq!(refusal(campus.clear(10)), "Paused");
            campus.pause(false).unwrap();
        }
        campus.clear(10).unwrap();
        let first = campus.interval(SAMPLE).unwrap();
        assert_eq!((first.price, first.traded), (Price(3_000_000), Energy(1_500)), "supply is left at 3 baht");
        assert_eq!((campus.orders(BUY).len(), campus.orders(SELL).len()), (1, 1));
        assert_eq!(refusal(campus.place(3, BUY, 3_000_000, 1_000, NEXT + 900)), "ClearingDue");
        // What is left is too dear, and had its last auction.
        campus.clear(10).unwrap();
        assert_eq!(campus.interval(NEXT).map_or(Energy::ZERO, |next| next.traded), Energy::ZERO);
        assert_eq!((campus.orders(BUY).len(), campus.orders(SELL).len()), (1, 0));
        assert_eq!(campus.seat(1).energy.locked, 0);
        assert_eq!(refusal(campus.clear(10)), "AlreadyCleared");
        // Orders for the interval after are taken at once.
        campus.place(3, BUY, 3_000_000, 1_000, NEXT + 900).unwrap();
    }
}

/// A reading that arrives while its interval's auction is being cleared comes too late to be sold in it.
#[test]
fn a_reading_during_its_auctions_clearing_is_late() {
    let mut campus = open();
    place_all(&mut campus);
    campus.chain_time(NEXT + 5);
    campus.clear(1).unwrap();
    assert_ne!(campus.book().clearing.phase, 0);
    let before = campus.interval(SAMPLE).unwrap();
    // The last meter's is the one that is missing.
    let (submitter, account) = (campus.keys.submitter(), campus.meter_accounts(4)[3]);
    let submission = submit_readings(
        &campus.addresses(),
        &submitter.pubkey(),
        IntervalSubmission { timestamp: SAMPLE, meters: &[account], readings: plain(&[(700, 0)]) },
    );
    campus.send(submission, &[&submitter]).unwrap();
    assert_eq!(campus.interval(SAMPLE), Some(before));
    assert_eq!(campus.read::<Market>(&campus.addresses().market).late_supply, Energy(700));
    campus.clear(100).unwrap();
    assert_eq!(campus.interval(SAMPLE).unwrap().supply, before.supply);
}

#[test]
fn a_market_that_rested_long_goes_on() {
    let mut campus = open();
    place_all(&mut campus);
    let later = SAMPLE + 900 * 500;
    campus.chain_time(later + 5);
    assert_eq!(refusal(campus.place(2, BUY, 3_000_000, 100, later)), "ClearingDue");
    campus.clear(100).unwrap();
    assert_eq!(campus.book().traded, Energy(7_333), "its auction is held however late");
    assert_eq!(refusal(campus.place(2, BUY, 3_000_000, 100, later)), "ClearingDue");
    campus.clear(100).unwrap();
    assert_eq!(campus.interval(later - 900).map_or(Energy::ZERO, |interval| interval.traded), Energy::ZERO);
    assert_eq!([Asset::Energy, Asset::Quote].map(|asset| campus.owed(asset)), [13_000_000_000, 4 * BUDGET]);
    assert!(campus.seats().iter().all(|seat| seat.energy.locked == 0 && seat.quote.locked == 0));
    campus.place(2, BUY, 3_000_000, 100, later).unwrap();
}

/// The history holds a day. A clearing that is finished later must not take the place of the interval that came after.
#[test]
fn a_clearing_finished_a_day_late_leaves_newer_intervals_alone() {
    let mut campus = open();
    place_all(&mut campus);
    campus.chain_time(NEXT + 5);
    campus.clear(1).unwrap();
    let later = SAMPLE + 96 * 900;
    campus.chain_time(later + 5);
    campus.submit(later, &[(700, 0)]).unwrap();
    let before = campus.interval(later).unwrap();
    assert_eq!(before.supply, Energy(700));
    campus.clear(100).unwrap();
    assert_eq!(campus.interval(later), Some(before));
    assert_eq!(campus.book().traded, Energy(7_333));
}

#[test]
fn a_clearing_is_of_one_markets_accounts() {
    let mut campus = open();
    let (stranger, authority) = (campus.keys.wallet("stranger", 0), campus.keys.authority());
    let other = campus.begin_department("SCI_", 3, MARKET);
    let grow = campus_energy_sdk::trading::instruction::grow(&other, &authority.pubkey());
    campus.send(grow, &[&authority]).unwrap();
    campus.chain_time(NEXT + 5);
    for (index, address) in [(0, other.market), (1, other.book)] {
        let mut mixed = campus_energy_sdk::trading::instruction::clear(&campus.addresses(), 1);
        mixed.accounts[index].pubkey = address;
        assert_eq!(refusal(campus.send(mixed, &[&stranger])), "WrongDepartment");
    }
    let record = IntervalRecord::read(&campus.data(&other.market)[IntervalRecord::offset(0)..]);
    assert_eq!(record, IntervalRecord::default());
}
