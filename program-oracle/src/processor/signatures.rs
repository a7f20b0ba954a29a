//! Meter signatures: the runtime's ed25519 precompile has verified them, in the instruction right before this one; here
//! it is checked that what it verified are these very readings.

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
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult},
};

/// Checks that the previous instruction verifies `count` signatures whose keys, signatures and messages all lie in the
/// records of the current instruction: every offset, every size and all three instruction indices.
pub(super) fn verify(sysvar: &AccountInfo, count: usize) -> ProgramResult {
    require!(sysvar.key == &INSTRUCTIONS_SYSVAR, AccountError::WrongAddress);
    let data = sysvar.try_borrow_data()?;
    let not_verified = || failed(OracleError::SignatureInstruction);
    let verification = previous_instruction(&data).ok_or_else(not_verified)?;
    require!(verification.program == ED25519_PROGRAM.as_ref(), OracleError::SignatureInstruction);

    let (head, offsets) = verification.data.split_first_chunk::<2>().ok_or_else(not_verified)?;
    require!(
        usize::from(head[0]) == count && head[1] == 0 && offsets.len() == count * OFFSETS_SIZE,
        OracleError::SignatureInstruction,
    );
    for (index, offsets) in offsets.chunks_exact(OFFSETS_SIZE).enumerate() {
        require!(offsets == signature_offsets(index, verification.position + 1), OracleError::SignatureInstruction);
    }
    Ok(())
}

/// Whether a message begins with the tag and the department's deployment id.
#[inline(always)]
pub(super) fn head_matches(message: &[u8], deployment: &DeploymentId) -> bool {
    message[..8] == READING_TAG && message[8..16] == *deployment
}

struct Previous<'a> {
    position: u16,
    program: &'a [u8],
    data: &'a [u8],
}

/// Reads the previous instruction from the instructions sysvar: a count (u16) and each instruction's offset (u16);
/// there its accounts (count u16, then 33 bytes each), program (32), data (length u16, then the bytes); at the very end
/// the current instruction's position (u16). `None` where there is none.
fn previous_instruction(sysvar: &[u8]) -> Option<Previous<'_>> {
    let word = |at: usize| Some(usize::from(u16::read(sysvar.get(at..at + 2)?)));
    let position = word(sysvar.len().checked_sub(2)?)?.checked_sub(1)?;
    let accounts = word(2 + 2 * position)?;
    let program = accounts + 2 + word(accounts)? * 33;
    let data = program + 32 + 2;
    Some(Previous {
        position: u16::try_from(position).ok()?,
        program: sysvar.get(program..program + 32)?,
        data: sysvar.get(data..data + word(program + 32)?)?,
    })
}
