//! The quarters of an hour of a local day.

use campus_energy_sdk::time::INTERVALS_PER_DAY;

/// Hours of an interval.
pub(super) const INTERVAL_HOURS: f64 = 0.25;
/// Intervals of a day of 24 hours.
pub(super) const DAY: usize = 96;
const _: () = assert!(DAY as i64 == INTERVALS_PER_DAY);

/// The hour at which a slot of the day begins.
pub(super) fn hour_of(slot: usize) -> f64 {
    slot as f64 * INTERVAL_HOURS
}
