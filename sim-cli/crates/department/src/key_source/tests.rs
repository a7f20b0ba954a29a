use {
    super::*,
    crate::{MarketPlan, MeterPlan},
    campus_energy_sdk::{
        oracle::state::Limits,
        registry::state::{Role, Zone},
        token::state::MintMode,
        trading::{state::Capacity, tariffs::Tariffs},
        units::Price,
    },
    solana_keypair::write_keypair_file,
    solana_signer::Signer,
    std::collections::{BTreeMap, BTreeSet},
};

fn founding() -> Founding {
    let meter = |number: usize| MeterPlan {
        id: format!("ENG_{:03}", number + 1).parse().unwrap(),
        zone: Zone::CLASSROOM,
        owner: number,
        generation_limit: 6_250,
    };
    Founding {
        prefix: "ENG_".parse().unwrap(),
        limits: Limits {
            max_age: 3_600,
            max_skew: 60,
            meter_consumption: 10_000,
            array_generation: 12_500,
            daily_surplus: 600_000,
        },
        require_signatures: true,
        mint_mode: MintMode::Plain,
        market: MarketPlan {
            tariffs: Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) },
            capacity: Capacity { orders: 16, seats: 8 },
            minimum_lot: 10,
            orders_per_seat: 4,
            fee: 0,
        },
        participants: vec![Role::Faculty; 3],
        meters: (0..2).map(meter).collect(),
    }
}

/// Every file below a directory, with its content.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn random_keys_are_their_owners_alone_differ_and_are_never_overwritten() {
    let (founding, directory) = (founding(), tempfile::tempdir().unwrap());
    let directory = directory.path().join("keys");
    let mut names = KeyName::all(&founding);
    // Seven with a name, three participants, two meters.
    assert_eq!(names.len(), 12);
    let last = names.pop().unwrap();
    assert_eq!(write_keys(&directory, &names, None).unwrap(), 11);
    let before = files(&directory);
    assert_eq!(before.len(), 11, "no temporary file is left");

    // A meter more: only its key is made.
    names.push(last);
    assert_eq!(write_keys(&directory, &names, None).unwrap(), 1);
    let after = files(&directory);
    assert!(before.iter().all(|(path, key)| after[path] == *key) && after.len() == 12);
    assert_eq!(write_keys(&directory, &names, None).unwrap(), 0);
    assert_eq!(files(&directory), after);

    let source = KeySource::Files(directory.clone());
    let keys = source.department(&founding, None).unwrap();
    let distinct: BTreeSet<_> = after.values().collect();
    assert_eq!(distinct.len(), 12, "no key twice");
    assert_eq!(keys.participants.len() + keys.meters.len(), 5);
    let meter = KeyName::Meter(1, founding.meters[1].id);
    assert_eq!(keys.meters[1].to_bytes(), *source.key(meter).unwrap().secret_bytes());
    keys.refuse_public(&founding, 42).expect("no seed has them");
    #[cfg(unix)]
    for path in after.keys() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path), mode(path.parent().unwrap())), (0o600, 0o700), "{}", path.display());
    }
}

#[test]
fn the_files_of_a_seed_are_its_keys_and_known_as_public() {
    let (founding, directory) = (founding(), tempfile::tempdir().unwrap());
    let names = KeyName::all(&founding);
    assert_eq!(write_keys(directory.path(), &names, Some(7)).unwrap(), 12);
    assert_eq!(write_keys(directory.path(), &names, Some(7)).unwrap(), 0, "the same again is harmless");
    let source = KeySource::Files(directory.path().into());
    for name in &names {
        let key = source.key(*name).unwrap();
        assert_eq!(key.pubkey(), KeySource::Seed(7).key(*name).unwrap().pubkey(), "{name}");
        let refused = name.refuse_public(&key, 42).unwrap_err().to_string();
        let expected = format!(
            "the key of {name} is that of seed 7, and keys derived from a seed are public: anyone can compute them"
        );
        assert_eq!(refused, expected);
    }
    // As the founding derives them.
    let (read, derived) =
        (source.department(&founding, None).unwrap(), DepartmentKeys::of_seed(Keys::new(7), &founding));
    for (read, derived) in [
        (&read.authority, &derived.authority),
        (&read.submitter, &derived.submitter),
        (&read.quote_mint, &derived.quote_mint),
        (&read.participants[2], &derived.participants[2]),
    ] {
        assert_eq!(read.pubkey(), derived.pubkey());
    }
    assert_eq!(read.meters[1].to_bytes(), derived.meters[1].to_bytes());

    // Another seed does not write over them, nor does --random pass them off as random.
    let authority = directory.path().join("authority.json");
    let taken = write_keys(directory.path(), &names, Some(8)).unwrap_err().to_string();
    assert_eq!(
        taken,
        format!("{} holds another key; no key is ever overwritten: give another directory", authority.display())
    );
    let public = write_keys(directory.path(), &names, None).unwrap_err().to_string();
    assert_eq!(
        public,
        "the key of authority is that of seed 7, and keys derived from a seed are public: anyone can compute them"
    );
}

#[test]
fn one_public_key_among_random_ones_is_found() {
    let (founding, directory) = (founding(), tempfile::tempdir().unwrap());
    let names = KeyName::all(&founding);
    write_keys(directory.path(), &names, None).unwrap();
    let source = KeySource::Files(directory.path().into());
    // The programs' ids are no keys of the department.
    let own = names.iter().filter(|name| !matches!(name, KeyName::Program(_)));
    for name in own {
        let (path, random) = (directory.path().join(name.file()), source.key(*name).unwrap());
        // A large seed is only known where it is the one that is given.
        for (seed, given) in [(3, 42), (1_000_000, 1_000_000)] {
            write_keypair_file(&name.of_seed(Keys::new(seed)), &path).unwrap();
            let refused = source.department(&founding, None).unwrap().refuse_public(&founding, given);
            assert!(
                matches!(&refused, Err(KeyError::Public(found, of)) if found == name && *of == seed),
                "{refused:?}"
            );
        }
        write_keypair_file(&random, &path).unwrap();
    }
    source.department(&founding, None).unwrap().refuse_public(&founding, 42).expect("they are random again");
}

#[test]
fn a_missing_file_is_named_with_what_makes_it() {
    let (founding, directory) = (founding(), tempfile::tempdir().unwrap());
    write_keys(directory.path(), &KeyName::all(&founding), None).unwrap();
    let source = KeySource::Files(directory.path().into());
    for (name, file) in [
        (KeyName::Submitter, "submitter.json"),
        (KeyName::QuoteMint, "quote-mint.json"),
        (KeyName::Participant(2), "participants/0002.json"),
        (KeyName::Meter(1, founding.meters[1].id), "meters/ENG_002.json"),
        (KeyName::Authority, "authority.json"),
    ] {
        let path = directory.path().join(file);
        assert_eq!(directory.path().join(name.file()), path);
        fs::remove_file(&path).unwrap();
        let Err(error) = source.department(&founding, None) else { panic!("{file} is missing") };
        let expected = format!(
            "{}: No such file or directory (os error 2); `sim-cli keys --random --out {}` makes the files that are missing, given the same --config",
            path.display(),
            directory.path().display()
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(write_keys(directory.path(), &KeyName::all(&founding), None).unwrap(), 1);
    }
    fs::remove_file(directory.path().join("authority.json")).unwrap();
    let given = source.department(&founding, Some(Keypair::new()));
    assert!(given.is_ok(), "an authority of its own needs no file");
}
