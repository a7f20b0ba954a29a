//! The record of a run: every transaction with the instructions of our programs that it executed, and the ledger's accounts at
//! the end. With it a run can be checked without running it again (see `audit`). It has no logs: the sender of a transaction
//! can cut its log short.

mod files;
mod recording;
mod transactions;

pub use {
    files::{ACCOUNTS, RecordError, read_accounts, write_accounts},
    recording::Recording,
    transactions::{TRANSACTIONS, TransactionWriter, read_transactions},
};

use campus_energy_sdk::ledger::ExecutedInstruction;

/// A transaction that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The ledger's time, a Unix second.
    pub timestamp: i64,
    /// Its first signature, base58.
    pub signature: String,
    /// Compute units it consumed.
    pub compute_units: u64,
    /// The instructions of our programs, those included that other programs called, in order.
    pub instructions: Vec<ExecutedInstruction>,
}
