//! Access to the account of the book for the matching core.

use {
    campus_energy_sdk::{
        matching::{OrderBook, Phase, Refusal},
        onchain::{OwnedAccount, failed, sysvars},
        require,
        time::intervals_since_1970,
        trading::{
            error::TradingError,
            state::{Book, split},
        },
    },
    solana_program::program_error::ProgramError,
};

/// Opens the book, lets `edit` change header and order book, and writes the number of orders back.
#[inline(always)]
pub(super) fn edit<R>(
    account: &OwnedAccount<Book>,
    edit: impl FnOnce(&mut [u8], &mut OrderBook) -> Result<R, ProgramError>,
) -> Result<R, ProgramError> {
    let mut data = account.data_mut();
    let (head, mut book) = split(&mut data).map_err(|_| failed(TradingError::NotGrown))?;
    let result = edit(head, &mut book)?;
    let length = |length| u16::try_from(length).map_err(|_| failed(TradingError::InvalidCapacity));
    let (bids, asks) = (length(book.bids.len())?, length(book.asks.len())?);
    Book::FIELDS.bids.set(head, bids);
    Book::FIELDS.asks.set(head, asks);
    Ok(result)
}

/// Returns a refusal of the core as an error of this program.
#[cold]
#[track_caller]
pub(super) fn refused(refusal: Refusal) -> ProgramError {
    failed(TradingError::from(refusal))
}

/// Takes the sequence number of the next event.
#[inline(always)]
pub(super) fn next_event(head: &mut [u8]) -> u64 {
    let sequence = Book::FIELDS.next_event.get(head);
    Book::FIELDS.next_event.set(head, sequence.wrapping_add(1));
    sequence
}

/// Returns the number of the newest interval that has ended: its auction is open.
#[inline(always)]
pub(super) fn open_auction() -> Result<u32, ProgramError> {
    u32::try_from(intervals_since_1970(sysvars::now()?)).map_err(|_| failed(TradingError::MisalignedTimestamp))
}

/// Returns whether an auction has closed and waits for Clear.
#[inline(always)]
pub(super) fn is_due(head: &[u8], open: u32) -> bool {
    open > next_auction(head)
}

/// Returns the number of the next interval whose auction will be held: orders are placed for it, unless it waits for Clear.
#[inline(always)]
pub(super) fn next_auction(head: &[u8]) -> u32 {
    Book::FIELDS.cleared.get(head).saturating_add(1)
}

/// Checks that no clearing is in progress, while which orders are frozen.
#[inline(always)]
pub(super) fn not_clearing(head: &[u8]) -> Result<(), ProgramError> {
    let clearing = &Book::FIELDS.clearing;
    require!(clearing.bytes(head)[0] == Phase::Idle as u8, TradingError::ClearingInProgress);
    Ok(())
}
