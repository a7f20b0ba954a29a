//! `readings.csv`, `intervals.csv`, `market.csv` and `trades.csv`, written interval by interval as auctions are held.

use {
    super::series::{Column, Kind, Time, Value},
    campus_energy_department::audit::{Audit, ClosedInterval, SettledOrder},
    campus_energy_department::text::{Baht, rfc3339},
    campus_energy_sdk::{
        registry::state::Zone,
        time::INTERVAL_SECONDS,
        trading::tariffs::Tariffs,
        units::{Energy, Price, TOKEN_UNITS_PER_WH},
    },
    std::io::{self, Write},
};

/// The files, in the order of [`CsvFiles::new`].
pub const CSV_FILES: [&str; 4] = ["readings.csv", "intervals.csv", "market.csv", "trades.csv"];

/// The columns of `readings.csv`.
pub const READINGS: [Column; 10] = [
    ("meter_id", Kind::Text),
    ("zone", Kind::Text),
    ("interval_start_utc", Kind::Time),
    ("interval_end_utc", Kind::Time),
    ("generated_wh", Kind::Integer),
    ("consumed_wh", Kind::Integer),
    ("net_wh", Kind::Integer),
    ("import_wh", Kind::Integer),
    ("export_wh", Kind::Integer),
    ("minted_base_units", Kind::Integer),
];
const INTERVALS: [&str; 10] = [
    "interval_start_utc",
    "interval_end_utc",
    "array_wh",
    "consumed_wh",
    "surplus_wh",
    "deficit_wh",
    "reference_price",
    "minted_base_units",
    "transactions",
    "compute_units",
];
const MARKET: [&str; 15] = [
    "interval_start_utc",
    "interval_end_utc",
    "reference_price",
    "bids",
    "asks",
    "wanted_wh",
    "offered_wh",
    "price",
    "traded_wh",
    "fills",
    "paid",
    "earned",
    "treasury",
    "transactions",
    "compute_units",
];
const TRADES: [&str; 10] = [
    "interval_start_utc",
    "interval_end_utc",
    "order",
    "participant",
    "direction",
    "limit_price",
    "price",
    "wanted_wh",
    "traded_wh",
    "value",
];

/// The files of a run.
pub struct CsvFiles<W: Write> {
    files: [csv::Writer<W>; 4],
}

impl<W: Write> CsvFiles<W> {
    /// Begins them, in the order of [`CSV_FILES`].
    ///
    /// # Errors
    /// Those of the files.
    pub fn new(files: [W; 4]) -> io::Result<Self> {
        let mut files = Self { files: files.map(csv::Writer::from_writer) };
        files.row(0, READINGS.map(|(name, _)| name))?;
        files.row(1, INTERVALS)?;
        files.row(2, MARKET)?;
        files.row(3, TRADES)?;
        Ok(files)
    }

    fn row<const N: usize>(&mut self, file: usize, row: [impl AsRef<[u8]>; N]) -> io::Result<()> {
        self.files[file].write_record(row).map_err(io::Error::from)
    }

    /// Writes one interval; `array` is what the array gave, Wh.
    ///
    /// # Errors
    /// Those of the files.
    pub fn write(&mut self, audit: &Audit, interval: &ClosedInterval, array: u64) -> io::Result<()> {
        if interval.readings.is_empty() {
            return Ok(());
        }
        let unix = [interval.timestamp - INTERVAL_SECONDS, interval.timestamp];
        self.readings(audit, interval, &unix.map(Time::new))?;
        let span = unix.map(rfc3339);
        let sums = interval.sums();
        let tariffs = audit.market.tariffs.unwrap_or(Tariffs { feed_in: Price(0), retail: Price(0) });
        let reference = Baht(tariffs.reference_price(Energy(sums.surplus), Energy(sums.deficit)).0).to_string();
        let [start, end] = span.clone();
        self.row(
            1,
            [
                start,
                end,
                array.to_string(),
                sums.consumed.to_string(),
                sums.surplus.to_string(),
                sums.deficit.to_string(),
                reference.clone(),
                (sums.surplus * TOKEN_UNITS_PER_WH).to_string(),
                interval.submission.transactions.to_string(),
                interval.submission.compute_units.to_string(),
            ],
        )?;
        let auction = &interval.auction;
        let [start, end] = span.clone();
        self.row(
            2,
            [
                start,
                end,
                reference,
                auction.bids.to_string(),
                auction.asks.to_string(),
                auction.wanted.to_string(),
                auction.offered.to_string(),
                if auction.traded > 0 { Baht(auction.price.0).to_string() } else { String::new() },
                auction.traded.to_string(),
                auction.fills.to_string(),
                Baht(auction.paid).to_string(),
                Baht(auction.earned).to_string(),
                Baht(auction.paid - auction.earned).to_string(),
                interval.trading.transactions.to_string(),
                interval.trading.compute_units.to_string(),
            ],
        )?;
        interval.orders.iter().filter(|order| order.filled > 0).try_for_each(|order| self.trade(audit, order, &span))
    }

    fn readings(&mut self, audit: &Audit, interval: &ClosedInterval, span: &[Time; 2]) -> io::Result<()> {
        for reading in &interval.readings {
            // The audit has refused readings of other meters.
            let Some(meter) = usize::try_from(reading.meter).ok().and_then(|index| audit.meters.get(index)) else {
                continue;
            };
            let name = meter.id.to_string();
            let row = reading_values(&name, &meter.zone, span, reading.generated, reading.consumed);
            self.row(0, row.map(|value| value.to_string()))?;
        }
        Ok(())
    }

    fn trade(&mut self, audit: &Audit, order: &SettledOrder, [start, end]: &[String; 2]) -> io::Result<()> {
        let participant = audit.participants.get(usize::from(order.seat)).map_or("", |owner| owner.name.as_str());
        self.row(
            3,
            [
                start.as_str(),
                end,
                &order.order.to_string(),
                participant,
                order.direction.name(),
                &Baht(order.limit.0).to_string(),
                &Baht(order.price.0).to_string(),
                &order.wanted.to_string(),
                &order.filled.to_string(),
                &Baht(order.value.0).to_string(),
            ],
        )
    }

    /// The files, complete.
    ///
    /// # Errors
    /// Those of the files.
    pub fn end(self) -> io::Result<[W; 4]> {
        let [readings, intervals, market, trades] = self.files;
        let file = |writer: csv::Writer<W>| writer.into_inner().map_err(|error| io::Error::other(error.to_string()));
        Ok([file(readings)?, file(intervals)?, file(market)?, file(trades)?])
    }
}

/// A row of `readings.csv`.
#[must_use]
pub fn reading_values<'a>(
    meter: &'a str,
    zone: &'a Zone,
    span: &'a [Time; 2],
    generated: u32,
    consumed: u32,
) -> [Value<'a>; 10] {
    let net = i64::from(generated) - i64::from(consumed);
    let (import, export) = ((-net).max(0), net.max(0));
    [
        Value::Text(meter),
        Value::Text(zone.name()),
        Value::Time(&span[0]),
        Value::Time(&span[1]),
        Value::Integer(generated.into()),
        Value::Integer(consumed.into()),
        Value::Integer(net),
        Value::Integer(import),
        Value::Integer(export),
        Value::Integer(export * TOKEN_UNITS_PER_WH.cast_signed()),
    ]
}
