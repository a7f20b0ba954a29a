//! SetMeterLimit: sets the most energy that a meter can generate in one interval.

use {
    super::Administered,
    campus_energy_sdk::{
        onchain::{arity, emit},
        registry::event::MeterLimitSet,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], generation_limit: u32) -> ProgramResult {
    let [authority, department, meter] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    let (account, mut meter) = administered.meter(program_id, meter)?;

    meter.generation_limit = generation_limit;
    account.write(&meter)?;
    let sequence = administered.next_event();
    administered.save()?;
    emit(&MeterLimitSet { sequence, id: meter.id, generation_limit })
}
