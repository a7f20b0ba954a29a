//! Money for people.

use {
    serde::{Serialize, Serializer},
    std::fmt,
};

/// Money base units (10^-6 baht) shown as baht; also prices, as baht per kWh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// As a decimal string: no reader can lose a digit of it.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
