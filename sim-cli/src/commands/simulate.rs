//! `sim-cli simulate`: the array's generation and the meters' readings, without a ledger.

use {
    super::{ConfigurationOptions, Failure, UsageError, values},
    campus_energy_department::text::kilowatt_hours,
    campus_energy_report::{
        Contents, OpenFile, Output, READINGS, SimulationManifest, reading_values,
        series::{Column, Kind, SeriesFile, SeriesFormat, Time, Value, piece},
    },
    campus_energy_sdk::time::Interval,
    campus_energy_simulation::{Battery, Flow, IntervalReadings, Mode, Simulation, SolarInterval},
    chrono::{NaiveDate, TimeDelta},
    clap::Args,
    rayon::prelude::*,
    std::{io, path::PathBuf},
};

/// Simulate days in the physical mode, without a ledger, and write the array's generation and the meters' readings.
#[derive(Clone, Debug, Args)]
pub struct Simulate {
    #[command(flatten)]
    options: ConfigurationOptions,
    /// First day, local to the site
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-03-20", value_parser = values::day)]
    date: NaiveDate,
    /// Number of days
    #[arg(long, default_value_t = 1, value_parser = values::days)]
    days: u32,
    /// Directory for the files; not that of a run
    #[arg(long, value_name = "DIR", default_value = "simulation")]
    out: PathBuf,
    /// Format of the files array.* and readings.*
    #[arg(long, value_enum, default_value_t = SeriesFormat::Csv)]
    format: SeriesFormat,
}

const ARRAY: [Column; 9] = [
    ("interval_start_utc", Kind::Time),
    ("interval_end_utc", Kind::Time),
    ("zenith_deg", Kind::Real),
    ("azimuth_deg", Kind::Real),
    ("ghi_w_m2", Kind::Real),
    ("poa_w_m2", Kind::Real),
    ("cell_temperature_c", Kind::Real),
    ("array_kw", Kind::Real),
    ("array_kwh", Kind::Real),
];
/// Readings that are in memory at once, or one interval's.
const READINGS_AT_ONCE: usize = 131_072;

/// The files that are being written.
struct Files {
    format: SeriesFormat,
    /// Names and zones of the meters.
    meters: Vec<(String, campus_energy_sdk::registry::state::Zone)>,
    array: SeriesFile<OpenFile>,
    readings: SeriesFile<OpenFile>,
}

impl Simulate {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        UsageError::check_days("--date, --days", self.date, self.days)?;
        if let Some(reason) = self.format.left_out() {
            return Err(UsageError::options("--format", reason).into());
        }
        let configuration = self.options.load()?;
        let mut output = Output::create(&self.out, Contents::Simulation)?;
        let mut simulation = Simulation::new(&configuration, self.options.seed, Mode::Physical);
        let mut battery = configuration.battery();
        let name = |what: &str| format!("{what}.{}", self.format.extension());
        let [array, readings] = [name("array"), name("readings")];
        let failed = |output: &Output, error: &io::Error| output.failed(&name("*"), error);
        let begin = |columns: &[Column], name: &str| {
            SeriesFile::new(self.format, columns, output.begin(name)?).map_err(|error| failed(&output, &error))
        };
        let mut files = Files {
            format: self.format,
            meters: simulation.meters().iter().map(|meter| (meter.id.to_string(), meter.zone)).collect(),
            array: begin(&ARRAY, &array)?,
            readings: begin(&READINGS, &readings)?,
        };
        let energy = self.write(&mut simulation, &mut battery, &mut files).map_err(|error| failed(&output, &error))?;
        for file in [files.array, files.readings] {
            let file = file.end().map_err(|error| failed(&output, &error))?;
            output.end(file)?;
        }
        let manifest = SimulationManifest {
            software: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            seed: self.options.seed,
            configuration_sha256: hex::encode(configuration.hash()),
            time_zone: configuration.engineering_department.site.timezone.to_string(),
            first_day: self.date.to_string(),
            days: self.days,
            meters: simulation.meters().len(),
        };
        output.write(Contents::Simulation.manifest(), &campus_energy_report::json(&manifest))?;
        output.finish()?;
        println!("Array: {energy:.3} kWh in {} days", self.days);
        if let Some(battery) = &battery {
            let Flow { charged, discharged, lost } = battery.flow();
            let [charged, discharged, lost, stored] = [charged, discharged, lost, battery.stored()].map(kilowatt_hours);
            println!("Battery: {charged} kWh in, {discharged} kWh out, {lost} kWh lost, {stored} kWh in it");
        }
        println!("Files: {}", self.out.display());
        Ok(())
    }

    /// Simulates and writes some intervals after the other, each by all cores; what the array gave, kWh.
    fn write(&self, simulation: &mut Simulation, battery: &mut Option<Battery>, files: &mut Files) -> io::Result<f64> {
        let at_once = (READINGS_AT_ONCE / files.meters.len().max(1)).max(rayon::current_num_threads());
        let mut energy = 0.0;
        for day in 0..self.days {
            let intervals: Vec<Interval> = simulation.span(self.date + TimeDelta::days(day.into()), 1).collect();
            for intervals in intervals.chunks(at_once) {
                let mut intervals = simulation.together(intervals);
                if let Some(battery) = battery {
                    intervals.iter_mut().for_each(|interval| battery.pass(&mut interval.readings));
                }
                energy += intervals
                    .iter()
                    .filter_map(|interval| interval.solar)
                    .map(|solar| solar.kilowatt_hours())
                    .sum::<f64>();
                files.write(&intervals)?;
            }
        }
        Ok(energy)
    }
}

impl Files {
    fn write(&mut self, intervals: &[IntervalReadings]) -> io::Result<()> {
        let (format, meters) = (self.format, &self.meters);
        let pieces: Vec<_> = intervals
            .par_iter()
            .map(|interval| {
                let span = [interval.interval.start(), interval.interval.end()].map(Time::new);
                let solar = interval.solar.iter().map(|solar| array_row(&span, solar));
                let readings = meters.iter().zip(&interval.readings).map(|((name, zone), metered)| {
                    reading_values(name, zone, &span, metered.generated, metered.consumed)
                });
                io::Result::Ok([piece(format, &ARRAY, solar)?, piece(format, &READINGS, readings)?])
            })
            .collect::<io::Result<_>>()?;
        for [array, readings] in pieces {
            self.array.write(array)?;
            self.readings.write(readings)?;
        }
        Ok(())
    }
}

fn array_row<'a>(span: &'a [Time; 2], solar: &SolarInterval) -> [Value<'a>; 9] {
    let SolarInterval { sun, mean, .. } = solar;
    [
        Value::Time(&span[0]),
        Value::Time(&span[1]),
        Value::Real(sun.zenith, 4),
        Value::Real(sun.azimuth, 4),
        Value::Real(mean.horizontal, 3),
        Value::Real(mean.plane, 3),
        Value::Real(mean.cell_temperature, 3),
        Value::Real(mean.power, 5),
        Value::Real(solar.kilowatt_hours(), 6),
    ]
}
