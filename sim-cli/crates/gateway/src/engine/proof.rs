//! Proves which values the ledger has. That a ledger has accepted a meter's interval does not say with which values: our own
//! transaction whose answer was lost may have carried them, or another submitter's. The ledger is asked for the transaction
//! that did. If it has the reading's values, the reading is confirmed by that transaction; if it has others, the reading is
//! rejected with an alert; if the transaction is not found, the reading is kept and asked for again. A reading that the ledger
//! has refused is rejected only if the ledger does not have its interval, by what is confirmed at the time of the refusal or
//! later.

use {
    super::{Conflict, Engine, EngineError, Event, Held, Link, Lookup, State, carrier::Admission, refusal::Meaning},
    crate::{journal::Entry, rejection},
    campus_energy_sdk::{
        identity::MeterId,
        ledger::{LedgerError, LedgerReading},
        reading::Quality,
    },
    std::{
        collections::BTreeMap,
        sync::atomic::Ordering,
        time::{Duration, Instant},
    },
    tracing::warn,
};

/// The pause before a question is asked again; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Questions without an answer after which that is told: a node's history is written a little after it has executed a transaction.
const MISSES: u32 = 4;
/// The same for a reading that was settled: behind a balancer one node may be a minute behind another.
const MISSES_OF_SETTLED: u32 = 9;
/// The reason's name where nobody knows.
const UNPROVEN: &str = "unproven_reading";
/// How old an interval may be, in seconds, of which people are told that there are two truths about it: a week.
const TOLD_FOR: i64 = 7 * 86_400;

/// Why the ledger has refused a reading for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// In words.
    reason: String,
    /// Whether the meter's account has forgotten the interval: then only the ledger's history can say that it is not there.
    outside: bool,
}

impl Refused {
    /// None where the refusal is not final.
    pub(super) fn of(refusal: &LedgerError) -> Option<Self> {
        let meaning = Meaning::of(refusal);
        let is_final = matches!(meaning, Meaning::Final | Meaning::Outside);
        is_final.then(|| Self { reason: refusal.to_string(), outside: meaning == Meaning::Outside })
    }

    /// Of a reading that is signed with a key of an epoch before its meter's.
    pub(super) fn rotated(meter: &MeterId, own: u32, epoch: u32) -> Self {
        Self { reason: rejection::rotated(meter, own, epoch), outside: false }
    }
}

/// What is found out about a reading.
enum Finding {
    /// There is no answer yet.
    Asked,
    /// The ledger has this reading.
    Has(LedgerReading),
    /// It has none.
    HasNone,
    /// Its history has none, and the meter's account has forgotten the interval.
    Forgotten,
    /// It has one, and nobody says which, perhaps for a reason.
    Unknown(Option<String>),
}

/// Readings whose interval the ledger has, and of which it is not known whether it has their values.
#[derive(Default)]
pub(super) struct Proofs(BTreeMap<i64, Question>);

struct Question {
    meter: MeterId,
    /// When it came up: what was confirmed before says nothing of it.
    since: Instant,
    /// Where the ledger has refused the reading for itself.
    refused: Option<Refused>,
    /// What the meter's account said since.
    looked: Option<Admission>,
    /// When it is asked next, and the pause after that.
    until: Instant,
    pause: Duration,
    /// How often there may be no answer before that is told.
    misses: u32,
}

impl Proofs {
    /// Asks about a reading, unless that is being done.
    pub(super) fn ask(&mut self, entry: &Entry) {
        let misses = match entry.state {
            State::Confirmed | State::Rejected => MISSES_OF_SETTLED,
            State::Journaled | State::Submitted => MISSES,
        };
        self.0.entry(entry.id).or_insert_with(|| Question {
            meter: entry.submission.meter,
            since: Instant::now(),
            refused: None,
            looked: None,
            until: Instant::now(),
            pause: FIRST_PAUSE,
            misses,
        });
    }

    /// Asks whether the ledger has a reading that it has refused for itself.
    pub(super) fn refused(&mut self, entry: &Entry, refused: Refused) {
        self.forget(entry.id);
        self.ask(entry);
        if let Some(question) = self.0.get_mut(&entry.id) {
            question.refused = Some(refused);
        }
    }

    /// Asks no more about a reading.
    pub(super) fn forget(&mut self, id: i64) {
        self.0.remove(&id);
    }

    /// Goes on asking about a reading of which it was told before that nobody knows.
    pub(super) fn resume(&mut self, entry: &Entry) {
        self.ask(entry);
        if let Some(question) = self.0.get_mut(&entry.id) {
            question.misses = 0;
        }
    }

    fn due(&self) -> Vec<i64> {
        let now = Instant::now();
        self.0.iter().filter(|(_, question)| question.until <= now).map(|(id, _)| *id).collect()
    }

    /// There was no answer; whether that is to be told now.
    fn missed(&mut self, id: i64) -> bool {
        let Some(question) = self.0.get_mut(&id) else { return false };
        question.looked = None;
        question.until = Instant::now() + question.pause;
        question.pause = (question.pause * 2).min(LONGEST_PAUSE);
        let before = question.misses;
        question.misses = before.saturating_sub(1);
        before == 1
    }

    /// Whether it has been told of a reading that nobody knows.
    pub(super) fn is_told(&self, id: i64) -> bool {
        self.0.get(&id).is_some_and(|question| question.misses == 0)
    }

    /// How many readings are asked about.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The meters of those of which nobody knows, with the reason's name.
    pub(super) fn held(&self) -> Option<(String, Held)> {
        let told = self.0.values().filter(|question| question.misses == 0);
        let mut meters: Vec<String> = told.map(|question| question.meter.to_string()).collect();
        meters.sort_unstable();
        meters.dedup();
        let text = "the ledger has a reading of the same interval, or may have one, and no node says with which values; give --url a \
                    node that keeps the whole history"
            .into();
        (!meters.is_empty()).then(|| (UNPROVEN.into(), Held { text, meters, limit: false }))
    }
}

impl<L: Link> Engine<L> {
    /// Asks the ledger about the readings that are to be proven, as far as it is time.
    pub(super) fn prove(&mut self) -> Result<(), EngineError> {
        let due = self.proofs.due();
        for entry in self.carrier.journal().entries(&due)? {
            let finding = match self.find_out(&entry) {
                Err(EngineError::Ledger(error)) => Finding::Unknown(Some(error.to_string())),
                finding => finding?,
            };
            let question = self.proofs.0.get(&entry.id);
            let last = question.is_some_and(|question| question.misses == 1);
            let refused = question.and_then(|question| question.refused.clone());
            match (finding, refused) {
                (Finding::Asked, _) => {}
                (Finding::Has(found), _) => self.proven(&entry, &found)?,
                (Finding::HasNone, Some(refused)) if !refused.outside => self.reject(&entry, &refused)?,
                // What refused it was on a fork that is gone.
                (Finding::HasNone, _) => {
                    self.send_again(&[entry.id])?;
                    self.count_conflicts()?;
                }
                (Finding::Forgotten, Some(refused)) if refused.outside && last => self.reject(&entry, &refused)?,
                (Finding::Forgotten, _) => self.missed(&entry, None)?,
                (Finding::Unknown(why), _) => self.missed(&entry, why)?,
            }
        }
        Ok(())
    }

    /// What the ledger has of a reading's interval: first by the meter's account as it was confirmed since the question came up, which
    /// says whether it has one; then by its history, which says which.
    fn find_out(&mut self, entry: &Entry) -> Result<Finding, EngineError> {
        let (meter, end) = (&entry.submission.meter, entry.submission.interval.end());
        let Some(question) = self.proofs.0.get_mut(&entry.id) else { return Ok(Finding::Asked) };
        if question.looked.is_none() {
            match self.carrier.admission(meter, end, question.since)? {
                Admission::Asked => return Ok(Finding::Asked),
                Admission::Open => return Ok(Finding::HasNone),
                looked => question.looked = Some(looked),
            }
        }
        let looked = question.looked;
        Ok(match self.carrier.look_up(meter, end)? {
            Lookup::Asked => Finding::Asked,
            Lookup::Found(found) => Finding::Has(found),
            Lookup::Missing if looked == Some(Admission::Passed) => Finding::Forgotten,
            Lookup::Missing => Finding::Unknown(None),
        })
    }

    /// The ledger has refused a reading, and does not have it.
    fn reject(&mut self, entry: &Entry, refused: &Refused) -> Result<(), EngineError> {
        self.carrier.journal_mut().reject(entry.id, &refused.reason)?;
        self.proofs.forget(entry.id);
        self.tell(&[entry.id], true)?;
        let _ = self.shared.events.send(Event::Changed);
        Ok(())
    }

    fn proven(&mut self, entry: &Entry, found: &LedgerReading) -> Result<(), EngineError> {
        let transaction = found.transaction.to_string();
        let own = &entry.submission;
        let ledger = (found.reading.generated, found.reading.consumed, found.reading.quality);
        let same = ledger == (own.generated, own.consumed, own.quality);
        let news = if same {
            self.carrier.journal_mut().prove(entry, &transaction)?
        } else {
            let reason = format!(
                "the ledger has other values for {} and the interval that ends at {}: {} in transaction {transaction}; this \
                 reading says {}",
                own.meter,
                own.interval.end(),
                values(ledger),
                values((own.generated, own.consumed, own.quality)),
            );
            if entry.ledger_transaction.as_deref() != Some(&transaction) {
                warn!(meter = %own.meter, reason, "two truths about one interval");
            }
            self.carrier.journal_mut().contradict(entry.id, &transaction, &reason)?
        };
        self.proofs.forget(entry.id);
        self.count_conflicts()?;
        if news {
            self.tell(&[entry.id], true)?;
            let _ = self.shared.events.send(Event::Changed);
        }
        Ok(())
    }

    /// Nobody said what the ledger has; whoever waits for the reading is told so after some times.
    fn missed(&mut self, entry: &Entry, why: Option<String>) -> Result<(), EngineError> {
        if !self.proofs.missed(entry.id) {
            return Ok(());
        }
        let refused = self.proofs.0.get(&entry.id).and_then(|question| question.refused.as_ref());
        let before =
            refused.map(|refused| format!("{}; by an earlier transaction ", refused.reason)).unwrap_or_default();
        let has = if refused.is_some() { "may have" } else { "has" };
        let because = why.map(|why| format!(" ({why})")).unwrap_or_default();
        let reason = format!(
            "{before}the ledger {has} a reading of {} for the interval that ends at {}, and no node says with which values{because}; it \
             is asked for again",
            entry.submission.meter,
            entry.submission.interval.end(),
        );
        self.carrier.journal_mut().doubt(entry.id, &reason)?;
        let _ = self.shared.events.send(Event::Changed);
        self.answer(&[entry.id])
    }

    /// Has readings sent again that the ledger does not have, each for itself: one that it has after all is refused alone.
    pub(super) fn send_again(&mut self, ids: &[i64]) -> Result<(), EngineError> {
        self.carrier.journal_mut().reopen(ids)?;
        for id in ids {
            self.proofs.forget(*id);
            self.alone.insert(*id);
            self.waiting.insert(*id);
        }
        Ok(())
    }

    /// Counts the intervals of which the ledger has other values.
    pub(super) fn count_conflicts(&mut self) -> Result<(), EngineError> {
        let now = self.settings.clock.time().unwrap_or_else(|| self.shared.newest.load(Ordering::Relaxed));
        let conflicting = self.carrier.journal().conflicting(now - TOLD_FOR)?;
        let conflict = |(intervals, text)| Conflict { intervals, text };
        self.conflicts =
            conflicting.into_iter().map(|own| (own.meter, conflict((own.intervals, own.reason)))).collect();
        Ok(())
    }
}

fn values((generated, consumed, quality): (u32, u32, Quality)) -> String {
    let estimated = if quality == Quality::Estimated { ", estimated" } else { "" };
    format!("generated {generated} Wh, consumed {consumed} Wh{estimated}")
}

#[cfg(test)]
mod tests {
    use {super::*, crate::Submission, campus_energy_sdk::time::Interval};

    fn entry(id: i64, state: State) -> Entry {
        let submission = Submission {
            meter: "ENG_001".parse().unwrap(),
            interval: Interval::ending_at(900).unwrap(),
            generated: 0,
            consumed: 1,
            key_epoch: 0,
            quality: Quality::Measured,
            signature: [0; 64],
        };
        Entry { id, submission, state, transaction: None, ledger_transaction: None, reason: None, settled: None }
    }

    #[test]
    fn that_nobody_knows_is_told_once_after_some_questions() {
        let mut proofs = Proofs::default();
        proofs.ask(&entry(1, State::Journaled));
        proofs.ask(&entry(2, State::Confirmed));
        assert_eq!((proofs.due(), proofs.held()), (vec![1, 2], None));
        let told: Vec<bool> = (0..12).map(|_| proofs.missed(1)).collect();
        assert_eq!(told.iter().position(|told| *told), Some(3));
        assert_eq!(told.iter().filter(|told| **told).count(), 1);
        assert_eq!((proofs.is_told(1), proofs.is_told(2), proofs.due()), (true, false, vec![2]));
        assert_eq!(proofs.0[&1].pause, LONGEST_PAUSE);
        // Asked for again, it goes on where it was.
        proofs.ask(&entry(1, State::Journaled));
        assert!(proofs.is_told(1));
        let (name, held) = proofs.held().unwrap();
        assert_eq!((name.as_str(), held.meters), ("unproven_reading", vec!["ENG_001".to_string()]));
        assert_eq!((0..12).map(|_| proofs.missed(2)).position(|told| told), Some(8));
        proofs.resume(&entry(3, State::Journaled));
        assert!(proofs.is_told(3) && !proofs.missed(3), "a restart does not tell it again");
    }
}
