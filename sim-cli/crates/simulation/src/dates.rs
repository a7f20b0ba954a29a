//! Which days can be simulated.

use {chrono::NaiveDate, thiserror::Error};

/// The first day: forecasts look at the weeks before, and the ledger's time begins in 1970.
pub const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1971, 1, 1).unwrap();
/// The last day: the rules of time zones are known until then.
pub const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2099, 12, 31).unwrap();

/// Days that cannot be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{days} days from {first} are out of range; days from {FIRST_DAY} to {LAST_DAY} can be simulated")]
pub struct DaysOutOfRange {
    /// The first day.
    pub first: NaiveDate,
    /// How many.
    pub days: u32,
}

/// Whether all of some days can be simulated.
///
/// # Errors
/// [`DaysOutOfRange`].
pub fn check_days(first: NaiveDate, days: u32) -> Result<(), DaysOutOfRange> {
    let last = first.checked_add_days(chrono::Days::new(days.saturating_sub(1).into()));
    let possible = first >= FIRST_DAY && last.is_some_and(|last| last <= LAST_DAY);
    if possible { Ok(()) } else { Err(DaysOutOfRange { first, days }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_within_the_range_are_taken() {
        let check = |text: &str, days| check_days(text.parse().unwrap(), days).map_err(|error| error.to_string());
        for (first, days) in [("1971-01-01", 1), ("2025-03-20", 3_660), ("2099-12-31", 1)] {
            assert_eq!(check(first, days), Ok(()), "{first}");
        }
        for (first, days) in
            [("1969-12-31", 1), ("1970-02-01", 400), ("2099-12-31", 2), ("9999-12-31", 1), ("+262142-12-31", 4_000)]
        {
            let day: NaiveDate = first.parse().unwrap();
            let expected =
                format!("{days} days from {day} are out of range; days from 1971-01-01 to 2099-12-31 can be simulated");
            assert_eq!(check(first, days), Err(expected));
        }
    }
}
