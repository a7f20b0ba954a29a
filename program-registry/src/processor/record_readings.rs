//! RecordReadings: adds the readings of one interval to the registers. The hot path, so it reads and writes fields, not whole accounts.

use {
    campus_energy_sdk::{
        account::Plain,
        error::AccountError,
        onchain::{OwnedAccount, Signer, failed},
        registry::{
            error::RegistryError,
            instruction::{Counted, RECORD_READINGS_HEAD},
            state::{Department, Meter, MeterStatus, accept},
        },
        require,
        time::Interval,
        units::Energy,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], body: &[u8]) -> ProgramResult {
    let [oracle, department, meters @ ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let oracle = Signer::load(oracle)?;
    let department = OwnedAccount::<Department>::load(department, program_id)?;
    {
        let data = department.data();
        require!(Department::FIELDS.oracle.is(&data, oracle.key()), RegistryError::NotOracle);
        require!(!Department::FIELDS.paused.is_set(&data), RegistryError::Paused);
    }

    let (head, records) = body
        .split_first_chunk::<{ RECORD_READINGS_HEAD - 1 }>()
        .ok_or_else(|| failed(AccountError::MalformedInstruction))?;
    let timestamp = i64::read(&head[..8]);
    let count = u32::read(&head[8..]) as usize;
    require!(records.len() == count.saturating_mul(Counted::SIZE), AccountError::MalformedInstruction);
    require!(count > 0 && count == meters.len(), RegistryError::ReadingCount);
    require!(Interval::ending_at(timestamp).is_some(), RegistryError::MisalignedTimestamp);

    for (info, record) in meters.iter().zip(records.chunks_exact(Counted::SIZE)) {
        let meter = OwnedAccount::<Meter>::load_mut(info, program_id)?;
        let mut data = meter.data_mut();
        let counted = Counted { generated: u32::read(&record[..4]), consumed: u32::read(&record[4..]) };
        record_one(&mut data, department.key(), timestamp, counted)?;
    }
    Ok(())
}

#[inline(always)]
fn record_one(data: &mut [u8], department: &Pubkey, timestamp: i64, counted: Counted) -> ProgramResult {
    let fields = Meter::FIELDS;
    require!(fields.department.is(data, department), AccountError::WrongDepartment);
    require!(fields.status.bytes(data)[0] == MeterStatus::Active as u8, RegistryError::MeterInactive);
    let (newest, accepted) = accept(fields.newest.get(data), fields.accepted.get(data), timestamp).map_err(failed)?;

    let generated = Energy(counted.generated.into());
    let consumed = Energy(counted.consumed.into());
    let overflow = || failed(AccountError::Overflow);
    let minted = generated.surplus_over(consumed).tokens().ok_or_else(overflow)?;
    let generated = fields.generated.get(data).checked_add(generated).ok_or_else(overflow)?;
    let consumed = fields.consumed.get(data).checked_add(consumed).ok_or_else(overflow)?;
    let minted = fields.minted.get(data).checked_add(minted).ok_or_else(overflow)?;
    let readings = fields.readings.get(data).checked_add(1).ok_or_else(overflow)?;

    fields.newest.set(data, newest);
    fields.accepted.set(data, accepted);
    fields.generated.set(data, generated);
    fields.consumed.set(data, consumed);
    fields.minted.set(data, minted);
    fields.readings.set(data, readings);
    Ok(())
}
