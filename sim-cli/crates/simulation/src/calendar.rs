//! Local time, and the kind of a day: weekday, weekend, holiday.

use {
    super::slots::DAY,
    campus_energy_sdk::time::INTERVAL_SECONDS,
    chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Weekday},
    chrono_tz::Tz,
    std::collections::BTreeSet,
};

/// What kind of day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// Monday to Friday.
    Weekday,
    /// Saturday and Sunday.
    Weekend,
    /// A public holiday.
    Holiday,
}

impl DayKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Weekday, Self::Weekend, Self::Holiday];
}

/// A local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// The day, counted from 1 January of year 1.
    pub day: i32,
    /// What kind of day.
    pub kind: DayKind,
    /// The quarter of an hour, 0 to 95.
    pub slot: usize,
}

/// The days without work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    /// Whether Thailand's are among them.
    pub thai: bool,
    /// Days of one year.
    pub once: BTreeSet<NaiveDate>,
    /// Month and day, every year.
    pub yearly: BTreeSet<(u32, u32)>,
}

impl Holidays {
    fn contains(&self, date: NaiveDate) -> bool {
        self.once.contains(&date)
            || self.yearly.contains(&(date.month(), date.day()))
            || self.thai && is_thai_holiday(date)
    }
}

/// The complex's calendar.
pub struct Calendar {
    zone: Tz,
    holidays: Holidays,
}

impl Calendar {
    /// A time zone's calendar with these holidays.
    #[must_use]
    pub fn new(zone: Tz, holidays: Holidays) -> Self {
        Self { zone, holidays }
    }

    /// The local time of a Unix second.
    #[must_use]
    pub fn local(&self, timestamp: i64) -> LocalTime {
        // The days that can be simulated end far before chrono's calendar does: the default is never taken.
        let utc = DateTime::from_timestamp(timestamp, 0).unwrap_or_default();
        let local = utc.with_timezone(&self.zone);
        let seconds = i64::from(local.time().num_seconds_from_midnight());
        let slot = usize::try_from(seconds / INTERVAL_SECONDS).unwrap_or(0).min(DAY - 1);
        let date = local.date_naive();
        LocalTime { day: date.num_days_from_ce(), kind: self.kind(date), slot }
    }

    /// What kind of day a date is.
    #[must_use]
    pub fn kind(&self, date: NaiveDate) -> DayKind {
        if self.holidays.contains(date) {
            return DayKind::Holiday;
        }
        match date.weekday() {
            Weekday::Sat | Weekday::Sun => DayKind::Weekend,
            _ => DayKind::Weekday,
        }
    }

    /// The Unix second at which a local day begins. Where the clock skips midnight, the first hour that exists.
    #[must_use]
    pub fn midnight(&self, date: NaiveDate) -> i64 {
        (0..24)
            .find_map(|hour| {
                let local = date.and_time(NaiveTime::MIN) + TimeDelta::hours(hour);
                self.zone.from_local_datetime(&local).earliest()
            })
            .map_or_else(|| date.and_time(NaiveTime::MIN).and_utc().timestamp(), |time| time.timestamp())
    }
}

/// Thai public holidays on fixed dates, as (month, day). Those that follow the moon (Makha, Visakha and Asanha Bucha) and
/// special ones belong into the configuration's `holidays`.
const FIXED_HOLIDAYS: [(u32, u32); 15] = [
    (1, 1),  // New Year
    (4, 6),  // Chakri Day
    (4, 13), // Songkran
    (4, 14),
    (4, 15),
    (5, 1),   // Labour Day
    (5, 4),   // Coronation Day
    (6, 3),   // Queen Suthida's birthday
    (7, 28),  // King Vajiralongkorn's birthday
    (8, 12),  // Queen Sirikit's birthday, Mother's Day
    (10, 13), // King Bhumibol's memorial day
    (10, 23), // Chulalongkorn Day
    (12, 5),  // King Bhumibol's birthday, Father's Day
    (12, 10), // Constitution Day
    (12, 31), // New Year's Eve
];

/// Whether a day is a fixed Thai holiday, or the working day that stands in for one on a weekend.
fn is_thai_holiday(date: NaiveDate) -> bool {
    let fixed = |date: NaiveDate| FIXED_HOLIDAYS.contains(&(date.month(), date.day()));
    if fixed(date) {
        return true;
    }
    // Walk back over the weekend and the holidays next to it: each holiday on a weekend moves one working day on.
    let weekend = |date: NaiveDate| matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    let earlier = |days: i64| date - TimeDelta::days(days);
    let Some(run) = (1..10).find(|&days| !weekend(earlier(days)) && !fixed(earlier(days))) else { return false };
    let owed = (1..run).filter(|&days| weekend(earlier(days)) && fixed(earlier(days))).count();
    owed > 0 && !weekend(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{HolidayDate, HolidaySection};

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_seeds_sample_is_a_friday_afternoon_in_bangkok() {
        let holidays = HolidaySection::Thai.with(&[date(2024, 11, 4)]);
        let calendar = Calendar::new(chrono_tz::Asia::Bangkok, holidays);
        let local = calendar.local(1_730_448_000);
        assert_eq!((local.kind, local.slot), (DayKind::Weekday, 60));
        assert_eq!(calendar.kind(date(2024, 11, 2)), DayKind::Weekend);
        assert_eq!(calendar.kind(date(2024, 11, 4)), DayKind::Holiday);
        assert_eq!(calendar.kind(date(2025, 12, 5)), DayKind::Holiday);
        assert_eq!(calendar.midnight(date(2024, 11, 1)), 1_730_394_000);
    }

    #[test]
    fn a_holiday_on_a_weekend_moves_to_the_next_working_day() {
        // Coronation Day 2025 fell on a Sunday, Chakri Day 2025 too; Songkran 2024 began on a Saturday.
        for day in [date(2025, 5, 5), date(2025, 4, 7), date(2024, 4, 16), date(2025, 1, 1)] {
            assert!(is_thai_holiday(day), "{day}");
        }
        for day in [date(2025, 5, 6), date(2025, 4, 8), date(2024, 4, 17), date(2025, 3, 20)] {
            assert!(!is_thai_holiday(day), "{day}");
        }
    }

    #[test]
    fn a_calendar_has_the_holidays_that_it_is_given() {
        let kind = |section: HolidaySection, day: NaiveDate| {
            Calendar::new(chrono_tz::Europe::Berlin, section.with(&[date(2025, 6, 19)])).kind(day)
        };
        let days = || HolidaySection::Days(vec![HolidayDate::Yearly(12, 25), HolidayDate::Once(date(2025, 4, 21))]);
        let (songkran, christmas) = (date(2026, 4, 14), date(2026, 12, 25));
        assert_eq!(
            [HolidaySection::Thai, HolidaySection::None, days()].map(|section| kind(section, songkran)),
            [DayKind::Holiday, DayKind::Weekday, DayKind::Weekday,]
        );
        assert_eq!(
            (kind(days(), christmas), kind(HolidaySection::Thai, christmas)),
            (DayKind::Holiday, DayKind::Weekday)
        );
        assert_eq!(
            (kind(days(), date(2025, 4, 21)), kind(days(), date(2026, 4, 21))),
            (DayKind::Holiday, DayKind::Weekday)
        );
        // `holidays` come on top of any calendar.
        assert_eq!(kind(HolidaySection::None, date(2025, 6, 19)), DayKind::Holiday);
    }

    #[test]
    fn days_on_which_the_clock_changes_have_92_and_100_intervals() {
        let calendar = Calendar::new(chrono_tz::Europe::Berlin, Holidays::default());
        let intervals = |a: NaiveDate| (calendar.midnight(a + TimeDelta::days(1)) - calendar.midnight(a)) / 900;
        assert_eq!(intervals(date(2025, 3, 30)), 92);
        assert_eq!(intervals(date(2025, 10, 26)), 100);
        assert_eq!(intervals(date(2025, 6, 1)), 96);
    }
}
