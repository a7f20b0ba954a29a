//! RotateMeterKey: replaces the signing key of a meter.

use {
    super::Administered,
    campus_energy_sdk::{
        error::AccountError,
        onchain::{arity, emit, failed},
        registry::event::MeterKeyRotated,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], signing_key: Pubkey) -> ProgramResult {
    let [authority, department, meter] = arity(accounts)?;
    let mut administered = Administered::load(program_id, authority, department)?;
    let (account, mut meter) = administered.meter(program_id, meter)?;

    meter.signing_key = signing_key;
    meter.key_epoch = meter.key_epoch.checked_add(1).ok_or_else(|| failed(AccountError::Overflow))?;
    account.write(&meter)?;
    let sequence = administered.next_event();
    administered.save()?;
    emit(&MeterKeyRotated { sequence, id: meter.id, signing_key, key_epoch: meter.key_epoch })
}
