//! The report of a run: files, tables, charts, a summary.

#![forbid(unsafe_code)]

pub mod charts;
mod csv_files;
pub mod html;
mod manifest;
mod output;
mod pictures;
mod sentence;
pub mod series;
mod storage;
mod summary;
mod tables;
pub mod tampering;

pub use {
    csv_files::{CSV_FILES, CsvFiles, READINGS, reading_values},
    manifest::{Manifest, SimulationManifest, Units},
    output::{Contents, OpenFile, Output, OutputError},
    pictures::Pictures,
    sentence::sentence,
    summary::{Summary, Totals},
    tables::{figure, key_figures, screen, table},
};

use campus_energy_sdk::matching::Reason;

/// The outcome of an order as text.
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

/// A value as the bytes of a JSON file: indented, with a line break at the end.
#[must_use]
pub fn json(value: &impl serde::Serialize) -> Vec<u8> {
    // Nothing here fails to become JSON: no map has other keys than texts.
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}
