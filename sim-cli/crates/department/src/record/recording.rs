//! A ledger that records every transaction that is executed on it.

use {
    super::Transaction,
    campus_energy_sdk::{
        ED25519_PROGRAM,
        deployment::Programs,
        ledger::{Embedded, Ledger, LedgerError, Receipt, Relay},
    },
    solana_transaction::versioned::VersionedTransaction,
};

/// An embedded ledger, and the transactions that nobody has taken from it yet.
pub struct Recording {
    ledger: Embedded,
    timestamp: i64,
    done: Vec<Transaction>,
}

impl Recording {
    /// Records from now on.
    #[must_use]
    pub fn new(ledger: Embedded) -> Self {
        Self { ledger, timestamp: 0, done: Vec::new() }
    }

    /// Sets the clock, a Unix second.
    pub fn set_time(&mut self, timestamp: i64) {
        self.timestamp = timestamp;
        self.ledger.set_time(timestamp);
    }

    /// The programs' ids.
    #[must_use]
    pub fn programs(&self) -> Programs {
        self.ledger.programs()
    }

    /// The ledger, whose slots and airdrops are no transactions of ours.
    pub fn ledger(&mut self) -> &mut Embedded {
        &mut self.ledger
    }

    /// The ledger, no longer recorded.
    #[must_use]
    pub fn into_ledger(self) -> Embedded {
        self.ledger
    }

    /// Takes what has been done since the last time.
    pub fn take(&mut self) -> Vec<Transaction> {
        std::mem::take(&mut self.done)
    }
}

impl Relay for Recording {
    type Target = Embedded;

    fn target(&self) -> &Embedded {
        &self.ledger
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let receipt = self.ledger.send(transaction)?;
        let programs = self.programs();
        // What a verification covers is told by its transaction's own instructions and their places.
        let verifies = receipt.instructions.iter().any(|executed| executed.program == ED25519_PROGRAM);
        let ours = receipt
            .instructions
            .iter()
            .filter(|executed| programs.contain(&executed.program) || (verifies && executed.stack_height == 1));
        self.done.push(Transaction {
            timestamp: self.timestamp,
            signature: receipt.signature.clone(),
            compute_units: receipt.compute_units,
            instructions: ours.cloned().collect(),
        });
        Ok(receipt)
    }
}
