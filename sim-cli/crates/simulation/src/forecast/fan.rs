//! The width of a forecast: the errors that the same forecast, made at the same time on earlier days, had.

use {
    super::{DAY, Forecaster, History, models::dark},
    crate::quantile,
};

/// Shares of the earlier errors that are below what is told.
const SHARES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// What a model says at the end of the interval `origin` of each of the `count` intervals after it, kW: 10, 25, 50, 75 and 90 % of
/// the earlier days' errors, as shares of the potential, were below.
pub fn quantiles(model: &mut dyn Forecaster, history: &History, origin: usize, count: usize) -> Vec<[f64; 5]> {
    (1..=count).map(|horizon| ahead(model, history, origin, horizon)).collect()
}

fn ahead(model: &mut dyn Forecaster, history: &History, origin: usize, horizon: usize) -> [f64; 5] {
    let (potential, dark) = (history.potential[origin + horizon], dark(history));
    model.fit(history, origin, horizon);
    let (mut errors, mut told) = (Vec::new(), 0.0);
    for at in 0..=origin {
        model.notice(history, at);
        if !(origin - at).is_multiple_of(DAY) {
            continue;
        }
        told = model.tell(history, at, horizon);
        let target = at + horizon;
        // What had come by then only; in the dark nothing is told of the sky, and nothing is divided by it.
        if target <= origin && history.potential[target] > dark {
            errors.push((history.power[target] - told) / history.potential[target]);
        }
    }
    errors.sort_by(f64::total_cmp);
    SHARES.map(|share| (told + quantile(&errors, share) * potential).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::Persistence;

    #[test]
    fn a_fan_is_as_wide_as_the_errors_were() {
        // Persistence at noon; in the interval after it, days give 0 to 10 more, one after the other.
        let days = 11;
        let power = (0..(days + 1) * DAY).map(|at| if at % DAY == 49 { (at / DAY) as f64 + 20.0 } else { 20.0 });
        let count = (days + 1) * DAY;
        let history = History { power: power.collect(), potential: vec![40.0; count], scored: vec![true; count] };
        let fan = quantiles(&mut Persistence, &history, days * DAY + 48, 2);
        assert_eq!(fan[0], [21.0, 22.5, 25.0, 27.5, 29.0]);
        assert_eq!(fan[1], [20.0; 5]);
    }
}
