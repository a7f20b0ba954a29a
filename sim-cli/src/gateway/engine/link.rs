//! What the engine asks of a ledger besides sending: slots, and what became of a transaction whose answer was lost.

use {
    campus_energy_sdk::ledger::{Embedded, Ledger, LedgerError},
    solana_program::hash::Hash,
    solana_signature::Signature,
};

/// A ledger that the gateway settles on.
pub trait Link: Ledger + Send + 'static {
    /// Begins a slot at a time, Unix seconds, with a blockhash of its own. A ledger with a clock of its own does nothing.
    fn begin_slot(&mut self, unix_timestamp: i64);

    /// What became of a transaction; none where the ledger does not know it.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn outcome(&self, signature: &Signature) -> Result<Option<Result<(), LedgerError>>, LedgerError>;

    /// Whether a transaction with this blockhash can still be executed.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError>;

    /// The ledger itself, where it lives in this process: then the journal is all that is left of it after a crash.
    fn embedded(&mut self) -> Option<&mut Embedded> {
        None
    }
}

impl Link for Embedded {
    fn begin_slot(&mut self, unix_timestamp: i64) {
        self.set_time(unix_timestamp);
    }

    fn outcome(&self, signature: &Signature) -> Result<Option<Result<(), LedgerError>>, LedgerError> {
        Ok(self.outcome(signature))
    }

    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        Ok(self.latest_blockhash()? == *blockhash)
    }

    fn embedded(&mut self) -> Option<&mut Embedded> {
        Some(self)
    }
}
