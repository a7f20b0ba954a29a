//! `sim-cli simulate`: what the sun gives and the meters measure, without a ledger.

use {
    super::Failure,
    crate::{
        report::{Output, READINGS, kilowatt_hours, reading_row, rfc3339},
        simulation::{Configuration, Flow, Mode, Simulation, SolarInterval},
    },
    chrono::NaiveDate,
    clap::Args,
    std::{io, path::PathBuf},
};

/// Simulate days in the physical mode, without a ledger: array.csv and readings.csv.
#[derive(Clone, Debug, Args)]
pub struct Simulate {
    /// Configuration file; without it the seed's engineering-config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// First day, local to the site
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-03-20")]
    date: NaiveDate,
    /// Number of days
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    days: u32,
    /// Seed of the sky and of the loads
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Directory for the files
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
}

const ARRAY: [&str; 9] = [
    "interval_start_utc",
    "interval_end_utc",
    "zenith_deg",
    "azimuth_deg",
    "ghi_w_m2",
    "poa_w_m2",
    "cell_temperature_c",
    "array_kw",
    "array_kwh",
];

impl Simulate {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let mut configuration = Configuration::load(self.config.as_deref())?;
        configuration.apply_environment(|name| std::env::var(name).ok())?;
        let mut output = Output::create(&self.out)?;
        let mut simulation = Simulation::new(&configuration, self.seed, Mode::Physical);
        let meters = simulation.meters().to_vec();
        let mut battery = configuration.battery();
        let mut array = csv::Writer::from_writer(output.begin("array.csv")?);
        let mut readings = csv::Writer::from_writer(output.begin("readings.csv")?);
        let mut write = || -> Result<f64, csv::Error> {
            array.write_record(ARRAY)?;
            readings.write_record(READINGS)?;
            let mut energy = 0.0;
            for mut interval in simulation.intervals(self.date, self.days) {
                if let Some(battery) = &mut battery {
                    battery.pass(&mut interval.readings);
                }
                let span = [interval.interval.start(), interval.interval.end()].map(rfc3339);
                if let Some(solar) = &interval.solar {
                    array.write_record(array_row(&span, solar))?;
                    energy += solar.kilowatt_hours();
                }
                for (meter, reading) in meters.iter().zip(&interval.readings) {
                    let row = reading_row(meter.id, meter.zone, &span, reading.generated, reading.consumed);
                    readings.write_record(row)?;
                }
            }
            Ok(energy)
        };
        let energy = write().map_err(|error| output.failed("*.csv", &error))?;
        for writer in [array, readings] {
            let file =
                writer.into_inner().map_err(|error| output.failed("*.csv", &io::Error::other(error.to_string())))?;
            output.end(file)?;
        }
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
}

fn array_row(span: &[String; 2], solar: &SolarInterval) -> [String; 9] {
    let SolarInterval { sun, mean, .. } = solar;
    [
        span[0].clone(),
        span[1].clone(),
        format!("{:.4}", sun.zenith),
        format!("{:.4}", sun.azimuth),
        format!("{:.3}", mean.horizontal),
        format!("{:.3}", mean.plane),
        format!("{:.3}", mean.cell_temperature),
        format!("{:.5}", mean.power),
        format!("{:.6}", solar.kilowatt_hours()),
    ]
}
