//! What stands in for `parquet.rs` in a build without the feature `parquet`: no such file can be begun.

use {
    super::{Column, SeriesFormat, Value},
    std::{
        convert::Infallible,
        io::{self, Write},
        marker::PhantomData,
    },
};

/// A column's cells, of which there are none.
pub type Cells = Infallible;

/// Rows by column: none, since no file takes them.
pub(super) fn cells<'a, const N: usize>(_: &[Column; N], _: impl Iterator<Item = [Value<'a>; N]>) -> Vec<Cells> {
    Vec::new()
}

/// A file that cannot be begun.
pub(super) struct ParquetFile<W: Write + Send> {
    never: Infallible,
    writer: PhantomData<W>,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Fails: this build writes no Parquet.
    pub(super) fn new(_: &[Column], _: W) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, SeriesFormat::Parquet.left_out().unwrap_or_default()))
    }

    pub(super) fn add(&mut self, _: Vec<Cells>) -> io::Result<()> {
        match self.never {}
    }

    pub(super) fn end(self) -> io::Result<W> {
        match self.never {}
    }
}
