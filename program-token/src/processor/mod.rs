//! The dispatch of instructions; each has a file of its own.

mod initialize;
mod mint_for_surplus;
mod retire;
mod set_mint_mode;
mod set_paused;

use {
    campus_energy_sdk::{
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, department_authority, emit, failed},
        token::{
            event::TokenConfigured,
            instruction::{MINT_FOR_SURPLUS, TokenInstruction},
            state::TokenConfig,
        },
        wire::decode_instruction,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

/// Processes an instruction.
///
/// # Errors
/// The errors of the instruction, see `campus_energy_sdk::token::error`.
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    if let Some((&MINT_FOR_SURPLUS, body)) = data.split_first() {
        return mint_for_surplus::process(program_id, accounts, body);
    }
    match decode_instruction(data).map_err(failed)? {
        TokenInstruction::Initialize { mint_mode } => initialize::process(program_id, accounts, mint_mode),
        TokenInstruction::Retire { energy, timestamp } => retire::process(program_id, accounts, energy, timestamp),
        TokenInstruction::SetPaused { paused } => set_paused::process(program_id, accounts, paused),
        TokenInstruction::SetMintMode { mint_mode } => set_mint_mode::process(program_id, accounts, mint_mode),
        // Handled above, before decoding.
        TokenInstruction::MintForSurplus { .. } => Err(failed(AccountError::MalformedInstruction)),
    }
}

/// Lets the department's authority change the configuration, and emits the event of the change.
fn configure(program_id: &Pubkey, accounts: &[AccountInfo], change: impl FnOnce(&mut TokenConfig)) -> ProgramResult {
    let [authority, department, config] = arity(accounts)?;
    let authority = Signer::load(authority)?;
    let account = OwnedAccount::<TokenConfig>::load_mut(config, program_id)?;
    let mut config = account.read()?;
    department_authority(department, &config.department, &authority)?;

    change(&mut config);
    let sequence = config.next_event;
    config.next_event = sequence.wrapping_add(1);
    account.write(&config)?;
    emit(&TokenConfigured { sequence, paused: config.paused, mint_mode: config.mint_mode })
}
