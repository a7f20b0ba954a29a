//! `sim-cli forecast`: scores of simple models that forecast generation and load.

use {
    super::{ConfigurationOptions, Failure, UsageError, print_json, values},
    campus_energy_report::{figure, table},
    campus_energy_simulation::forecast::{
        DAY, GENERATION, HORIZONS, LOAD, Row, histories, scored, too_little_daylight,
    },
    chrono::NaiveDate,
    clap::{Args, ValueEnum},
};

/// Score forecasts of generation and load on simulated days.
#[derive(Clone, Debug, Args)]
pub struct Forecast {
    #[command(flatten)]
    options: ConfigurationOptions,
    /// First day, local to the site
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-01-06", value_parser = values::day)]
    date: NaiveDate,
    /// Training days before the first forecast that is scored
    #[arg(long, default_value_t = 56, value_parser = values::training_days)]
    training: u32,
    /// Number of days on which forecasts are scored
    #[arg(long, default_value_t = 90, value_parser = values::scored_days)]
    days: u32,
    /// Format of the standard output
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

impl Forecast {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let days = self.training + self.days;
        UsageError::check_days("--date, --training, --days", self.date, days)?;
        let configuration = self.options.load()?;
        let training = self.training as usize * DAY;
        let [generation, load] = histories(&configuration, self.options.seed, self.date, days, training);
        let without_array = !configuration.engineering_department.solar_installation.exists();
        if without_array {
            eprintln!("There is no array: nothing is said about generation.");
        } else if let Some((known, needed)) = too_little_daylight(&generation, training) {
            eprintln!(
                "Too little daylight to learn from: {known} intervals of the training days tell something of the sky, {needed} are \
                 needed. CLIPER keeps the last known sky instead, and no skill is given."
            );
        }
        let capacity = configuration.engineering_department.solar_installation.capacity.kilowatts();
        let mean_load = load.power.iter().sum::<f64>() / load.power.len().max(1) as f64;
        if mean_load <= 0.0 {
            eprintln!(
                "There is no load (load.level is 0): its forecasts make no error, and neither nRMSE nor skill is given."
            );
        }
        let mut rows = Vec::new();
        for horizon in HORIZONS {
            if !without_array {
                rows.extend(scored(GENERATION, &generation, training, horizon, capacity));
            }
            rows.extend(scored(LOAD, &load, training, horizon, mean_load));
        }
        rows.sort_by_key(|row| row.what);
        match self.output {
            Format::Json => print_json(&rows),
            Format::Display => print(&rows, capacity, mean_load),
        }
        Ok(())
    }
}

fn print(rows: &[Row], capacity: f64, mean_load: f64) {
    let row = |row: &Row| {
        [
            row.horizon_minutes.to_string(),
            row.model.into(),
            row.forecasts.to_string(),
            figure(row.mae_kw, |error| format!("{error:.3}")),
            figure(row.rmse_kw, |error| format!("{error:.3}")),
            figure(row.nrmse, |share| format!("{share:.4}")),
            figure(row.skill, |skill| format!("{skill:+.3}")),
        ]
    };
    for rows in rows.chunk_by(|row, next| row.what == next.what) {
        let what = rows.first().map_or("", |row| row.what);
        let header = ["ahead\nmin", what, "fore-\ncasts", "MAE\nkW", "RMSE\nkW", "nRMSE", "skill"];
        println!("{}", table(header, 2, rows.iter().map(row)));
    }
    println!("nRMSE: by {capacity} kW of generation, by the mean of {mean_load:.1} kW of load; generation by day only");
    println!("Skill: 1 - RMSE / RMSE of CLIPER (climatology and persistence, optimally combined)");
}
