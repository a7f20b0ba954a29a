//! SubmitReadings: accepts the readings of one interval, all or none. Checks them, counts them, and calls registry, token and trading.

use {
    super::{
        batch::{Accepted, Batch, Expected},
        signatures,
    },
    campus_energy_sdk::{
        SPL_TOKEN,
        account::{AccountData, FixedSize, Plain},
        error::AccountError,
        onchain::{OwnedAccount, Signer, call_parts, call_signed, failed, program, sysvars},
        oracle::{
            address::ORACLE_SEED,
            error::OracleError,
            instruction::SUBMIT_READINGS_FIXED_ACCOUNTS,
            state::{IntervalRing, IntervalTotals, Limits, Oracle},
        },
        registry::{
            instruction::{RecordingAccounts, record_readings},
            state::Department,
        },
        require,
        time::{Interval, unix_day},
        token::instruction::{MintingAccounts, mint_for_surplus},
        trading::instruction::{MarketUpdate, update_market_data_parts},
        units::Energy,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, log::sol_log_data, program_error::ProgramError,
        pubkey::Pubkey,
    },
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (fixed, rest) =
        accounts.split_first_chunk::<SUBMIT_READINGS_FIXED_ACCOUNTS>().ok_or(ProgramError::NotEnoughAccountKeys)?;
    let [authority, oracle, ring, department, registry, token, token_config, mint, spl_token, trading, market] = fixed;
    let authority = Signer::load(authority)?;
    let oracle = OwnedAccount::<Oracle>::load_mut(oracle, program_id)?;
    let ring = OwnedAccount::<IntervalRing>::load_mut(ring, program_id)?;
    program(spl_token, &SPL_TOKEN)?;
    let batch = Batch::parse(data)?;
    let count_is_wrong = || failed(OracleError::AccountCount);
    let (meters, mut token_accounts) = rest.split_at_checked(batch.count).ok_or_else(count_is_wrong)?;
    if batch.signed {
        let (sysvar, others) = token_accounts.split_last().ok_or_else(count_is_wrong)?;
        signatures::verify(program_id, data, sysvar, batch.count)?;
        token_accounts = others;
    }

    let fields = Oracle::FIELDS;
    let (accepted, bump) = {
        let mut state = oracle.data_mut();
        let state = &mut state[..];
        require!(fields.authority.is(state, authority.key()), OracleError::NotSubmitter);
        let siblings = fields.department.is(state, department.key)
            && fields.registry_program.is(state, registry.key)
            && fields.token_program.is(state, token.key)
            && fields.trading_program.is(state, trading.key)
            && fields.token_config.is(state, token_config.key)
            && fields.energy_mint.is(state, mint.key)
            && fields.market.is(state, market.key);
        require!(siblings, AccountError::WrongAddress);
        let limits = Limits::read(fields.limits.bytes(state));
        let now = check_time(batch.interval, &limits)?;
        require!(batch.signed || !fields.require_signatures.is_set(state), OracleError::SignatureRequired);

        let deployment = {
            let department = department.data.borrow();
            // Its head: whether it is a department of this length is the registry's to check.
            Department::check(department.get(..Department::LEN).unwrap_or(&department))?;
            Department::FIELDS.deployment.get(&department)
        };
        let expected = Expected { registry_program: registry.key, department: department.key, deployment, limits };
        let sequence = fields.next_event.get(state);
        let accepted = batch.accept(meters, token_accounts, &expected, sequence)?;
        count(&ring, oracle.key(), batch.interval, &accepted, &limits)?;
        add(state, &accepted, batch.count)?;
        if accepted.total_surplus > 0 {
            add_to_day(state, now, accepted.total_surplus, limits.daily_surplus)?;
        }
        fields.next_event.set(state, sequence.wrapping_add(1));
        (accepted, Oracle::bump(state))
    };

    let timestamp = batch.interval.end();
    let bump = [bump];
    let seeds = [ORACLE_SEED, department.key.as_ref(), &bump];
    let keys = meters.iter().map(|meter| meter.key);
    let recording = RecordingAccounts { program: registry.key, oracle: oracle.key(), department: department.key };
    let record = record_readings(recording, keys, timestamp, &accepted.counted);
    call_signed(&record, accounts, &seeds)?;
    if !accepted.surplus.is_empty() {
        let recipients = token_accounts.iter().map(|account| account.key);
        let minting = MintingAccounts {
            program: token.key,
            oracle: oracle.key(),
            token_config: token_config.key,
            mint: mint.key,
        };
        let mint = mint_for_surplus(minting, recipients, &accepted.surplus);
        call_signed(&mint, accounts, &seeds)?;
    }
    // Deficit: what is consumed beyond own generation. generated - surplus is what was generated and consumed at once.
    let used_at_once = accepted.generated.saturating_sub(accepted.total_surplus);
    let demand = accepted.consumed.saturating_sub(used_at_once);
    let update = MarketUpdate { timestamp, supply: Energy(accepted.total_surplus), demand: Energy(demand) };
    let (metas, data) = update_market_data_parts(oracle.key(), market.key, update);
    call_parts(trading.key, &metas, &data, accounts, &seeds)?;
    sol_log_data(&[&accepted.event]);
    Ok(())
}

/// Checks that the interval has ended, and not too long ago, and returns the ledger's time.
fn check_time(interval: Interval, limits: &Limits) -> Result<i64, ProgramError> {
    let now = sysvars::now()?;
    require!(interval.end() <= now.saturating_add(limits.max_skew.into()), OracleError::FutureReading);
    require!(now.saturating_sub(interval.end()) <= limits.max_age.into(), OracleError::StaleReading);
    Ok(now)
}

/// Adds a batch to its interval in the ring, and checks the interval against the array's limit.
fn count(
    ring: &OwnedAccount<IntervalRing>,
    oracle: &Pubkey,
    interval: Interval,
    accepted: &Accepted,
    limits: &Limits,
) -> ProgramResult {
    let mut data = ring.data_mut();
    require!(IntervalRing::FIELDS.oracle.is(&data, oracle), AccountError::WrongAddress);
    let slot = &mut data[IntervalTotals::offset(interval)..][..IntervalTotals::SIZE];
    let mut totals = IntervalTotals::read(slot);
    if totals.timestamp != interval.end() {
        totals = IntervalTotals { timestamp: interval.end(), ..IntervalTotals::default() };
    }
    let sum = |total: Energy, more: u64| total.checked_add(Energy(more)).ok_or_else(|| failed(AccountError::Overflow));
    totals.generated = sum(totals.generated, accepted.generated)?;
    totals.consumed = sum(totals.consumed, accepted.consumed)?;
    totals.surplus = sum(totals.surplus, accepted.total_surplus)?;
    totals.readings = totals.readings.saturating_add(accepted.counted.len() as u64);
    // What generates nothing cannot be implausible, even where the limit has been lowered below what is there.
    require!(
        accepted.generated == 0 || totals.generated.0 <= limits.array_generation.into(),
        OracleError::ImplausibleArray,
    );
    totals.write(slot);
    Ok(())
}

/// Adds a batch's surplus to that of the day on which it is accepted, and checks the day's limit.
fn add_to_day(state: &mut [u8], now: i64, surplus: u64, limit: u64) -> ProgramResult {
    let fields = Oracle::FIELDS;
    let today = u32::try_from(unix_day(now)).map_err(|_| failed(AccountError::Overflow))?;
    let mut sum = Energy(surplus);
    if fields.day.get(state) == today {
        sum = fields.day_surplus.get(state).checked_add(sum).ok_or_else(|| failed(AccountError::Overflow))?;
    }
    require!(sum.0 <= limit, OracleError::DailySurplus);
    fields.day.set(state, today);
    fields.day_surplus.set(state, sum);
    Ok(())
}

/// Adds a batch to the oracle's totals.
fn add(state: &mut [u8], accepted: &Accepted, readings: usize) -> ProgramResult {
    let fields = Oracle::FIELDS;
    for (field, more) in [
        (&fields.generated, accepted.generated),
        (&fields.consumed, accepted.consumed),
        (&fields.surplus, accepted.total_surplus),
    ] {
        let sum = field.get(state).checked_add(Energy(more)).ok_or_else(|| failed(AccountError::Overflow))?;
        field.set(state, sum);
    }
    let sum = fields.readings.get(state).checked_add(readings as u64).ok_or_else(|| failed(AccountError::Overflow))?;
    fields.readings.set(state, sum);
    Ok(())
}
