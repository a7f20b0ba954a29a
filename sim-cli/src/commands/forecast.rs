//! `sim-cli forecast`: how well simple models tell generation and load ahead.

use {
    super::Failure,
    crate::{
        forecast::{
            ClearSkyPersistence, Cliper, DAY, DayBefore, Forecaster, History, HoltWinters, Persistence, Score, WEEK,
            WeekBefore, rolling_origin,
        },
        report::{self, table},
        simulation::{Configuration, Mode, Simulation, configuration::SkyName},
    },
    chrono::NaiveDate,
    clap::{Args, ValueEnum},
    serde::Serialize,
    std::path::PathBuf,
};

/// Score forecasts of generation and load on simulated days.
#[derive(Clone, Debug, Args)]
pub struct Forecast {
    /// Configuration file; without it the seed's engineering-config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// First day, local to the site
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-01-06")]
    date: NaiveDate,
    /// Days to learn from before the first forecast is scored
    #[arg(long, default_value_t = 56, value_parser = clap::value_parser!(u32).range(28..=1_830))]
    training: u32,
    /// Days on which forecasts are scored
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=1_830))]
    days: u32,
    /// Seed of the sky and of the loads
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// What goes to stdout
    #[arg(long, value_enum, default_value_t = Format::Display)]
    output: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables
    Display,
    /// JSON
    Json,
}

/// Intervals ahead.
const HORIZONS: [usize; 3] = [1, 4, DAY];
/// Degrees of the sun's zenith below which generation is scored: at night everybody is right.
const DAYLIGHT: f64 = 85.0;

/// A row of the table. Errors in kW.
#[derive(Serialize)]
struct Row {
    what: &'static str,
    horizon_minutes: usize,
    model: &'static str,
    forecasts: usize,
    mae_kw: f64,
    rmse_kw: f64,
    /// By `normaliser_kw`.
    nrmse: f64,
    normaliser_kw: f64,
    /// Against CLIPER at this horizon.
    skill: f64,
}

impl Forecast {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let configuration = Configuration::load(self.config.as_deref())?;
        let [generation, load] = self.histories(&configuration);
        let training = self.training as usize * DAY;
        let capacity = configuration.engineering_department.solar_installation.capacity.kilowatts();
        let mean_load = load.power.iter().sum::<f64>() / load.power.len().max(1) as f64;
        let mut rows = Vec::new();
        for horizon in HORIZONS {
            rows.extend(scored("generation", &generation, training, horizon, capacity));
            rows.extend(scored("load", &load, training, horizon, mean_load));
        }
        rows.sort_by_key(|row| row.what);
        match self.output {
            Format::Json => print!("{}", String::from_utf8_lossy(&report::json(&rows))),
            Format::Display => print(&rows, capacity, mean_load),
        }
        Ok(())
    }

    /// Generation against a clear sky, load against its usual week.
    fn histories(&self, configuration: &Configuration) -> [History; 2] {
        let days = self.training + self.days;
        let mut cloudless = configuration.clone();
        cloudless.engineering_department.weather.sky = SkyName::Clear;
        let mut simulation = Simulation::new(configuration, self.seed, Mode::Physical);
        let mut clear = Simulation::new(&cloudless, self.seed, Mode::Physical);
        let (mut generation, mut load) = (History::default(), History::default());
        let potentials = clear.intervals(self.date, days).collect::<Vec<_>>();
        for (interval, potential) in simulation.intervals(self.date, days).zip(potentials) {
            let (Some(solar), Some(cloudless)) = (&interval.solar, &potential.solar) else { continue };
            generation.power.push(solar.mean.power);
            generation.potential.push(cloudless.mean.power);
            generation.scored.push(solar.sun.zenith < DAYLIGHT);
            let consumed: u32 = interval.readings.iter().map(|reading| reading.consumed).sum();
            // kW from the Wh of a quarter of an hour.
            load.power.push(f64::from(consumed) * 4.0 / 1_000.0);
            load.scored.push(true);
        }
        load.potential = usual_weeks(&load.power, self.training as usize * DAY);
        [generation, load]
    }
}

/// The mean of each interval of the week in the intervals to learn from, over and over.
fn usual_weeks(power: &[f64], training: usize) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; WEEK], vec![0_u32; WEEK]);
    for (at, power) in power.iter().take(training).enumerate() {
        sums[at % WEEK] += power;
        counts[at % WEEK] += 1;
    }
    (0..power.len()).map(|at| sums[at % WEEK] / f64::from(counts[at % WEEK].max(1))).collect()
}

fn scored(what: &'static str, history: &History, training: usize, horizon: usize, normaliser: f64) -> Vec<Row> {
    let mut models: Vec<Box<dyn Forecaster>> =
        vec![Box::<Cliper>::default(), Box::new(Persistence), Box::new(DayBefore)];
    match what {
        "generation" => models.push(Box::<ClearSkyPersistence>::default()),
        _ => models.extend([Box::new(WeekBefore) as Box<dyn Forecaster>, Box::<HoltWinters>::default()]),
    }
    let scores: Vec<Score> =
        models.iter_mut().map(|model| rolling_origin(model.as_mut(), history, training, horizon)).collect();
    let row = |score: &Score| Row {
        what,
        horizon_minutes: horizon * 15,
        model: score.model,
        forecasts: score.forecasts,
        mae_kw: score.mae,
        rmse_kw: score.rmse,
        nrmse: score.nrmse(normaliser),
        normaliser_kw: normaliser,
        skill: score.skill(&scores[0]),
    };
    scores.iter().map(row).collect()
}

fn print(rows: &[Row], capacity: f64, mean_load: f64) {
    let header = ["", "ahead", "model", "forecasts", "MAE kW", "RMSE kW", "nRMSE", "skill"];
    let row = |row: &Row| {
        [
            row.what.into(),
            format!("{} min", row.horizon_minutes),
            row.model.into(),
            row.forecasts.to_string(),
            format!("{:.3}", row.mae_kw),
            format!("{:.3}", row.rmse_kw),
            format!("{:.4}", row.nrmse),
            format!("{:+.3}", row.skill),
        ]
    };
    println!("{}", table(header, 3, rows.iter().map(row)));
    println!("nRMSE: by {capacity} kW of generation, by the mean of {mean_load:.1} kW of load; generation by day only");
    println!("Skill: 1 - RMSE / RMSE of CLIPER (climatology and persistence, optimally combined)");
}
