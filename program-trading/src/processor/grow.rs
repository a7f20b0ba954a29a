//! Grow: extends the account of the book towards its full size. Anybody may pay for it.

use {
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        onchain::{OwnedAccount, Signer, arity, call, program, sysvars::rent_exemption},
        require,
        trading::{error::TradingError, state::Book},
    },
    solana_program::{
        account_info::{AccountInfo, MAX_PERMITTED_DATA_INCREASE},
        entrypoint::ProgramResult,
        pubkey::Pubkey,
    },
    solana_system_interface::instruction::transfer,
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo]) -> ProgramResult {
    let [payer, book, system_program] = arity(accounts)?;
    let payer = Signer::payer(payer)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    let account = OwnedAccount::<Book>::load_mut(book, program_id)?;
    let full = account.get(&Book::FIELDS.capacity).length();
    let present = book.data_len();
    require!(present < full, TradingError::FullyGrown);

    let next = full.min(present.saturating_add(MAX_PERMITTED_DATA_INCREASE));
    let missing = rent_exemption(next)?.saturating_sub(book.lamports());
    if missing > 0 {
        call(&transfer(payer.key(), book.key, missing), &[payer.info.clone(), book.clone()], &[])?;
    }
    book.resize(next)
}
