//! Which keys commands take, and what they say of those that they do not.

#![cfg(feature = "network")]

use std::process::Command;

/// The brief's variables name the authority's key, and whose it must be; both before a cluster is asked.
#[test]
fn the_environment_names_the_authority() {
    let init = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        command.args(["init", "--url", "http://127.0.0.1:9"]).env(name, value);
        let output = command.output().expect("sim-cli starts");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let says = init("ENGINEERING_WALLET_PATH", "no/such.json");
    assert_eq!(says, "error: no/such.json: No such file or directory (os error 2)\n");
    let another = "CampusEnergy9rac1e1111111111111111111111111";
    let says = init("ENGINEERING_AUTHORITY_PUBKEY", another);
    assert!(
        says.starts_with(&format!("error: ENGINEERING_AUTHORITY_PUBKEY is {another}; the key given is that of ")),
        "{says}"
    );
}

/// Limits are a cluster's, and are changed with a key that not anyone can compute.
#[test]
fn limits_say_what_they_lack() {
    let kept =
        "error: the embedded ledger of a run is not kept; give --url, or --gateway for that of a running gateway\n";
    let public = "error: the key of authority is that of seed 42, and keys derived from a seed are public: anyone can compute them\n";
    for (arguments, expected) in [
        (&["show"][..], kept),
        (&["set-meter", "ENG_001", "--generation", "1", "--ledger", "embedded", "--url", "localhost"], kept),
        (&["set", "--max-age", "900", "--url", "http://192.0.2.1:8899"], public),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        let output = command.arg("limits").args(arguments).env_clear().output().expect("sim-cli starts");
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(2), expected));
    }
}

/// Keys that anyone can compute stay on this machine; each command says so before it asks the cluster for anything.
#[test]
fn keys_of_a_seed_are_refused_on_a_cluster_that_others_reach() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        command.args(arguments).env("ENGINEERING_API_KEY", "a-key-for-tests").env_remove("ENGINEERING_WALLET_PATH");
        let output = command.output().expect("sim-cli starts");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (data, authority) = (path("data"), path("authority.json"));
    let stranger = solana_keypair::Keypair::new();
    solana_keypair::write_keypair_file(&stranger, &authority).unwrap();
    for (url, host) in [
        ("devnet", "api.devnet.solana.com"),
        ("m", "api.mainnet-beta.solana.com"),
        // Reserved for documentation: nobody has it.
        ("http://192.0.2.1:8899", "192.0.2.1"),
        ("localhost,http://localhost@validator.example", "validator.example"),
    ] {
        let expected = format!(
            "error: the cluster: {host} is not on this machine; keys derived from a seed are public, anyone can compute them: make secret \
             ones with `sim-cli keys --random --out DIR` and give them with --keys DIR\n"
        );
        for command in [
            &["init"][..],
            &["init", "--dry-run"],
            &["init", "--keypair", &authority],
            &["run"],
            &["gateway", "--listen", "127.0.0.1:0", "--data", &data],
        ] {
            let refused = run(&[command, &["--url", url]].concat());
            assert_eq!(refused, (Some(2), expected.clone()), "{command:?}");
        }
    }
    let keys = path("keys");
    assert_eq!(run(&["keys", "--random", "--out", &keys]).0, Some(0));
    // The embedded ledger has no others than the seed's.
    let expected = "error: --keys: it is for a cluster; the embedded ledger's keys are those of --seed\n";
    for command in [&["run", "--out", &data][..], &["gateway", "--listen", "127.0.0.1:0", "--data", &data]] {
        let refused = run(&[command, &["--keys", &keys]].concat());
        assert_eq!(refused, (Some(2), expected.into()), "{command:?}");
    }
}

#[test]
fn keys_are_written_once_printed_and_used_to_sign() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (random, of_seed) = (path("random"), path("seed"));
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sim-cli")).args(arguments).output().expect("sim-cli starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", text(output.stderr));
        (text(output.stdout), text(output.stderr))
    };
    let (made, says) = run(&["keys", "--random", "--out", &random]);
    // Seven by name, 250 participants, 15 meters.
    assert_eq!(says, format!("{random}: 272 keys written, 0 were there\n"));
    let names: Vec<_> = made.lines().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    assert_eq!(names, ["authority", "submitter", "quote mint", "registry", "token", "oracle", "trading"]);
    let (again, says) = run(&["keys", "--random", "--out", &random]);
    assert_eq!((again, says), (made.clone(), format!("{random}: 0 keys written, 272 were there\n")));
    assert_eq!(run(&["keys", "--keys", &random]).0, made);
    let printed = run(&["keys"]).0;
    assert_eq!(run(&["keys", "--out", &of_seed]).0, printed);
    assert_ne!(printed, made);
    assert!(printed.starts_with("authority FGsmqG7t6DThbXS7Rk8VLWrtmcpGBsVwG9ChSDGVP6ND\n"), "{printed}");

    let sign = ["sign", "--meter", "ENG_007", "--timestamp", "1730448000", "--generated", "1", "--consumed", "0.5"];
    let signed = |more: &[&str]| run(&[&sign, more].concat()).0;
    assert_eq!(signed(&["--keys", &of_seed]), signed(&[]));
    assert_ne!(signed(&["--keys", &random]), signed(&[]));
}
