//! Addresses of the trading program's accounts.

use {crate::trading::state::Asset, solana_program::pubkey::Pubkey};

/// The first seed of a market's address.
pub const MARKET_SEED: &[u8] = b"market";
/// The first seed of a book's address.
pub const BOOK_SEED: &[u8] = b"book";
/// The first seed of a vault's address.
pub const VAULT_SEED: &[u8] = b"vault";

/// Derives the address and bump of a department's market: `["market", department]`.
#[must_use]
pub fn market(program: &Pubkey, department: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[MARKET_SEED, department.as_ref()], program)
}

/// Derives the address and bump of a market's book: `["book", market]`.
#[must_use]
pub fn book(program: &Pubkey, market: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[BOOK_SEED, market.as_ref()], program)
}

/// Derives the address and bump of a market's vault: `["vault", market, 0 for energy or 1 for money]`.
#[must_use]
pub fn vault(program: &Pubkey, market: &Pubkey, asset: Asset) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[VAULT_SEED, market.as_ref(), asset.seed()], program)
}
