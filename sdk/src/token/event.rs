//! Events of the token program. MintForSurplus emits none: the oracle's `ReadingsAccepted` tells what was minted.

use {
    crate::{
        event::event,
        token::state::MintMode,
        units::{Energy, TokenAmount},
    },
    solana_program::pubkey::Pubkey,
};

event! {
    /// A department's token was created.
    pub struct TokenInitialized = 0x0201 {
        /// The registry's Department.
        pub department: Pubkey,
        /// The mint.
        pub mint: Pubkey,
    }
}

event! {
    /// Tokens were burned against consumption.
    pub struct EnergyRetired = 0x0202 {
        /// Sequence number in the department's token.
        pub sequence: u64,
        /// Whose consumption.
        pub owner: Pubkey,
        /// End of the interval.
        pub timestamp: i64,
        /// How much.
        pub energy: Energy,
        /// Tokens ever retired, this included.
        pub retired: TokenAmount,
    }
}

event! {
    /// The token was reconfigured.
    pub struct TokenConfigured = 0x0203 {
        /// Sequence number in the department's token.
        pub sequence: u64,
        /// Whether minting and retiring are refused now.
        pub paused: bool,
        /// How it mints now.
        pub mint_mode: MintMode,
    }
}
