//! A department's limits: shown, changed by its authority alone, one at a time, and noted by `init` where they are others than planned.

use {
    campus_energy_department::{DepartmentLimits, Founder, Founding, Keys, LimitName, LimitsError, LimitsPlan, Notice},
    campus_energy_sdk::{
        identity::MeterId,
        ledger::{Embedded, Ledger, SplToken, programs::EMBEDDED},
        oracle::{
            instruction::propose_authority,
            state::{Limits, Oracle},
        },
        registry::{
            instruction::propose_authority as propose_administrator,
            state::{Department, Meter},
        },
        time::SECONDS_PER_DAY,
        token::state::MintMode,
    },
    campus_energy_tests::{
        campus::{Campus, GENERATION_LIMIT, LIMITS, SAMPLE, embedded, founding, refusal},
        chain::Chain,
        watched::Watched,
    },
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

fn campus() -> Campus<Embedded> {
    Campus::on(embedded(keys(), SplToken::Batching), keys(), &plan())
}

fn read(campus: &Campus<Embedded>, now: i64) -> DepartmentLimits {
    DepartmentLimits::read(&campus.chain, &campus.addresses(), now).expect("a department")
}

fn authority() -> Pubkey {
    keys().authority().pubkey()
}

fn set(campus: &Campus<Embedded>, wanted: &[(LimitName, u64)]) -> Result<LimitsPlan, LimitsError> {
    read(campus, SAMPLE).set(&campus.addresses(), &authority(), wanted)
}

fn set_meter(campus: &Campus<Embedded>, id: &str, generation: u64) -> Result<LimitsPlan, LimitsError> {
    let id: MeterId = id.parse().expect("a meter id");
    read(campus, SAMPLE).set_meter(&campus.addresses(), &authority(), id, generation)
}

fn send(campus: &mut Campus<Embedded>, plan: &LimitsPlan, by: &Keypair) -> Result<String, String> {
    campus.chain.next_slot();
    plan.send(&mut campus.chain, by).map_err(|error| refusal(Err::<(), _>(error)))
}

#[test]
fn the_limits_and_the_days_surplus_are_shown() {
    let mut campus = campus();
    let there = read(&campus, SAMPLE + 5);
    let meters: Vec<(MeterId, u32)> =
        ["ENG_001", "ENG_002", "ENG_003"].map(|id| (id.parse().expect("an id"), GENERATION_LIMIT)).into();
    let midnight = SAMPLE - SAMPLE.rem_euclid(SECONDS_PER_DAY) + SECONDS_PER_DAY;
    let expected = DepartmentLimits {
        authority: authority(),
        limits: LIMITS,
        require_signatures: true,
        day_surplus: 0,
        day_end: midnight,
        meters,
    };
    assert_eq!(there, expected);
    let readings = campus.signed(SAMPLE, &[(1_000, 100), (0, 500), (400, 0)]);
    campus.submit_signed(SAMPLE, readings).expect("accepted");
    let there = read(&campus, midnight - 1);
    assert_eq!((there.day_surplus, there.day_left()), (1_300, LIMITS.daily_surplus - 1_300));
    // The next day begins with nothing.
    let there = read(&campus, midnight);
    assert_eq!((there.day_surplus, there.day_end), (0, midnight + SECONDS_PER_DAY));
    assert_eq!(there.day_left(), LIMITS.daily_surplus);
}

#[test]
fn each_limit_is_changed_alone_and_the_others_stay() {
    let mut campus = campus();
    let oracle = campus.addresses().oracle;
    for (limit, value) in [
        (LimitName::DailySurplus, u64::MAX),
        (LimitName::ArrayGeneration, u32::MAX.into()),
        (LimitName::MeterConsumption, 1),
        (LimitName::MaxAge, 85_500),
        (LimitName::MaxSkew, 899),
    ] {
        let before: Oracle = campus.read(&oracle);
        let plan = set(&campus, &[(limit, value)]).expect("a change");
        let [change] = plan.changes.as_slice() else { panic!("{:?}", plan.changes) };
        assert_eq!((change.limit.as_str(), change.unit), (limit.name(), limit.unit()));
        assert_eq!((change.now, change.after), (limit.of(&before.limits), value));
        send(&mut campus, &plan, &keys().authority()).expect("the authority may");
        let mut limits = before.limits;
        match limit {
            LimitName::DailySurplus => limits.daily_surplus = u64::MAX,
            LimitName::ArrayGeneration => limits.array_generation = u32::MAX,
            LimitName::MeterConsumption => limits.meter_consumption = 1,
            LimitName::MaxAge => limits.max_age = 85_500,
            LimitName::MaxSkew => limits.max_skew = 899,
        }
        let expected = Oracle { limits, next_event: before.next_event + 1, ..before };
        assert_eq!(campus.read::<Oracle>(&oracle), expected, "{limit:?}, and nothing else");
    }
    // What is as it should be is no change; what is not is sent with it.
    let plan = set(&campus, &[(LimitName::MaxAge, 85_500), (LimitName::MaxSkew, 0)]).expect("a change");
    assert_eq!(plan.changes.iter().map(|change| change.limit.as_str()).collect::<Vec<_>>(), ["max_skew"]);
    send(&mut campus, &plan, &keys().authority()).expect("the authority may");
    let Limits { max_age, max_skew, .. } = campus.read::<Oracle>(&oracle).limits;
    assert_eq!((max_age, max_skew), (85_500, 0));

    let address = campus.addresses().meter(&"ENG_002".parse().expect("an id"));
    let before: Meter = campus.read(&address);
    let plan = set_meter(&campus, "ENG_002", 0).expect("a change");
    assert_eq!((plan.changes[0].limit.as_str(), plan.changes[0].unit), ("ENG_002 generation_limit", "Wh"));
    send(&mut campus, &plan, &keys().authority()).expect("the authority may");
    assert_eq!(campus.read::<Meter>(&address), Meter { generation_limit: 0, ..before });
}

#[test]
fn what_cannot_be_changed_is_told_exactly() {
    let mut campus = campus();
    let told = |result: Result<LimitsPlan, LimitsError>| result.expect_err("no plan").to_string();
    let set = |wanted: &[(LimitName, u64)]| told(set(&campus, wanted));
    for (limit, value, allowed) in [
        (LimitName::DailySurplus, 0, "1 to 18446744073709551615 Wh"),
        (LimitName::ArrayGeneration, 0, "1 to 4294967295 Wh"),
        (LimitName::ArrayGeneration, 4_294_967_296, "1 to 4294967295 Wh"),
        (LimitName::MeterConsumption, 0, "1 to 4294967295 Wh"),
        (LimitName::MaxAge, 85_501, "0 to 85500 s"),
        (LimitName::MaxSkew, 900, "0 to 899 s"),
    ] {
        let expected = format!("{} {value}: out of range; {allowed} are allowed", limit.option());
        assert_eq!(set(&[(limit, value)]), expected);
        // What is shown as allowed is what the program takes.
        assert!(!limit.allowed().contains(&value));
    }
    assert_eq!(
        told(set_meter(&campus, "ENG_001", 4_294_967_296)),
        "--generation 4294967296: out of range; 0 to 4294967295 Wh are allowed"
    );
    assert_eq!(
        set(&[]),
        "nothing to change: give at least one of --daily-surplus, --array-generation, --meter-consumption, --max-age, --max-skew"
    );
    assert_eq!(
        set(&[(LimitName::DailySurplus, LIMITS.daily_surplus), (LimitName::MaxSkew, 60)]),
        "nothing to change: daily_surplus is 20000000 Wh, max_skew is 60 s"
    );
    assert_eq!(
        told(set_meter(&campus, "ENG_003", GENERATION_LIMIT.into())),
        "nothing to change: ENG_003 generation_limit is 12500 Wh"
    );
    assert_eq!(
        told(set_meter(&campus, "ENG_004", 1)),
        "the department has no meter ENG_004; it has 3 meters, ENG_001 to ENG_003"
    );

    // Another key: told before anything is sent, and refused by the program.
    let (there, addresses, submitter) = (read(&campus, SAMPLE), campus.addresses(), keys().submitter());
    let (needed, given) = (authority(), submitter.pubkey());
    let wrong = format!(
        "the department's authority is {needed}; the key given is that of {given}: give the authority's key with --keypair"
    );
    assert_eq!(told(there.set(&addresses, &given, &[(LimitName::MaxAge, 1)])), wrong);
    assert_eq!(told(there.set_meter(&addresses, &given, "ENG_001".parse().expect("an id"), 1)), wrong);
    let pretended = DepartmentLimits { authority: given, ..there };
    let plan = pretended.set(&addresses, &given, &[(LimitName::MaxAge, 1)]).expect("a plan");
    assert_eq!(send(&mut campus, &plan, &submitter), Err("NotDepartmentAuthority".into()));

    let nowhere = embedded(keys(), SplToken::Batching);
    let unfounded = DepartmentLimits::read(&nowhere, &addresses, SAMPLE).expect_err("no department");
    assert_eq!(
        unfounded.to_string(),
        format!(
            "Department {} is not on this ledger: the department has not been founded; run init",
            addresses.department
        )
    );
    let mut stolen = campus.account(&addresses.oracle);
    stolen.owner = EMBEDDED.token;
    campus.chain.put(addresses.oracle, stolen);
    let damaged = DepartmentLimits::read(&campus.chain, &addresses, SAMPLE).expect_err("another program's");
    assert_eq!(
        damaged.to_string(),
        format!(
            "Oracle {}: it belongs to {}, not to the program {}",
            addresses.oracle, EMBEDDED.token, EMBEDDED.oracle
        )
    );
}

/// What `init` says of a department that is there: nothing is refused, and nothing goes unsaid.
#[test]
fn other_limits_are_noted_and_a_proposed_authority_is_a_warning() {
    let (plan, mut campus) = (plan(), campus());
    let founder = Founder::new(EMBEDDED, keys(), &plan);
    let noted = |campus: &Campus<Embedded>| founder.notices(&campus.chain).expect("an answer");
    assert_eq!(noted(&campus), []);
    let empty = embedded(keys(), SplToken::Batching);
    assert_eq!(founder.notices(&empty).expect("an answer"), [], "nothing is there yet");

    let changes = [(LimitName::DailySurplus, 5), (LimitName::MaxAge, 900)];
    let change = set(&campus, &changes).expect("a change");
    send(&mut campus, &change, &keys().authority()).expect("the authority may");
    let change = set_meter(&campus, "ENG_002", 7).expect("a change");
    send(&mut campus, &change, &keys().authority()).expect("the authority may");
    let (addresses, stranger) = (campus.addresses(), Pubkey::new_unique());
    let meter = addresses.meter(&"ENG_002".parse().expect("an id"));
    let notes = [
        format!(
            "note: Oracle {}: daily_surplus is 5 Wh, the configuration gives 20000000 Wh; `sim-cli limits set --daily-surplus 20000000` sets \
             it so",
            addresses.oracle
        ),
        format!(
            "note: Oracle {}: max_age is 900 s, the configuration gives 3600 s; `sim-cli limits set --max-age 3600` sets it so",
            addresses.oracle
        ),
        format!(
            "note: meter ENG_002 {meter}: generation_limit is 7 Wh, the configuration gives 12500 Wh; `sim-cli limits set-meter ENG_002 \
             --generation 12500` sets it so"
        ),
    ];
    let texts = |campus: &Campus<Embedded>| noted(campus).iter().map(Notice::to_string).collect::<Vec<_>>();
    assert_eq!(texts(&campus), notes);

    for (proposal, account, does) in [
        (
            propose_administrator(&addresses, &authority(), &stranger),
            format!("department ENG_ {}", addresses.department),
            "administers it",
        ),
        (
            propose_authority(&addresses, &authority(), &stranger),
            format!("Oracle {}", addresses.oracle),
            "submits its readings",
        ),
    ] {
        campus.send(proposal, &[&keys().authority()]).expect("the authority may");
        let warning = format!(
            "warning: {account}: pending_authority is {stranger}: who has this key can accept, and then {does}; if you did not propose it, \
             withdraw it (ProposeAuthority of the zero address) and look who has the authority's key"
        );
        let all = texts(&campus);
        assert!(all.contains(&warning), "{warning}\n{all:#?}");
    }
    assert_eq!(texts(&campus).len(), 5);
    assert_eq!(campus.read::<Department>(&addresses.department).pending_authority, stranger);

    // None of it is a failure: the department can be opened, and nothing is sent for that.
    let watched = Watched::new(campus.chain);
    founder.plan(&watched).expect("all the same department");
    // A proposal of a key of the operator's own is none to warn of.
    let mut campus = Campus { chain: watched.ledger, ..campus };
    for proposal in [
        propose_administrator(&addresses, &authority(), &keys().submitter().pubkey()),
        propose_authority(&addresses, &authority(), &authority()),
    ] {
        campus.send(proposal, &[&keys().authority()]).expect("the authority may");
    }
    assert_eq!(texts(&campus), notes);
}

/// `gateway --url` and `run --url` open only the department that was founded.
#[test]
fn a_department_that_is_another_one_is_not_opened() {
    let plan = plan();
    let mut ledger = embedded(keys(), SplToken::Batching);
    ledger.set_time(SAMPLE);
    let founder = || Founder::new(EMBEDDED, keys(), &plan);
    assert_eq!(
        founder().open(&ledger).err().map(|error| error.to_string()).as_deref(),
        Some("the department has not been founded; run init")
    );
    let founded = founder().found_with_seats(&mut ledger, |_| ()).expect("founded");
    let opened = founder().open(&ledger).expect("as it was founded");
    assert_eq!((opened.table.key, opened.deployment), (founded.table.key, founded.deployment));

    let (addresses, other) = (founded.addresses, Pubkey::new_unique());
    let remedy = "give the configuration and the keys that the department was founded with, or found another one under another prefix";
    let meter = addresses.meter(&plan.meters[2].id);
    let meter_key = Pubkey::new_from_array(keys().meter(2).verifying_key().to_bytes());
    type Change = fn(&mut [u8], Pubkey);
    let changes: [(Pubkey, String, Change); 3] = [
        (
            addresses.oracle,
            format!("Oracle {}: authority is {other}, expected {}", addresses.oracle, keys().submitter().pubkey()),
            |data, other| Oracle::FIELDS.authority.set(data, other),
        ),
        (
            addresses.department,
            format!("department ENG_ {}: oracle is {other}, expected {}", addresses.department, addresses.oracle),
            |data, other| Department::FIELDS.oracle.set(data, other),
        ),
        (meter, format!("meter ENG_003 {meter}: signing_key is {other}, expected {meter_key}"), |data, other| {
            Meter::FIELDS.signing_key.set(data, other)
        }),
    ];
    for (address, told, change) in changes {
        let there = ledger.account(&address).expect("an answer").expect("an account");
        let mut changed = there.clone();
        change(&mut changed.data, other);
        ledger.put(address, changed);
        let refused = founder().open(&ledger).err().map(|error| error.to_string());
        assert_eq!(refused, Some(format!("{told}; {remedy}")));
        // Before, it was opened: by its lookup table and the keys alone.
        assert!(founder().department(&ledger).is_ok());
        ledger.put(address, there);
    }
}
