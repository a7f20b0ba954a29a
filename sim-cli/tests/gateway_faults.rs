//! What goes wrong around a gateway: a ledger that is slow, drops and doubles; a clock that jumps; a journal that was cut; a disk
//! that is full; syncs that must have happened.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_gateway::{
        Clock, Journal, State,
        journal::Identity,
        watch::{Kind, watch},
    },
    campus_energy_sdk::oracle::state::GREATEST_MAX_AGE,
    campus_energy_simulation::Configuration,
    gateway_support::{
        BEGIN, Gateway, KEY_OF_ALL, MANY, ONE,
        bad_link::{Deeds, bad_link, interval},
        options,
    },
    serde_json::{Value, json},
    sim_cli::plan::GatewayOptions as Options,
    std::{
        collections::BTreeMap,
        fs,
        path::Path,
        sync::{
            Arc, Mutex,
            atomic::{AtomicI64, AtomicUsize, Ordering},
        },
        time::Duration,
    },
};

/// Whatever the link does, each reading is on the ledger once, and the journal gives the same ledger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_link_loses_and_doubles_nothing() {
    let (directory, deeds) = (tempfile::tempdir().unwrap(), Arc::new(Deeds::default()));
    let gateway = Gateway::open_on(directory.path(), options(42), bad_link(&deeds));
    for number in 0..25 {
        gateway.post_all(&interval(&gateway, number)).await;
    }
    // Nothing goes through for a while: what is posted then is taken, and settled after.
    deeds.cut.store(true, Ordering::Relaxed);
    let late = interval(&gateway, 25);
    let posting = gateway.post(MANY, &late);
    let mending = async {
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if gateway.handle.health().ledger.is_some() {
                break;
            }
        }
        let (status, problem) = gateway.send("GET", "/readyz", "", "").await;
        assert_eq!((status, &problem["code"]), (503, &json!("not_ready")));
        let detail = problem["detail"].as_str().unwrap();
        // Whoever has no key is not told what the ledger says.
        assert!(detail.starts_with("the ledger does not answer;") && !detail.contains("the line is bad"), "{problem}");
        deeds.cut.store(false, Ordering::Relaxed);
    };
    let ((status, answers), ()) = tokio::join!(posting, mending);
    assert_eq!(status, 200, "{answers}");
    gateway.post_all(&late).await;
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await;
    assert_eq!(summary["readings"], json!({"journaled": 0, "submitted": 0, "confirmed": 390, "rejected": 0}));
    assert_eq!(summary["totals"]["readings"], json!(390), "the ledger's own count");
    assert_eq!(summary["energy_token_supply"], json!((26 * 2_500_000_000_u64).to_string()));
    for (name, deed) in [
        ("dropped", &deeds.dropped),
        ("unanswered", &deeds.unanswered),
        ("doubled", &deeds.doubled),
        ("slow", &deeds.slow),
        ("expired", &deeds.expired),
    ] {
        assert!(deed.load(Ordering::Relaxed) > 0, "{name} never happened");
    }
    let hash = gateway.stop();
    assert_eq!(Gateway::open(directory.path()).stop(), hash, "the journal gives the same ledger");
}

/// A ledger that answers and confirms nothing new: readings are taken, and it is said, until it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_halted_ledger_is_told_and_readings_are_taken() {
    let (directory, deeds) = (tempfile::tempdir().unwrap(), Arc::new(Deeds::default()));
    let gateway = Gateway::open_on(directory.path(), options(42), bad_link(&deeds));
    let meters: Vec<campus_energy_sdk::identity::MeterId> =
        (1..=15).map(|number| format!("ENG_{number:03}").parse().unwrap()).collect();
    let watching = tokio::spawn(watch(gateway.handle.clone(), meters, gateway.alerts.clone(), None));
    let ready = async || gateway.send("GET", "/readyz", "", "").await;
    // The alert comes after three looks.
    let until = async |halted: bool| {
        let alerts = || gateway.alerts.active().into_iter().map(|alert| (alert.kind, alert.text)).collect::<Vec<_>>();
        let is_so = || alerts().iter().any(|(kind, text)| *kind == Kind::LedgerHalted && text == HALTED) == halted;
        for _ in 0..200 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:?}", alerts());
    };
    gateway.post_all(&json!([gateway.signed(1, BEGIN, 0, 400)])).await;
    assert_eq!(ready().await.0, 200);
    *deeds.halted.lock().unwrap() = Some(HALTED.into());
    until(true).await;
    let (status, problem) = ready().await;
    let detail = "the ledger confirms nothing new; readings are taken and kept; the reason is in the log, and with a key in \
                  /api/engineering/meter-summary";
    assert_eq!((status, &problem["code"], &problem["detail"]), (503, &json!("not_ready"), &json!(detail)));
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", "the-key-of-all", "").await;
    assert_eq!((&summary["health"]["ledger"], &summary["health"]["halted"]), (&json!(HALTED), &json!(true)));
    assert_eq!(summary["alerts"][0]["kind"], json!("ledger_halted"));
    assert_eq!(gateway.post(&format!("{ONE}?wait=confirmed"), &gateway.signed(2, BEGIN, 0, 400)).await.0, 200);
    *deeds.halted.lock().unwrap() = None;
    until(false).await;
    assert_eq!(ready().await.0, 200);
    watching.abort();
    let _ = watching.await;
    gateway.stop();
}

const HALTED: &str = "no new slot was confirmed for 9 s: 99 is the newest of http://127.0.0.1:8899";

fn given_clock(seconds: i64) -> (&'static AtomicI64, Options) {
    let clock: &'static AtomicI64 = Box::leak(Box::new(AtomicI64::new(seconds)));
    (clock, Options { clock: Clock::Given(clock), ..options(42) })
}

/// A clock that jumps ahead and back: nothing is lost, nothing stored that the ledger would refuse, and it works again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jumping_clock_is_survived() {
    let directory = tempfile::tempdir().unwrap();
    let (clock, options) = given_clock(BEGIN + 10);
    let gateway = Gateway::open_on(directory.path(), options, |ledger| ledger);
    let post = async |end: i64| {
        let (status, problem) = gateway.post(&format!("{ONE}?wait=confirmed"), &gateway.signed(1, end, 0, 400)).await;
        (status, problem["code"].as_str().unwrap_or_default().to_string())
    };
    let taken = (200, String::new());
    let stale = (422, "stale_reading".to_string());
    assert_eq!(post(BEGIN).await, taken);
    assert_eq!(post(BEGIN + 900).await, (422, "future_reading".into()));
    clock.store(BEGIN + 86_400 + 10, Ordering::Relaxed);
    assert_eq!(post(BEGIN + 900).await, stale);
    assert_eq!(post(BEGIN + 86_400).await, taken);
    // Back: the ledger's time stays where it was, and the gateway says so before it stores anything.
    clock.store(BEGIN + 910, Ordering::Relaxed);
    assert_eq!(post(BEGIN + 900).await, stale);
    assert_eq!(gateway.state(1, BEGIN + 900).await.0, 404);
    assert_eq!(post(BEGIN).await, taken, "answered as before");
    clock.store(BEGIN + 87_300 + 5, Ordering::Relaxed);
    assert_eq!(post(BEGIN + 87_300).await, taken);
    let hash = gateway.stop();
    assert_eq!(Gateway::open(directory.path()).stop(), hash);
}

/// The journal is cut, or filled with zeros, at every frame and around, behind what was acknowledged: no acknowledged reading is lost,
/// and what is left is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_cut_behind_the_last_sync_keeps_what_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let wal = directory.path().join("journal.sqlite-wal");
    // How long the log was when an acknowledgement had come: so much was synced.
    let mut acknowledged: BTreeMap<u64, usize> = BTreeMap::new();
    for number in 0..12 {
        let reading = gateway.signed(1 + number % 15, BEGIN + 900 * i64::try_from(number).unwrap(), 0, 300);
        assert_eq!(gateway.post(ONE, &reading).await.0, 200);
        acknowledged.insert(fs::metadata(&wal).unwrap().len(), number + 1);
    }
    // What was written after the last acknowledgement: outcomes.
    std::thread::sleep(Duration::from_millis(200));
    let (database, log) = (fs::read(directory.path().join("journal.sqlite")).unwrap(), fs::read(&wal).unwrap());
    gateway.stop();
    let first = *acknowledged.keys().next().unwrap();
    let frame = 24 + 4_096;
    let mut cuts: Vec<usize> = (usize::try_from(first).unwrap()..=log.len()).step_by(4_093).collect();
    cuts.extend((32..log.len()).step_by(frame).flat_map(|start| [start - 1, start, start + 1, start + 24]));
    cuts.retain(|cut| (usize::try_from(first).unwrap()..=log.len()).contains(cut));
    for cut in &cuts {
        for zeroed in [false, true] {
            let copy = tempfile::tempdir().unwrap();
            fs::write(copy.path().join("journal.sqlite"), &database).unwrap();
            let mut damaged = log[..*cut].to_vec();
            if zeroed {
                damaged.resize(log.len(), 0);
            }
            fs::write(copy.path().join("journal.sqlite-wal"), damaged).unwrap();
            let kept = count(copy.path());
            let promised = acknowledged.range(..=*cut as u64).next_back().map_or(0, |(_, number)| *number);
            assert!(kept >= promised, "cut at {cut}: {promised} acknowledged, {kept} left");
        }
    }
    println!("{} cuts, zeroed or not, of a log of {} bytes", cuts.len(), log.len());
}

/// Readings in a journal that is found whole.
fn count(directory: &Path) -> usize {
    let journal = Journal::open(directory, &Identity::default()).unwrap();
    let readings: i64 = journal.counts().unwrap().iter().map(|(_, count)| count).sum();
    drop(journal);
    let database = rusqlite::Connection::open(directory.join("journal.sqlite")).unwrap();
    let found: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(found, "ok");
    usize::try_from(readings).unwrap()
}

/// A silent meter, a reading that the ledger refuses and a ledger that does not answer are told to a webhook: once, and when it is
/// over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_reach_a_webhook_once_and_so_does_their_end() {
    let (directory, deeds) = (tempfile::tempdir().unwrap(), Arc::new(Deeds::default()));
    let (clock, options) = given_clock(BEGIN + 10);
    let gateway = Gateway::open_on(directory.path(), options, bad_link(&deeds));
    let received: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (seen, calls) = (received.clone(), Arc::new(AtomicUsize::new(0)));
    let hook = axum::Router::new().route(
        "/",
        axum::routing::post(async move |axum::Json(alert): axum::Json<Value>| {
            // The first call fails: it is made again.
            if calls.fetch_add(1, Ordering::Relaxed) == 0 {
                return axum::http::StatusCode::BAD_GATEWAY;
            }
            seen.lock().unwrap().push(alert);
            axum::http::StatusCode::NO_CONTENT
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, hook).await });
    let meters = vec!["ENG_001".parse().unwrap(), "ENG_002".parse().unwrap()];
    let watching = tokio::spawn(watch(gateway.handle.clone(), meters, gateway.alerts.clone(), Some(webhook)));
    let told = async |kind: &str, subject: &str, resolved: bool| {
        for _ in 0..100 {
            let found = received.lock().unwrap().iter().position(|alert| {
                (&alert["kind"], &alert["subject"], &alert["resolved"])
                    == (&json!(kind), &json!(subject), &json!(resolved))
            });
            if let Some(found) = found {
                return received.lock().unwrap().remove(found);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never told: {kind} {subject} {resolved}; {:?}", received.lock().unwrap());
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(gateway.post(&format!("{ONE}?wait=confirmed"), &gateway.signed(1, BEGIN, 0, 400)).await.0, 200);
    clock.store(BEGIN + 2_000, Ordering::Relaxed);
    let alert = told("meter_silent", "ENG_002", false).await;
    assert!(alert["text"].as_str().unwrap().starts_with("no reading after that of "), "{alert}");
    told("meter_silent", "ENG_001", false).await;
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await;
    assert_eq!(summary["alerts"].as_array().unwrap().len(), 2, "{}", summary["alerts"]);
    assert_eq!(gateway.post(ONE, &gateway.signed(2, BEGIN + 1_800, 0, 400)).await.0, 200);
    told("meter_silent", "ENG_002", true).await;

    // To the gateway it is fresh, to the ledger it is not.
    deeds.ahead.store(i64::from(GREATEST_MAX_AGE) + 7_200, Ordering::Relaxed);
    let refused = gateway.signed(1, BEGIN + 1_800, 0, 400);
    let (status, problem) = gateway.post(&format!("{ONE}?wait=confirmed"), &refused).await;
    assert_eq!((status, &problem["code"]), (422, &json!("rejected_by_ledger")));
    deeds.ahead.store(0, Ordering::Relaxed);
    let alert = told("reading_rejected", "ENG_001", false).await;
    assert!(alert["text"].as_str().unwrap().contains("OracleError::StaleReading"), "{alert}");
    assert_eq!(gateway.post(ONE, &refused).await, (422, problem), "the same is answered as before");
    told("meter_silent", "ENG_001", true).await;

    deeds.cut.store(true, Ordering::Relaxed);
    let late = gateway.signed(1, BEGIN + 900, 0, 300);
    let (posted, ()) = tokio::join!(gateway.post(ONE, &late), async {
        told("ledger_unreachable", "ledger", false).await;
        deeds.cut.store(false, Ordering::Relaxed);
        told("ledger_unreachable", "ledger", true).await;
    });
    assert_eq!(posted.0, 200);
    told("reading_rejected", "ENG_001", true).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(*received.lock().unwrap(), Vec::<Value>::new(), "no repeats");
    watching.abort();
    let _ = watching.await;
    gateway.stop();
}

/// Simulated people trade on the gateway's ledger; their orders are in the journal, and a restart ends in the same state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traders_are_in_the_journal_too() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open_with(directory.path(), true);
    for number in 0..4 {
        gateway.post_all(&interval(&gateway, number)).await;
    }
    let (_, market) = gateway.send("GET", "/api/engineering/market", "the-key-of-one", "").await;
    // The last interval's auction is open still; in each one before it the seller sold all.
    assert_eq!(market["traded_wh"], json!(3 * 2_500), "{market}");
    assert!(!market["orders"].as_array().unwrap().is_empty());
    let hash = gateway.stop();
    let again = Gateway::open_with(directory.path(), true);
    let (_, after) = again.send("GET", "/api/engineering/market", KEY_OF_ALL, "").await;
    assert!(market == after, "the market is another after a restart");
    assert_eq!(again.stop(), hash);
    let configuration = Configuration::load(None).unwrap();
    let Err(error) = campus_energy_gateway::open(directory.path(), sim_cli::plan::gateway(&configuration, options(42)))
    else {
        panic!("without traders")
    };
    assert!(error.to_string().starts_with("journal: traders was true when it was begun"), "{error}");
}

/// One gateway at a time.
#[test]
fn a_journal_has_one_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let configuration = Configuration::load(None).unwrap();
    let Err(error) = campus_energy_gateway::open(directory.path(), sim_cli::plan::gateway(&configuration, options(42)))
    else {
        panic!("two gateways")
    };
    assert!(error.to_string().ends_with("another gateway works here"), "{error}");
    gateway.stop();
    assert_eq!(
        Journal::open(directory.path(), &Identity::default()).unwrap().counts().unwrap()[0],
        (State::Journaled, 0)
    );
}
