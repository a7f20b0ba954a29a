//! The trading program's accounts.
//!
//! What the oracle writes (the market's data) and what traders write (the book) are two accounts: readings and orders
//! never wait for each other on a cluster, and SubmitReadings does not pay for the book's length.

use {
    crate::{
        account::{Field, FixedSize, Plain, account, fixed_size, plain_struct},
        error::AccountError,
        matching::{
            Clearing, Phase, Queue,
            order::{ORDER_SIZE, OrderSlot},
            seat::{SEAT_SIZE, SeatSlot},
        },
        time::{INTERVALS_PER_DAY, Interval},
        trading::tariffs::Tariffs,
        units::{Energy, Money, Price, TokenAmount},
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::pubkey::Pubkey,
};

account! {
    /// A department's market: its data, and the authority of its vaults.
    pub struct Market (MarketFields) {
        /// The registry's Department.
        pub department: Pubkey,
        /// Who updates the market's data: the department's oracle.
        pub oracle: Pubkey,
        /// The energy mint.
        pub energy_mint: Pubkey,
        /// The mint of the money.
        pub quote_mint: Pubkey,
        /// What the grid asks and pays.
        pub tariffs: Tariffs,
        /// Number of the newest interval whose auction has closed: it is being cleared, or has been.
        pub cleared: u32,
        /// End of the newest interval with data; 0 before the first.
        pub timestamp: i64,
        /// Surplus of readings that came after the clearing of their interval's auction had begun.
        pub late_supply: Energy,
        /// Deficit of such readings.
        pub late_demand: Energy,
        /// The last intervals; that of number `n` at `n` modulo 96.
        pub history: History,
    }
}

account! {
    /// A market's book: its header. Behind it lie the bids, the asks and the seats, see [`split`].
    pub struct Book (BookFields open) {
        /// The market.
        pub market: Pubkey,
        /// The registry's Department.
        pub department: Pubkey,
        /// The registry, which knows the participants.
        pub registry: Pubkey,
        /// The market's energy tokens.
        pub energy_vault: Pubkey,
        /// The market's money.
        pub quote_vault: Pubkey,
        /// How many orders and seats there can be.
        pub capacity: Capacity,
        /// What it asks of traders.
        pub terms: Terms,
        /// Whether orders, deposits and clearings are refused.
        pub paused: bool,
        /// Bids in the book.
        pub bids: u16,
        /// Asks in the book.
        pub asks: u16,
        /// Number of the next order.
        pub next_order: u32,
        /// Number of the first order that was placed since the last clearing began.
        pub first_new_order: u32,
        /// Number of the newest interval whose auction has been cleared.
        pub cleared: u32,
        /// The clearing that is going on, or the last one.
        pub clearing: ClearingState,
        /// Energy ever traded.
        pub traded: Energy,
        /// Sequence number of the next event.
        pub next_event: u64,
    }
}

/// What can be deposited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum Asset {
    /// Energy tokens.
    Energy,
    /// Campus baht.
    Quote,
}

impl Asset {
    /// The seed of its vault.
    #[must_use]
    pub const fn seed(self) -> &'static [u8] {
        match self {
            Self::Energy => &[0],
            Self::Quote => &[1],
        }
    }
}

/// How many orders and seats a book has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Capacity {
    /// Orders of each side.
    pub orders: u16,
    /// Seats.
    pub seats: u16,
}

/// Orders of a side, at most: finding the price looks at each in one instruction.
pub const MAX_ORDERS: u16 = 4_096;
/// Seats, at most.
pub const MAX_SEATS: u16 = 4_096;

impl Capacity {
    /// Whether a book can have it.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        0 < self.orders && self.orders <= MAX_ORDERS && 0 < self.seats && self.seats <= MAX_SEATS
    }

    /// Bytes of a book's account, once it has grown.
    #[must_use]
    pub const fn length(&self) -> usize {
        Book::LENGTH + 2 * ORDER_SIZE * self.orders as usize + SEAT_SIZE * self.seats as usize
    }
}

/// What a market asks of traders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Terms {
    /// The least energy of an order, Wh.
    pub minimum_lot: u32,
    /// Orders that a seat can have in the book.
    pub orders_per_seat: u16,
    /// What a seller pays of the value, basis points.
    pub fee: u16,
    /// The department's seat, which gets fees and what rounding leaves.
    pub treasury: u16,
}

/// The highest fee, basis points.
pub const MAX_FEE: u16 = 1_000;
/// The highest minimum lot, Wh.
pub const MAX_MINIMUM_LOT: u32 = 1_000_000;

impl Terms {
    /// Whether a market of this capacity can have them.
    #[must_use]
    pub const fn are_valid(&self, capacity: &Capacity) -> bool {
        0 < self.minimum_lot
            && self.minimum_lot <= MAX_MINIMUM_LOT
            && 0 < self.orders_per_seat
            && self.fee <= MAX_FEE
            && self.treasury < capacity.seats
    }
}

/// A clearing, as the book keeps it: see [`Clearing`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClearingState {
    /// The [`Phase`]'s number: 0 when none is going on.
    pub phase: u8,
    /// Number of the interval whose energy is sold.
    pub interval: u32,
    /// The clearing price.
    pub price: u32,
    /// Energy traded.
    pub energy: Energy,
    /// Why nothing is traded.
    pub idle_reason: u8,
    /// Energy that the present side has still to trade.
    pub unsettled: Energy,
    /// Orders of the present side that have been settled and stay.
    pub cursor: u16,
    /// Money taken from buyers and not yet given to sellers.
    pub quote_in_transit: Money,
    /// Tokens given to buyers and not yet taken from sellers.
    pub energy_in_transit: TokenAmount,
}

impl From<Clearing> for ClearingState {
    fn from(clearing: Clearing) -> Self {
        Self {
            phase: clearing.phase as u8,
            interval: clearing.interval,
            price: clearing.price,
            energy: Energy(clearing.energy),
            idle_reason: clearing.idle_reason,
            unsettled: Energy(clearing.unsettled),
            cursor: clearing.cursor,
            quote_in_transit: Money(clearing.quote_in_transit),
            energy_in_transit: TokenAmount(clearing.energy_in_transit),
        }
    }
}

impl From<ClearingState> for Clearing {
    fn from(state: ClearingState) -> Self {
        Self {
            phase: Phase::from_number(state.phase),
            interval: state.interval,
            price: state.price,
            energy: state.energy.0,
            idle_reason: state.idle_reason,
            unsettled: state.unsettled.0,
            cursor: state.cursor,
            quote_in_transit: state.quote_in_transit.0,
            energy_in_transit: state.energy_in_transit.0,
        }
    }
}

/// The last intervals of a market.
pub type History = [IntervalRecord; HISTORY as usize];
/// Intervals that a market remembers: a day.
pub const HISTORY: u32 = 96;
const _: () = assert!(HISTORY as i64 == INTERVALS_PER_DAY);

/// One interval of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct IntervalRecord {
    /// Its number; 0 where there is none yet.
    pub interval: u32,
    /// Surplus of the meters that had one.
    pub supply: Energy,
    /// Deficit of the others.
    pub demand: Energy,
    /// Its price by supply and demand, between the tariffs.
    pub reference_price: Price,
    /// Its auction's price; 0 where nothing was traded or it has not been cleared.
    pub price: Price,
    /// Energy traded in its auction.
    pub traded: Energy,
}

impl IntervalRecord {
    /// Its interval, supply, demand and reference price, in a record's bytes: the hot path leaves the rest alone.
    pub const INTERVAL: Field<u32> = Field::at(0);
    #[allow(missing_docs)]
    pub const SUPPLY: Field<Energy> = Field::at(4);
    #[allow(missing_docs)]
    pub const DEMAND: Field<Energy> = Field::at(12);
    #[allow(missing_docs)]
    pub const REFERENCE_PRICE: Field<Price> = Field::at(20);

    /// Where the record of an interval of this number begins, in a market's account.
    #[inline(always)]
    #[must_use]
    pub const fn offset(number: u32) -> usize {
        Market::FIELDS.history.offset() + (number % HISTORY) as usize * <Self as FixedSize>::SIZE
    }

    /// Reads the record of an interval, if the market remembers it.
    #[must_use]
    pub fn of(market: &[u8], interval: Interval) -> Option<Self> {
        let number = interval_number(interval);
        let record = Self::read(market.get(Self::offset(number)..)?);
        (record.interval == number).then_some(record)
    }
}

/// An interval's number in a market: that of [`Interval::number`], which fits 32 bits for 120,000 years.
#[must_use]
pub fn interval_number(interval: Interval) -> u32 {
    u32::try_from(interval.number()).unwrap_or(u32::MAX)
}

/// The end of the interval of a number.
#[must_use]
pub const fn interval_end(number: u32) -> i64 {
    number as i64 * crate::time::INTERVAL_SECONDS
}

plain_struct!(Capacity { orders: u16, seats: u16 });
plain_struct!(Terms { minimum_lot: u32, orders_per_seat: u16, fee: u16, treasury: u16 });
plain_struct!(ClearingState {
    phase: u8,
    interval: u32,
    price: u32,
    energy: Energy,
    idle_reason: u8,
    unsettled: Energy,
    cursor: u16,
    quote_in_transit: Money,
    energy_in_transit: TokenAmount,
});
plain_struct!(IntervalRecord {
    interval: u32,
    supply: Energy,
    demand: Energy,
    reference_price: Price,
    price: Price,
    traded: Energy,
});
fixed_size!(History = HISTORY as usize * <IntervalRecord as FixedSize>::SIZE);

impl Book {
    /// Bytes of the header.
    pub const LENGTH: usize = <Self as crate::account::AccountData>::LEN;
}

/// Splits a book's account into its header and the book that the matching core works on.
///
/// # Errors
/// [`AccountError::WrongLength`] where it has not its full size.
#[inline(always)]
pub fn split(data: &mut [u8]) -> Result<(&mut [u8], crate::matching::Book<'_>), AccountError> {
    let (head, rest) = data.split_at_mut_checked(Book::LENGTH).ok_or(AccountError::WrongLength)?;
    let capacity = Book::FIELDS.capacity.get(head);
    let (bids, asks) = (Book::FIELDS.bids.get(head), Book::FIELDS.asks.get(head));
    let side = ORDER_SIZE * usize::from(capacity.orders);
    let wanted = 2 * side + SEAT_SIZE * usize::from(capacity.seats);
    if rest.len() != wanted {
        return Err(AccountError::WrongLength);
    }
    let (first, rest) = rest.split_at_mut(side);
    let (second, seats) = rest.split_at_mut(side);
    let first: &mut [OrderSlot] = first.as_chunks_mut().0;
    let second: &mut [OrderSlot] = second.as_chunks_mut().0;
    let seats: &mut [SeatSlot] = seats.as_chunks_mut().0;
    Ok((head, crate::matching::Book { bids: Queue::new(first, bids), asks: Queue::new(second, asks), seats }))
}
