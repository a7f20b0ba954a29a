//! Tables for the terminal.

use {
    super::{Summary, Totals, sentence, tampering},
    campus_energy_department::text::{Baht, kilowatt_hours},
    campus_energy_sdk::units::{Energy, TOKEN_UNITS_PER_WH, TokenAmount},
    comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED},
    rust_decimal::Decimal,
    std::time::Duration,
};

/// Prints a run.
pub fn print(summary: &Summary, wall: Duration) {
    println!("{}", totals("zone", summary.zones.iter().chain([&summary.total])));
    println!("{}", totals("meter", summary.meters.iter()));
    println!("{}", market(summary));
    if let Some(own) = &summary.tampering {
        println!("{}", table(tampering::table::HEADER, 1, tampering::table::rows(own)));
        println!("{}", tampering::table::others(own));
    }
    println!("{}", sentence(summary));
    match &summary.peak {
        Some(peak) => println!(
            "Most surplus: {} in the interval from {} to {}",
            Energy(peak.surplus_wh),
            peak.interval_start_utc,
            peak.interval_end_utc
        ),
        None => println!("Most surplus: no interval had any"),
    }
    let (settlement, ledger) = (summary.settlement, &summary.ledger);
    let [minted, retired, burned, supply] =
        [ledger.minted_base_units, ledger.retired_base_units, ledger.burned_base_units, ledger.supply_base_units]
            .map(TokenAmount);
    let burned = if burned == TokenAmount::ZERO { String::new() } else { format!("{burned} burned by owners, ") };
    println!("Tokens: {minted} minted, {retired} retired, {burned}{supply} left");
    println!(
        "Settled: {} readings of {} intervals in {} transactions of {} compute units; {} orders in {} of {}; {:.2} s",
        summary.readings,
        summary.intervals,
        settlement.submission.transactions,
        settlement.submission.compute_units,
        summary.market.bids + summary.market.asks,
        settlement.trading.transactions,
        settlement.trading.compute_units,
        wall.as_secs_f64()
    );
}

/// A table with a header; all columns but the first `left` are figures.
#[must_use]
pub fn table<const N: usize>(header: [&str; N], left: usize, rows: impl IntoIterator<Item = [String; N]>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn totals<'a>(what: &str, rows: impl Iterator<Item = &'a Totals>) -> Table {
    let header = [what, "generated\nkWh", "consumed\nkWh", "net\nkWh", "surplus\nkWh", "tokens\nminted"];
    let row = |totals: &Totals| {
        let sign = if totals.net_wh < 0 { "-" } else { "" };
        [
            totals.name.clone(),
            kilowatt_hours(totals.generated_wh),
            kilowatt_hours(totals.consumed_wh),
            format!("{sign}{}", kilowatt_hours(totals.net_wh.unsigned_abs())),
            kilowatt_hours(totals.surplus_wh),
            kilowatt_hours(totals.minted_base_units / TOKEN_UNITS_PER_WH),
        ]
    };
    table(header, 1, rows.map(row))
}

fn market(summary: &Summary) -> Table {
    table(["market", "", ""], 1, key_figures(summary).into_iter().map(|(name, value, unit)| [name, value, unit]))
}

/// A figure as text, or `-` where there is none.
pub fn figure<T>(value: Option<T>, shown: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".into(), shown)
}

/// Name, value and unit of what a run is judged by.
#[must_use]
pub fn key_figures(summary: &Summary) -> Vec<(String, String, String)> {
    let (market, energy) = (&summary.market, &summary.energy);
    let percent = |share: Option<Decimal>| figure(share, |share| format!("{:.2}", share * Decimal::ONE_HUNDRED));
    let price = |price: Option<Baht>| figure(price, |price| price.rounded(4));
    let factor = &energy.emissions;
    let co2 = format!("kg ({} kg/kWh, {}, {})", factor.factor_kg_per_kwh, factor.source, factor.year);
    let behind = |share: Option<Decimal>| format!("% (behind the meters alone: {} %)", percent(share));
    [
        ("traded", kilowatt_hours(market.traded_wh), format!("kWh of {} offered", kilowatt_hours(market.offered_wh))),
        ("price, lowest", price(market.price_min), "baht/kWh".into()),
        ("price, mean", price(market.price_mean), "baht/kWh".into()),
        ("price, highest", price(market.price_max), "baht/kWh".into()),
        ("welfare", market.welfare.rounded(2), "baht".into()),
        ("buyers' savings", market.buyers_savings.rounded(2), "baht against the grid's price".into()),
        ("sellers' gains", format!("{:.2}", market.sellers_gains), "baht over the feed-in tariff".into()),
        ("self-consumption", percent(energy.self_consumption), behind(energy.self_consumption_behind_meters)),
        ("self-sufficiency", percent(energy.self_sufficiency), behind(energy.self_sufficiency_behind_meters)),
        ("CO2 avoided", energy.co2_avoided_kg.to_string(), co2),
        ("tokens retired", kilowatt_hours(summary.ledger.retired_base_units / TOKEN_UNITS_PER_WH), "kWh".into()),
    ]
    .map(|(name, value, unit): (&str, String, String)| (name.into(), value, unit))
    .into()
}

#[cfg(test)]
mod tests {
    use {super::*, crate::summary::MarketSummary};

    /// A week of the brief's department, with more than it can generate and consume.
    #[test]
    fn tables_of_a_week_fit_80_columns() {
        let totals = |name: &str| Totals {
            name: name.into(),
            generated_wh: 9_999_999,
            consumed_wh: 99_999_999,
            net_wh: -99_999_999,
            surplus_wh: 9_999_999,
            minted_base_units: 9_999_999_000_000,
            ..Totals::default()
        };
        let welfare = Baht(99_999_990_000);
        let mut summary = Summary {
            market: MarketSummary { traded_wh: 9_999_999, offered_wh: 9_999_999, welfare, ..MarketSummary::default() },
            ..Summary::default()
        };
        summary.energy.self_consumption_behind_meters = Some(Decimal::ONE);
        let tables = [super::totals("zone", [totals("faculty_office")].iter()), market(&summary)];
        for table in tables {
            let text = table.to_string();
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", line.chars().count());
            }
            assert!(text.contains("9999.999"), "{text}");
        }
    }
}
