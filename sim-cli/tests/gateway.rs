//! The gateway's interface, on the real router, journal and ledger.

#![cfg(feature = "network")]

mod gateway_support;

use {
    axum::{
        body::{Body, to_bytes},
        http::Request,
    },
    campus_energy_gateway::{self as gateway, front::http::ApiKeys},
    campus_energy_simulation::Configuration,
    gateway_support::{BEGIN, Gateway, KEY_OF_ALL, MANY, ONE, options},
    serde_json::{Value, json},
    std::{num::NonZeroU32, sync::Arc, time::Duration},
    tokio_stream::StreamExt,
    tower::ServiceExt,
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
    assert_eq!(gateway.post(ONE, &gateway.signed(3, BEGIN + 90_000, 0, 500)).await.0, 200);
    let with = |field: &str, value: Value| {
        let mut body = gateway.signed(1, BEGIN + 90_000, 6_200, 4_100);
        body[field] = value;
        body
    };
    for (body, status, code, field) in [
        (good, 422, "stale_reading", json!("timestamp")),
        (with("meter_id", json!("ENG_016")), 404, "unknown_meter", json!("meter_id")),
        (with("timestamp", json!(BEGIN + 1)), 422, "misaligned_timestamp", json!("timestamp")),
        (with("timestamp", json!("now")), 422, "invalid_timestamp", json!("timestamp")),
        (with("colour", json!("red")), 422, "invalid_body", json!("colour")),
        (json!([]), 422, "invalid_body", Value::Null),
        (with("meter_id", json!("SCI_001")), 422, "wrong_prefix", json!("meter_id")),
        (with("energy_generated", json!(6.3)), 422, "net_energy_mismatch", json!("net_energy")),
        (with("timestamp", json!((BEGIN + 90_000) * 1_000)), 422, "invalid_timestamp", json!("timestamp")),
        (with("timestamp", json!("2024-11-02T09:00:00Z")), 422, "invalid_timestamp", json!("timestamp")),
        (with("digital_signature", json!("0".repeat(128))), 422, "contradicting_field", json!("digital_signature")),
        (with("signature", json!("EngAuth")), 422, "malformed_signature", json!("signature")),
        (with("signature", json!("0".repeat(128))), 403, "wrong_signature", json!("signature")),
        (with("meter_id", json!("ENG_006")), 403, "wrong_signature", json!("signature")),
        (with("key_epoch", json!(1)), 422, "wrong_key_epoch", json!("key_epoch")),
        (gateway.signed(1, BEGIN + 90_000, 12_501, 0), 422, "implausible_energy", json!("energy_generated")),
        (gateway.signed(1, BEGIN + 90_000, 0, 4_000_000), 422, "implausible_energy", json!("energy_consumed")),
    ] {
        let (found, problem) = gateway.post(ONE, &body).await;
        assert_eq!((found, &problem["code"], &problem["field"]), (status, &json!(code), &field), "{problem}");
        assert_eq!(problem["status"], json!(status));
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 15), "{problem}");
    }
    let body = gateway.signed(1, BEGIN + 90_000, 6_200, 4_100).to_string();
    let all = "the-key-of-all";
    for (sent, instead, code, field) in [
        ("6.2", "6.2001", "invalid_energy", "energy_generated"),
        ("4.1", "4.09999", "invalid_energy", "energy_consumed"),
        ("2.1", "2.1006", "net_energy_mismatch", "net_energy"),
        ("2.1", "\"2.1\"", "invalid_body", "net_energy"),
    ] {
        assert!(body.contains(&format!(":{sent},")), "{body}");
        let changed = body.replacen(&format!(":{sent},"), &format!(":{instead},"), 1);
        let (status, problem) = gateway.send("POST", ONE, all, changed).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!(code), &json!(field)), "{problem}");
    }
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
        ("GET", &format!("{ONE}/ENG_%ff/1730448000"), all, String::new(), 404, "unknown_reading"),
        ("GET", &format!("{ONE}/ENG_001/1730448000"), "the-key-of-one", String::new(), 403, "out_of_scope"),
        ("GET", "/api/engineering/meter-summary", "", String::new(), 401, "unauthorized"),
        ("GET", "/api/engineering/meter-summary", "the-key-of-one", String::new(), 403, "out_of_scope"),
        ("GET", "/api/engineering/intervals?from=noon", all, String::new(), 400, "invalid_span"),
        ("GET", "/events", "the-key-of-one", String::new(), 403, "out_of_scope"),
        ("GET", "/metrics", "", String::new(), 401, "unauthorized"),
    ] {
        let (found, problem) = gateway.send(method, path, key, body).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{method} {path}: {problem}");
    }
    assert_eq!(gateway.state(1, BEGIN + 90_000).await.0, 404, "nothing refused was stored");
    gateway.stop();
}

/// Who posts more than its key is good for is told when to come again, and whose body does not come is not waited for.
#[tokio::test]
async fn rates_and_times_have_limits() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open_as(
        directory.path(),
        options(42),
        |ledger| ledger,
        |service| {
            service.keys = Arc::new(ApiKeys::parse(KEY_OF_ALL, NonZeroU32::MIN).unwrap());
            service.time_limit = Duration::from_millis(100);
        },
    );
    let post = async |body: Body| {
        let request = Request::post(ONE).header("authorization", format!("Bearer {KEY_OF_ALL}")).body(body).unwrap();
        let response = gateway.router.clone().oneshot(request).await.unwrap();
        let after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_string());
        let (status, body) = (response.status().as_u16(), to_bytes(response.into_body(), 1 << 20).await.unwrap());
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, body["code"].as_str().unwrap_or_default().to_string(), after)
    };
    let endless = Body::from_stream(tokio_stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_eq!(post(endless).await, (408, "timeout".into(), None));
    // A body that has come is counted; so one a second.
    let reading = || Body::from(gateway.signed(1, BEGIN, 0, 400).to_string());
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(post(reading()).await);
    }
    assert!(answers.contains(&(429, "rate_limited".into(), Some("1".into()))), "{answers:?}");
    gateway.stop();
}

/// One meter's key once took the array: with 12.5 kWh from the first meter, every other one that generated was refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_meter_does_not_take_the_array() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let post = format!("{ONE}?wait=confirmed");
    for (meter, generated) in [(1, 12_500), (1, 6_251), (2, 1)] {
        let (status, problem) = gateway.post(&post, &gateway.signed(meter, BEGIN, generated, 0)).await;
        assert_eq!((status, &problem["code"]), (422, &json!("implausible_energy")), "{problem}");
        assert_eq!(problem["field"], json!("energy_generated"));
    }
    // The most it can take leaves the others what they have on a clear day.
    assert_eq!(gateway.post(&post, &gateway.signed(1, BEGIN, 6_250, 0)).await.0, 200);
    for meter in 2..=15 {
        let generated = if meter == 6 || meter == 11 { 3_100 } else { 0 };
        let (status, answer) = gateway.post(&post, &gateway.signed(meter, BEGIN, generated, 400)).await;
        assert_eq!(status, 200, "{answer}");
    }
}

/// Fifteen meters at once share transactions; what is too much for the array takes no other with it; a restart executes all of it
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

    // 6.25 kWh are plausible for each of three meters, 12.5 kWh for the array: the third one is too much.
    let next = BEGIN + 900;
    let wild: Value = [(1, 6_200), (6, 6_200), (11, 6_200), (5, 0)]
        .map(|(meter, generated)| gateway.signed(meter, next, generated, 100))
        .into_iter()
        .collect();
    let (status, outcomes) = gateway.post(&format!("{MANY}?wait=confirmed"), &wild).await;
    assert_eq!(status, 207, "{outcomes}");
    let rejected: Vec<_> = outcomes.as_array().unwrap().iter().filter(|outcome| outcome["code"].is_string()).collect();
    assert_eq!(rejected.len(), 1, "{outcomes}");
    assert_eq!(rejected[0]["code"], json!("implausible_array"));
    assert!(rejected[0]["detail"].as_str().unwrap().contains("generated 18600 Wh"), "{outcomes}");
    // A late one of the interval before is taken within the hour.
    assert_eq!(gateway.post(ONE, &gateway.signed(1, BEGIN - 900, 3_000, 1_000)).await.0, 200);
    let (_, before) = gateway.send("GET", "/api/engineering/meter-summary", "the-key-of-all", "").await;
    let hash = gateway.stop();

    let again = Gateway::open(directory.path());
    let (_, after) = again.send("GET", "/api/engineering/meter-summary", "the-key-of-all", "").await;
    assert_eq!(before["readings"]["confirmed"], json!(19));
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
    drop(gateway::open(directory.path(), sim_cli::plan::gateway(&configuration, options(42))).unwrap());
    let Err(error) = gateway::open(directory.path(), sim_cli::plan::gateway(&configuration, options(43))) else {
        panic!("another seed")
    };
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
        let meter = 1 + number % 7;
        // The first and the sixth have a share of the array.
        let generated = if meter % 5 == 1 { 900 } else { 0 };
        assert_eq!(gateway.post(ONE, &gateway.signed(meter, timestamp, generated, 400)).await.0, 200);
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

/// What happens comes as events; whoever comes back with the last one's number gets what was missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_resume_where_they_were_left() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let listen = async |last: Option<&str>| {
        let mut request = Request::builder().uri("/events").header("authorization", format!("Bearer {KEY_OF_ALL}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = gateway.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
        let mut stream = response.into_body().into_data_stream();
        // So that proxies and clients see at once that it works.
        assert_eq!(stream.next().await.unwrap().unwrap(), ": connected\n\n");
        stream
    };
    let mut stream = listen(None).await;
    for meter in 1..=3 {
        assert_eq!(gateway.post(ONE, &gateway.signed(meter, BEGIN, 0, 400)).await.0, 200);
    }
    let readings = |text: &str| -> Vec<(String, Value)> {
        let of = |block: &str, field: &str| {
            block.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default().trim().to_string()
        };
        let blocks = text.split("\n\n").filter(|block| of(block, "event:") == "reading");
        blocks.map(|block| (of(block, "id:"), serde_json::from_str(&of(block, "data:")).unwrap())).collect()
    };
    let mut text = String::new();
    while readings(&text).len() < 3 {
        let part = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.expect("in time");
        text += std::str::from_utf8(&part.unwrap().unwrap()).unwrap();
    }
    let first = &readings(&text)[0];
    assert_eq!(
        (first.0.as_str(), &first.1["meter_id"], &first.1["state"]),
        ("1", &json!("ENG_001"), &json!("confirmed"))
    );
    assert!(text.contains("event: changed"), "{text}");
    let mut again = listen(Some("1")).await;
    let part = again.next().await.unwrap().unwrap();
    assert_eq!(readings(std::str::from_utf8(&part).unwrap())[0].1["meter_id"], json!("ENG_002"));
    drop((stream, again));
    gateway.stop();
}

/// The seed's header, a day's curve, the counters, and a description of it all that names every path.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_agrees_with_what_was_posted() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let interval: Value =
        (1..=15).map(|meter| gateway.signed(meter, BEGIN, if meter == 1 { 6_200 } else { 0 }, 1_000)).collect();
    gateway.post_all(&interval).await;
    let get = async |path: &str| gateway.send("GET", path, KEY_OF_ALL, "").await;
    let (_, summary) = get("/api/engineering/meter-summary").await;
    assert_eq!(summary["totals"]["energy_consumed"], json!(15));
    assert_eq!(summary["zones"][0]["zone"], json!("classroom"));
    assert_eq!(summary["zones"][0]["energy_generated"], json!(6.2));
    assert_eq!((&summary["last_interval"], &summary["energy_token_supply"]), (&json!(BEGIN), &json!("5200000000")));
    assert_eq!(
        summary["health"],
        json!({"journal": null, "ledger": null, "halted": false, "clock": null, "held": {}, "conflicts": {}, "unproven": 0, "waiting": 0, "pending": 0})
    );
    assert_eq!(summary["meters"][14]["last_reading"]["energy_consumed"], json!(1));
    let (_, curve) = get("/api/engineering/intervals").await;
    assert_eq!(curve.as_array().unwrap().len(), 1);
    assert_eq!(curve[0]["consumed_by_zone"], json!({"classroom": 5, "laboratory": 5, "faculty_office": 5}));
    let (_, market) = get("/api/engineering/market").await;
    assert_eq!(market["intervals"][0]["supply_wh"], json!(5_200), "{market}");

    let ask = async |path: &str, name: &str, value: &str| {
        let request = Request::builder().uri(path).header("authorization", format!("Bearer {KEY_OF_ALL}"));
        let request = request.header(name, value).body(Body::empty()).unwrap();
        let response = gateway.router.clone().oneshot(request).await.unwrap();
        let (status, body) = (response.status().as_u16(), response.into_body());
        (status, String::from_utf8(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap())
    };
    assert_eq!(ask("/api/engineering/market", "x-engineering-authority", "true").await.0, 200);
    let (status, problem) = ask("/api/engineering/market", "x-engineering-authority", "root").await;
    assert!(status == 400 && problem.contains("invalid_authority"), "{problem}");
    let (_, metrics) = ask("/metrics", "accept", "*/*").await;
    for line in [
        "campus_energy_readings_taken_total{outcome=\"taken\"} 15",
        "campus_energy_readings{outcome=\"confirmed\"} 15",
        "campus_energy_up{part=\"ledger\"} 1",
        "campus_energy_energy_tokens 5.2",
        "campus_energy_meter_newest_timestamp{meter=\"ENG_015\"} 1730448000",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|own| own == line), "{line} is not in\n{metrics}");
    }
    let (_, description) = ask("/openapi.json", "accept", "*/*").await;
    let description: Value = serde_json::from_str(&description).unwrap();
    let paths: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        paths,
        [
            "/api/engineering/administration",
            "/api/engineering/intervals",
            "/api/engineering/market",
            "/api/engineering/meter-reading",
            "/api/engineering/meter-reading/{meter}/{timestamp}",
            "/api/engineering/meter-readings",
            "/api/engineering/meter-summary",
            "/events",
            "/healthz",
            "/metrics",
            "/readyz"
        ]
    );
    let (status, page) = ask("/docs/", "accept", "*/*").await;
    assert!(status == 200 && !page.contains("//"), "the UI loads nothing from elsewhere: {page}");
    gateway.stop();
}
