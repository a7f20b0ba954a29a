//! A ledger has one reading of a meter and interval. That it is there already does not make it the one that was posted.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_department::{Founder, Keys, Signing, Wallets, compare, embedded_ledger, plain, prepare, settle},
    campus_energy_gateway::{
        Code,
        front::{csv, http::body::ReadingBody},
    },
    campus_energy_sdk::{
        ledger::{Snapshot, SplToken},
        token::state::MintMode,
    },
    campus_energy_simulation::{Configuration, Mode, Simulation},
    gateway_support::{
        BEGIN, Gateway, MANY, ONE,
        bad_link::interval,
        remote::{Fate, Remote},
        site::Site,
    },
    serde_json::{Value, json},
    std::{
        sync::{Arc, atomic::Ordering},
        time::Duration,
    },
};
/// Somebody else's values were first: nothing says confirmed, the answer names both, and people are told until there is one truth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_values_on_the_ledger_are_a_conflict() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    let foreign = remote.submit(1, BEGIN, [2_500, 0]);
    let expected = format!(
        "the ledger has other values for ENG_001 and the interval that ends at {BEGIN}: generated 2500 Wh, consumed 0 Wh in \
         transaction {foreign}; this reading says generated 3000 Wh, consumed 500 Wh"
    );
    let (status, problem) = site.post(1, BEGIN, [3_000, 500]).await;
    assert_eq!((status, &problem["code"], &problem["detail"]), (409, &json!("ledger_conflict"), &json!(expected)));
    let own = site.gateway.signed(1, BEGIN, 3_000, 500);
    assert_eq!(site.gateway.post(ONE, &own).await, (409, problem.clone()), "the same is answered as before");
    let (status, answers) = site.gateway.post(MANY, &json!([own])).await;
    assert_eq!((status, &answers[0]["code"]), (207, &json!("ledger_conflict")));
    let state = site.state(1, BEGIN).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!(expected)));
    // A file of readings is a front end like any other.
    let mut file = ::csv::Writer::from_writer(Vec::new());
    file.serialize(serde_json::from_value::<ReadingBody>(own).unwrap()).unwrap();
    let rows = csv::replay(&file.into_inner().unwrap()[..], Arc::new(site.gateway.intake.clone())).await.unwrap();
    let outcomes: Vec<_> = rows.into_iter().map(|row| row.outcome.map_err(|problem| problem.code)).collect();
    assert_eq!(outcomes, [Err(Code::LedgerConflict)]);

    let texts = site.alerts(&[("two_truths", "ENG_001")]).await;
    assert_eq!(texts, [format!("two truths about one interval, 1 within a week; the newest: {expected}")]);
    let summary = site.summary().await;
    assert_eq!(summary["readings"], json!({"journaled": 0, "submitted": 0, "confirmed": 0, "rejected": 1}));
    assert_eq!(summary["health"]["conflicts"], json!({"ENG_001": {"intervals": 1, "text": expected}}));
    assert_eq!(site.metric("campus_energy_conflicts").await, "1");

    // That the next interval goes well does not end it, nor does a restart.
    assert_eq!(site.post(1, BEGIN + 900, [0, 500]).await.0, 200);
    site.stop().await;
    let site = Site::open(directory.path(), remote.link());
    site.alerts(&[("two_truths", "ENG_001")]).await;
    assert_eq!(site.post(1, BEGIN, [3_000, 500]).await, (409, problem));

    // The meter reports what the ledger has: there is one truth.
    let (status, answer) = site.post(1, BEGIN, [2_500, 0]).await;
    assert_eq!((status, &answer["solana_transaction_id"]), (200, &json!(foreign)), "{answer}");
    site.alerts(&[]).await;
    assert_eq!(site.metric("campus_energy_conflicts").await, "0");
    site.stop().await;
}

/// The same values by somebody else are the reading, and what carried them is the transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_values_on_the_ledger_confirm() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    let foreign = remote.submit(1, BEGIN, [3_000, 500]);
    // Posted with the others of its interval, it takes none of them with it.
    let (status, answers) = site.gateway.post(&format!("{MANY}?wait=confirmed"), &interval(&site.gateway, 0)).await;
    assert_eq!(status, 200, "{answers}");
    let first = &answers[0];
    assert_eq!((&first["status"], &first["energy_tokens_minted"]), (&json!("success"), &json!("2500000000")));
    assert_eq!(first["solana_transaction_id"], json!(foreign));
    let state = site.state(1, BEGIN).await;
    assert_eq!((&state["state"], &state["solana_transaction_id"]), (&json!("confirmed"), &json!(foreign)));
    let summary = site.summary().await;
    assert_eq!((&summary["readings"]["confirmed"], &summary["totals"]["readings"]), (&json!(15), &json!(15)));
    site.alerts(&[]).await;
    site.stop().await;
    // A restart does not forget which one it was.
    let site = Site::open(directory.path(), remote.link());
    assert_eq!(site.state(1, BEGIN).await, state);
    site.stop().await;
}

/// An own transaction was executed and nothing was heard of it, the next never arrived, the third is refused: the first it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_own_transaction_whose_answer_was_lost_confirms() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    remote.next(&[Fate::Unheard, Fate::Dropped]);
    let (status, answer) = site.post(1, BEGIN, [3_000, 500]).await;
    assert_eq!((status, &answer["status"]), (200, &json!("success")), "{answer}");
    assert_eq!(remote.sent.load(Ordering::Relaxed), 3);
    site.stop().await;
    let database = rusqlite::Connection::open(directory.path().join("journal.sqlite")).unwrap();
    let query = "SELECT signature, fate FROM attempt ORDER BY id";
    let attempts: Vec<(String, String)> = database
        .prepare(query)
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let fates: Vec<&str> = attempts.iter().map(|(_, fate)| fate.as_str()).collect();
    assert_eq!(fates, ["dropped", "dropped", "refused"]);
    assert_eq!(answer["solana_transaction_id"], json!(attempts[0].0), "the one that carried it");
}

/// The same, where the ledger calls it too old by the time it is sent again: it is there all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_for_another_reason_does_not_hide_that_it_is_there() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    remote.ahead.store(90_000, Ordering::Relaxed);
    remote.next(&[Fate::Unheard]);
    let (status, answer) = site.post(1, BEGIN, [3_000, 500]).await;
    assert_eq!((status, &answer["status"]), (200, &json!("success")), "{answer}");
    // One that is not there is refused, as ever.
    let (status, problem) = site.post(2, BEGIN, [0, 500]).await;
    assert_eq!((status, &problem["code"]), (422, &json!("rejected_by_ledger")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("OracleError::StaleReading"), "{problem}");
    let summary = site.summary().await;
    assert_eq!((&summary["readings"]["confirmed"], &summary["totals"]["readings"]), (&json!(1), &json!(1)));
    site.stop().await;
}

/// A node refuses by a fork that is gone a moment later: the reading is on no ledger, and is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_by_a_fork_that_is_gone_confirms_nothing() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    remote.next(&[Fate::RefusedByFork]);
    let (status, answer) = site.post(1, BEGIN, [3_000, 500]).await;
    assert_eq!((status, &answer["status"]), (200, &json!("success")), "{answer}");
    let summary = site.summary().await;
    assert_eq!((&summary["readings"]["confirmed"], &summary["totals"]["readings"]), (&json!(1), &json!(1)));
    assert_eq!(summary["energy_token_supply"], json!("2500000000"));
    assert_eq!(remote.sent.load(Ordering::Relaxed), 2);
    site.stop().await;
}

/// A node that remembers no transactions proves nothing: what it has is kept and asked for again, over a restart too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_can_prove_is_kept() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    let same = remote.submit(1, BEGIN, [3_000, 500]);
    remote.submit(2, BEGIN, [0, 100]);
    remote.forgets.store(true, Ordering::Relaxed);
    for (meter, energies) in [(1, [3_000, 500]), (2, [0, 500])] {
        let (status, answer) = site.post(meter, BEGIN, energies).await;
        let told = (status, &answer["status"], &answer["solana_transaction_id"], &answer["energy_tokens_minted"]);
        assert_eq!(told, (202, &json!("kept"), &json!(""), &json!("0")), "{answer}");
        let expected = format!(
            "the ledger has a reading of ENG_00{meter} for the interval that ends at {BEGIN}, and no node says with which values"
        );
        assert!(answer["message"].as_str().unwrap().contains(&expected), "{answer}");
        // Whoever asks again is answered at once.
        let again = tokio::time::timeout(Duration::from_millis(900), site.post(meter, BEGIN, energies));
        assert_eq!(again.await.expect("at once"), (status, answer));
    }
    let texts = site.alerts(&[("readings_held", "unproven_reading")]).await;
    assert!(
        texts[0].starts_with("readings of ENG_001 wait: the ledger has a reading of the same interval"),
        "{texts:?}"
    );
    let held = &site.summary().await["health"]["held"]["unproven_reading"];
    assert_eq!((&held["meters"], &held["limit"]), (&json!(["ENG_001", "ENG_002"]), &json!(false)));
    // Its meters' other readings need not wait.
    assert_eq!(site.post(1, BEGIN + 900, [0, 400]).await.0, 200);
    let sent = remote.sent.load(Ordering::Relaxed);
    site.stop().await;

    let site = Site::open(directory.path(), remote.link());
    site.alerts(&[("readings_held", "unproven_reading")]).await;
    let summary = site.summary().await;
    assert_eq!(summary["readings"], json!({"journaled": 2, "submitted": 0, "confirmed": 1, "rejected": 0}));
    assert_eq!((&summary["health"]["unproven"], &summary["health"]["waiting"]), (&json!(2), &json!(0)));
    assert_eq!(site.metric("campus_energy_unproven").await, "2");
    assert_eq!(remote.sent.load(Ordering::Relaxed), sent, "nothing is sent that the ledger has");

    remote.forgets.store(false, Ordering::Relaxed);
    let state = site.until(1, BEGIN, "confirmed").await;
    assert_eq!((&state["solana_transaction_id"], &state["reason"]), (&json!(same), &Value::Null));
    let state = site.until(2, BEGIN, "rejected").await;
    assert!(state["reason"].as_str().unwrap().starts_with("the ledger has other values for ENG_002"), "{state}");
    site.alerts(&[("two_truths", "ENG_002")]).await;
    site.stop().await;
}

/// A ledger that lost what it had confirmed, and took something else since, has another truth than the journal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_ledger_lost_and_took_otherwise_is_no_longer_confirmed() {
    let (directory, remote) = (tempfile::tempdir().unwrap(), Remote::default());
    let site = Site::open(directory.path(), remote.link());
    site.gateway.post_all(&interval(&site.gateway, 0)).await;
    let before = [site.state(1, BEGIN).await, site.state(2, BEGIN).await, site.state(3, BEGIN).await];
    site.stop().await;

    let mut foreign = String::new();
    let link = remote.link_after_loss(|remote| {
        remote.submit(1, BEGIN, [2_999, 500]);
        foreign = remote.submit(2, BEGIN, [0, 500]);
    });
    let site = Site::open(directory.path(), link);
    let state = site.until(1, BEGIN, "rejected").await;
    assert!(state["reason"].as_str().unwrap().contains("generated 2999 Wh, consumed 500 Wh in transaction"), "{state}");
    site.alerts(&[("two_truths", "ENG_001")]).await;
    // The same values in another transaction are the reading still; what is not there at all is sent again.
    let second = site.until(2, BEGIN, "confirmed").await;
    assert_eq!((&second["solana_transaction_id"], second != before[1]), (&json!(foreign), true));
    let third = site.until(3, BEGIN, "confirmed").await;
    assert!(third["solana_transaction_id"].is_string() && third != before[2], "{third}");
    let summary = site.summary().await;
    assert_eq!(summary["readings"], json!({"journaled": 0, "submitted": 0, "confirmed": 14, "rejected": 1}));
    assert_eq!(summary["totals"]["readings"], json!(15));
    site.stop().await;
}

/// An embedded ledger that was brought to where it is by its kept accounts is asked through the journal of its transactions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_ledgers_journal_says_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    for number in 0..40 {
        gateway.post_all(&interval(&gateway, number)).await;
    }
    let (_, before) = gateway.state(1, BEGIN).await;
    gateway.stop();
    let database = rusqlite::Connection::open(directory.path().join("journal.sqlite")).unwrap();
    let kept: i64 = database.query_row("SELECT attempt FROM snapshot", [], |row| row.get(0)).unwrap();
    assert!(kept > 3, "the accounts were kept after the first interval's transactions");
    // As if it had been refused as already accepted; of the second meter, with other values.
    let doubt =
        "UPDATE reading SET state = 'journaled', unproven = 1 WHERE timestamp = ?1 AND meter IN ('ENG_001', 'ENG_002')";
    assert_eq!(database.execute(doubt, [BEGIN]).unwrap(), 2);
    let other = "UPDATE reading SET consumed_wh = 499 WHERE timestamp = ?1 AND meter = 'ENG_002'";
    assert_eq!(database.execute(other, [BEGIN]).unwrap(), 1);
    drop(database);
    let gateway = Gateway::open(directory.path());
    assert_eq!(gateway.state(1, BEGIN).await.1, before);
    let (_, second) = gateway.state(2, BEGIN).await;
    assert_eq!(second["state"], json!("rejected"), "{second}");
    let expected = "generated 0 Wh, consumed 500 Wh in transaction";
    assert!(second["reason"].as_str().unwrap().contains(expected), "{second}");
    gateway.stop();
}

/// `run --url` settles what a ledger lacks; what it has already is compared.
#[test]
fn what_a_run_finds_on_a_ledger_is_compared_with_what_was_measured() {
    let configuration = Configuration::load(None).unwrap();
    let plan = sim_cli::plan::founding(&configuration, true, MintMode::Batch);
    let keys = Keys::new(42);
    let mut ledger = embedded_ledger(keys, plan.participants.len(), SplToken::Batching).unwrap();
    let programs = ledger.programs();
    let mut simulation = Simulation::new(&configuration, 42, Mode::Physical);
    let intervals: Vec<_> =
        simulation.intervals(chrono::NaiveDate::from_ymd_opt(2025, 3, 20).unwrap(), 1).skip(40).take(3).collect();
    ledger.set_time(intervals[0].interval.start());
    let department = Founder::new(programs, keys, &plan).found(&mut ledger, |_| ()).unwrap();
    ledger.next_slot();
    let wallets = Wallets::of_seed(keys, &plan);
    let all = sim_cli::meters::plain_intervals(&intervals);
    assert_eq!(compare(&ledger, &department, &all).unwrap(), Default::default(), "nothing is there");
    // The first interval is settled as measured, of the second one meter is settled otherwise.
    let mut other = plain(&intervals[1].readings);
    other[4].consumed += 1;
    for (interval, readings) in [(&intervals[0], plain(&intervals[0].readings)), (&intervals[1], other)] {
        ledger.set_time(interval.interval.end() + 5);
        let transactions = prepare(&department, &wallets.meters, interval.interval, &readings, Signing::Meters);
        settle(&mut ledger, &department, &wallets.submitter, &transactions).unwrap();
    }
    let comparison = compare(&ledger, &department, &all).unwrap();
    assert_eq!((comparison.same, comparison.differing.len(), comparison.unknown), (29, 1, 0));
    let expected = format!("ENG_005 and the interval that ends at {}: generated ", intervals[1].interval.end());
    assert!(comparison.differing[0].starts_with(&expected), "{comparison:?}");
    // A record of its accounts knows of no transactions.
    let accounts = Snapshot::of(&ledger);
    let comparison = compare(&accounts, &department, &all).unwrap();
    assert_eq!((comparison.same, comparison.differing.len(), comparison.unknown), (0, 0, 30));
}
