//! The toolchain's own check: 128-bit and checked arithmetic, wide returns and many arguments. The program computes a
//! case from its instruction data and returns the result; natively the same function tells what it must be.

use solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
};

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;

#[cfg(target_os = "solana")]
solana_program::entrypoint!(process_instruction);

/// Bytes of a case: operation, two 128-bit operands.
pub const CASE: usize = 1 + 16 + 16;
/// Operations, from 0.
pub const OPERATIONS: u8 = 16;
/// Bytes of a result: whether there is one, and two 128-bit words.
pub const RESULT: usize = 1 + 16 + 16;

/// Computes every case of the instruction data, in order.
///
/// # Errors
/// [`ProgramError::InvalidInstructionData`] for a truncated case.
pub fn process_instruction(_: &Pubkey, _: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let mut results = Vec::with_capacity(data.len() / CASE * RESULT);
    for case in data.chunks(CASE) {
        let case: &[u8; CASE] = case.try_into().map_err(|_| ProgramError::InvalidInstructionData)?;
        results.extend_from_slice(&compute(case));
    }
    solana_program::program::set_return_data(&results);
    Ok(())
}

/// Computes a case.
#[must_use]
pub fn compute(case: &[u8; CASE]) -> [u8; RESULT] {
    let word = |at: usize| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&case[at..at + 16]);
        u128::from_le_bytes(bytes)
    };
    let mut result = [0; RESULT];
    if let Some((low, high)) = operate(case[0], word(1), word(17)) {
        result[0] = 1;
        result[1..17].copy_from_slice(&low.to_le_bytes());
        result[17..].copy_from_slice(&high.to_le_bytes());
    }
    result
}

#[inline(never)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]
fn operate(operation: u8, a: u128, b: u128) -> Option<(u128, u128)> {
    let (small_a, small_b) = (a as u64, b as u64);
    let (signed_a, signed_b) = (a as i128, b as i128);
    let one = |value: u128| Some((value, 0));
    match operation {
        0 => one(a.wrapping_mul(b)),
        1 => one(a.checked_div(b)?),
        2 => one(a.checked_rem(b)?),
        3 => one(signed_a.wrapping_mul(signed_b) as u128),
        4 => one(signed_a.checked_div(signed_b)? as u128),
        5 => one(signed_a.checked_rem(signed_b)? as u128),
        6 => one(a << (b & 127)),
        7 => one(a >> (b & 127)),
        8 => one((signed_a >> (b & 127)) as u128),
        9 => one(small_a.checked_mul(small_b)?.into()),
        10 => one(a.checked_mul(b)?),
        11 => one(a.checked_add(b)?),
        12 => Some(pair(a, b)),
        13 => one(many(small_a, small_b, small_a >> 7, small_b >> 9, small_a ^ small_b, small_a | 1, small_b & 255, a)),
        14 => one(wide_product(small_a, small_b)),
        _ => one(u128::from(small_a.checked_div(small_b)?) << 64 | u128::from(small_a.checked_rem(small_b)?)),
    }
}

/// Returns an aggregate.
#[inline(never)]
fn pair(a: u128, b: u128) -> (u128, u128) {
    (a.wrapping_add(b), a ^ b)
}

/// Takes more arguments than there are registers.
#[inline(never)]
#[allow(clippy::too_many_arguments)]
fn many(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u128) -> u128 {
    let sum = u128::from(a) + u128::from(b) * 3 + u128::from(c) * 5 + u128::from(d) * 7;
    sum.wrapping_add(u128::from(e) * 11 + u128::from(f) * 13 + u128::from(g) * 17).wrapping_add(h)
}

/// Returns 128 bits.
#[inline(never)]
fn wide_product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}
