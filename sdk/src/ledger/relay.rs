//! A ledger that forwards to another one.

use {
    super::{Ledger, LedgerError, LedgerReading, Receipt},
    solana_account::Account,
    solana_program::{hash::Hash, instruction::Instruction, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
    std::ops::RangeInclusive,
};

/// A ledger that forwards to another one: it reads that one's accounts, and handles transactions itself.
pub trait Relay {
    /// Returns the ledger behind it.
    type Target: Ledger;

    /// Returns the ledger behind it.
    fn target(&self) -> &Self::Target;

    /// Handles a transaction: see [`Ledger::send`].
    ///
    /// # Errors
    /// Those of [`Ledger::send`].
    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError>;
}

impl<T: Relay> Ledger for T {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        self.target().genesis_hash()
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        self.target().account(address)
    }

    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, LedgerError> {
        self.target().accounts(addresses)
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        self.target().owned(program, offset, bytes)
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        self.target().latest_blockhash()
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        self.relay(transaction)
    }

    fn await_finality(&self, address: &Pubkey) -> Result<(), LedgerError> {
        self.target().await_finality(address)
    }

    fn readings_of(
        &self,
        meters: &[Pubkey],
        intervals: RangeInclusive<i64>,
    ) -> Result<Vec<LedgerReading>, LedgerError> {
        self.target().readings_of(meters, intervals)
    }

    fn budget(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        self.target().budget(instructions)
    }
}
