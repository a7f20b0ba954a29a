//! Proves which values the ledger has. That a ledger has accepted a meter's interval does not say with which values: our own
//! transaction whose answer was lost may have carried them, or another submitter's. The ledger is asked for the transaction
//! that did. If it has the reading's values, the reading is confirmed by that transaction; if it has others, the reading is
//! rejected with an alert; if the transaction is not found, the reading is kept and asked for again.

use {
    super::{Conflict, Engine, EngineError, Event, Held, Link, Lookup, State},
    crate::journal::Entry,
    campus_energy_sdk::{identity::MeterId, ledger::LedgerReading, reading::Quality},
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
/// The same for a reading that was confirmed: behind a balancer one node may be a minute behind another.
const MISSES_OF_CONFIRMED: u32 = 9;
/// The reason's name where nobody knows.
const UNPROVEN: &str = "unproven_reading";
/// How old an interval may be, in seconds, of which people are told that there are two truths about it: a week.
const TOLD_FOR: i64 = 7 * 86_400;

/// Readings whose interval the ledger has, and of which it is not known whether it has their values.
#[derive(Default)]
pub(super) struct Proofs(BTreeMap<i64, Question>);

struct Question {
    meter: MeterId,
    /// When it is asked next, and the pause after that.
    until: Instant,
    pause: Duration,
    /// How often there may be no answer before that is told.
    misses: u32,
}

impl Proofs {
    /// Asks about a reading, unless that is being done.
    pub(super) fn ask(&mut self, entry: &Entry) {
        let misses = match (entry.state, &entry.reason) {
            (State::Confirmed, _) => MISSES_OF_CONFIRMED,
            _ => MISSES,
        };
        self.0.entry(entry.id).or_insert_with(|| Question {
            meter: entry.submission.meter,
            until: Instant::now(),
            pause: FIRST_PAUSE,
            misses,
        });
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
        let text =
            "the ledger has a reading of the same interval, and no node says with which values; give --url a node \
                    that keeps the whole history"
                .into();
        (!meters.is_empty()).then(|| (UNPROVEN.into(), Held { text, meters, limit: false }))
    }
}

impl<L: Link> Engine<L> {
    /// Asks the ledger about the readings that are to be proven, as far as it is time.
    pub(super) fn prove(&mut self) -> Result<(), EngineError> {
        let due = self.proofs.due();
        for entry in self.carrier.journal().entries(&due)? {
            let (meter, end) = (&entry.submission.meter, entry.submission.interval.end());
            match self.carrier.look_up(meter, end) {
                Ok(Lookup::Asked) => {}
                Ok(Lookup::Found(found)) => self.proven(&entry, &found)?,
                // What refused it was on a fork that is gone.
                Ok(Lookup::Missing) if self.carrier.takes(meter, end)? => self.send_again(&[entry.id])?,
                Ok(Lookup::Missing) => self.missed(&entry, None)?,
                Err(EngineError::Ledger(error)) => self.missed(&entry, Some(error.to_string()))?,
                Err(error) => return Err(error),
            }
        }
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
            warn!(meter = %own.meter, reason, "two truths about one interval");
            self.carrier.journal_mut().contradict(entry.id, &transaction, &reason)?;
            true
        };
        self.proofs.0.remove(&entry.id);
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
        let because = why.map(|why| format!(" ({why})")).unwrap_or_default();
        let reason = format!(
            "the ledger has a reading of {} for the interval that ends at {}, and no node says with which values{because}; it \
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
            self.proofs.0.remove(id);
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
