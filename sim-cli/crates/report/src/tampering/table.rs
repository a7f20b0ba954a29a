//! The table of a run with injections, for the terminal and for the page.

use {
    super::{InjectionScore, Tampering},
    crate::html::Table,
    campus_energy_department::text::kilowatt_hours,
    campus_energy_sdk::units::TOKEN_UNITS_PER_WH,
    std::{collections::BTreeMap, fmt::Display},
};

/// Headings of the columns.
pub(crate) const HEADER: [&str; 10] = [
    "injection",
    "tampered",
    "withheld",
    "caught on chain",
    "accepted",
    "minted",
    "excess kWh, tokens",
    "lost kWh, tokens",
    "flagged",
    "missed",
];

/// The rows, one per injection.
pub(crate) fn rows(tampering: &Tampering) -> impl Iterator<Item = [String; 10]> + '_ {
    tampering.injections.iter().map(row)
}

/// The same for a terminal: below each injection the figures of its row, one a line.
pub(crate) fn lines(tampering: &Tampering) -> impl Iterator<Item = [String; 2]> + '_ {
    rows(tampering).flat_map(|row| {
        let mut cells = HEADER.into_iter().zip(row);
        let injection = cells.next().map(|(_, injection)| [injection, String::new()]);
        injection.into_iter().chain(cells.map(|(name, value)| [format!("  {name}"), value])).collect::<Vec<_>>()
    })
}

fn row(score: &InjectionScore) -> [String; 10] {
    let InjectionScore { injection, tampered, withheld, accepted, minted, flagged, missed, .. } = score;
    [
        injection.clone(),
        tampered.to_string(),
        withheld.to_string(),
        counts(score.refused(), &score.caught),
        accepted.to_string(),
        minted.to_string(),
        format!("{}, {}", signed(score.excess_wh), signed(score.excess_base_units / TOKEN_UNITS_PER_WH.cast_signed())),
        format!("{}, {}", kilowatt_hours(score.lost_wh), kilowatt_hours(score.lost_base_units / TOKEN_UNITS_PER_WH)),
        counts(*flagged, &score.flagged_by),
        missed.to_string(),
    ]
}

/// A sum and what it is the sum of; with one reason alone its number is not said twice.
fn counts(sum: u64, reasons: &BTreeMap<impl Display, u64>) -> String {
    let each = reasons.iter().map(|(name, count)| match *count {
        count if count == sum => name.to_string(),
        count => format!("{name} {count}"),
    });
    let each = each.collect::<Vec<_>>().join(", ");
    if each.is_empty() { sum.to_string() } else { format!("{sum}: {each}") }
}

/// Wh as kWh; 10^-3 tokens as tokens.
fn signed(energy: i64) -> String {
    let sign = if energy < 0 { "-" } else { "" };
    format!("{sign}{}", kilowatt_hours(energy.unsigned_abs()))
}

/// What happened to the meters that nobody tampered with.
pub(crate) fn others(tampering: &Tampering) -> String {
    let others = &tampering.other_meters;
    let (refused, flagged) = (others.refused.values().sum(), others.flagged_by.values().sum());
    format!(
        "The other {} meters: {} readings refused, {} flagged",
        others.meters,
        counts(refused, &others.refused),
        counts(flagged, &others.flagged_by)
    )
}

/// The page's table.
pub(crate) fn page_table(tampering: &Tampering) -> Table {
    Table {
        caption: format!(
            "Tampering meters: what the ledger refused, took and minted, and what the checks found. {}",
            others(tampering)
        ),
        header: HEADER.map(String::from).to_vec(),
        rows: rows(tampering).map(Vec::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_all_of_an_injection() {
        let mut score = InjectionScore {
            injection: "double-signed:ENG_001:500".into(),
            tampered: 10,
            accepted: 4,
            minted: 2,
            excess_wh: -1_500,
            excess_base_units: 2_000_000_000,
            lost_wh: 20,
            flagged: 9,
            ..InjectionScore::default()
        };
        score.caught.insert("AlreadyAccepted".into(), 6);
        score.flagged_by.extend([("contradiction", 9), ("share", 4)]);
        assert_eq!(
            row(&score),
            [
                "double-signed:ENG_001:500",
                "10",
                "0",
                "6: AlreadyAccepted",
                "4",
                "2",
                "-1.500, 2.000",
                "0.020, 0.000",
                "9: contradiction, share 4",
                "0"
            ]
        );
        let tampering = Tampering { injections: vec![score], ..Tampering::default() };
        assert_eq!(others(&tampering), "The other 0 meters: 0 readings refused, 0 flagged");
        assert_eq!(page_table(&tampering).rows.len(), 1);
        let lines: Vec<_> = lines(&tampering).collect();
        assert_eq!((lines.len(), &lines[0]), (10, &["double-signed:ENG_001:500".into(), String::new()]));
        assert_eq!(lines[3], ["  caught on chain", "6: AlreadyAccepted"]);
    }
}
