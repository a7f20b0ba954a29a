//! The sky and the air of the physical mode.
//!
//! Clouds: a chain of three states (clear, broken, overcast) in steps of an interval, after Munkhammar and Widen (Solar Energy
//! 173, 2018), with a first-order autoregression of the clear-sky index within each state. Laws and transitions depend on the
//! season; they are assumptions, calibrated to the yearly yield of Thai arrays. A day's sky is a function of (seed, day): the
//! chain starts anew at local midnight, in the dark, so that an interval has the same values alone as in a whole run.

use {
    super::{
        behaviour::LAG_HOURS,
        calendar::LocalTime,
        configuration::{SkyName, WeatherSection},
        noise::{GREATEST_DEVIATION, stream},
        slots::{DAY, hour_of},
        solar::Air,
    },
    chrono::{Datelike, NaiveDate},
    rand_chacha::ChaCha8Rng,
    rand_distr::{Distribution, StandardNormal, StandardUniform},
    std::f64::consts::TAU,
};

/// A state of the sky: its index's mean, deviation, least and most, and how long it remembers.
struct State {
    mean: f64,
    deviation: f64,
    least: f64,
    most: f64,
    memory: f64,
}

/// Clear, broken, overcast.
const STATES: [State; 3] = [
    State { mean: 1.0, deviation: 0.03, least: 0.9, most: 1.05, memory: 0.8 },
    State { mean: 0.75, deviation: 0.15, least: 0.35, most: 1.1, memory: 0.5 },
    State { mean: 0.3, deviation: 0.1, least: 0.08, most: 0.6, memory: 0.8 },
];
/// How likely the sky is to change in an interval, and how much less from clear to overcast or back.
const CHANGE: f64 = 0.3;
const LEAP: f64 = 0.35;
/// Degrees by which the afternoon is above the month's mean.
const SWING: f64 = 4.0;
/// The hour at which it is warmest.
const WARMEST: f64 = 15.0;

/// Degrees by which days differ.
const DAILY_DEVIATION: f64 = 1.0;
/// March, from 0: the month of the design day.
const DESIGN_MONTH: usize = 2;

/// Degrees at an hour of a day with this mean.
fn usual(mean: f64, hour: f64) -> f64 {
    mean + SWING * (TAU * (hour - WARMEST) / 24.0).cos()
}

/// The most degrees by which it can be warmer than in the design month at the same hour.
pub(super) fn warmest(section: &WeatherSection) -> f64 {
    let means = section.monthly_temperatures();
    match section.air_temperature_c {
        Some(always) => always - (means[DESIGN_MONTH] - SWING),
        None => means.into_iter().fold(f64::MIN, f64::max) - means[DESIGN_MONTH] + DAILY_DEVIATION * GREATEST_DEVIATION,
    }
}

/// The weather of a seed. Remembers the last day.
pub(super) struct Weather {
    seed: u64,
    section: WeatherSection,
    /// Mean temperature of each month.
    means: [f64; 12],
    day: Option<i32>,
    indices: [f64; DAY],
    /// Degrees by which the day is warmer than its month.
    anomaly: f64,
}

impl Weather {
    pub(super) fn new(seed: u64, section: &WeatherSection) -> Self {
        Self {
            seed,
            section: section.clone(),
            means: section.monthly_temperatures(),
            day: None,
            indices: [1.0; DAY],
            anomaly: 0.0,
        }
    }

    /// Makes ready for a day.
    pub(super) fn remember(&mut self, local: &LocalTime, date: NaiveDate) {
        if self.section.sky == SkyName::Stochastic && self.day != Some(local.day) {
            self.indices = indices(self.seed, local.day, self.section.sky_shares(date.month0() as usize));
            let drawn: f64 = StandardNormal.sample(&mut stream(self.seed, b"air", local.day));
            self.anomaly = DAILY_DEVIATION * drawn.clamp(-GREATEST_DEVIATION, GREATEST_DEVIATION);
            self.day = Some(local.day);
        }
    }

    /// The air of an interval of the day that is remembered.
    pub(super) fn air(&self, local: &LocalTime, date: NaiveDate) -> Air {
        Air {
            clear_sky_index: self.indices[local.slot],
            temperature: self.section.air_temperature_c.unwrap_or(self.temperature(date, hour_of(local.slot))),
            wind: self.section.wind_m_s,
        }
    }

    /// Degrees at an hour of the day that is remembered.
    fn temperature(&self, date: NaiveDate, hour: f64) -> f64 {
        usual(self.means[date.month0() as usize], hour) + self.anomaly
    }

    /// How many degrees it was warmer, a building's lag ago, than it is in the design month at that hour.
    pub(super) fn warmer(&self, local: &LocalTime, date: NaiveDate) -> f64 {
        let hour = hour_of(local.slot) - LAG_HOURS;
        self.section.air_temperature_c.unwrap_or(self.temperature(date, hour)) - usual(self.means[DESIGN_MONTH], hour)
    }
}

/// A day of clear-sky indices.
fn indices(seed: u64, day: i32, law: [f64; 3]) -> [f64; DAY] {
    let mut random = stream(seed, b"sky", day);
    let mut state = pick(&law, &mut random);
    let mut latent: f64 = StandardNormal.sample(&mut random);
    std::array::from_fn(|_| {
        let State { mean, deviation, least, most, memory } = STATES[state];
        let index = (mean + deviation * latent).clamp(least, most);
        let shock: f64 = StandardNormal.sample(&mut random);
        latent = memory * latent + (1.0 - memory * memory).sqrt() * shock;
        state = step(state, &law, &mut random);
        index
    })
}

/// The next state: detailed balance keeps the law.
fn step(from: usize, law: &[f64; 3], random: &mut ChaCha8Rng) -> usize {
    let mut draw: f64 = StandardUniform.sample(random);
    for (to, share) in law.iter().enumerate().filter(|(to, _)| *to != from) {
        let likely = CHANGE * share * if from.abs_diff(to) == 2 { LEAP } else { 1.0 };
        if draw < likely {
            return to;
        }
        draw -= likely;
    }
    from
}

fn pick(law: &[f64; 3], random: &mut ChaCha8Rng) -> usize {
    let draw: f64 = StandardUniform.sample(random);
    if draw < law[0] {
        0
    } else if draw < law[0] + law[1] {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chain's law is the season's, its index's lag-1 correlation what the model was published with.
    #[test]
    fn skies_follow_their_season_and_themselves() {
        let thai = |month| WeatherSection::default().sky_shares(month);
        for (month, mean) in [(0, 0.6 + 0.3 * 0.75 + 0.1 * 0.3), (7, 0.25 + 0.45 * 0.75 + 0.3 * 0.3)] {
            let days: Vec<[f64; DAY]> = (0..400).map(|day| indices(5, day, thai(month))).collect();
            let all: Vec<f64> = days.iter().flatten().copied().collect();
            let found = all.iter().sum::<f64>() / all.len() as f64;
            assert!((found - mean).abs() < 0.02, "month {month}: {found}, expected {mean}");
            let variance = all.iter().map(|index| (index - found).powi(2)).sum::<f64>() / all.len() as f64;
            let pairs = days.iter().flat_map(|day| day.windows(2));
            let products = pairs.map(|pair| (pair[0] - found) * (pair[1] - found));
            let lag = products.sum::<f64>() / (days.len() * (DAY - 1)) as f64 / variance;
            assert!((0.65..0.92).contains(&lag), "month {month}: {lag}");
        }
        assert_ne!(indices(5, 1, thai(0)), indices(6, 1, thai(0)));
        assert_eq!(indices(5, 1, thai(0)), indices(5, 1, thai(0)));
    }
}
