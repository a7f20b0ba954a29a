//! The indicators of a run, in integers, added up over the closed intervals.

use {
    super::ClosedInterval,
    campus_energy_sdk::{trading::tariffs::Tariffs, units::Price},
    rust_decimal::Decimal,
};

/// Sums over closed intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indicators {
    /// Intervals with readings.
    pub intervals: u64,
    /// The interval with the most surplus, if any had one: its end, and Wh.
    pub peak: Option<(i64, u64)>,
    /// Auctions in which something was traded.
    pub trades: u64,
    /// Orders that traded.
    pub fills: u64,
    /// Wh that asks offered.
    pub offered: u64,
    /// Wh that bids wanted.
    pub wanted: u64,
    /// Wh traded.
    pub traded: u64,
    /// The lowest price.
    pub lowest: Option<Price>,
    /// The highest price.
    pub highest: Option<Price>,
    /// Money that buyers paid.
    pub paid: u64,
    /// Money that sellers earned.
    pub earned: u64,
    /// Wh generated.
    pub generated: u64,
    /// Wh consumed.
    pub consumed: u64,
    /// Wh that meters with a surplus had left.
    pub surplus: u64,
}

/// Wh in the kWh that prices are per.
const WH_PER_KWH: u128 = 1_000;

impl Indicators {
    /// Adds an interval.
    pub fn add(&mut self, interval: &ClosedInterval) {
        let (auction, sums) = (&interval.auction, interval.sums());
        if auction.traded > 0 {
            self.trades = self.trades.saturating_add(1);
            self.lowest = Some(self.lowest.map_or(auction.price, |price| price.min(auction.price)));
            self.highest = Some(self.highest.map_or(auction.price, |price| price.max(auction.price)));
        }
        self.intervals = self.intervals.saturating_add(u64::from(sums.readings > 0));
        if sums.surplus > self.peak.map_or(0, |(_, most)| most) {
            self.peak = Some((interval.timestamp, sums.surplus));
        }
        self.fills = self.fills.saturating_add(u64::from(auction.fills));
        self.offered = self.offered.saturating_add(auction.offered);
        self.wanted = self.wanted.saturating_add(auction.wanted);
        self.traded = self.traded.saturating_add(auction.traded);
        self.paid = self.paid.saturating_add(auction.paid);
        self.earned = self.earned.saturating_add(auction.earned);
        self.generated = self.generated.saturating_add(sums.generated);
        self.consumed = self.consumed.saturating_add(sums.consumed);
        self.surplus = self.surplus.saturating_add(sums.surplus);
    }

    /// The mean price, weighted by energy.
    #[must_use]
    pub fn mean_price(&self) -> Option<Price> {
        let mean = u128::from(self.paid).saturating_mul(WH_PER_KWH).checked_div(u128::from(self.traded))?;
        u64::try_from(mean).ok().map(Price)
    }

    fn at(&self, price: Price) -> u64 {
        let value = u128::from(price.0).saturating_mul(self.traded.into()) / WH_PER_KWH;
        u64::try_from(value).unwrap_or(u64::MAX)
    }

    /// What buyers have saved against the retail tariff.
    #[must_use]
    pub fn savings(&self, tariffs: &Tariffs) -> u64 {
        self.at(tariffs.retail).saturating_sub(self.paid)
    }

    /// What sellers have gained over the feed-in tariff, fees paid; negative where the fee took more than the market gave.
    #[must_use]
    pub fn gains(&self, tariffs: &Tariffs) -> i64 {
        let gains = i128::from(self.earned).saturating_sub(self.at(tariffs.feed_in).into());
        i64::try_from(gains).unwrap_or(if gains < 0 { i64::MIN } else { i64::MAX })
    }

    /// What trading has brought to all, the treasury included: without it every kWh would have been sold at the feed-in
    /// and bought at the retail tariff.
    #[must_use]
    pub fn welfare(&self, tariffs: &Tariffs) -> u64 {
        self.at(tariffs.retail).saturating_sub(self.at(tariffs.feed_in))
    }

    /// Wh of the array that were used on campus: behind the meter that has them, or traded.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.generated.saturating_sub(self.surplus).saturating_add(self.traded)
    }

    /// Parts in ten thousand of the generation that were used on campus; with trading, or behind the meters alone. None without
    /// generation.
    #[must_use]
    pub fn self_consumption(&self, trading: bool) -> Option<u64> {
        self.share(trading, self.generated)
    }

    /// Parts in ten thousand of the consumption that the array covered; with trading, or behind the meters alone. None without
    /// consumption.
    #[must_use]
    pub fn self_sufficiency(&self, trading: bool) -> Option<u64> {
        self.share(trading, self.consumed)
    }

    fn share(&self, trading: bool, of: u64) -> Option<u64> {
        let used = if trading { self.used() } else { self.generated.saturating_sub(self.surplus) };
        let share = u128::from(used).saturating_mul(10_000).checked_div(of.into())?;
        Some(u64::try_from(share).unwrap_or(u64::MAX))
    }

    /// Kilograms of CO2 equivalent that the grid did not emit for what was used on campus; it emits `factor` kilograms per kWh.
    #[must_use]
    pub fn co2_avoided(&self, factor: Decimal) -> Decimal {
        let kilowatt_hours = Decimal::from(self.used()).checked_div(Decimal::ONE_THOUSAND);
        kilowatt_hours.unwrap_or_default().saturating_mul(factor).round_dp(3).normalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Auction;
    use campus_energy_sdk::{oracle::event::AcceptedReading, reading::Quality};

    #[test]
    fn a_hand_worked_pair_of_intervals() {
        let reading =
            |meter, generated, consumed| AcceptedReading { meter, generated, consumed, quality: Quality::Measured };
        let auction = Auction {
            price: Price(4_000_000),
            traded: 1_500,
            paid: 6_000_000,
            earned: 5_994_000,
            fills: 3,
            ..Auction::default()
        };
        let mut indicators = Indicators::default();
        let readings = vec![reading(0, 5_000, 2_000), reading(1, 0, 4_000)];
        indicators.add(&ClosedInterval { readings, auction, ..ClosedInterval::default() });
        indicators.add(&ClosedInterval { readings: vec![reading(0, 0, 1_000)], ..ClosedInterval::default() });
        let tariffs = Tariffs { feed_in: Price(2_000_000), retail: Price(5_000_000) };
        assert_eq!((indicators.trades, indicators.mean_price()), (1, Some(Price(4_000_000))));
        assert_eq!(indicators.savings(&tariffs), 1_500_000);
        assert_eq!(indicators.gains(&tariffs), 2_994_000);
        // What neither has is the treasury's: 6,000.
        assert_eq!(indicators.welfare(&tariffs), 4_500_000);
        // 2,000 Wh behind the meter, 1,500 traded, of 5,000 generated and 7,000 consumed.
        assert_eq!((indicators.self_consumption(true), indicators.self_consumption(false)), (Some(7_000), Some(4_000)));
        assert_eq!((indicators.self_sufficiency(true), indicators.self_sufficiency(false)), (Some(5_000), Some(2_857)));
        // 3.5 kWh of 0.475 kg.
        assert_eq!(indicators.co2_avoided(Decimal::new(4_750, 4)).to_string(), "1.662");
    }

    #[test]
    fn an_empty_run_divides_by_nothing() {
        let indicators = Indicators::default();
        assert_eq!((indicators.mean_price(), indicators.self_consumption(true)), (None, None));
        assert_eq!(indicators.co2_avoided(Decimal::new(4_750, 4)), Decimal::ZERO);
    }
}
