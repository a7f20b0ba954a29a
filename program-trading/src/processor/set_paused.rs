//! SetPaused: pauses or resumes orders, deposits and clearings.

use {
    super::book::{edit, next_event, not_clearing},
    campus_energy_sdk::{
        onchain::{OwnedAccount, Signer, arity, department_authority, emit},
        trading::{event::MarketPaused, state::Book},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], paused: bool) -> ProgramResult {
    let [authority, department, book] = arity(accounts)?;
    let authority = Signer::load(authority)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    department_authority(department, &book.get(&Book::FIELDS.department), &authority)?;

    let sequence = edit(&book, |head, _| {
        // Nobody can stop a clearing that has begun.
        not_clearing(head)?;
        head[Book::FIELDS.paused.offset()] = paused.into();
        Ok(next_event(head))
    })?;
    emit(&MarketPaused { sequence, paused })
}
