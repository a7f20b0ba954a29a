//! The ledger: a chain of blocks with a confirmed and a finalized prefix, and the copies of transactions that its nodes hold.

use super::{READINGS, rules::Commitment};

/// What a reading says; 0 is none.
pub type Values = u8;
/// What the meter has measured.
pub const MEASURED: Values = 1;
/// Other values of the same meter and interval.
pub const OTHER: Values = 2;
/// A transaction's readings by their number.
pub type Wire = [Values; READINGS];

/// Blockhashes that the chain takes: the newest, and the one before it.
pub(super) const LIFETIME: usize = 2;

/// Why the programs refuse a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The department is paused: `Meaning::Passing`.
    Paused,
    /// The reading is older than the oracle takes: `Meaning::Final`.
    StaleReading,
    /// The meter's bitmap has the interval: `Meaning::There`.
    AlreadyAccepted,
}

/// What the chain has; blocks without any of it are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// A transaction of the gateway, by its number, and what became of it.
    Transaction(u8, Result<(), Refusal>),
    /// A reading that another submitter has put there.
    Foreign(u8, Values),
    /// A new blockhash; the one before the last one is not taken any more.
    Blockhash(u8),
}

/// The ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ledger {
    /// The chain; blockhash 0 comes before its first block.
    pub blocks: Vec<Block>,
    /// How many blocks are confirmed.
    pub confirmed: usize,
    /// How many are finalized.
    pub finalized: usize,
    /// The newest blockhash that was ever made, on any fork.
    pub newest: u8,
    /// Transactions that nodes hold, a bit each.
    pub copies: u16,
    /// Whether the department is paused.
    pub paused: bool,
    /// Whether the readings are older than the oracle takes.
    pub aged: bool,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { blocks: Vec::new(), confirmed: 0, finalized: 0, newest: 0, copies: 0, paused: false, aged: false }
    }

    pub(super) fn chain(&self, commitment: Commitment) -> &[Block] {
        match commitment {
            Commitment::Processed => &self.blocks,
            Commitment::Confirmed => &self.blocks[..self.confirmed],
            Commitment::Finalized => &self.blocks[..self.finalized],
        }
    }

    pub(super) fn holds(&self, transaction: u8) -> bool {
        self.copies & 1 << transaction != 0
    }

    pub(super) fn hold(&mut self, transaction: u8) {
        self.copies |= 1 << transaction;
    }

    pub(super) fn lose(&mut self, transaction: u8) {
        self.copies &= !(1 << transaction);
    }
}

/// How many blockhashes a chain has had: its height, as far as blockhashes depend on it.
pub(super) fn height(chain: &[Block]) -> usize {
    hashes(chain).count()
}

fn hashes(chain: &[Block]) -> impl DoubleEndedIterator<Item = u8> {
    let of = |block: &Block| if let Block::Blockhash(hash) = block { Some(*hash) } else { None };
    std::iter::once(0).chain(chain.iter().filter_map(of))
}

/// The blockhash that a node gives to sign with.
pub(super) fn latest(chain: &[Block]) -> u8 {
    hashes(chain).next_back().unwrap_or(0)
}

/// Whether a chain takes a blockhash.
pub(super) fn takes(chain: &[Block], hash: u8) -> bool {
    hashes(chain).rev().take(LIFETIME).any(|own| own == hash)
}

/// Whether a chain has had a blockhash.
pub(super) fn knows(chain: &[Block], hash: u8) -> bool {
    hashes(chain).any(|own| own == hash)
}

/// What became of a transaction on a chain; none where it is not there.
pub(super) fn status(chain: &[Block], transaction: u8) -> Option<Result<(), Refusal>> {
    chain.iter().find_map(|block| match block {
        Block::Transaction(own, result) if *own == transaction => Some(*result),
        _ => None,
    })
}

/// The values of every acceptance of a reading on a chain, in order: more than one is a reading minted twice.
pub(super) fn acceptances<'a>(
    chain: &'a [Block],
    wires: &'a [impl AsRef<Wire>],
    reading: usize,
) -> impl Iterator<Item = Values> + 'a {
    let of = move |block: &Block| match *block {
        Block::Transaction(transaction, Ok(())) => wires[usize::from(transaction)].as_ref()[reading],
        Block::Foreign(other, values) if usize::from(other) == reading => values,
        _ => 0,
    };
    chain.iter().map(of).filter(|values| *values != 0)
}
