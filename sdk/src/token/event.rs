//! Events of the token program. MintForSurplus emits none: the oracle's `ReadingsAccepted` has the readings whose surplus was minted.

use {
    crate::{
        event::event,
        token::state::MintMode,
        units::{Energy, TokenAmount},
    },
    solana_program::pubkey::Pubkey,
};

event! {
    /// The token of a department was created.
    pub struct TokenInitialized = 0x0201 {
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The address of the SPL mint.
        pub mint: Pubkey,
    }
}

event! {
    /// Tokens were burned against consumption.
    pub struct EnergyRetired = 0x0202 {
        /// The sequence number of the event in the department's token.
        pub sequence: u64,
        /// The wallet whose consumption was covered.
        pub owner: Pubkey,
        /// The end of the interval, Unix seconds.
        pub timestamp: i64,
        /// The energy whose tokens were burned, Wh.
        pub energy: Energy,
        /// The tokens that have ever been retired, these included, base units.
        pub retired: TokenAmount,
    }
}

event! {
    /// The token was paused or resumed, or its mint mode was set.
    pub struct TokenConfigured = 0x0203 {
        /// The sequence number of the event in the department's token.
        pub sequence: u64,
        /// Whether minting and retiring are refused now.
        pub paused: bool,
        /// How the program mints from now on.
        pub mint_mode: MintMode,
    }
}
