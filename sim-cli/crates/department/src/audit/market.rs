//! The market, rebuilt from its events: seats, orders, and every auction, whose price and fills are computed again.

use {
    super::sums::add,
    campus_energy_sdk::{
        event::AnyEvent,
        matching::{
            Direction, OrderOutcome, Reason,
            crossing::{Crossing, cross},
            order::{Order, OrderSlot},
            value::{cost, proceeds, tokens},
        },
        time::{INTERVAL_SECONDS, Interval},
        trading::{
            event::{MarketCleared, OrderPlaced, OrdersSettled},
            state::{Asset, Terms, interval_number},
            tariffs::Tariffs,
        },
        units::{Money, Price},
    },
    std::collections::BTreeMap,
};

/// What a seat holds and has traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditedSeat {
    /// Tokens, free and locked.
    pub energy: u64,
    /// Money, free and locked.
    pub quote: u64,
    /// Wh bought.
    pub bought: u64,
    /// Wh sold.
    pub sold: u64,
    /// Money paid.
    pub paid: u64,
    /// Money earned.
    pub earned: u64,
}

/// What became of an order in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledOrder {
    /// Number of the order.
    pub order: u32,
    /// Number of the seat that placed it.
    pub seat: u16,
    /// Buy or sell.
    pub direction: Direction,
    /// Limit price.
    pub limit: Price,
    /// Wh that it wanted in this auction.
    pub wanted: u32,
    /// Wh that it got.
    pub filled: u32,
    /// The auction's price; 0 where nothing was traded.
    pub price: Price,
    /// Money paid or earned.
    pub value: Money,
    /// Reason of the outcome.
    pub reason: Reason,
}

/// An auction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Auction {
    /// Bids in it.
    pub bids: u32,
    /// Asks in it.
    pub asks: u32,
    /// Wh that the bids wanted.
    pub wanted: u64,
    /// Wh that the asks offered.
    pub offered: u64,
    /// Orders that traded.
    pub fills: u32,
    /// The clearing price; 0 where nothing was traded.
    pub price: Price,
    /// Wh traded.
    pub traded: u64,
    /// Money that buyers paid.
    pub paid: u64,
    /// Money that sellers earned.
    pub earned: u64,
}

/// An order in the book.
#[derive(Clone, Copy, Debug)]
struct OpenOrder {
    seat: u16,
    direction: Direction,
    price: u32,
    energy: u32,
    expires: u32,
}

/// The market of a ledger.
#[derive(Clone, Debug, Default)]
pub struct MarketAudit {
    /// What the grid asks and pays.
    pub tariffs: Option<Tariffs>,
    /// What it asks of traders.
    pub terms: Option<Terms>,
    /// The seats, by number.
    pub seats: BTreeMap<u16, AuditedSeat>,
    /// Auctions held.
    pub auctions: u64,
    /// Orders placed, by direction.
    pub placed: [u64; 2],
    /// Orders cancelled or evicted.
    pub withdrawn: u64,
    /// Wh traded.
    pub traded: u64,
    /// What fees and rounding have left for the treasury.
    pub treasury: u64,
    book: BTreeMap<u32, OpenOrder>,
    clearing: Option<Clearing>,
}

/// A clearing that is going on.
#[derive(Clone, Debug)]
struct Clearing {
    /// End of the interval whose energy is sold.
    timestamp: i64,
    /// What the orders give.
    crossing: Crossing,
    /// Orders in the book when it began.
    all: usize,
    auction: Auction,
    /// Wh bought and sold.
    sides: [u64; 2],
    orders: Vec<SettledOrder>,
}

impl MarketAudit {
    /// Takes an event into account; `auction` is the number of the next one that will be held.
    pub(super) fn event(&mut self, event: &AnyEvent, auction: u32) -> Result<(), String> {
        match event {
            AnyEvent::MarketInitialized(event) => {
                (self.tariffs, self.terms) = (Some(event.tariffs), Some(event.terms));
            }
            AnyEvent::SeatClaimed(event) => {
                self.seats.entry(event.seat).or_default();
            }
            AnyEvent::FundsDeposited(event) => {
                let balance = self.balance(event.seat, event.asset)?;
                add(&format!("balance of seat {}", event.seat), balance, event.amount)?;
            }
            AnyEvent::FundsWithdrawn(event) => {
                let balance = self.balance(event.seat, event.asset)?;
                *balance = balance.checked_sub(event.amount).ok_or_else(|| {
                    format!("seat {} withdraws {} of the {balance} that it has", event.seat, event.amount)
                })?;
            }
            AnyEvent::OrderPlaced(event) => self.place(event)?,
            AnyEvent::OrderCancelled(event) if event.at_close => self.last_auction(event.order, auction)?,
            AnyEvent::OrderCancelled(event) => self.remove(event.order, event.seat)?,
            AnyEvent::OrderEvicted(event) => self.remove(event.order, event.seat)?,
            AnyEvent::OrdersSettled(event) => self.settled(event)?,
            _ => {}
        }
        Ok(())
    }

    fn seat(&mut self, number: u16) -> Result<&mut AuditedSeat, String> {
        self.seats.get_mut(&number).ok_or_else(|| format!("seat {number} is nobody's"))
    }

    fn balance(&mut self, seat: u16, asset: Asset) -> Result<&mut u64, String> {
        let seat = self.seat(seat)?;
        Ok(match asset {
            Asset::Energy => &mut seat.energy,
            Asset::Quote => &mut seat.quote,
        })
    }

    fn place(&mut self, event: &OrderPlaced) -> Result<(), String> {
        let &OrderPlaced { order, seat, direction, price, energy, expires, .. } = event;
        let wide = || format!("order {order} is out of range");
        let expires = interval_number(Interval::ending_at(expires).ok_or_else(wide)?);
        let (price, energy) = (u32::try_from(price.0), u32::try_from(energy.0));
        let (Ok(price), Ok(energy)) = (price, energy) else { return Err(wide()) };
        let placed = &mut self.placed[direction as usize];
        *placed = placed.saturating_add(1);
        let open = OpenOrder { seat, direction, price, energy, expires };
        if self.book.insert(order, open).is_some() { Err(format!("order {order} is placed twice")) } else { Ok(()) }
    }

    fn remove(&mut self, order: u32, seat: u16) -> Result<(), String> {
        self.withdrawn = self.withdrawn.saturating_add(1);
        let removed = self.book.remove(&order).filter(|open| open.seat == seat);
        removed.map(|_| ()).ok_or_else(|| format!("order {order} is not seat {seat}'s to remove"))
    }

    /// A full side keeps an order that was cancelled for the next auction, its last.
    fn last_auction(&mut self, order: u32, auction: u32) -> Result<(), String> {
        self.withdrawn = self.withdrawn.saturating_add(1);
        let open = self.book.get_mut(&order).ok_or_else(|| format!("order {order} is not in the book"))?;
        open.expires = open.expires.min(auction);
        Ok(())
    }

    /// The sorted slots of one side.
    fn side(&self, direction: Direction) -> Vec<OrderSlot> {
        let of_side = self.book.iter().filter(|(_, open)| open.direction == direction);
        let order = |(&sequence, open): (&u32, &OpenOrder)| Order {
            key: direction.key(open.price, sequence),
            energy: open.energy,
            placed: open.energy,
            expires: open.expires,
            seat: open.seat,
        };
        let mut orders: Vec<Order> = of_side.map(order).collect();
        orders.sort_unstable_by_key(|order| order.key);
        orders.iter().map(Order::slot).collect()
    }

    /// The clearing of an interval's auction: the one that is going on, or a new one.
    fn clearing(&mut self, timestamp: i64) -> Result<Clearing, String> {
        let clearing = self.clearing.take().unwrap_or_else(|| {
            let (bids, asks) = (self.side(Direction::Buy), self.side(Direction::Sell));
            let crossing = cross(&bids, &asks, number(timestamp));
            let crossing = crossing.unwrap_or(Crossing { price: 0, energy: 0 });
            let auction = Auction { price: Price(crossing.price.into()), ..Auction::default() };
            let all = self.book.len();
            Clearing { timestamp, crossing, all, auction, sides: [0, 0], orders: Vec::with_capacity(all) }
        });
        if clearing.timestamp == timestamp {
            Ok(clearing)
        } else {
            Err(format!("the auction of {timestamp} is cleared before that of {} is over", clearing.timestamp))
        }
    }

    /// Orders have been settled: every fill must be within its limit.
    fn settled(&mut self, event: &OrdersSettled) -> Result<(), String> {
        let &OrdersSettled { timestamp, direction, ref outcomes, .. } = event;
        let mut clearing = self.clearing(timestamp)?;
        for outcome in outcomes {
            let settled = self.settle(direction, outcome, clearing.crossing.price, number(timestamp))?;
            add("energy of one side, Wh", &mut clearing.sides[direction as usize], settled.filled.into())?;
            clearing.auction.add(&settled)?;
            clearing.orders.push(settled);
        }
        self.clearing = Some(clearing);
        Ok(())
    }

    /// The orders that a clearing which is not over has settled: the end of its interval, and they.
    #[must_use]
    pub fn unfinished(&self) -> Option<(i64, &[SettledOrder])> {
        self.clearing.as_ref().map(|clearing| (clearing.timestamp, clearing.orders.as_slice()))
    }

    /// An auction is over: its price must be the one that its orders give, and as much be bought as sold.
    pub(super) fn cleared(&mut self, event: &MarketCleared) -> Result<(Auction, Vec<SettledOrder>), String> {
        let Clearing { timestamp, crossing, all, mut auction, sides, orders } = self.clearing(event.timestamp)?;
        let Crossing { price, energy } = crossing;
        if (u64::from(price), energy) != (event.price.0, event.energy.0) {
            let (told, sold) = (event.price.0, event.energy.0);
            return Err(format!("an auction of {sold} Wh at {told}, where its orders give {energy} Wh at {price}"));
        }
        if orders.len() != all {
            return Err(format!("{} orders settled of {all}", orders.len()));
        }
        if sides != [energy; 2] {
            return Err(format!("{} Wh bought, {} Wh sold, {energy} Wh traded", sides[0], sides[1]));
        }
        let (paid, earned) = (auction.paid, auction.earned);
        let left = paid.checked_sub(earned);
        let left = left.ok_or_else(|| format!("sellers earned {earned}, more than the {paid} that buyers paid"))?;
        if left != event.treasury.0 {
            return Err(format!("the treasury got {}, not the {left} that were left", event.treasury.0));
        }
        auction.traded = energy;
        self.auctions = self.auctions.saturating_add(1);
        add("energy traded, Wh", &mut self.traded, energy)?;
        add("money left for the treasury", &mut self.treasury, left)?;
        let treasury = self.terms.ok_or("a clearing before the market was founded")?.treasury;
        add("money of the treasury's seat", &mut self.seats.entry(treasury).or_default().quote, left)?;
        self.uncrossed(number(timestamp))?;
        Ok((auction, orders))
    }

    fn settle(
        &mut self,
        direction: Direction,
        outcome: &OrderOutcome,
        price: u32,
        number: u32,
    ) -> Result<SettledOrder, String> {
        let &OrderOutcome { sequence, seat, filled, reason, left } = outcome;
        let wrong = |what: &str| format!("order {sequence}: {what}");
        let open = self.book.get_mut(&sequence).ok_or_else(|| wrong("it is not in the book"))?;
        let wanted = open.energy;
        if (open.seat, open.direction) != (seat, direction) || filled > wanted {
            return Err(wrong("another seat, side or energy than it was placed with"));
        }
        let within = if direction == Direction::Buy { price <= open.price } else { price >= open.price };
        if filled > 0 && (!within || open.expires < number) {
            return Err(wrong("filled outside its limit"));
        }
        let limit = Price(open.price.into());
        open.energy = wanted.saturating_sub(filled);
        if left {
            self.book.remove(&sequence);
        }
        let fee = self.terms.map_or(0, |terms| terms.fee);
        let account = self.seat(seat)?;
        let short = |has: u64, needs: u64| wrong(&format!("its seat has {has} of the {needs} that it trades"));
        let add = |what: &str, sum: &mut u64, more: u64| {
            add(&format!("seat {seat}, {what}"), sum, more).map_err(|error| wrong(&error))
        };
        let value = match direction {
            Direction::Buy => {
                let paid = cost(price, filled);
                account.quote = account.quote.checked_sub(paid).ok_or_else(|| short(account.quote, paid))?;
                add("energy", &mut account.energy, tokens(filled))?;
                add("energy bought, Wh", &mut account.bought, filled.into())?;
                add("money paid", &mut account.paid, paid)?;
                paid
            }
            Direction::Sell => {
                let earned = proceeds(price, filled, fee);
                let sold = tokens(filled);
                account.energy = account.energy.checked_sub(sold).ok_or_else(|| short(account.energy, sold))?;
                add("money", &mut account.quote, earned)?;
                add("energy sold, Wh", &mut account.sold, filled.into())?;
                add("money earned", &mut account.earned, earned)?;
                earned
            }
        };
        let price = Price(price.into());
        let value = Money(value);
        Ok(SettledOrder { order: sequence, seat, direction, limit, wanted, filled, price, value, reason })
    }

    /// After an auction nobody is left who would still trade with somebody.
    fn uncrossed(&self, number: u32) -> Result<(), String> {
        let (bids, asks) = (self.side(Direction::Buy), self.side(Direction::Sell));
        match cross(&bids, &asks, number) {
            Ok(crossing) => Err(format!("{} Wh are left to trade", crossing.energy)),
            Err(_) => Ok(()),
        }
    }
}

/// The number of the interval that ends then.
fn number(timestamp: i64) -> u32 {
    u32::try_from(timestamp / INTERVAL_SECONDS).unwrap_or(u32::MAX)
}

impl Auction {
    fn add(&mut self, order: &SettledOrder) -> Result<(), String> {
        self.fills = self.fills.saturating_add(u32::from(order.filled > 0));
        match order.direction {
            Direction::Buy => {
                self.bids = self.bids.saturating_add(1);
                add("energy wanted, Wh", &mut self.wanted, order.wanted.into())?;
                add("money paid", &mut self.paid, order.value.0)
            }
            Direction::Sell => {
                self.asks = self.asks.saturating_add(1);
                add("energy offered, Wh", &mut self.offered, order.wanted.into())?;
                add("money earned", &mut self.earned, order.value.0)
            }
        }
    }
}
