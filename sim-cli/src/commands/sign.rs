//! `sim-cli sign`: the body that a meter of the local network would post.

use {
    super::Failure,
    crate::{
        gateway::{Submission, body::watt_hours_of},
        report,
        settlement::{Founding, Keys},
        simulation::Configuration,
    },
    campus_energy_sdk::{
        deployment::{Addresses, deployment_id},
        identity::MeterId,
        ledger::programs::EMBEDDED,
        time::Interval,
        token::state::MintMode,
    },
    clap::Args,
    solana_program::hash::Hash,
    std::path::PathBuf,
};

/// Print the signed body of a reading, as a meter of the embedded ledger's department posts it.
#[derive(Clone, Debug, Args)]
pub struct Sign {
    /// The meter
    #[arg(long, value_name = "ID")]
    meter: MeterId,
    /// End of the interval, Unix seconds
    #[arg(long, value_name = "SECONDS", value_parser = interval)]
    timestamp: Interval,
    /// Energy generated in the interval, kWh
    #[arg(long, value_name = "KWH", value_parser = watt_hours_of)]
    generated: u32,
    /// Energy consumed in the interval, kWh
    #[arg(long, value_name = "KWH", value_parser = watt_hours_of)]
    consumed: u32,
    /// Configuration file; without it the seed's engineering-config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seed of the local keys
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

fn interval(text: &str) -> Result<Interval, String> {
    let interval = text.parse().ok().and_then(Interval::ending_at);
    interval.ok_or_else(|| "give the end of an interval: a multiple of 900 Unix seconds".into())
}

impl Sign {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let mut configuration = Configuration::load(self.config.as_deref())?;
        configuration.apply_environment(|name| std::env::var(name).ok())?;
        let plan = Founding::of(&configuration, true, MintMode::Batch);
        let Some(index) = plan.meters.iter().position(|meter| meter.id == self.meter) else {
            return Err(Failure::Unknown(format!("{} is no meter of the configuration", self.meter)));
        };
        let addresses = Addresses::derive(EMBEDDED, plan.prefix);
        let deployment = deployment_id(&Hash::default(), &addresses.department);
        let key = Keys::new(self.seed).meter(index);
        let energies = [self.generated, self.consumed];
        let submission = Submission::signed(&key, deployment, self.meter, self.timestamp, energies);
        print!("{}", String::from_utf8_lossy(&report::json(&submission.body())));
        Ok(())
    }
}
