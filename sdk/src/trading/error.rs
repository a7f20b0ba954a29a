//! Errors of the trading program, 6300 to 6399.

use campus_energy_matching::Refusal;

crate::error::program_error! {
    /// Why the trading program refuses an instruction.
    pub enum TradingError {
        NotOracle = 6300, "only the department's oracle may update the market's data";
        InvalidTariffs = 6301, "the tariffs must satisfy 0 < feed-in < retail";
        MisalignedTimestamp = 6302, "the timestamp must be a positive multiple of 900 s, the end of an interval";
        InvalidCapacity = 6303, "a book has 1 to 4,096 orders a side and 1 to 4,096 seats";
        InvalidTerms = 6304, "the fee is at most 1,000 basis points, the minimum lot 1 Wh to 1 MWh, a seat has at least 1 order, the treasury is a seat of the book";
        // 5
        FullyGrown = 6305, "the book has its full size: nothing is left to be done";
        NotGrown = 6306, "the book has not its full size yet: send Grow until it has";
        NotParticipant = 6307, "only a participant of the department has a seat: register first";
        SeatTaken = 6308, "the seat has been claimed already";
        UnknownSeat = 6309, "there is no such seat, or nobody has claimed it: a seat's number is its participant's";
        // 10
        NotSeatOwner = 6310, "the seat is another wallet's";
        WrongMint = 6311, "the token account's mint is not that of the vault";
        WrongVault = 6312, "the account is no vault of this market";
        WrongTokenAccount = 6313, "the account is no SPL token account of a trader";
        ZeroAmount = 6314, "the amount must be above 0";
        // 15
        InsufficientFunds = 6315, "the seat's free balance does not cover it: deposit, or cancel orders";
        PriceOutOfRange = 6316, "the price must be 1 to 1,000,000,000 money base units per kWh";
        BelowMinimumLot = 6317, "the energy is below the market's minimum lot";
        EnergyOutOfRange = 6318, "the energy must be at most 1,000,000,000 Wh";
        OrderExpired = 6319, "the order expires before the next auction";
        // 20
        SelfTrade = 6320, "the order would trade with one of the same seat: cancel that first";
        BookFull = 6321, "this side of the book is full of better orders: offer a better price, or wait";
        UnknownOrder = 6322, "there is no such order: it was filled, cancelled, evicted or has expired";
        NotOrderOwner = 6323, "the order is another seat's";
        Paused = 6324, "the market is paused: funds can be withdrawn and orders cancelled";
        // 25
        ClearingDue = 6325, "the auction has closed: send Clear first";
        ClearingInProgress = 6326, "the auction is being cleared: send Clear until it is done";
        AlreadyCleared = 6327, "the auction of this interval has been cleared: the next closes with the next interval";
        OrdersExhausted = 6328, "the market has numbered 2^32 orders: found a new one";
        BalanceOverflow = 6329, "the balance would exceed 64 bits";
        // 30
        NoOrders = 6330, "Clear must be allowed to settle at least 1 order";
        TooManyOrders = 6331, "the seat has as many orders in the book as it may: cancel one, or wait for the auction";
        SideReserved = 6332, "the last quarter of this side of the book is kept for seats that have no order there: cancel yours first, or wait for the auction";
    }
}

impl From<Refusal> for TradingError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownSeat => Self::UnknownSeat,
            Refusal::NotSeatOwner => Self::NotSeatOwner,
            Refusal::SeatTaken => Self::SeatTaken,
            Refusal::PriceOutOfRange => Self::PriceOutOfRange,
            Refusal::BelowMinimumLot => Self::BelowMinimumLot,
            Refusal::EnergyOutOfRange => Self::EnergyOutOfRange,
            Refusal::Expired => Self::OrderExpired,
            Refusal::InsufficientFunds => Self::InsufficientFunds,
            Refusal::SelfTrade => Self::SelfTrade,
            Refusal::TooManyOrders => Self::TooManyOrders,
            Refusal::BookFull => Self::BookFull,
            Refusal::SideReserved => Self::SideReserved,
            Refusal::UnknownOrder => Self::UnknownOrder,
            Refusal::NotOrderOwner => Self::NotOrderOwner,
            Refusal::Overflow => Self::BalanceOverflow,
        }
    }
}
