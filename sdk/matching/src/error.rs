//! The refusals of the core.

use core::fmt;

/// Why an order or a movement of funds is refused. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No seat has this number, or nobody has claimed it.
    UnknownSeat,
    /// The seat is another wallet's.
    NotSeatOwner,
    /// The seat has been claimed.
    SeatTaken,
    /// The price is 0 or above [`MAX_PRICE`](crate::value::MAX_PRICE).
    PriceOutOfRange,
    /// The energy is below the minimum lot, 0 included.
    BelowMinimumLot,
    /// The energy is above [`MAX_ENERGY`](crate::value::MAX_ENERGY).
    EnergyOutOfRange,
    /// The order has expired already.
    Expired,
    /// The free balance does not cover it.
    InsufficientFunds,
    /// It would trade with an order of the same seat.
    SelfTrade,
    /// The seat has as many orders as it may.
    TooManyOrders,
    /// The side is full of better or older orders.
    BookFull,
    /// What is left of the side is kept for seats that have no order there.
    SideReserved,
    /// There is no such order.
    UnknownOrder,
    /// The order is another seat's.
    NotOrderOwner,
    /// A balance would exceed 64 bits.
    Overflow,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl core::error::Error for Refusal {}
