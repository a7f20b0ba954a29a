//! Why readings or orders cannot be brought to a ledger.

use {
    campus_energy_sdk::{identity::MeterId, ledger::LedgerError},
    solana_program::pubkey::Pubkey,
    thiserror::Error,
};

/// Why readings or orders cannot be brought to a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettlementError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A meter of the department has no account on the ledger, or something else is at its address.
    #[error("meter {meter} is not registered: there is no meter's account at {address}; run init")]
    Unregistered {
        /// The meter.
        meter: MeterId,
        /// Where its account should be.
        address: Pubkey,
    },
    /// An order for a seat that no participant of the department has.
    #[error(
        "seat {seat} has no wallet: the department has {participants} participants, whose seats are numbered from 0"
    )]
    NoWallet {
        /// The seat.
        seat: u16,
        /// How many participants there are.
        participants: usize,
    },
}
