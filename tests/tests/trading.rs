//! The trading program's data in program-test: an interval's supply, demand and prices, and who may write them.

use {
    campus_energy_sdk::{
        matching::Direction,
        oracle::instruction::{IntervalSubmission, submit_readings},
        trading::{
            instruction as build,
            state::{BookCapacity, Market, Terms},
            tariffs::Tariffs,
        },
        units::{Energy, Price},
    },
    campus_energy_tests::campus::{Campus, MARKET, SAMPLE, TARIFFS, refusal},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

const NEXT: i64 = SAMPLE + 900;

#[test]
fn market_data_follow_the_intervals() {
    let mut campus = Campus::native(2);
    let address = campus.addresses().market;
    campus.submit(SAMPLE, &[(6_000, 1_000), (0, 10_000)]).unwrap();
    let first = campus.interval(SAMPLE).unwrap();
    assert_eq!((first.supply, first.demand, first.reference_price), (Energy(5_000), Energy(10_000), Price(3_189_727)));
    assert_eq!((first.price, first.traded), (Price::ZERO, Energy::ZERO));
    assert_eq!(campus.interval(NEXT), None);
    campus.chain_time(NEXT + 5);
    campus.submit(NEXT, &[(0, 100)]).unwrap();
    let second = campus.interval(NEXT).unwrap();
    assert_eq!((second.supply, second.demand, second.reference_price), (Energy::ZERO, Energy(100), TARIFFS.retail));
    assert_eq!(campus.read::<Market>(&address).timestamp, NEXT);
    // The other meter is late, but its interval's auction has not been cleared.
    let accounts = [campus.department.meters[1].accounts];
    let (submitter, readings) = (campus.keys.submitter(), campus_energy_tests::campus::plain(&[(70, 0)]));
    let submission = IntervalSubmission { timestamp: NEXT, meters: &accounts, readings };
    let rest = submit_readings(&campus.addresses(), &submitter.pubkey(), submission);
    campus.send(rest, &[&submitter]).unwrap();
    assert_eq!(campus.interval(NEXT).unwrap().supply, Energy(70));
    assert_eq!(campus.interval(SAMPLE), Some(first));
    assert_eq!(campus.read::<Market>(&address).late_supply, Energy::ZERO);
}

#[test]
fn readings_of_a_cleared_auctions_interval_are_counted_apart() {
    let mut campus = Campus::native(2);
    let address = campus.addresses().market;
    // The first auction is that of the interval which had ended when the market was made.
    campus.submit(SAMPLE - 900, &[(500, 100), (0, 70)]).unwrap();
    let market: Market = campus.read(&address);
    assert_eq!((market.late_supply, market.late_demand, market.timestamp), (Energy(400), Energy(70), 0));
    assert_eq!(campus.interval(SAMPLE - 900), None);

    campus.submit(SAMPLE, &[(1_000, 0)]).unwrap();
    campus.chain_time(NEXT + 5);
    campus.clear(1).unwrap();
    let before = campus.interval(SAMPLE);
    let accounts = [campus.department.meters[1].accounts];
    let (submitter, readings) = (campus.keys.submitter(), campus_energy_tests::campus::plain(&[(9, 2)]));
    let submission = IntervalSubmission { timestamp: SAMPLE, meters: &accounts, readings };
    let late = submit_readings(&campus.addresses(), &submitter.pubkey(), submission);
    campus.send(late, &[&submitter]).unwrap();
    let market: Market = campus.read(&address);
    assert_eq!((market.late_supply, market.late_demand, market.timestamp), (Energy(407), Energy(70), SAMPLE));
    assert_eq!(campus.interval(SAMPLE), before);
}

#[test]
fn only_the_oracle_updates_and_only_the_upgrade_authority_initialises() {
    let mut campus = Campus::native(1);
    let (authority, stranger, addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let (program, market) = (addresses.programs.trading, addresses.market);
    let update = build::update_market_data(
        &program,
        &stranger.pubkey(),
        &market,
        build::MarketUpdate { timestamp: SAMPLE, supply: Energy(1), demand: Energy(1) },
    );
    assert_eq!(refusal(campus.send(update, &[&stranger])), "NotOracle");
    let (quote_mint, terms) = (campus.department.quote_mint, MARKET.terms(1));
    let initialize = |by: &Pubkey| {
        build::initialize(
            &addresses,
            by,
            &build::MarketSettings { quote_mint, tariffs: TARIFFS, capacity: MARKET.capacity, terms },
        )
    };
    assert_eq!(refusal(campus.send(initialize(&authority.pubkey()), &[&authority])), "AlreadyExists");
    assert_eq!(refusal(campus.send(initialize(&stranger.pubkey()), &[&stranger])), "NotUpgradeAuthority");
}

#[test]
fn tariffs_capacity_and_terms_must_make_sense() {
    let mut campus = Campus::native(1);
    let (authority, addresses, quote_mint) =
        (campus.keys.authority(), campus.addresses(), campus.department.quote_mint);
    let (capacity, terms) = (MARKET.capacity, MARKET.terms(1));
    let mut tried = |tariffs, capacity, terms| {
        let wrong = build::initialize(
            &addresses,
            &authority.pubkey(),
            &build::MarketSettings { quote_mint, tariffs, capacity, terms },
        );
        refusal(campus.send(wrong, &[&authority]))
    };
    for tariffs in [Tariffs { feed_in: TARIFFS.retail, ..TARIFFS }, Tariffs { feed_in: Price::ZERO, ..TARIFFS }] {
        assert_eq!(tried(tariffs, capacity, terms), "InvalidTariffs");
    }
    for (orders, seats) in [(0, 32), (32, 0), (4_097, 32), (32, 4_097)] {
        assert_eq!(tried(TARIFFS, BookCapacity { orders, seats }, terms), "InvalidCapacity", "{orders}, {seats}");
    }
    for wrong in [
        Terms { minimum_lot: 0, ..terms },
        Terms { orders_per_seat: 0, ..terms },
        Terms { minimum_lot: 1_000_001, ..terms },
        Terms { fee: 1_001, ..terms },
        Terms { treasury: capacity.seats, ..terms },
    ] {
        assert_eq!(tried(TARIFFS, capacity, wrong), "InvalidTerms", "{wrong:?}");
    }
    assert_eq!(tried(TARIFFS, BookCapacity { orders: 4_096, seats: 4_096 }, terms), "AlreadyExists", "all is valid");
}

#[test]
fn malformed_data_is_refused_by_name() {
    let mut campus = Campus::native(2);
    campus.open_seats();
    let (trader, addresses) = (campus.keys.participant(1), campus.addresses());
    let (key, market) = (trader.pubkey(), addresses.market);
    let place = build::place_order(
        &addresses,
        &key,
        &build::NewOrder {
            seat: 1,
            direction: Direction::Buy,
            price: Price(3_000_000),
            energy: Energy(100),
            expires: SAMPLE,
        },
    );
    let update = build::update_market_data(
        &addresses.programs.trading,
        &key,
        &market,
        build::MarketUpdate { timestamp: SAMPLE, supply: Energy(1), demand: Energy(1) },
    );
    for valid in [place.clone(), update] {
        for length in [0, 1, valid.data.len() - 1] {
            let mut short = valid.clone();
            short.data.truncate(length);
            assert_eq!(refusal(campus.send(short, &[&trader])), "MalformedInstruction", "{length} bytes");
        }
        let mut long = valid;
        long.data.push(0);
        assert_eq!(refusal(campus.send(long, &[&trader])), "MalformedInstruction");
    }
    for (at, value) in [(0, 10), (0, 255), (1, 2)] {
        let mut unknown = place.clone();
        unknown.data[at] = value;
        assert_eq!(refusal(campus.send(unknown, &[&trader])), "MalformedInstruction", "byte {at} is {value}");
    }
    let mut paused = build::set_paused(&addresses, &key, true);
    paused.data[1] = 2;
    assert_eq!(refusal(campus.send(paused, &[&trader])), "MalformedInstruction", "no boolean");
    campus.send(place, &[&trader]).unwrap();
}
