//! What becomes of a transaction's readings when its outcome is known.

use super::{
    ExactlyOnce, READINGS,
    ledger::Refusal,
    state::{Attempt, Delivery, Fate, Known, ReadingState, Source, State},
};

/// What an outcome means for the readings of its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// They are settled.
    Settled(ReadingState),
    /// They wait for another transaction.
    Again { alone: bool },
    /// They are kept until the ledger takes them.
    Kept,
    /// The ledger has the interval; with which values is asked.
    Unproven,
}

impl ExactlyOnce {
    /// What an outcome means: `carrier::outcome`.
    fn meaning(&self, attempt: &Attempt, known: Known) -> Meaning {
        let mut readings = (0..READINGS).filter(|reading| attempt.wire[*reading] != 0);
        let alone = readings.next().filter(|_| readings.next().is_none());
        match (known, alone) {
            (Known::Expired, _) => Meaning::Again { alone: false },
            (Known::Result(Ok(())), _) => Meaning::Settled(ReadingState::Confirmed),
            (Known::Result(Err(_)), None) => Meaning::Again { alone: true },
            (Known::Result(Err(Refusal::Paused)), Some(_)) => Meaning::Kept,
            (Known::Result(Err(Refusal::AlreadyAccepted)), Some(_)) if self.rules.proves => Meaning::Unproven,
            (Known::Result(Err(Refusal::AlreadyAccepted)), Some(_)) => Meaning::Settled(ReadingState::Confirmed),
            (Known::Result(Err(Refusal::StaleReading)), Some(_)) => Meaning::Unproven,
        }
    }

    /// The outcomes that the sender knows and the journal can take, with what they mean.
    fn outcomes(&self, state: &State) -> Vec<(usize, Known, Meaning)> {
        let deliveries = state.gateway.iter().flat_map(|gateway| gateway.deliveries.iter().enumerate());
        deliveries
            .filter_map(|(number, delivery)| {
                let Some(Delivery::Done(known)) = *delivery else { return None };
                let attempt = &state.attempts[number];
                let meaning = self.meaning(attempt, known);
                attempt.noted.then_some((number, known, meaning))
            })
            .collect()
    }

    pub(super) fn can_conclude(&self, state: &State) -> bool {
        !self.outcomes(state).is_empty()
    }

    /// `Carrier::deliver`, with `Journal::conclude`, and what `Engine::deliver` makes of it.
    pub(super) fn conclude(&self, state: &mut State) -> Option<()> {
        for (number, known, meaning) in self.outcomes(state) {
            let attempt = &mut state.attempts[number];
            attempt.fate = match known {
                Known::Expired => Fate::Dropped,
                Known::Result(Ok(())) => Fate::Executed,
                Known::Result(Err(_)) => Fate::Refused,
            };
            let wire = attempt.wire;
            let gateway = state.gateway.as_mut()?;
            gateway.deliveries[number] = None;
            for reading in (0..READINGS).filter(|reading| wire[*reading] != 0) {
                let gateway = state.gateway.as_mut()?;
                match meaning {
                    Meaning::Settled(new) => {
                        gateway.alone[reading] = false;
                        gateway.held[reading] = false;
                        let own = Source::Own(u8::try_from(number).ok()?);
                        let transaction = (known == Known::Result(Ok(()))).then_some(own);
                        state.settle(reading, new, transaction);
                    }
                    Meaning::Again { alone } => {
                        gateway.waiting[reading] = true;
                        gateway.alone[reading] |= alone;
                        state.settle(reading, ReadingState::Journaled, None);
                    }
                    Meaning::Kept => {
                        gateway.alone[reading] = false;
                        gateway.held[reading] = true;
                        state.settle(reading, ReadingState::Journaled, None);
                    }
                    Meaning::Unproven => {
                        gateway.alone[reading] = false;
                        gateway.held[reading] = false;
                        gateway.proofs[reading] = true;
                        // What was executed up to now may have been so in any block up to the newest.
                        let stale = known == Known::Result(Err(Refusal::StaleReading));
                        gateway.refused[reading] = u8::try_from(state.ledger.blocks.len()).ok().filter(|_| stale);
                        state.settle(reading, ReadingState::Journaled, None);
                    }
                }
                if let Some(row) = &mut state.rows[reading] {
                    row.unproven = meaning == Meaning::Unproven;
                }
            }
        }
        Some(())
    }

    /// `Holds::due`: what is kept is tried again.
    pub(super) fn retry(state: &mut State, reading: usize) -> Option<()> {
        let gateway = state.gateway.as_mut()?;
        gateway.held[reading] = false;
        (gateway.waiting[reading], gateway.alone[reading]) = (true, true);
        Some(())
    }
}
