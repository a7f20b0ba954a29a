//! The settlement of a clearing, order by order. It can stop after any order and continue later: what has been taken from buyers and not
//! yet given to sellers is counted in transit, so that vaults and seats agree at every stop.

use crate::{
    book::OrderBook,
    crossing::{Crossing, cross},
    order::{Direction, Order},
    seat::{Seat, SeatSlot},
    value::{backing, cost, proceeds, tokens},
};

/// The phase of a clearing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// No clearing is in progress.
    #[default]
    Idle,
    /// The bids are settled next.
    Bids,
    /// The asks are settled next.
    Asks,
}

impl Phase {
    /// Returns the phase of a number; the idle one of a number that has none.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Bids,
            2 => Self::Asks,
            _ => Self::Idle,
        }
    }
}

/// The reason for what an order traded in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "borsh", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
#[repr(u8)]
pub enum Reason {
    /// All of it was traded.
    Filled,
    /// It was the marginal order: better and older ones left it less than it wanted.
    FilledInPart,
    /// Its limit was good enough, but better or older orders took all the energy there was.
    Rationed,
    /// Its limit did not meet the clearing price.
    OutsidePrice,
    /// Nothing was traded: the best bid was below the best ask.
    NoCrossing,
    /// Nothing was traded: the other side was empty.
    NoCounterparty,
    /// It had expired before this auction.
    Expired,
}

impl Reason {
    /// Every reason, by number.
    pub const ALL: [Self; 7] = [
        Self::Filled,
        Self::FilledInPart,
        Self::Rationed,
        Self::OutsidePrice,
        Self::NoCrossing,
        Self::NoCounterparty,
        Self::Expired,
    ];
}

/// The outcome of an auction for one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "borsh", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct OrderOutcome {
    /// The number of the order in the market.
    pub sequence: u32,
    /// The number of the seat that placed it.
    pub seat: u16,
    /// The energy that it traded, Wh.
    pub filled: u32,
    /// The reason for this energy.
    pub reason: Reason,
    /// Whether the order has left the book: it was filled, or this was its last auction.
    pub left: bool,
}

/// The progress of one call of [`Clearing::settle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The number of orders that it settled.
    pub orders: u16,
    /// The money that the treasury got, base units; `None` until the clearing is over.
    pub treasury: Option<u64>,
}

/// A clearing and its progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
    /// The phase that comes next.
    pub phase: Phase,
    /// The number of the interval whose energy the auction trades: the one that is cleared now, or was last.
    pub interval: u32,
    /// The clearing price, base units of money per kWh; 0 where nothing is traded.
    pub price: u32,
    /// The energy that is traded, Wh.
    pub energy: u64,
    /// The number of the [`Reason`] why nothing is traded; meaningless where energy is traded.
    pub idle_reason: u8,
    /// The energy that the present side has still to trade, Wh.
    pub unsettled: u64,
    /// The number of orders of the present side that have been settled and stay in the book.
    pub cursor: u16,
    /// The money that was taken from buyers and not yet given to sellers, base units.
    pub quote_in_transit: u64,
    /// The tokens that were given to buyers and not yet taken from sellers, base units.
    pub energy_in_transit: u64,
}

impl Clearing {
    /// Begins the clearing of an interval's auction by determining its price.
    #[must_use]
    pub fn begin(book: &OrderBook, interval: u32) -> Self {
        let (Crossing { price, energy }, idle_reason) = match cross(book.bids.slots(), book.asks.slots(), interval) {
            Ok(crossing) => (crossing, 0),
            Err(reason) => (Crossing { price: 0, energy: 0 }, reason as u8),
        };
        let unsettled = energy;
        Self { phase: Phase::Bids, interval, price, energy, idle_reason, unsettled, ..Self::default() }
    }

    /// Settles up to `limit` orders and calls `tell` with the outcome of each. `fee` is in basis points of a seller's value. The seat
    /// `treasury` gets what rounding and fees leave. The clearing is over when the phase is idle again; until then orders must neither
    /// be placed nor cancelled.
    pub fn settle(
        &mut self,
        book: &mut OrderBook,
        fee: u16,
        treasury: u16,
        limit: u16,
        mut tell: impl FnMut(Direction, &OrderOutcome),
    ) -> Settled {
        let mut left = limit;
        let stopped = Settled { orders: limit, treasury: None };
        if self.phase == Phase::Bids {
            left = self.side::<true>(book, fee, left, &mut tell);
            if usize::from(self.cursor) < book.bids.len() {
                return stopped;
            }
            (self.phase, self.cursor, self.unsettled) = (Phase::Asks, 0, self.energy);
        }
        if self.phase == Phase::Asks {
            left = self.side::<false>(book, fee, left, &mut tell);
            if usize::from(self.cursor) < book.asks.len() {
                return stopped;
            }
            let treasury = self.finish(book, treasury);
            return Settled { orders: limit - left, treasury: Some(treasury) };
        }
        Settled { orders: 0, treasury: None }
    }

    /// Settles orders of one side and returns what is left of the limit.
    #[inline(always)]
    fn side<const BUY: bool>(
        &mut self,
        book: &mut OrderBook,
        fee: u16,
        limit: u16,
        tell: &mut impl FnMut(Direction, &OrderOutcome),
    ) -> u16 {
        let direction = if BUY { Direction::Buy } else { Direction::Sell };
        let mut kept = usize::from(self.cursor);
        let mut next = kept;
        let mut left = limit;
        while left > 0 {
            let Some(order) = book.side(direction).at(next) else { break };
            left -= 1;
            let outcome = self.outcome(direction, &order);
            let rest = Order { energy: order.energy - outcome.filled, ..order };
            if outcome.filled > 0 || outcome.left {
                // A seat of a number that an order has does exist.
                if let Some(slot) = book.seats.get_mut(usize::from(order.seat)) {
                    self.transfer(direction, slot, &order, &outcome, fee);
                }
            }
            tell(direction, &outcome);
            if !outcome.left {
                if kept != next || outcome.filled > 0 {
                    book.side_mut(direction).put(kept, &rest);
                }
                kept += 1;
            }
            next += 1;
        }
        book.side_mut(direction).close_gap(kept, next);
        // No more than a side's length, which fits.
        self.cursor = u16::try_from(kept).unwrap_or(u16::MAX);
        left
    }

    /// Determines the outcome of an order.
    #[inline(always)]
    fn outcome(&mut self, direction: Direction, order: &Order) -> OrderOutcome {
        let expired = order.expires < self.interval;
        let available = u32::try_from(self.unsettled).unwrap_or(u32::MAX);
        let filled = if expired { 0 } else { order.energy.min(available) };
        self.unsettled -= u64::from(filled);
        let limit = direction.price(order.key);
        let acceptable = match direction {
            Direction::Buy => limit >= self.price,
            Direction::Sell => limit <= self.price,
        };
        let reason = if expired {
            Reason::Expired
        } else if filled == order.energy {
            Reason::Filled
        } else if filled > 0 {
            Reason::FilledInPart
        } else if self.energy == 0 {
            if self.idle_reason == Reason::NoCounterparty as u8 { Reason::NoCounterparty } else { Reason::NoCrossing }
        } else if acceptable {
            Reason::Rationed
        } else {
            Reason::OutsidePrice
        };
        let left = filled == order.energy || order.expires <= self.interval;
        OrderOutcome { sequence: order.sequence(), seat: order.seat, filled, reason, left }
    }

    /// Moves the balances of an order. None of the sums overflows: a vault, whose balance has 64 bits, holds them all.
    #[inline(always)]
    fn transfer(&mut self, direction: Direction, slot: &mut SeatSlot, order: &Order, outcome: &OrderOutcome, fee: u16) {
        let mut seat = Seat::read(slot);
        let filled = outcome.filled;
        let gone = if outcome.left { order.energy } else { filled };
        match direction {
            Direction::Buy => {
                let paid = cost(self.price, filled);
                seat.quote.unlock(backing(direction.price(order.key), gone));
                seat.quote.free -= paid;
                self.quote_in_transit += paid;
                seat.energy.free += tokens(filled);
                self.energy_in_transit += tokens(filled);
            }
            Direction::Sell => {
                let earned = proceeds(self.price, filled, fee);
                seat.energy.unlock(tokens(gone));
                seat.energy.free -= tokens(filled);
                self.energy_in_transit -= tokens(filled);
                seat.quote.free += earned;
                self.quote_in_transit -= earned;
            }
        }
        if outcome.left {
            seat.closed(direction);
        }
        seat.write(slot);
    }

    /// Gives what rounding and fees have left to the treasury and returns it.
    fn finish(&mut self, book: &mut OrderBook, treasury: u16) -> u64 {
        let collected = self.quote_in_transit;
        if let Some(slot) = book.seats.get_mut(usize::from(treasury)) {
            let mut seat = Seat::read(slot);
            seat.quote.free += collected;
            seat.write(slot);
            self.quote_in_transit = 0;
        }
        (self.phase, self.cursor, self.unsettled) = (Phase::Idle, 0, 0);
        collected
    }
}
