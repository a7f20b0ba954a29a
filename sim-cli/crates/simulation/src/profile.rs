//! The brief's daily energy pattern.

use super::{
    calendar::LocalTime,
    pchip::Pchip,
    slots::{DAY, INTERVAL_HOURS, hour_of},
    values::watt_hours,
};

/// The brief's table: hour, generation of the whole array (kW, for 50 kW installed), consumption (`per_zone`: kWh of the
/// complex in an interval; `per_meter`: mean kW of a meter).
pub const DAILY_PATTERN: [(f64, f64, f64); 6] =
    [(6.0, 0.0, 2.1), (9.0, 15.2, 8.5), (12.0, 42.5, 12.8), (15.0, 28.3, 15.2), (18.0, 5.8, 6.4), (21.0, 0.0, 3.2)];
/// The capacity that the table's generation column is for, kW.
const PATTERN_CAPACITY_KW: f64 = 50.0;
/// The efficiency in that column: 42.5 kW of 50 at noon.
const PATTERN_EFFICIENCY: f64 = 0.85;
/// When the complex closes and consumption is back at its 06:00 level.
const CLOSING_HOUR: f64 = 22.0;

/// The array's power at an hour of the day, in kW, for a capacity in kW: the brief's
/// `calculate_engineering_solar_generation`.
#[must_use]
pub fn solar_generation_kw(hour: f64, capacity_kw: f64) -> f64 {
    generation().at(hour) * capacity_kw / PATTERN_CAPACITY_KW
}

fn generation() -> Pchip {
    Pchip::new(DAILY_PATTERN.iter().map(|&(hour, kilowatts, _)| (hour, kilowatts)).collect())
}

/// The consumption column over a weekday, in the unit of the scope.
pub(super) fn consumption() -> Pchip {
    let mut knots: Vec<_> = DAILY_PATTERN.iter().map(|&(hour, _, kilowatts)| (hour, kilowatts)).collect();
    knots.push((CLOSING_HOUR, DAILY_PATTERN[0].2));
    Pchip::new(knots)
}

/// The array: mean energy of each interval of a day.
pub struct ArrayModel {
    kilowatt_hours: [f64; DAY],
    most: f64,
}

impl ArrayModel {
    /// An array of a capacity (kW) whose AC power at noon is `efficiency` of it.
    #[must_use]
    pub fn new(capacity_kw: f64, efficiency: f64) -> Self {
        let curve = generation();
        let scale = capacity_kw / PATTERN_CAPACITY_KW * (efficiency / PATTERN_EFFICIENCY) * INTERVAL_HOURS;
        let kilowatt_hours = std::array::from_fn(|slot| curve.mean(hour_of(slot), INTERVAL_HOURS) * scale);
        Self { kilowatt_hours, most: capacity_kw * efficiency * INTERVAL_HOURS }
    }

    /// Energy of an interval in Wh. The noise factor never lifts it above capacity times efficiency.
    #[must_use]
    pub fn energy(&self, local: &LocalTime, factor: f64) -> u32 {
        watt_hours((self.kilowatt_hours[local.slot] * factor).min(self.most))
    }
}
