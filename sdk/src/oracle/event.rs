//! Events of the oracle.

use {
    crate::{
        event::event,
        oracle::state::Limits,
        reading::Quality,
        units::{Energy, TokenAmount},
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::pubkey::Pubkey,
};

event! {
    /// The oracle of a department was created.
    pub struct OracleInitialized = 0x0301 {
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The address that submits readings.
        pub authority: Pubkey,
    }
}

event! {
    /// Readings were accepted and recorded, and their surplus was minted.
    pub struct ReadingsAccepted = 0x0302 {
        /// The sequence number of the event in the department's oracle.
        pub sequence: u64,
        /// The end of the interval, Unix seconds.
        pub timestamp: i64,
        /// The readings, in the order of the batch.
        pub readings: Vec<AcceptedReading>,
    }
}

/// A reading of [`ReadingsAccepted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AcceptedReading {
    /// The number of the meter within the department.
    pub meter: u32,
    /// The energy generated, Wh.
    pub generated: u32,
    /// The energy consumed, Wh.
    pub consumed: u32,
    /// Whether it was measured or estimated.
    pub quality: Quality,
}

impl AcceptedReading {
    /// The length in an event, bytes.
    pub const SIZE: usize = 13;

    /// Returns the tokens that were minted for it, base units.
    #[must_use]
    pub fn minted(&self) -> TokenAmount {
        let surplus = Energy(self.generated.into()).surplus_over(Energy(self.consumed.into()));
        surplus.tokens().unwrap_or(TokenAmount(u64::MAX))
    }
}

event! {
    /// The limits of the oracle were set.
    pub struct OracleConfigured = 0x0303 {
        /// The sequence number of the event in the department's oracle.
        pub sequence: u64,
        /// The limits from now on.
        pub limits: Limits,
        /// Whether readings must be signed from now on.
        pub require_signatures: bool,
    }
}

event! {
    /// The proposed submitter became the submitter.
    pub struct OracleAuthorityAccepted = 0x0304 {
        /// The sequence number of the event in the department's oracle.
        pub sequence: u64,
        /// The new submitter.
        pub authority: Pubkey,
    }
}
