//! What comes in any order, late, or after the configuration has changed.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_gateway::{
        self as gateway, Clock,
        check::Register,
        front::{csv, http::body::ReadingBody},
        journal::State,
    },
    campus_energy_sdk::{
        ledger::{Embedded, Ledger, LedgerError, Receipt},
        oracle::state::GREATEST_MAX_AGE,
    },
    campus_energy_simulation::{Configuration, configuration::DEFAULT},
    gateway_support::{BEGIN, Gateway, MANY, ONE, options},
    serde_json::{Value, json},
    sim_cli::plan::{self, GatewayOptions as Options},
    solana_account::Account,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
    std::{
        cell::Cell,
        collections::BTreeMap,
        sync::{
            Arc,
            atomic::{AtomicI64, Ordering},
        },
    },
};

/// Readings of some meters in consecutive intervals.
fn readings(gateway: &Gateway, meters: usize, intervals: i64) -> Vec<Value> {
    let of = |number: i64| (1..=meters).map(move |meter| (meter, BEGIN + 900 * number));
    (0..intervals).flat_map(of).map(|(meter, end)| gateway.signed(meter, end, 0, 400)).collect()
}

fn end(reading: &Value) -> i64 {
    reading["timestamp"].as_i64().expect("seconds")
}

/// What became of the rows of a file with these readings.
async fn ingest(gateway: &Gateway, readings: &[Value]) -> BTreeMap<String, usize> {
    let mut file = ::csv::Writer::from_writer(Vec::new());
    for reading in readings {
        file.serialize(serde_json::from_value::<ReadingBody>(reading.clone()).unwrap()).unwrap();
    }
    let rows = csv::replay(&file.into_inner().unwrap()[..], Arc::new(gateway.intake.clone())).await.unwrap();
    let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, (2..readings.len() as u64 + 2).collect::<Vec<_>>(), "in the order of the file");
    let mut outcomes = BTreeMap::new();
    for row in rows {
        let name = row.outcome.map_or_else(|rejection| rejection.text, |state: State| state.name().into());
        *outcomes.entry(name).or_default() += 1;
    }
    outcomes
}

/// A day sorted by meter, and two days newest first: where the readings are the clock, the order of the rows decides nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_a_file_may_be_in_any_order() {
    for (name, intervals) in [("by meter", 96), ("newest first", 192), ("shuffled", 192)] {
        let directory = tempfile::tempdir().unwrap();
        let gateway = Gateway::open(directory.path());
        let mut day = readings(&gateway, 3, intervals);
        match name {
            "by meter" => day.sort_by_key(|reading| reading["meter_id"].to_string()),
            "newest first" => day.reverse(),
            _ => day.sort_by_key(|reading| reading["signature"].to_string()),
        }
        assert_eq!(ingest(&gateway, &day).await, BTreeMap::from([("confirmed".into(), day.len())]), "{name}");
        // Once more: the same.
        assert_eq!(ingest(&gateway, &day[..40]).await, BTreeMap::from([("confirmed".into(), 40)]), "{name}");
        gateway.stop();
    }
}

/// The same of a batch over HTTP; the answers are in its order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readings_of_a_batch_may_be_in_any_order() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let mut batch = readings(&gateway, 1, 250);
    batch.reverse();
    batch[100]["energy_consumed"] = json!(0.4005);
    batch[200]["timestamp"] = json!(end(&batch[200]) * 1_000);
    let (status, answers) = gateway.post(&format!("{MANY}?wait=confirmed"), &batch.clone().into()).await;
    assert_eq!(status, 207);
    for (place, answer) in answers.as_array().unwrap().iter().enumerate() {
        let expected = match place {
            100 => json!("invalid_energy"),
            200 => json!("invalid_timestamp"),
            _ => Value::Null,
        };
        assert_eq!(answer["code"], expected, "{place}: {answer}");
        if expected.is_null() {
            assert_eq!(answer["next_reading_time"], json!(end(&batch[place]) + 900), "{place}");
        }
    }
    gateway.stop();
}

fn given_clock(seconds: i64) -> (&'static AtomicI64, Options) {
    let clock: &'static AtomicI64 = Box::leak(Box::new(AtomicI64::new(seconds)));
    (clock, Options { clock: Clock::Given(clock), ..options(42) })
}

/// A gateway that was away for hours gets what the meters have kept, and loses nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_measured_while_the_gateway_was_away_is_taken() {
    for hours in [5, 23] {
        let directory = tempfile::tempdir().unwrap();
        let (clock, options) = given_clock(BEGIN + 10);
        let gateway = Gateway::open_on(directory.path(), options, |ledger| ledger);
        gateway.post_all(&readings(&gateway, 15, 1).into()).await;
        gateway.stop();
        clock.store(BEGIN + hours * 3_600 + 10, Ordering::Relaxed);
        let gateway = Gateway::open_on(directory.path(), options, |ledger| ledger);
        let missed = readings(&gateway, 5, hours * 4 + 1);
        for some in missed.chunks(1_000) {
            gateway.post_all(&some.into()).await;
        }
        let counts = gateway.handle.counts().await.unwrap();
        let confirmed = i64::try_from(missed.len()).unwrap() + 10;
        assert_eq!(counts.iter().find(|(state, _)| *state == State::Confirmed), Some(&(State::Confirmed, confirmed)));
        gateway.stop();
    }
}

fn configuration(changes: &[(&str, &str)]) -> Configuration {
    let mut text = DEFAULT.to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Configuration::parse("changed.yaml", &text).unwrap()
}

/// The limit is a key of the configuration; what it allows is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_greatest_age_is_configured() {
    let default = plan::founding(&configuration(&[]), true, campus_energy_sdk::token::state::MintMode::Batch);
    assert_eq!(default.limits.max_age, GREATEST_MAX_AGE);
    let limited = configuration(&[("    count: 15", "    count: 15\n    max_reading_age_s: 7200")]);
    let directory = tempfile::tempdir().unwrap();
    let opened = gateway::open(directory.path(), plan::gateway(&limited, options(42))).unwrap();
    assert_eq!(opened.intake.register.limits().max_age, 7_200);
    for (given, detail) in [("600", "\"600\""), ("100000000", "\"100000000\""), ("2h", "\"2h\"")] {
        let text = DEFAULT.replacen("    count: 15", &format!("    count: 15\n    max_reading_age_s: {given}"), 1);
        let error = Configuration::parse("ages.yaml", &text).unwrap_err().to_string();
        let expected = format!("{detail} is no age of a reading in seconds; give 900 to {GREATEST_MAX_AGE}");
        assert!(error.contains("max_reading_age_s") && error.ends_with(&expected), "{error}");
    }
    let gateway = Gateway::open(tempfile::tempdir().unwrap().path());
    let late = GREATEST_MAX_AGE / 900 + 1;
    gateway.post_all(&json!([gateway.signed(1, BEGIN + 900 * i64::from(late), 0, 400)])).await;
    let (status, problem) = gateway.post(ONE, &gateway.signed(1, BEGIN, 0, 400)).await;
    let detail = format!("the interval ended {} s ago; readings are accepted for {GREATEST_MAX_AGE} s", late * 900 + 5);
    assert_eq!((status, &problem["detail"]), (422, &json!(detail)));
    gateway.stop();
}

/// A journal belongs to what was founded; what else the configuration says may change.
#[test]
fn only_what_was_founded_binds_a_journal() {
    let directory = tempfile::tempdir().unwrap();
    let open = |changes: &[(&str, &str)]| {
        let opened = gateway::open(directory.path(), plan::gateway(&configuration(changes), options(42)));
        opened.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(open(&[]), Ok(()));
    let site = "  building: \"Engineering Complex\"";
    for changes in [
        vec![(site, "  building: \"Engineering Complex\"\n  holidays: [2026-04-13]")],
        vec![("weekdays: \"06:00-22:00\"", "weekdays: \"07:00-21:00\"")],
        vec![("name: \"College of Engineering\"", "name: \"Faculty of Engineering\"")],
        vec![(site, "  building: \"Hall 2\"\n  emissions: {factor_kg_per_kwh: 0.5}\n  noise: {generation: 0.1}")],
    ] {
        assert_eq!(open(&changes), Ok(()), "{changes:?}");
    }
    // Limits that follow from loads and installation stay as the ledger was founded.
    let founded = plan::founding(&configuration(&[]), true, campus_energy_sdk::token::state::MintMode::Batch);
    for changes in [
        vec![(site, "  building: \"Engineering Complex\"\n  zones: {laboratory: {base_consumption: 42.0}}")],
        vec![(site, "  building: \"Engineering Complex\"\n  zones: {laboratory: {base_consumption: 0.2}}")],
        vec![(site, "  building: \"Engineering Complex\"\n  load: {level: 3}")],
        vec![(site, "  building: \"Engineering Complex\"\n  storage: {meter: ENG_001, power_kw: 5}")],
        vec![("capacity: \"50kW\"", "capacity: \"20kW\"")],
    ] {
        let setup = plan::gateway(&configuration(&changes), options(42));
        assert_ne!(setup.founding.limits, founded.limits, "{changes:?}: it would be founded otherwise");
        let opened = gateway::open(directory.path(), setup).unwrap();
        assert_eq!(opened.intake.register.limits(), founded.limits, "{changes:?}");
    }
    let of_limits = |keys: &str| format!("  building: \"Engineering Complex\"\n  limits: {{{keys}}}");
    let same = of_limits(&format!("meter_consumption_kwh: {}", f64::from(founded.limits.meter_consumption) / 1_000.0));
    assert_eq!(open(&[(site, &same)]), Ok(()), "the limit that it was founded with");
    let differs = |text: &str| Err(format!("journal: {text}; give another --data, or the same configuration"));
    assert_eq!(
        open(&[
            ("faculty: 50", "faculty: 51"),
            (site, "  building: \"Engineering Complex\"\n  market: {feed_in_tariff: 2.5}")
        ]),
        differs(
            "participants was (50 faculty, 75 graduate, 125 undergraduate) when it was begun and is (51 faculty, 75 graduate, 125 \
             undergraduate) now, market feed_in_tariff was 2.2 baht/kWh when it was begun and is 2.5 baht/kWh now"
        )
    );
    assert_eq!(
        open(&[("    count: 15", "    count: 15\n    max_reading_age_s: 7200")]),
        differs(&format!("limit max_age was {GREATEST_MAX_AGE} s when it was begun and is 7200 s now"))
    );
    let generation = founded.meters[0].generation_limit;
    let given = of_limits("meter_consumption_kwh: 900, meter_generation_kwh: {ENG_001: 700}");
    assert_eq!(
        open(&[(site, &given)]),
        differs(&format!(
            "limit meter_consumption was {} Wh when it was begun and is 900000 Wh now, generation_limit of meter ENG_001 was \
             {generation} Wh when it was begun and is 700000 Wh now",
            founded.limits.meter_consumption
        ))
    );
    let error = open(&[("count: 15", "count: 30")]).unwrap_err();
    assert!(error.contains("meters was 15 when it was begun and is 30 now"), "{error}");
    assert!(error.contains("more; give another --data"), "{error}");
    assert_eq!(open(&[]), Ok(()), "what was refused has changed nothing");

    // A journal of before has a hash of the whole configuration, and was founded with an age limit of an hour.
    let journal = rusqlite::Connection::open(directory.path().join("journal.sqlite")).unwrap();
    journal
        .execute_batch(
            "DELETE FROM meta WHERE key NOT IN ('ledger', 'seed', 'traders', 'founded');
             INSERT INTO meta VALUES ('configuration_sha256', 'ab')",
        )
        .unwrap();
    drop(journal);
    assert_eq!(
        open(&[]),
        differs(&format!(
            "limit max_age was 3600 s when it was begun and is {GREATEST_MAX_AGE} s now (the version that began it knew no other; write \
             smart_meters.max_reading_age_s: 3600)"
        ))
    );
    assert_eq!(open(&[("    count: 15", "    count: 15\n    max_reading_age_s: 3600")]), Ok(()));
}

/// A ledger whose nodes may refuse to search all accounts of a program.
struct Searched<'a> {
    ledger: &'a Embedded,
    refuses: bool,
    searches: Cell<usize>,
}

impl Ledger for Searched<'_> {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        self.ledger.genesis_hash()
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        self.ledger.account(address)
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        self.searches.set(self.searches.get() + 1);
        match self.refuses {
            true => Err(LedgerError::Unreachable("it is excluded from account secondary indexes".into())),
            false => self.ledger.owned(program, offset, bytes),
        }
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        self.ledger.latest_blockhash()
    }

    fn send(&mut self, _: VersionedTransaction) -> Result<Receipt, LedgerError> {
        Err(LedgerError::ReadOnly)
    }
}

#[test]
fn known_meters_are_read_where_new_ones_cannot_be_searched_for() {
    let directory = tempfile::tempdir().unwrap();
    let mut opened = gateway::open(directory.path(), plan::gateway(&configuration(&[]), options(42))).unwrap();
    // The last meter was registered after the founding.
    let mut department = (*opened.site.department).clone();
    department.meters.pop();
    for (refuses, known, searches) in [(true, 14, 1), (false, 15, 1)] {
        let ledger = Searched { ledger: opened.engine.ledger(), refuses, searches: Cell::new(0) };
        let register = Register::read(&ledger, &department).unwrap();
        register.refresh(&ledger, &department).unwrap();
        assert_eq!(
            (register.meters().len(), ledger.searches.get()),
            (known, searches),
            "a search that fails is not made at once again"
        );
    }
}
