//! Ticks of a time axis: hours of a day, days, or months, as the span asks for.

use {
    super::style::Ticks,
    chrono::{Datelike, Days, Months, NaiveDate},
};

/// Ticks and their labels, in hours from the first midnight.
pub(super) struct TimeAxis {
    /// Hours that it spans.
    pub(super) hours: f64,
    /// Where the ticks are.
    pub(super) ticks: Vec<f64>,
    /// What the axis shows.
    pub(super) description: String,
    first: NaiveDate,
    days: usize,
}

/// Days with a tick, at most.
const MOST_TICKS: usize = 10;
/// Months with a tick, at most: their labels are shorter.
const MOST_MONTHS: usize = 13;

impl TimeAxis {
    /// The axis of days from a date on.
    pub(super) fn new(first: NaiveDate, days: usize, time_zone: &str) -> Self {
        let hours = days as f64 * 24.0;
        let (ticks, what) = if days <= 2 {
            ((0..=days * 8).map(|tick| tick as f64 * 3.0).collect(), format!("local time, from {first}"))
        } else if days <= 92 {
            let step = days.div_ceil(MOST_TICKS);
            ((0..=days).step_by(step).map(|day| day as f64 * 24.0).collect(), format!("midnight, {}", first.year()))
        } else {
            (months(first, days), "beginning of the month".into())
        };
        Self { hours, ticks, description: format!("{what} ({time_zone})"), first, days }
    }

    /// The axis.
    pub(super) fn ticks(&self) -> Ticks {
        Ticks { end: self.hours, at: self.ticks.clone() }
    }

    /// A tick's label.
    pub(super) fn label(&self, hours: f64) -> String {
        if self.days <= 2 {
            return format!("{:02}:00", hours.round().rem_euclid(24.0));
        }
        // The tick of which day it is.
        let day = (0..=self.days).find(|day| (*day as f64 * 24.0 - hours).abs() < 12.0).unwrap_or(0);
        let date = self.first.checked_add_days(Days::new(day as u64)).unwrap_or(self.first);
        date.format(if self.days <= 92 { "%a %-d %b" } else { "%b %Y" }).to_string()
    }
}

/// Beginnings of months, in hours.
fn months(first: NaiveDate, days: usize) -> Vec<f64> {
    let begin = first.with_day(1).unwrap_or(first);
    let all = |months: usize| {
        let date = begin.checked_add_months(Months::new(u32::try_from(months).unwrap_or(0)))?;
        Some((date - first).num_days())
    };
    let count = days / 28 + 2;
    let within: Vec<f64> = (0..count)
        .filter_map(all)
        .filter(|day| *day >= 0 && *day <= i64::try_from(days).unwrap_or(i64::MAX))
        .map(|day| day as f64 * 24.0)
        .collect();
    let step = within.len().div_ceil(MOST_MONTHS).max(1);
    within.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_few_ticks_with_short_labels() {
        let first = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap();
        for (days, tick, label) in [(1, 3, "09:00"), (7, 1, "Fri 21 Mar"), (31, 1, "Mon 24 Mar"), (365, 0, "Apr 2025")]
        {
            let axis = TimeAxis::new(first, days, "Asia/Bangkok");
            assert!(axis.ticks.len() <= 17 && axis.ticks.len() > 6, "{days} days: {:?}", axis.ticks);
            assert_eq!(axis.label(axis.ticks[tick]), label);
        }
    }
}
