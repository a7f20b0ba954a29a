//! Meter signatures: the runtime's ed25519 precompile has verified them, in the instruction right before this one; here
//! it is checked that what it verified are these very readings.
//!
//! The instructions sysvar tells of the transaction's own instructions only. A program that is called by another one finds
//! the caller there in its place. So the oracle must run at the top level, and the current instruction must be its own.

use {
    campus_energy_sdk::{
        ED25519_PROGRAM, INSTRUCTIONS_SYSVAR,
        account::Plain,
        error::AccountError,
        onchain::failed,
        oracle::{
            error::OracleError,
            readings::{OFFSETS_SIZE, signature_offsets},
        },
        reading::{DeploymentId, READING_TAG},
        require,
    },
    solana_program::{
        account_info::AccountInfo,
        entrypoint::ProgramResult,
        instruction::{TRANSACTION_LEVEL_STACK_HEIGHT, get_stack_height},
        pubkey::Pubkey,
    },
};

/// Checks that the instruction being executed, `own_data` of `program_id`, is the transaction's current one, and that the one
/// before verifies `count` signatures whose keys, signatures and messages all lie in its records: every offset, every size
/// and all three instruction indices.
pub(super) fn verify(program_id: &Pubkey, own_data: &[u8], sysvar: &AccountInfo, count: usize) -> ProgramResult {
    require!(sysvar.key == &INSTRUCTIONS_SYSVAR, AccountError::WrongAddress);
    require!(get_stack_height() == TRANSACTION_LEVEL_STACK_HEIGHT, OracleError::SignatureInstruction);
    let data = sysvar.try_borrow_data()?;
    let not_verified = || failed(OracleError::SignatureInstruction);
    let position = current_position(&data).ok_or_else(not_verified)?;
    let current = instruction(&data, position).ok_or_else(not_verified)?;
    require!(current.program == program_id.as_ref() && current.data == own_data, OracleError::SignatureInstruction,);
    let previous = position.checked_sub(1).ok_or_else(not_verified)?;
    let verification = instruction(&data, previous).ok_or_else(not_verified)?;
    require!(verification.program == ED25519_PROGRAM.as_ref(), OracleError::SignatureInstruction);

    let (head, offsets) = verification.data.split_first_chunk::<2>().ok_or_else(not_verified)?;
    require!(
        usize::from(head[0]) == count && head[1] == 0 && offsets.len() == count.saturating_mul(OFFSETS_SIZE),
        OracleError::SignatureInstruction,
    );
    for (index, offsets) in offsets.chunks_exact(OFFSETS_SIZE).enumerate() {
        require!(offsets == signature_offsets(index, position), OracleError::SignatureInstruction);
    }
    Ok(())
}

/// Returns whether a message begins with the tag and the department's deployment id.
#[inline(always)]
pub(super) fn head_matches(message: &[u8], deployment: &DeploymentId) -> bool {
    message[..8] == READING_TAG && message[8..16] == *deployment
}

/// An instruction of the transaction.
struct Listed<'a> {
    program: &'a [u8],
    data: &'a [u8],
}

fn word(sysvar: &[u8], at: usize) -> Option<u16> {
    Some(u16::read(sysvar.get(at..at.checked_add(2)?)?))
}

/// Returns the position of the current instruction: the last two bytes of the instructions sysvar.
fn current_position(sysvar: &[u8]) -> Option<u16> {
    word(sysvar, sysvar.len().checked_sub(2)?)
}

/// Reads an instruction from the instructions sysvar: a count (u16) and each instruction's offset (u16); there its accounts
/// (count u16, then 33 bytes each), program (32), data (length u16, then the bytes). `None` where there is none.
fn instruction(sysvar: &[u8], position: u16) -> Option<Listed<'_>> {
    // All are sums of words of 16 bits, which fit.
    let at = usize::from(position).saturating_mul(2).saturating_add(2);
    let accounts = usize::from(word(sysvar, at)?);
    let program = usize::from(word(sysvar, accounts)?).saturating_mul(33).saturating_add(accounts.saturating_add(2));
    let length_at = program.saturating_add(32);
    let data = length_at.saturating_add(2);
    let end = data.saturating_add(word(sysvar, length_at)?.into());
    Some(Listed { program: sysvar.get(program..length_at)?, data: sysvar.get(data..end)? })
}
