//! Dispatch: one file for each instruction.

mod initialize;
mod update_market_data;

use {
    campus_energy_sdk::{
        error::AccountError,
        onchain::failed,
        trading::instruction::{TradingInstruction, UPDATE_MARKET_DATA},
        wire::decode_instruction,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

/// Processes an instruction.
///
/// # Errors
/// Those of the instruction, see `campus_energy_sdk::trading::error`.
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    if let Some((&UPDATE_MARKET_DATA, body)) = data.split_first() {
        return update_market_data::process(program_id, accounts, body);
    }
    match decode_instruction(data).map_err(failed)? {
        TradingInstruction::Initialize { tariffs } => initialize::process(program_id, accounts, tariffs),
        // Handled above, before decoding.
        TradingInstruction::UpdateMarketData { .. } => Err(failed(AccountError::MalformedInstruction)),
    }
}
