//! `readings.csv` and `intervals.csv`, written as the run goes on.

use {
    super::{Money, Output, OutputError, output::OpenFile, rfc3339, zone_name},
    crate::{
        settlement::Settled,
        simulation::{IntervalReadings, MeterProfile},
    },
    campus_energy_sdk::units::TOKEN_UNITS_PER_WH,
    std::path::PathBuf,
};

const READINGS: [&str; 10] = [
    "meter_id",
    "zone",
    "interval_start_utc",
    "interval_end_utc",
    "generated_wh",
    "consumed_wh",
    "net_wh",
    "import_wh",
    "export_wh",
    "minted_base_units",
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

/// The two files of a run.
pub struct CsvFiles {
    readings: csv::Writer<OpenFile>,
    intervals: csv::Writer<OpenFile>,
    paths: [PathBuf; 2],
}

impl CsvFiles {
    /// Begins them.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn begin(output: &Output) -> Result<Self, OutputError> {
        let [readings, intervals] = [output.begin("readings.csv")?, output.begin("intervals.csv")?];
        let paths = [readings.path().to_path_buf(), intervals.path().to_path_buf()];
        let mut files = Self {
            readings: csv::Writer::from_writer(readings),
            intervals: csv::Writer::from_writer(intervals),
            paths,
        };
        files.row(0, READINGS)?;
        files.row(1, INTERVALS)?;
        Ok(files)
    }

    fn row<const N: usize>(&mut self, file: usize, row: [impl AsRef<[u8]>; N]) -> Result<(), OutputError> {
        let writer = if file == 0 { &mut self.readings } else { &mut self.intervals };
        writer.write_record(row).map_err(|error| OpenFile::failed(&self.paths[file], &error))
    }

    /// Writes one interval.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn write(
        &mut self,
        meters: &[MeterProfile],
        interval: &IntervalReadings,
        price: Money,
        settled: Settled,
    ) -> Result<(), OutputError> {
        let [start, end] = [interval.interval.start(), interval.interval.end()].map(rfc3339);
        let (mut consumed, mut surplus, mut deficit) = (0, 0, 0);
        for (meter, reading) in meters.iter().zip(&interval.readings) {
            let net = i64::from(reading.generated) - i64::from(reading.consumed);
            let (import, export) = ((-net).max(0).unsigned_abs(), net.max(0).unsigned_abs());
            consumed += u64::from(reading.consumed);
            surplus += export;
            deficit += import;
            self.row(
                0,
                [
                    meter.id.to_string(),
                    zone_name(meter.zone).into(),
                    start.clone(),
                    end.clone(),
                    reading.generated.to_string(),
                    reading.consumed.to_string(),
                    net.to_string(),
                    import.to_string(),
                    export.to_string(),
                    (export * TOKEN_UNITS_PER_WH).to_string(),
                ],
            )?;
        }
        self.row(
            1,
            [
                start,
                end,
                interval.array.0.to_string(),
                consumed.to_string(),
                surplus.to_string(),
                deficit.to_string(),
                price.to_string(),
                (surplus * TOKEN_UNITS_PER_WH).to_string(),
                settled.transactions.to_string(),
                settled.compute_units.to_string(),
            ],
        )
    }

    /// Ends them.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn end(self, output: &mut Output) -> Result<(), OutputError> {
        for (writer, path) in [self.readings, self.intervals].into_iter().zip(&self.paths) {
            output.end(writer.into_inner().map_err(|error| OpenFile::failed(path, &error))?)?;
        }
        Ok(())
    }
}
