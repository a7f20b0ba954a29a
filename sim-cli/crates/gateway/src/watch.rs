//! The brief's `notify_engineering_it`: detects silent meters, rejected readings, a ledger or journal that does not work, and
//! the end of each condition. Each is reported once, also over restarts: as a log line, an event, and a POST to a webhook.

use {
    super::{
        Event, Handle, Health,
        check::{KnownMeter, Register},
        engine::{Conflict, Held},
        ingest::PATIENCE,
        journal::{Entry, State},
        rejection::Rejection,
    },
    campus_energy_sdk::{identity::MeterId, registry::state::MeterStatus, time::INTERVAL_SECONDS},
    serde::{Deserialize, Serialize},
    std::{
        collections::{BTreeMap, BTreeSet},
        sync::{Arc, Mutex, PoisonError},
        time::Duration,
    },
    tokio::sync::broadcast::error::RecvError,
    tracing::{info, warn},
};

/// Intervals without a reading after which a meter is silent.
const SILENCE: i64 = 2;
/// Seconds after an interval's end within which a reading is no late one.
const GRACE: i64 = 60;
/// How often is looked.
const PERIOD: Duration = Duration::from_secs(1);
/// Looks in a row that find the journal or the ledger in trouble before that is told, and well before the end is told: one that
/// comes and goes is one trouble.
const TROUBLED: u32 = 3;
const CALM: u32 = 5;
/// Readings that are looked through at once, and after which it is kept how far one has come.
const PAGE: usize = 1_000;
/// What the journal calls what is kept.
const NOTE: &str = "watch";
/// What people are told to do where a limit is reached.
const LIMIT_REACHED: &str =
    "; find out who minted so much before the limit is raised: docs/gateway.md, \"A limit is reached\"";
/// What is the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A meter has not reported for two intervals.
    MeterSilent,
    /// The ledger refused a meter's reading.
    ReadingRejected,
    /// The ledger does not answer.
    LedgerUnreachable,
    /// The ledger answers and confirms nothing new: it is halted, or its nodes are cut off from it.
    LedgerHalted,
    /// The journal cannot be written.
    JournalUnwritable,
    /// The ledger does not take some meters' readings for now, or does not say whether it has them; the subject is the reason.
    ReadingsHeld,
    /// A limit of the department is reached, and some meters' readings wait; the subject is the limit.
    LimitReached,
    /// The ledger has other values for a meter's interval than the meter has reported.
    TwoTruths,
    /// This machine's clock has gone back.
    ClockBehind,
}

/// Something that people should know, or its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A copy of the alerts that are not over.
    #[must_use]
    pub fn active(&self) -> Vec<Alert> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a restart is to know.
#[derive(Debug, Default, Serialize, Deserialize)]
struct KeptAlerts {
    active: Vec<Alert>,
    /// The last settlement that was looked at.
    settled: i64,
}

/// What has been noticed.
#[derive(Debug, Default)]
struct Watch {
    active: BTreeMap<(Kind, String), Alert>,
    /// The newest reading of each meter, or when watching began.
    heard: BTreeMap<MeterId, i64>,
    /// Looks in a row that found it otherwise than was told.
    otherwise: BTreeMap<Kind, u32>,
    /// The last settlement that was looked at.
    settled: i64,
}

/// Notes what is the matter with a subject, or that nothing is; what is to be told.
type Set = fn(&mut Watch, Kind, &str, i64, Option<String>) -> Option<Alert>;

impl Watch {
    /// Goes on where an earlier one was, with the meters' newest readings.
    fn resume(kept: KeptAlerts, newest: Vec<(MeterId, Option<i64>)>, now: i64) -> Self {
        let known = |alert: &Alert| match alert.kind {
            Kind::MeterSilent | Kind::ReadingRejected | Kind::TwoTruths => {
                newest.iter().any(|(id, _)| id.to_string() == alert.subject)
            }
            Kind::LedgerUnreachable
            | Kind::LedgerHalted
            | Kind::JournalUnwritable
            | Kind::ReadingsHeld
            | Kind::LimitReached
            | Kind::ClockBehind => true,
        };
        let active = kept.active.into_iter().filter(known);
        let active: BTreeMap<_, _> = active.map(|alert| ((alert.kind, alert.subject.clone()), alert)).collect();
        let heard = newest.into_iter().map(|(meter, last)| {
            // A meter that is known to be silent still is. Any other is given its time again: the gateway may have been away.
            let silent = active.contains_key(&(Kind::MeterSilent, meter.to_string()));
            (meter, if silent { last.unwrap_or(0) } else { last.unwrap_or(now).max(now) })
        });
        let heard = heard.collect();
        Self { active, heard, settled: kept.settled, ..Self::default() }
    }

    fn kept(&self) -> KeptAlerts {
        KeptAlerts { active: self.active.values().cloned().collect(), settled: self.settled }
    }

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
        self.settled = entry.settled.unwrap_or(0).max(self.settled);
        // Told as two truths, by the health.
        if entry.is_contradicted() {
            return Vec::new();
        }
        let refused = (entry.state == State::Rejected)
            .then(|| format!("the ledger refused the reading of {end}: {}", entry.reason.clone().unwrap_or_default()));
        let subject = meter.to_string();
        self.set_anew(Kind::ReadingRejected, &subject, now, refused).into_iter().collect()
    }

    /// The same as [`Watch::set`], where another text is told again: another reading of the same meter, for example.
    fn set_anew(&mut self, kind: Kind, subject: &str, now: i64, trouble: Option<String>) -> Option<Alert> {
        if let (Some(text), Some(alert)) = (&trouble, self.active.get_mut(&(kind, subject.to_string()))) {
            let news = alert.text != *text;
            alert.text.clone_from(text);
            return news.then(|| alert.clone());
        }
        self.set(kind, subject, now, trouble)
    }

    /// The meters as they are registered: new ones are watched from now on, and one that is suspended or retired is not silent.
    fn meters(&mut self, now: i64, meters: &[(MeterId, KnownMeter)]) {
        for (id, known) in meters {
            let heard = self.heard.entry(*id).or_insert(now);
            if known.status != MeterStatus::Active {
                *heard = now.max(*heard);
            }
        }
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
        for (kind, halted) in [(Kind::LedgerUnreachable, false), (Kind::LedgerHalted, true)] {
            let trouble = health.ledger.clone().filter(|_| health.halted == halted);
            alerts.extend(self.steady(kind, "ledger", now, trouble));
        }
        alerts.extend(self.steady(Kind::JournalUnwritable, "journal", now, health.journal.clone()));
        alerts.extend(self.steady(Kind::ClockBehind, "clock", now, health.clock.clone()));
        for (kind, limit, what_to_do) in [(Kind::ReadingsHeld, false, ""), (Kind::LimitReached, true, LIMIT_REACHED)] {
            let held = health.held.iter().filter(|(_, held)| held.limit == limit).map(|(cause, held)| {
                let Held { text, meters, .. } = held;
                (cause.clone(), format!("readings of {} wait: {text}{what_to_do}", meters.join(", ")))
            });
            alerts.extend(self.follow(kind, now, held.collect(), Self::set));
        }
        let conflicts = health.conflicts.iter().map(|(meter, Conflict { intervals, text })| {
            let text = format!("two truths about one interval, {intervals} within a week; the newest: {text}");
            (meter.clone(), text)
        });
        alerts.extend(self.follow(Kind::TwoTruths, now, conflicts.collect(), Self::set_anew));
        alerts
    }

    /// Tells what is the matter now, by subject, and the end of what is no longer.
    fn follow(&mut self, kind: Kind, now: i64, mut troubles: BTreeMap<String, String>, set: Set) -> Vec<Alert> {
        let told = self.active.keys().filter(|(other, _)| *other == kind).map(|(_, subject)| subject.clone());
        let subjects: BTreeSet<String> = told.chain(troubles.keys().cloned()).collect();
        subjects.iter().filter_map(|subject| set(self, kind, subject, now, troubles.remove(subject))).collect()
    }

    /// Tells what has been so for some looks.
    fn steady(&mut self, kind: Kind, subject: &str, now: i64, trouble: Option<String>) -> Option<Alert> {
        let told = self.active.contains_key(&(kind, subject.to_string()));
        let looks = self.otherwise.entry(kind).or_default();
        *looks = if trouble.is_some() == told { 0 } else { *looks + 1 };
        if *looks < if told { CALM } else { TROUBLED } {
            return None;
        }
        *looks = 0;
        self.set(kind, subject, now, trouble)
    }
}

/// An answer of the engine within a period: a slow engine does not keep anybody from being told of it.
async fn soon<T>(answer: impl Future<Output = Result<T, Rejection>>) -> Option<T> {
    tokio::time::timeout(PERIOD, answer).await.ok()?.ok()
}

/// What a watch begins with.
async fn begin(engine: &Handle, meters: Vec<MeterId>) -> Watch {
    loop {
        let meters = meters.clone();
        let known = engine.look(move |journal, _| {
            let kept = journal.note_of(NOTE)?.and_then(|text| serde_json::from_str::<KeptAlerts>(&text).ok());
            let kept = match kept {
                Some(kept) => kept,
                None => KeptAlerts { settled: journal.last_settlement()?, ..KeptAlerts::default() },
            };
            let newest =
                |meter: MeterId| Ok((meter, journal.last(&meter)?.map(|entry| entry.submission.interval.end())));
            Ok((kept, meters.into_iter().map(newest).collect::<Result<Vec<_>, Rejection>>()?))
        });
        if let Some((kept, newest)) = soon(known).await {
            return Watch::resume(kept, newest, engine.time());
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// What was settled since the last look; whether that was all.
async fn catch_up(engine: &Handle, watch: &mut Watch, noticed: &mut Vec<Alert>) -> bool {
    loop {
        let after = watch.settled;
        let Some(missed) = soon(engine.look(move |journal, _| Ok(journal.settled_after(after, PAGE)?))).await else {
            return false;
        };
        for entry in &missed {
            noticed.extend(watch.reading(entry, engine.time()));
        }
        if missed.len() < PAGE {
            return true;
        }
    }
}

/// Which meters are watched.
pub enum Watched {
    /// A fixed list of meters.
    These(Vec<MeterId>),
    /// The meters that are registered, read anew at each look.
    Registered(Arc<Register>),
}

impl From<Vec<MeterId>> for Watched {
    fn from(meters: Vec<MeterId>) -> Self {
        Self::These(meters)
    }
}

impl From<Arc<Register>> for Watched {
    fn from(register: Arc<Register>) -> Self {
        Self::Registered(register)
    }
}

/// Watches until the engine stops.
pub async fn watch(engine: Handle, meters: impl Into<Watched>, alerts: Alerts, webhook: Option<reqwest::Url>) {
    let meters = meters.into();
    let mut events = engine.events();
    let first = match &meters {
        Watched::These(meters) => meters.clone(),
        Watched::Registered(register) => register.meters().into_iter().map(|(id, _)| id).collect(),
    };
    let mut watch = begin(&engine, first).await;
    // Where the readings are the clock, it begins with the first.
    let mut begun = engine.time() > 0;
    // The journal has what happened while nobody watched, or faster than one could watch.
    let (mut behind, mut kept, mut unkept) = (true, watch.settled, true);
    let mut period = tokio::time::interval(PERIOD);
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(webhook::post(webhook, receiver));
    let publish = |watch: &Watch| {
        *alerts.0.lock().unwrap_or_else(PoisonError::into_inner) = watch.active.values().cloned().collect();
    };
    publish(&watch);
    loop {
        let mut noticed = Vec::new();
        tokio::select! {
            event = events.recv() => match event {
                Ok(Event::Reading(entry)) if !behind && entry.settled > Some(watch.settled) => {
                    noticed = watch.reading(&entry, engine.time());
                }
                Err(RecvError::Lagged(_)) => behind = true,
                Err(RecvError::Closed) => return,
                Ok(_) => {}
            },
            _ = period.tick() => {
                let now = engine.time();
                if !begun && now > 0 {
                    begun = true;
                    watch.heard.values_mut().for_each(|heard| *heard = (*heard).max(now));
                }
                if behind {
                    behind = !catch_up(&engine, &mut watch, &mut noticed).await;
                }
                let mut health = engine.health();
                if engine.silence() > PATIENCE {
                    health.ledger.get_or_insert("the engine waits for it, or is too busy".into());
                }
                if let Watched::Registered(register) = &meters {
                    watch.meters(now, &register.meters());
                }
                noticed.extend(watch.tick(now, &health));
            }
        }
        if !noticed.is_empty() {
            publish(&watch);
        }
        let news = !noticed.is_empty();
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
        unkept |= news || watch.settled - kept >= PAGE.try_into().unwrap_or(i64::MAX);
        if unkept && keep(&engine, &watch).await {
            (unkept, kept) = (false, watch.settled);
        }
    }
}

/// Keeps for a restart what is known; whether that went well.
async fn keep(engine: &Handle, watch: &Watch) -> bool {
    let Ok(text) = serde_json::to_string(&watch.kept()) else { return false };
    soon(engine.look(move |journal, _| Ok(journal.keep_note(NOTE, &text)?))).await.is_some()
}

#[cfg(test)]
mod tests;
mod webhook;
