//! Findings 6, 7 and the auctions of 9.

use {
    super::told,
    campus_energy_sdk::{
        ledger::Embedded,
        matching::Direction,
        oracle::instruction::submit_readings,
        trading::state::{Asset, Market},
        units::{Energy, Price},
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, TRADERS, plain},
        market::{BUDGET, with_market},
    },
    sim_cli::settlement::MarketPlan,
    solana_signer::Signer,
};

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;
const NEXT: i64 = SAMPLE + 900;

/// Traders with money; the first has 12.5 kWh.
fn open(traders: usize, market: MarketPlan) -> Campus<Embedded> {
    let mut campus = with_market(traders, market);
    for trader in TRADERS..traders {
        let wallet = campus.keys.participant(trader).pubkey();
        campus.chain.airdrop(&wallet, 1_000_000_000).unwrap();
    }
    campus.open_market(SAMPLE, &[12_500]);
    campus
}

/// The price and the energy of an auction of one buyer and two asks.
fn auction(bid: (u64, u64), asks: &[(u64, u64)]) -> (Price, Energy) {
    let mut campus = open(2, MARKET);
    campus.place(1, BUY, bid.0, bid.1, SAMPLE).unwrap();
    for (price, energy) in asks {
        campus.place(0, SELL, *price, *energy, SAMPLE).unwrap();
    }
    campus.chain_time(NEXT + 5);
    campus.clear(100).unwrap();
    let record = campus.interval(SAMPLE).unwrap();
    (record.price, record.traded)
}

#[test]
fn finding_6_ten_watt_hours_move_the_price() {
    let bid = (5_000_000, 10_000);
    assert_eq!(auction(bid, &[(2_200_000, 9_000)]), (Price(3_600_000), Energy(9_000)));
    assert_eq!(auction(bid, &[(2_200_000, 9_000), (5_000_000, 10)]), (Price(5_000_000), Energy(9_010)));
    told(6, "the price is 3.6; ten watt-hours more, offered at 5.0, move it to 5.0");
}

/// Two seats fill the side with better bids, each within its number of orders, and take them back before the close.
#[test]
fn finding_7_honest_bids_are_evicted() {
    let mut campus = open(23, MarketPlan { orders_per_seat: 16, ..MARKET });
    for honest in 3..23 {
        campus.place(honest, BUY, 4_000_000, 100, SAMPLE).unwrap();
    }
    campus.place(0, SELL, 3_000_000, 2_000, SAMPLE).unwrap();
    for number in 0..32 {
        campus.place(1 + number % 2, BUY, 5_000_000, 100, SAMPLE).unwrap_or_else(|error| panic!("{number}: {error}"));
    }
    assert!(campus.orders(BUY).iter().all(|order| order.seat < 3), "every honest bid is evicted");
    for order in campus.orders(BUY) {
        campus.cancel(order.seat.into(), BUY, 5_000_000, order.sequence()).unwrap();
    }
    campus.chain_time(NEXT + 5);
    campus.clear(100).unwrap();
    assert_eq!(campus.interval(SAMPLE).unwrap().traded, Energy::ZERO);
    assert_eq!([1, 2].map(|attacker| campus.seat(attacker).quote.free), [BUDGET; 2], "it cost the attackers nothing");
    told(7, "20 honest bids evicted, 0 Wh traded");
}

/// Paused over one whole interval, the market forgets the auction that had closed before.
#[test]
fn finding_9_a_pause_annuls_a_closed_auction() {
    let mut campus = open(2, MARKET);
    campus.place(0, SELL, 2_000_000, 1_000, SAMPLE).unwrap();
    campus.place(1, BUY, 4_000_000, 1_000, SAMPLE).unwrap();
    campus.pause(true).unwrap();
    campus.chain_time(NEXT + 905);
    campus.pause(false).unwrap();
    campus.clear(10).unwrap();
    assert_eq!((campus.orders(BUY).len(), campus.orders(SELL).len()), (0, 0), "both have left");
    assert_eq!((campus.book().traded, campus.vault(Asset::Quote)), (Energy::ZERO, 2 * BUDGET));
    assert_eq!(campus.seat(1).quote.free, BUDGET, "nothing was bought");
    told(9, "a pause over one interval annuls the auction before it");
}

/// A reading that arrives while its interval's auction is being cleared counts as sold in time.
#[test]
fn finding_9_a_reading_during_the_clearing_is_not_late() {
    let mut campus = open(2, MARKET);
    campus.place(0, SELL, 2_000_000, 1_000, SAMPLE).unwrap();
    campus.place(1, BUY, 4_000_000, 1_000, SAMPLE).unwrap();
    campus.chain_time(NEXT + 5);
    campus.clear(1).unwrap();
    let (submitter, account) = (campus.keys.submitter(), campus.meter_accounts(2)[1]);
    let reading = plain(&[(700, 0)]);
    let submission = submit_readings(&campus.addresses(), &submitter.pubkey(), &[account], SAMPLE, reading);
    campus.send(submission, &[&submitter]).unwrap();
    assert_eq!(campus.interval(SAMPLE).unwrap().supply, Energy(12_500 + 700));
    assert_eq!(campus.read::<Market>(&campus.addresses().market).late_supply, Energy::ZERO);
    told(9, "a reading during its auction's clearing changes the supply");
}
