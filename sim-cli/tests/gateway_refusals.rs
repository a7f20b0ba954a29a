//! What the ledger refuses: for now, for good, and one reading among others.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_department::Keys,
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::programs::EMBEDDED,
        registry::{
            instruction::{set_meter_status, set_paused},
            state::MeterStatus,
        },
    },
    gateway_support::{
        BEGIN, Gateway, KEY_OF_ALL, MANY, ONE,
        bad_link::{Deeds, bad_link, interval},
        options,
    },
    serde_json::{Value, json},
    solana_signer::Signer,
    std::{
        sync::{Arc, atomic::Ordering},
        time::Duration,
    },
};

/// A department that is paused takes nothing: what was posted waits, whoever posts is told so, and it is settled once that is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ledger_does_not_take_now_waits() {
    let (directory, deeds) = (tempfile::tempdir().unwrap(), Arc::new(Deeds::default()));
    let gateway = Gateway::open_on(directory.path(), options(42), bad_link(&deeds));
    gateway.post_all(&interval(&gateway, 0)).await;
    let (authority, addresses) = (Keys::new(42).authority(), Addresses::derive(EMBEDDED, "ENG_".parse().unwrap()));
    let pause = |paused: bool| {
        let instruction = set_paused(&addresses, &authority.pubkey(), paused);
        deeds.foreign.lock().unwrap().push((instruction, authority.insecure_clone()));
    };
    pause(true);
    let posted = interval(&gateway, 1);
    let (status, answers) = gateway.post(&format!("{MANY}?wait=confirmed"), &posted).await;
    assert_eq!(status, 200, "{answers}");
    for answer in answers.as_array().unwrap() {
        let told = (answer["status"].as_str().unwrap(), answer["solana_transaction_id"].as_str().unwrap());
        assert_eq!(told, ("kept", ""), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains("RegistryError::Paused"), "{answer}");
    }
    // The same again, and another interval, whose readings are not even tried.
    for (end, generated) in [(BEGIN + 900, 3_000), (BEGIN + 1_800, 1_000)] {
        let (status, answer) = gateway.post(ONE, &gateway.signed(1, end, generated, 500)).await;
        assert_eq!((status, &answer["status"]), (202, &json!("kept")), "{answer}");
        let (_, state) = gateway.state(1, end).await;
        assert_eq!((&state["state"], &state["solana_transaction_id"]), (&json!("journaled"), &Value::Null), "{state}");
        assert!(state["reason"].as_str().unwrap().contains("the department is paused"), "{state}");
    }
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await;
    assert_eq!(summary["health"]["held"]["RegistryError::Paused"]["meters"].as_array().unwrap().len(), 15);
    assert_eq!((&summary["health"]["waiting"], &summary["readings"]["rejected"]), (&json!(16), &json!(0)));

    pause(false);
    for _ in 0..200 {
        let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await;
        if summary["readings"]["confirmed"] == json!(31) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await;
    assert_eq!(summary["readings"], json!({"journaled": 0, "submitted": 0, "confirmed": 31, "rejected": 0}));
    assert_eq!((&summary["totals"]["readings"], &summary["health"]["held"]), (&json!(31), &json!({})));
    let (_, state) = gateway.state(1, BEGIN + 900).await;
    assert_eq!((&state["reason"], state["solana_transaction_id"].is_string()), (&Value::Null, true), "{state}");
    gateway.stop();
}

/// Readings that were refused together go each by itself: that of a suspended meter takes no other with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_meter_holds_no_other_up() {
    let (directory, deeds) = (tempfile::tempdir().unwrap(), Arc::new(Deeds::default()));
    let gateway = Gateway::open_on(directory.path(), options(42), bad_link(&deeds));
    let (authority, addresses) = (Keys::new(42).authority(), Addresses::derive(EMBEDDED, "ENG_".parse().unwrap()));
    let suspend =
        set_meter_status(&addresses, &authority.pubkey(), &"ENG_003".parse().unwrap(), MeterStatus::Suspended);
    deeds.foreign.lock().unwrap().push((suspend, authority));
    let (_, answers) = gateway.post(&format!("{MANY}?wait=confirmed"), &interval(&gateway, 0)).await;
    for (index, answer) in answers.as_array().unwrap().iter().enumerate() {
        let status = if index == 2 { "kept" } else { "success" };
        assert_eq!(answer["status"], json!(status), "{answer}");
    }
    assert!(answers[2]["message"].as_str().unwrap().contains("RegistryError::MeterInactive"), "{}", answers[2]);
    assert_eq!(gateway.state(3, BEGIN).await.1["state"], json!("journaled"));
    // Once the gateway has heard of it, such a reading is kept without being tried; one of a retired meter is turned away.
    let set = |status: MeterStatus| {
        let authority = Keys::new(42).authority();
        let instruction = set_meter_status(&addresses, &authority.pubkey(), &"ENG_003".parse().unwrap(), status);
        deeds.foreign.lock().unwrap().push((instruction, authority));
    };
    let suspended = "ENG_003 is suspended: its readings wait until its authority resumes it";
    let mut state = Value::Null;
    for _ in 0..200 {
        state = gateway.state(3, BEGIN).await.1;
        if state["reason"] == json!(suspended) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((&state["state"], &state["reason"]), (&json!("journaled"), &json!(suspended)));
    let (status, answer) = gateway.post(ONE, &gateway.signed(3, BEGIN + 900, 0, 500)).await;
    assert_eq!((status, &answer["status"]), (202, &json!("kept")), "{answer}");
    set(MeterStatus::Retired);
    gateway.post_all(&Value::from(&interval(&gateway, 2).as_array().unwrap()[..1])).await;
    let mut answer = (0, Value::Null);
    for number in 3..200 {
        answer = gateway.post(ONE, &gateway.signed(3, BEGIN + 900 * number, 0, 500)).await;
        if answer.0 != 202 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((answer.0, &answer.1["code"], &answer.1["field"]), (403, &json!("inactive_meter"), &json!("meter_id")));
    gateway.stop();
}

/// Values that the ledger has rejected make place for others; those that it took do not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_reading_can_be_corrected() {
    let (directory, deeds) = (tempfile::tempdir().unwrap(), Arc::new(Deeds::default()));
    let gateway = Gateway::open_on(directory.path(), options(42), bad_link(&deeds));
    let post = async |consumed: u32| {
        let reading = gateway.signed(1, BEGIN, 0, consumed);
        let (status, answer) = gateway.post(&format!("{ONE}?wait=confirmed"), &reading).await;
        (status, answer["code"].as_str().unwrap_or_default().to_string())
    };
    deeds.ahead.store(90_000, Ordering::Relaxed);
    assert_eq!(post(400).await, (422, "rejected_by_ledger".into()));
    deeds.ahead.store(0, Ordering::Relaxed);
    assert_eq!(post(400).await, (422, "rejected_by_ledger".into()), "the same is answered as before");
    assert_eq!(post(401).await, (200, String::new()));
    assert_eq!(post(400).await, (409, "conflicting_reading".into()));
    let (_, state) = gateway.state(1, BEGIN).await;
    assert_eq!((&state["state"], &state["energy_consumed"]), (&json!("confirmed"), &json!(0.401)), "{state}");
    gateway.stop();
}
