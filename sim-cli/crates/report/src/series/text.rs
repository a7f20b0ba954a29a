//! CSV and NDJSON.

use {
    super::{Column, Value},
    std::io::{self, Write},
};

/// The header's line.
pub(super) fn header(columns: &[Column]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// Lines of rows.
pub(super) fn csv<'a, const N: usize>(rows: impl Iterator<Item = [Value<'a>; N]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut cell = Vec::new();
    for row in rows {
        for value in row {
            cell.clear();
            write!(cell, "{value}")?;
            writer.write_field(&cell)?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// Lines of rows: numbers with the decimals of the CSV.
pub(super) fn ndjson<'a, const N: usize>(
    columns: &[Column; N],
    rows: impl Iterator<Item = [Value<'a>; N]>,
) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for row in rows {
        for (place, ((name, _), value)) in columns.iter().zip(row).enumerate() {
            write!(lines, "{}\"{name}\":", if place == 0 { '{' } else { ',' })?;
            match value {
                Value::Text(text) => serde_json::to_writer(&mut lines, text)?,
                Value::Time(time) => serde_json::to_writer(&mut lines, &time.text)?,
                Value::Real(number, _) if !number.is_finite() => lines.extend_from_slice(b"null"),
                Value::Integer(_) | Value::Real(..) => write!(lines, "{value}")?,
            }
        }
        lines.extend_from_slice(b"}\n");
    }
    Ok(lines)
}
