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
    /// The market of a department: its data. The account is the authority of its vaults.
    pub struct Market (MarketFields) {
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The only signer that updates the market's data: the department's oracle.
        pub oracle: Pubkey,
        /// The address of the energy mint.
        pub energy_mint: Pubkey,
        /// The address of the mint of the money.
        pub quote_mint: Pubkey,
        /// The prices at which the grid sells and buys.
        pub tariffs: Tariffs,
        /// The number of the newest interval whose auction has closed: its clearing has begun.
        pub cleared: u32,
        /// The end of the newest interval with data, Unix seconds; 0 before the first.
        pub timestamp: i64,
        /// The surplus of readings that came after the clearing of their interval's auction had begun, Wh.
        pub late_supply: Energy,
        /// The deficit of such readings, Wh.
        pub late_demand: Energy,
        /// The records of the last intervals; that of number `n` is at `n` modulo 96.
        pub history: History,
    }
}

account! {
    /// The header of a market's book. The bids, the asks and the seats follow it, see [`split`].
    pub struct Book (BookFields open) {
        /// The address of the market.
        pub market: Pubkey,
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The id of the registry program, which has the participants.
        pub registry: Pubkey,
        /// The address of the vault of energy tokens.
        pub energy_vault: Pubkey,
        /// The address of the vault of money.
        pub quote_vault: Pubkey,
        /// The number of orders and seats that there can be.
        pub capacity: BookCapacity,
        /// The conditions of trading.
        pub terms: Terms,
        /// Whether orders, deposits and clearings are refused.
        pub paused: bool,
        /// The number of bids in the book.
        pub bids: u16,
        /// The number of asks in the book.
        pub asks: u16,
        /// The number of the next order.
        pub next_order: u32,
        /// The number of the first order that was placed since the last clearing began.
        pub first_new_order: u32,
        /// The number of the newest interval whose auction has been cleared.
        pub cleared: u32,
        /// The clearing that is in progress, or the last one.
        pub clearing: ClearingState,
        /// The energy that has ever been traded, Wh.
        pub traded: Energy,
        /// The sequence number of the next event.
        pub next_event: u64,
    }
}

/// A token that can be deposited on a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum Asset {
    /// The energy token.
    Energy,
    /// The money, campus baht.
    Quote,
}

impl Asset {
    /// Returns the seed of the address of its vault.
    #[must_use]
    pub const fn seed(self) -> &'static [u8] {
        match self {
            Self::Energy => &[0],
            Self::Quote => &[1],
        }
    }
}

/// The number of orders and seats of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BookCapacity {
    /// The number of orders of each side.
    pub orders: u16,
    /// The number of seats.
    pub seats: u16,
}

/// The most orders of a side: finding the price reads each of them in one instruction.
pub const MAX_ORDERS: u16 = 4_096;
/// The most seats of a book.
pub const MAX_SEATS: u16 = 4_096;

impl BookCapacity {
    /// Returns whether a book can have this capacity.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        0 < self.orders && self.orders <= MAX_ORDERS && 0 < self.seats && self.seats <= MAX_SEATS
    }

    /// Returns the length of a book's account that has its full size, bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        Book::LENGTH + 2 * ORDER_SIZE * self.orders as usize + SEAT_SIZE * self.seats as usize
    }
}

/// The conditions of trading in a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Terms {
    /// The least energy of an order, Wh.
    pub minimum_lot: u32,
    /// The most orders that a seat can have in the book.
    pub orders_per_seat: u16,
    /// The fee that a seller pays, basis points of the value.
    pub fee: u16,
    /// The number of the department's seat, which gets the fees and what rounding leaves.
    pub treasury: u16,
}

/// The highest fee, basis points.
pub const MAX_FEE: u16 = 1_000;
/// The highest minimum lot, Wh.
pub const MAX_MINIMUM_LOT: u32 = 1_000_000;

impl Terms {
    /// Returns whether a market of this capacity can have these conditions.
    #[must_use]
    pub const fn are_valid(&self, capacity: &BookCapacity) -> bool {
        0 < self.minimum_lot
            && self.minimum_lot <= MAX_MINIMUM_LOT
            && 0 < self.orders_per_seat
            && self.fee <= MAX_FEE
            && self.treasury < capacity.seats
    }
}

/// A clearing as the book stores it: see [`Clearing`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClearingState {
    /// The number of the [`Phase`]; 0 where no clearing is in progress.
    pub phase: u8,
    /// The number of the interval whose energy is traded.
    pub interval: u32,
    /// The clearing price, base units of money per kWh.
    pub price: u32,
    /// The energy that is traded, Wh.
    pub energy: Energy,
    /// The number of the reason why nothing is traded; meaningless where energy is traded.
    pub idle_reason: u8,
    /// The energy that the present side has still to trade, Wh.
    pub unsettled: Energy,
    /// The number of orders of the present side that have been settled and stay in the book.
    pub cursor: u16,
    /// The money that was taken from buyers and not yet given to sellers, base units.
    pub quote_in_transit: Money,
    /// The tokens that were given to buyers and not yet taken from sellers, base units.
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

/// The records of the last intervals of a market.
pub type History = [IntervalRecord; HISTORY as usize];
/// The number of intervals that a market remembers: a day.
pub const HISTORY: u32 = 96;
const _: () = assert!(HISTORY as i64 == INTERVALS_PER_DAY);

/// The record of one interval of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct IntervalRecord {
    /// The number of the interval; 0 where the slot is unused.
    pub interval: u32,
    /// The sum of the surpluses, Wh, of the meters that generated more than they consumed.
    pub supply: Energy,
    /// The sum of the deficits, Wh, of the other meters.
    pub demand: Energy,
    /// The price by supply and demand, between the tariffs, base units of money per kWh.
    pub reference_price: Price,
    /// The price of its auction, base units of money per kWh; 0 where nothing was traded or it has not been cleared.
    pub price: Price,
    /// The energy that was traded in its auction, Wh.
    pub traded: Energy,
}

impl IntervalRecord {
    /// The interval, supply, demand and reference price in the bytes of a record: the hot path does not read or write the others.
    pub const INTERVAL: Field<u32> = Field::at(0);
    #[allow(missing_docs)]
    pub const SUPPLY: Field<Energy> = Field::at(4);
    #[allow(missing_docs)]
    pub const DEMAND: Field<Energy> = Field::at(12);
    #[allow(missing_docs)]
    pub const REFERENCE_PRICE: Field<Price> = Field::at(20);

    /// Returns the offset of the record of the interval with a number in the account of a market, bytes.
    #[inline(always)]
    #[must_use]
    pub const fn offset(number: u32) -> usize {
        Market::FIELDS.history.offset() + (number % HISTORY) as usize * <Self as FixedSize>::SIZE
    }

    /// Reads the record of an interval; `None` where the market does not have it.
    #[must_use]
    pub fn of(market: &[u8], interval: Interval) -> Option<Self> {
        let number = interval_number(interval);
        let record = Self::read(market.get(Self::offset(number)..)?);
        (record.interval == number).then_some(record)
    }
}

/// Returns the number of an interval in a market: that of [`Interval::number`], which fits 32 bits for 120,000 years.
#[must_use]
pub fn interval_number(interval: Interval) -> u32 {
    u32::try_from(interval.number()).unwrap_or(u32::MAX)
}

/// Returns the end of the interval with a number, Unix seconds.
#[must_use]
pub const fn interval_end(number: u32) -> i64 {
    number as i64 * crate::time::INTERVAL_SECONDS
}

plain_struct!(BookCapacity { orders: u16, seats: u16 });
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
    /// The length of the header, bytes.
    pub const LENGTH: usize = <Self as crate::account::AccountData>::LEN;
}

/// Splits the account of a book into its header and the order book that the matching core works on.
///
/// # Errors
/// [`AccountError::WrongLength`] where the account does not have its full size.
#[inline(always)]
pub fn split(data: &mut [u8]) -> Result<(&mut [u8], crate::matching::OrderBook<'_>), AccountError> {
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
    Ok((head, crate::matching::OrderBook { bids: Queue::new(first, bids), asks: Queue::new(second, asks), seats }))
}
