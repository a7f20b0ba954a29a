//! Parquet: row groups of typed columns.

use {
    super::{Column, Kind, Value},
    parquet::{
        basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical},
        data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
        errors::ParquetError,
        file::{
            properties::WriterProperties,
            writer::{SerializedColumnWriter, SerializedFileWriter},
        },
        schema::types::Type,
    },
    std::{
        io::{self, Write},
        sync::Arc,
    },
};

/// Rows of a group, or some more.
const GROUP: usize = 131_072;
const MICROSECONDS: i64 = 1_000_000;

/// A column's cells.
pub enum Cells {
    /// Of texts.
    Text(Vec<ByteArray>),
    /// Of integers, and of instants in microseconds.
    Integer(Vec<i64>),
    /// Of reals.
    Real(Vec<f64>),
}

impl Cells {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Vec::new()),
            Kind::Time | Kind::Integer => Self::Integer(Vec::new()),
            Kind::Real => Self::Real(Vec::new()),
        }
    }

    /// A value of another kind than its column's is a mistake that a test would see: the column comes out short.
    fn push(&mut self, value: Value) {
        match (self, value) {
            (Self::Text(cells), Value::Text(text)) => cells.push(text.as_bytes().to_vec().into()),
            (Self::Integer(cells), Value::Time(time)) => cells.push(time.unix * MICROSECONDS),
            (Self::Integer(cells), Value::Integer(number)) => cells.push(number),
            (Self::Real(cells), Value::Real(number, _)) => cells.push(number),
            _ => {}
        }
    }

    fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Text(cells), Self::Text(more)) => cells.extend(more),
            (Self::Integer(cells), Self::Integer(more)) => cells.extend(more),
            (Self::Real(cells), Self::Real(more)) => cells.extend(more),
            _ => {}
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Integer(cells) => cells.len(),
            Self::Real(cells) => cells.len(),
        }
    }

    fn write(&self, column: &mut SerializedColumnWriter<'_>) -> Result<usize, ParquetError> {
        match self {
            Self::Text(cells) => column.typed::<ByteArrayType>().write_batch(cells, None, None),
            Self::Integer(cells) => column.typed::<Int64Type>().write_batch(cells, None, None),
            Self::Real(cells) => column.typed::<DoubleType>().write_batch(cells, None, None),
        }
    }
}

/// Rows by column.
pub(super) fn cells<'a, const N: usize>(
    columns: &[Column; N],
    rows: impl Iterator<Item = [Value<'a>; N]>,
) -> Vec<Cells> {
    let mut all: Vec<Cells> = columns.iter().map(|(_, kind)| Cells::new(*kind)).collect();
    for row in rows {
        all.iter_mut().zip(row).for_each(|(cells, value)| cells.push(value));
    }
    all
}

/// A file that is being written.
pub(super) struct ParquetFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    kinds: Vec<Kind>,
    /// Rows that make no group yet.
    waiting: Vec<Cells>,
}

impl<W: Write + Send> ParquetFile<W> {
    pub(super) fn new(columns: &[Column], writer: W) -> io::Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(writer, Arc::new(schema), Arc::new(properties))?;
        let kinds: Vec<Kind> = columns.iter().map(|(_, kind)| *kind).collect();
        Ok(Self { writer, waiting: none(&kinds), kinds })
    }

    pub(super) fn add(&mut self, cells: Vec<Cells>) -> io::Result<()> {
        self.waiting.iter_mut().zip(cells).for_each(|(waiting, more)| waiting.append(more));
        if self.waiting.first().map_or(0, Cells::len) >= GROUP { self.group() } else { Ok(()) }
    }

    fn group(&mut self) -> io::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for cells in std::mem::replace(&mut self.waiting, none(&self.kinds)) {
            let Some(mut column) = group.next_column()? else { break };
            cells.write(&mut column)?;
            column.close()?;
        }
        group.close()?;
        Ok(())
    }

    pub(super) fn end(mut self) -> io::Result<W> {
        if self.waiting.first().is_some_and(|cells| cells.len() > 0) {
            self.group()?;
        }
        Ok(self.writer.into_inner()?)
    }
}

fn none(kinds: &[Kind]) -> Vec<Cells> {
    kinds.iter().map(|kind| Cells::new(*kind)).collect()
}

fn field((name, kind): &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Kind::Integer => (Physical::INT64, None),
        Kind::Real => (Physical::DOUBLE, None),
    };
    let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
    builder.with_logical_type(logical).build().map(Arc::new)
}
