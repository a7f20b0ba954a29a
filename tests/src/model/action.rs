//! The steps, and which of them a state allows.

use super::{
    Answer, Commitment, Delivery, ExactlyOnce, Gateway, MEASURED, OTHER, State, Values,
    ledger::{status, takes},
};

/// One step. Those of the first group happen sooner or later; the others are faults, or need not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A meter posts what it has measured, until it is answered.
    Post(usize),
    /// Who waits is answered.
    Answer(usize, Values),
    /// The journal is written after the answer (only with this rule switched off).
    Write(usize),
    /// What waits is signed, and noted in the journal.
    Note,
    /// A transaction is noted after it was sent (only with this rule switched off).
    NoteLate(u8),
    /// The sender sends a transaction, with preflight where no copy of it can be under way.
    Send(u8),
    /// The sender sends it again.
    Resend(u8),
    /// The sender asks what is confirmed.
    Ask,
    /// The finalized chain has passed the last height that takes a blockhash: what has it is in the history, or expired.
    Bury(u8),
    /// The journal notes what became of transactions.
    Conclude,
    /// A reading that was kept is tried again.
    Retry(usize),
    /// After a start or a broken link: what is settled is held against the meters' bitmaps.
    FindLost,
    /// The transactions by which readings were settled are asked for.
    AskStandings,
    /// The ledger is asked with which values it has a reading's interval.
    Prove(usize),
    /// The gateway starts again.
    Restart,
    /// A block takes a transaction.
    Execute(u8),
    /// The next block is confirmed.
    Confirm,
    /// The next confirmed block is finalized.
    Finalize,
    /// The department is not paused any more.
    Unpause,
    /// A new blockhash, where the journal or the sender waits for one: the chain goes on.
    BlockhashDue,

    /// A new blockhash: the one before the last one expires.
    Blockhash,
    /// A meter posts other values.
    PostOther(usize),
    /// A meter posts once more what was acknowledged.
    PostAgain(usize),
    /// The gateway is killed.
    Crash,
    /// All blocks after these are dropped; `lost`: so are the copies that nodes hold.
    Fork(usize, bool),
    /// A copy of a transaction gets lost.
    Lose(u8),
    /// A node takes a transaction and does not answer; the next node gets it without a preflight.
    SendTwice(u8),
    /// The same as `Bury`, but another node, with so many blocks, says what the history has.
    BuryBehind(u8, usize),
    /// Another submitter puts a reading on the ledger.
    Foreign(usize, Values),
    /// The department is paused.
    Pause,
    /// The readings are too old for the oracle from now on.
    Age,
}

impl Action {
    /// Whether it need not happen: what must hold when the faults stop must hold without it.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Blockhash
                | Self::PostOther(_)
                | Self::PostAgain(_)
                | Self::Crash
                | Self::Fork(..)
                | Self::Lose(_)
                | Self::SendTwice(_)
                | Self::BuryBehind(..)
                | Self::Foreign(..)
                | Self::Pause
                | Self::Age
        )
    }
}

impl ExactlyOnce {
    /// What meters can post.
    pub(super) fn poster_actions(&self, state: &State, gateway: &Gateway, actions: &mut Vec<Action>) {
        for reading in 0..self.bounds.readings {
            let unwritten = gateway.unwritten[reading] != 0;
            actions.extend(unwritten.then_some(Action::Write(reading)));
            if unwritten {
                continue;
            }
            let [measured, other] = state.answers[reading];
            let [waits, other_waits] = gateway.waiters[reading];
            actions.extend((measured == Answer::None && !waits).then_some(Action::Post(reading)));
            if state.left.posts > 0 {
                actions.extend((measured == Answer::Acknowledged).then_some(Action::PostAgain(reading)));
                actions.extend((other == Answer::None && !other_waits).then_some(Action::PostOther(reading)));
            }
        }
    }

    /// What can become of a transaction at the sender.
    pub(super) fn delivery_actions(
        &self,
        state: &State,
        transaction: u8,
        delivery: Option<Delivery>,
        actions: &mut Vec<Action>,
    ) {
        let attempt = &state.attempts[usize::from(transaction)];
        let can_run =
            takes(&state.ledger.blocks, attempt.blockhash) && status(&state.ledger.blocks, transaction).is_none();
        if !attempt.noted && delivery.is_some() && !matches!(delivery, Some(Delivery::Pending { .. })) {
            actions.push(Action::NoteLate(transaction));
        }
        match delivery {
            Some(Delivery::Pending { known }) => {
                actions.push(Action::Send(transaction));
                let refused = can_run && !known && self.verdict(state, transaction).is_err();
                actions.extend((refused && state.left.timeouts > 0).then_some(Action::SendTwice(transaction)));
            }
            Some(Delivery::Open) if can_run && !state.ledger.holds(transaction) => {
                actions.push(Action::Resend(transaction));
            }
            _ => {}
        }
    }

    /// What the sender can ask and find out.
    pub(super) fn courier_actions(&self, state: &State, gateway: &Gateway, actions: &mut Vec<Action>) {
        let confirmed = state.ledger.chain(Commitment::Confirmed);
        let told = |(number, delivery): (u8, &Option<Delivery>)| {
            *delivery == Some(Delivery::Open) && status(confirmed, number).is_some()
        };
        actions.extend((0..).zip(&gateway.deliveries).any(told).then_some(Action::Ask));
        for hash in 0..=state.ledger.newest {
            if Self::open_with(state, hash).next().is_none() {
                continue;
            }
            if !self.can_bury(state, hash) {
                continue;
            }
            actions.push(Action::Bury(hash));
            if state.left.behind > 0 {
                // Of a node that has not come as far as the one that told the height, no answer is taken.
                let first = if self.rules.history_not_behind { state.ledger.finalized } else { 0 };
                actions.extend((first..state.ledger.blocks.len()).map(|blocks| Action::BuryBehind(hash, blocks)));
            }
        }
    }

    /// What can happen on the ledger and in the network.
    pub(super) fn ledger_actions(&self, state: &State, actions: &mut Vec<Action>) {
        let (ledger, left) = (&state.ledger, &state.left);
        for (number, attempt) in (0..).zip(&state.attempts) {
            if ledger.holds(number) {
                let runs = takes(&ledger.blocks, attempt.blockhash) && status(&ledger.blocks, number).is_none();
                actions.extend(runs.then_some(Action::Execute(number)));
                actions.extend((left.losses > 0).then_some(Action::Lose(number)));
            }
        }
        actions.extend((ledger.confirmed < ledger.blocks.len()).then_some(Action::Confirm));
        actions.extend((ledger.finalized < ledger.confirmed).then_some(Action::Finalize));
        actions.extend((ledger.newest < self.bounds.blockhashes).then_some(Action::Blockhash));
        actions.extend(ledger.paused.then_some(Action::Unpause));
        actions.extend((left.pauses > 0 && !ledger.paused).then_some(Action::Pause));
        actions.extend((left.ages > 0 && !ledger.aged).then_some(Action::Age));
        if left.forks > 0 {
            for blocks in ledger.finalized..ledger.blocks.len() {
                actions.push(Action::Fork(blocks, false));
                actions.extend((ledger.copies != 0).then_some(Action::Fork(blocks, true)));
            }
        }
        if left.foreign > 0 && !ledger.paused && !ledger.aged {
            let free = |reading: &usize| state.record(Commitment::Processed, *reading).is_none();
            for reading in (0..self.bounds.readings).filter(free) {
                actions.extend([MEASURED, OTHER].map(|values| Action::Foreign(reading, values)));
            }
        }
    }
}
