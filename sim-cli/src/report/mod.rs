//! What people read: files, tables, a summary.

pub mod charts;
mod csv_files;
pub mod html;
mod manifest;
mod market;
mod money;
mod output;
mod pictures;
pub mod series;
mod storage;
mod summary;
mod tables;
mod tampering;

pub use {
    csv_files::{CSV_FILES, CsvFiles, READINGS, reading_values},
    manifest::{Manifest, Units},
    market::MarketSheet,
    money::Money,
    output::{OpenFile, Output, OutputError},
    pictures::Pictures,
    summary::{Summary, Totals, hex},
    tables::{key_figures, kilowatt_hours, print, table},
};

use campus_energy_sdk::{
    matching::{Direction, Reason},
    registry::state::Zone,
};

/// A zone's name in files and tables.
#[must_use]
pub const fn zone_name(zone: Zone) -> &'static str {
    match zone {
        Zone::Classroom => "classroom",
        Zone::Laboratory => "laboratory",
        Zone::FacultyOffice => "faculty_office",
        Zone::Other => "other",
    }
}

/// A Unix second in RFC 3339.
#[must_use]
pub fn rfc3339(timestamp: i64) -> String {
    chrono::DateTime::from_timestamp(timestamp, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A direction's name in files and tables.
#[must_use]
pub const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Buy => "buy",
        Direction::Sell => "sell",
    }
}

/// What became of an order, in words.
#[must_use]
pub const fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Filled => "filled",
        Reason::FilledInPart => "filled in part: the energy ran out",
        Reason::Rationed => "not filled: better or older orders took the energy",
        Reason::OutsidePrice => "not filled: the limit did not meet the price",
        Reason::NoCrossing => "not filled: no bid met an ask",
        Reason::NoCounterparty => "not filled: nobody on the other side",
        Reason::Expired => "expired",
    }
}

/// A value as a JSON file.
#[must_use]
pub fn json(value: &impl serde::Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}
