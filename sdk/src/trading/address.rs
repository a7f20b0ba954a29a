//! Addresses of the trading program's accounts.

use solana_program::pubkey::Pubkey;

/// First seed of a market's address.
pub const MARKET_SEED: &[u8] = b"market";

/// A department's market: `["market", department]`.
#[must_use]
pub fn market(program: &Pubkey, department: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[MARKET_SEED, department.as_ref()], program)
}
