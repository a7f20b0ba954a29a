//! Reproducible noise, keyed by (seed, stream, day) with ChaCha: a stream is a meter or the array.

use {
    super::{MeterProfile, calendar::LocalTime, slots::DAY},
    campus_energy_sdk::identity::MeterId,
    rand_chacha::{ChaCha8Rng, rand_core::SeedableRng},
    rand_distr::{Distribution, StandardNormal},
    rayon::prelude::*,
    sha2::{Digest, Sha256},
};

/// How strong the noise is: standard deviations of the logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseLevels {
    /// Of the array's generation.
    pub generation: f64,
    /// Of each meter's consumption.
    pub consumption: f64,
}

/// Meters below which a second core is not worth its call.
pub(super) const METERS_AT_ONCE: usize = 64;
/// Standard deviations beyond which nothing is drawn: it happens once in 500 million draws, and limits can rely on it.
pub(super) const GREATEST_DEVIATION: f64 = 6.0;
/// Correlation of neighbouring intervals.
const PERSISTENCE: f64 = 0.85;

/// Noise of a seed. Remembers the last day, so that going through a day costs no more than its numbers.
pub(super) struct Noise {
    seed: u64,
    levels: NoiseLevels,
    meters: Vec<MeterId>,
    day: Option<i32>,
    array: [f64; DAY],
    factors: Vec<[f64; DAY]>,
}

impl Noise {
    pub(super) fn new(seed: u64, levels: NoiseLevels, meters: &[MeterProfile]) -> Self {
        let meters: Vec<_> = meters.iter().map(|meter| meter.id).collect();
        Self { seed, levels, factors: vec![[1.0; DAY]; meters.len()], meters, day: None, array: [1.0; DAY] }
    }

    /// The array's factor on the day that is remembered.
    pub(super) fn array(&self, local: &LocalTime) -> f64 {
        self.array[local.slot]
    }

    /// The meters' factors on that day.
    pub(super) fn meters(&self, local: &LocalTime) -> impl Iterator<Item = f64> + '_ {
        let slot = local.slot;
        self.factors.iter().map(move |day| day[slot])
    }

    /// Makes ready for a day.
    pub(super) fn remember(&mut self, local: &LocalTime) {
        let day = local.day;
        if self.day == Some(day) {
            return;
        }
        self.array = factors(self.seed, b"array", day, self.levels.generation);
        let (seed, level) = (self.seed, self.levels.consumption);
        let meters = self.factors.par_iter_mut().zip(&self.meters).with_min_len(METERS_AT_ONCE);
        meters.for_each(|(factors_of, id)| *factors_of = factors(seed, &id.0, day, level));
        self.day = Some(day);
    }
}

/// The random numbers of a stream on a day: the same whatever else was asked for.
pub(super) fn stream(seed: u64, name: &[u8], day: i32) -> ChaCha8Rng {
    let mut key = Sha256::new();
    key.update(b"campus-energy noise\0");
    key.update(seed.to_le_bytes());
    key.update(day.to_le_bytes());
    key.update(name);
    ChaCha8Rng::from_seed(key.finalize().into())
}

/// The factor, with mean 1, at so many standard deviations.
fn factor(sigma: f64, deviations: f64) -> f64 {
    (sigma * deviations - sigma * sigma / 2.0).exp()
}

/// The greatest factor of a noise of this strength.
pub(super) fn greatest_factor(sigma: f64) -> f64 {
    factor(sigma, GREATEST_DEVIATION)
}

/// A day of factors with mean 1: the exponential of a first-order autoregression.
fn factors(seed: u64, name: &[u8], day: i32, sigma: f64) -> [f64; DAY] {
    let mut random = stream(seed, name, day);
    let innovation = (1.0 - PERSISTENCE * PERSISTENCE).sqrt();
    let mut state: f64 = StandardNormal.sample(&mut random);
    std::array::from_fn(|_| {
        let factor = factor(sigma, state.clamp(-GREATEST_DEVIATION, GREATEST_DEVIATION));
        let shock: f64 = StandardNormal.sample(&mut random);
        state = PERSISTENCE * state + innovation * shock;
        factor
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_mean_one_and_follow_each_other() {
        let days: Vec<_> = (0..400).flat_map(|day| factors(7, b"ENG_001", day, 0.03)).collect();
        let count = days.len() as f64;
        let mean = days.iter().sum::<f64>() / count;
        let deviation = (days.iter().map(|factor| (factor - mean).powi(2)).sum::<f64>() / count).sqrt();
        assert!((mean - 1.0).abs() < 0.001, "{mean}");
        assert!((deviation - 0.03).abs() < 0.002, "{deviation}");
        assert_ne!(factors(7, b"ENG_001", 1, 0.03), factors(7, b"ENG_002", 1, 0.03));
        assert_ne!(factors(7, b"ENG_001", 1, 0.03), factors(8, b"ENG_001", 1, 0.03));
    }
}
