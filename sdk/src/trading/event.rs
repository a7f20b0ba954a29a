//! Events of the trading program. UpdateMarketData emits none: the oracle's `ReadingsAccepted` has the readings that supply and demand come from.

use {
    crate::{
        event::event,
        matching::{Direction, OrderOutcome},
        trading::{
            state::{Asset, BookCapacity, Terms},
            tariffs::Tariffs,
        },
        units::{Energy, Money, Price},
    },
    solana_program::pubkey::Pubkey,
};

event! {
    /// The market of a department was created.
    pub struct MarketInitialized = 0x0401 {
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The address of the mint of the money.
        pub quote_mint: Pubkey,
        /// The prices at which the grid sells and buys.
        pub tariffs: Tariffs,
        /// The number of orders and seats of the book.
        pub capacity: BookCapacity,
        /// The conditions of trading.
        pub terms: Terms,
    }
}

event! {
    /// A seat was assigned to a participant.
    pub struct SeatClaimed = 0x0402 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The number of the seat.
        pub seat: u16,
        /// The address of the participant's wallet.
        pub wallet: Pubkey,
    }
}

event! {
    /// Tokens were deposited on a seat.
    pub struct FundsDeposited = 0x0403 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The number of the seat.
        pub seat: u16,
        /// Whether they are energy tokens or money.
        pub asset: Asset,
        /// The amount in base units of the token.
        pub amount: u64,
    }
}

event! {
    /// Tokens were withdrawn from a seat.
    pub struct FundsWithdrawn = 0x0404 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The number of the seat.
        pub seat: u16,
        /// Whether they are energy tokens or money.
        pub asset: Asset,
        /// The amount in base units of the token.
        pub amount: u64,
    }
}

event! {
    /// An order was placed.
    pub struct OrderPlaced = 0x0405 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The number of the order in the market.
        pub order: u32,
        /// The number of the seat that placed it.
        pub seat: u16,
        /// Whether it buys or sells.
        pub direction: Direction,
        /// The limit, base units of money per kWh.
        pub price: Price,
        /// The energy, Wh.
        pub energy: Energy,
        /// The end of the last interval in whose auction it takes part, Unix seconds.
        pub expires: i64,
    }
}

event! {
    /// An order was cancelled by its owner.
    pub struct OrderCancelled = 0x0406 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The number of the order in the market.
        pub order: u32,
        /// The number of the seat that placed it.
        pub seat: u16,
        /// Whether it buys or sells.
        pub direction: Direction,
        /// Whether it stays for the open auction, now its last, because its side is full. Otherwise it has left the book.
        pub at_close: bool,
    }
}

event! {
    /// An order was evicted from a full side for a better one, and its funds were freed.
    pub struct OrderEvicted = 0x0407 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The number of the order in the market.
        pub order: u32,
        /// The number of the seat that placed it.
        pub seat: u16,
        /// Whether it buys or sells.
        pub direction: Direction,
    }
}

event! {
    /// Orders were settled in an auction, best first. Every order of the book is in one of the events of an auction.
    pub struct OrdersSettled = 0x0408 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The end of the interval whose energy the auction traded, Unix seconds.
        pub timestamp: i64,
        /// Whether the orders buy or sell.
        pub direction: Direction,
        /// The outcome of each order.
        pub outcomes: Vec<OrderOutcome>,
    }
}

event! {
    /// An auction was cleared.
    pub struct MarketCleared = 0x0409 {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// The end of the interval whose energy the auction traded, Unix seconds.
        pub timestamp: i64,
        /// The price that all buyers paid and all sellers got, base units of money per kWh; 0 where nothing was traded.
        pub price: Price,
        /// The energy that was traded, Wh.
        pub energy: Energy,
        /// The money that fees and rounding left for the treasury's seat, base units.
        pub treasury: Money,
    }
}

event! {
    /// The market was paused or resumed.
    pub struct MarketPaused = 0x040a {
        /// The sequence number of the event in the department's market.
        pub sequence: u64,
        /// Whether orders, deposits and clearings are refused now.
        pub paused: bool,
    }
}
