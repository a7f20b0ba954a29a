//! Tables for the terminal.

use {
    super::{Summary, Totals, sentence, tampering},
    campus_energy_department::text::{Baht, kilowatt_hours},
    campus_energy_sdk::units::{Energy, TOKEN_UNITS_PER_WH, TokenAmount},
    comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED},
    rust_decimal::Decimal,
    std::time::Duration,
};

/// A run as a terminal shows it.
#[must_use]
pub fn screen(summary: &Summary, wall: Duration) -> String {
    let mut lines = vec![
        totals("zone", summary.zones.iter().chain([&summary.total])).to_string(),
        totals("meter", summary.meters.iter()).to_string(),
        market(summary).to_string(),
    ];
    if let Some(own) = &summary.tampering {
        lines.push(table(["injection", ""], 2, tampering::table::lines(own)).to_string());
        lines.push(tampering::table::others(own));
    }
    lines.push(sentence(summary));
    lines.push(match &summary.peak {
        Some(peak) => format!(
            "Most surplus: {} in the interval from {} to {}",
            Energy(peak.surplus_wh),
            peak.interval_start_utc,
            peak.interval_end_utc
        ),
        None => "Most surplus: no interval had any".into(),
    });
    let (settlement, ledger) = (summary.settlement, &summary.ledger);
    let [minted, retired, burned, supply] =
        [ledger.minted_base_units, ledger.retired_base_units, ledger.burned_base_units, ledger.supply_base_units]
            .map(TokenAmount);
    let burned = if burned == TokenAmount::ZERO { String::new() } else { format!("{burned} burned by owners, ") };
    lines.push(format!("Tokens: {minted} minted, {retired} retired, {burned}{supply} left"));
    lines.push(format!(
        "Settled: {} readings of {} intervals in {} transactions of {} compute units; {} orders in {} of {}; {:.2} s",
        summary.readings,
        summary.intervals,
        settlement.submission.transactions,
        settlement.submission.compute_units,
        summary.market.bids + summary.market.asks,
        settlement.trading.transactions,
        settlement.trading.compute_units,
        wall.as_secs_f64()
    ));
    lines.join("\n")
}

/// Characters of a line of a terminal.
const WIDTH: u16 = 80;

/// A table with a header; all columns but the first `left` are figures. It is at most 80 characters wide: the longest texts are wrapped.
#[must_use]
pub fn table<const N: usize>(header: [&str; N], left: usize, rows: impl IntoIterator<Item = [String; N]>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// From so many Wh on, energies are shown in MWh: numbers of kWh would not fit.
const MANY: u64 = 100_000_000;

fn totals<'a>(what: &str, rows: impl Iterator<Item = &'a Totals>) -> Table {
    let rows: Vec<&Totals> = rows.collect();
    let many = rows.iter().any(|totals| totals.generated_wh.max(totals.consumed_wh) >= MANY);
    let header = if many {
        [what, "generated\nMWh", "consumed\nMWh", "net\nMWh", "surplus\nMWh", "tokens\nminted, 1000"]
    } else {
        [what, "generated\nkWh", "consumed\nkWh", "net\nkWh", "surplus\nkWh", "tokens\nminted"]
    };
    let energy = |watt_hours: u64| kilowatt_hours(if many { (watt_hours + 500) / 1_000 } else { watt_hours });
    let row = |totals: &Totals| {
        let sign = if totals.net_wh < 0 { "-" } else { "" };
        [
            totals.name.clone(),
            energy(totals.generated_wh),
            energy(totals.consumed_wh),
            format!("{sign}{}", energy(totals.net_wh.unsigned_abs())),
            energy(totals.surplus_wh),
            energy(totals.minted_base_units / TOKEN_UNITS_PER_WH),
        ]
    };
    table(header, 1, rows.into_iter().map(row))
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

    /// A week of the brief's department, with more than it can generate and consume; ten years of it, and names of any length.
    #[test]
    fn tables_fit_80_columns() {
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
        let years =
            Totals { generated_wh: 744_600_123_456, consumed_wh: 2_233_800_000_000, ..totals("undergraduate_hall") };
        let text = super::totals("zone", [years].iter()).to_string();
        assert!(text.contains(" 744600.123 ") && text.contains("MWh"), "{text}");
        let long = "no end of words ".repeat(9);
        for text in [text, table(["a", "b", "c"], 1, [[long.clone(), "x".repeat(99), long]]).to_string()] {
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
