//! The models that need no fitting, and CLIPER.

use super::{DAY, History, WEEK};

/// Tells the power ahead.
pub trait Forecaster {
    /// Name of the model.
    fn name(&self) -> &'static str;

    /// Learns from the intervals before `end`.
    fn fit(&mut self, _: &History, _end: usize, _horizon: usize) {}

    /// Takes notice of the interval `at`, the intervals before having been noticed.
    fn notice(&mut self, _: &History, _at: usize) {}

    /// The power of the interval `at + horizon`, from what is known at the end of `at`, kW.
    fn tell(&self, history: &History, at: usize, horizon: usize) -> f64;
}

/// As now.
pub struct Persistence;

impl Forecaster for Persistence {
    fn name(&self) -> &'static str {
        "persistence"
    }

    fn tell(&self, history: &History, at: usize, _: usize) -> f64 {
        history.power[at]
    }
}

/// As on the day before.
pub struct DayBefore;

impl Forecaster for DayBefore {
    fn name(&self) -> &'static str {
        "day before"
    }

    fn tell(&self, history: &History, at: usize, horizon: usize) -> f64 {
        before(history, at, horizon, DAY)
    }
}

/// As on the same day of the week before.
pub struct WeekBefore;

impl Forecaster for WeekBefore {
    fn name(&self) -> &'static str {
        "week before"
    }

    fn tell(&self, history: &History, at: usize, horizon: usize) -> f64 {
        before(history, at, horizon, WEEK)
    }
}

/// The newest known value of the same phase.
fn before(history: &History, at: usize, horizon: usize, season: usize) -> f64 {
    let seasons = horizon.div_ceil(season).max(1);
    (at + horizon).checked_sub(seasons * season).map_or(history.power[at], |then| history.power[then])
}

/// The share of the potential that there is now, of the potential then: for generation, the clear-sky index.
#[derive(Default)]
pub struct ClearSkyPersistence {
    share: Option<f64>,
}

/// Potentials below this share of the largest say nothing about the sky.
const DARK: f64 = 0.02;

/// Intervals that must tell something of the sky, or of the load, before its mean and correlation are learnt: four days of a winter's
/// daylight.
pub const LEAST_KNOWN: usize = 96;

/// How many of the first intervals tell the share of the potential.
#[must_use]
pub fn known_shares(history: &History, end: usize) -> usize {
    let dark = dark(history);
    (0..end.min(history.power.len())).filter(|at| share(history, *at, dark).is_some()).count()
}

/// The share of the potential, where that is enough to tell.
fn share(history: &History, at: usize, dark: f64) -> Option<f64> {
    let potential = history.potential[at];
    (potential > dark).then(|| history.power[at] / potential)
}

/// The potential up to which an interval says nothing.
pub(super) fn dark(history: &History) -> f64 {
    history.potential.iter().copied().fold(0.0, f64::max) * DARK
}

impl Forecaster for ClearSkyPersistence {
    fn name(&self) -> &'static str {
        "clear-sky persistence"
    }

    fn notice(&mut self, history: &History, at: usize) {
        self.share = share(history, at, dark(history)).or(self.share);
    }

    fn tell(&self, history: &History, at: usize, horizon: usize) -> f64 {
        self.share.unwrap_or(1.0) * history.potential[at + horizon]
    }
}

/// Climatology and persistence, combined so that the error is least (Yang, Solar Energy 193, 2019): the share of the potential
/// returns to its mean as fast as its own correlation says. Where less than [`LEAST_KNOWN`] intervals could be learnt from, the share
/// stays as it was last, and is 1 before any is known.
pub struct Cliper {
    mean: f64,
    correlation: f64,
    dark: f64,
    share: Option<f64>,
}

/// Before it has learnt anything, the share of the potential stays.
impl Default for Cliper {
    fn default() -> Self {
        Self { mean: 1.0, correlation: 1.0, dark: 0.0, share: None }
    }
}

impl Forecaster for Cliper {
    fn name(&self) -> &'static str {
        "CLIPER"
    }

    fn fit(&mut self, history: &History, end: usize, horizon: usize) {
        *self = Self { dark: dark(history), share: self.share, ..Self::default() };
        let known: Vec<Option<f64>> = (0..end).map(|at| share(history, at, self.dark)).collect();
        let shares: Vec<f64> = known.iter().flatten().copied().collect();
        if shares.len() < LEAST_KNOWN {
            return;
        }
        self.mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let variance = shares.iter().map(|share| (share - self.mean).powi(2)).sum::<f64>() / shares.len() as f64;
        // What was known last, for an interval after the night too.
        let (mut last, mut sum, mut pairs) = (Vec::with_capacity(end), 0.0, 0_u32);
        for own in &known {
            last.push(own.or(last.last().copied().flatten()));
        }
        for at in horizon..end {
            if let (Some(earlier), Some(later)) = (last[at - horizon], known[at]) {
                sum += (earlier - self.mean) * (later - self.mean);
                pairs += 1;
            }
        }
        self.correlation =
            if pairs > 0 && variance > 0.0 { (sum / f64::from(pairs) / variance).clamp(0.0, 1.0) } else { 0.0 };
    }

    fn notice(&mut self, history: &History, at: usize) {
        self.share = share(history, at, self.dark).or(self.share);
    }

    fn tell(&self, history: &History, at: usize, horizon: usize) -> f64 {
        let now = self.share.unwrap_or(self.mean);
        (self.correlation * now + (1.0 - self.correlation) * self.mean) * history.potential[at + horizon]
    }
}
