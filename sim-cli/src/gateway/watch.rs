//! The seed's `notify_engineering_it`: notices silent meters, rejected readings, a ledger or journal in trouble, and their end.
//! Each is told once: as a log line, an event, and a POST to a webhook.

use {
    super::{
        Event, Handle, Health,
        engine::Held,
        journal::{Entry, State},
    },
    campus_energy_sdk::{identity::MeterId, time::INTERVAL_SECONDS},
    serde::Serialize,
    std::{
        collections::{BTreeMap, BTreeSet},
        sync::{Arc, Mutex, PoisonError},
        time::Duration,
    },
    tokio::sync::broadcast::error::RecvError,
    tracing::{info, warn},
    utoipa::ToSchema,
};

/// Intervals without a reading after which a meter is silent.
const SILENCE: i64 = 2;
/// Seconds after an interval's end within which a reading is no late one.
const GRACE: i64 = 60;
/// How often is looked.
const PERIOD: Duration = Duration::from_secs(1);
/// How often, and how long after each other, a webhook is tried.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// What is the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A meter has not reported for two intervals.
    MeterSilent,
    /// The ledger refused a meter's reading.
    ReadingRejected,
    /// The ledger does not answer.
    LedgerUnreachable,
    /// The journal cannot be written.
    JournalUnwritable,
    /// The ledger does not take some meters' readings for now; the subject is the reason.
    ReadingsHeld,
    /// This machine's clock has gone back.
    ClockBehind,
}

/// Something that people should know, or its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alert {
    /// What is the matter.
    pub kind: Kind,
    /// With which meter, or part of the gateway.
    pub subject: String,
    /// Since when, Unix seconds.
    pub since: i64,
    /// Whether it is over.
    pub resolved: bool,
    /// In words.
    pub text: String,
}

/// The alerts that are not over.
#[derive(Clone, Default)]
pub struct Alerts(Arc<Mutex<Vec<Alert>>>);

impl Alerts {
    /// They.
    #[must_use]
    pub fn active(&self) -> Vec<Alert> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What has been noticed.
#[derive(Debug, Default)]
struct Watch {
    active: BTreeMap<(Kind, String), Alert>,
    /// The newest reading of each meter, or when watching began.
    heard: BTreeMap<MeterId, i64>,
}

impl Watch {
    fn set(&mut self, kind: Kind, subject: &str, now: i64, trouble: Option<String>) -> Option<Alert> {
        let key = (kind, subject.to_string());
        match trouble {
            Some(text) if !self.active.contains_key(&key) => {
                let alert = Alert { kind, subject: subject.into(), since: now, resolved: false, text };
                self.active.insert(key, alert.clone());
                Some(alert)
            }
            Some(_) => None,
            None => {
                let alert = self.active.remove(&key)?;
                let text = format!("over after {} s: {}", (now - alert.since).max(0), alert.text);
                Some(Alert { resolved: true, text, ..alert })
            }
        }
    }

    /// A reading is settled.
    fn reading(&mut self, entry: &Entry, now: i64) -> Vec<Alert> {
        let (meter, end) = (entry.submission.meter, entry.submission.interval.end());
        let heard = self.heard.entry(meter).or_insert(end);
        *heard = end.max(*heard);
        let refused = (entry.state == State::Rejected)
            .then(|| format!("the ledger refused the reading of {end}: {}", entry.reason.clone().unwrap_or_default()));
        self.set(Kind::ReadingRejected, &meter.to_string(), now, refused).into_iter().collect()
    }

    /// Time has passed.
    fn tick(&mut self, now: i64, health: &Health) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let heard: Vec<(MeterId, i64)> = self.heard.iter().map(|(meter, last)| (*meter, *last)).collect();
        for (meter, last) in heard {
            let silent = (now > last + SILENCE * INTERVAL_SECONDS + GRACE)
                .then(|| format!("no reading after that of {last}, {} intervals ago", (now - last) / INTERVAL_SECONDS));
            alerts.extend(self.set(Kind::MeterSilent, &meter.to_string(), now, silent));
        }
        alerts.extend(self.set(Kind::LedgerUnreachable, "ledger", now, health.ledger.clone()));
        alerts.extend(self.set(Kind::JournalUnwritable, "journal", now, health.journal.clone()));
        alerts.extend(self.set(Kind::ClockBehind, "clock", now, health.clock.clone()));
        let held = self.active.keys().filter(|(kind, _)| *kind == Kind::ReadingsHeld).map(|(_, cause)| cause.clone());
        let causes: BTreeSet<String> = held.chain(health.held.keys().cloned()).collect();
        for cause in causes {
            let text = health
                .held
                .get(&cause)
                .map(|Held { text, meters }| format!("readings of {} wait: {text}", meters.join(", ")));
            alerts.extend(self.set(Kind::ReadingsHeld, &cause, now, text));
        }
        alerts
    }
}

/// Watches until the engine stops.
pub async fn watch(engine: Handle, meters: Vec<MeterId>, alerts: Alerts, webhook: Option<reqwest::Url>) {
    let mut watch = Watch::default();
    let mut events = engine.events();
    let known = engine.look(move |journal, _| {
        let mut heard = Vec::new();
        for meter in meters {
            heard.push((meter, journal.last(&meter)?.map(|entry| entry.submission.interval.end())));
        }
        Ok(heard)
    });
    let known = known.await.unwrap_or_default();
    let begin = engine.time();
    // Whoever was silent before is given its time again: the gateway itself may have been away.
    watch.heard = known.into_iter().map(|(meter, last)| (meter, last.unwrap_or(begin).max(begin))).collect();
    // Where the readings are the clock, it begins with the first.
    let mut begun = begin > 0;
    let mut period = tokio::time::interval(PERIOD);
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(post(webhook, receiver));
    loop {
        let noticed = tokio::select! {
            event = events.recv() => match event {
                Ok(Event::Reading(entry)) => watch.reading(&entry, engine.time()),
                Err(RecvError::Closed) => return,
                _ => Vec::new(),
            },
            _ = period.tick() => {
                let now = engine.time();
                if !begun && now > 0 {
                    begun = true;
                    watch.heard.values_mut().for_each(|heard| *heard = (*heard).max(now));
                }
                watch.tick(now, &engine.health())
            }
        };
        if noticed.is_empty() {
            continue;
        }
        *alerts.0.lock().unwrap_or_else(PoisonError::into_inner) = watch.active.values().cloned().collect();
        for alert in noticed {
            let Alert { kind, subject, since, resolved, text } = &alert;
            if *resolved {
                info!(?kind, subject, since, text, "alert resolved");
            } else {
                warn!(?kind, subject, since, text, "alert");
            }
            engine.tell(Event::Alert(Arc::new(alert.clone())));
            // Its receiver lives as long as this runtime.
            let _ = sender.send(alert);
        }
    }
}

/// Posts alerts in their order; one that nobody takes is logged and left.
async fn post(webhook: Option<reqwest::Url>, mut alerts: tokio::sync::mpsc::UnboundedReceiver<Alert>) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap_or_default();
    while let Some(alert) = alerts.recv().await {
        let Some(url) = &webhook else { continue };
        for attempt in 1..=TRIES {
            let answer =
                client.post(url.clone()).json(&alert).send().await.and_then(reqwest::Response::error_for_status);
            match answer {
                Ok(_) => break,
                Err(error) if attempt == TRIES => warn!(%error, ?alert, "the webhook does not take an alert"),
                Err(_) => tokio::time::sleep(BETWEEN_TRIES * 2_u32.pow(attempt - 1)).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::gateway::Submission,
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
        Entry { id: 1, submission, state, transaction: None, reason }
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
        assert!(watch.reading(&entry(14_400, State::Rejected), 14_405).is_empty());
        assert!(watch.reading(&entry(15_300, State::Confirmed), 15_305)[0].resolved);

        let ill = Health { ledger: Some("it does not answer".into()), ..Health::default() };
        assert_eq!(watch.tick(15_306, &ill)[0].kind, Kind::LedgerUnreachable);
        assert!(watch.tick(15_307, &ill).is_empty());
        assert!(watch.tick(15_308, &well)[0].resolved && watch.active.is_empty());
    }
}
