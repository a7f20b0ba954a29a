//! The quantities of the system. Nothing else is used on chain.
//!
//! | quantity | type | unit |
//! |---|---|---|
//! | metered energy | [`Energy`] | Wh |
//! | energy token | [`TokenAmount`] | base units; 1 kWh = 1 token = 10^9, so 1 Wh = 10^6 |
//! | money | [`Money`] | base units of the quote mint, 10^-6 campus baht |
//! | price | [`Price`] | money base units per kWh |

use {
    borsh::{BorshDeserialize, BorshSerialize},
    core::fmt,
};

/// The decimals of the energy token's mint.
pub const ENERGY_DECIMALS: u8 = 9;
/// The decimals of the quote mint, the campus baht.
pub const QUOTE_DECIMALS: u8 = 6;
pub use campus_energy_matching::value::TOKEN_UNITS_PER_WH;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
        )]
        #[repr(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0);

            /// Returns the sum, or `None` where it exceeds 64 bits.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// Returns the difference, or `None` where it is negative.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }
        }
    };
}

quantity! {
    /// A metered energy in watt-hours, the resolution of a real register.
    Energy
}
quantity! {
    /// An amount of the energy token in base units (9 decimals).
    TokenAmount
}
quantity! {
    /// An amount of money in base units of the quote mint (6 decimals).
    Money
}
quantity! {
    /// A price in base units of money per kWh.
    Price
}

impl Energy {
    /// Returns the tokens that stand for this energy, or `None` above 1.8e13 Wh.
    #[must_use]
    pub const fn tokens(self) -> Option<TokenAmount> {
        match self.0.checked_mul(TOKEN_UNITS_PER_WH) {
            Some(units) => Some(TokenAmount(units)),
            None => None,
        }
    }

    /// Returns the surplus of this energy over `consumed`, or zero where there is none.
    #[must_use]
    pub const fn surplus_over(self, consumed: Self) -> Self {
        Self(self.0.saturating_sub(consumed.0))
    }
}

/// Writes kilowatt-hours with three decimals: `2.100 kWh`.
impl fmt::Display for Energy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} kWh", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Writes tokens with nine decimals: `2.100000000`.
impl fmt::Display for TokenAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_briefs_sample_mints_2_100_000_000() {
        let surplus = Energy(6_200).surplus_over(Energy(4_100));
        assert_eq!(surplus.tokens(), Some(TokenAmount(2_100_000_000)));
        assert_eq!(surplus.to_string(), "2.100 kWh");
        assert_eq!(surplus.tokens().unwrap().to_string(), "2.100000000");
    }

    #[test]
    fn a_deficit_mints_nothing_and_an_overflow_is_seen() {
        assert_eq!(Energy(1).surplus_over(Energy(2)), Energy::ZERO);
        assert_eq!(Energy(u64::MAX).tokens(), None);
        assert_eq!(Energy(1).checked_sub(Energy(2)), None);
        assert_eq!(Energy(u64::MAX).checked_add(Energy(1)), None);
    }
}
