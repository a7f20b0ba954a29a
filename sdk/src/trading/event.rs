//! Events of the trading program. UpdateMarketData emits none: the oracle's `ReadingsAccepted` tells what it was told.

use {
    crate::{
        event::event,
        matching::{Direction, Outcome},
        trading::{
            state::{Asset, Capacity, Terms},
            tariffs::Tariffs,
        },
        units::{Energy, Money, Price},
    },
    solana_program::pubkey::Pubkey,
};

event! {
    /// A department's market was created.
    pub struct MarketInitialized = 0x0401 {
        /// The registry's Department.
        pub department: Pubkey,
        /// The mint of the money.
        pub quote_mint: Pubkey,
        /// What the grid asks and pays.
        pub tariffs: Tariffs,
        /// How many orders and seats it has.
        pub capacity: Capacity,
        /// What it asks of traders.
        pub terms: Terms,
    }
}

event! {
    /// A participant has a seat.
    pub struct SeatClaimed = 0x0402 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// The seat's number.
        pub seat: u16,
        /// The participant's wallet.
        pub wallet: Pubkey,
    }
}

event! {
    /// Funds came to a seat.
    pub struct FundsDeposited = 0x0403 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// The seat.
        pub seat: u16,
        /// Energy or money.
        pub asset: Asset,
        /// Base units of its mint.
        pub amount: u64,
    }
}

event! {
    /// Funds left a seat.
    pub struct FundsWithdrawn = 0x0404 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// The seat.
        pub seat: u16,
        /// Energy or money.
        pub asset: Asset,
        /// Base units of its mint.
        pub amount: u64,
    }
}

event! {
    /// An order was placed.
    pub struct OrderPlaced = 0x0405 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// The order's number.
        pub order: u32,
        /// Whose it is.
        pub seat: u16,
        /// Buy or sell.
        pub direction: Direction,
        /// Its limit.
        pub price: Price,
        /// How much.
        pub energy: Energy,
        /// End of the last interval in whose auction it takes part.
        pub expires: i64,
    }
}

event! {
    /// An order was cancelled by its owner.
    pub struct OrderCancelled = 0x0406 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// The order's number.
        pub order: u32,
        /// Whose it was.
        pub seat: u16,
        /// Buy or sell.
        pub direction: Direction,
        /// Whether it stays for the open auction, now its last, because its side is full. Otherwise it has left the book.
        pub at_close: bool,
    }
}

event! {
    /// An order had to go from a full side for a better one; its funds are free.
    pub struct OrderEvicted = 0x0407 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// The order's number.
        pub order: u32,
        /// Whose it was.
        pub seat: u16,
        /// Buy or sell.
        pub direction: Direction,
    }
}

event! {
    /// What became of orders in an auction, best first: every order of the book is in one of these.
    pub struct OrdersSettled = 0x0408 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// End of the interval whose energy the auction sold.
        pub timestamp: i64,
        /// Buy or sell.
        pub direction: Direction,
        /// The orders.
        pub outcomes: Vec<Outcome>,
    }
}

event! {
    /// An auction is over.
    pub struct MarketCleared = 0x0409 {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// End of the interval whose energy the auction sold.
        pub timestamp: i64,
        /// What everybody paid and got per kWh; 0 where nothing was traded.
        pub price: Price,
        /// How much was traded.
        pub energy: Energy,
        /// What fee and rounding left for the treasury's seat.
        pub treasury: Money,
    }
}

event! {
    /// The market was paused, or goes on.
    pub struct MarketPaused = 0x040a {
        /// Sequence number in the department's market.
        pub sequence: u64,
        /// Whether orders, deposits and clearings are refused now.
        pub paused: bool,
    }
}
