//! Deposit: moves tokens from a token account to a seat.

use {
    super::{
        book::{edit, next_event, refused},
        vault::{asset_of, balance, check_token_account, transfer},
    },
    campus_energy_sdk::{
        SPL_TOKEN,
        onchain::{OwnedAccount, Signer, arity, emit, program},
        require,
        trading::{error::TradingError, event::FundsDeposited, state::Book},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], seat: u16, amount: u64) -> ProgramResult {
    let [wallet, book, token_account, vault, spl_token] = arity(accounts)?;
    let wallet = Signer::load(wallet)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    program(spl_token, &SPL_TOKEN)?;
    require!(amount > 0, TradingError::ZeroAmount);

    let (sequence, asset) = edit(&book, |head, book| {
        require!(!Book::FIELDS.paused.is_set(head), TradingError::Paused);
        let asset = asset_of(head, vault)?;
        check_token_account(token_account, vault, Some(wallet.key()))?;
        let mut account = book.seat_of(seat, wallet.key().as_array()).map_err(refused)?;
        balance(&mut account, asset).deposit(amount).map_err(refused)?;
        book.store(seat, &account);
        Ok((next_event(head), asset))
    })?;
    transfer(token_account, vault, wallet.info, amount, accounts, &[])?;
    emit(&FundsDeposited { sequence, seat, asset, amount })
}
