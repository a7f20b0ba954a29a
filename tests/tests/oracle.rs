//! The oracle's instructions in program-test: balances, registers, exact errors.

use {
    campus_energy_sdk::{
        ledger::SplToken,
        oracle::{
            self,
            instruction::{IntervalSubmission, submit_readings},
            state::{IntervalRing, IntervalTotals, Limits, Oracle},
        },
        registry::{
            self,
            state::{Meter, MeterStatus},
        },
        token::state::{MintMode, TokenConfig},
        trading::state::Market,
        units::{Energy, TokenAmount},
    },
    campus_energy_tests::campus::{Campus, LIMITS, SAMPLE, refusal},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

/// The brief's sample: 6.2 kWh generated, 4.1 consumed, 2,100,000,000 base units; and a meter without surplus.
#[test]
fn an_interval_is_recorded_minted_and_told_to_the_market() {
    let mut campus = Campus::native(3);
    campus.submit(SAMPLE, &[(6_200, 4_100), (0, 3_000), (500, 500)]).unwrap();
    assert_eq!(
        [campus.balance(0), campus.balance(1), campus.balance(2), campus.supply()],
        [2_100_000_000, 0, 0, 2_100_000_000]
    );

    let meter: Meter = campus.read(&campus.department.meters[0].accounts.meter);
    assert_eq!((meter.newest, meter.accepted, meter.readings), (SAMPLE, 1, 1));
    assert_eq!(
        (meter.generated, meter.consumed, meter.minted),
        (Energy(6_200), Energy(4_100), TokenAmount(2_100_000_000))
    );
    let token: TokenConfig = campus.read(&campus.addresses().token_config);
    assert_eq!((token.minted, token.retired), (TokenAmount(2_100_000_000), TokenAmount::ZERO));
    let market: Market = campus.read(&campus.addresses().market);
    let interval = campus.interval(SAMPLE).unwrap();
    assert_eq!((market.timestamp, interval.supply, interval.demand), (SAMPLE, Energy(2_100), Energy(3_000)));
    assert_eq!(interval.reference_price, market.tariffs.reference_price(Energy(2_100), Energy(3_000)));
    let oracle: Oracle = campus.read(&campus.addresses().oracle);
    assert_eq!((oracle.readings, oracle.generated, oracle.consumed), (3, Energy(6_700), Energy(7_600)));
    let ring: IntervalRing = campus.read(&campus.addresses().interval_ring);
    let slot = ring.intervals[IntervalTotals::slot(campus_energy_sdk::time::Interval::ending_at(SAMPLE).unwrap())];
    let totals = (slot.timestamp, slot.generated, slot.consumed, slot.surplus, slot.readings);
    assert_eq!(totals, (SAMPLE, Energy(6_700), Energy(7_600), Energy(2_100), 3));
}

#[test]
fn a_reading_is_accepted_once_ever_and_a_batch_wholly_or_not_at_all() {
    let mut campus = Campus::native(3);
    campus.submit(SAMPLE, &[(6_200, 4_100)]).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE, &[(6_200, 4_100)])), "AlreadyAccepted");
    assert_eq!(refusal(campus.submit(SAMPLE, &[(1, 0), (1_000, 0)])), "AlreadyAccepted");
    assert_eq!((campus.supply(), campus.balance(1)), (2_100_000_000, 0), "nothing of a refused batch");
    // Late, but within the window: out of order is fine.
    campus.submit(SAMPLE - 1_800, &[(1_000, 0)]).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE - 1_800, &[(1_000, 0)])), "AlreadyAccepted");
    let market: Market = campus.read(&campus.addresses().market);
    assert_eq!((market.timestamp, market.late_supply, market.late_demand), (SAMPLE, Energy(1_000), Energy::ZERO));
    // The same meter twice in one batch.
    let meter = campus.department.meters[1].accounts;
    let submitter = campus.keys.submitter();
    let readings = campus_energy_tests::campus::plain(&[(0, 5), (0, 5)]);
    let twice = submit_readings(
        &campus.addresses(),
        &submitter.pubkey(),
        IntervalSubmission { timestamp: SAMPLE, meters: &[meter, meter], readings },
    );
    assert_eq!(refusal(campus.send(twice, &[&submitter])), "AlreadyAccepted");
}

#[test]
fn time_and_plausibility_have_limits() {
    let mut campus = Campus::native(3);
    assert_eq!(refusal(campus.submit(SAMPLE + 1, &[(1, 0)])), "MisalignedTimestamp");
    assert_eq!(refusal(campus.submit(-900, &[(1, 0)])), "MisalignedTimestamp");
    assert_eq!(refusal(campus.submit(SAMPLE + 900, &[(1, 0)])), "FutureReading");
    assert_eq!(refusal(campus.submit(SAMPLE - 3_600, &[(1, 0)])), "StaleReading");
    campus.submit(SAMPLE - 2_700, &[(1, 0)]).unwrap();
    campus.chain_time(SAMPLE - 60);
    campus.submit(SAMPLE, &[(1, 0)]).unwrap();
    campus.chain_time(SAMPLE + 905);
    let next = SAMPLE + 900;
    assert_eq!(refusal(campus.submit(next, &[(12_501, 0)])), "ImplausibleGeneration");
    assert_eq!(refusal(campus.submit(next, &[(0, 16_801)])), "ImplausibleConsumption");

    let limits = Limits { array_generation: 20_000, ..LIMITS };
    campus.configure(limits, false).unwrap();
    campus.submit(next, &[(12_000, 0)]).unwrap();
    // The array's limit is the interval's, over all its batches.
    let meters = &campus.department.meters;
    let (second, submitter) = (meters[1].accounts, campus.keys.submitter());
    let mut batch = |generated| {
        let readings = campus_energy_tests::campus::plain(&[(generated, 0)]);
        let submission = IntervalSubmission { timestamp: next, meters: &[second], readings };
        let instruction = submit_readings(&campus.addresses(), &submitter.pubkey(), submission);
        campus.send(instruction, &[&submitter])
    };
    assert_eq!(refusal(batch(8_001)), "ImplausibleArray");
    batch(8_000).unwrap();
}

/// One meter once took the whole array: its key generated 12.5 kWh in every interval, and every other meter was refused.
#[test]
fn a_meter_generates_no_more_than_its_share() {
    let mut campus = Campus::embedded(3, SplToken::Batching, MintMode::Batch);
    campus.configure(Limits { array_generation: 12_500, ..LIMITS }, false).unwrap();
    let (authority, addresses) = (campus.keys.authority(), campus.addresses());
    let id = |meter: usize| format!("ENG_{:03}", meter + 1).parse().unwrap();
    let set = registry::instruction::set_meter_limit;
    for meter in 0..3 {
        campus.send(set(&addresses, &authority.pubkey(), &id(meter), 4_166), &[&authority]).unwrap();
    }
    assert_eq!(refusal(campus.submit(SAMPLE, &[(12_500, 0)])), "ImplausibleGeneration");
    assert_eq!(refusal(campus.submit(SAMPLE, &[(4_167, 0)])), "ImplausibleGeneration");
    campus.submit(SAMPLE, &[(4_166, 0), (4_166, 0), (4_166, 0)]).unwrap();
    assert_eq!(campus.supply(), 3 * 4_166_000_000);
    // It is the department's to change.
    let (submitter, next) = (campus.keys.submitter(), SAMPLE - 900);
    let own = set(&addresses, &submitter.pubkey(), &id(0), 12_500);
    assert_eq!(refusal(campus.send(own, &[&submitter])), "NotDepartmentAuthority");
    campus.send(set(&addresses, &authority.pubkey(), &id(0), 0), &[&authority]).unwrap();
    assert_eq!(refusal(campus.submit(next, &[(1, 0)])), "ImplausibleGeneration");
    campus.submit(next, &[(0, 500)]).unwrap();
}

/// Lowering the array's limit once refused meters that only consume.
#[test]
fn what_generates_nothing_is_never_too_much_for_the_array() {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.submit(SAMPLE, &[(6_000, 0)]).unwrap();
    campus.configure(Limits { array_generation: 5_000, ..LIMITS }, false).unwrap();
    let (submitter, account) = (campus.keys.submitter(), campus.meter_accounts(2)[1]);
    let mut second = |generated| {
        let readings = campus_energy_tests::campus::plain(&[(generated, 700)]);
        let submission = IntervalSubmission { timestamp: SAMPLE, meters: &[account], readings };
        let instruction = submit_readings(&campus.addresses(), &submitter.pubkey(), submission);
        campus.send(instruction, &[&submitter])
    };
    assert_eq!(refusal(second(1)), "ImplausibleArray");
    second(0).unwrap();
}

/// What a submitter's key can mint is bounded by day, whatever intervals the readings are of; what mints nothing is not.
#[test]
fn the_surplus_of_a_day_has_a_limit() {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    let day = SAMPLE - SAMPLE % 86_400 + 86_400;
    let limits = Limits { daily_surplus: 10_000, max_age: 85_500, ..LIMITS };
    campus.configure(limits, false).unwrap();
    // The last interval of the day before, and others, all accepted on one day.
    campus.chain_time(day + 5);
    campus.submit(day - 900, &[(6_000, 1_000), (1_000, 3_000)]).unwrap();
    campus.submit(day, &[(5_000, 0)]).unwrap();
    let state: Oracle = campus.read(&campus.addresses().oracle);
    assert_eq!((i64::from(state.day) * 86_400, state.day_surplus), (day, Energy(10_000)));
    assert_eq!(refusal(campus.submit(day - 1_800, &[(1, 0)])), "DailySurplus");
    campus.submit(day - 1_800, &[(500, 500), (0, 900)]).unwrap();
    // Raised by the department, never by the submitter; the next day begins anew.
    campus.configure(Limits { daily_surplus: 10_001, ..limits }, false).unwrap();
    campus.submit(day - 2_700, &[(1, 0)]).unwrap();
    campus.configure(limits, false).unwrap();
    campus.chain_time(day + 86_399);
    assert_eq!(refusal(campus.submit(day + 85_500, &[(1, 0)])), "DailySurplus");
    campus.chain_time(day + 86_400);
    campus.submit(day + 85_500, &[(10_000, 0)]).unwrap();
    assert_eq!(refusal(campus.submit(day + 86_400, &[(1, 0)])), "DailySurplus");
    assert_eq!(campus.supply(), 20_001_000_000);
}

#[test]
fn only_the_authority_submits_and_it_changes_hands_in_two_steps() {
    let mut campus = Campus::native(1);
    let stranger = campus.keys.wallet("stranger", 0);
    let authority = campus.keys.authority();
    let addresses = campus.addresses();
    let mut instruction = campus.submission(SAMPLE, &[(1, 0)]);
    instruction.accounts[0].pubkey = stranger.pubkey();
    assert_eq!(refusal(campus.send(instruction.clone(), &[&stranger])), "NotSubmitter");

    let accept = oracle::instruction::accept_authority(&addresses, &stranger.pubkey());
    assert_eq!(refusal(campus.send(accept.clone(), &[&stranger])), "NoPendingAuthority");
    let propose = oracle::instruction::propose_authority;
    let own = propose(&addresses, &stranger.pubkey(), &stranger.pubkey());
    assert_eq!(refusal(campus.send(own, &[&stranger])), "NotDepartmentAuthority");
    campus.send(propose(&addresses, &authority.pubkey(), &stranger.pubkey()), &[&authority]).unwrap();
    campus.send(accept, &[&stranger]).unwrap();
    campus.send(instruction, &[&stranger]).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE - 900, &[(1, 0)])), "NotSubmitter");
}

#[test]
fn limits_are_the_departments_and_must_make_sense() {
    let mut campus = Campus::native(1);
    for limits in [
        Limits { max_age: 85_501, ..LIMITS },
        Limits { max_skew: 900, ..LIMITS },
        Limits { meter_consumption: 0, ..LIMITS },
        Limits { array_generation: 0, ..LIMITS },
        Limits { daily_surplus: 0, ..LIMITS },
    ] {
        assert_eq!(refusal(campus.configure(limits, false)), "InvalidLimits", "{limits:?}");
    }
    let submitter = campus.keys.submitter();
    let own = oracle::instruction::configure(&campus.addresses(), &submitter.pubkey(), LIMITS, false);
    assert_eq!(refusal(campus.send(own, &[&submitter])), "NotDepartmentAuthority", "the hot key must not raise limits");
}

#[test]
fn an_inactive_meter_a_paused_department_and_a_paused_token_stop_readings() {
    let mut campus = Campus::native(2);
    let (authority, addresses) = (campus.keys.authority(), campus.addresses());
    let id = campus.department.meters[0].id;
    let status = |status| registry::instruction::set_meter_status(&addresses, &authority.pubkey(), &id, status);
    campus.send(status(MeterStatus::Suspended), &[&authority]).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE, &[(1, 0)])), "MeterInactive");
    campus.send(status(MeterStatus::Active), &[&authority]).unwrap();

    let pause = |paused| registry::instruction::set_paused(&addresses, &authority.pubkey(), paused);
    campus.send(pause(true), &[&authority]).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE, &[(1, 0)])), "Paused");
    campus.send(pause(false), &[&authority]).unwrap();

    let pause = |paused| campus_energy_sdk::token::instruction::set_paused(&addresses, &authority.pubkey(), paused);
    campus.send(pause(true), &[&authority]).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE, &[(1, 0)])), "Paused");
    campus.submit(SAMPLE, &[(0, 1)]).unwrap();
    campus.send(pause(false), &[&authority]).unwrap();
    campus.submit(SAMPLE - 900, &[(1, 0)]).unwrap();
    assert_eq!(campus.supply(), 1_000_000);
}

#[test]
fn surplus_goes_to_the_owners_own_token_account_and_no_other() {
    let mut campus = Campus::native(2);
    let mut instruction = campus.submission(SAMPLE, &[(1_000, 0)]);
    let last = instruction.accounts.len() - 1;
    instruction.accounts[last].pubkey = campus.department.meters[1].accounts.token_account;
    let submitter = campus.keys.submitter();
    assert_eq!(refusal(campus.send(instruction.clone(), &[&submitter])), "WrongTokenAccount");
    instruction.accounts.pop();
    assert_eq!(refusal(campus.send(instruction, &[&submitter])), "AccountCount");
    let mut many = campus.submission(SAMPLE, &[(1_000, 0)]);
    many.accounts.push(many.accounts[last].clone());
    assert_eq!(refusal(campus.send(many, &[&submitter])), "AccountCount");
    assert_eq!(refusal(campus.submit(SAMPLE, &[])), "ReadingCount");
}

#[test]
fn malformed_data_is_refused_by_name() {
    let mut campus = Campus::native(1);
    let submitter = campus.keys.submitter();
    let valid = campus.submission(SAMPLE, &[(1, 0)]);
    for length in [0, 1, 5, valid.data.len() - 1] {
        let mut short = valid.clone();
        short.data.truncate(length);
        assert_eq!(refusal(campus.send(short, &[&submitter])), "MalformedInstruction", "{length} bytes");
    }
    let mut long = valid.clone();
    long.data.push(0);
    assert_eq!(refusal(campus.send(long, &[&submitter])), "MalformedInstruction");
    let mut encoding = valid.clone();
    encoding.data[9] = 2;
    assert_eq!(refusal(campus.send(encoding, &[&submitter])), "MalformedInstruction");
    let mut quality = valid.clone();
    *quality.data.last_mut().unwrap() = 2;
    assert_eq!(refusal(campus.send(quality, &[&submitter])), "MalformedInstruction");
    let mut unknown = valid;
    unknown.data[0] = 99;
    assert_eq!(refusal(campus.send(unknown, &[&submitter])), "MalformedInstruction");
}

#[test]
fn the_department_can_be_initialised_once_and_by_the_upgrade_authority_alone() {
    let mut campus = Campus::native(1);
    let (authority, stranger, addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let initialize = oracle::instruction::initialize;
    let again = initialize(&addresses, &authority.pubkey(), &authority.pubkey(), LIMITS, false);
    assert_eq!(refusal(campus.send(again, &[&authority])), "AlreadyExists");
    let foreign = initialize(&addresses, &stranger.pubkey(), &stranger.pubkey(), LIMITS, false);
    assert_eq!(refusal(campus.send(foreign, &[&stranger])), "NotUpgradeAuthority");
    let nobody = initialize(&addresses, &authority.pubkey(), &Pubkey::default(), LIMITS, false);
    assert_eq!(refusal(campus.send(nobody, &[&authority])), "InvalidAuthority");
}
