//! A department's authority at work on a real solana-test-validator, with the real command lines: `make validator`.

use {
    campus_energy_department::Keys,
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Cluster, Ledger, programs::EMBEDDED},
        registry::state::{Department, Meter, MeterStatus},
    },
    campus_energy_tests::validator::{Validator, small_configuration},
    ed25519_dalek::SigningKey,
    solana_keypair::{Keypair, write_keypair_file},
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

struct Site {
    validator: Validator,
    config: String,
    cluster: Cluster,
    addresses: Addresses,
}

impl Site {
    fn run(&self, arguments: &str) -> (i32, String, String) {
        let arguments: Vec<&str> = arguments.split_whitespace().chain(["--config", &self.config]).collect();
        let output = self.validator.sim_cli(&arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_string();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    fn changed(&self, arguments: &str) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!(code, 0, "{arguments}: {out}{err}");
        assert!(out.contains("Changed by transaction "), "{arguments}: {out}{err}");
        out
    }

    fn meter(&self, id: &str) -> Meter {
        let address = self.addresses.meter(&id.parse().expect("an id"));
        let account = self.cluster.account(&address).expect("an answer").expect("a meter");
        Meter::decode(&account.data).expect("a meter")
    }
}

#[test]
#[ignore = "starts a validator: make validator"]
fn meters_pauses_and_authority_on_a_validator() {
    let validator = Validator::start(&[]);
    let (file, configuration) = small_configuration(validator.directory(), EMBEDDED);
    let addresses = Addresses::derive(EMBEDDED, configuration.prefix());
    let cluster = validator.cluster(EMBEDDED);
    let site = Site { config: file.display().to_string(), cluster, addresses, validator };
    let (code, out, err) = site.run("init");
    assert_eq!(code, 0, "{out}{err}");

    let key = Pubkey::new_from_array(SigningKey::from_bytes(&[16; 32]).verifying_key().to_bytes());
    let register = format!(
        "meter register ENG_016 --zone laboratory --owner faculty_001 --signing-key {key} --generation-limit 0"
    );
    let (code, out, err) = site.run(&format!("{register} --dry-run"));
    assert_eq!(code, 0, "{err}");
    assert!(out.ends_with("Nothing was sent: --dry-run; 2 transactions would be\n"), "{out}");
    let out = site.changed(&register);
    assert!(out.contains("lookup table, addresses: "), "{out}");
    let (code, out, _) = site.run(&register);
    assert_eq!((code, &out[..]), (0, "ENG_016 is registered already\nNothing was sent: nothing is to be changed\n"));
    assert_eq!(site.meter("ENG_016").index, 15);

    // Suspended, resumed; and the founding that is repeated takes all of it for legitimate, and makes nothing.
    site.changed("meter suspend ENG_003");
    assert_eq!(site.meter("ENG_003").status, MeterStatus::Suspended);
    let (_, out, err) = site.run("run");
    assert!(err.contains("note: ENG_003 is suspended: its readings are not submitted\n"), "{out}{err}");
    site.changed("meter resume ENG_003");
    let (code, out, err) = site.run("init");
    assert_eq!(code, 0, "{out}{err}");
    // What the founding's keys have signed is still settled.
    let (code, out, err) = site.run("run");
    assert_eq!(code, 0, "{out}{err}");

    let rotated = Pubkey::new_from_array(SigningKey::from_bytes(&[17; 32]).verifying_key().to_bytes());
    site.changed(&format!("meter rotate ENG_002 --signing-key {rotated}"));
    assert_eq!((site.meter("ENG_002").signing_key, site.meter("ENG_002").key_epoch), (rotated, 1));

    site.changed("pause");
    let (code, out, _) = site.run("pause --part market");
    assert_eq!((code, &out[..]), (0, "the market is paused already\nNothing was sent: nothing is to be changed\n"));
    site.changed("resume");

    // Handed over: the old key is refused by name.
    let (old, new) = (Keys::new(42).authority().pubkey(), Keypair::new());
    let file = site.validator.directory().join("new.json").display().to_string();
    write_keypair_file(&new, &file).expect("a file");
    site.changed(&format!("authority propose {}", new.pubkey()));
    let (code, _, err) = site.run(&format!("authority accept --keypair {file}"));
    let poor =
        format!("error: --keypair: {} has no lamports to pay for the transaction; send it some first\n", new.pubkey());
    assert_eq!((code, &err[..]), (2, &poor[..]));
    site.cluster.airdrop(&new.pubkey(), 1_000_000_000).expect("lamports");
    site.changed(&format!("authority accept --keypair {file}"));
    let account = site.cluster.account(&site.addresses.department).expect("an answer").expect("the department");
    assert_eq!(Department::decode(&account.data).expect("a department").authority, new.pubkey());
    let (code, _, err) = site.run("meter suspend ENG_003");
    let wrong = format!(
        "error: the department's authority is {}; the key given is that of {old}: give the authority's key with --keypair\n",
        new.pubkey()
    );
    assert_eq!((code, &err[..]), (2, &wrong[..]));
    site.changed(&format!("meter suspend ENG_003 --keypair {file}"));
}
