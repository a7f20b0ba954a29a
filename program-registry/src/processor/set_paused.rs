//! SetPaused: pauses or resumes the acceptance of readings.

use {
    super::Administered,
    campus_energy_sdk::{
        onchain::{arity, emit},
        registry::event::DepartmentPaused,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], paused: bool) -> ProgramResult {
    let [authority, department] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    administered.department.paused = paused;
    let sequence = administered.next_event();
    administered.save()?;
    emit(&DepartmentPaused { sequence, paused })
}
