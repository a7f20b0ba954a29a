//! The prices at which the grid sells and buys, and the reference price between them by supply and demand.

use {
    crate::{
        account::plain_struct,
        units::{Energy, Price},
    },
    borsh::{BorshDeserialize, BorshSerialize},
};

/// The prices at which the grid sells and buys energy, base units of money per kWh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tariffs {
    /// The price at which it buys energy.
    pub feed_in: Price,
    /// The price at which it sells energy.
    pub retail: Price,
}

plain_struct!(Tariffs { feed_in: Price, retail: Price });

impl Tariffs {
    /// Returns whether a market can have these tariffs: 0 < feed-in < retail.
    #[must_use]
    pub const fn are_valid(&self) -> bool {
        0 < self.feed_in.0 && self.feed_in.0 < self.retail.0
    }

    /// Returns the price by the supply-demand ratio r = supply / demand (Liu et al., IEEE Transactions on Power Systems 32,
    /// 2017): `feed_in retail / ((retail - feed_in) r + feed_in)` for r < 1, the feed-in tariff otherwise. Without
    /// supply it is the retail tariff; rounded down, and never outside the tariffs.
    #[must_use]
    pub fn reference_price(&self, supply: Energy, demand: Energy) -> Price {
        if supply >= demand {
            return if demand.0 == 0 && supply.0 == 0 { self.retail } else { self.feed_in };
        }
        if let Some(price) = self.small_reference_price(supply.0, demand.0) {
            return Price(price);
        }
        let (feed_in, retail) = (u128::from(self.feed_in.0), u128::from(self.retail.0));
        let (supply, demand) = (u128::from(supply.0), u128::from(demand.0));
        let numerator = (feed_in * retail).checked_mul(demand);
        let denominator = ((retail - feed_in) * supply).checked_add(feed_in * demand);
        let price = match (numerator, denominator) {
            (Some(numerator), Some(denominator)) => u64::try_from(numerator / denominator).unwrap_or(u64::MAX),
            // Beyond any energy on Earth; the retail tariff bounds the price from above.
            _ => self.retail.0,
        };
        Price(price.clamp(self.feed_in.0, self.retail.0))
    }

    /// Returns the same where every product fits 64 bits, as a campus's do: wider ones cost hundreds of compute units, and so do
    /// checks of each product. `supply` is below `demand`, so that no other product is larger than the numerator.
    #[inline(always)]
    fn small_reference_price(&self, supply: u64, demand: u64) -> Option<u64> {
        let (feed_in, retail) = (self.feed_in.0, self.retail.0);
        if retail > u64::from(u32::MAX) {
            return None;
        }
        let product = feed_in.wrapping_mul(retail);
        if demand > u64::MAX.checked_div(product)? {
            return None;
        }
        let denominator = (retail - feed_in).wrapping_mul(supply).wrapping_add(feed_in.wrapping_mul(demand));
        Some((product.wrapping_mul(demand) / denominator).clamp(feed_in, retail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARIFFS: Tariffs = Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) };

    #[test]
    fn the_price_falls_from_retail_to_feed_in() {
        let price = |supply, demand| TARIFFS.reference_price(Energy(supply), Energy(demand)).0;
        assert_eq!(price(0, 10_000), 5_798_200);
        assert_eq!(price(0, 0), 5_798_200);
        assert_eq!(price(10_000, 10_000), 2_200_000);
        assert_eq!(price(10_001, 10_000), 2_200_000);
        assert_eq!(price(1, 0), 2_200_000);
        // r = 1/2: 2.2 * 5.7982 / (3.5982 / 2 + 2.2) = 3.189_727...
        assert_eq!(price(5_000, 10_000), 3_189_727);
        let prices: Vec<_> = (0..=100).map(|supply| price(supply, 100)).collect();
        assert!(prices.is_sorted_by(|a, b| a > b));
    }

    /// The narrow way gives what the wide one does.
    #[test]
    fn both_widths_agree() {
        for (supply, demand) in [(0, 1), (1, 2), (41_999, 60_000), (59_999, 60_000), (7, 720_000)] {
            let (feed_in, retail) = (u128::from(TARIFFS.feed_in.0), u128::from(TARIFFS.retail.0));
            let wide = feed_in * retail * u128::from(demand)
                / ((retail - feed_in) * u128::from(supply) + feed_in * u128::from(demand));
            assert_eq!(TARIFFS.small_reference_price(supply, demand).map(u128::from), Some(wide));
        }
        assert_eq!(TARIFFS.small_reference_price(1, u64::MAX), None);
        // The last that fits, and the first that does not.
        let last = u64::MAX / (TARIFFS.feed_in.0 * TARIFFS.retail.0);
        assert!(TARIFFS.small_reference_price(last - 1, last).is_some());
        assert_eq!(TARIFFS.small_reference_price(last - 1, last + 1), None);
        let dear = Tariffs { retail: Price(1 << 32), ..TARIFFS };
        assert_eq!(dear.small_reference_price(1, 2), None);
    }

    #[test]
    fn huge_energies_do_not_overflow() {
        let price = TARIFFS.reference_price(Energy(u64::MAX - 1), Energy(u64::MAX)).0;
        assert!((TARIFFS.feed_in.0..=TARIFFS.retail.0).contains(&price));
        let tariffs = Tariffs { feed_in: Price(u64::MAX - 1), retail: Price(u64::MAX) };
        assert_eq!(tariffs.reference_price(Energy(1), Energy(u64::MAX)), Price(u64::MAX));
    }
}
