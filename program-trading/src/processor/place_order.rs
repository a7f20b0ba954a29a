//! PlaceOrder: places a limit order, which the seat's free balance backs. The hot path.

use {
    super::book::{edit, is_due, next_auction, next_event, not_clearing, open_auction, refused},
    campus_energy_sdk::{
        matching::{self, Direction, Proposal},
        onchain::{OwnedAccount, Signer, arity, emit, failed},
        require,
        time::Interval,
        trading::{
            error::TradingError,
            event::{OrderEvicted, OrderPlaced},
            state::{Book, Terms, interval_number},
        },
        units::{Energy, Price},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

/// The data of the instruction.
pub(super) struct Wanted {
    pub(super) direction: Direction,
    pub(super) seat: u16,
    pub(super) price: Price,
    pub(super) energy: Energy,
    pub(super) expires: i64,
}

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], wanted: &Wanted) -> ProgramResult {
    let [wallet, book] = arity(accounts)?;
    let wallet = Signer::load(wallet)?;
    let book = OwnedAccount::<Book>::load_mut(book, program_id)?;
    let &Wanted { direction, seat, price, energy, expires } = wanted;
    let last = Interval::ending_at(expires).ok_or_else(|| failed(TradingError::MisalignedTimestamp))?;
    let open = open_auction()?;

    let fields = Book::FIELDS;
    let (sequence, placed) = edit(&book, |head, book| {
        require!(!fields.paused.is_set(head), TradingError::Paused);
        not_clearing(head)?;
        require!(!is_due(head, open), TradingError::ClearingDue);
        let auction = next_auction(head);
        let number = fields.next_order.get(head);
        let next = number.checked_add(1).ok_or_else(|| failed(TradingError::OrdersExhausted))?;
        let Terms { minimum_lot, orders_per_seat, .. } = fields.terms.get(head);
        let rules = matching::OrderRules { minimum_lot, orders_per_seat, auction, sequence: number };
        let proposal = Proposal { direction, seat, price: price.0, energy: energy.0, expires: interval_number(last) };
        let placed = book.place(wallet.key().as_array(), &proposal, &rules).map_err(refused)?;
        fields.next_order.set(head, next);
        let sequence = next_event(head);
        if placed.evicted.is_some() {
            next_event(head);
        }
        Ok((sequence, placed))
    })?;
    let order = placed.order.sequence();
    emit(&OrderPlaced { sequence, order, seat, direction, price, energy, expires })?;
    if let Some(evicted) = &placed.evicted {
        let (sequence, order) = (sequence.wrapping_add(1), evicted.sequence());
        emit(&OrderEvicted { sequence, order, seat: evicted.seat, direction })?;
    }
    Ok(())
}
