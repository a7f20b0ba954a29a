//! The engine's steps with the journal, but for outcomes: accepting, noting, proving, starting.

use super::{
    ExactlyOnce, READINGS,
    ledger::{Block, LIFETIME, MEASURED, OTHER, Values, acceptances, height, latest, status},
    rules::Commitment,
    state::{Answer, Attempt, Delivery, Fate, Gateway, ReadingState, Row, Source, State, place},
};

impl State {
    /// The values that a chain has of a reading.
    pub(super) fn record(&self, commitment: Commitment, reading: usize) -> Option<Values> {
        acceptances(self.ledger.chain(commitment), &self.attempts, reading).next()
    }

    /// Who waits and can be answered now.
    pub(super) fn answerable(&self) -> impl Iterator<Item = (usize, Values)> + '_ {
        let all = (0..READINGS).flat_map(|reading| [(reading, MEASURED), (reading, OTHER)]);
        all.filter(|&(reading, values)| {
            let Some(gateway) = &self.gateway else { return false };
            let taken =
                |row: Row| row.values == values && (row.state != ReadingState::Journaled || gateway.held[reading]);
            gateway.waiters[reading][place(values)] && self.rows[reading].is_some_and(taken)
        })
    }

    /// `Engine::tell`.
    pub(super) fn answer(&mut self, reading: usize, values: Values) -> Option<()> {
        let rejected = self.rows[reading]?.state == ReadingState::Rejected;
        self.gateway.as_mut()?.waiters[reading][place(values)] = false;
        self.answers[reading][place(values)] = if rejected { Answer::Rejected } else { Answer::Acknowledged };
        Some(())
    }

    /// Gives a reading another state, with the transaction by which it is settled.
    pub(super) fn settle(&mut self, reading: usize, state: ReadingState, transaction: Option<Source>) {
        let Some(row) = &mut self.rows[reading] else { return };
        (row.state, row.transaction) = (state, transaction);
        if state == ReadingState::Rejected {
            self.given_up[reading][place(row.values)] = true;
        }
    }

    /// `Journal::reopen` and `Journal::contradict`: what was executed with a reading is not on the ledger any more.
    fn forget_executed(&mut self, reading: usize) {
        let executed = |attempt: &&mut Attempt| attempt.wire[reading] != 0 && attempt.fate == Fate::Executed;
        self.attempts.iter_mut().filter(executed).for_each(|attempt| attempt.fate = Fate::Reopened);
    }

    /// `Engine::send_again`, with `Journal::reopen`: a reading waits for a transaction of its own.
    fn send_again(&mut self, reading: usize) -> Option<()> {
        self.forget_executed(reading);
        self.settle(reading, ReadingState::Journaled, None);
        let gateway = self.gateway.as_mut()?;
        (gateway.proofs[reading], gateway.refused[reading]) = (false, None);
        (gateway.waiting[reading], gateway.alone[reading]) = (true, true);
        Some(())
    }

    /// Whether the confirmed chain has what a reading was settled by.
    fn stands(&self, reading: usize, row: Row) -> bool {
        let chain = self.ledger.chain(Commitment::Confirmed);
        match row.transaction {
            Some(Source::Own(transaction)) => status(chain, transaction) == Some(Ok(())),
            Some(Source::Foreign(values)) => self.source(reading) == Some((values, Source::Foreign(values))),
            None => true,
        }
    }

    /// What the confirmed chain has of a reading, and in which transaction: `Carrier::look_up`.
    fn source(&self, reading: usize) -> Option<(Values, Source)> {
        self.ledger.chain(Commitment::Confirmed).iter().find_map(|block| match *block {
            Block::Transaction(own, Ok(())) => {
                let values = self.attempts[usize::from(own)].wire[reading];
                (values != 0).then_some((values, Source::Own(own)))
            }
            Block::Foreign(other, values) if usize::from(other) == reading => Some((values, Source::Foreign(values))),
            _ => None,
        })
    }

    /// The settled readings whose transaction is gone, of which nobody asks yet.
    pub(super) fn fallen(&self, contradicted: bool) -> impl Iterator<Item = usize> + '_ {
        (0..READINGS).filter(move |reading| {
            let asked = self.gateway.as_ref().is_none_or(|gateway| gateway.proofs[*reading]);
            let of_kind = |row: &Row| row.state == ReadingState::Confirmed || contradicted && row.is_contradicted();
            let row = self.rows[*reading].filter(of_kind);
            !asked && row.is_some_and(|row| !self.stands(*reading, row))
        })
    }
}

impl ExactlyOnce {
    /// `Engine::take`, with `Journal::accept`: a reading is posted.
    pub(super) fn take(&self, state: &mut State, reading: usize, values: Values) -> Option<()> {
        let gateway = state.gateway.as_mut()?;
        if !self.rules.accepted_before_answered {
            gateway.unwritten[reading] = values;
            state.answers[reading][place(values)] = Answer::Acknowledged;
            return Some(());
        }
        match state.rows[reading] {
            Some(row) if row.values == values && self.rules.known_stays => {
                if row.state == ReadingState::Journaled && !gateway.held[reading] {
                    gateway.waiters[reading][place(values)] = true;
                } else {
                    state.answer(reading, values)?;
                }
            }
            Some(row) if row.values != values && row.state != ReadingState::Rejected => {
                state.answers[reading][place(values)] = Answer::Conflict;
            }
            _ => {
                state.rows[reading] = Some(Row::new(values));
                gateway.waiters[reading][place(values)] = true;
                gateway.waiting[reading] = true;
                // What was asked was about the former values.
                (gateway.proofs[reading], gateway.refused[reading]) = (false, None);
            }
        }
        Some(())
    }

    /// The journal is written after the answer: only with that rule switched off.
    pub(super) fn write(state: &mut State, reading: usize) -> Option<()> {
        let gateway = state.gateway.as_mut()?;
        let values = std::mem::take(&mut gateway.unwritten[reading]);
        state.rows[reading] = Some(Row::new(values));
        gateway.waiting[reading] = true;
        Some(())
    }

    /// The transactions that carry what waits: one for those that go together, one each for the others.
    pub(super) fn wires(&self, gateway: &Gateway, state: &State) -> Vec<[Values; READINGS]> {
        let (mut together, mut wires) = ([0; READINGS], Vec::new());
        for reading in 0..READINGS {
            let Some(row) = state.rows[reading].filter(|_| gateway.waiting[reading]) else { continue };
            if gateway.alone[reading] && self.rules.alone {
                let mut wire = [0; READINGS];
                wire[reading] = row.values;
                wires.push(wire);
            } else {
                together[reading] = row.values;
            }
        }
        wires.extend((together != [0; READINGS]).then_some(together));
        wires
    }

    /// Whether what waits can be signed: the journal takes a signature once, and the same readings with the same blockhash have the
    /// same.
    pub(super) fn can_note(&self, state: &State) -> Option<bool> {
        let gateway = state.gateway.as_ref()?;
        let hash = latest(state.ledger.chain(Commitment::Confirmed));
        let wires = self.wires(gateway, state);
        let known = |wire| state.attempts.iter().any(|attempt| (attempt.blockhash, attempt.wire) == (hash, wire));
        (!wires.is_empty()).then(|| !wires.into_iter().any(known))
    }

    /// `Engine::submit`: signs what waits, and notes it.
    pub(super) fn note(&self, state: &mut State) -> Option<()> {
        let confirmed = state.ledger.chain(Commitment::Confirmed);
        let (blockhash, last_valid) = (latest(confirmed), u8::try_from(height(confirmed) + LIFETIME - 1).ok()?);
        let wires = self.wires(state.gateway.as_ref()?, state);
        let gateway = state.gateway.as_mut()?;
        for wire in wires {
            let noted = self.rules.noted_before_sent;
            state.attempts.push(Attempt { blockhash, last_valid, wire, fate: Fate::Sent, noted });
            gateway.deliveries.push(Some(Delivery::Pending { known: false }));
            for reading in (0..READINGS).filter(|reading| wire[*reading] != 0) {
                gateway.waiting[reading] = false;
                if let Some(row) = state.rows[reading].as_mut().filter(|_| noted) {
                    row.state = ReadingState::Submitted;
                }
            }
        }
        Some(())
    }

    /// The journal notes what has been sent: only with that rule switched off.
    pub(super) fn note_late(state: &mut State, transaction: u8) {
        let attempt = &mut state.attempts[usize::from(transaction)];
        attempt.noted = true;
        for reading in (0..READINGS).filter(|reading| attempt.wire[*reading] != 0) {
            if let Some(row) = &mut state.rows[reading] {
                row.state = ReadingState::Submitted;
            }
        }
    }

    /// `Engine::find_lost`: readings whose interval the confirmed chain does not have are sent again.
    pub(super) fn find_lost(state: &mut State) -> Option<()> {
        for reading in 0..READINGS {
            let settled = |row: &Row| row.state == ReadingState::Confirmed || row.is_contradicted();
            if state.rows[reading].filter(settled).is_some() && state.record(Commitment::Confirmed, reading).is_none() {
                state.send_again(reading)?;
            }
        }
        state.gateway.as_mut()?.doubt = false;
        Some(())
    }

    /// `Engine::ask_standings`: readings whose transaction is gone are asked about.
    pub(super) fn ask_standings(&self, state: &mut State) -> Option<()> {
        let fallen: Vec<usize> = state.fallen(self.rules.contradicted_until_final).collect();
        let gateway = state.gateway.as_mut()?;
        fallen.into_iter().for_each(|reading| gateway.proofs[reading] = true);
        Some(())
    }

    /// Whether what is confirmed says something of a reading that is to be proven: `Carrier::admission`.
    pub(super) fn can_prove(&self, state: &State, reading: usize) -> bool {
        let Some(gateway) = state.gateway.as_ref().filter(|gateway| gateway.proofs[reading]) else { return false };
        let needed = gateway.refused[reading].filter(|_| self.rules.rejects_by_later);
        needed.is_none_or(|needed| state.ledger.confirmed >= usize::from(needed))
    }

    /// `Engine::prove`: with which values the ledger has a reading's interval. One that was refused is rejected if it has none.
    pub(super) fn prove(&self, state: &mut State, reading: usize) -> Option<()> {
        let row = state.rows[reading]?;
        let Some((values, source)) = state.source(reading) else {
            if state.gateway.as_ref()?.refused[reading].is_none() {
                return state.send_again(reading);
            }
            state.settle(reading, ReadingState::Rejected, None);
            state.rows[reading].as_mut()?.unproven = false;
            let gateway = state.gateway.as_mut()?;
            (gateway.proofs[reading], gateway.refused[reading]) = (false, None);
            return Some(());
        };
        let proven = if values == row.values || !self.rules.proves_values {
            ReadingState::Confirmed
        } else {
            state.forget_executed(reading);
            ReadingState::Rejected
        };
        state.settle(reading, proven, Some(source));
        state.rows[reading].as_mut()?.unproven = false;
        let gateway = state.gateway.as_mut()?;
        (gateway.proofs[reading], gateway.refused[reading]) = (false, None);
        Some(())
    }

    /// `Engine::start`, with `Carrier::resume`: from the journal alone.
    pub(super) fn restart(&self, state: &mut State) {
        if !self.rules.asked_after_restart {
            for row in state.rows.iter_mut().flatten().filter(|row| row.state == ReadingState::Submitted) {
                row.state = ReadingState::Journaled;
            }
            for attempt in state.attempts.iter_mut().filter(|attempt| attempt.fate == Fate::Sent) {
                attempt.fate = Fate::Dropped;
            }
        }
        let pending = Delivery::Pending { known: self.rules.known_skips_preflight };
        let sent = |attempt: &Attempt| (attempt.noted && attempt.fate == Fate::Sent).then_some(pending);
        state.gateway = Some(Gateway {
            waiting: state.rows.map(|row| row.is_some_and(|row| row.state == ReadingState::Journaled && !row.unproven)),
            proofs: state.rows.map(|row| row.is_some_and(|row| row.state == ReadingState::Journaled && row.unproven)),
            deliveries: state.attempts.iter().map(sent).collect(),
            doubt: self.rules.finds_lost,
            ..Gateway::default()
        });
    }
}
