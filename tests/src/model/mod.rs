//! Exactly once as a model: journal, sender and ledger with crashes, forks and expiring blockhashes, for `stateright`. The names are
//! those of the code; `docs/exactly-once.md` says which file each action stands for.

mod action;
mod engine;
mod ledger;
mod outcome;
mod properties;
mod rules;
mod sender;
mod state;

pub use {
    action::Action,
    ledger::{Block, Ledger, MEASURED, OTHER, Refusal, Values, Wire},
    properties::{
        CONFIRMED, CONFIRMED_AT_LAST, CONFLICTING, EXPIRED, FINITE, NEVER_FORGOTTEN, NOTED, ONCE, REJECTED_AT_LAST,
        SETTLED,
    },
    rules::{Bounds, Burial, Commitment, Rules},
    state::{Answer, Attempt, Delivery, Fate, Gateway, Known, Left, ReadingState, Row, Source, State},
};

use {
    ledger::{knows, latest, status, takes},
    stateright::{Model, Property},
};

/// Readings at most.
pub const READINGS: usize = 2;

/// The model: what may happen, and which rules hold.
#[derive(Clone, Copy, Debug)]
pub struct ExactlyOnce {
    /// How often each fault may happen.
    pub bounds: Bounds,
    /// The rules of the code.
    pub rules: Rules,
}

impl Model for ExactlyOnce {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let Bounds { crashes, forks, losses, foreign, posts, pauses, ages, timeouts, behind, .. } = self.bounds;
        let mut state = State {
            rows: [None; READINGS],
            attempts: Vec::new(),
            gateway: None,
            ledger: Ledger::new(),
            answers: [[Answer::None; 2]; READINGS],
            carried: [[false; 2]; READINGS],
            given_up: [[false; 2]; READINGS],
            left: Left { crashes, forks, losses, foreign, posts, pauses, ages, timeouts, behind },
        };
        self.restart(&mut state);
        if let Some(gateway) = &mut state.gateway {
            gateway.doubt = false;
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let Some(gateway) = &state.gateway else {
            self.ledger_actions(state, actions);
            actions.push(Action::Restart);
            return;
        };
        actions.extend((state.left.crashes > 0).then_some(Action::Crash));
        actions.extend(state.answerable().map(|(reading, values)| Action::Answer(reading, values)));
        // The engine answers before it does anything else. What the ledger does meanwhile it can do as well before or after.
        if actions.iter().any(|action| matches!(action, Action::Answer(..))) {
            return;
        }
        self.ledger_actions(state, actions);
        self.poster_actions(state, gateway, actions);
        let can_note = self.can_note(state);
        actions.extend((can_note == Some(true)).then_some(Action::Note));
        // It comes by itself, if none is on its way.
        let is_due = can_note == Some(false) && latest(&state.ledger.blocks) == state.latest_blockhash();
        actions.extend((is_due || Self::waits_for_blocks(state)).then_some(Action::BlockhashDue));
        for (number, delivery) in (0..).zip(&gateway.deliveries) {
            self.delivery_actions(state, number, *delivery, actions);
        }
        self.courier_actions(state, gateway, actions);
        actions.extend(self.can_conclude(state).then_some(Action::Conclude));
        let retries = (0..READINGS).filter(|reading| gateway.held[*reading] && !state.ledger.paused);
        actions.extend(retries.map(Action::Retry));
        actions.extend((0..READINGS).filter(|reading| self.can_prove(state, *reading)).map(Action::Prove));
        let fallen = || state.fallen(self.rules.contradicted_until_final).next().is_some();
        if gateway.doubt {
            actions.push(Action::FindLost);
        } else if self.rules.asks_standings && fallen() {
            actions.push(Action::AskStandings);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Post(reading) => self.take(&mut state, reading, MEASURED)?,
            Action::PostAgain(reading) => {
                state.left.posts -= 1;
                self.take(&mut state, reading, MEASURED)?;
            }
            Action::PostOther(reading) => {
                state.left.posts -= 1;
                self.take(&mut state, reading, OTHER)?;
            }
            Action::Answer(reading, values) => state.answer(reading, values)?,
            Action::Write(reading) => Self::write(&mut state, reading)?,
            Action::Note => self.note(&mut state)?,
            Action::NoteLate(transaction) => Self::note_late(&mut state, transaction),
            Action::Send(transaction) => self.send(&mut state, transaction, false)?,
            Action::SendTwice(transaction) => {
                state.left.timeouts -= 1;
                self.send(&mut state, transaction, true)?;
            }
            Action::Resend(transaction) => state.ledger.hold(transaction),
            Action::Ask => Self::ask(&mut state)?,
            Action::Bury(hash) => self.bury(&mut state, hash, last.ledger.blocks.len())?,
            Action::BuryBehind(hash, blocks) => {
                state.left.behind -= 1;
                self.bury(&mut state, hash, blocks)?;
            }
            Action::Conclude => self.conclude(&mut state)?,
            Action::Retry(reading) => Self::retry(&mut state, reading)?,
            Action::FindLost => Self::find_lost(&mut state)?,
            Action::AskStandings => self.ask_standings(&mut state)?,
            Action::Prove(reading) => self.prove(&mut state, reading)?,
            Action::Crash => {
                state.left.crashes -= 1;
                state.gateway = None;
            }
            Action::Restart => self.restart(&mut state),
            Action::Execute(transaction) => self.execute(&mut state, transaction),
            Action::Confirm => {
                state.ledger.confirmed += 1;
                state.remember_carried();
            }
            Action::Finalize => state.ledger.finalized += 1,
            Action::Fork(blocks, lost) => {
                state.left.forks -= 1;
                self.fork(&mut state, blocks, lost);
            }
            Action::Lose(transaction) => {
                state.left.losses -= 1;
                state.ledger.lose(transaction);
            }
            Action::Foreign(reading, values) => {
                state.left.foreign -= 1;
                state.ledger.blocks.push(Block::Foreign(u8::try_from(reading).ok()?, values));
            }
            Action::Pause => {
                state.left.pauses -= 1;
                state.ledger.paused = true;
            }
            Action::Unpause => state.ledger.paused = false,
            Action::Age => {
                state.left.ages -= 1;
                state.ledger.aged = true;
            }
            Action::Blockhash | Action::BlockhashDue => {
                state.ledger.newest += 1;
                state.ledger.blocks.push(Block::Blockhash(state.ledger.newest));
            }
        }
        state.forget(self.rules.bitmap);
        if self.bounds.readings == READINGS {
            // The readings have no order: of two states that differ in it one stands for both.
            let mut swapped = state.swapped();
            swapped.forget(self.rules.bitmap);
            state = state.min(swapped);
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.bounds)
    }
}

impl ExactlyOnce {
    fn fork(&self, state: &mut State, blocks: usize, lost: bool) {
        let confirmed = state.ledger.confirmed;
        state.ledger.blocks.truncate(blocks);
        state.ledger.confirmed = confirmed.min(blocks);
        if lost {
            state.ledger.copies = 0;
        }
        // The chain goes on from there: as many slots later the blocks are others.
        for needed in state.gateway.iter_mut().flat_map(|gateway| gateway.refused.iter_mut().flatten()) {
            *needed = u8::try_from(blocks).unwrap_or(u8::MAX).min(*needed);
        }
        if let Some(gateway) = state.gateway.as_mut().filter(|_| blocks < confirmed && self.rules.fork_breaks_link) {
            gateway.doubt = self.rules.finds_lost;
        }
    }
}

impl State {
    fn remember_carried(&mut self) {
        for reading in 0..READINGS {
            if let Some(values) = self.record(Commitment::Confirmed, reading) {
                self.carried[reading][state::place(values)] = true;
            }
        }
    }

    /// Drops what can have no effect any more, so that states that behave alike are one.
    fn forget(&mut self, bitmap: bool) {
        // Where no fork can come any more, what is confirmed is final, and nothing else depends on when.
        if self.left.forks == 0 && self.left.behind == 0 {
            self.ledger.finalized = self.ledger.confirmed;
        }
        // What is final stays, in whatever order; where a reading may be there twice, the first one counts.
        if bitmap {
            self.ledger.blocks[..self.ledger.finalized].sort_unstable();
        }
        let finalized = self.ledger.chain(Commitment::Finalized);
        let mut copies = self.ledger.copies;
        for (number, attempt) in (0..).zip(&self.attempts) {
            let hash = attempt.blockhash;
            let dead = knows(finalized, hash) && !takes(finalized, hash) || !knows(&self.ledger.blocks, hash);
            if dead || status(finalized, number).is_some() {
                copies &= !(1 << number);
            }
        }
        self.ledger.copies = copies;
        // What is confirmed already need not be waited for.
        let confirmed = self.ledger.confirmed;
        for needed in self.gateway.iter_mut().flat_map(|gateway| gateway.refused.iter_mut().flatten()) {
            if usize::from(*needed) <= confirmed {
                *needed = 0;
            }
        }
    }

    /// The state with the readings in the other order.
    fn swapped(&self) -> Self {
        let mut state = self.clone();
        state.rows.reverse();
        state.answers.reverse();
        state.carried.reverse();
        state.given_up.reverse();
        state.attempts.iter_mut().for_each(|attempt| attempt.wire.reverse());
        for block in &mut state.ledger.blocks {
            if let Block::Foreign(reading, _) = block {
                *reading = 1 - *reading;
            }
        }
        if let Some(gateway) = &mut state.gateway {
            for set in [&mut gateway.waiting, &mut gateway.alone, &mut gateway.held, &mut gateway.proofs] {
                set.reverse();
            }
            gateway.refused.reverse();
            gateway.waiters.reverse();
            gateway.unwritten.reverse();
        }
        state
    }

    /// The blockhash that the confirmed chain gives to sign with.
    #[must_use]
    pub fn latest_blockhash(&self) -> u8 {
        latest(self.ledger.chain(Commitment::Confirmed))
    }
}
