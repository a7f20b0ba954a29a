//! The record of a run: every transaction with its events, as it is made, and the ledger's accounts at the end. Whoever has
//! it can check the run without running it again (see `audit`).

mod files;
mod recording;

pub use {
    files::{ACCOUNTS, RecordError, TRANSACTIONS, TransactionWriter, read_accounts, read_transactions, write_accounts},
    recording::Recording,
};

use campus_energy_sdk::event::AnyEvent;

/// A transaction that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The ledger's time, a Unix second.
    pub timestamp: i64,
    /// Its first signature, base58.
    pub signature: String,
    /// Compute units it consumed.
    pub compute_units: u64,
    /// What our programs told.
    pub events: Vec<AnyEvent>,
}
