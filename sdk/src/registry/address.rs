//! Addresses of the registry's accounts.

use {
    crate::identity::{MeterId, Prefix},
    solana_program::pubkey::Pubkey,
};

/// The first seed of a department's address.
pub const DEPARTMENT_SEED: &[u8] = b"department";
/// The first seed of a participant's address.
pub const PARTICIPANT_SEED: &[u8] = b"participant";
/// The first seed of a meter's address.
pub const METER_SEED: &[u8] = b"meter";

/// Derives the address and bump of the department with a prefix: `["department", prefix]`.
#[must_use]
pub fn department(program: &Pubkey, prefix: &Prefix) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[DEPARTMENT_SEED, &prefix.0], program)
}

/// Derives the address and bump of a participant: `["participant", department, wallet]`.
#[must_use]
pub fn participant(program: &Pubkey, department: &Pubkey, wallet: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[PARTICIPANT_SEED, department.as_ref(), wallet.as_ref()], program)
}

/// Derives the address and bump of a meter: `["meter", department, id]`.
#[must_use]
pub fn meter(program: &Pubkey, department: &Pubkey, id: &MeterId) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[METER_SEED, department.as_ref(), &id.0], program)
}
