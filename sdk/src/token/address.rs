//! Addresses of the token program's accounts.

use solana_program::pubkey::Pubkey;

/// The first seed of a token configuration's address.
pub const TOKEN_SEED: &[u8] = b"token";
/// The first seed of a mint's address.
pub const MINT_SEED: &[u8] = b"mint";
/// The first seed of a retirement receipt's address.
pub const RETIREMENT_SEED: &[u8] = b"retirement";

/// Derives the address and bump of a department's token configuration: `["token", department]`.
#[must_use]
pub fn token_config(program: &Pubkey, department: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[TOKEN_SEED, department.as_ref()], program)
}

/// Derives the address and bump of the mint of the energy token: `["mint", token configuration]`.
#[must_use]
pub fn energy_mint(program: &Pubkey, token_config: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[MINT_SEED, token_config.as_ref()], program)
}

/// Derives the address and bump of a receipt: `["retirement", token configuration, owner, timestamp (i64, little endian)]`.
#[must_use]
pub fn retirement(program: &Pubkey, token_config: &Pubkey, owner: &Pubkey, timestamp: i64) -> (Pubkey, u8) {
    let seeds = [RETIREMENT_SEED, token_config.as_ref(), owner.as_ref(), &timestamp.to_le_bytes()];
    Pubkey::find_program_address(&seeds, program)
}
