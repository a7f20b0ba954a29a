//! One scenario on two ledgers, and two departments on one, a real solana-test-validator: `make validator`.

use {
    campus_energy_department::{
        Department, Founder, Founding, Keys, MarketDay, MarketWallets, Sending, Signing, Wallets, catch_up,
        embedded_ledger, prepare,
    },
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{
            Cluster, Embedded, LedgerError, SplToken,
            programs::EMBEDDED,
            transaction::{Draft, send_all},
        },
        oracle::readings::PlainReading,
        reading::Quality,
        registry::{
            self,
            state::{Department as Registered, MeterStatus},
        },
        time::Interval,
        token::state::MintMode,
    },
    campus_energy_simulation::IntervalReadings,
    campus_energy_tests::{
        day::{agents, assert_invariants, assert_registers, measured},
        validator::{BUDGET, Validator, data, found, small_configuration},
    },
    sim_cli::meters::plain_intervals,
    solana_keypair::Keypair,
    solana_signer::Signer,
    std::time::Duration,
};

#[test]
#[ignore = "starts a validator: make validator"]
fn the_same_scenario_gives_the_same_balances_on_both_ledgers() {
    let validator = Validator::start_before_the_end_of_an_interval(&[], 110);
    let mut cluster = validator.cluster(EMBEDDED);
    let (_, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let keys = Keys::new(42);
    let (plan, department, wallets) = found(&mut cluster, &configuration, keys, None);

    let spl_token = if cluster.mint_mode() == MintMode::Batch { SplToken::Batching } else { SplToken::Legacy };
    println!("the cluster's SPL Token: {spl_token:?}");
    let mut embedded = embedded_ledger(keys, plan.participants.len(), spl_token).expect("the programs load");
    let now = cluster.time().expect("a clock");
    embedded.set_time(now);
    let founder = Founder::new(EMBEDDED, keys, &plan).with_budgets(plan.buyers(BUDGET));
    let twin = founder.found_with_seats(&mut embedded, |_| ()).expect("founded");
    embedded.next_slot();
    assert_ne!(twin.deployment, department.deployment, "a signature for one is none for the other");

    let intervals = measured(&configuration, now);
    assert_eq!(intervals.len(), 95);
    let zone = configuration.engineering_department.site.timezone;
    let market = || MarketDay::new(agents(&configuration, &plan), zone, Sending::InOrder);
    let (mut on_cluster, mut in_process) = (market(), market());
    let traders = MarketWallets::of(&wallets);
    let (done, refusal) =
        catch_up(&mut cluster, &department, &wallets, &plain_intervals(&intervals), Signing::Meters, |_| ())
            .expect("the cluster answers");
    assert_eq!((done.missing, done.refused, refusal), (95 * 15, 0, None));
    catch_up(&mut embedded, &twin, &wallets, &plain_intervals(&intervals), Signing::Meters, |_| ())
        .expect("it answers");
    let (newest, readings) = intervals.last().map(|last| (last.interval, &last.readings)).expect("some");
    let (_, traded) =
        on_cluster.interval(&mut cluster, &department, &traders, newest, readings).expect("the cluster answers");
    let (_, twice) = in_process.interval(&mut embedded, &twin, &traders, newest, readings).expect("it answers");
    assert_eq!(traded, twice);
    assert!(traded.placed > 0 && traded.refused == 0, "{traded:?}");
    compare(&cluster, &embedded, &department, &plan);

    // The auction closes with the next interval.
    let close = newest.end() + 900 + 2;
    println!("{} s until the auction is closed", close - cluster.time().expect("a clock"));
    while cluster.time().expect("a clock") < close {
        std::thread::sleep(Duration::from_millis(500));
    }
    embedded.set_time(close);
    let closed = on_cluster.close(&mut cluster, &department, &traders, newest.next()).expect("cleared");
    assert!(!closed.outcomes.is_empty());
    assert_eq!(closed, in_process.close(&mut embedded, &twin, &traders, newest.next()).expect("cleared"));
    compare(&cluster, &embedded, &department, &plan);
    assert_registers(&cluster, &department, &intervals);
    assert_invariants(&cluster, &department.addresses);
}

/// Meters, tokens, market, seats and vaults are the same, byte for byte.
fn compare(cluster: &Cluster, embedded: &Embedded, department: &Department, plan: &Founding) {
    let Addresses { token_config, energy_mint, energy_vault, quote_vault, market, book, interval_ring, .. } =
        department.addresses;
    let mut all = vec![token_config, energy_mint, energy_vault, quote_vault, market, book, interval_ring];
    all.extend(department.meters.iter().flat_map(|meter| [meter.accounts.meter, meter.accounts.token_account]));
    for owner in (0..plan.participants.len()).map(|number| Keys::new(42).participant(number).pubkey()) {
        all.push(department.addresses.participant(&owner));
        all.push(department.addresses.token_account(&owner));
    }
    for address in &all {
        assert_eq!(data(cluster, address), data(embedded, address), "account {address}");
    }
    println!(
        "{} accounts of {} participants and the market are the same, byte for byte",
        all.len(),
        plan.participants.len()
    );
}

#[test]
#[ignore = "starts a validator: make validator"]
fn two_departments_on_one_cluster_do_not_touch_each_other() {
    let validator = Validator::start(&[]);
    let mut cluster = validator.cluster(EMBEDDED);
    let (_, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let (mut of_science, keys) = (configuration.clone(), [Keys::new(42), Keys::new(43)]);
    of_science.engineering_department.smart_meters.prefix = "SCI_".into();
    of_science.engineering_department.smart_meters.count = 6;
    let (_, engineering, of_ours) = found(&mut cluster, &configuration, keys[0], None);
    // The programs' upgrade authority founds it, for another authority.
    let (_, science, of_theirs) = found(&mut cluster, &of_science, keys[1], Some(keys[0].authority()));
    assert_ne!(science.addresses.department, engineering.addresses.department);
    let registered = Registered::decode(&data(&cluster, &science.addresses.department)).expect("a department");
    assert_eq!(registered.authority, keys[1].authority().pubkey());
    assert_ne!(science.deployment, engineering.deployment);

    let now = cluster.time().expect("a clock");
    let (own, others) = (measured(&configuration, now), measured(&of_science, now));
    let settle =
        |cluster: &mut Cluster, (department, wallets): (&Department, &Wallets), intervals: &[IntervalReadings]| {
            let (done, refusal) =
                catch_up(cluster, department, wallets, &plain_intervals(intervals), Signing::Meters, |_| ())
                    .expect("an answer");
            assert_eq!((done.refused, refusal), (0, None));
        };
    settle(&mut cluster, (&engineering, &of_ours), &own[..20]);
    let snapshot = |cluster: &Cluster| {
        let Addresses { department, token_config, energy_mint, oracle, interval_ring, market, book, .. } =
            engineering.addresses;
        let mut all = vec![department, token_config, energy_mint, oracle, interval_ring, market, book];
        all.extend(engineering.meters.iter().flat_map(|meter| [meter.accounts.meter, meter.accounts.token_account]));
        all.iter().map(|address| data(cluster, address)).collect::<Vec<_>>()
    };
    let before = snapshot(&cluster);
    settle(&mut cluster, (&science, &of_theirs), &others[..20]);
    assert_eq!(snapshot(&cluster), before, "readings of one are nothing to the other");

    // Neither's authority, submitter or meters do anything in the other.
    let refused = |cluster: &mut Cluster, what: &str, draft: Draft, expected: &str| {
        let tables = [engineering.table.clone(), science.table.clone()];
        let result = send_all(cluster, &[draft], &tables).expect("an answer").pop().expect("one");
        let error = result.expect_err(what);
        assert!(matches!(error, LedgerError::Refused(..)), "{what}: {error}");
        assert_eq!(error.described().map(|error| error.name), Some(expected), "{what}: {error}");
        println!("{what}: {error}");
    };
    let (theirs, ours) = (keys[1].authority(), keys[0].authority());
    let pause = registry::instruction::set_paused(&engineering.addresses, &theirs.pubkey(), true);
    refused(&mut cluster, "another's authority pauses", Draft::new(vec![pause], &[&theirs]), "NotDepartmentAuthority");
    let meter = engineering.meters[0].id;
    let suspend = registry::instruction::set_meter_status(
        &engineering.addresses,
        &theirs.pubkey(),
        &meter,
        MeterStatus::Suspended,
    );
    refused(
        &mut cluster,
        "another's authority suspends a meter",
        Draft::new(vec![suspend], &[&theirs]),
        "NotDepartmentAuthority",
    );
    let pause = registry::instruction::set_paused(&science.addresses, &ours.pubkey(), true);
    refused(
        &mut cluster,
        "the programs' upgrade authority pauses",
        Draft::new(vec![pause], &[&ours]),
        "NotDepartmentAuthority",
    );
    let reading = PlainReading { generated: 5, consumed: 1, quality: Quality::Measured };
    let interval = Interval::ending_at(own[30].interval.end()).expect("aligned");
    // Two meters of one department, submitted to another by a submitter.
    let submission = |(meters, keys): (&Department, &Wallets), to: &Department, by: &Keypair| {
        let meters = meters.meters.iter().take(2).copied().collect();
        let to = Department { submitter: by.pubkey(), meters, ..to.clone() };
        Draft::new(prepare(&to, &keys.meters, interval, &[reading; 2], Signing::Meters).concat(), &[by])
    };
    let by_another = submission((&engineering, &of_ours), &engineering, &of_theirs.submitter);
    refused(&mut cluster, "another's submitter submits", by_another, "NotSubmitter");
    let of_another = submission((&science, &of_theirs), &engineering, &of_ours.submitter);
    refused(&mut cluster, "another's meters are submitted", of_another, "WrongMeter");
    assert_eq!(snapshot(&cluster), before);
    settle(&mut cluster, (&engineering, &of_ours), &own[20..]);
    settle(&mut cluster, (&science, &of_theirs), &others[20..]);
    for (department, intervals) in [(&engineering, &own), (&science, &others)] {
        assert_registers(&cluster, department, intervals);
        assert_invariants(&cluster, &department.addresses);
    }
}
