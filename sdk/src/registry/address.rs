//! Addresses of the registry's accounts.

use {
    crate::identity::{MeterId, Prefix},
    solana_program::pubkey::Pubkey,
};

/// First seed of a department's address.
pub const DEPARTMENT_SEED: &[u8] = b"department";
/// First seed of a participant's address.
pub const PARTICIPANT_SEED: &[u8] = b"participant";
/// First seed of a meter's address.
pub const METER_SEED: &[u8] = b"meter";

/// The department of a prefix: `["department", prefix]`.
#[must_use]
pub fn department(program: &Pubkey, prefix: &Prefix) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[DEPARTMENT_SEED, &prefix.0], program)
}

/// A participant of a department: `["participant", department, wallet]`.
#[must_use]
pub fn participant(program: &Pubkey, department: &Pubkey, wallet: &Pubkey) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[PARTICIPANT_SEED, department.as_ref(), wallet.as_ref()], program)
}

/// A meter of a department: `["meter", department, id]`.
#[must_use]
pub fn meter(program: &Pubkey, department: &Pubkey, id: &MeterId) -> (Pubkey, u8) {
    Pubkey::find_program_address(&[METER_SEED, department.as_ref(), &id.0], program)
}
