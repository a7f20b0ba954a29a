//! `sim-cli sign`: prints signed readings as a meter of the local network posts them.

use {
    super::{ConfigurationOptions, Failure, UsageError, print_json, values},
    crate::{meters::Meters, terminal::is_closed},
    campus_energy_department::KeySource,
    campus_energy_gateway::front::{energy::watt_hours_of, http::client::deployment_of, timestamp::interval_of},
    campus_energy_sdk::{identity::MeterId, reading::DeploymentId, time::Interval},
    campus_energy_simulation::{Configuration, Mode, Simulation},
    chrono::NaiveDate,
    clap::Args,
    std::path::PathBuf,
};

/// Print a signed reading as JSON, as a meter of the local network posts it, or a CSV file of whole days.
#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["meter", "date"])))]
pub struct Sign {
    /// The meter
    #[arg(long, value_name = "ID", requires_all = ["timestamp", "generated", "consumed"])]
    meter: Option<MeterId>,
    /// End of the interval, Unix seconds
    #[arg(long, value_name = "SECONDS", value_parser = interval_of, requires = "meter")]
    timestamp: Option<Interval>,
    /// Energy generated in the interval, kWh
    #[arg(long, value_name = "KWH", value_parser = watt_hours_of, requires = "meter")]
    generated: Option<u32>,
    /// Energy consumed in the interval, kWh
    #[arg(long, value_name = "KWH", value_parser = watt_hours_of, requires = "meter")]
    consumed: Option<u32>,
    /// Epoch of the meter's key: how often `sim-cli meter rotate` has given it another one
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = values::number, requires = "meter")]
    key_epoch: u32,
    /// First simulated day of all meters; their readings are printed as CSV for `sim-cli ingest`
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = values::day)]
    date: Option<NaiveDate>,
    /// Number of these days
    #[arg(long, default_value_t = 1, value_parser = values::signed_days, requires = "date")]
    days: u32,
    #[command(flatten)]
    options: ConfigurationOptions,
    /// Directory of the meters' keys, as `sim-cli keys --random --out DIR` writes them [default: keys derived from the random seed; anyone can
    /// compute them, so `init` registers them on a cluster of this machine only]
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Deployment that the meters sign for: `deployment_id` in the gateway's summary [default: the embedded ledger's]
    #[arg(long, value_name = "HEX", value_parser = deployment)]
    deployment: Option<DeploymentId>,
}

fn deployment(text: &str) -> Result<DeploymentId, String> {
    deployment_of(text).ok_or_else(|| "give 8 bytes as 16 hexadecimal digits".into())
}

impl Sign {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        if let Some(date) = self.date {
            UsageError::check_days("--date, --days", date, self.days)?;
        }
        let configuration = self.options.load()?;
        let source = self.keys.clone().map_or(KeySource::Seed(self.options.seed), KeySource::Files);
        let meters = Meters::with_keys(&configuration, &source, self.deployment)?;
        if let Some(date) = self.date {
            return self.days(&configuration, &meters, date);
        }
        let (Some(meter), Some(timestamp), Some(generated), Some(consumed)) =
            (self.meter, self.timestamp, self.generated, self.consumed)
        else {
            let options = "--meter, --timestamp, --generated, --consumed";
            return Err(UsageError::options(options, "they belong together; give all of them").into());
        };
        let submission = meters.sign(&meter, self.key_epoch, timestamp, [generated, consumed]);
        let submission = submission.ok_or_else(|| UsageError::NoMeter(meter.to_string()))?;
        print_json(&submission.body());
        Ok(())
    }

    fn days(&self, configuration: &Configuration, meters: &Meters, first: NaiveDate) -> Result<(), Failure> {
        let mut simulation = Simulation::new(configuration, self.options.seed, Mode::Physical);
        let mut file = csv::Writer::from_writer(std::io::stdout().lock());
        let mut write = || {
            for interval in simulation.intervals(first, self.days) {
                for submission in meters.interval(&interval) {
                    file.serialize(submission.body())?;
                }
            }
            Ok(file.flush()?)
        };
        match write().map_err(|error: csv::Error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => std::io::Error::other(format!("{other:?}")),
        }) {
            // Nobody reads the rest.
            Err(error) if is_closed(&error) => Ok(()),
            Err(error) => Err(UsageError::named(&"stdout", &error).into()),
            Ok(()) => Ok(()),
        }
    }
}
