//! The dispatch of instructions; each has a file of its own.

mod accept_authority;
mod initialize;
mod propose_authority;
mod record_readings;
mod register_meter;
mod register_participant;
mod rotate_meter_key;
mod set_meter_limit;
mod set_meter_status;
mod set_paused;

use {
    campus_energy_sdk::{
        account::AccountData,
        error::AccountError,
        onchain::{OwnedAccount, Signer, failed},
        registry::{
            instruction::{RECORD_READINGS, RegistryInstruction},
            state::{Department, Meter},
        },
        require,
        wire::decode_instruction,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
};

/// Processes an instruction.
///
/// # Errors
/// The errors of the instruction, see `campus_energy_sdk::registry::error`.
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    if let Some((&RECORD_READINGS, body)) = data.split_first() {
        return record_readings::process(program_id, accounts, body);
    }
    match decode_instruction(data).map_err(failed)? {
        RegistryInstruction::Initialize { prefix, authority, oracle, energy_mint, genesis_hash } => {
            initialize::process(program_id, accounts, prefix, authority, oracle, energy_mint, genesis_hash)
        }
        RegistryInstruction::RegisterParticipant { wallet, role } => {
            register_participant::process(program_id, accounts, wallet, role)
        }
        RegistryInstruction::RegisterMeter { id, zone, signing_key, token_account_bump, generation_limit } => {
            let plan = register_meter::Plan { id, zone, signing_key, token_account_bump, generation_limit };
            register_meter::process(program_id, accounts, &plan)
        }
        RegistryInstruction::SetMeterStatus { status } => set_meter_status::process(program_id, accounts, status),
        RegistryInstruction::SetMeterLimit { generation_limit } => {
            set_meter_limit::process(program_id, accounts, generation_limit)
        }
        RegistryInstruction::RotateMeterKey { signing_key } => {
            rotate_meter_key::process(program_id, accounts, signing_key)
        }
        RegistryInstruction::ProposeAuthority { authority } => {
            propose_authority::process(program_id, accounts, authority)
        }
        RegistryInstruction::AcceptAuthority => accept_authority::process(program_id, accounts),
        RegistryInstruction::SetPaused { paused } => set_paused::process(program_id, accounts, paused),
        // Handled above, before decoding.
        RegistryInstruction::RecordReadings { .. } => Err(failed(AccountError::MalformedInstruction)),
    }
}

/// A department that its authority administers: the first two accounts of most instructions.
struct Administered<'a, 'info> {
    authority: Signer<'a, 'info>,
    account: OwnedAccount<'a, 'info, Department>,
    department: Department,
}

impl<'a, 'info> Administered<'a, 'info> {
    fn load(
        program_id: &Pubkey,
        authority: &'a AccountInfo<'info>,
        department: &'a AccountInfo<'info>,
    ) -> Result<Self, ProgramError> {
        let authority = Signer::load(authority)?;
        let account = OwnedAccount::<Department>::load_mut(department, program_id)?;
        let department = account.read()?;
        require!(department.authority == *authority.key(), AccountError::NotDepartmentAuthority);
        Ok(Self { authority, account, department })
    }

    /// Takes the sequence number of the event that will be emitted.
    fn next_event(&mut self) -> u64 {
        let sequence = self.department.next_event;
        self.department.next_event = sequence.wrapping_add(1);
        sequence
    }

    fn save(&self) -> ProgramResult {
        self.account.write(&self.department)
    }

    /// A meter of the department.
    fn meter(
        &self,
        program_id: &Pubkey,
        info: &'a AccountInfo<'info>,
    ) -> Result<(OwnedAccount<'a, 'info, Meter>, Meter), ProgramError> {
        let account = OwnedAccount::<Meter>::load_mut(info, program_id)?;
        let meter = account.read()?;
        require!(meter.department == *self.account.key(), AccountError::WrongDepartment);
        Ok((account, meter))
    }
}

/// Takes the number for a new participant or meter.
fn take_index(next: &mut u32) -> Result<u32, ProgramError> {
    let index = *next;
    *next = index.checked_add(1).ok_or_else(|| failed(AccountError::Overflow))?;
    Ok(index)
}

const _: () = assert!(Department::LEN < 10_240 && Meter::LEN < 10_240, "a call creates at most 10 KiB");
