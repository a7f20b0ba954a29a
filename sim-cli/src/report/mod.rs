//! What people read: files, tables, a summary.

mod csv_files;
mod output;
mod summary;
mod tables;

pub use {
    csv_files::CsvFiles,
    output::{Output, OutputError},
    summary::{Manifest, Money, PeakInterval, Settlement, Summary, Totals, ZoneTotals},
    tables::print,
};

use campus_energy_sdk::registry::state::Zone;

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
