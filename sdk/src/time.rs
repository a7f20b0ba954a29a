//! The metering interval: 900 s, named by the Unix second of its END.

use borsh::{BorshDeserialize, BorshSerialize};

/// The length of an interval, s (the brief's Market Clearing Interval).
pub const INTERVAL_SECONDS: i64 = 900;
/// The number of intervals in a day without a clock change.
pub const INTERVALS_PER_DAY: i64 = 96;
/// The length of such a day, s.
pub const SECONDS_PER_DAY: i64 = INTERVALS_PER_DAY * INTERVAL_SECONDS;

/// An interval, named by its end: the register was read then, and the energy is that of the 900 s before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[repr(transparent)]
pub struct Interval(i64);

impl Interval {
    /// Returns the interval that ends at `timestamp`; `None` unless that is a positive multiple of 900.
    #[must_use]
    pub const fn ending_at(timestamp: i64) -> Option<Self> {
        // Unsigned: sBPF has no signed division.
        let aligned = timestamp.unsigned_abs().is_multiple_of(INTERVAL_SECONDS.unsigned_abs());
        if timestamp > 0 && aligned { Some(Self(timestamp)) } else { None }
    }

    /// Returns the Unix second at which the register was read.
    #[must_use]
    pub const fn end(self) -> i64 {
        self.0
    }

    /// Returns the Unix second at which the interval began.
    #[must_use]
    pub const fn start(self) -> i64 {
        self.0 - INTERVAL_SECONDS
    }

    /// Returns the interval that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + INTERVAL_SECONDS)
    }

    /// Returns the number of intervals that have ended since 1970 up to and including this one.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0.unsigned_abs() / INTERVAL_SECONDS.unsigned_abs()
    }
}

/// Returns the UTC day of a Unix second at or after 1970, in days since then. Unsigned: on chain there is no other division.
#[must_use]
pub const fn unix_day(timestamp: i64) -> u64 {
    timestamp.unsigned_abs() / SECONDS_PER_DAY.unsigned_abs()
}

/// Returns the number of intervals that have ended since 1970 at a Unix second after that, which is the number of the newest.
#[inline(always)]
#[must_use]
pub const fn intervals_since_1970(now: i64) -> u64 {
    now.unsigned_abs() / INTERVAL_SECONDS.unsigned_abs()
}

/// Returns the end of the newest interval that has ended at a Unix second at or after 1970.
#[must_use]
pub const fn newest_end(now: i64) -> i64 {
    // It is at most `now`, which has 63 bits.
    #[allow(clippy::cast_possible_wrap)]
    {
        intervals_since_1970(now) as i64 * INTERVAL_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_positive_multiple_of_900_names_an_interval() {
        assert_eq!(Interval::ending_at(1_730_448_000).map(Interval::start), Some(1_730_447_100));
        for timestamp in [0, -900, 1, 899, 901, i64::MIN, i64::MAX] {
            assert_eq!(Interval::ending_at(timestamp), None, "{timestamp}");
        }
    }

    #[test]
    fn intervals_follow_each_other() {
        let interval = Interval::ending_at(900).unwrap();
        assert_eq!((interval.number(), interval.next().number(), interval.next().end()), (1, 2, 1_800));
    }
}
