//! A run in one sentence, for readers who know neither tokens nor auctions.

use {
    super::{Summary, figure},
    campus_energy_sdk::time::INTERVALS_PER_DAY,
    rust_decimal::{Decimal, RoundingStrategy},
};

/// What the array made, what became of it, and what part of the consumption it covered. All figures are the summary's;
/// energy is rounded, so that the parts may differ from the sum by 1 kWh.
#[must_use]
pub fn sentence(summary: &Summary) -> String {
    let Summary { intervals, total, market, energy: shares, .. } = summary;
    if *intervals == 0 {
        return "No interval has been settled.".into();
    }
    let (made, time) = (total.generated_wh, time(*intervals));
    let consumption = match (total.consumed_wh, made) {
        (0, _) => "the building took nothing".into(),
        (consumed, 0) => format!("the building took {}, all of it from the grid", energy(consumed)),
        (consumed, _) => {
            format!(
                "the building took {}, {} of it from the array",
                energy(consumed),
                figure(shares.self_sufficiency, percent)
            )
        }
    };
    if made == 0 {
        return format!("The array made nothing in {time}; {consumption}.");
    }
    let used = match made - total.surplus_wh {
        0 => "none of it was used by its owners".into(),
        own if own == made => "all of it was used by its owners".into(),
        own => format!("{} were used by their owners", energy(own)),
    };
    let sold = match market.price_mean {
        Some(price) if market.traded_wh > 0 => {
            let price = price.rounded(2);
            format!("{} were sold between neighbours at {price} baht per kWh on average", energy(market.traded_wh))
        }
        _ => "nothing was sold between neighbours".into(),
    };
    let left = match total.surplus_wh.saturating_sub(market.traded_wh) {
        0 => "nothing went to the grid".into(),
        left => format!("{} went to the grid", energy(left)),
    };
    format!("The array made {} in {time}: {used}, {sold}, {left}; {consumption}.", energy(made))
}

/// How long so many intervals are. Days on which the clock changes have 92 or 100 intervals.
fn time(intervals: u64) -> String {
    let day = INTERVALS_PER_DAY.unsigned_abs();
    match (intervals + day / 2) / day {
        _ if intervals == 1 => "15 minutes".into(),
        _ if intervals < day - 4 => format!("{intervals} intervals of 15 minutes"),
        1 => "one day".into(),
        days => format!("{days} days"),
    }
}

/// Whole kWh; tenths below 10 kWh; Wh below 1 kWh. Rounded half up.
fn energy(watt_hours: u64) -> String {
    match watt_hours {
        0..950 => format!("{watt_hours} Wh"),
        950..9_950 => {
            let tenths = (watt_hours + 50) / 100;
            format!("{}.{} kWh", tenths / 10, tenths % 10)
        }
        _ => format!("{} kWh", (watt_hours + 500) / 1_000),
    }
}

/// Whole percent of a share.
fn percent(share: Decimal) -> String {
    let percent = share * Decimal::ONE_HUNDRED;
    if percent > Decimal::ZERO && percent < Decimal::ONE {
        return "less than 1 %".into();
    }
    format!("{} %", percent.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{Totals, summary::MarketSummary},
        campus_energy_department::text::Baht,
    };

    /// Wh: generated, consumed, surplus, traded; parts in 10,000 of the consumption that the array covered.
    fn told(intervals: u64, [generated_wh, consumed_wh, surplus_wh, traded_wh]: [u64; 4], covered: i64) -> String {
        let price_mean = (traded_wh > 0).then_some(Baht(5_794_500));
        let mut summary = Summary {
            intervals,
            total: Totals { generated_wh, consumed_wh, surplus_wh, ..Totals::default() },
            market: MarketSummary { traded_wh, price_mean, ..MarketSummary::default() },
            ..Summary::default()
        };
        summary.energy.self_sufficiency = Some(Decimal::new(covered, 4));
        sentence(&summary)
    }

    #[test]
    fn a_day_with_trades_is_told() {
        assert_eq!(
            told(96, [204_308, 611_970, 112_874, 99_546], 3_120),
            "The array made 204 kWh in one day: 91 kWh were used by their owners, 100 kWh were sold between neighbours at \
             5.79 baht per kWh on average, 13 kWh went to the grid; the building took 612 kWh, 31 % of it from the array."
        );
        assert_eq!(
            told(96, [7_449, 2_344_184, 949, 949], 32),
            "The array made 7.4 kWh in one day: 6.5 kWh were used by their owners, 949 Wh were sold between neighbours at \
             5.79 baht per kWh on average, nothing went to the grid; the building took 2344 kWh, less than 1 % of it from the \
             array."
        );
    }

    #[test]
    fn days_without_trades_or_generation_are_told() {
        assert_eq!(
            told(672, [1_430_156, 4_283_790, 790_118, 0], 1_494),
            "The array made 1430 kWh in 7 days: 640 kWh were used by their owners, nothing was sold between neighbours, 790 \
             kWh went to the grid; the building took 4284 kWh, 15 % of it from the array."
        );
        assert_eq!(
            told(96, [204_308, 2_344_184, 0, 0], 871),
            "The array made 204 kWh in one day: all of it was used by its owners, nothing was sold between neighbours, \
             nothing went to the grid; the building took 2344 kWh, 9 % of it from the array."
        );
        assert_eq!(
            told(96, [204_308, 0, 204_308, 0], 0),
            "The array made 204 kWh in one day: none of it was used by its owners, nothing was sold between neighbours, 204 \
             kWh went to the grid; the building took nothing."
        );
        assert_eq!(
            told(96, [0, 611_970, 0, 0], 0),
            "The array made nothing in one day; the building took 612 kWh, all of it from the grid."
        );
        assert_eq!(told(0, [0; 4], 0), "No interval has been settled.");
    }

    #[test]
    fn days_have_92_to_100_intervals() {
        let times = [1, 4, 91, 92, 96, 100, 188, 196, 672, 35_040].map(time);
        let expected = [
            "15 minutes",
            "4 intervals of 15 minutes",
            "91 intervals of 15 minutes",
            "one day",
            "one day",
            "one day",
            "2 days",
            "2 days",
            "7 days",
            "365 days",
        ];
        assert_eq!(times, expected);
        let energies = [0, 949, 950, 9_949, 9_950, 10_499, 10_500].map(energy);
        assert_eq!(energies, ["0 Wh", "949 Wh", "1.0 kWh", "9.9 kWh", "10 kWh", "10 kWh", "11 kWh"]);
    }
}
