//! Additive exponential smoothing with a trend and a season (Holt 1957, Winters 1960), for load. The season is a week; with a
//! season of a day Saturday would be forecast like Friday.

use super::{Forecaster, History, WEEK};

/// Smoothing weights that are tried: of the level and of the season. The trend of a load over weeks is nothing to follow.
const WEIGHTS: [f64; 5] = [0.02, 0.05, 0.1, 0.2, 0.4];

/// The model and its state.
#[derive(Clone, Debug, Default)]
pub struct HoltWinters {
    level_weight: f64,
    season_weight: f64,
    level: f64,
    season: Vec<f64>,
    noticed: usize,
}

impl HoltWinters {
    /// Begins with the mean week of what is known.
    fn start(history: &History, end: usize, level_weight: f64, season_weight: f64) -> Self {
        let level = history.power[..end].iter().sum::<f64>() / end.max(1) as f64;
        let (mut sums, mut counts) = (vec![0.0; WEEK], vec![0_u32; WEEK]);
        for (at, power) in history.power[..end].iter().enumerate() {
            sums[at % WEEK] += power - level;
            counts[at % WEEK] += 1;
        }
        let season = sums.into_iter().zip(counts).map(|(sum, count)| sum / f64::from(count.max(1))).collect();
        Self { level_weight, season_weight, level, season, noticed: 0 }
    }

    fn smooth(&mut self, power: f64, at: usize) {
        let place = at % WEEK;
        let level = self.level_weight * (power - self.season[place]) + (1.0 - self.level_weight) * self.level;
        self.season[place] = self.season_weight * (power - level) + (1.0 - self.season_weight) * self.season[place];
        self.level = level;
    }
}

impl Forecaster for HoltWinters {
    fn name(&self) -> &'static str {
        "Holt-Winters, weekly"
    }

    /// The season from the first half, the weights that tell the second half best.
    fn fit(&mut self, history: &History, end: usize, horizon: usize) {
        let half = (end / 2).max(WEEK).min(end);
        let mut best = f64::INFINITY;
        for level_weight in WEIGHTS {
            for season_weight in WEIGHTS {
                let mut model = Self::start(history, half, level_weight, season_weight);
                let mut error = 0.0;
                for at in half..end.saturating_sub(horizon) {
                    model.smooth(history.power[at], at);
                    error += (model.tell(history, at, horizon) - history.power[at + horizon]).powi(2);
                }
                if error < best {
                    best = error;
                    *self = model;
                }
            }
        }
        *self = Self::start(history, end, self.level_weight, self.season_weight);
        self.noticed = end;
    }

    fn notice(&mut self, history: &History, at: usize) {
        if at >= self.noticed && !self.season.is_empty() {
            self.smooth(history.power[at], at);
        }
    }

    fn tell(&self, history: &History, at: usize, horizon: usize) -> f64 {
        self.season.get((at + horizon) % WEEK).map_or(history.power[at], |season| (self.level + season).max(0.0))
    }
}
