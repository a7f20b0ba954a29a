//! The market as docs/market.md describes it: a list of orders, all prices tried, sums in 128 bits.

use {
    super::op::Person,
    campus_energy_sdk::{matching::Direction, trading::state::Asset},
    std::collections::VecDeque,
};

/// Base units of a Wh.
const WH: u128 = 1_000_000;

/// An order in the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Buy or sell.
    pub direction: Direction,
    /// Its number.
    pub number: u32,
    /// Whose it is.
    pub seat: u16,
    /// Limit, money base units per kWh.
    pub price: u64,
    /// What is left of it, Wh.
    pub energy: u64,
    /// The last auction in which it takes part.
    pub expires: u32,
}

impl Order {
    /// What backs it.
    pub(super) fn backing(&self, energy: u64) -> u128 {
        match self.direction {
            Direction::Buy => u128::from(self.price).div_ceil(1_000) * u128::from(energy),
            Direction::Sell => u128::from(energy) * WH,
        }
    }

    pub(super) fn asset(&self) -> Asset {
        match self.direction {
            Direction::Buy => Asset::Quote,
            Direction::Sell => Asset::Energy,
        }
    }

    fn is_better_than(&self, other: &Self) -> bool {
        match self.direction {
            _ if self.price == other.price => self.number < other.number,
            Direction::Buy => self.price > other.price,
            Direction::Sell => self.price < other.price,
        }
    }
}

/// An order's part in a clearing.
#[derive(Clone, Debug)]
struct Share {
    number: u32,
    filled: u64,
}

/// A clearing that is going on.
#[derive(Clone, Debug)]
pub struct Clearing {
    /// The auction.
    pub auction: u32,
    /// Its price.
    pub price: u64,
    /// Energy traded, Wh.
    pub energy: u64,
    shares: VecDeque<Share>,
    /// Money taken from buyers and not yet given to sellers.
    pub money: u128,
    /// Tokens given to buyers and not yet taken from sellers.
    pub tokens: u128,
}

/// What is remembered of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Its number.
    pub interval: u32,
    /// Surplus.
    pub supply: u64,
    /// Deficit.
    pub demand: u64,
    /// Its auction's price where something was traded.
    pub price: u64,
    /// Energy traded.
    pub traded: u64,
}

/// A seat.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seat {
    /// Who has claimed it.
    pub owner: Option<Person>,
    /// What is free, energy and money.
    pub free: [u128; 2],
}

/// A market.
#[derive(Clone, Debug)]
pub struct Market {
    /// Orders of a side, at most.
    pub places: usize,
    /// Least energy of an order.
    pub minimum_lot: u64,
    /// Orders of a seat, at most.
    pub orders_per_seat: usize,
    /// Basis points.
    pub fee: u128,
    /// The department's seat.
    pub treasury: usize,
    /// Every seat.
    pub seats: Vec<Seat>,
    /// Every order.
    pub orders: Vec<Order>,
    /// Number of the next order.
    pub next_order: u32,
    /// The same when the last clearing began.
    pub first_new_order: u32,
    /// Whether it is paused.
    pub paused: bool,
    /// The newest auction that has been cleared.
    pub cleared: u32,
    /// The newest auction whose clearing has begun.
    pub begun: u32,
    /// The clearing that is going on.
    pub clearing: Option<Clearing>,
    /// What somebody has transferred to the vaults without a deposit.
    pub gifts: [u128; 2],
    /// The last intervals.
    pub history: Vec<Remembered>,
    /// Surplus and deficit of late readings.
    pub late: [u64; 2],
    /// End of the newest interval with data.
    pub timestamp: i64,
    /// Energy ever traded.
    pub traded: u64,
}

/// An asset's place in pairs.
#[must_use]
pub fn at(asset: Asset) -> usize {
    match asset {
        Asset::Energy => 0,
        Asset::Quote => 1,
    }
}

impl Market {
    /// What backs a seat's orders.
    #[must_use]
    pub fn locked(&self, seat: usize, asset: Asset) -> u128 {
        let own = self.orders.iter().filter(|order| usize::from(order.seat) == seat && order.asset() == asset);
        own.map(|order| order.backing(order.energy)).sum()
    }

    /// The orders of a side, best first.
    #[must_use]
    pub fn side(&self, direction: Direction) -> Vec<&Order> {
        let mut side: Vec<_> = self.orders.iter().filter(|order| order.direction == direction).collect();
        side.sort_by(|a, b| if a.is_better_than(b) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater });
        side
    }

    /// The order that must leave for a new one.
    pub(super) fn eviction(&self, wanted: &Order) -> Result<Option<u32>, &'static str> {
        let side = self.side(wanted.direction);
        let of = |seat: u16| side.iter().filter(|order| order.seat == seat).count();
        let kept = self.places / 4;
        let has_one = of(wanted.seat) > 0;
        if side.len() < if has_one { self.places - kept } else { self.places } {
            return Ok(None);
        }
        let worst = side[side.len() - 1];
        if !wanted.is_better_than(worst) {
            return Err(if side.len() == self.places { "Trading.BookFull" } else { "Trading.SideReserved" });
        }
        if has_one && of(worst.seat) < 2 {
            return Err("Trading.SideReserved");
        }
        Ok(Some(worst.number))
    }

    /// Takes an order that nothing is wrong with.
    pub fn place(&mut self, wanted: Order) {
        if let Ok(Some(evicted)) = self.eviction(&wanted) {
            self.remove(evicted);
        }
        self.seats[usize::from(wanted.seat)].free[at(wanted.asset())] -= wanted.backing(wanted.energy);
        self.next_order += 1;
        self.orders.push(wanted);
    }

    /// Cancels an order. On a full side it stays for the open auction, but for a paused market.
    pub fn cancel(&mut self, number: u32) {
        let Some(index) = self.orders.iter().position(|order| order.number == number) else { return };
        let is_full = self.side(self.orders[index].direction).len() == self.places;
        if is_full && !self.paused {
            let order = &mut self.orders[index];
            order.expires = order.expires.min(self.cleared + 1);
        } else {
            self.remove(number);
        }
    }

    /// An order leaves the book; what backed it is free.
    fn remove(&mut self, number: u32) {
        if let Some(index) = self.orders.iter().position(|order| order.number == number) {
            let order = self.orders.swap_remove(index);
            self.seats[usize::from(order.seat)].free[at(order.asset())] += order.backing(order.energy);
        }
    }

    /// Energy that bids want and asks offer at a price, in an auction.
    fn wanted_and_offered(&self, auction: u32, price: u64) -> (u64, u64) {
        let live = |direction| {
            self.orders.iter().filter(move |order| order.direction == direction && order.expires >= auction)
        };
        let wanted = live(Direction::Buy).filter(|order| order.price >= price).map(|order| order.energy).sum();
        let offered = live(Direction::Sell).filter(|order| order.price <= price).map(|order| order.energy).sum();
        (wanted, offered)
    }

    /// The clearing price and the energy traded, by trying every price at which anything changes, and its neighbours.
    #[must_use]
    pub fn price(&self, auction: u32) -> (u64, u64) {
        let near = |order: &Order| [order.price.saturating_sub(1), order.price, order.price + 1];
        let all: Vec<(u64, u64, u64)> = self
            .orders
            .iter()
            .flat_map(near)
            .filter(|price| *price > 0)
            .map(|price| {
                let (wanted, offered) = self.wanted_and_offered(auction, price);
                (price, wanted, offered)
            })
            .collect();
        let most = all.iter().map(|(_, wanted, offered)| *wanted.min(offered)).max().unwrap_or(0);
        if most == 0 {
            return (0, 0);
        }
        let trading = all.iter().filter(|(_, wanted, offered)| *wanted.min(offered) == most);
        let least = trading.clone().map(|(_, wanted, offered)| wanted.abs_diff(*offered)).min().unwrap_or(0);
        let left: Vec<_> = trading.filter(|(_, wanted, offered)| wanted.abs_diff(*offered) == least).collect();
        let lowest = left.iter().map(|(price, ..)| *price).min().unwrap_or(0);
        let highest = left.iter().map(|(price, ..)| *price).max().unwrap_or(0);
        // Where as much demand is left at the lower of these prices as supply at the higher, it is the place where the one becomes the
        // other: at any other price an order would go short whose limit is strictly better.
        let demand = left.iter().filter(|(_, wanted, offered)| wanted > offered).map(|(price, ..)| *price).max();
        let supply = left.iter().filter(|(_, wanted, offered)| wanted < offered).map(|(price, ..)| *price).min();
        let price = match (demand, supply) {
            (Some(last), Some(first)) => u64::midpoint(last, first),
            (Some(highest), None) => highest,
            (None, Some(lowest)) => lowest,
            (None, None) => u64::midpoint(lowest, highest),
        };
        (price, most)
    }

    /// Settles up to so many orders of the auction that is due.
    ///
    /// # Panics
    /// Where the reference breaks the market's own rules.
    pub fn clear(&mut self, open: u32, orders: u16) {
        let mut clearing = self.clearing.take().unwrap_or_else(|| self.begin(open));
        for _ in 0..orders {
            let Some(share) = clearing.shares.pop_front() else { break };
            self.settle(&mut clearing, &share);
        }
        if clearing.shares.is_empty() {
            assert_eq!(clearing.tokens, 0, "energy bought is energy sold");
            self.seats[self.treasury].free[1] += clearing.money;
            self.cleared = clearing.auction;
            self.traded += clearing.energy;
            let slot = &mut self.history[clearing.auction as usize % 96];
            if slot.interval <= clearing.auction {
                if slot.interval < clearing.auction {
                    *slot = Remembered { interval: clearing.auction, ..Remembered::default() };
                }
                (slot.price, slot.traded) = (clearing.price, clearing.energy);
            }
        } else {
            self.clearing = Some(clearing);
        }
    }

    fn begin(&mut self, open: u32) -> Clearing {
        let has_new = self.next_order != self.first_new_order;
        let auction = if has_new { self.cleared + 1 } else { open - 1 };
        (self.begun, self.first_new_order) = (auction, self.next_order);
        let (price, energy) = self.price(auction);
        let mut shares = VecDeque::new();
        for direction in [Direction::Buy, Direction::Sell] {
            let mut left = energy;
            for order in self.side(direction) {
                let meets = match direction {
                    Direction::Buy => order.price >= price,
                    Direction::Sell => order.price <= price,
                };
                let filled = if meets && order.expires >= auction { order.energy.min(left) } else { 0 };
                left -= filled;
                shares.push_back(Share { number: order.number, filled });
            }
            assert_eq!(left, 0, "what is traded is there");
        }
        Clearing { auction, price, energy, shares, money: 0, tokens: 0 }
    }

    fn settle(&mut self, clearing: &mut Clearing, share: &Share) {
        let index = self.orders.iter().position(|order| order.number == share.number).expect("the order is there");
        let order = &mut self.orders[index];
        let free = &mut self.seats[usize::from(order.seat)].free;
        let filled = u128::from(share.filled);
        let value = u128::from(clearing.price) * filled;
        order.energy -= share.filled;
        match order.direction {
            Direction::Buy => {
                assert!(share.filled == 0 || order.price >= clearing.price, "within the limit");
                let paid = value.div_ceil(1_000);
                free[1] += order.backing(share.filled) - paid;
                free[0] += filled * WH;
                clearing.money += paid;
                clearing.tokens += filled * WH;
            }
            Direction::Sell => {
                assert!(share.filled == 0 || order.price <= clearing.price, "within the limit");
                let value = value / 1_000;
                let got = value - (value * self.fee).div_ceil(10_000);
                free[1] += got;
                clearing.money -= got;
                clearing.tokens -= filled * WH;
            }
        }
        if order.energy == 0 || order.expires <= clearing.auction {
            self.remove(share.number);
        }
    }

    /// Takes an interval's surplus and deficit from the oracle.
    pub fn update(&mut self, number: u32, supply: u64, demand: u64) {
        let slot = &mut self.history[number as usize % 96];
        if number <= self.begun || slot.interval > number {
            self.late[0] += supply;
            self.late[1] += demand;
            return;
        }
        if slot.interval < number {
            *slot = Remembered { interval: number, ..Remembered::default() };
        }
        slot.supply += supply;
        slot.demand += demand;
        self.timestamp = self.timestamp.max(i64::from(number) * 900);
    }
}
