//! SetMeterStatus: sets whether readings of a meter are accepted.

use {
    super::Administered,
    campus_energy_sdk::{
        onchain::{arity, emit},
        registry::{error::RegistryError, event::MeterStatusSet, state::MeterStatus},
        require,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], status: MeterStatus) -> ProgramResult {
    let [authority, department, meter] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    let (account, mut meter) = administered.meter(program_id, meter)?;
    require!(meter.status != MeterStatus::Retired, RegistryError::MeterRetired);

    meter.status = status;
    account.write(&meter)?;
    let sequence = administered.next_event();
    administered.save()?;
    emit(&MeterStatusSet { sequence, id: meter.id, status })
}
