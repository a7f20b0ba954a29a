//! Load that responds to prices, the brief's real-time market response: in each zone a share of the load of expensive intervals
//! moves to cheap ones. Over a day the energy stays the same, and no interval's load changes by more than the share.
//!
//! An interval is expensive if the reference price, which the day's own supply and demand would give (a perfect forecast of the
//! day), is above the day's mean.

use {
    crate::{IntervalReadings, MeterProfile},
    campus_energy_sdk::{apportion::apportion, trading::tariffs::Tariffs, units::Energy},
};

/// How load answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceResponse {
    /// Parts in a thousand of an interval's load that can move.
    pub per_mille: u32,
    /// What prices are made of.
    pub tariffs: Tariffs,
    /// What a meter consumes at most in an interval, Wh: nothing moves to where it would be more.
    pub most: u32,
}

impl PriceResponse {
    /// Moves a day's loads.
    pub fn apply(&self, meters: &[MeterProfile], day: &mut [IntervalReadings]) {
        if self.per_mille == 0 || day.is_empty() {
            return;
        }
        let prices: Vec<u64> = day.iter().map(|interval| self.price(interval)).collect();
        let mean = prices.iter().sum::<u64>() / prices.len() as u64;
        for meter in 0..meters.len() {
            // A meter answers as its zone does: by its share of the zone's load in each interval.
            let part = |side: fn(&u64, &u64) -> bool, room: u32| -> Vec<u64> {
                let movable = |(interval, price): (&IntervalReadings, &u64)| {
                    let load = interval.readings[meter].consumed;
                    let share = u64::from(load) * u64::from(self.per_mille) / 1_000;
                    if side(price, &mean) { share.min(room.saturating_sub(load).into()) } else { 0 }
                };
                day.iter().zip(&prices).map(movable).collect()
            };
            let (from, to) = (part(u64::gt, u32::MAX), part(u64::lt, self.most));
            let total = from.iter().sum::<u64>().min(to.iter().sum());
            // What a meter consumes on a day fits 32 bits, as what all meters consume in an interval does; more than that stays.
            let total = u32::try_from(total).unwrap_or(u32::MAX);
            if total == 0 {
                continue;
            }
            let (taken, given) = (apportion(total, &from), apportion(total, &to));
            for (interval, (taken, given)) in day.iter_mut().zip(taken.into_iter().zip(given)) {
                let load = &mut interval.readings[meter].consumed;
                *load = *load - taken + given;
            }
        }
    }

    fn price(&self, interval: &IntervalReadings) -> u64 {
        let sum = |part: fn(u32, u32) -> u32| {
            Energy(interval.readings.iter().map(|r| u64::from(part(r.generated, r.consumed))).sum())
        };
        let supply = sum(|generated, consumed| generated.saturating_sub(consumed));
        let demand = sum(|generated, consumed| consumed.saturating_sub(generated));
        self.tariffs.reference_price(supply, demand).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Configuration, Mode, Simulation};
    use campus_energy_sdk::units::Price;

    #[test]
    fn load_moves_to_cheap_intervals_and_the_day_keeps_its_energy() {
        let configuration = Configuration::load(None).unwrap();
        let mut simulation = Simulation::new(&configuration, 1, Mode::SeedProfile);
        let before: Vec<_> = simulation.intervals("2025-03-20".parse().unwrap(), 1).collect();
        let tariffs = Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) };
        let response = PriceResponse { per_mille: 200, tariffs, most: configuration.load_limit() };
        let mut after = before.clone();
        response.apply(simulation.meters(), &mut after);
        let (mut moved, mut cost) = (0_u64, [0_u64; 2]);
        for meter in 0..simulation.meters().len() {
            let day = |all: &[IntervalReadings]| all.iter().map(|i| u64::from(i.readings[meter].consumed)).sum::<u64>();
            assert_eq!(day(&before), day(&after));
            for (old, new) in before.iter().zip(&after) {
                let (load, now) = (old.readings[meter].consumed, new.readings[meter].consumed);
                assert!(load.abs_diff(now) <= load.div_ceil(5) + 1, "{load} -> {now}");
                moved += u64::from(load.abs_diff(now));
                let price = response.price(old) / 1_000;
                cost[0] += price * u64::from(load);
                cost[1] += price * u64::from(now);
            }
        }
        assert!(moved > 10_000 && cost[1] < cost[0], "{moved} Wh, {cost:?}");
        let mut none = before.clone();
        PriceResponse { per_mille: 0, tariffs, most: u32::MAX }.apply(simulation.meters(), &mut none);
        assert_eq!(none, before);
    }
}
