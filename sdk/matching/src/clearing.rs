//! Settling a clearing, order by order. It can stop after any order and go on later: what has been taken from buyers and
//! not yet given to sellers is counted in transit, so that vaults and seats agree at every stop.

use crate::{
    book::Book,
    crossing::{Crossing, cross},
    order::{Direction, Order},
    seat::{Seat, SeatSlot},
    value::{backing, cost, proceeds, tokens},
};

/// What a clearing does next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// None is going on.
    #[default]
    Idle,
    /// The bids.
    Bids,
    /// The asks.
    Asks,
}

impl Phase {
    /// The phase of a number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Bids,
            2 => Self::Asks,
            _ => Self::Idle,
        }
    }
}

/// What became of an order in an auction.
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

/// What a trader is told about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "borsh", derive(borsh::BorshSerialize, borsh::BorshDeserialize))]
pub struct Outcome {
    /// The order's number.
    pub sequence: u32,
    /// Whose it is.
    pub seat: u16,
    /// Energy traded, Wh.
    pub filled: u32,
    /// Why this much.
    pub reason: Reason,
    /// Whether the order has left the book: it was filled, or this was its last auction.
    pub left: bool,
}

/// How far a call of [`Clearing::settle`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Orders settled.
    pub orders: u16,
    /// What the treasury got, once the clearing is over.
    pub treasury: Option<u64>,
}

/// A clearing: idle, or where it has got to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
    /// What comes next.
    pub phase: Phase,
    /// The interval whose energy the auction sells: the one cleared now, or last.
    pub interval: u32,
    /// The clearing price; 0 where nothing is traded.
    pub price: u32,
    /// Energy traded, Wh.
    pub energy: u64,
    /// Why nothing is traded, as a [`Reason`]'s number; of no meaning where something is.
    pub idle_reason: u8,
    /// Energy that the present side has still to trade.
    pub unsettled: u64,
    /// Orders of the present side that have been settled and stay in the book.
    pub cursor: u16,
    /// Money taken from buyers and not yet given to sellers.
    pub quote_in_transit: u64,
    /// Tokens given to buyers and not yet taken from sellers.
    pub energy_in_transit: u64,
}

impl Clearing {
    /// Determines the price of an interval's auction.
    #[must_use]
    pub fn begin(book: &Book, interval: u32) -> Self {
        let (Crossing { price, energy }, idle_reason) = match cross(book.bids.slots(), book.asks.slots(), interval) {
            Ok(crossing) => (crossing, 0),
            Err(reason) => (Crossing { price: 0, energy: 0 }, reason as u8),
        };
        let unsettled = energy;
        Self { phase: Phase::Bids, interval, price, energy, idle_reason, unsettled, ..Self::default() }
    }

    /// Settles up to `limit` orders and tells each one's outcome. `fee` in basis points of a seller's value. What
    /// rounding and fees leave goes to the `treasury` seat. The clearing is over when the phase is idle again; until
    /// then orders must neither be placed nor cancelled.
    pub fn settle(
        &mut self,
        book: &mut Book,
        fee: u16,
        treasury: u16,
        limit: u16,
        mut tell: impl FnMut(Direction, &Outcome),
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

    /// Settles orders of one side; returns what is left of the limit.
    #[inline(always)]
    fn side<const BUY: bool>(
        &mut self,
        book: &mut Book,
        fee: u16,
        limit: u16,
        tell: &mut impl FnMut(Direction, &Outcome),
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

    /// What an order gets.
    #[inline(always)]
    fn outcome(&mut self, direction: Direction, order: &Order) -> Outcome {
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
        Outcome { sequence: order.sequence(), seat: order.seat, filled, reason, left }
    }

    /// Moves an order's balances. None of the sums overflows: a vault, whose balance has 64 bits, holds them all.
    #[inline(always)]
    fn transfer(&mut self, direction: Direction, slot: &mut SeatSlot, order: &Order, outcome: &Outcome, fee: u16) {
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

    /// What rounding and fees have left goes to the treasury.
    fn finish(&mut self, book: &mut Book, treasury: u16) -> u64 {
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
