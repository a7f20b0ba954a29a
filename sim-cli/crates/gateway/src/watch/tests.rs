//! Which alerts are reported, when, and how often.

use {
    super::*,
    crate::Submission,
    campus_energy_sdk::{reading::Quality, time::Interval},
};

fn entry(end: i64, state: State) -> Entry {
    let submission = Submission {
        meter: "ENG_001".parse().unwrap(),
        interval: Interval::ending_at(end).unwrap(),
        generated: 0,
        consumed: 1,
        key_epoch: 0,
        quality: Quality::Measured,
        signature: [0; 64],
    };
    let reason = (state == State::Rejected).then(|| "too much".into());
    Entry { id: 1, submission, state, transaction: None, ledger_transaction: None, reason, settled: Some(end) }
}

#[test]
fn each_trouble_is_told_once_and_so_is_its_end() {
    let mut watch = Watch::default();
    let well = Health::default();
    assert!(watch.reading(&entry(9_000, State::Confirmed), 9_005).is_empty());
    assert!(watch.tick(9_000 + 1_860, &well).is_empty(), "two intervals and a minute");
    let silent = watch.tick(9_000 + 1_861, &well);
    assert_eq!((silent.len(), silent[0].kind, silent[0].subject.as_str()), (1, Kind::MeterSilent, "ENG_001"));
    assert!(watch.tick(9_000 + 4_000, &well).is_empty(), "no repeats");
    watch.reading(&entry(12_600, State::Confirmed), 12_605);
    let over = watch.tick(12_606, &well);
    assert_eq!((over.len(), over[0].resolved, over[0].since), (1, true, 10_861));
    assert!(over[0].text.starts_with("over after 1745 s: no reading after that of 9000"), "{}", over[0].text);

    let refused = watch.reading(&entry(13_500, State::Rejected), 13_505);
    assert_eq!(refused[0].text, "the ledger refused the reading of 13500: too much");
    assert!(watch.reading(&entry(13_500, State::Rejected), 13_506).is_empty(), "the same one");
    let another = watch.reading(&entry(14_400, State::Rejected), 14_405);
    assert_eq!((another[0].since, another[0].resolved), (13_505, false));
    assert_eq!(another[0].text, "the ledger refused the reading of 14400: too much");
    assert!(watch.reading(&entry(15_300, State::Confirmed), 15_305)[0].resolved && watch.active.is_empty());
}

/// How often a row of looks, `x` for trouble, makes the watch speak.
fn told(watch: &mut Watch, looks: &str) -> Vec<(Kind, bool)> {
    let ill = Health { ledger: Some("it does not answer".into()), ..Health::default() };
    let well = Health::default();
    let look = |look| watch.tick(9_000, if look == 'x' { &ill } else { &well });
    looks.chars().flat_map(look).map(|alert| (alert.kind, alert.resolved)).collect()
}

#[test]
fn what_comes_and_goes_is_one_trouble() {
    let mut watch = Watch::default();
    assert_eq!(told(&mut watch, "x.xx.x"), [], "a moment is no trouble");
    assert_eq!(told(&mut watch, "xxx..x....x"), [(Kind::LedgerUnreachable, false)]);
    assert_eq!(told(&mut watch, "....."), [(Kind::LedgerUnreachable, true)]);
    assert!(watch.active.is_empty());
}

#[test]
fn a_restart_knows_what_was_told() {
    let mut watch = Watch::default();
    let meter: MeterId = "ENG_001".parse().unwrap();
    watch.heard.insert(meter, 9_000);
    watch.reading(&entry(9_000, State::Rejected), 9_005);
    assert_eq!(watch.tick(12_000, &Health::default()).len(), 1);
    let text = serde_json::to_string(&watch.kept()).unwrap();
    let again = |newest| Watch::resume(serde_json::from_str(&text).unwrap(), newest, 13_000);
    let mut same = again(vec![(meter, Some(9_000))]);
    assert_eq!((same.settled, same.active.len(), same.tick(13_000, &Health::default())), (9_000, 2, Vec::new()));
    // It came while nobody watched.
    let mut heard = again(vec![(meter, Some(12_600))]);
    let over = heard.tick(13_000, &Health::default());
    assert_eq!((over.len(), over[0].kind, over[0].resolved), (1, Kind::MeterSilent, true));
    // Another configuration has other meters.
    assert!(again(vec![("ENG_002".parse().unwrap(), None)]).active.is_empty());
}

fn conflict(intervals: i64, text: &str) -> Health {
    let conflict = Conflict { intervals, text: text.into() };
    Health { conflicts: BTreeMap::from([("ENG_001".to_string(), conflict)]), ..Health::default() }
}

#[test]
fn two_truths_are_told_until_there_is_one() {
    let mut watch = Watch::default();
    watch.heard.insert("ENG_001".parse().unwrap(), 9_000);
    let contradicted = Entry { ledger_transaction: Some("5ig".into()), ..entry(9_000, State::Rejected) };
    assert!(watch.reading(&contradicted, 9_005).is_empty(), "not as a reading that the ledger refuses");
    let told = watch.tick(9_006, &conflict(1, "the ledger has other values"));
    assert_eq!((told.len(), told[0].kind, told[0].subject.as_str()), (1, Kind::TwoTruths, "ENG_001"));
    assert_eq!(told[0].text, "two truths about one interval, 1 within a week; the newest: the ledger has other values");
    assert!(watch.tick(9_007, &conflict(1, "the ledger has other values")).is_empty(), "no repeats");
    assert!(watch.reading(&entry(9_900, State::Confirmed), 9_905).is_empty(), "the next interval does not end it");
    let more = watch.tick(9_906, &conflict(2, "others again"));
    assert_eq!((more.len(), more[0].resolved, more[0].since), (1, false, 9_006));
    let over = watch.tick(9_907, &Health::default());
    assert_eq!((over.len(), over[0].resolved, watch.active.len()), (1, true, 0));
}

#[test]
fn a_limit_that_is_reached_has_an_alert_of_its_own() {
    let mut watch = Watch::default();
    let health = |limit| {
        let held = Held { text: "5 MWh a day".into(), meters: vec!["ENG_001".into(), "ENG_002".into()], limit };
        Health { held: BTreeMap::from([("OracleError::Limit".to_string(), held)]), ..Health::default() }
    };
    let told = watch.tick(9_000, &health(true));
    assert_eq!((told.len(), told[0].kind, told[0].subject.as_str()), (1, Kind::LimitReached, "OracleError::Limit"));
    assert!(
        told[0].text.starts_with("readings of ENG_001, ENG_002 wait: 5 MWh a day; find out who minted"),
        "{}",
        told[0].text
    );
    assert!(watch.tick(9_001, &health(true)).is_empty(), "no repeats");
    let kinds: Vec<_> = watch.tick(9_002, &health(false)).iter().map(|alert| (alert.kind, alert.resolved)).collect();
    assert_eq!(kinds, [(Kind::ReadingsHeld, false), (Kind::LimitReached, true)]);
}
