//! Long tables, written chunk by chunk as CSV, NDJSON or Parquet. All cores produce chunks, which are written in order; memory
//! does not grow with the number of rows.

#[cfg_attr(not(feature = "parquet"), path = "without_parquet.rs")]
mod parquet;
mod text;

use {
    self::parquet::ParquetFile,
    campus_energy_department::text::rfc3339,
    std::{
        fmt,
        io::{self, Write},
    },
};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SeriesFormat {
    /// Comma-separated values with a header
    Csv,
    /// A JSON object a line
    Ndjson,
    /// Apache Parquet, compressed with Snappy
    Parquet,
}

impl SeriesFormat {
    /// The ending of such files' names.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// Why this build writes no such file, if it does not.
    #[must_use]
    pub const fn left_out(self) -> Option<&'static str> {
        match self {
            Self::Parquet if !cfg!(feature = "parquet") => Some(
                "this build writes no Parquet; build it with `cargo build --release --locked -p sim-cli`, or choose csv or ndjson",
            ),
            _ => None,
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// An instant.
    Time,
    /// A whole number.
    Integer,
    /// A real number.
    Real,
}

/// A column: its name, with its unit, and what it holds.
pub type Column = (&'static str, Kind);

/// An instant and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    unix: i64,
    text: String,
}

impl Time {
    /// A Unix second.
    #[must_use]
    pub fn new(unix: i64) -> Self {
        Self { unix, text: rfc3339(unix) }
    }
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Of [`Kind::Text`].
    Text(&'a str),
    /// Of [`Kind::Time`].
    Time(&'a Time),
    /// Of [`Kind::Integer`].
    Integer(i64),
    /// Of [`Kind::Real`], with the decimals that texts show.
    Real(f64, usize),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Time(time) => formatter.write_str(&time.text),
            Self::Integer(number) => number.fmt(formatter),
            Self::Real(number, decimals) => write!(formatter, "{number:.decimals$}"),
        }
    }
}

/// Rows made ready for a file.
pub enum Piece {
    /// Lines.
    Text(Vec<u8>),
    /// Columns.
    Columns(Vec<parquet::Cells>),
}

/// Makes rows ready, on whichever core.
///
/// # Errors
/// None of the memory that is written to; a row of another length than the header.
pub fn piece<'a, const N: usize>(
    format: SeriesFormat,
    columns: &[Column; N],
    rows: impl Iterator<Item = [Value<'a>; N]>,
) -> io::Result<Piece> {
    Ok(match format {
        SeriesFormat::Csv => Piece::Text(text::csv(rows)?),
        SeriesFormat::Ndjson => Piece::Text(text::ndjson(columns, rows)?),
        SeriesFormat::Parquet => Piece::Columns(parquet::cells(columns, rows)),
    })
}

/// A table that is being written.
pub struct SeriesFile<W: Write + Send>(File<W>);

enum File<W: Write + Send> {
    Text(W),
    Parquet(Box<ParquetFile<W>>),
}

impl<W: Write + Send> SeriesFile<W> {
    /// Begins it.
    ///
    /// # Errors
    /// The writer's.
    pub fn new(format: SeriesFormat, columns: &[Column], mut writer: W) -> io::Result<Self> {
        Ok(Self(match format {
            SeriesFormat::Csv => {
                writer.write_all(&text::header(columns)?)?;
                File::Text(writer)
            }
            SeriesFormat::Ndjson => File::Text(writer),
            SeriesFormat::Parquet => File::Parquet(Box::new(ParquetFile::new(columns, writer)?)),
        }))
    }

    /// Adds rows.
    ///
    /// # Errors
    /// The writer's; a piece of another format.
    pub fn write(&mut self, piece: Piece) -> io::Result<()> {
        match (&mut self.0, piece) {
            (File::Text(writer), Piece::Text(lines)) => writer.write_all(&lines),
            (File::Parquet(file), Piece::Columns(cells)) => file.add(cells),
            _ => Err(io::Error::other("a piece of another format than its file's")),
        }
    }

    /// Completes it.
    ///
    /// # Errors
    /// The writer's.
    pub fn end(self) -> io::Result<W> {
        match self.0 {
            File::Text(writer) => Ok(writer),
            File::Parquet(file) => file.end(),
        }
    }
}

#[cfg(all(test, feature = "parquet"))]
mod tests;
