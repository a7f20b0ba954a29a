//! Initialize: creates a department's token configuration and mint.

use {
    campus_energy_sdk::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        account::AccountData,
        error::AccountError,
        onchain::{
            Pda, Signer, arity, call, create_pda, department_of, emit, failed, program, sysvars, upgrade_authority,
        },
        require,
        time::newest_end,
        token::{
            address::{MINT_SEED, TOKEN_SEED},
            event::TokenInitialized,
            state::{MintMode, TokenConfig},
        },
        units::{ENERGY_DECIMALS, TokenAmount},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, program_pack::Pack, pubkey::Pubkey},
    spl_token_interface::{instruction::initialize_mint2, state::Mint},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], mint_mode: MintMode) -> ProgramResult {
    let [payer, program_data, department, config, mint, spl_token, system_program] = arity(accounts)?;
    let payer = Signer::payer(payer)?;
    upgrade_authority(program_id, program_data, &payer)?;
    program(spl_token, &SPL_TOKEN)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    let minter = department_of(department)?;
    require!(minter.energy_mint == *mint.key, AccountError::WrongAddress);

    let founded = newest_end(sysvars::now()?);
    create_pda(config, &payer, program_id, [TOKEN_SEED, department.key.as_ref()], |bump| TokenConfig {
        header: TokenConfig::header(bump),
        department: *department.key,
        minter: minter.oracle,
        mint: *mint.key,
        mint_mode,
        paused: false,
        founded,
        minted: TokenAmount::ZERO,
        retired: TokenAmount::ZERO,
        next_event: 0,
    })?;
    Pda::check(mint, [MINT_SEED, config.key.as_ref()], program_id)?.create(mint, &payer, Mint::LEN, &SPL_TOKEN)?;
    let initialize = initialize_mint2(&SPL_TOKEN, mint.key, config.key, None, ENERGY_DECIMALS).map_err(failed)?;
    call(&initialize, std::slice::from_ref(mint), &[])?;
    emit(&TokenInitialized { department: *department.key, mint: *mint.key })
}
