//! A department is founded with private keys; who works for it opens it with public ones, and holds the submitter's key alone.

use {
    campus_energy_department::{
        DepartmentKeys, Founder, FoundingError, KeyName, KeySource, Keys, PUBLIC_KEYS, PublicKeys, write_keys,
    },
    campus_energy_sdk::{
        ledger::{Embedded, SplToken, programs::EMBEDDED},
        token::state::MintMode,
    },
    campus_energy_tests::campus::{embedded, founding},
    solana_signer::Signer,
    std::fs,
};

fn ledger() -> Embedded {
    embedded(Keys::new(1), SplToken::Batching)
}

#[test]
fn public_keys_open_a_department_and_found_none() {
    let (plan, keys) = (founding(2, true, MintMode::Batch), Keys::new(1));
    let public = DepartmentKeys::of_seed(keys, &plan).public();
    let opener = || Founder::of_public(EMBEDDED, &public, &plan);
    let mut ledger = ledger();
    assert_eq!(opener().open(&ledger).err(), Some(FoundingError::Unfounded), "nothing is there");
    assert_eq!(opener().found(&mut ledger, |_| ()).err(), Some(FoundingError::Unfounded), "it has no key to sign with");

    let department = Founder::new(EMBEDDED, keys, &plan).found_with_seats(&mut ledger, |_| ()).unwrap();
    assert_eq!(opener().open(&ledger).unwrap(), department);
    assert_eq!(department.submitter, keys.submitter().pubkey());
    // Another submitter than the oracle has is told by name.
    let other = PublicKeys { submitter: keys.authority().pubkey(), ..public.clone() };
    let refused = Founder::of_public(EMBEDDED, &other, &plan).open(&ledger).expect_err("another submitter");
    let expected = format!(
        "Oracle {}: authority is {}, expected {}; ",
        department.addresses.oracle, public.submitter, other.submitter
    );
    assert!(refused.to_string().starts_with(&expected), "{refused}");
    // A seat less: it has to be founded, and that takes keys.
    let mut larger = plan.clone();
    larger.participants.push(plan.participants[0]);
    let more = DepartmentKeys::of_seed(keys, &larger).public();
    assert!(matches!(Founder::of_public(EMBEDDED, &more, &larger).open(&ledger), Err(FoundingError::Mismatch(_))));
}

#[test]
fn a_gateways_host_needs_the_public_keys_and_the_submitters() {
    let (plan, directory) = (founding(2, true, MintMode::Batch), tempfile::tempdir().unwrap());
    let (all, host) = (directory.path().join("keys"), directory.path().join("host"));
    write_keys(&all, &KeyName::all(&plan), None).unwrap();
    let keys = KeySource::Files(all.clone()).department(&plan, None).unwrap();
    keys.public().write(&all, &plan).unwrap();
    // What is copied to the gateway's host.
    fs::create_dir(&host).unwrap();
    for file in [PUBLIC_KEYS, "submitter.json"] {
        fs::copy(all.join(file), host.join(file)).unwrap();
    }
    let source = KeySource::Files(host.clone());
    assert_eq!(source.public(&plan).unwrap(), keys.public());
    assert_eq!(source.key(KeyName::Submitter).unwrap().pubkey(), keys.public().submitter);
    let missing = |name: &str| format!("{}: ", host.join(name).display());
    let refused = source.key(KeyName::Authority).expect_err("it is not there").to_string();
    assert!(refused.starts_with(&missing("authority.json")), "{refused}");
    // A configuration with a meter more, a participant more, and a file that is none.
    let mut more = founding(3, true, MintMode::Batch);
    more.participants.truncate(2);
    let refused = source.public(&more).expect_err("a meter more").to_string();
    assert!(refused.starts_with(&(missing(PUBLIC_KEYS) + "it has no key of meter ENG_003; ")), "{refused}");
    let mut more = plan.clone();
    more.participants.push(plan.participants[0]);
    let refused = source.public(&more).expect_err("a participant more").to_string();
    assert!(refused.starts_with(&(missing(PUBLIC_KEYS) + "it has 2 participants, the configuration 3; ")), "{refused}");
    for (text, why) in [("{}", "missing field `authority`"), ("", "EOF while parsing a value")] {
        fs::write(host.join(PUBLIC_KEYS), text).unwrap();
        let refused = source.public(&plan).expect_err("no public keys").to_string();
        assert!(refused.starts_with(&(missing(PUBLIC_KEYS) + why)), "{refused}");
    }
}
