//! Calls to other programs.

use solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, instruction::Instruction, program::invoke_signed,
};

/// Calls another program with the signature of a PDA. Checks that no account it writes to is borrowed here.
///
/// # Errors
/// Whatever the other program returns.
pub fn call(instruction: &Instruction, accounts: &[AccountInfo], seeds: &[&[u8]]) -> ProgramResult {
    invoke_signed(instruction, accounts, &[seeds])
}

/// [`call`] for the hot path: without the borrow check, which compares every account with every argument,
/// and without the two copies of the instruction that `invoke_signed_unchecked` makes. The caller holds no borrow of any
/// account's data or lamports; `accounts` may hold more accounts than the call needs.
///
/// # Errors
/// Natively, whatever the other program returns; on chain a failing call ends the transaction.
#[cfg(target_os = "solana")]
pub fn call_signed(instruction: Instruction, accounts: &[AccountInfo], seeds: &[&[u8]]) -> ProgramResult {
    use solana_program::{program_error::ProgramError, stable_layout::stable_instruction::StableInstruction};
    let instruction = StableInstruction::from(instruction);
    let signers = [seeds];
    // SAFETY: the syscall reads these four for the time of the call, in the layout that `solana_cpi` passes them in.
    let result = unsafe {
        solana_define_syscall::definitions::sol_invoke_signed_rust(
            (&raw const instruction).cast(),
            accounts.as_ptr().cast(),
            accounts.len() as u64,
            signers.as_ptr().cast(),
            signers.len() as u64,
        )
    };
    if result == 0 { Ok(()) } else { Err(ProgramError::from(result)) }
}

/// Natively program-test makes the call.
///
/// # Errors
/// Whatever the other program returns.
#[cfg(not(target_os = "solana"))]
pub fn call_signed(instruction: Instruction, accounts: &[AccountInfo], seeds: &[&[u8]]) -> ProgramResult {
    solana_program::program::invoke_signed_unchecked(&instruction, accounts, &[seeds])
}
