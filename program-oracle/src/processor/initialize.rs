//! Initialize: creates a department's oracle and its ring of intervals.

use {
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        account::AccountData,
        error::AccountError,
        onchain::{OwnedAccount, Pda, Signer, arity, create_pda, department_of, emit, program, upgrade_authority},
        oracle::{
            address::{INTERVAL_RING_SEED, ORACLE_SEED},
            error::OracleError,
            event::OracleInitialized,
            state::{IntervalRing, Limits, Oracle},
        },
        require,
        token::state::TokenConfig,
        trading::state::Market,
        units::Energy,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    authority: Pubkey,
    limits: Limits,
    require_signatures: bool,
) -> ProgramResult {
    let [payer, program_data, department, token_config, market, oracle, ring, system_program] = arity(accounts)?;
    let payer = Signer::payer(payer)?;
    upgrade_authority(program_id, program_data, &payer)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    require!(limits.are_valid(), OracleError::InvalidLimits);
    require!(authority != Pubkey::default(), OracleError::InvalidAuthority);

    // The siblings: the upgrade authority chose them, and they must be each other's.
    let of = department_of(department)?;
    require!(of.oracle == *oracle.key, AccountError::WrongAddress);
    let token = OwnedAccount::<TokenConfig>::load(token_config, token_config.owner)?.read()?;
    require!(token.department == *department.key, AccountError::WrongDepartment);
    let market = OwnedAccount::<Market>::load(market, market.owner)?;
    require!(Market::FIELDS.department.is(&market.data(), department.key), AccountError::WrongDepartment);

    create_pda(oracle, &payer, program_id, [ORACLE_SEED, department.key.as_ref()], |bump| Oracle {
        header: Oracle::header(bump),
        department: *department.key,
        authority,
        pending_authority: Pubkey::default(),
        registry_program: *department.owner,
        token_program: *token_config.owner,
        trading_program: *market.info.owner,
        token_config: *token_config.key,
        energy_mint: token.mint,
        market: *market.key(),
        limits,
        require_signatures,
        readings: 0,
        generated: Energy::ZERO,
        consumed: Energy::ZERO,
        surplus: Energy::ZERO,
        day: 0,
        day_surplus: Energy::ZERO,
        next_event: 0,
    })?;
    create_ring(program_id, ring, &payer, oracle.key)?;
    emit(&OracleInitialized { department: *department.key, authority })
}

/// Creates the ring. It has 4 KB, too much for the stack, so only its head is written into the zeroed account.
fn create_ring<'info>(
    program_id: &Pubkey,
    ring: &AccountInfo<'info>,
    payer: &Signer<'_, 'info>,
    oracle: &Pubkey,
) -> ProgramResult {
    let pda = Pda::check(ring, [INTERVAL_RING_SEED, oracle.as_ref()], program_id)?;
    pda.create(ring, payer, IntervalRing::LEN, program_id)?;
    IntervalRing::start(&mut ring.data.borrow_mut(), pda.bump(), oracle);
    Ok(())
}
