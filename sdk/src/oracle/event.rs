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
    /// A department's oracle was created.
    pub struct OracleInitialized = 0x0301 {
        /// The registry's Department.
        pub department: Pubkey,
        /// Who submits readings.
        pub authority: Pubkey,
    }
}

event! {
    /// Readings were accepted, recorded, and their surplus minted.
    pub struct ReadingsAccepted = 0x0302 {
        /// Sequence number in the department's oracle.
        pub sequence: u64,
        /// End of the interval.
        pub timestamp: i64,
        /// The readings, in the order of the batch.
        pub readings: Vec<AcceptedReading>,
    }
}

/// One reading of [`ReadingsAccepted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AcceptedReading {
    /// The meter's number within the department.
    pub meter: u32,
    /// Energy generated, Wh.
    pub generated: u32,
    /// Energy consumed, Wh.
    pub consumed: u32,
    /// Measured or estimated.
    pub quality: Quality,
}

impl AcceptedReading {
    /// Bytes of one.
    pub const SIZE: usize = 13;

    /// Tokens that were minted for it.
    #[must_use]
    pub fn minted(&self) -> TokenAmount {
        let surplus = Energy(self.generated.into()).surplus_over(Energy(self.consumed.into()));
        surplus.tokens().unwrap_or(TokenAmount(u64::MAX))
    }
}

event! {
    /// The oracle was reconfigured.
    pub struct OracleConfigured = 0x0303 {
        /// Sequence number in the department's oracle.
        pub sequence: u64,
        /// The limits now.
        pub limits: Limits,
        /// Whether readings must be signed now.
        pub require_signatures: bool,
    }
}

event! {
    /// The oracle has a new authority.
    pub struct OracleAuthorityAccepted = 0x0304 {
        /// Sequence number in the department's oracle.
        pub sequence: u64,
        /// The authority.
        pub authority: Pubkey,
    }
}
