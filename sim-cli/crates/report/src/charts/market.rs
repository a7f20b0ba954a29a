//! The market's data for charts: by interval, or by day for long runs.

use super::{INTERVAL_HOURS, Series, value};

/// An interval, or a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Where it begins and ends, hours from the first midnight.
    pub(super) span: (f64, f64),
    /// kWh.
    pub(super) volume: f64,
    /// Lowest, mean and highest price; the mean is weighted by volume.
    pub(super) price: Option<(f64, f64, f64)>,
    /// Reference price.
    pub(super) reference: f64,
}

impl Point {
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.span.0, self.span.1)
    }
}

/// Each interval, or each day that has any.
pub(super) fn points(series: &Series, daily: bool) -> Vec<Point> {
    let each = series.hours().into_iter().enumerate().map(|(at, hour)| Point {
        span: (hour, hour + INTERVAL_HOURS),
        volume: value(&series.volume, at),
        price: series.price.get(at).copied().flatten().map(|price| (price, price, price)),
        reference: value(&series.reference, at),
    });
    if !daily {
        return each.collect();
    }
    let mut all: Vec<Vec<Point>> = vec![Vec::new(); series.days()];
    for (interval, point) in each.enumerate() {
        if let Some(of_day) = all.get_mut(series.day(interval)) {
            of_day.push(point);
        }
    }
    all.iter()
        .enumerate()
        .filter(|(_, of_day)| !of_day.is_empty())
        .map(|(day, of_day)| whole_day(day, of_day))
        .collect()
}

fn whole_day(day: usize, points: &[Point]) -> Point {
    let traded = || points.iter().filter_map(|point| point.price.map(|(price, ..)| (price, point.volume)));
    let volume: f64 = traded().map(|(_, volume)| volume).sum();
    let value: f64 = traded().map(|(price, volume)| price * volume).sum();
    let least = traded().map(|(price, _)| price).fold(f64::INFINITY, f64::min);
    let most = traded().map(|(price, _)| price).fold(f64::NEG_INFINITY, f64::max);
    Point {
        span: (day as f64 * 24.0, (day + 1) as f64 * 24.0),
        volume: points.iter().map(|point| point.volume).sum(),
        price: (volume > 0.0).then(|| (least, value / volume, most)),
        reference: points.iter().map(|point| point.reference).sum::<f64>() / points.len() as f64,
    }
}

/// Points that traded, as long as each begins where the one before it ended: a curve is drawn no further.
pub(super) fn runs(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points
        .chunk_by(|one, next| one.price.is_some() && next.price.is_some() && one.span.1 == next.span.0)
        .filter(|run| run.iter().all(|point| point.price.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, NaiveTime, TimeDelta};

    fn series(prices: &[Option<f64>]) -> Series {
        let first = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap().and_time(NaiveTime::MIN);
        Series {
            starts: (0..24 * 4 * 2).map(|interval| first + TimeDelta::minutes(15 * interval)).collect(),
            price: prices.to_vec(),
            volume: prices.iter().enumerate().map(|(at, _)| (at + 1) as f64).collect(),
            ..Series::default()
        }
    }

    #[test]
    fn curves_end_where_nothing_was_traded() {
        let points = points(&series(&[Some(3.0), Some(4.0), None, None, Some(5.0)]), false);
        assert_eq!(runs(&points).map(<[Point]>::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn days_are_weighted_by_volume() {
        let points = points(&series(&[Some(3.0), None, Some(5.0)]), true);
        assert_eq!((points.len(), points[0].volume, points[0].price), (2, 6.0, Some((3.0, 4.5, 5.0))));
        assert_eq!((points[1].volume, points[1].price, points[1].span), (0.0, None, (24.0, 48.0)));
    }
}
