//! The dispatch of instructions; each has a file of its own.

mod accept_authority;
mod batch;
mod configure;
mod initialize;
mod propose_authority;
mod signatures;
mod submit_readings;

use {
    campus_energy_sdk::{
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, department_authority, failed},
        oracle::{
            instruction::{OracleInstruction, SUBMIT_READINGS},
            state::Oracle,
        },
        wire::decode_instruction,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
};

/// Processes an instruction.
///
/// # Errors
/// The errors of the instruction, see `campus_energy_sdk::oracle::error`.
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    if data.first() == Some(&SUBMIT_READINGS) {
        return submit_readings::process(program_id, accounts, data);
    }
    match decode_instruction(data).map_err(failed)? {
        OracleInstruction::Initialize { authority, limits, require_signatures } => {
            initialize::process(program_id, accounts, authority, limits, require_signatures)
        }
        OracleInstruction::Configure { limits, require_signatures } => {
            configure::process(program_id, accounts, limits, require_signatures)
        }
        OracleInstruction::ProposeAuthority { authority } => {
            propose_authority::process(program_id, accounts, authority)
        }
        OracleInstruction::AcceptAuthority => accept_authority::process(program_id, accounts),
        // Handled above, before decoding.
        OracleInstruction::SubmitReadings { .. } => Err(failed(AccountError::MalformedInstruction)),
    }
}

/// An oracle that its department's authority administers.
fn administered<'a, 'info>(
    program_id: &Pubkey,
    accounts: &'a [AccountInfo<'info>],
) -> Result<(OwnedAccount<'a, 'info, Oracle>, Oracle), ProgramError> {
    let [authority, department, oracle] = arity(accounts)?;
    let authority = Signer::load(authority)?;
    let account = OwnedAccount::<Oracle>::load_mut(oracle, program_id)?;
    let oracle = account.read()?;
    department_authority(department, &oracle.department, &authority)?;
    Ok((account, oracle))
}

/// Takes the sequence number of the event that will be emitted.
fn take_event(oracle: &mut Oracle) -> u64 {
    let sequence = oracle.next_event;
    oracle.next_event = sequence.wrapping_add(1);
    sequence
}
