//! Tables for people.

use {
    super::{Money, Summary, Totals},
    campus_energy_sdk::units::{Energy, TokenAmount},
    comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED},
    std::time::Duration,
};

/// Prints a run.
pub fn print(summary: &Summary, last_price: Money, wall: Duration) {
    println!("{}", table("zone", summary.zones.iter().chain([&summary.total])));
    println!("{}", table("meter", summary.meters.iter()));
    match &summary.peak {
        Some(peak) => println!(
            "Most surplus: {} in the interval from {} to {}",
            Energy(peak.surplus_wh),
            peak.interval_start_utc,
            peak.interval_end_utc
        ),
        None => println!("Most surplus: no interval had any"),
    }
    let settlement = summary.settlement;
    let per_interval = settlement.compute_units / summary.intervals.max(1);
    println!("Supply of the energy token: {}", TokenAmount(settlement.supply_base_units));
    println!("Reference price at the end: {last_price} baht per kWh");
    println!(
        "Settled: {} readings of {} intervals in {} transactions, {} compute units ({per_interval} an interval), {:.2} s",
        summary.readings,
        summary.intervals,
        settlement.transactions,
        settlement.compute_units,
        wall.as_secs_f64()
    );
}

fn table<'a>(what: &str, rows: impl Iterator<Item = &'a Totals>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([what, "generated kWh", "consumed kWh", "net kWh", "surplus kWh", "tokens minted"]);
    for totals in rows {
        let sign = if totals.net_wh < 0 { "-" } else { "" };
        table.add_row([
            totals.name.clone(),
            kilowatt_hours(totals.generated_wh),
            kilowatt_hours(totals.consumed_wh),
            format!("{sign}{}", kilowatt_hours(totals.net_wh.unsigned_abs())),
            kilowatt_hours(totals.surplus_wh),
            TokenAmount(totals.minted_base_units).to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn kilowatt_hours(watt_hours: u64) -> String {
    format!("{}.{:03}", watt_hours / 1_000, watt_hours % 1_000)
}
