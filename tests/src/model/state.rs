//! What a state of the model is.

use super::{
    READINGS,
    ledger::{Ledger, Refusal, Values, Wire},
};

/// What has become of a reading: `journal::State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadingState {
    /// It is in the journal.
    Journaled,
    /// A transaction carries it.
    Submitted,
    /// The ledger has it.
    Confirmed,
    /// The ledger has refused it, or has other values.
    Rejected,
}

/// Which transaction has put a reading on the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The gateway's, by its number.
    Own(u8),
    /// Another submitter's, with these values.
    Foreign(Values),
}

/// A row of the journal's table `reading`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Its values.
    pub values: Values,
    /// What has become of it.
    pub state: ReadingState,
    /// Whether the ledger has its interval, with values that are not known yet.
    pub unproven: bool,
    /// The transaction by which it is settled.
    pub transaction: Option<Source>,
}

impl Row {
    pub(super) fn new(values: Values) -> Self {
        Self { values, state: ReadingState::Journaled, unproven: false, transaction: None }
    }

    /// `Entry::is_contradicted`: the ledger has other values.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        self.state == ReadingState::Rejected && self.transaction.is_some()
    }
}

/// What became of a transaction: `journal::Fate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is being sent: the ledger may have it or not.
    Sent,
    /// The ledger has executed it.
    Executed,
    /// The ledger has refused it.
    Refused,
    /// The sender has called it expired.
    Dropped,
    /// `Journal::reopen` or `Journal::contradict` has called it dropped: a fork has lost it.
    Reopened,
}

/// A row of the journal's table `attempt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt {
    /// The blockhash that it was signed with.
    pub blockhash: u8,
    /// The height of the last block that takes it.
    pub last_valid: u8,
    /// The readings that it carries.
    pub wire: Wire,
    /// What became of it.
    pub fate: Fate,
    /// Whether it is in the journal; always, where it is noted before it is sent.
    pub noted: bool,
}

impl AsRef<Wire> for Attempt {
    fn as_ref(&self) -> &Wire {
        &self.wire
    }
}

/// A transaction at the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// It is not sent yet; `known`: a process before this one may have sent it.
    Pending {
        /// Whether it may have been sent.
        known: bool,
    },
    /// It is sent, and sent again while its blockhash lives.
    Open,
    /// The sender knows what became of it, the journal does not yet.
    Done(Known),
}

/// What became of a transaction, as the sender says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Known {
    /// Executed, or refused.
    Result(Result<(), Refusal>),
    /// `LedgerError::Expired`.
    Expired,
}

/// The gateway's process: gone after a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gateway {
    /// `Engine::waiting`: readings that no transaction carries.
    pub waiting: [bool; READINGS],
    /// `Engine::alone`: of them, those that go each by itself.
    pub alone: [bool; READINGS],
    /// `Engine::holds`: readings that the ledger does not take for now; they are kept.
    pub held: [bool; READINGS],
    /// `Engine::proofs`: readings of which the gateway asks with which values the ledger has their interval.
    pub proofs: [bool; READINGS],
    /// `Proofs::refused`: readings that the ledger has refused for themselves, with the number of blocks that must be confirmed before
    /// its accounts say anything of that.
    pub refused: [Option<u8>; READINGS],
    /// `Engine::waiters`: who waits for an answer, by reading and values.
    pub waiters: [[bool; 2]; READINGS],
    /// `Sender::desk`, with `Carrier::pending`, by the transaction's number.
    pub deliveries: Vec<Option<Delivery>>,
    /// `Engine::doubt`: the ledger may not have what the journal calls confirmed.
    pub doubt: bool,
    /// Readings that were answered and are not in the journal; none, where they are accepted before.
    pub unwritten: [Values; READINGS],
}

/// What a poster was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nothing.
    None,
    /// 200 or 202: the reading is taken.
    Acknowledged,
    /// 422: the ledger has refused it.
    Rejected,
    /// 409: the meter has reported other values.
    Conflict,
}

/// Faults that can still happen; see [`super::Bounds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Left {
    pub(super) crashes: u8,
    pub(super) forks: u8,
    pub(super) losses: u8,
    pub(super) foreign: u8,
    pub(super) posts: u8,
    pub(super) pauses: u8,
    pub(super) ages: u8,
    pub(super) timeouts: u8,
    pub(super) behind: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// The journal's readings.
    pub rows: [Option<Row>; READINGS],
    /// The gateway's transactions.
    pub attempts: Vec<Attempt>,
    /// The gateway's process; none after a crash.
    pub gateway: Option<Gateway>,
    /// The ledger.
    pub ledger: Ledger,
    /// What posters were told, by reading and values.
    pub answers: [[Answer; 2]; READINGS],
    /// Values that were confirmed on the ledger at some time, by reading and values.
    pub carried: [[bool; 2]; READINGS],
    /// Values that were in the journal and rejected, by reading and values.
    pub given_up: [[bool; 2]; READINGS],
    /// Faults that can still happen.
    pub left: Left,
}

/// The place of values in a pair.
pub(super) fn place(values: Values) -> usize {
    usize::from(values) - 1
}
