//! Ledgers: where transactions go and accounts are read. The embedded one executes the real programs in this process.

mod embedded;
pub mod programs;
mod snapshot;
pub mod transaction;

pub use {
    embedded::{Embedded, SplToken},
    snapshot::Snapshot,
};

use {
    crate::error::{Described, describe},
    solana_account::Account,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    thiserror::Error,
};

/// Bytes of a serialised transaction, at most: what one network packet carries.
pub const MAX_TRANSACTION_BYTES: usize = 1_232;

/// A ledger.
pub trait Ledger {
    /// The hash of the ledger's genesis: what keeps signatures meant for one ledger off another.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn genesis_hash(&self) -> Result<Hash, LedgerError>;

    /// An account, if it exists.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError>;

    /// A blockhash that transactions can be signed with now.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn latest_blockhash(&self) -> Result<Hash, LedgerError>;

    /// Sends a transaction and waits until it has been executed.
    ///
    /// # Errors
    /// [`LedgerError::TooLong`], [`LedgerError::Refused`], [`LedgerError::Unreachable`].
    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError>;
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub signature: String,
    /// Compute units consumed.
    pub compute_units: u64,
    /// Log lines.
    pub logs: Vec<String>,
}

/// What can go wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// The transaction does not fit a packet.
    #[error("the transaction has {0} bytes; the network carries {MAX_TRANSACTION_BYTES}")]
    TooLong(usize),
    /// The transaction was not executed, or failed.
    #[error("the ledger refused the transaction: {}", explain(.0))]
    Refused(TransactionError, Vec<String>),
    /// A program could not be loaded.
    #[error("program {0} does not load: {1}")]
    Program(&'static str, String),
    /// No answer.
    #[error("the ledger does not answer: {0}")]
    Unreachable(String),
}

impl LedgerError {
    /// The program error's code, if one of our programs refused.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused(error, _) => custom_code(error),
            _ => None,
        }
    }

    /// The error of ours, if one of our programs refused.
    #[must_use]
    pub fn described(&self) -> Option<Described> {
        self.code().and_then(describe).map(|(described, _)| described)
    }
}

fn custom_code(error: &TransactionError) -> Option<u32> {
    use solana_program::instruction::InstructionError;
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
        _ => None,
    }
}

/// A transaction error in words: ours by name and text, others as the ledger says them.
fn explain(error: &TransactionError) -> String {
    match custom_code(error).and_then(describe) {
        Some((described, text)) => format!("{}::{}: {text}", described.group, described.name),
        None => error.to_string(),
    }
}
