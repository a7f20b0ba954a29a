//! The value of energy. Every rounding is against the trader; what it leaves goes to the treasury's seat.

/// The base units of the energy token for a Wh: 1 kWh = 1 token = 10^9.
pub const TOKEN_UNITS_PER_WH: u64 = 1_000_000;
/// The highest price of an order, base units of money per kWh: 1,000 baht. Products with [`MAX_ENERGY`] fit 64 bits.
pub const MAX_PRICE: u64 = 1_000_000_000;
/// The most energy of an order, Wh: 1 GWh.
pub const MAX_ENERGY: u64 = 1_000_000_000;
/// The Wh in a kWh, the unit of prices.
const WH_PER_KWH: u64 = 1_000;
/// The basis points in one.
pub const BASIS_POINTS: u64 = 10_000;

/// Returns the energy tokens of an energy in Wh, base units.
#[inline(always)]
#[must_use]
pub const fn tokens(energy: u32) -> u64 {
    energy as u64 * TOKEN_UNITS_PER_WH
}

/// Returns the money that backs a bid, base units. The price of a Wh is rounded up, so that what an order locks is additive in its energy: it
/// covers the cost of every part of it, however often the order is filled in part.
#[inline(always)]
#[must_use]
pub const fn backing(price: u32, energy: u32) -> u64 {
    (price as u64).div_ceil(WH_PER_KWH) * energy as u64
}

/// Returns the money that a buyer pays, base units, rounded up.
#[inline(always)]
#[must_use]
pub const fn cost(price: u32, energy: u32) -> u64 {
    (price as u64 * energy as u64).div_ceil(WH_PER_KWH)
}

/// Returns the money that a seller gets, base units: the value rounded down, less the fee rounded up. `fee` in basis points, at most 10,000.
#[inline(always)]
#[must_use]
pub const fn proceeds(price: u32, energy: u32, fee: u16) -> u64 {
    let value = price as u64 * energy as u64 / WH_PER_KWH;
    value - (value * fee as u64).div_ceil(BASIS_POINTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_against_the_trader() {
        assert_eq!((cost(1, 1), proceeds(1, 1, 0), backing(1, 1)), (1, 0, 1));
        assert_eq!((cost(3_500_000, 2_100), proceeds(3_500_000, 2_100, 0)), (7_350_000, 7_350_000));
        assert_eq!(proceeds(3_500_000, 2_100, 25), 7_350_000 - 18_375);
        assert_eq!(proceeds(1_000, 3, 1), 2);
        assert_eq!(proceeds(1_000, 3, 10_000), 0);
    }

    #[test]
    #[allow(clippy::cast_possible_truncation)] // both limits fit 32 bits
    fn the_limits_fit() {
        let (price, energy) = (MAX_PRICE as u32, MAX_ENERGY as u32);
        assert_eq!(cost(price, energy), 1_000_000_000_000_000);
        assert_eq!(backing(price, energy), cost(price, energy));
        assert_eq!(proceeds(price, energy, 10_000), 0);
    }
}
