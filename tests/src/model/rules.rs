//! What a check is about: how much may happen, and which rules of the code hold.

/// How often each fault may happen. A check visits every order of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Readings, each of a meter of its own, of one interval: at most [`super::READINGS`].
    pub readings: usize,
    /// Times the gateway is killed.
    pub crashes: u8,
    /// Times the ledger drops blocks that are not finalized.
    pub forks: u8,
    /// Copies of transactions that get lost on the way.
    pub losses: u8,
    /// New blockhashes, besides the first.
    pub blockhashes: u8,
    /// Readings that another submitter puts on the ledger, with the same or other values.
    pub foreign: u8,
    /// Posts besides each reading's first: of other values for the interval, or the same once more.
    pub posts: u8,
    /// Times the department is paused.
    pub pauses: u8,
    /// Whether the readings may become older than the oracle takes.
    pub ages: u8,
    /// Times a node takes a transaction and does not answer, where the next node's preflight would refuse it.
    pub timeouts: u8,
    /// Times a node answers for the history that is behind the one that told the height.
    pub behind: u8,
}

impl Bounds {
    /// One reading and no fault.
    pub const NONE: Self = Self {
        readings: 1,
        crashes: 0,
        forks: 0,
        losses: 0,
        blockhashes: 0,
        foreign: 0,
        posts: 0,
        pauses: 0,
        ages: 0,
        timeouts: 0,
        behind: 0,
    };
}

/// How sure a part of the ledger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commitment {
    /// It is in the newest block that a node has.
    Processed,
    /// The cluster has voted for it.
    Confirmed,
    /// No fork drops it.
    Finalized,
}

/// When the sender calls a transaction expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burial {
    /// The finalized chain has passed the last height that takes the blockhash, and the history does not have the transaction.
    Finalized,
    /// The confirmed chain has passed it, and the history does not have the transaction.
    Confirmed,
    /// As `Finalized`, without a look at the history.
    Unasked,
}

/// The rules. Each field is one of the code; a check with one of them changed must find a counterexample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `Engine::take`: a reading is in the journal before its client is answered.
    pub accepted_before_answered: bool,
    /// `Journal::accept`: a reading that is known stays as it is.
    pub known_stays: bool,
    /// `Carrier::note`: a transaction is in the journal before it is sent.
    pub noted_before_sent: bool,
    /// `Carrier::resume`: what was sent is asked for after a restart, before anything is signed anew.
    pub asked_after_restart: bool,
    /// `Sender::send`: what may have been sent before is not refused by a preflight.
    pub known_skips_preflight: bool,
    /// `Endpoints::send`: what a node may have taken goes to the next one without a preflight.
    pub timeout_skips_preflight: bool,
    /// `Sender::expire`.
    pub burial: Burial,
    /// `Sender::bury`: a node that has not reached the slot of that height is not believed.
    pub history_not_behind: bool,
    /// `settle.rs`: readings that were refused together go each by itself.
    pub alone: bool,
    /// `carrier::outcome`: after `AlreadyAccepted` the reading is to be proven; it is not confirmed at once.
    pub proves: bool,
    /// `Engine::proven` compares the values.
    pub proves_values: bool,
    /// `Engine::prove`: a reading that is refused for another reason is rejected by what is confirmed at the time of the refusal or
    /// later; otherwise by the accounts that are at hand.
    pub rejects_by_later: bool,
    /// `Engine::find_lost`: after a start or a broken link.
    pub finds_lost: bool,
    /// `Engine::ask_standings`: until a confirmed reading's transaction is final.
    pub asks_standings: bool,
    /// The same for the transaction by which a reading was rejected.
    pub contradicted_until_final: bool,
    /// A fork that drops confirmed blocks breaks the link: the validator was killed.
    pub fork_breaks_link: bool,
    /// `registry::state::accept`: the ledger takes an interval once.
    pub bitmap: bool,
}

impl Rules {
    /// All of them.
    pub const ALL: Self = Self {
        accepted_before_answered: true,
        known_stays: true,
        noted_before_sent: true,
        asked_after_restart: true,
        known_skips_preflight: true,
        timeout_skips_preflight: true,
        burial: Burial::Finalized,
        history_not_behind: true,
        alone: true,
        proves: true,
        proves_values: true,
        rejects_by_later: true,
        finds_lost: true,
        asks_standings: true,
        contradicted_until_final: true,
        fork_breaks_link: true,
        bitmap: true,
    };
}
