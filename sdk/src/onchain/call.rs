//! Calls of other programs.

#[cfg(target_os = "solana")]
use solana_program::program_error::ProgramError;
use solana_program::{
    account_info::AccountInfo,
    entrypoint::ProgramResult,
    instruction::{AccountMeta, Instruction},
    program::invoke_signed,
    pubkey::Pubkey,
};

/// Calls another program, with the signature of a PDA where there are seeds, after a check that no account which it writes is borrowed.
///
/// # Errors
/// The error that the other program returns.
pub fn call(instruction: &Instruction, accounts: &[AccountInfo], seeds: &[&[u8]]) -> ProgramResult {
    // No seeds are seeds too: they would have to name an address off the curve.
    let signers = [seeds];
    invoke_signed(instruction, accounts, if seeds.is_empty() { &[] } else { &signers })
}

/// Calls another program as [`call`] does, for the hot path: without the borrow check, which compares every account with every argument,
/// and without the two copies of the instruction that `invoke_signed_unchecked` makes. The caller holds no borrow of any
/// account's data or lamports; `accounts` may hold more accounts than the call needs.
///
/// # Errors
/// Natively, the error that the other program returns; on chain a failing call ends the transaction.
#[inline(always)]
pub fn call_signed(instruction: &Instruction, accounts: &[AccountInfo], seeds: &[&[u8]]) -> ProgramResult {
    let Instruction { program_id, accounts: metas, data } = instruction;
    call_parts(program_id, metas, data, accounts, seeds)
}

/// Calls another program as [`call_signed`] does, with an instruction in parts, which need no heap.
///
/// # Errors
/// Those of [`call_signed`].
#[cfg(target_os = "solana")]
#[inline(always)]
pub fn call_parts(
    program: &Pubkey,
    metas: &[AccountMeta],
    data: &[u8],
    accounts: &[AccountInfo],
    seeds: &[&[u8]],
) -> ProgramResult {
    /// The layout of `solana_stable_layout::StableInstruction`, which owns its parts and so wants them on the heap.
    #[repr(C)]
    struct Parts {
        metas: [u64; 3],
        data: [u64; 3],
        program: Pubkey,
    }
    // Address, capacity, length; the runtime reads the first and the last.
    let instruction = Parts {
        metas: [metas.as_ptr() as u64, metas.len() as u64, metas.len() as u64],
        data: [data.as_ptr() as u64, data.len() as u64, data.len() as u64],
        program: *program,
    };
    let signers = [seeds];
    // SAFETY: the syscall reads these four for the time of the call, in the layout that `solana_cpi` passes them in.
    #[allow(unsafe_code)]
    let result = unsafe {
        solana_define_syscall::definitions::sol_invoke_signed_rust(
            (&raw const instruction).cast(),
            accounts.as_ptr().cast(),
            accounts.len() as u64,
            signers.as_ptr().cast(),
            u64::from(!seeds.is_empty()),
        )
    };
    if result == 0 { Ok(()) } else { Err(ProgramError::from(result)) }
}

/// Calls another program natively, by program-test.
///
/// # Errors
/// The error that the other program returns.
#[cfg(not(target_os = "solana"))]
pub fn call_parts(
    program: &Pubkey,
    metas: &[AccountMeta],
    data: &[u8],
    accounts: &[AccountInfo],
    seeds: &[&[u8]],
) -> ProgramResult {
    let signers = [seeds];
    let signers: &[_] = if seeds.is_empty() { &[] } else { &signers };
    let instruction = Instruction { program_id: *program, accounts: metas.to_vec(), data: data.to_vec() };
    solana_program::program::invoke_signed_unchecked(&instruction, accounts, signers)
}
