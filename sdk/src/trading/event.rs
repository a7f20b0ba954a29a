//! Events of the trading program. UpdateMarketData emits none: the oracle's `ReadingsAccepted` tells what it was told.

use {
    crate::{event::event, trading::state::Tariffs},
    solana_program::pubkey::Pubkey,
};

event! {
    /// A department's market was created.
    pub struct MarketInitialized = 0x0401 {
        /// The registry's Department.
        pub department: Pubkey,
        /// What the grid asks and pays.
        pub tariffs: Tariffs,
    }
}
