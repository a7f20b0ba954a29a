//! Adaptive limits, after the "zero intelligence plus" traders of Cliff (HP Laboratories HPL-97-91, 1997), for a call
//! auction: whoever was served tries a little better than the last clearing price, whoever was not gives way to it. Where
//! energy is scarce the price rises towards the retail tariff, where it abounds it falls towards the feed-in tariff.

use {
    super::strategy::{Experience, Strategy, between},
    campus_energy_sdk::{
        matching::{Direction, Reason},
        trading::tariffs::Tariffs,
        units::Price,
    },
    rand::Rng,
    rand_chacha::ChaCha8Rng,
};

/// Every step is at most one part in this of the range between the tariffs.
const STEP: u64 = 10;
/// The learning rate of an agent lies between these, in parts of [`RATES`].
const SLOWEST: u64 = 20;
const FASTEST: u64 = 80;
const RATES: u64 = 100;

/// The limit that it has come to, and how fast it moves.
#[derive(Default)]
pub(super) struct Adaptive {
    limit: Option<u64>,
    rate: u64,
}

impl Strategy for Adaptive {
    fn limit(&mut self, _: Direction, tariffs: &Tariffs, random: &mut ChaCha8Rng) -> Price {
        if self.limit.is_none() {
            self.rate = random.random_range(SLOWEST..=FASTEST);
        }
        Price(*self.limit.get_or_insert_with(|| between(tariffs, random).0))
    }

    fn learn(&mut self, direction: Direction, experience: &Experience, tariffs: &Tariffs, random: &mut ChaCha8Rng) {
        let &Experience { limit, price, filled, reason } = experience;
        let step = random.random_range(0..=(tariffs.retail.0 - tariffs.feed_in.0) / STEP);
        // Where nothing was traded, its own limit is all there is to go by.
        let from = if price.0 == 0 { limit.0 } else { price.0 };
        let target = match (reason, direction, filled) {
            // There was nobody to give way to.
            (Reason::NoCounterparty | Reason::Expired, ..) => return,
            (_, Direction::Buy, true) | (_, Direction::Sell, false) => from.saturating_sub(step),
            (_, Direction::Buy, false) | (_, Direction::Sell, true) => from + step,
        };
        let moved = (limit.0 * (RATES - self.rate) + target * self.rate) / RATES;
        self.limit = Some(moved.clamp(tariffs.feed_in.0, tariffs.retail.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const TARIFFS: Tariffs = Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) };

    /// Where it is after being told the same over and over.
    fn after(direction: Direction, filled: bool, reason: Reason) -> u64 {
        let (mut agent, mut random) = (Adaptive::default(), ChaCha8Rng::seed_from_u64(3));
        for _ in 0..500 {
            let limit = agent.limit(direction, &TARIFFS, &mut random);
            agent.learn(direction, &Experience { limit, price: limit, filled, reason }, &TARIFFS, &mut random);
        }
        agent.limit(direction, &TARIFFS, &mut random).0
    }

    #[test]
    fn who_is_served_wants_more_and_who_is_not_gives_way() {
        assert_eq!(after(Direction::Buy, true, Reason::Filled), TARIFFS.feed_in.0);
        assert_eq!(after(Direction::Buy, false, Reason::OutsidePrice), TARIFFS.retail.0);
        assert_eq!(after(Direction::Sell, true, Reason::Filled), TARIFFS.retail.0);
        assert_eq!(after(Direction::Sell, false, Reason::FilledInPart), TARIFFS.feed_in.0);
    }

    #[test]
    fn an_empty_market_teaches_nothing() {
        let (mut agent, mut random) = (Adaptive::default(), ChaCha8Rng::seed_from_u64(3));
        let limit = agent.limit(Direction::Buy, &TARIFFS, &mut random);
        let nothing = Experience { limit, price: Price::ZERO, filled: false, reason: Reason::NoCounterparty };
        agent.learn(Direction::Buy, &nothing, &TARIFFS, &mut random);
        assert_eq!(agent.limit(Direction::Buy, &TARIFFS, &mut random), limit);
    }
}
