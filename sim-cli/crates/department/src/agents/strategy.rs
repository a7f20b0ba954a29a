//! What a strategy is.

use {
    super::{adaptive::Adaptive, zero_intelligence::ZeroIntelligence},
    campus_energy_sdk::{
        matching::{Direction, Reason},
        trading::tariffs::Tariffs,
        units::Price,
    },
    rand::Rng,
    rand_chacha::ChaCha8Rng,
};

/// How an agent prices its orders. Nobody rational buys above the retail tariff or sells below the feed-in tariff: the
/// grid does better.
pub trait Strategy: Send {
    /// The limit of the next order.
    fn limit(&mut self, direction: Direction, tariffs: &Tariffs, random: &mut ChaCha8Rng) -> Price;

    /// What became of the last one.
    fn learn(&mut self, direction: Direction, experience: &Experience, tariffs: &Tariffs, random: &mut ChaCha8Rng);
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Experience {
    /// Its limit.
    pub limit: Price,
    /// The auction's price; 0 where nothing was traded.
    pub price: Price,
    /// Whether all of it was traded.
    pub filled: bool,
    /// Why, or why not.
    pub reason: Reason,
}

/// A strategy by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum StrategyName {
    /// Random limits between the tariffs (zero intelligence, constrained)
    ZeroIntelligence,
    /// Limits that follow the last clearing prices
    #[default]
    Adaptive,
    /// Nobody trades
    None,
}

impl StrategyName {
    pub(super) fn build(self) -> Option<Box<dyn Strategy>> {
        match self {
            Self::ZeroIntelligence => Some(Box::new(ZeroIntelligence)),
            Self::Adaptive => Some(Box::new(Adaptive::default())),
            Self::None => None,
        }
    }
}

/// A price between the tariffs, both included, each equally likely.
pub(super) fn between(tariffs: &Tariffs, random: &mut ChaCha8Rng) -> Price {
    Price(random.random_range(tariffs.feed_in.0..=tariffs.retail.0))
}
