//! The gateway's interface, on the real router, journal and ledger.

mod gateway_support;

use {
    gateway_support::{BEGIN, Gateway, MANY, ONE, options},
    serde_json::{Value, json},
    sim_cli::{gateway, simulation::Configuration},
};

#[tokio::test]
async fn a_reading_is_answered_field_by_field_and_once() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let reading = gateway.signed(1, BEGIN, 6_200, 4_100);
    let (status, answer) = gateway.post(&format!("{ONE}?wait=confirmed"), &reading).await;
    assert_eq!(status, 200, "{answer}");
    let transaction = answer["solana_transaction_id"].as_str().unwrap().to_string();
    assert!(transaction.len() > 80);
    let account = gateway.register.meter(&"ENG_001".parse().unwrap()).unwrap().token_account.to_string();
    let expected = json!({
        "status": "success",
        "message": "Engineering meter reading processed",
        "solana_transaction_id": transaction,
        "energy_tokens_minted": "2100000000",
        "spl_token_account": account,
        "validator": "engineering_department",
        "next_reading_time": BEGIN + 900,
        "engineering_authority": "validated",
    });
    assert_eq!(answer, expected);
    assert_eq!(gateway.post(ONE, &reading).await, (200, expected), "the same reading, the same answer");
    let (status, state) = gateway.state(1, BEGIN).await;
    assert_eq!(
        (status, &state["state"], &state["solana_transaction_id"]),
        (200, &json!("confirmed"), &json!(transaction))
    );

    let (status, problem) = gateway.post(ONE, &gateway.signed(1, BEGIN, 6_201, 4_100)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("conflicting_reading")));
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", "the-key-of-all", "").await;
    assert_eq!(summary["readings"], json!({"journaled": 0, "submitted": 0, "confirmed": 1, "rejected": 0}));
    gateway.stop();
}

#[tokio::test]
async fn each_refusal_has_its_status_and_code() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let good = gateway.signed(1, BEGIN, 6_200, 4_100);
    // The readings are the clock: this one makes an hour ago too old.
    assert_eq!(gateway.post(ONE, &gateway.signed(3, BEGIN + 9_000, 0, 500)).await.0, 200);
    let with = |field: &str, value: Value| {
        let mut body = gateway.signed(1, BEGIN + 9_000, 6_200, 4_100);
        body[field] = value;
        body
    };
    for (body, status, code, field) in [
        (good, 422, "stale_reading", json!("timestamp")),
        (with("meter_id", json!("ENG_016")), 404, "unknown_meter", json!("meter_id")),
        (with("timestamp", json!(BEGIN + 1)), 422, "misaligned_timestamp", json!("timestamp")),
        (with("timestamp", json!("now")), 422, "invalid_body", Value::Null),
        (with("colour", json!("red")), 422, "invalid_body", Value::Null),
        (with("energy_generated", json!(6.3)), 422, "net_energy_mismatch", json!("net_energy")),
        (with("signature", json!("EngAuth")), 422, "malformed_signature", json!("signature")),
        (with("signature", json!("0".repeat(128))), 403, "wrong_signature", json!("signature")),
        (with("meter_id", json!("ENG_002")), 403, "wrong_signature", json!("signature")),
        (with("key_epoch", json!(1)), 422, "wrong_key_epoch", json!("key_epoch")),
        (gateway.signed(1, BEGIN + 9_000, 12_501, 0), 422, "implausible_energy", json!("energy_generated")),
        (gateway.signed(1, BEGIN + 9_000, 0, 4_000_000), 422, "implausible_energy", json!("energy_consumed")),
    ] {
        let (found, problem) = gateway.post(ONE, &body).await;
        assert_eq!((found, &problem["code"], &problem["field"]), (status, &json!(code), &field), "{problem}");
        assert_eq!(problem["status"], json!(status));
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 15), "{problem}");
    }
    let body = gateway.signed(1, BEGIN + 9_000, 6_200, 4_100).to_string();
    let all = "the-key-of-all";
    for (method, path, key, body, status, code) in [
        ("POST", ONE, "the-key-of-al", body.clone(), 401, "unauthorized"),
        ("POST", ONE, "the-key-of-one", body.clone(), 403, "out_of_scope"),
        ("POST", ONE, all, body[..20].into(), 400, "malformed_json"),
        ("POST", ONE, all, String::new(), 400, "malformed_json"),
        ("POST", ONE, all, " ".repeat(20_000), 413, "body_too_large"),
        ("POST", &format!("{ONE}?wait=long"), all, body, 400, "invalid_wait"),
        ("POST", MANY, all, "[]".into(), 422, "batch_size"),
        ("GET", ONE, all, String::new(), 405, "wrong_method"),
        ("GET", "/elsewhere", all, String::new(), 404, "unknown_path"),
        ("GET", &format!("{ONE}/ENG_001/1730448000"), all, String::new(), 404, "unknown_reading"),
        ("GET", &format!("{ONE}/ENG_001/yesterday"), all, String::new(), 404, "unknown_reading"),
        ("GET", &format!("{ONE}/ENG_001/1730448000"), "the-key-of-one", String::new(), 403, "out_of_scope"),
        ("GET", "/api/engineering/meter-summary", "", String::new(), 401, "unauthorized"),
    ] {
        let (found, problem) = gateway.send(method, path, key, body).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{method} {path}: {problem}");
    }
    assert_eq!(gateway.state(1, BEGIN + 9_000).await.0, 404, "nothing refused was stored");
    gateway.stop();
}

/// Fifteen meters at once share transactions; one that the ledger refuses takes no other with it; a restart executes all of it
/// again and ends in the same state, byte for byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_ends_in_the_same_state() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let interval = |gateway: &Gateway, timestamp: i64| -> Value {
        (1..=15).map(|meter| gateway.signed(meter, timestamp, if meter == 1 { 6_200 } else { 0 }, 4_100)).collect()
    };
    let (status, answers) = gateway.post(&format!("{MANY}?wait=confirmed"), &interval(&gateway, BEGIN)).await;
    assert_eq!(status, 200, "{answers}");
    let mut transactions: Vec<_> =
        answers.as_array().unwrap().iter().map(|answer| answer["solana_transaction_id"].to_string()).collect();
    assert_eq!(transactions.len(), 15);
    transactions.sort_unstable();
    transactions.dedup();
    assert!(transactions.len() < 15, "gathered: {transactions:?}");

    // 12.5 kWh are plausible for a meter, and for the array: the second one is too much.
    let next = BEGIN + 900;
    let wild: Value = [4, 5, 6]
        .map(|meter| gateway.signed(meter, next, if meter == 6 { 0 } else { 12_400 }, 100))
        .into_iter()
        .collect();
    let (status, outcomes) = gateway.post(&format!("{MANY}?wait=confirmed"), &wild).await;
    assert_eq!(status, 207, "{outcomes}");
    let rejected: Vec<_> = outcomes.as_array().unwrap().iter().filter(|outcome| outcome["code"].is_string()).collect();
    assert_eq!(rejected.len(), 1, "{outcomes}");
    assert_eq!(rejected[0]["code"], json!("rejected_by_ledger"));
    assert!(rejected[0]["detail"].as_str().unwrap().contains("OracleError::ImplausibleArray"), "{outcomes}");
    // A late one of the interval before is taken within the hour.
    assert_eq!(gateway.post(ONE, &gateway.signed(1, BEGIN - 900, 3_000, 1_000)).await.0, 200);
    let (_, before) = gateway.send("GET", "/api/engineering/meter-summary", "the-key-of-all", "").await;
    let hash = gateway.stop();

    let again = Gateway::open(directory.path());
    let (_, after) = again.send("GET", "/api/engineering/meter-summary", "the-key-of-all", "").await;
    assert_eq!(before["readings"]["confirmed"], json!(18));
    assert_eq!(before, after);
    // And goes on.
    assert_eq!(again.post(ONE, &again.signed(2, next, 0, 10)).await.0, 200);
    assert_eq!(again.post(ONE, &again.signed(1, BEGIN - 900, 3_000, 1_000)).await.0, 200, "answered as before");
    assert_ne!(again.stop(), hash);

    let unchanged = tempfile::tempdir().unwrap();
    let (first, second) = (Gateway::open(unchanged.path()).stop(), Gateway::open(unchanged.path()).stop());
    assert_eq!(first, second);
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(directory.path().join("journal.sqlite"), copy.path().join("journal.sqlite")).unwrap();
    assert_eq!(Gateway::open(directory.path()).stop(), Gateway::open(copy.path()).stop());
}

/// A journal belongs to a seed and a configuration, and says so.
#[test]
fn a_foreign_journal_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let configuration = Configuration::load(None).unwrap();
    drop(gateway::open(directory.path(), &configuration, options(42)).unwrap());
    let Err(error) = gateway::open(directory.path(), &configuration, options(43)) else { panic!("another seed") };
    assert_eq!(
        error.to_string(),
        "journal: seed was 42 when it was begun and is 43 now; give another --data, or the same configuration"
    );
}

/// The accounts that were kept, and the transactions after them, give what all transactions give; damaged ones are not used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_accounts_give_the_same_state() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    for number in 0..230 {
        let timestamp = BEGIN + 900 * i64::try_from(number / 7).unwrap();
        assert_eq!(gateway.post(ONE, &gateway.signed(1 + number % 7, timestamp, 900, 400)).await.0, 200);
    }
    let hash = gateway.stop();
    for damage in ["SELECT 1", "DELETE FROM snapshot", "UPDATE account SET data = zeroblob(length(data))"] {
        let copy = tempfile::tempdir().unwrap();
        let path = copy.path().join("journal.sqlite");
        std::fs::copy(directory.path().join("journal.sqlite"), &path).unwrap();
        let journal = rusqlite::Connection::open(&path).unwrap();
        let kept: i64 = journal.query_row("SELECT attempt FROM snapshot", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 200);
        journal.execute_batch(damage).unwrap();
        drop(journal);
        assert_eq!(Gateway::open(copy.path()).stop(), hash, "{damage}");
    }
}
