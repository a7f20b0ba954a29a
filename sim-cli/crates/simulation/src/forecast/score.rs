//! Scores of forecasts.

use super::{Forecaster, History};

/// Errors of a model at a horizon, kW, over the scored intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The model.
    pub model: &'static str,
    /// Intervals ahead.
    pub horizon: usize,
    /// Forecasts scored.
    pub forecasts: usize,
    /// Mean absolute error; none where no forecast was scored.
    pub mae: Option<f64>,
    /// Root mean square error; none where no forecast was scored.
    pub rmse: Option<f64>,
}

/// Errors below this, kW, are the noise of sums: nothing is divided by them.
const NO_ERROR: f64 = 1e-9;

impl Score {
    /// RMSE as a share of the normaliser, which has to be named; none where that is 0.
    #[must_use]
    pub fn nrmse(&self, normaliser: f64) -> Option<f64> {
        (normaliser > NO_ERROR).then_some(self.rmse? / normaliser)
    }

    /// 1 - RMSE / RMSE of a reference: 0 is as good, below is worse; none where the reference makes no error.
    #[must_use]
    pub fn skill(&self, reference: &Self) -> Option<f64> {
        let reference = reference.rmse.filter(|rmse| *rmse > NO_ERROR)?;
        Some(1.0 - self.rmse? / reference)
    }
}

/// Fits a model on the first `training` intervals, then lets it tell every later one `horizon` intervals before.
pub fn rolling_origin(model: &mut dyn Forecaster, history: &History, training: usize, horizon: usize) -> Score {
    model.fit(history, training, horizon);
    let last = history.power.len().saturating_sub(horizon);
    let (mut absolute, mut square, mut forecasts) = (0.0, 0.0, 0_usize);
    for at in 0..last {
        model.notice(history, at);
        let target = at + horizon;
        if target < training || at + 1 < training || !history.scored[target] {
            continue;
        }
        let error = model.tell(history, at, horizon) - history.power[target];
        absolute += error.abs();
        square += error * error;
        forecasts += 1;
    }
    let mean = |sum: f64| (forecasts > 0).then(|| sum / forecasts as f64);
    Score { model: model.name(), horizon, forecasts, mae: mean(absolute), rmse: mean(square).map(f64::sqrt) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{ClearSkyPersistence, Cliper, DAY, DayBefore, HoltWinters, Persistence, WEEK, WeekBefore};

    /// Power by interval, all of it scored.
    fn history(days: usize, power: impl Fn(usize) -> f64) -> History {
        let count = days * DAY;
        History { power: (0..count).map(&power).collect(), potential: vec![10.0; count], scored: vec![true; count] }
    }

    #[test]
    fn errors_are_those_worked_by_hand() {
        // 0, 1, 2, 3 and so on: persistence is wrong by the horizon, always.
        let ramp = history(10, |at| at as f64);
        let score = rolling_origin(&mut Persistence, &ramp, 100, 4);
        assert_eq!((score.mae, score.rmse, score.forecasts), (Some(4.0), Some(4.0), 960 - 4 - 99));
        assert!((score.nrmse(50.0).unwrap() - 0.08).abs() < 1e-12);
        let reference = Score { rmse: Some(5.0), ..score.clone() };
        assert!((score.skill(&reference).unwrap() - 0.2).abs() < 1e-12);
        // Nothing is divided by nothing.
        assert_eq!((score.nrmse(0.0), score.skill(&Score { rmse: Some(0.0), ..score.clone() })), (None, None));
        let dark = History { scored: vec![false; ramp.power.len()], ..ramp.clone() };
        let none = rolling_origin(&mut Persistence, &dark, 100, 4);
        assert_eq!((none.mae, none.rmse, none.forecasts), (None, None, 0));
        assert_eq!((none.nrmse(50.0), none.skill(&score), score.skill(&none)), (None, None, None));
        // A day before, the ramp was 96 lower; beyond a day two days count.
        assert_eq!(rolling_origin(&mut DayBefore, &ramp, 200, 4).mae, Some(96.0));
        assert_eq!(rolling_origin(&mut DayBefore, &ramp, 200, 97).mae, Some(192.0));
    }

    #[test]
    fn a_weekly_pattern_is_told_by_whoever_looks_at_weeks() {
        let weekly = history(35, |at| (at % WEEK) as f64);
        for horizon in [1, 4, DAY] {
            assert_eq!(rolling_origin(&mut WeekBefore, &weekly, 3 * WEEK, horizon).mae, Some(0.0));
            assert!(rolling_origin(&mut HoltWinters::default(), &weekly, 3 * WEEK, horizon).mae.unwrap() < 1e-6);
        }
        assert!(rolling_origin(&mut DayBefore, &weekly, 3 * WEEK, DAY).mae.unwrap() > 90.0);
    }

    /// Nothing of the interval that is told, or of a later one, is known when it is told.
    #[test]
    fn nobody_looks_ahead() {
        let models: [fn() -> Box<dyn Forecaster>; 6] = [
            || Box::new(Persistence),
            || Box::new(DayBefore),
            || Box::new(WeekBefore),
            || Box::<ClearSkyPersistence>::default(),
            || Box::<Cliper>::default(),
            || Box::<HoltWinters>::default(),
        ];
        let known = history(21, |at| ((at * 7_919) % 101) as f64);
        for model in models {
            for horizon in [1, 4, DAY] {
                let (at, training) = (known.power.len() - horizon - 50, 2 * WEEK);
                let mut told = [0.0, 0.0];
                for (told, later) in told.iter_mut().zip([0.0, 1e6]) {
                    let mut changed = known.clone();
                    changed.power[at + 1..].fill(later);
                    let mut model = model();
                    model.fit(&changed, training, horizon);
                    (0..=at).for_each(|at| model.notice(&changed, at));
                    *told = model.tell(&changed, at, horizon);
                }
                assert_eq!(told[0], told[1], "{} at {horizon}", model().name());
            }
        }
    }
}
