//! Zero intelligence, constrained (Gode and Sunder, Journal of Political Economy 101, 1993): limits are random, but never
//! at a loss against the grid. What such traders gain is the market's own doing.

use {
    super::strategy::{Experience, Strategy, between},
    campus_energy_sdk::{matching::Direction, trading::tariffs::Tariffs, units::Price},
    rand_chacha::ChaCha8Rng,
};

pub(super) struct ZeroIntelligence;

impl Strategy for ZeroIntelligence {
    fn limit(&mut self, _: Direction, tariffs: &Tariffs, random: &mut ChaCha8Rng) -> Price {
        between(tariffs, random)
    }

    fn learn(&mut self, _: Direction, _: &Experience, _: &Tariffs, _: &mut ChaCha8Rng) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn limits_are_spread_between_the_tariffs() {
        let tariffs = Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut limits: Vec<u64> =
            (0..1_000).map(|_| ZeroIntelligence.limit(Direction::Buy, &tariffs, &mut random).0).collect();
        limits.sort_unstable();
        assert!(tariffs.feed_in.0 <= limits[0] && limits[999] <= tariffs.retail.0);
        let middle = u64::midpoint(tariffs.feed_in.0, tariffs.retail.0);
        assert!(limits[500].abs_diff(middle) < 200_000, "{}", limits[500]);
    }
}
