//! What became of orders, read from the book before and after their auction. Nothing depends on a log, on who cleared the auction, or
//! on the other orders in it.
//!
//! Only its own orders and its owner's deposits and withdrawals change what a seat holds in all (free and locked). So the energy that
//! a seat has gained or lost through an auction is what its orders traded, and they traded in the order of their keys. The book keeps
//! price, energy and idle reason of the last clearing, the market the price and energy of a day's.

use {
    super::transactions::is_cleared,
    crate::{agents::Wish, audit::SettledOrder},
    campus_energy_sdk::{
        account::Plain,
        matching::{
            Direction, Order, Reason, Seat,
            value::{TOKEN_UNITS_PER_WH, cost, proceeds},
        },
        time::Interval,
        trading::state::{Book, ClearingState, IntervalRecord, interval_number, split},
        units::{Money, Price},
    },
    std::collections::BTreeMap,
};

/// Why the data of an account are no book.
pub(super) struct BookError(pub(super) String);

/// The traders' orders in the book of an open auction, and what their seats hold.
pub(super) struct OpenOrders {
    interval: Interval,
    /// All orders of the traders' seats, bids first, best first, and which of them the traders placed for this auction.
    orders: Vec<(Direction, Order, bool)>,
    /// Token base units by seat.
    held: BTreeMap<u16, u64>,
}

/// How an auction ended.
struct Auction {
    price: u32,
    /// Wh traded.
    energy: u64,
    /// Why nothing was traded.
    idle: Reason,
}

impl OpenOrders {
    /// Finds what was placed for an interval's auction.
    ///
    /// # Errors
    /// [`BookError`] where the account is no book.
    pub(super) fn find(book: &mut [u8], interval: Interval, placed: &[Wish]) -> Result<Self, BookError> {
        let (_, core) = split(book).map_err(|error| BookError(error.to_string()))?;
        let number = interval_number(interval);
        let wishes: BTreeMap<u16, &Wish> = placed.iter().map(|wish| (wish.seat, wish)).collect();
        let mut orders: Vec<(Direction, Order, bool)> = Vec::new();
        for direction in [Direction::Buy, Direction::Sell] {
            let live = core.side(direction).iter().filter(|order| order.expires >= number);
            for order in live {
                let Some(wish) = wishes.get(&order.seat) else { continue };
                let price = Price(direction.price(order.key).into());
                let same = (wish.direction, wish.price, wish.energy, number)
                    == (direction, price, order.placed, order.expires);
                if same {
                    // The same order of an earlier process: the newest is the traders'.
                    let earlier = orders.iter_mut().filter(|(_, earlier, _)| earlier.seat == order.seat);
                    earlier.for_each(|(_, _, own)| *own = false);
                }
                orders.push((direction, order, same));
            }
        }
        let held = |(seat, _): (&u16, _)| Some((*seat, Seat::read(core.seats.get(usize::from(*seat))?).energy.total()));
        let held = wishes.iter().filter_map(held).collect();
        Ok(Self { interval, orders, held })
    }

    /// Whether the auction is over.
    pub(super) fn are_settled(&self, book: &[u8]) -> bool {
        is_cleared(book, self.interval)
    }

    /// Whether none of what was placed is in the book.
    pub(super) fn is_empty(&self) -> bool {
        !self.orders.iter().any(|(.., own)| *own)
    }

    /// What became of what was placed, once the auction is over: bids first, best first. None where the ledger no longer tells how it
    /// ended. An order that was evicted from a full side counts as one that got nothing.
    ///
    /// # Errors
    /// [`BookError`] where the account is no book.
    pub(super) fn outcomes(&self, book: &mut [u8], market: &[u8]) -> Result<Option<Vec<SettledOrder>>, BookError> {
        let Some(auction) = Auction::read(book, market, self.interval) else { return Ok(None) };
        let fee = Book::FIELDS.terms.get(book).fee;
        let (_, core) = split(book).map_err(|error| BookError(error.to_string()))?;
        // Wh that each seat has traded on a side and that none of its orders has been given yet.
        let mut left: BTreeMap<(u16, bool), u64> = BTreeMap::new();
        for (&seat, &before) in &self.held {
            let after = core.seats.get(usize::from(seat)).map_or(before, |slot| Seat::read(slot).energy.total());
            left.insert((seat, true), after.saturating_sub(before) / TOKEN_UNITS_PER_WH);
            left.insert((seat, false), before.saturating_sub(after) / TOKEN_UNITS_PER_WH);
        }
        let mut outcomes = Vec::new();
        for &(direction, ref order, own) in &self.orders {
            let Some(left) = left.get_mut(&(order.seat, direction == Direction::Buy)) else { continue };
            let filled = order.energy.min(u32::try_from(*left).unwrap_or(u32::MAX));
            *left -= u64::from(filled);
            if own {
                outcomes.push(auction.outcome(direction, order, filled, fee));
            }
        }
        Ok(Some(outcomes))
    }
}

impl Auction {
    /// How an interval's auction ended; none where another has been cleared since and nothing was traded: then the ledger has
    /// forgotten why.
    fn read(book: &[u8], market: &[u8], interval: Interval) -> Option<Self> {
        let last = ClearingState::read(Book::FIELDS.clearing.bytes(book));
        if last.interval == interval_number(interval) {
            let idle = Reason::ALL.get(usize::from(last.idle_reason)).copied();
            let idle = idle.filter(|reason| *reason == Reason::NoCounterparty).unwrap_or(Reason::NoCrossing);
            return Some(Self { price: last.price, energy: last.energy.0, idle });
        }
        let record = IntervalRecord::of(market, interval).filter(|record| record.traded.0 > 0)?;
        let price = u32::try_from(record.price.0).ok()?;
        Some(Self { price, energy: record.traded.0, idle: Reason::NoCrossing })
    }

    /// What an order that got so many Wh is told.
    fn outcome(&self, direction: Direction, order: &Order, filled: u32, fee: u16) -> SettledOrder {
        let limit = direction.price(order.key);
        let within = match direction {
            Direction::Buy => limit >= self.price,
            Direction::Sell => limit <= self.price,
        };
        let reason = match filled {
            _ if filled == order.energy => Reason::Filled,
            0 if self.energy == 0 => self.idle,
            0 if within => Reason::Rationed,
            0 => Reason::OutsidePrice,
            _ => Reason::FilledInPart,
        };
        let value = match direction {
            Direction::Buy => cost(self.price, filled),
            Direction::Sell => proceeds(self.price, filled, fee),
        };
        SettledOrder {
            order: order.sequence(),
            seat: order.seat,
            direction,
            limit: Price(limit.into()),
            wanted: order.energy,
            filled,
            price: Price(self.price.into()),
            value: Money(value),
            reason,
        }
    }
}
