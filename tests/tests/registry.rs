//! The registry's instructions in program-test: accounts and exact errors.

use {
    campus_energy_sdk::{
        deployment::deployment_id,
        registry::{
            self, instruction as build,
            state::{Department, Meter, MeterStatus, Participant, Role, Zone},
        },
    },
    campus_energy_tests::campus::{Campus, SAMPLE, refusal},
    campus_energy_tests::chain::Chain,
    solana_account::Account,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_signer::Signer,
};

#[test]
fn founding_creates_department_participants_and_meters() {
    let campus = Campus::native(3);
    let addresses = campus.addresses();
    let department: Department = campus.read(&addresses.department);
    assert_eq!((department.prefix, department.authority), (addresses.prefix, campus.keys.authority().pubkey()));
    // The department itself is a participant too.
    assert_eq!((department.participants, department.meters, department.paused), (4, 3, false));
    assert_eq!(department.deployment, deployment_id(&Hash::default(), &addresses.department));
    let owner = campus.keys.participant(1).pubkey();
    let participant: Participant = campus.read(&addresses.participant(&owner));
    assert_eq!((participant.wallet, participant.role, participant.index), (owner, Role::Faculty, 1));
    let meter: Meter = campus.read(&campus.department.meters[1].accounts.meter);
    assert_eq!(
        (meter.id.to_string().as_str(), meter.zone, meter.status),
        ("ENG_002", Zone::LABORATORY, MeterStatus::Active)
    );
    assert_eq!((meter.owner, meter.token_account), (owner, addresses.token_account(&owner)));
    assert_eq!(meter.signing_key.to_bytes(), campus.keys.meter(1).verifying_key().to_bytes());
}

#[test]
fn a_meter_must_fit_the_department_and_be_new() {
    let mut campus = Campus::native(1);
    let (authority, addresses) = (campus.keys.authority(), campus.addresses());
    let (owner, key) = (campus.keys.participant(0).pubkey(), Pubkey::new_unique());
    let register = |id: &str, owner: &Pubkey| {
        build::register_meter(
            &addresses,
            &authority.pubkey(),
            owner,
            id.parse().unwrap(),
            Zone::CLASSROOM,
            &key,
            12_500,
        )
    };
    assert_eq!(refusal(campus.send(register("SCI_001", &owner), &[&authority])), "InvalidMeterId");
    assert_eq!(refusal(campus.send(register("ENG_001", &owner), &[&authority])), "AlreadyExists");
    let nobody = Pubkey::new_unique();
    assert_eq!(refusal(campus.send(register("ENG_002", &nobody), &[&authority])), "Missing");
    campus.send(register("ENG_002", &owner), &[&authority]).unwrap();
    let participant = build::register_participant(&addresses, &authority.pubkey(), &owner, Role::Graduate);
    assert_eq!(refusal(campus.send(participant, &[&authority])), "AlreadyExists");
}

/// Any campus's zones fit; a name that another client could write in two forms is refused.
#[test]
fn a_zone_is_any_well_formed_name() {
    let mut campus = Campus::native(1);
    let (authority, addresses) = (campus.keys.authority(), campus.addresses());
    let (owner, key) = (campus.keys.participant(0).pubkey(), Pubkey::new_unique());
    let register = |id: &str, zone| {
        build::register_meter(&addresses, &authority.pubkey(), &owner, id.parse().unwrap(), zone, &key, 0)
    };
    let names = ["server_room", "2nd_floor", "x", "sixteen_letters0"];
    for (id, name) in ["ENG_002", "ENG_003", "ENG_004", "ENG_005"].into_iter().zip(names) {
        campus.send(register(id, name.parse().unwrap()), &[&authority]).unwrap();
        let meter: Meter = campus.read(&addresses.meter(&id.parse().unwrap()));
        assert_eq!(meter.zone.name(), name);
    }
    let malformed = [
        [0; 16],
        *b"Classroom\0\0\0\0\0\0\0",
        *b"class room\0\0\0\0\0\0",
        *b"_classroom\0\0\0\0\0\0",
        *b"sixteen_letters_",
        *b"classroom\0x\0\0\0\0\0",
        *b"\0classroom\0\0\0\0\0\0",
        *b"classroom       ",
        *b"caf\xc3\xa9\0\0\0\0\0\0\0\0\0\0\0",
    ];
    for zone in malformed.map(Zone) {
        assert_eq!(refusal(campus.send(register("ENG_006", zone), &[&authority])), "InvalidZone", "{zone:?}");
    }
}

/// Anybody can send lamports to an address; that must not keep an account from being created there.
#[test]
fn a_prefunded_address_does_not_block_creation() {
    let mut campus = Campus::native(1);
    let (authority, addresses) = (campus.keys.authority(), campus.addresses());
    for (index, lamports) in [(0, 890_880), (1, 1_000_000_000)] {
        let wallet = campus.keys.wallet("guest", index).pubkey();
        let address = addresses.participant(&wallet);
        campus.chain.put(address, Account { lamports, ..Account::default() });
        let register = build::register_participant(&addresses, &authority.pubkey(), &wallet, Role::Graduate);
        campus.send(register, &[&authority]).unwrap();
        let participant: Participant = campus.read(&address);
        assert_eq!(participant.wallet, wallet);
    }
}

#[test]
fn a_retired_meter_stays_retired() {
    let mut campus = Campus::native(1);
    let (authority, addresses, id) = (campus.keys.authority(), campus.addresses(), campus.department.meters[0].id);
    let set = |status| build::set_meter_status(&addresses, &authority.pubkey(), &id, status);
    campus.send(set(MeterStatus::Retired), &[&authority]).unwrap();
    assert_eq!(refusal(campus.send(set(MeterStatus::Active), &[&authority])), "MeterRetired");
    assert_eq!(refusal(campus.submit(SAMPLE, &[(1, 0)])), "MeterInactive");
}

#[test]
fn a_new_key_has_a_new_epoch() {
    let mut campus = Campus::native(1);
    let (authority, addresses, id) = (campus.keys.authority(), campus.addresses(), campus.department.meters[0].id);
    let key = Pubkey::new_unique();
    campus.send(build::rotate_meter_key(&addresses, &authority.pubkey(), &id, &key), &[&authority]).unwrap();
    let meter: Meter = campus.read(&campus.department.meters[0].accounts.meter);
    assert_eq!((meter.signing_key, meter.key_epoch), (key, 1));
}

#[test]
fn the_authority_changes_hands_in_two_steps() {
    let mut campus = Campus::native(1);
    let (authority, stranger, addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let pause = |signer: &Pubkey| build::set_paused(&addresses, signer, true);
    assert_eq!(refusal(campus.send(pause(&stranger.pubkey()), &[&stranger])), "NotDepartmentAuthority");
    let accept = build::accept_authority(&addresses, &stranger.pubkey());
    assert_eq!(refusal(campus.send(accept.clone(), &[&stranger])), "NoPendingAuthority");
    campus.send(build::propose_authority(&addresses, &authority.pubkey(), &stranger.pubkey()), &[&authority]).unwrap();
    // Proposed, and taken back.
    campus.send(build::propose_authority(&addresses, &authority.pubkey(), &Pubkey::default()), &[&authority]).unwrap();
    assert_eq!(refusal(campus.send(accept.clone(), &[&stranger])), "NoPendingAuthority");
    campus.send(build::propose_authority(&addresses, &authority.pubkey(), &stranger.pubkey()), &[&authority]).unwrap();
    campus.send(accept, &[&stranger]).unwrap();
    assert_eq!(refusal(campus.send(pause(&authority.pubkey()), &[&authority])), "NotDepartmentAuthority");
    campus.send(pause(&stranger.pubkey()), &[&stranger]).unwrap();
}

#[test]
fn only_the_oracle_records_readings() {
    let mut campus = Campus::native(1);
    let (stranger, addresses) = (campus.keys.wallet("stranger", 0), campus.addresses());
    let meter = campus.department.meters[0].accounts.meter;
    let counted = [registry::instruction::Counted { generated: 1, consumed: 0 }];
    let (program, department) = (addresses.programs.registry, addresses.department);
    let record = build::record_readings(&program, &stranger.pubkey(), &department, [meter].iter(), SAMPLE, &counted);
    assert_eq!(refusal(campus.send(record, &[&stranger])), "NotOracle");
}

#[test]
fn a_department_needs_a_prefix_an_authority_and_the_upgrade_authority() {
    let mut campus = Campus::native(1);
    let (authority, stranger, mut addresses) =
        (campus.keys.authority(), campus.keys.wallet("stranger", 0), campus.addresses());
    let again = build::initialize(&addresses, &authority.pubkey(), &authority.pubkey(), [0; 32]);
    assert_eq!(refusal(campus.send(again, &[&authority])), "AlreadyExists");
    let foreign = build::initialize(&addresses, &stranger.pubkey(), &stranger.pubkey(), [0; 32]);
    assert_eq!(refusal(campus.send(foreign, &[&stranger])), "NotUpgradeAuthority");
    let nobody = build::initialize(&addresses, &authority.pubkey(), &Pubkey::default(), [0; 32]);
    assert_eq!(refusal(campus.send(nobody, &[&authority])), "InvalidAuthority");
    addresses.prefix.0[3] = b'-';
    let wrong = build::initialize(&addresses, &authority.pubkey(), &authority.pubkey(), [0; 32]);
    assert_eq!(refusal(campus.send(wrong, &[&authority])), "InvalidPrefix");
}
