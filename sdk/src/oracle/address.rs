//! Addresses of the oracle's accounts.

use solana_program::pubkey::Pubkey;

/// The first seed of an oracle's address.
pub const ORACLE_SEED: &[u8] = b"oracle";
/// The first seed of an interval ring's address.
pub const INTERVAL_RING_SEED: &[u8] = b"intervals";

/// Derives the address and bump of a department's oracle: `["oracle", department]`.
#[must_use]
pub fn oracle(program: &Pubkey, department: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[ORACLE_SEED, department.as_ref()], program)
}

/// Derives the address and bump of an oracle's ring of intervals: `["intervals", oracle]`.
#[must_use]
pub fn interval_ring(program: &Pubkey, oracle: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[INTERVAL_RING_SEED, oracle.as_ref()], program)
}
