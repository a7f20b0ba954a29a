//! A department's authority at work, by the command line, through a running gateway on its embedded ledger.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_department::Keys,
    campus_energy_gateway::Submission,
    campus_energy_sdk::{
        deployment::{Addresses, deployment_id},
        identity::MeterId,
        ledger::programs::EMBEDDED,
        time::Interval,
    },
    ed25519_dalek::SigningKey,
    gateway_support::process::{KEY, Process, command},
    serde_json::{Value, json},
    solana_keypair::{Keypair, write_keypair_file},
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_signer::Signer,
    std::{
        path::Path,
        process::Command,
        time::{Duration, Instant},
    },
};

const BEGIN: i64 = 1_730_448_000;
const READING: &str = "/api/engineering/meter-reading";

/// A gateway, and the commands of who administers its department.
struct Site {
    gateway: Process,
}

/// A command's exit code and what it prints.
type Printed = (i32, String, String);

impl Site {
    fn start(directory: &Path) -> Self {
        Self { gateway: Process::start(command(directory)).expect("it starts") }
    }

    fn run(&self, arguments: &str) -> Printed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-cli"));
        command.args(arguments.split_whitespace()).args(["--gateway", &format!("http://{}", self.gateway.address)]);
        command.env("ENGINEERING_API_KEY", KEY).env_remove("ENGINEERING_WALLET_PATH");
        let output = command.output().expect("sim-cli runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// What a command prints that must succeed and change something, without the transaction's id.
    fn changed(&self, arguments: &str) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!((code, &err[..]), (0, ""), "{arguments}: {out}");
        let (text, id) = out.split_once("Changed by transaction ").unwrap_or_else(|| panic!("{arguments}: {out}"));
        assert!(id.trim().len() >= 86, "{out}");
        assert!(
            out.lines().filter(|line| !line.contains("transaction")).all(|line| line.chars().count() <= 80),
            "{out}"
        );
        text.into()
    }

    /// Expects a command to change nothing, since it is so already.
    fn unchanged(&self, arguments: &str, note: &str) {
        let expected = format!("{note}\nNothing was sent: nothing is to be changed\n");
        assert_eq!(self.run(arguments), (0, expected, String::new()), "{arguments}");
    }

    fn refused(&self, arguments: &str, code: i32, error: &str) {
        assert_eq!(self.run(arguments), (code, String::new(), format!("error: {error}\n")), "{arguments}");
    }

    /// Posts a reading; the status, and the code or the status in words.
    fn post(&self, meter: &str, number: i64, key: &SigningKey, key_epoch: u32) -> (u16, String) {
        let body = serde_json::to_string(&submission(meter, number, key, key_epoch).body()).unwrap();
        let answer = self.gateway.request("POST", &format!("{READING}?wait=confirmed"), &body);
        let (status, answer) = answer.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let name = if status < 300 { &answer["status"] } else { &answer["code"] };
        (status, name.as_str().expect("a name").into())
    }

    fn state(&self, meter: &str, number: i64) -> Value {
        let path = format!("{READING}/{meter}/{}", BEGIN + 900 * number);
        let (_, state) = self.gateway.request("GET", &path, "").expect("an answer");
        serde_json::from_str(&state).expect("JSON")
    }

    /// Waits until a reading is confirmed.
    fn until_confirmed(&self, meter: &str, number: i64) {
        let begun = Instant::now();
        while self.state(meter, number)["state"] != json!("confirmed") {
            // Less than the longest pause after a refusal: what is resumed goes at once.
            assert!(begun.elapsed() < Duration::from_secs(15), "{}", self.state(meter, number));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn meters(&self) -> Vec<Value> {
        let (code, out, err) = self.run("meter list --output json");
        assert_eq!((code, &err[..]), (0, ""));
        let list: Value = serde_json::from_str(&out).expect("JSON");
        list["meters"].as_array().expect("meters").clone()
    }

    fn meter(&self, id: &str) -> Value {
        self.meters().into_iter().find(|meter| meter["id"] == json!(id)).expect("the meter")
    }
}

fn submission(meter: &str, number: i64, key: &SigningKey, key_epoch: u32) -> Submission {
    let addresses = Addresses::derive(EMBEDDED, "ENG_".parse().unwrap());
    let deployment = deployment_id(&Hash::default(), &addresses.department);
    let (meter, timestamp): (MeterId, i64) = (meter.parse().unwrap(), BEGIN + 900 * number);
    let interval = Interval::ending_at(timestamp).unwrap();
    Submission::signed_in_epoch((key, key_epoch), deployment, meter, interval, [0, 400])
}

fn own_key(number: usize) -> SigningKey {
    Keys::new(42).meter(number - 1)
}

fn new_key(seed: u8) -> (SigningKey, Pubkey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let address = Pubkey::new_from_array(key.verifying_key().to_bytes());
    (key, address)
}

fn address_of(key: &SigningKey) -> Pubkey {
    Pubkey::new_from_array(key.verifying_key().to_bytes())
}

const DRY: &str = "Nothing was sent: --dry-run; 1 transaction would be\n";

/// A meter is replaced at noon, one is suspended, one is added; then the gateway is killed, and all of it is there again.
#[test]
fn meters_are_replaced_suspended_and_added() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::start(directory.path());
    assert_eq!(site.post("ENG_001", 0, &own_key(1), 0), (200, "success".into()));

    // The device is replaced: its register goes on, and its old key is refused from then on.
    let (key, address) = new_key(7);
    let rotate = format!("meter rotate ENG_001 --signing-key {address}");
    let change = format!(
        "ENG_001, signing key:\n  before {}\n  after  {address}\nENG_001, key epoch: 0 -> 1\n",
        address_of(&own_key(1))
    );
    assert_eq!(site.run(&format!("{rotate} --dry-run")), (0, format!("{change}{DRY}"), String::new()));
    assert_eq!(site.meter("ENG_001")["key_epoch"], 0, "nothing was sent");
    assert_eq!(site.changed(&rotate), change);
    site.unchanged(&rotate, &format!("ENG_001 signs with {address} already, key epoch 1"));
    assert_eq!(site.post("ENG_001", 1, &own_key(1), 0), (422, "wrong_key_epoch".into()));
    assert_eq!(site.post("ENG_001", 1, &own_key(1), 1), (403, "wrong_signature".into()));
    assert_eq!(site.post("ENG_001", 1, &key, 1), (200, "success".into()));
    let meter = site.meter("ENG_001");
    assert_eq!((&meter["readings"], &meter["consumed_wh"], &meter["key_epoch"]), (&json!(2), &json!(800), &json!(1)));
    assert_eq!(meter["signing_key"], json!(address.to_string()));

    // A suspended meter measures all the same: what it reports waits, and is delivered.
    assert_eq!(site.changed("meter suspend ENG_002"), "ENG_002, status: active -> suspended\n");
    site.unchanged("meter suspend ENG_002", "ENG_002 is suspended already");
    assert_eq!(site.post("ENG_002", 1, &own_key(2), 0), (202, "kept".into()));
    assert_eq!(site.post("ENG_002", 2, &own_key(2), 0), (202, "kept".into()));
    let state = site.state("ENG_002", 2);
    let reason = "ENG_002 is suspended: its readings wait until its authority resumes it";
    assert_eq!((&state["state"], &state["reason"]), (&json!("journaled"), &json!(reason)));
    assert_eq!(site.changed("meter resume ENG_002"), "ENG_002, status: suspended -> active\n");
    site.until_confirmed("ENG_002", 1);
    site.until_confirmed("ENG_002", 2);

    // Retired is for good.
    site.changed("meter retire ENG_015");
    site.unchanged("meter retire ENG_015", "ENG_015 is retired already");
    let retired = "ENG_015 is retired for good; register another meter";
    site.refused("meter resume ENG_015", 2, retired);
    site.refused(&format!("meter rotate ENG_015 --signing-key {}", new_key(9).1), 2, retired);
    assert_eq!(site.post("ENG_015", 2, &own_key(15), 0), (403, "inactive_meter".into()));

    // A new participant with a new meter.
    let owner = Keypair::new_from_array([5; 32]).pubkey();
    let (sixteenth, address) = new_key(16);
    let register = format!("meter register ENG_016 --zone laboratory --signing-key {address} --generation-limit 0");
    let hint = format!(
        "{owner} is no participant of the department; register it first: participant register {owner} --role ROLE"
    );
    site.refused(&format!("{register} --owner {owner}"), 2, &hint);
    let registered = site.changed(&format!("participant register {owner} --role faculty"));
    assert_eq!(registered, format!("faculty_051, wallet: - -> {owner}\n"));
    site.unchanged(
        &format!("participant register {owner} --role faculty"),
        &format!("{owner} is registered already as faculty_051"),
    );
    let changed = site.changed(&format!("{register} --owner faculty_051"));
    assert!(changed.starts_with("ENG_016, status: - -> active\nENG_016, zone: - -> laboratory\n"), "{changed}");
    site.unchanged(&format!("{register} --owner {owner}"), "ENG_016 is registered already");
    assert_eq!(site.post("ENG_016", 2, &sixteenth, 0), (200, "success".into()));
    assert_eq!(site.post("ENG_016", 3, &own_key(1), 0), (403, "wrong_signature".into()));
    let (_, summary) = site.gateway.request("GET", "/api/engineering/meter-summary", "").expect("an answer");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["meters"][15]["meter_id"], json!("ENG_016"), "it is shown");

    // Mistakes, each with its sentence.
    let unknown = "the department has no meter ENG_017; it has 16 meters, ENG_001 to ENG_016";
    site.refused("meter suspend ENG_017", 2, unknown);
    site.refused(
        &format!("meter rotate ENG_003 --signing-key {address}"),
        2,
        &format!("--signing-key {address}: ENG_016 signs with it already; each meter has a key of its own"),
    );
    let zero = Pubkey::default();
    site.refused(
        &format!("meter rotate ENG_003 --signing-key {zero}"),
        2,
        &format!("--signing-key {zero}: no ed25519 public key that a meter can sign for"),
    );
    site.refused(
        &format!("{register} --owner faculty_001"),
        2,
        &format!(
            "ENG_016 is registered already, and its owner is {owner}, not {}; that stays so: retire ENG_016 and register another meter",
            Keys::new(42).participant(0).pubkey()
        ),
    );

    // kill -9: everything is there again, and readings go on.
    let before = site.meters();
    site.gateway.kill();
    let site = Site::start(directory.path());
    assert_eq!(site.meters(), before);
    assert_eq!(site.post("ENG_001", 4, &key, 1), (200, "success".into()));
    assert_eq!(site.post("ENG_016", 4, &sixteenth, 0), (200, "success".into()));
    site.gateway.kill();
}

/// What waits when a meter gets another key can never be carried: it is rejected, and does not keep back what is signed with the new key.
#[test]
fn readings_of_a_former_key_do_not_keep_back_those_of_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::start(directory.path());
    let rejected = |meter: &str, number: i64| {
        let begun = Instant::now();
        while site.state(meter, number)["state"] != json!("rejected") {
            assert!(begun.elapsed() < Duration::from_secs(15), "{}", site.state(meter, number));
            std::thread::sleep(Duration::from_millis(50));
        }
        let reason = format!(
            "wrong_key_epoch: {meter} has got a key of epoch 1 before the ledger had this reading, which is signed with that of epoch 0; sign \
             the reading with the new key and post it again"
        );
        assert_eq!(site.state(meter, number)["reason"], json!(reason));
    };
    // Suspended, rotated, resumed.
    let (key, address) = new_key(7);
    site.changed("meter suspend ENG_001");
    assert_eq!(site.post("ENG_001", 0, &own_key(1), 0), (202, "kept".into()));
    assert_eq!(site.post("ENG_001", 1, &own_key(1), 0), (202, "kept".into()));
    site.changed(&format!("meter rotate ENG_001 --signing-key {address}"));
    rejected("ENG_001", 0);
    rejected("ENG_001", 1);
    assert_eq!(site.post("ENG_001", 2, &key, 1), (202, "kept".into()), "it is suspended still");
    site.changed("meter resume ENG_001");
    site.until_confirmed("ENG_001", 2);
    assert_eq!(site.post("ENG_001", 3, &key, 1), (200, "success".into()));
    // The same interval, signed anew.
    assert_eq!(site.post("ENG_001", 0, &key, 1), (200, "success".into()));
    assert_eq!(site.meter("ENG_001")["readings"], json!(3));

    // Paused, rotated, resumed; killed in between.
    let (key, address) = new_key(8);
    site.changed("pause --part department");
    assert_eq!(site.post("ENG_002", 0, &own_key(2), 0), (202, "kept".into()));
    site.changed(&format!("meter rotate ENG_002 --signing-key {address}"));
    site.gateway.kill();
    let site = Site::start(directory.path());
    assert_eq!(site.post("ENG_002", 1, &key, 1), (202, "kept".into()));
    site.changed("resume --part department");
    site.until_confirmed("ENG_002", 1);
    assert_eq!(site.state("ENG_002", 0)["state"], json!("rejected"));
    let meter = site.meter("ENG_002");
    assert_eq!((&meter["readings"], &meter["consumed_wh"]), (&json!(1), &json!(400)));
    site.gateway.kill();
}

#[test]
fn a_department_is_paused_and_handed_over() {
    let directory = tempfile::tempdir().unwrap();
    let site = Site::start(directory.path());
    let all =
        "department, state: running -> paused\ntoken, state: running -> paused\nmarket, state: running -> paused\n";
    assert_eq!(site.run("pause --dry-run"), (0, format!("{all}{DRY}"), String::new()));
    assert_eq!(site.changed("pause --part department"), "department, state: running -> paused\n");
    assert_eq!(site.post("ENG_001", 0, &own_key(1), 0), (202, "kept".into()));
    let rest = "token, state: running -> paused\nmarket, state: running -> paused\nthe department is paused already\n";
    assert_eq!(site.changed("pause"), rest);
    site.unchanged(
        "pause",
        "the department is paused already\nthe token is paused already\nthe market is paused already",
    );
    assert_eq!(site.changed("resume"), all.replace("running -> paused", "paused -> running"));
    site.until_confirmed("ENG_001", 0);

    // A limit takes effect without a restart, by both spellings of the command.
    let (code, out, err) = site.run("oracle limits set --meter-consumption 300");
    assert_eq!((code, &err[..]), (0, ""), "{out}");
    assert_eq!(site.post("ENG_001", 1, &own_key(1), 0), (422, "implausible_energy".into()));
    let (code, out, _) = site.run("limits show --output json");
    let shown: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &shown["meter_consumption_wh"]), (0, &json!(300)));
    let again = "nothing to change: meter_consumption is 300 Wh";
    site.refused("oracle limits set --meter-consumption 300", 2, again);
    assert_eq!(site.run("oracle limits set --meter-consumption 5000").0, 0);
    assert_eq!(site.post("ENG_001", 1, &own_key(1), 0), (200, "success".into()));

    // Handed over: proposed, shown, accepted; the old key is refused, and so is who was not proposed.
    let (old, new) = (Keys::new(42).authority().pubkey(), Keypair::new_from_array([77; 32]));
    let file = directory.path().join("new.json").display().to_string();
    write_keypair_file(&new, &file).unwrap();
    let key = new.pubkey();
    let early =
        format!("{key} has not been proposed as the authority; nobody has; {old} proposes with `authority propose`");
    site.refused(&format!("authority accept --keypair {file}"), 2, &early);
    assert_eq!(site.changed(&format!("authority propose {key}")), format!("authority, proposed: nobody -> {key}\n"));
    site.unchanged(&format!("authority propose {key}"), &format!("{key} has been proposed already as the authority"));
    let submitter = Keys::new(42).submitter().pubkey();
    let proposed = format!(
        "Department ENG_\nauthority  {old}\n  proposed {key}, who has not accepted yet\nsubmitter  {submitter}\n"
    );
    assert_eq!(site.run("authority show"), (0, proposed, String::new()));
    site.refused(
        &format!("authority propose {key} --of submitter"),
        2,
        "--of submitter: on the embedded ledger the submitter is the gateway's own key, which follows from its --seed",
    );
    let accepted = format!("authority, holder:\n  before {old}\n  after  {key}\n");
    assert_eq!(site.changed(&format!("authority accept --keypair {file}")), accepted);
    site.unchanged(&format!("authority accept --keypair {file}"), &format!("{key} is the authority already"));
    let wrong = format!(
        "the department's authority is {key}; the key given is that of {old}: give the authority's key with --keypair"
    );
    site.refused("meter suspend ENG_003", 2, &wrong);
    assert_eq!(
        site.changed(&format!("meter suspend ENG_003 --keypair {file}")),
        "ENG_003, status: active -> suspended\n"
    );
    // The gateway opens its ledger as it is, with the new authority.
    site.gateway.kill();
    let site = Site::start(directory.path());
    assert_eq!(site.meter("ENG_003")["status"], json!("suspended"));
    site.refused("meter resume ENG_003", 2, &wrong);
    site.changed(&format!("meter resume ENG_003 --keypair {file}"));
    assert_eq!(site.post("ENG_003", 2, &own_key(3), 0), (200, "success".into()));
    site.gateway.kill();
}

/// Killed between the journal and the answer: the change is made once, and the command that is repeated says so.
#[test]
fn a_change_survives_kill_9_exactly_once() {
    for point in ["after_sign", "after_send"] {
        let directory = tempfile::tempdir().unwrap();
        let mut crashing = command(directory.path());
        crashing.env("CAMPUS_ENERGY_CRASH_AT", point);
        let site = Site { gateway: Process::start(crashing).expect("it starts") };
        let address = new_key(21).1;
        let rotate = format!("meter rotate ENG_004 --signing-key {address}");
        let (code, out, err) = site.run(&rotate);
        assert_eq!((code, &out[..]), (1, ""), "{point}: {err}");
        assert!(err.starts_with("error: gateway: http://") && err.lines().count() == 1, "{point}: {err}");
        assert!(site.gateway.kill(), "it has aborted at {point}");
        let site = Site::start(directory.path());
        let meter = site.meter("ENG_004");
        assert_eq!((&meter["key_epoch"], &meter["signing_key"]), (&json!(1), &json!(address.to_string())), "{point}");
        site.unchanged(&rotate, &format!("ENG_004 signs with {address} already, key epoch 1"));
        site.gateway.kill();
    }
}
