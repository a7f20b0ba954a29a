//! The sender's steps, and what the ledger makes of a transaction.

use super::{
    ExactlyOnce, READINGS,
    ledger::{Block, Refusal, height, status, takes},
    rules::{Burial, Commitment},
    state::{Delivery, Known, State},
};

impl ExactlyOnce {
    /// `Sender::send`, the first time. `timeout`: the node that took it did not answer, and the next one gets it without a preflight.
    pub(super) fn send(&self, state: &mut State, transaction: u8, timeout: bool) -> Option<()> {
        let number = usize::from(transaction);
        let hash = state.attempts[number].blockhash;
        let can_run = takes(&state.ledger.blocks, hash) && status(&state.ledger.blocks, transaction).is_none();
        let verdict = self.verdict(state, transaction);
        let delivery = state.gateway.as_mut()?.deliveries[number].as_mut()?;
        let known = *delivery == Delivery::Pending { known: true };
        *delivery = match verdict {
            Err(refusal) if can_run && !known && !(timeout && self.rules.timeout_skips_preflight) => {
                Delivery::Done(Known::Result(Err(refusal)))
            }
            _ => Delivery::Open,
        };
        if can_run && (*delivery == Delivery::Open || timeout) {
            state.ledger.hold(transaction);
        }
        Some(())
    }

    /// What the programs say to a transaction on the newest block.
    pub(super) fn verdict(&self, state: &State, transaction: u8) -> Result<(), Refusal> {
        let wire = state.attempts[usize::from(transaction)].wire;
        let accepted = |reading| state.record(Commitment::Processed, reading).is_some();
        match () {
            () if state.ledger.paused => Err(Refusal::Paused),
            () if state.ledger.aged => Err(Refusal::StaleReading),
            () if self.rules.bitmap && (0..READINGS).any(|reading| wire[reading] != 0 && accepted(reading)) => {
                Err(Refusal::AlreadyAccepted)
            }
            () => Ok(()),
        }
    }

    /// `Sender::ask`: what is confirmed is known.
    pub(super) fn ask(state: &mut State) -> Option<()> {
        let chain = state.ledger.chain(Commitment::Confirmed);
        let deliveries = &mut state.gateway.as_mut()?.deliveries;
        for (transaction, delivery) in (0..).zip(deliveries) {
            if let Some(result) = status(chain, transaction).filter(|_| *delivery == Some(Delivery::Open)) {
                *delivery = Some(Delivery::Done(Known::Result(result)));
            }
        }
        Some(())
    }

    /// Transactions that are under way with a blockhash.
    pub(super) fn open_with(state: &State, hash: u8) -> impl Iterator<Item = usize> + '_ {
        let deliveries = state.gateway.iter().flat_map(|gateway| gateway.deliveries.iter().enumerate());
        let open = deliveries.filter(|(_, delivery)| **delivery == Some(Delivery::Open)).map(|(number, _)| number);
        open.filter(move |number| state.attempts[*number].blockhash == hash)
    }

    /// Whether `Sender::expire` finds what has a blockhash beyond its last height.
    pub(super) fn can_bury(&self, state: &State, hash: u8) -> bool {
        let commitment = match self.rules.burial {
            Burial::Confirmed => Commitment::Confirmed,
            Burial::Finalized | Burial::Unasked => Commitment::Finalized,
        };
        let passed = height(state.ledger.chain(commitment));
        Self::open_with(state, hash).any(|number| passed > usize::from(state.attempts[number].last_valid))
    }

    /// `Sender::bury`: what has a blockhash is in the history of a node that has so many blocks, or expired.
    pub(super) fn bury(&self, state: &mut State, hash: u8, blocks: usize) -> Option<()> {
        let open: Vec<usize> = Self::open_with(state, hash).collect();
        let gateway = state.gateway.as_mut()?;
        for number in open {
            let history = status(&state.ledger.blocks[..blocks], u8::try_from(number).ok()?);
            let known = history.filter(|_| self.rules.burial != Burial::Unasked);
            gateway.deliveries[number] = Some(Delivery::Done(known.map_or(Known::Expired, Known::Result)));
        }
        Some(())
    }

    /// Whether a transaction waits for blocks: none takes its blockhash on this chain, and it is not dead yet.
    pub(super) fn waits_for_blocks(state: &State) -> bool {
        let blocks = &state.ledger.blocks;
        let open = state.gateway.iter().flat_map(|gateway| gateway.deliveries.iter().zip(&state.attempts));
        let mut open = open.filter(|(delivery, _)| **delivery == Some(Delivery::Open));
        open.any(|(_, attempt)| !takes(blocks, attempt.blockhash) && height(blocks) <= usize::from(attempt.last_valid))
    }

    /// The chain takes a transaction that a node holds.
    pub(super) fn execute(&self, state: &mut State, transaction: u8) {
        let verdict = self.verdict(state, transaction);
        state.ledger.blocks.push(Block::Transaction(transaction, verdict));
    }
}
