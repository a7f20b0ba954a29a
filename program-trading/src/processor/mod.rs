//! The dispatch of instructions; each has a file of its own.

mod book;
mod cancel_order;
mod claim_seat;
mod clear;
mod deposit;
mod grow;
mod initialize;
mod place_order;
mod set_paused;
mod update_market_data;
mod vault;
mod withdraw;

use {
    campus_energy_sdk::{
        error::AccountError,
        onchain::failed,
        trading::instruction::{TradingInstruction as Instruction, UPDATE_MARKET_DATA},
        wire::decode_instruction,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

/// Processes an instruction.
///
/// # Errors
/// The errors of the instruction, see `campus_energy_sdk::trading::error`.
pub fn process_instruction(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    if let Some((&UPDATE_MARKET_DATA, body)) = data.split_first() {
        return update_market_data::process(program_id, accounts, body);
    }
    match decode_instruction(data).map_err(failed)? {
        Instruction::Initialize { tariffs, capacity, terms } => {
            initialize::process(program_id, accounts, tariffs, capacity, terms)
        }
        // Handled above, before decoding.
        Instruction::UpdateMarketData { .. } => Err(failed(AccountError::MalformedInstruction)),
        Instruction::Grow => grow::process(program_id, accounts),
        Instruction::ClaimSeat => claim_seat::process(program_id, accounts),
        Instruction::Deposit { seat, amount } => deposit::process(program_id, accounts, seat, amount),
        Instruction::PlaceOrder { direction, seat, price, energy, expires } => {
            let wanted = place_order::Wanted { direction, seat, price, energy, expires };
            place_order::process(program_id, accounts, &wanted)
        }
        Instruction::CancelOrder { direction, seat, price, order } => {
            cancel_order::process(program_id, accounts, direction, seat, price, order)
        }
        Instruction::Clear { orders } => clear::process(program_id, accounts, orders),
        Instruction::Withdraw { seat, amount } => withdraw::process(program_id, accounts, seat, amount),
        Instruction::SetPaused { paused } => set_paused::process(program_id, accounts, paused),
    }
}
