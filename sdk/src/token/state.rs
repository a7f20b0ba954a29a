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
    /// The energy token of a department. The account is the authority of the mint.
    pub struct TokenConfig (TokenConfigFields) {
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The only signer that may mint: the department's oracle.
        pub minter: Pubkey,
        /// The address of the SPL mint, which has 9 decimals and no freeze authority.
        pub mint: Pubkey,
        /// How the program mints for several accounts.
        pub mint_mode: MintMode,
        /// Whether minting and retiring are refused.
        pub paused: bool,
        /// The end of the newest interval that had ended when the token was created, Unix seconds: the first interval that there can be
        /// receipts for.
        pub founded: i64,
        /// The tokens that have ever been minted, base units.
        pub minted: TokenAmount,
        /// The tokens that have ever been retired, base units.
        pub retired: TokenAmount,
        /// The sequence number of the next event.
        pub next_event: u64,
    }
}

account! {
    /// A receipt for tokens that were burned against consumption: the brief's carbon credit.
    pub struct Retirement (RetirementFields) {
        /// The address of the token configuration.
        pub token_config: Pubkey,
        /// The wallet whose consumption was covered.
        pub owner: Pubkey,
        /// The end of the interval, Unix seconds.
        pub timestamp: i64,
        /// The energy whose tokens were burned, Wh.
        pub energy: Energy,
    }
}

/// How the token program mints for several accounts, which depends on the cluster's SPL Token program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum MintMode {
    /// By one MintTo call for each account, which any SPL Token program takes.
    Plain,
    /// By one call of the batch instruction, which p-token takes.
    Batch,
}

fixed_size!(MintMode = 1);
