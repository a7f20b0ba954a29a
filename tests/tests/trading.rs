//! The trading program's instructions in program-test.

use {
    campus_energy_sdk::{
        trading::{
            instruction as build,
            state::{Market, Tariffs},
        },
        units::{Energy, Price},
    },
    campus_energy_tests::campus::{Campus, SAMPLE, TARIFFS, refusal},
    solana_signer::Signer,
};

#[test]
fn market_data_follow_the_intervals_and_late_readings_are_counted_apart() {
    let mut campus = Campus::native(2);
    let market = campus.addresses().market;
    campus.submit(SAMPLE - 900, &[(6_000, 1_000), (0, 10_000)]).unwrap();
    let before: Market = campus.read(&market);
    assert_eq!((before.supply, before.demand), (Energy(5_000), Energy(10_000)));
    assert_eq!(before.reference_price, Price(3_189_727));
    campus.submit(SAMPLE, &[(0, 100)]).unwrap();
    let after: Market = campus.read(&market);
    assert_eq!((after.timestamp, after.supply, after.demand), (SAMPLE, Energy::ZERO, Energy(100)));
    assert_eq!(after.reference_price, TARIFFS.retail);
    campus.submit(SAMPLE - 1_800, &[(500, 100), (0, 70)]).unwrap();
    let late: Market = campus.read(&market);
    assert_eq!((late.late_supply, late.late_demand), (Energy(400), Energy(70)));
    assert_eq!((late.timestamp, late.supply, late.demand), (SAMPLE, Energy::ZERO, Energy(100)));
}

#[test]
fn only_the_oracle_updates_and_only_the_upgrade_authority_initialises() {
    let mut campus = Campus::native(1);
    let (authority, stranger, addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let (program, market) = (addresses.programs.trading, addresses.market);
    let update = build::update_market_data(&program, &stranger.pubkey(), &market, SAMPLE, Energy(1), Energy(1));
    assert_eq!(refusal(campus.send(update, &[&stranger])), "NotOracle");
    let again = build::initialize(&addresses, &authority.pubkey(), TARIFFS);
    assert_eq!(refusal(campus.send(again, &[&authority])), "AlreadyExists");
    let foreign = build::initialize(&addresses, &stranger.pubkey(), TARIFFS);
    assert_eq!(refusal(campus.send(foreign, &[&stranger])), "NotUpgradeAuthority");
    for tariffs in [Tariffs { feed_in: TARIFFS.retail, ..TARIFFS }, Tariffs { feed_in: Price::ZERO, ..TARIFFS }] {
        let wrong = build::initialize(&addresses, &authority.pubkey(), tariffs);
        assert_eq!(refusal(campus.send(wrong, &[&authority])), "InvalidTariffs");
    }
}
