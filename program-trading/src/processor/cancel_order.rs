//! CancelOrder: cancels an order while the auction is open, or while the market is paused. On a full side it stays for
//! the open auction: nobody can crowd others out with orders that are gone before they trade.

use {
    super::book::{edit, is_due, next_auction, next_event, not_clearing, open_auction, refused},
    campus_energy_sdk::{
        matching::Direction,
        onchain::{OwnedAccount, Signer, arity, emit, failed},
        require,
        trading::{error::TradingError, event::OrderCancelled, state::Book},
        units::Price,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    direction: Direction,
    seat: u16,
    price: Price,
    order: u32,
) -> ProgramResult {
    let [wallet, book] = arity(accounts)?;
    let wallet = Signer::load(wallet)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    let price = u32::try_from(price.0).map_err(|_| failed(TradingError::PriceOutOfRange))?;
    let open = open_auction()?;

    let (sequence, at_close) = edit(&book, |head, book| {
        not_clearing(head)?;
        // While it is paused nobody can clear: funds must not be caught.
        let paused = Book::FIELDS.paused.is_set(head);
        require!(paused || !is_due(head, open), TradingError::ClearingDue);
        let auction = (!paused).then(|| next_auction(head));
        let key = direction.key(price, order);
        let cancelled = book.cancel(wallet.key().as_array(), seat, direction, key, auction).map_err(refused)?;
        Ok((next_event(head), cancelled.at_close))
    })?;
    emit(&OrderCancelled { sequence, order, seat, direction, at_close })
}
