//! Who trades: owners of meters sell their surplus, the other participants buy what their zone takes from the grid.
//!
//! What an agent knows is what everybody can read on the ledger: the tariffs, the interval's supply and demand, the price
//! of the last auction, and what became of its own orders.

mod adaptive;
mod need;
mod strategy;
mod zero_intelligence;

pub use {
    need::Needs,
    strategy::{Experience, Strategy, StrategyName},
};

use {
    crate::audit::SettledOrder,
    campus_energy_sdk::{
        matching::{Direction, value::backing},
        reading::Metered,
        trading::tariffs::Tariffs,
        units::{Energy, Money, Price},
    },
    rand::{SeedableRng, seq::SliceRandom},
    rand_chacha::ChaCha8Rng,
};

/// When buyers bid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bidding {
    /// Where the ledger's market data show a supply.
    #[default]
    WhenSupplied,
    /// In every interval, as whoever does not read the market data does.
    Always,
}

/// An order that an agent wants to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its seat.
    pub seat: u16,
    /// Buy or sell.
    pub direction: Direction,
    /// Limit.
    pub price: Price,
    /// How much.
    pub energy: u32,
}

/// Everybody who trades.
pub struct Agents {
    agents: Vec<Agent>,
    needs: Needs,
    tariffs: Tariffs,
    minimum_lot: u32,
    bidding: Bidding,
    shuffle: ChaCha8Rng,
}

/// A participant: one seat.
struct Agent {
    strategy: Box<dyn Strategy>,
    random: ChaCha8Rng,
    money: Money,
}

/// What all agents have in common.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// How they price.
    pub strategy: StrategyName,
    /// When buyers bid.
    pub bidding: Bidding,
    /// What the grid asks and pays.
    pub tariffs: Tariffs,
    /// The market's minimum lot, Wh.
    pub minimum_lot: u32,
    /// What each has on its seat at first.
    pub budget: Money,
    /// Seed of their choices.
    pub seed: u64,
}

impl Agents {
    /// Agents for these needs.
    #[must_use]
    pub fn new(needs: Needs, setting: &Setting) -> Self {
        let random = |stream: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(setting.seed);
            random.set_stream(stream);
            random
        };
        // Streams 0 and 1 are kept apart: each agent's choices are its own, however many others there are.
        let agent = |index: usize| {
            let (money, random) = (setting.budget, random(index as u64 + 2));
            setting.strategy.build().map(|strategy| Agent { strategy, random, money })
        };
        Self {
            agents: (0..needs.participants()).filter_map(agent).collect(),
            needs,
            tariffs: setting.tariffs,
            minimum_lot: setting.minimum_lot,
            bidding: setting.bidding,
            shuffle: random(1),
        }
    }

    /// What they want to trade of an interval's energy, in the order in which their transactions arrive. `supply` is what
    /// the ledger's market data show.
    pub fn wishes(&mut self, readings: &[Metered], supply: Energy) -> Vec<Wish> {
        let bids = supply > Energy::ZERO || self.bidding == Bidding::Always;
        let offers = self.needs.surplus(readings);
        let wanted = if bids { self.needs.imports(readings) } else { Vec::new() };
        let offers = offers.into_iter().map(|(seat, energy)| (seat, Direction::Sell, energy));
        let wanted = wanted.into_iter().map(|(seat, energy)| (seat, Direction::Buy, energy));
        let mut wishes: Vec<Wish> =
            offers.chain(wanted).filter_map(|(seat, direction, energy)| self.wish(seat, direction, energy)).collect();
        // Nobody is always first: among orders of one price the older one is served.
        wishes.shuffle(&mut self.shuffle);
        wishes
    }

    fn wish(&mut self, seat: u16, direction: Direction, energy: u32) -> Option<Wish> {
        let agent = self.agents.get_mut(usize::from(seat))?;
        let price = agent.strategy.limit(direction, &self.tariffs, &mut agent.random);
        let energy = match direction {
            // What it can pay for; the market locks a price rounded up for each Wh.
            Direction::Buy => {
                u32::try_from(agent.money.0 / backing(narrow(price), 1).max(1)).map_or(energy, |most| energy.min(most))
            }
            Direction::Sell => energy,
        };
        (energy >= self.minimum_lot).then_some(Wish { seat, direction, price, energy })
    }

    /// Tells an agent what became of its order.
    pub fn learn(&mut self, order: &SettledOrder) {
        let Some(agent) = self.agents.get_mut(usize::from(order.seat)) else { return };
        match order.direction {
            Direction::Buy => agent.money.0 = agent.money.0.saturating_sub(order.value.0),
            Direction::Sell => agent.money.0 += order.value.0,
        }
        let experience = Experience {
            limit: order.limit,
            price: order.price,
            filled: order.filled == order.wanted,
            reason: order.reason,
        };
        agent.strategy.learn(order.direction, &experience, &self.tariffs, &mut agent.random);
    }
}

fn narrow(price: Price) -> u32 {
    u32::try_from(price.0).unwrap_or(u32::MAX)
}
