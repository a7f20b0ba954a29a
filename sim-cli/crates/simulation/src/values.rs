//! Values of the configuration with a structure of their own.

use {
    serde::{Deserialize, Serialize},
    std::fmt,
};

/// A power such as `"50kW"`, `"50 kWp"`, `"0.05MW"`, `"50000 W"` or `50` (kW), in kW: 0 to 100,000. An array of 0 kW is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Capacity(f64);

/// The largest power that the configuration takes, kW.
const GREATEST_CAPACITY: f64 = 100_000.0;
/// Units of power and what they are in kW. A small `m` would be milli, and is not taken for `MW`.
const POWER_UNITS: [(&str, f64); 8] = [
    ("kWp", 1.0),
    ("kW", 1.0),
    ("kwp", 1.0),
    ("kw", 1.0),
    ("MWp", 1_000.0),
    ("MW", 1_000.0),
    ("Wp", 0.001),
    ("W", 0.001),
];

impl Capacity {
    /// No power.
    pub const ZERO: Self = Self(0.0);

    /// In kW.
    #[must_use]
    pub const fn kilowatts(self) -> f64 {
        self.0
    }
}

impl TryFrom<String> for Capacity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let given = text.trim();
        let unit = POWER_UNITS.iter().find_map(|(unit, size)| Some((given.strip_suffix(unit)?, *size)));
        let (number, size) = unit.unwrap_or((given, 1.0));
        match number.trim_end().parse::<f64>().map(|number| number * size) {
            Ok(kilowatts) if (0.0..=GREATEST_CAPACITY).contains(&kilowatts) => Ok(Self(kilowatts.abs())),
            Ok(_) => Err(format!("{text:?} is out of range; a capacity is 0 (no array) to 100000 kW")),
            Err(_) => Err(format!("{text:?} is no capacity; give kilowatts such as \"50kW\" or 50")),
        }
    }
}

impl From<Capacity> for String {
    fn from(capacity: Capacity) -> Self {
        format!("{}kW", capacity.0)
    }
}

/// Hours of a day such as `"06:00-22:00"`, or `"closed"`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HourRange {
    from: f64,
    to: f64,
}

impl HourRange {
    /// From and to, in hours of the day; equal when closed.
    #[must_use]
    pub const fn new(from: f64, to: f64) -> Self {
        Self { from, to }
    }

    /// Never.
    pub const CLOSED: Self = Self::new(0.0, 0.0);

    /// The beginning, in hours of the day.
    #[must_use]
    pub const fn from(self) -> f64 {
        self.from
    }

    /// The end, in hours of the day.
    #[must_use]
    pub const fn to(self) -> f64 {
        self.to
    }

    /// Whether an hour lies within.
    #[must_use]
    pub fn contains(self, hour: f64) -> bool {
        self.from <= hour && hour < self.to
    }
}

impl TryFrom<String> for HourRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim() == "closed" {
            return Ok(Self::CLOSED);
        }
        let wrong =
            || format!("{text:?} are no hours; give a range within one day such as \"08:00-18:00\", or \"closed\"");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (hour(from).ok_or_else(wrong)?, hour(to).ok_or_else(wrong)?);
        if from < to { Ok(Self { from, to }) } else { Err(wrong()) }
    }
}

fn hour(text: &str) -> Option<f64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let valid = minutes < 60 && (hours < 24 || hours == 24 && minutes == 0);
    valid.then(|| f64::from(hours) + f64::from(minutes) / 60.0)
}

impl From<HourRange> for String {
    fn from(range: HourRange) -> Self {
        range.to_string()
    }
}

impl fmt::Display for HourRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self == &Self::CLOSED {
            return f.write_str("closed");
        }
        let clock = |hour: f64| format!("{:02}:{:02}", hour.floor(), ((hour - hour.floor()) * 60.0).round());
        write!(f, "{}-{}", clock(self.from), clock(self.to))
    }
}

/// Watt-hours of an energy in kWh, rounded; none where it is negative. The configuration is checked so that no energy of an interval
/// is above what 32 bits hold: nothing is cut there.
pub(super) fn watt_hours(kilowatt_hours: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    {
        (kilowatt_hours * 1_000.0).round() as u32
    }
}

/// Watt-hours of the most that an energy in kWh can be, rounded up: what [`watt_hours`] gives for any energy up to it is not above.
pub(super) fn watt_hours_at_most(kilowatt_hours: f64) -> f64 {
    // Less than a millionth of a Wh above a whole number is an error of the float.
    (kilowatt_hours * 1_000.0 - 1e-6).ceil().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_capacities() {
        let range = |text: &str| HourRange::try_from(text.to_string());
        assert_eq!(range("06:30-24:00").unwrap(), HourRange::new(6.5, 24.0));
        assert_eq!(range("closed").unwrap().to_string(), "closed");
        assert_eq!(range("08:00-18:15").unwrap().to_string(), "08:00-18:15");
        for wrong in ["", "8-18", "18:00-08:00", "08:00-24:01", "08:60-09:00"] {
            assert!(range(wrong).unwrap_err().contains("such as \"08:00-18:00\""), "{wrong}");
        }
        let capacity = |text: &str| Capacity::try_from(text.to_string());
        assert_eq!(capacity("50kW").unwrap().kilowatts(), 50.0);
        assert_eq!(capacity(" 12.5 kW").unwrap().kilowatts(), 12.5);
        for fifty in ["50", "50kWp", "50 kW", "0.05MW", "0.05 MWp", "50000 W", "50000Wp", "50 kw"] {
            assert_eq!(capacity(fifty).unwrap().kilowatts(), 50.0, "{fifty}");
        }
        assert_eq!([capacity("0").unwrap(), capacity("-0").unwrap()], [Capacity::ZERO; 2]);
        assert_eq!(String::from(capacity("0.05MW").unwrap()), "50kW");
        for wrong in ["fifty", "", "kW", "50mW", "50 kWh", "50kW kW", "50,5kW"] {
            let expected = format!("{wrong:?} is no capacity; give kilowatts such as \"50kW\" or 50");
            assert_eq!(capacity(wrong).unwrap_err(), expected);
        }
        for wrong in ["-1", "NaN", "inf", "100001", "101 MW"] {
            let expected = format!("{wrong:?} is out of range; a capacity is 0 (no array) to 100000 kW");
            assert_eq!(capacity(wrong).unwrap_err(), expected);
        }
    }

    #[test]
    fn watt_hours_are_rounded_and_never_negative() {
        assert_eq!([watt_hours(6.2), watt_hours(0.0004), watt_hours(-1.0)], [6_200, 0, 0]);
    }
}
