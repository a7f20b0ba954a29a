//! A ledger that counts what is sent, breaks off after so many transactions, and lets somebody else be quicker.

use {
    campus_energy_sdk::ledger::{Embedded, Ledger, LedgerError, Receipt, Relay},
    solana_transaction::versioned::VersionedTransaction,
};

/// What somebody does to the ledger before a transaction.
pub type Interloper = Box<dyn FnMut(&mut Embedded)>;

/// An embedded ledger under observation.
pub struct Watched {
    /// The ledger.
    pub ledger: Embedded,
    /// Transactions that reached it.
    pub sent: usize,
    /// How many reach it at most; the others get no answer, as after a kill.
    pub at_most: usize,
    /// Who comes before the transaction of a number, from 0.
    pub interloper: Option<(usize, Interloper)>,
}

impl Watched {
    /// Every transaction reaches it.
    #[must_use]
    pub fn new(ledger: Embedded) -> Self {
        Self { ledger, sent: 0, at_most: usize::MAX, interloper: None }
    }

    /// What a transaction gets that does not reach it.
    #[must_use]
    pub fn broken_off() -> LedgerError {
        LedgerError::Unreachable("broken off".into())
    }
}

impl Relay for Watched {
    type Target = Embedded;

    fn target(&self) -> &Embedded {
        &self.ledger
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        if self.sent >= self.at_most {
            return Err(Self::broken_off());
        }
        if let Some((_, mut act)) = self.interloper.take_if(|(number, _)| *number == self.sent) {
            act(&mut self.ledger);
        }
        self.sent += 1;
        self.ledger.send(transaction)
    }
}
