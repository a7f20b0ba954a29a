//! The order book and its seats: placing and cancelling orders, with the funds that back them.

use crate::{
    error::Refusal,
    order::{self, Direction, Order, OrderSlot},
    queue::Queue,
    seat::{Seat, SeatSlot, Wallet, wallet},
    value::{MAX_ENERGY, MAX_PRICE, backing, tokens},
};

/// The orders and seats of a market, over the bytes of the account.
#[derive(Debug)]
pub struct OrderBook<'a> {
    /// The bids, highest first.
    pub bids: Queue<'a>,
    /// The asks, lowest first.
    pub asks: Queue<'a>,
    /// The seats, by number.
    pub seats: &'a mut [SeatSlot],
}

/// An order to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Whether it buys or sells.
    pub direction: Direction,
    /// The number of the trader's seat.
    pub seat: u16,
    /// The limit, base units of money per kWh.
    pub price: u64,
    /// The energy, Wh.
    pub energy: u64,
    /// The number of the last interval in whose auction it takes part.
    pub expires: u32,
}

/// The rules for placing an order, and the number that it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRules {
    /// The least energy of an order, Wh.
    pub minimum_lot: u32,
    /// The most orders that a seat can have in the book, so that nobody fills a side alone.
    pub orders_per_seat: u16,
    /// The number of the next interval whose auction will be held.
    pub auction: u32,
    /// The number that the order gets in the market.
    pub sequence: u32,
}

/// An order that has been placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order in the book.
    pub order: Order,
    /// The worst order of a full side, where it was evicted for this one.
    pub evicted: Option<Order>,
}

/// An order that its owner has cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// The order as it was.
    pub order: Order,
    /// Whether it stays for the open auction, now its last: its side is full.
    pub at_close: bool,
}

/// One part in so many of a side is reserved for seats that have no order on that side.
pub const RESERVED_PART: usize = 4;

impl<'a> OrderBook<'a> {
    /// Returns the side of a direction.
    #[inline(always)]
    #[must_use]
    pub fn side(&self, direction: Direction) -> &Queue<'a> {
        match direction {
            Direction::Buy => &self.bids,
            Direction::Sell => &self.asks,
        }
    }

    #[inline(always)]
    pub(crate) fn side_mut(&mut self, direction: Direction) -> &mut Queue<'a> {
        match direction {
            Direction::Buy => &mut self.bids,
            Direction::Sell => &mut self.asks,
        }
    }

    /// Claims a vacant seat for a wallet.
    ///
    /// # Errors
    /// [`Refusal::UnknownSeat`], [`Refusal::SeatTaken`].
    pub fn claim(&mut self, number: u16, by: &Wallet) -> Result<(), Refusal> {
        let slot = self.seats.get_mut(usize::from(number)).ok_or(Refusal::UnknownSeat)?;
        if !Seat::is_vacant(slot) {
            return Err(Refusal::SeatTaken);
        }
        slot[..32].copy_from_slice(by);
        // What the treasury's seat has earned before somebody claimed it stays.
        Ok(())
    }

    /// Returns a seat, if this wallet has claimed it.
    ///
    /// # Errors
    /// [`Refusal::UnknownSeat`], [`Refusal::NotSeatOwner`].
    #[inline(always)]
    pub fn seat_of(&self, number: u16, by: &Wallet) -> Result<Seat, Refusal> {
        let slot = self.seats.get(usize::from(number)).ok_or(Refusal::UnknownSeat)?;
        if wallet(slot) != by {
            return Err(if Seat::is_vacant(slot) { Refusal::UnknownSeat } else { Refusal::NotSeatOwner });
        }
        Ok(Seat::read(slot))
    }

    /// Writes the balances of a seat back.
    #[inline(always)]
    pub fn store(&mut self, number: u16, seat: &Seat) {
        if let Some(slot) = self.seats.get_mut(usize::from(number)) {
            seat.write(slot);
        }
    }

    /// Places an order and locks the funds that back it. The worst order of a full side is evicted for a better one, and its funds are
    /// freed.
    ///
    /// The last quarter of a side is reserved for seats that have no order there. Another order of a seat that has one only
    /// gets a place of the first three quarters, or that of the worst order, if it is better and the worst order's seat has
    /// several, too. So seats that act together cannot crowd everybody else out.
    ///
    /// # Errors
    /// Every [`Refusal`] but [`Refusal::SeatTaken`], [`Refusal::UnknownOrder`] and [`Refusal::NotOrderOwner`]. Nothing has changed then.
    pub fn place(&mut self, by: &Wallet, proposal: &Proposal, rules: &OrderRules) -> Result<Placed, Refusal> {
        let &Proposal { direction, seat: number, price, energy, expires } = proposal;
        let (price, energy) = match (u32::try_from(price), u32::try_from(energy)) {
            (Ok(price), _) if price == 0 || u64::from(price) > MAX_PRICE => return Err(Refusal::PriceOutOfRange),
            (Err(_), _) => return Err(Refusal::PriceOutOfRange),
            (Ok(_), Ok(energy)) if energy == 0 || energy < rules.minimum_lot => return Err(Refusal::BelowMinimumLot),
            (Ok(price), Ok(energy)) if u64::from(energy) <= MAX_ENERGY => (price, energy),
            _ => return Err(Refusal::EnergyOutOfRange),
        };
        if expires < rules.auction {
            return Err(Refusal::Expired);
        }
        let mut seat = self.seat_of(number, by)?;
        if seat.open_orders() >= u32::from(rules.orders_per_seat) {
            return Err(Refusal::TooManyOrders);
        }
        if seat.may_cross(direction, price) {
            if self.crosses_own(direction, price, number) {
                return Err(Refusal::SelfTrade);
            }
            seat.does_not_cross(direction, price);
        }
        match direction {
            Direction::Buy => seat.quote.lock(backing(price, energy))?,
            Direction::Sell => seat.energy.lock(tokens(energy))?,
        }
        let key = direction.key(price, rules.sequence);
        let mut evicted = None;
        let has_one = seat.open(direction) > 0;
        let side = self.side(direction);
        let places = if has_one { side.capacity() - side.capacity() / RESERVED_PART } else { side.capacity() };
        if side.len() >= places {
            let refusal = if side.is_full() { Refusal::BookFull } else { Refusal::SideReserved };
            let worst = side.worst().filter(|worst| key < worst.key).ok_or(refusal)?;
            if has_one && self.open_orders(worst.seat, direction) < 2 {
                return Err(Refusal::SideReserved);
            }
            self.side_mut(direction).remove_worst();
            evicted = Some(worst);
        }
        seat.opened(direction, price);
        self.store(number, &seat);
        if let Some(worst) = &evicted {
            self.release(direction, worst);
        }
        let order = Order { key, energy, placed: energy, expires, seat: number };
        self.side_mut(direction).insert(&order);
        Ok(Placed { order, evicted })
    }

    /// Returns whether an order of this seat on the other side crosses a new one at this price.
    fn crosses_own(&self, direction: Direction, price: u32, number: u16) -> bool {
        let (side, other) = match direction {
            Direction::Buy => (&self.asks, Direction::Sell),
            Direction::Sell => (&self.bids, Direction::Buy),
        };
        // Keys up to this one are at this price or better.
        let last = other.key(price, u32::MAX);
        let crossing = side.slots().partition_point(|slot| order::key(slot) <= last);
        // In eights, which the compiler unrolls: the walk may be as long as the book.
        let (eights, rest) = side.slots()[..crossing].as_chunks::<8>();
        let own = |slot: &OrderSlot| order::seat(slot) == number;
        eights.iter().any(|eight| eight.iter().fold(false, |found, slot| found | own(slot))) || rest.iter().any(own)
    }

    /// Returns the number of orders of a seat on one side.
    fn open_orders(&self, number: u16, direction: Direction) -> u16 {
        self.seats.get(usize::from(number)).map_or(0, |slot| Seat::read(slot).open(direction))
    }

    /// Cancels an order of a wallet's seat. It leaves the book at once, and the funds that backed it are free; but where its side is full,
    /// it may have kept another order out: then it stays for the open auction, which becomes its last. `auction` is the
    /// number of the open auction, `None` where none is held because the market is paused.
    ///
    /// # Errors
    /// [`Refusal::UnknownSeat`], [`Refusal::NotSeatOwner`], [`Refusal::UnknownOrder`], [`Refusal::NotOrderOwner`].
    pub fn cancel(
        &mut self,
        by: &Wallet,
        number: u16,
        direction: Direction,
        key: u64,
        auction: Option<u32>,
    ) -> Result<Cancelled, Refusal> {
        self.seat_of(number, by)?;
        let (place, order) = self.side(direction).find(key).ok_or(Refusal::UnknownOrder)?;
        if order.seat != number {
            return Err(Refusal::NotOrderOwner);
        }
        let side = self.side_mut(direction);
        match auction.filter(|_| side.is_full()) {
            Some(auction) => {
                side.put(place, &Order { expires: auction.min(order.expires), ..order });
                Ok(Cancelled { order, at_close: true })
            }
            None => {
                side.remove(place);
                self.release(direction, &order);
                Ok(Cancelled { order, at_close: false })
            }
        }
    }

    /// Frees the funds that back an order which leaves the book.
    fn release(&mut self, direction: Direction, order: &Order) {
        let Some(slot) = self.seats.get_mut(usize::from(order.seat)) else { return };
        let mut seat = Seat::read(slot);
        match direction {
            Direction::Buy => seat.quote.unlock(backing(direction.price(order.key), order.energy)),
            Direction::Sell => seat.energy.unlock(tokens(order.energy)),
        }
        seat.closed(direction);
        seat.write(slot);
    }
}
