//! A ledger that a test controls: its clock, its accounts, its slots.

use {
    campus_energy_department::record::Recording,
    campus_energy_sdk::{
        deployment::Programs,
        ledger::{Embedded, Ledger},
    },
    solana_account::Account,
    solana_program::pubkey::Pubkey,
};

/// A ledger under a test's control.
pub trait Chain: Ledger {
    /// The programs' ids.
    fn programs(&self) -> Programs;
    /// Sets the clock, Unix seconds, in a new slot.
    fn set_time(&mut self, unix_timestamp: i64);
    /// Begins a new slot with a new blockhash.
    fn next_slot(&mut self);
    /// Writes an account, whatever it was.
    fn put(&mut self, address: Pubkey, account: Account);
}

impl Chain for Embedded {
    fn programs(&self) -> Programs {
        Self::programs(self)
    }

    fn set_time(&mut self, unix_timestamp: i64) {
        Self::set_time(self, unix_timestamp);
    }

    fn next_slot(&mut self) {
        Self::next_slot(self);
    }

    fn put(&mut self, address: Pubkey, account: Account) {
        self.svm().set_account(address, account).expect("an account of a test is well formed");
    }
}

impl Chain for Recording {
    fn programs(&self) -> Programs {
        Self::programs(self)
    }

    fn set_time(&mut self, unix_timestamp: i64) {
        Self::set_time(self, unix_timestamp);
    }

    fn next_slot(&mut self) {
        self.ledger().next_slot();
    }

    fn put(&mut self, address: Pubkey, account: Account) {
        self.ledger().put(address, account);
    }
}
