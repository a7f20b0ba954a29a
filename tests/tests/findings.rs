//! Small cases of issue 15's findings on the committed bytecode, as far as no other test has them there. `scripts/findings.sh` runs
//! the same attacks on the commit before the issue, where they succeed: `tests/findings/before`.

use {
    campus_energy_department::{Keys, MarketPlan},
    campus_energy_sdk::{
        ledger::{Embedded, SplToken},
        matching::Direction,
        oracle::instruction::{IntervalSubmission, submit_readings},
        token::{instruction::retire, state::MintMode},
        trading::state::Market,
        units::{Energy, Price},
    },
    campus_energy_simulation::Configuration,
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, TRADERS, embedded, plain, refusal},
        market::{BUDGET, with_market},
    },
    solana_signer::Signer,
};

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;
const NEXT: i64 = SAMPLE + 900;

/// A department as the default configuration founds it: three meters share the installation, none takes it all.
#[test]
fn one_meter_leaves_the_others_their_share() {
    let configuration = Configuration::load(None).unwrap();
    let plan = sim_cli::plan::founding(&configuration, false, MintMode::Batch);
    let (array, shares) = (plan.limits.array_generation, plan.meters.iter().map(|meter| meter.generation_limit));
    let shares: Vec<u32> = shares.collect();
    let sellers: Vec<usize> = (0..shares.len()).filter(|meter| shares[*meter] > 0).collect();
    assert_eq!((shares.len(), &sellers[..]), (15, &[0, 5, 10][..]));
    let keys = Keys::new(1);
    let mut campus = Campus::on(embedded(keys, SplToken::Batching), keys, &plan);
    assert_eq!(refusal(campus.submit(SAMPLE, &[(array, 0)])), "ImplausibleGeneration");
    assert_eq!(refusal(campus.submit(SAMPLE, &[(shares[0] + 1, 0)])), "ImplausibleGeneration");
    assert_eq!(campus.supply(), 0);
    // The most that one meter can take leaves the others what they have on a clear day.
    campus.submit(SAMPLE, &[(shares[0], 0)]).unwrap();
    let (submitter, accounts) = (campus.keys.submitter(), campus.meter_accounts(shares.len()));
    for (meter, account) in accounts.iter().enumerate().skip(1) {
        let generated = if sellers.contains(&meter) { array / 4 } else { 0 };
        let reading = plain(&[(generated, 0)]);
        let one = submit_readings(
            &campus.addresses(),
            &submitter.pubkey(),
            IntervalSubmission { timestamp: SAMPLE, meters: &[*account], readings: reading },
        );
        campus.send(one, &[&submitter]).unwrap();
    }
    assert_eq!(campus.supply(), u64::from(shares[0] + array / 4 * 2) * 1_000_000);
}

#[test]
fn no_receipt_is_older_than_the_department() {
    let mut campus = Campus::embedded(1, SplToken::Batching, MintMode::Batch);
    campus.submit(SAMPLE, &[(3_000, 0)]).unwrap();
    let owner = campus.keys.participant(0);
    let mut receipt = |end: i64| {
        let instruction = retire(&campus.addresses(), &owner.pubkey(), Energy(1_000), end);
        campus.send(instruction, &[&owner])
    };
    assert_eq!(refusal(receipt(900)), "BeforeDepartment");
    assert_eq!(refusal(receipt(SAMPLE - 900)), "BeforeDepartment");
    receipt(SAMPLE).unwrap();
}

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

/// The price and the energy of an auction of one buyer and one seller.
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
fn ten_watt_hours_do_not_move_the_price() {
    let bid = (5_000_000, 10_000);
    assert_eq!(auction(bid, &[(2_200_000, 9_000)]), (Price(5_000_000), Energy(9_000)));
    assert_eq!(auction(bid, &[(2_200_000, 9_000), (5_000_000, 10)]), (Price(5_000_000), Energy(9_010)));
    assert_eq!(auction((5_000_000, 9_000), &[(2_200_000, 10_000)]), (Price(2_200_000), Energy(9_000)));
    assert_eq!(auction((5_000_000, 9_000), &[(2_200_000, 9_000)]), (Price(3_600_000), Energy(9_000)));
}

/// Two seats try to fill the side with better bids, each within its number of orders, and take them back before the close.
#[test]
fn honest_bids_are_not_evicted() {
    let mut campus = open(23, MarketPlan { orders_per_seat: 16, ..MARKET });
    for honest in 3..23 {
        campus.place(honest, BUY, 4_000_000, 100, SAMPLE).unwrap();
    }
    campus.place(0, SELL, 3_000_000, 2_000, SAMPLE).unwrap();
    let mut taken = Vec::new();
    for number in 0..32 {
        match campus.place(1 + number % 2, BUY, 5_000_000, 100, SAMPLE) {
            Ok(_) => taken.push(1 + number % 2),
            refused => assert_eq!(refusal(refused), "SideReserved"),
        }
    }
    // Three quarters of 32 are for everybody, so 4 are left of them after the honest ones.
    assert_eq!(taken, [1, 2, 1, 2]);
    let (honest, theirs): (Vec<_>, Vec<_>) = campus.orders(BUY).into_iter().partition(|order| order.seat >= 3);
    assert_eq!((honest.len(), theirs.len()), (20, 4));
    for order in theirs {
        campus.cancel(order.seat.into(), BUY, 5_000_000, order.sequence()).unwrap();
    }
    campus.chain_time(NEXT + 5);
    campus.clear(100).unwrap();
    assert_eq!(campus.interval(SAMPLE).unwrap().traded, Energy(2_000));
    let bought: u64 = (3..23).map(|trader| campus.seat(trader).energy.free).sum();
    assert_eq!((bought, campus.seat(1).quote.free), (2_000_000_000, BUDGET));
}

/// An auction with two orders that cross, after its close.
fn closed() -> Campus<Embedded> {
    let mut campus = open(2, MARKET);
    campus.place(0, SELL, 2_000_000, 1_000, SAMPLE).unwrap();
    campus.place(1, BUY, 4_000_000, 1_000, SAMPLE).unwrap();
    campus.chain_time(NEXT + 5);
    campus
}

#[test]
fn a_pause_annuls_no_closed_auction() {
    let mut campus = closed();
    campus.pause(true).unwrap();
    campus.chain_time(NEXT + 905);
    campus.pause(false).unwrap();
    campus.clear(10).unwrap();
    let record = campus.interval(SAMPLE).unwrap();
    assert_eq!((record.price, record.traded), (Price(3_000_000), Energy(1_000)));
    assert_eq!(campus.seat(1).energy.free, 1_000_000_000);
}

#[test]
fn a_reading_during_its_auctions_clearing_is_late_on_the_bytecode() {
    let mut campus = closed();
    campus.clear(1).unwrap();
    let (submitter, account) = (campus.keys.submitter(), campus.meter_accounts(2)[1]);
    let reading = plain(&[(700, 0)]);
    let submission = submit_readings(
        &campus.addresses(),
        &submitter.pubkey(),
        IntervalSubmission { timestamp: SAMPLE, meters: &[account], readings: reading },
    );
    campus.send(submission, &[&submitter]).unwrap();
    assert_eq!(campus.interval(SAMPLE).unwrap().supply, Energy(12_500));
    assert_eq!(campus.read::<Market>(&campus.addresses().market).late_supply, Energy(700));
}
