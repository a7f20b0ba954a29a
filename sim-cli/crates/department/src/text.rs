//! Formats amounts of money and energy as text.

use {
    serde::{Serialize, Serializer},
    std::fmt,
};

/// Baht base units (10^-6 baht) shown as baht; also prices, as baht per kWh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Baht(pub u64);

impl Baht {
    /// With so many decimals, rounded half up, for people who only look.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> String {
        let unit = 10_u64.pow(6_u32.saturating_sub(decimals));
        let parts = self.0.saturating_add(unit / 2) / unit;
        let whole = 10_u64.pow(decimals.min(6));
        format!("{}.{:0width$}", parts / whole, parts % whole, width = decimals.min(6) as usize)
    }
}

impl fmt::Display for Baht {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// As a decimal string: no reader can lose a digit of it.
impl Serialize for Baht {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A Unix second in RFC 3339.
#[must_use]
pub fn rfc3339(timestamp: i64) -> String {
    chrono::DateTime::from_timestamp(timestamp, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Wh as kWh, exactly.
#[must_use]
pub fn kilowatt_hours(watt_hours: u64) -> String {
    format!("{}.{:03}", watt_hours / 1_000, watt_hours % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baht_are_exact_or_rounded_half_up() {
        assert_eq!(Baht(3_500_000).to_string(), "3.500000");
        assert_eq!((Baht(3_455_000).rounded(2), Baht(3_454_999).rounded(2)), ("3.46".into(), "3.45".into()));
        assert_eq!((Baht(9_999_999).rounded(4), Baht(0).rounded(2)), ("10.0000".into(), "0.00".into()));
        assert_eq!(serde_json::to_string(&Baht(1)).unwrap(), "\"0.000001\"");
    }
}
