//! What a department's authority changes after the founding: planned, sent, and found legitimate by who opens the department with the
//! founding's public keys.

use {
    campus_energy_department::{
        Administration, AdministrationError, Department, DepartmentKeys, Founder, Founding, FoundingError, Keys,
        LimitsError, Notice, Office, Part, Plan, Signing, Wallets, backlog, unsettled_meters,
    },
    campus_energy_sdk::{
        ledger::{
            Embedded, Ledger, SplToken,
            programs::EMBEDDED,
            transaction::{self, extend_table, find_table_with},
        },
        oracle::readings::PlainReading,
        reading::Quality,
        registry::{
            instruction::MeterRegistration,
            state::{Meter, MeterStatus, Role, Zone},
        },
        time::Interval,
        token::state::MintMode,
        trading::instruction::claim_seat,
        units::Money,
    },
    campus_energy_tests::{
        campus::{Campus, SAMPLE, embedded, founding},
        chain::Chain,
    },
    ed25519_dalek::SigningKey,
    solana_keypair::Keypair,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

fn keys() -> Keys {
    Keys::new(1)
}

fn plan() -> Founding {
    founding(3, true, MintMode::Batch)
}

fn campus(plan: &Founding) -> Campus<Embedded> {
    let mut campus = Campus::on(embedded(keys(), SplToken::Batching), keys(), plan);
    let founder = Founder::new(EMBEDDED, keys(), plan).with_budgets(|_| Money::ZERO);
    founder.found_with_seats(&mut campus.chain, |_| ()).expect("the seats are open");
    campus
}

fn authority() -> Keypair {
    keys().authority()
}

fn key(seed: u8) -> Pubkey {
    Pubkey::new_from_array(SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes())
}

fn id(text: &str) -> campus_energy_sdk::identity::MeterId {
    text.parse().expect("an id")
}

fn read(campus: &Campus<Embedded>) -> Administration {
    Administration::read(&campus.chain, &campus.addresses()).expect("a department")
}

/// Sends a plan of so many transactions; afterwards the same operation has nothing to do.
fn send(
    campus: &mut Campus<Embedded>,
    by: &Keypair,
    count: usize,
    operation: impl Fn(&Administration, &Embedded) -> Result<Plan, AdministrationError>,
) {
    let plan = operation(&read(campus), &campus.chain).expect("a plan");
    assert_eq!((plan.transactions(), plan.changes.is_empty()), (count, false), "{plan:?}");
    campus.chain.next_slot();
    assert_eq!(plan.send(&mut campus.chain, by).expect("executed").len(), count);
    campus.chain.next_slot();
    let again = operation(&read(campus), &campus.chain).expect("a plan");
    assert_eq!((again.transactions(), again.changes.len(), again.notes.len()), (0, 0, 1), "{again:?}");
}

/// Opens the department as a gateway does: by the public keys of the founding.
fn open(campus: &Campus<Embedded>, plan: &Founding) -> Result<Department, FoundingError> {
    let public = DepartmentKeys::of_seed(keys(), plan).public();
    Founder::of_public(EMBEDDED, &public, plan).open(&campus.chain)
}

#[test]
fn a_rotated_key_and_an_added_meter_are_legitimate() {
    let plan = plan();
    let mut campus = campus(&plan);
    let (by, first) = (authority().pubkey(), open(&campus, &plan).expect("as founded"));
    send(&mut campus, &authority(), 1, |there, _| there.rotate(&by, id("ENG_002"), &key(2)));
    let opened = open(&campus, &plan).expect("a key that the authority rotated is legitimate");
    assert_eq!(opened.meters.iter().map(|meter| meter.key_epoch).collect::<Vec<_>>(), [0, 1, 0]);
    // Another key without another epoch is not: no instruction makes that.
    let address = campus.addresses().meter(&id("ENG_003"));
    let (account, other) = (campus.account(&address), key(99));
    let mut changed = account.clone();
    Meter::FIELDS.signing_key.set(&mut changed.data, other);
    campus.chain.put(address, changed);
    let refused = open(&campus, &plan).expect_err("another key").to_string();
    assert!(refused.starts_with(&format!("meter ENG_003 {address}: signing_key is {other}, expected ")), "{refused}");
    campus.chain.put(address, account);

    // A newcomer and a meter: the token account is made, the lookup table grows, who opens the department finds it.
    let wallet = keys().wallet("newcomer", 0).pubkey();
    send(&mut campus, &authority(), 1, |there, _| there.register_participant(&by, &wallet, Role::Graduate));
    let wanted = MeterRegistration {
        id: id("ENG_004"),
        zone: Zone::LABORATORY,
        owner: wallet,
        signing_key: key(4),
        generation_limit: 500,
    };
    send(&mut campus, &authority(), 2, |there, ledger| there.register_meter(ledger, &by, &wanted));
    let opened = open(&campus, &plan).expect("more meters and participants are legitimate");
    let addresses = campus.addresses();
    let added = [addresses.meter(&wanted.id), addresses.token_account(&wallet)];
    assert_eq!(opened.table.key, first.table.key);
    assert_eq!(opened.table.addresses, [&first.table.addresses[..], &added].concat());
    // The founding that is repeated makes nothing, and no second table.
    let founder = || Founder::new(EMBEDDED, keys(), &plan).with_budgets(|_| Money::ZERO);
    let stages = founder().plan(&campus.chain).expect("nothing that may not differ");
    assert!(stages.iter().all(|stage| stage.missing == 0));
    // The newcomer's seat is legitimate, too.
    let newcomer = keys().wallet("newcomer", 0);
    campus.send(claim_seat(&addresses, &wallet), &[&newcomer]).expect("a seat");
    assert!(open(&campus, &plan).is_ok());
    let there = read(&campus);
    assert_eq!((there.meters.len(), there.participants.len()), (4, 5));
    let (name, newcomer) = there.named_participants().pop().expect("the newcomer");
    assert_eq!((&name[..], newcomer.wallet), ("graduate_001", wallet));
    // A configuration without one of the founded meters is still another one.
    let mut fewer = plan.clone();
    fewer.meters.pop();
    let refused = open(&campus, &fewer).expect_err("a meter less").to_string();
    let expected = format!("department ENG_ {}: participants is 5, expected at most 4; ", addresses.department);
    assert!(refused.starts_with(&expected), "{refused}");
}

#[test]
fn a_department_that_was_handed_over_is_opened_by_the_founding() {
    let plan = plan();
    let mut campus = campus(&plan);
    let (old, new) = (authority(), keys().wallet("stranger", 0));
    let (by, next) = (old.pubkey(), new.pubkey());
    let there = read(&campus);
    let refused = there.accept(&next, Office::Authority).expect_err("not proposed").to_string();
    let expected =
        format!("{next} has not been proposed as the authority; nobody has; {by} proposes with `authority propose`");
    assert_eq!(refused, expected);
    send(&mut campus, &old, 1, |there, _| there.propose(&by, Office::Authority, Some(next), None));
    // Half moved: shown, and withdrawn or taken up.
    assert_eq!(read(&campus).holder(Office::Authority), (by, Some(next)));
    assert!(open(&campus, &plan).is_ok());
    send(&mut campus, &old, 1, |there, _| there.propose(&by, Office::Authority, None, None));
    assert_eq!(read(&campus).holder(Office::Authority), (by, None));
    send(&mut campus, &old, 1, |there, _| there.propose(&by, Office::Authority, Some(next), None));
    send(&mut campus, &new, 1, |there, _| there.accept(&next, Office::Authority));
    assert_eq!(read(&campus).holder(Office::Authority), (next, None));

    assert!(open(&campus, &plan).is_ok(), "what the authority has handed over is legitimate");
    let founder = Founder::new(EMBEDDED, keys(), &plan).with_budgets(|_| Money::ZERO);
    let department = campus.addresses().department;
    let note = format!("note: department ENG_ {department}: authority is {next}; {by} founded it");
    let notices: Vec<String> = founder.notices(&campus.chain).expect("notices").iter().map(Notice::to_string).collect();
    assert!(notices.contains(&note), "{notices:?}");
    // Nobody else's: a stranger to the founding opens nothing.
    let stranger = Founder::new(EMBEDDED, Keys::new(2), &plan).plan(&campus.chain).err();
    assert!(matches!(stranger, Some(FoundingError::Mismatch(mismatch)) if mismatch.field == "authority"));

    let wrong = LimitsError::WrongKey { needed: next, given: by };
    let there = read(&campus);
    assert_eq!(there.set_status(&by, id("ENG_001"), MeterStatus::Suspended).err(), Some(wrong.clone().into()));
    assert_eq!(there.set_paused(&by, &Part::ALL, true).err(), Some(wrong.into()));
    // The new one does all of it: another authority has no lookup table, and registers a meter without.
    send(&mut campus, &new, 1, |there, _| there.set_status(&next, id("ENG_001"), MeterStatus::Suspended));
    let owner = keys().participant(0).pubkey();
    let (zone, signing_key) = (Zone::CLASSROOM, key(4));
    let wanted = MeterRegistration { id: id("ENG_004"), zone, owner, signing_key, generation_limit: 0 };
    send(&mut campus, &new, 1, |there, ledger| there.register_meter(ledger, &next, &wanted));
    assert!(open(&campus, &plan).is_ok());
    // The submitter is handed over by the new authority.
    let submitter = keys().wallet("newcomer", 0);
    let to = submitter.pubkey();
    send(&mut campus, &new, 1, |there, _| there.propose(&next, Office::Submitter, Some(to), None));
    send(&mut campus, &submitter, 1, |there, _| there.accept(&to, Office::Submitter));
    assert_eq!(read(&campus).holder(Office::Submitter), (to, None));
}

/// On a ledger without a faucet each authority gets what it needs from the one before, and nothing that it has.
#[test]
fn a_department_is_handed_over_again_and_again() {
    let plan = plan();
    let mut campus = campus(&plan);
    let (first, second, third) = (authority(), Keypair::new_from_array([5; 32]), Keypair::new_from_array([6; 32]));
    let lamports = |campus: &Campus<Embedded>, key: &Keypair| {
        let account = campus.chain.account(&key.pubkey()).expect("an answer");
        account.map_or(0, |account| account.lamports)
    };
    let fee = 5_000;
    let mut hand_over = |from: &Keypair, to: &Keypair, given: u64| {
        let (by, next) = (from.pubkey(), to.pubkey());
        let before = (lamports(&campus, from), lamports(&campus, to));
        send(&mut campus, from, 1, |there, ledger| there.propose(&by, Office::Authority, Some(next), Some(ledger)));
        assert_eq!((lamports(&campus, from), lamports(&campus, to)), (before.0 - given - fee, before.1 + given));
        send(&mut campus, to, 1, |there, _| there.accept(&next, Office::Authority));
        assert_eq!(read(&campus).holder(Office::Authority), (next, None));
    };
    hand_over(&first, &second, 1_000_000_000);
    // It has paid for accepting, and has less than twice one SOL.
    hand_over(&second, &third, 499_997_500);
    hand_over(&third, &first, 0);
    hand_over(&first, &second, 500_007_500);
}

#[test]
fn a_meter_that_a_full_lookup_table_does_not_take_is_refused() {
    let plan = plan();
    let mut campus = campus(&plan);
    let (by, addresses) = (authority().pubkey(), campus.addresses());
    let table = find_table_with(&campus.chain, &by, &[addresses.department, addresses.oracle]).expect("an answer");
    let table = table.expect("the founding made one");
    let others = (table.addresses.len()..256).map(|_| Pubkey::new_unique());
    let all: Vec<Pubkey> = table.addresses.iter().copied().chain(others).collect();
    for instructions in extend_table(&table, &by, &all) {
        transaction::send(&mut campus.chain, &instructions, &[&authority()], &[]).expect("it is longer");
        campus.chain.next_slot();
    }
    let owner = keys().participant(0).pubkey();
    let (zone, signing_key) = (Zone::CLASSROOM, key(4));
    let wanted = MeterRegistration { id: id("ENG_004"), zone, owner, signing_key, generation_limit: 0 };
    let refused = read(&campus).register_meter(&campus.chain, &by, &wanted).expect_err("it is full").to_string();
    let expected =
        "ENG_004 cannot be registered: the department's lookup table has 256 addresses, and takes 256 at most";
    assert_eq!(refused, expected);
}

/// What simulated meters cannot report any more takes no other meter's reading with it, and is said.
#[test]
fn meters_whose_readings_would_be_refused_are_left_out_and_named() {
    let plan = plan();
    let mut campus = campus(&plan);
    let (by, wallets) = (authority().pubkey(), Wallets::of_seed(keys(), &plan));
    send(&mut campus, &authority(), 1, |there, _| there.set_status(&by, id("ENG_001"), MeterStatus::Suspended));
    send(&mut campus, &authority(), 1, |there, _| there.rotate(&by, id("ENG_002"), &key(2)));
    let department = open(&campus, &plan).expect("legitimate");
    let readings = vec![PlainReading { generated: 0, consumed: 1, quality: Quality::Measured }; 3];
    let intervals = [(Interval::ending_at(SAMPLE).expect("an interval"), readings)];
    let suspended = "ENG_001 is suspended: its readings are not submitted".to_string();
    let rotated = format!("ENG_002 signs with {} since its key was rotated: it reports by itself", key(2));
    for (signing, reasons, count) in
        [(Signing::Meters, vec![suspended.clone(), rotated], 1), (Signing::Submitter, vec![suspended], 2)]
    {
        assert_eq!(unsettled_meters(&campus.chain, &department, &wallets, signing), Ok(reasons));
        let (drafts, missing) = backlog(&campus.chain, &department, &wallets, &intervals, signing).expect("drafts");
        assert_eq!((drafts.len(), missing), (1, count));
    }
}

#[test]
fn each_part_is_paused_and_resumed_alone() {
    let mut campus = campus(&plan());
    let by = authority().pubkey();
    for part in Part::ALL {
        send(&mut campus, &authority(), 1, |there, _| there.set_paused(&by, &[part], true));
        let there = read(&campus);
        assert_eq!(Part::ALL.map(|other| there.is_paused(other)), Part::ALL.map(|other| other == part));
        send(&mut campus, &authority(), 1, |there, _| there.set_paused(&by, &[part], false));
    }
    let there = read(&campus);
    let plan = there.set_paused(&by, &Part::ALL, true).expect("a plan");
    assert_eq!((plan.transactions(), plan.changes.len()), (1, 3), "all in one transaction");
}

#[test]
fn what_cannot_be_registered_is_told_exactly() {
    let campus = campus(&plan());
    let (by, there) = (authority().pubkey(), read(&campus));
    let owner = keys().participant(0).pubkey();
    let wanted =
        MeterRegistration { id: id("ENG_004"), zone: Zone::CLASSROOM, owner, signing_key: key(4), generation_limit: 0 };
    let told =
        |wanted: MeterRegistration| there.register_meter(&campus.chain, &by, &wanted).expect_err("no plan").to_string();
    assert_eq!(
        told(MeterRegistration { id: id("SCI_001"), ..wanted }),
        "SCI_001 cannot be a meter of this department: its meters' ids are ENG_ and then letters or digits"
    );
    let stranger = Pubkey::new_unique();
    assert_eq!(
        told(MeterRegistration { owner: stranger, ..wanted }),
        format!(
            "{stranger} is no participant of the department; register it first: participant register {stranger} --role ROLE"
        )
    );
    let known = there.meters[0].clone();
    assert_eq!(
        told(MeterRegistration { signing_key: known.signing_key, ..wanted }),
        format!("--signing-key {}: ENG_001 signs with it already; each meter has a key of its own", known.signing_key)
    );
    let same = MeterRegistration {
        id: known.id,
        zone: known.zone,
        owner: known.owner,
        signing_key: known.signing_key,
        generation_limit: known.generation_limit,
    };
    assert_eq!(
        told(MeterRegistration { generation_limit: 1, ..same }),
        format!(
            "ENG_001 is registered already, and its generation limit is {} Wh, not 1 Wh; change it with oracle limits set-meter ENG_001",
            known.generation_limit
        )
    );
    let plan = there.register_meter(&campus.chain, &by, &same).expect("as it is");
    assert_eq!((plan.transactions(), &plan.notes[..]), (0, &["ENG_001 is registered already".to_string()][..]));
    assert_eq!(
        there.register_participant(&by, &owner, Role::Graduate).expect_err("another role").to_string(),
        format!("{owner} is registered already as faculty_001; a participant's role cannot be changed")
    );
    assert_eq!(
        there.wallet_of("faculty_009").expect_err("nobody").to_string(),
        "faculty_009 is no participant of the department; give a wallet's address or a name; the last names are faculty_003, department_001"
    );
    assert!(campus.chain.account(&campus.addresses().meter(&wanted.id)).expect("an answer").is_none());
}
