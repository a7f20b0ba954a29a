//! Withdraw: moves tokens from a seat to a token account. It is always possible, also while the market is paused or cleared: the free
//! balance backs nothing.

use {
    super::{
        book::{edit, next_event, refused},
        vault::{asset_of, balance, check_token_account, transfer},
    },
    campus_energy_sdk::{
        SPL_TOKEN,
        account::AccountData,
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, emit, program},
        require,
        trading::{
            address::MARKET_SEED,
            error::TradingError,
            event::FundsWithdrawn,
            state::{Book, Market},
        },
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], seat: u16, amount: u64) -> ProgramResult {
    let [wallet, market, book, token_account, vault, spl_token] = arity(accounts)?;
    let wallet = Signer::load(wallet)?;
    let market = OwnedAccount::<Market>::load(market, program_id)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    program(spl_token, &SPL_TOKEN)?;
    require!(amount > 0, TradingError::ZeroAmount);

    let (sequence, asset) = edit(&book, |head, book| {
        require!(Book::FIELDS.market.is(head, market.key()), AccountError::WrongDepartment);
        let asset = asset_of(head, vault)?;
        check_token_account(token_account, vault, None)?;
        let mut account = book.seat_of(seat, wallet.key().as_array()).map_err(refused)?;
        balance(&mut account, asset).withdraw(amount).map_err(refused)?;
        book.store(seat, &account);
        Ok((next_event(head), asset))
    })?;
    let department = market.get(&Market::FIELDS.department);
    let bump = [Market::bump(&market.data())];
    transfer(vault, token_account, market.info, amount, accounts, &[MARKET_SEED, department.as_ref(), &bump])?;
    emit(&FundsWithdrawn { sequence, seat, asset, amount })
}
