//! What the gateway makes of refusals and conflicts that may be out of date: it decides by what the ledger has confirmed since.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_sdk::{registry::state::WINDOW_INTERVALS, time::INTERVAL_SECONDS},
    gateway_support::{
        BEGIN, ONE,
        remote::{Fate, Remote},
        site::Site,
    },
    serde_json::{Value, json},
    std::{sync::atomic::Ordering, time::Duration},
};

/// An own transaction was executed and nothing was heard of it; then the reading is refused as too old, and the accounts that are at hand
/// are from before: what is confirmed since the refusal decides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_not_held_against_accounts_of_before() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    remote.ahead.store(7_200, Ordering::Relaxed);
    remote.next(&[Fate::Unheard]);
    remote.fall_behind();
    let (status, answer) = site.post(1, BEGIN, [3_000, 500]).await;
    assert_eq!((status, &answer["status"]), (200, &json!("success")), "{answer}");
    site.stop().await;
}

/// A meter's account forgets intervals that are far behind its newest one: then the ledger's history says whether it has one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_window_the_history_decides() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    let same = remote.submit(1, BEGIN, [3_000, 500]);
    let other = remote.submit(2, BEGIN, [0, 100]);
    let far = i64::try_from(WINDOW_INTERVALS).unwrap() * INTERVAL_SECONDS;
    for meter in 1..=3 {
        remote.submit(meter, BEGIN + far, [0, 500]);
    }
    let (status, answer) = site.post(1, BEGIN, [3_000, 500]).await;
    assert_eq!((status, &answer["solana_transaction_id"]), (200, &json!(same)), "{answer}");
    let (status, problem) = site.post(2, BEGIN, [0, 500]).await;
    assert_eq!((status, &problem["code"]), (409, &json!("ledger_conflict")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains(&other), "{problem}");
    // It is asked for several times: a history is written a little later.
    let (status, problem) = site.post(3, BEGIN, [0, 500]).await;
    assert_eq!((status, &problem["code"]), (422, &json!("rejected_by_ledger")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("RegistryError::OutsideWindow"), "{problem}");
    site.stop().await;
}

/// The same readings signed with the same blockhash are the same transaction: they wait for another one, and nothing is out of order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_noted_once() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    assert_eq!(site.post(1, BEGIN, [3_000, 500]).await.0, 200);
    remote.stands.store(true, Ordering::Relaxed);
    remote.next(&[Fate::RefusedByFork]);
    let reading = site.gateway.signed(2, BEGIN, 0, 500);
    assert_eq!(site.gateway.post(ONE, &reading).await.0, 200, "it is in the journal");
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        let health = site.gateway.handle.health();
        assert_eq!((health.journal, health.ledger), (None, None));
    }
    assert_eq!(remote.sent.load(Ordering::Relaxed), 2, "the transaction that is known is not sent again");
    assert_eq!(site.state(2, BEGIN).await["state"], json!("journaled"));
    remote.stands.store(false, Ordering::Relaxed);
    site.until(2, BEGIN, "confirmed").await;
    assert_eq!(remote.sent.load(Ordering::Relaxed), 3);
    site.stop().await;
}

/// A ledger that had other values loses them, and takes the reading's own: it is not rejected any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_contradicted_a_reading_may_be_lost() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    remote.submit(1, BEGIN, [2_500, 0]);
    assert_eq!(site.post(1, BEGIN, [3_000, 500]).await.0, 409);
    site.alerts(&[("two_truths", "ENG_001")]).await;
    site.stop().await;

    let mut own = String::new();
    let site =
        Site::open(directory.path(), remote.link_after_loss(|remote| own = remote.submit(1, BEGIN, [3_000, 500])));
    let state = site.until(1, BEGIN, "confirmed").await;
    assert_eq!((&state["solana_transaction_id"], &state["reason"]), (&json!(own), &Value::Null));
    site.alerts(&[]).await;
    site.stop().await;
}

/// A question about values that were rejected ends when the meter reports others: about these it is asked anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_is_accepted_again_is_asked_about_anew() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    remote.submit(1, BEGIN, [2_500, 0]);
    assert_eq!(site.post(1, BEGIN, [3_000, 500]).await.0, 409);
    site.stop().await;
    let site = Site::open(
        directory.path(),
        remote.link_after_loss(|remote| {
            remote.submit(1, BEGIN, [3_000, 500]);
            remote.forgets.store(true, Ordering::Relaxed);
        }),
    );
    // What contradicted it is gone, and nobody says what is there now: after some questions the pauses are long.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!((&site.state(1, BEGIN).await["state"], site.gateway.handle.health().unproven), (&json!("rejected"), 1));
    let again = tokio::time::timeout(Duration::from_secs(5), site.post(1, BEGIN, [2_999, 500]));
    let (status, answer) = again.await.expect("after the first questions");
    assert_eq!((status, &answer["status"]), (202, &json!("kept")), "{answer}");
    assert_eq!(site.gateway.handle.health().unproven, 1);
    site.stop().await;
}
