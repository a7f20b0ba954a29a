//! Retire: burns tokens against the owner's consumption in an interval, and creates a receipt.

use {
    campus_energy_sdk::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        account::AccountData,
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, call, create_pda, emit, failed, find, program, sysvars},
        require,
        time::Interval,
        token::{
            address::RETIREMENT_SEED,
            error::TokenError,
            event::EnergyRetired,
            state::{Retirement, TokenConfig},
        },
        units::Energy,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
    spl_token_interface::instruction::burn,
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], energy: Energy, timestamp: i64) -> ProgramResult {
    let [owner, config, mint, token_account, receipt, spl_token, system_program] = arity(accounts)?;
    let owner = Signer::payer(owner)?;
    let account = OwnedAccount::<TokenConfig>::load_mut(config, program_id)?;
    let mut config = account.read()?;
    require!(config.mint == *mint.key, AccountError::WrongAddress);
    program(spl_token, &SPL_TOKEN)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    require!(!config.paused, TokenError::Paused);
    require!(energy > Energy::ZERO, TokenError::ZeroEnergy);
    let interval = Interval::ending_at(timestamp).ok_or_else(|| failed(TokenError::MisalignedTimestamp))?;
    require!(interval.end() <= sysvars::now()?, TokenError::FutureInterval);
    require!(interval.end() >= config.founded, TokenError::BeforeDepartment);
    let time = timestamp.to_le_bytes();
    let seeds = [RETIREMENT_SEED, account.key().as_ref(), owner.key().as_ref(), &time];
    if receipt.owner == program_id {
        let (address, _) = find(&seeds, program_id);
        require!(*receipt.key == address, AccountError::WrongAddress);
        return Err(failed(TokenError::AlreadyRetired));
    }
    check_token_account(token_account, mint.key, owner.key())?;

    let amount = energy.tokens().ok_or_else(|| failed(AccountError::Overflow))?;
    config.retired = config.retired.checked_add(amount).ok_or_else(|| failed(AccountError::Overflow))?;
    let sequence = config.next_event;
    config.next_event = sequence.wrapping_add(1);
    account.write(&config)?;

    let burn = burn(&SPL_TOKEN, token_account.key, mint.key, owner.key(), &[], amount.0).map_err(failed)?;
    call(&burn, &[token_account.clone(), mint.clone(), owner.info.clone()], &[])?;
    create_pda(receipt, &owner, program_id, seeds, |bump| Retirement {
        header: Retirement::header(bump),
        token_config: *account.key(),
        owner: *owner.key(),
        timestamp,
        energy,
    })?;
    emit(&EnergyRetired { sequence, owner: *owner.key(), timestamp, energy, retired: config.retired })
}

/// Checks that the signer owns the token account. SPL Token lets a delegate burn too; a receipt is for the owner alone.
fn check_token_account(info: &AccountInfo, mint: &Pubkey, owner: &Pubkey) -> ProgramResult {
    let data = info.data.borrow();
    let belongs =
        info.owner == &SPL_TOKEN && data.get(..32) == Some(mint.as_ref()) && data.get(32..64) == Some(owner.as_ref());
    require!(belongs, TokenError::WrongTokenAccount);
    Ok(())
}
