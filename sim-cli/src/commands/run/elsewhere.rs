//! The options of `sim-cli run` that lead away from the embedded ledger: to a cluster, or to a gateway.

use {
    super::{OutputFormat, Run, post::Posting},
    crate::{
        commands::{Failure, UsageError, cluster::ClusterOptions, print_json, runtime, values},
        meters::Meters,
    },
    campus_energy_gateway::front::http::{client::Client, keys},
    campus_energy_simulation::{Configuration, Simulation},
    chrono::Utc,
    clap::Args,
};

/// Where the readings go instead.
#[derive(Clone, Debug, Args)]
pub(super) struct Elsewhere {
    /// Post the signed readings to this gateway, which settles them; the API key is the first one for the whole department
    /// in ENGINEERING_API_KEY, or in the file that ENGINEERING_API_KEY_FILE names
    #[arg(long, value_name = "URL", value_parser = values::http_url)]
    gateway: Option<reqwest::Url>,
    /// With --gateway: speed relative to real time; 0 posts an interval as soon as the one before is confirmed
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = values::speed)]
    speed: u32,
    #[command(flatten)]
    pub(super) cluster: ClusterOptions,
    /// With --url: number of further intervals, 15 minutes each, to settle, clear and trade
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = values::number)]
    pub(super) auctions: u32,
}

impl Elsewhere {
    /// Whether a gateway or a cluster is asked for.
    pub(super) fn is_given(&self) -> Result<bool, Failure> {
        Ok(self.gateway.is_some() || self.cluster.is_given()?)
    }
}

impl Run {
    /// Runs at the gateway or on the cluster that is asked for.
    pub(super) fn execute_elsewhere(&self, configuration: &Configuration) -> Result<(), Failure> {
        match &self.elsewhere.gateway {
            Some(gateway) => self.through(gateway.as_str(), configuration),
            None => self.on_cluster(configuration),
        }
    }

    /// Posts the readings to a gateway.
    fn through(&self, gateway: &str, configuration: &Configuration) -> Result<(), Failure> {
        let keys = keys::from_environment()?;
        let client = Client::new(gateway, keys::first(&keys), Posting::patience());
        let client = client.map_err(|error| UsageError::options("--gateway", error.to_string()))?;
        let client = client.with_notice(|text| eprintln!("{text}"));
        let zone = configuration.engineering_department.site.timezone;
        let first = self.date.unwrap_or_else(|| Utc::now().with_timezone(&zone).date_naive());
        UsageError::check_days("--date, --days", first, self.days)?;
        let days = self.days(configuration, Simulation::new(configuration, self.options.seed, self.simulation_mode()));
        let runtime = runtime()?;
        let deployment = runtime.block_on(client.deployment()).map_err(|error| Failure::Gateway(error.to_string()))?;
        let source = self.elsewhere.cluster.key_source(self.options.seed);
        let meters = Meters::with_keys(configuration, &source, Some(deployment))?;
        let max_age = configuration.engineering_department.smart_meters.max_reading_age_s;
        let posting = Posting { client, meters, speed: self.elsewhere.speed, max_age };
        let totals = runtime.block_on(posting.run(days, first, self.days, self.progress()));
        match self.output {
            OutputFormat::Display => totals.print(),
            OutputFormat::Json => print_json(&totals),
            OutputFormat::Quiet => {}
        }
        totals.result()
    }
}
