//! Ticks of a time axis: hours of a day, days, or months, depending on the span.

use {
    super::{Series, axes::Ticks},
    chrono::{Datelike, Days, Months, NaiveDate},
};

/// A time axis, in hours from the first midnight.
pub(super) struct TimeAxis {
    /// Hours that it spans.
    pub(super) hours: f64,
    first: NaiveDate,
    days: usize,
    time_zone: String,
}

/// Days with a tick, at most.
const MOST_TICKS: usize = 10;
/// Months with a tick, at most: their labels are shorter.
const MOST_MONTHS: usize = 13;
/// Days from which on months are named instead.
const MONTHS: usize = 93;

impl TimeAxis {
    /// The axis of a run; none of one without intervals.
    pub(super) fn new(series: &Series) -> Option<Self> {
        let (first, days) = (series.starts.first()?.date(), series.days());
        Some(Self { hours: days as f64 * 24.0, first, days, time_zone: series.time_zone.clone() })
    }

    /// The span that it shows.
    pub(super) fn description(&self) -> String {
        let what = match self.days {
            ..=2 => "local time",
            3..MONTHS => "local date, at midnight",
            _ => "beginning of the month",
        };
        format!("{what} ({})", self.time_zone)
    }

    /// Its ticks: hours, midnights, or beginnings of months.
    pub(super) fn ticks(&self) -> Ticks {
        let at = match self.days {
            ..=2 => (0..=self.days * 8).map(|tick| tick as f64 * 3.0).map(|hour| (hour, self.clock(hour))).collect(),
            3..MONTHS => self.dates(0..=self.days, 0.0),
            _ => self.months(),
        };
        Ticks { range: 0.0..self.hours, at }
    }

    /// The same for charts in which a day is a column: dates are at the middle of the column.
    pub(super) fn columns(&self) -> Ticks {
        let at = if self.days < MONTHS { self.dates(0..=self.days - 1, 12.0) } else { self.months() };
        Ticks { range: 0.0..self.hours, at }
    }

    /// What those show.
    pub(super) fn columns_description(&self) -> String {
        if self.days < MONTHS { format!("day ({})", self.time_zone) } else { self.description() }
    }

    fn dates(&self, days: std::ops::RangeInclusive<usize>, hour: f64) -> Vec<(f64, String)> {
        days.step_by(self.days.div_ceil(MOST_TICKS))
            .map(|day| (day as f64 * 24.0 + hour, self.date(day).format("%a %-d %b").to_string()))
            .collect()
    }

    /// Of two days, midnight is a date.
    fn clock(&self, hour: f64) -> String {
        let of_day = hour % 24.0;
        if self.days > 1 && of_day == 0.0 {
            return self
                .date(if hour < 24.0 {
                    0
                } else if hour < 48.0 {
                    1
                } else {
                    2
                })
                .format("%-d %b")
                .to_string();
        }
        format!("{:02}:00", if hour == self.hours { 24.0 } else { of_day })
    }

    fn date(&self, day: usize) -> NaiveDate {
        self.first.checked_add_days(Days::new(day as u64)).unwrap_or(self.first)
    }

    fn months(&self) -> Vec<(f64, String)> {
        let begin = self.first.with_day(1).unwrap_or(self.first);
        let months = self.days / 28 + 2;
        let begins = (0..months).filter_map(|month| {
            let date = begin.checked_add_months(Months::new(u32::try_from(month).ok()?))?;
            let day = usize::try_from((date - self.first).num_days()).ok()?;
            (day <= self.days).then(|| (day as f64 * 24.0, date.format("%b %Y").to_string()))
        });
        let all: Vec<_> = begins.collect();
        let step = all.len().div_ceil(MOST_MONTHS).max(1);
        all.into_iter().step_by(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveTime, TimeDelta};

    fn axis(days: i64) -> TimeAxis {
        let first = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap().and_time(NaiveTime::MIN);
        let starts = vec![first, first + TimeDelta::days(days) - TimeDelta::minutes(15)];
        TimeAxis::new(&Series { starts, time_zone: "Asia/Bangkok".into(), ..Series::default() }).unwrap()
    }

    #[test]
    fn spans_have_few_ticks_with_short_labels() {
        let spans =
            [(1, 3, "09:00"), (2, 8, "21 Mar"), (7, 1, "Fri 21 Mar"), (31, 1, "Mon 24 Mar"), (365, 0, "Apr 2025")];
        for (days, tick, label) in spans {
            let ticks = axis(days).ticks().at;
            assert!(ticks.len() <= 17 && ticks.len() > 6, "{days} days: {ticks:?}");
            assert_eq!(ticks[tick].1, label);
        }
        assert!(axis(10_000).ticks().at.len() <= MOST_MONTHS);
    }

    #[test]
    fn a_column_has_its_date_in_the_middle() {
        assert_eq!(axis(1).columns().at, [(12.0, "Thu 20 Mar".into())]);
        assert_eq!(axis(31).columns().at[1], (4.0 * 24.0 + 12.0, "Mon 24 Mar".into()));
    }
}
