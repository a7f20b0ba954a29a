//! `market` and `emissions`: tariffs and rules of the market, and the emissions of a kWh from the grid.

use {
    super::checked,
    campus_energy_sdk::{trading::tariffs::Tariffs, units::Price},
    rust_decimal::{Decimal, prelude::ToPrimitive},
    serde::{Deserialize, Serialize},
};

/// `market`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MarketSection {
    /// What the grid pays, baht per kWh; 0 where it pays nothing.
    #[serde(deserialize_with = "checked::feed_in_tariff")]
    pub feed_in_tariff: Decimal,
    /// What the grid asks, baht per kWh.
    #[serde(deserialize_with = "checked::price")]
    pub retail_tariff: Decimal,
    /// The least energy of an order, Wh.
    #[serde(deserialize_with = "checked::minimum_lot")]
    pub minimum_lot_wh: u32,
    /// Orders that a participant can have in the book.
    #[serde(deserialize_with = "checked::orders_per_seat")]
    pub orders_per_seat: u16,
    /// What a seller pays of the value, basis points.
    #[serde(deserialize_with = "checked::fee")]
    pub fee_basis_points: u16,
}

/// Thai household feed-in of 2.20 baht, and the 2026 on-peak time-of-use tariff of small business below 22 kV (see
/// `docs/simulation.md`).
impl Default for MarketSection {
    fn default() -> Self {
        Self {
            feed_in_tariff: Decimal::new(22, 1),
            retail_tariff: Decimal::new(57_982, 4),
            minimum_lot_wh: 10,
            orders_per_seat: 16,
            fee_basis_points: 0,
        }
    }
}

/// The smallest price of a market.
const SMALLEST_PRICE: Price = Price(1);

impl MarketSection {
    /// The tariffs in base units. A market's lower bound is a price, and so at least one base unit: a grid that pays nothing stands in
    /// it with 0.000001 baht per kWh.
    #[must_use]
    pub fn tariffs(&self) -> Tariffs {
        // Checked when it was loaded: at most 1,000 baht with six decimals.
        let base_units = |price: Decimal| Price((price * Decimal::from(1_000_000)).to_u64().unwrap_or(u64::MAX));
        let feed_in = base_units(self.feed_in_tariff).max(SMALLEST_PRICE);
        Tariffs { feed_in, retail: base_units(self.retail_tariff) }
    }

    /// Whether the tariffs leave room for a market.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { feed_in_tariff, retail_tariff, .. } = self;
        let Tariffs { feed_in, retail } = self.tariffs();
        if feed_in < retail {
            return Ok(());
        }
        Err(format!("the feed-in tariff {feed_in_tariff} must be below the retail tariff {retail_tariff}"))
    }
}

/// `emissions`: what a kWh from the grid emits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Emissions {
    /// Kilograms of CO2 equivalent per kWh.
    #[serde(deserialize_with = "checked::emission_factor")]
    pub factor_kg_per_kwh: Decimal,
    /// Who says so.
    pub source: String,
    /// For which year.
    pub year: u16,
}

impl Default for Emissions {
    fn default() -> Self {
        Self { factor_kg_per_kwh: Decimal::new(4_750, 4), source: "TGO, Scope 2".into(), year: 2026 }
    }
}
