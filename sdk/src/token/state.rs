//! The token program's accounts.

use {
    crate::{
        account::{account, fixed_size},
        units::{Energy, TokenAmount},
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::pubkey::Pubkey,
};

account! {
    /// A department's energy token. The account is the mint's authority.
    pub struct TokenConfig (TokenConfigFields) {
        /// The registry's Department.
        pub department: Pubkey,
        /// Who may mint: the department's oracle.
        pub minter: Pubkey,
        /// The SPL mint; 9 decimals, no freeze authority.
        pub mint: Pubkey,
        /// How the cluster's SPL Token mints for many.
        pub mint_mode: MintMode,
        /// Whether minting and retiring are refused.
        pub paused: bool,
        /// End of the newest interval that had ended when it was created, Unix seconds: the first one that there can be receipts
        /// for.
        pub founded: i64,
        /// Tokens ever minted.
        pub minted: TokenAmount,
        /// Tokens ever retired.
        pub retired: TokenAmount,
        /// Sequence number of the next event.
        pub next_event: u64,
    }
}

account! {
    /// A receipt for tokens burned against consumption: the seed's carbon credit.
    pub struct Retirement (RetirementFields) {
        /// The token configuration.
        pub token_config: Pubkey,
        /// Whose consumption was covered.
        pub owner: Pubkey,
        /// End of the interval.
        pub timestamp: i64,
        /// How much.
        pub energy: Energy,
    }
}

/// How the cluster's SPL Token program mints for many accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum MintMode {
    /// One MintTo call for each account: any SPL Token.
    Plain,
    /// One call of p-token's batch instruction.
    Batch,
}

fixed_size!(MintMode = 1);
