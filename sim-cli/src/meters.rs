//! The simulated meters: they sign what they have measured.

use {
    campus_energy_department::{KeyError, KeySource, Keys, plain},
    campus_energy_gateway::Submission,
    campus_energy_sdk::{
        deployment::{Addresses, deployment_id},
        identity::MeterId,
        ledger::programs::EMBEDDED,
        oracle::readings::PlainReading,
        reading::DeploymentId,
        time::Interval,
    },
    campus_energy_simulation::{Configuration, IntervalReadings},
    ed25519_dalek::SigningKey,
    solana_program::hash::Hash,
};

/// A configuration's meters, with their keys.
pub struct Meters {
    deployment: DeploymentId,
    meters: Vec<(MeterId, SigningKey)>,
}

impl Meters {
    /// With a seed's keys, they sign for a deployment; without one for the configuration's department on an embedded ledger.
    #[must_use]
    pub fn new(configuration: &Configuration, seed: u64, deployment: Option<DeploymentId>) -> Self {
        let (keys, meters) = (Keys::new(seed), configuration.meters());
        let meters = meters.iter().enumerate().map(|(number, meter)| (meter.id, keys.meter(number))).collect();
        Self { deployment: deployment.unwrap_or_else(|| on_embedded(configuration)), meters }
    }

    /// The same with keys from anywhere.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn with_keys(
        configuration: &Configuration,
        source: &KeySource,
        deployment: Option<DeploymentId>,
    ) -> Result<Self, KeyError> {
        let meters = configuration.meters();
        let meters = meters.iter().enumerate().map(|(number, meter)| Ok((meter.id, source.meter(number, meter.id)?)));
        let meters = meters.collect::<Result<_, _>>()?;
        Ok(Self { deployment: deployment.unwrap_or_else(|| on_embedded(configuration)), meters })
    }

    /// A meter's reading, Wh, signed with its key, which is of an epoch; none where there is no such meter.
    #[must_use]
    pub fn sign(&self, meter: &MeterId, key_epoch: u32, interval: Interval, energies: [u32; 2]) -> Option<Submission> {
        let (id, key) = self.meters.iter().find(|(id, _)| id == meter)?;
        Some(Submission::signed_in_epoch((key, key_epoch), self.deployment, *id, interval, energies))
    }

    /// All meters' readings of an interval, in their order.
    pub fn interval(&self, interval: &IntervalReadings) -> impl Iterator<Item = Submission> {
        let all = self.meters.iter().zip(&interval.readings);
        all.map(|((id, key), reading)| {
            let energies = [reading.generated, reading.consumed];
            Submission::signed(key, self.deployment, *id, interval.interval, energies)
        })
    }
}

fn on_embedded(configuration: &Configuration) -> DeploymentId {
    let addresses = Addresses::derive(EMBEDDED, configuration.prefix());
    // An embedded ledger has no genesis: zero stands for its hash.
    deployment_id(&Hash::default(), &addresses.department)
}

/// Simulated intervals' readings as a ledger takes them.
#[must_use]
pub fn plain_intervals(intervals: &[IntervalReadings]) -> Vec<(Interval, Vec<PlainReading>)> {
    intervals.iter().map(|interval| (interval.interval, plain(&interval.readings))).collect()
}
