//! A signed reading as a front end has received it.

use {
    campus_energy_department::sign_reading,
    campus_energy_sdk::{
        identity::MeterId,
        reading::{DeploymentId, Quality, Reading},
        time::Interval,
        units::Energy,
    },
    ed25519_dalek::SigningKey,
};

/// A reading as it was posted, with exact energies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The meter.
    pub meter: MeterId,
    /// The interval.
    pub interval: Interval,
    /// What the meter generated, Wh.
    pub generated: u32,
    /// What the meter consumed, Wh.
    pub consumed: u32,
    /// The epoch of the key that signed.
    pub key_epoch: u32,
    /// How it came about.
    pub quality: Quality,
    /// The signature.
    pub signature: [u8; 64],
}

impl Submission {
    /// A measured reading, signed with a meter's first key for a department on a ledger.
    #[must_use]
    pub fn signed(
        key: &SigningKey,
        deployment: DeploymentId,
        meter: MeterId,
        interval: Interval,
        energies: [u32; 2],
    ) -> Self {
        Self::signed_in_epoch((key, 0), deployment, meter, interval, energies)
    }

    /// The same with a key of a later epoch: one that the department's authority has given the meter since.
    #[must_use]
    pub fn signed_in_epoch(
        (key, key_epoch): (&SigningKey, u32),
        deployment: DeploymentId,
        meter: MeterId,
        interval: Interval,
        [generated, consumed]: [u32; 2],
    ) -> Self {
        let (quality, timestamp) = (Quality::Measured, interval.end());
        let reading = Reading { deployment, meter, timestamp, generated, consumed, key_epoch, quality };
        let signature = sign_reading(key, &reading).signature;
        Self { meter, interval, generated, consumed, key_epoch, quality, signature }
    }

    /// Whether another one says the same. Signatures may differ: a signer may put chance into them.
    #[must_use]
    pub fn has_values_of(&self, other: &Self) -> bool {
        *self == Self { signature: self.signature, ..other.clone() }
    }

    /// What was generated beyond what was consumed; zero if less was.
    #[must_use]
    pub fn surplus(&self) -> Energy {
        Energy(self.generated.into()).surplus_over(Energy(self.consumed.into()))
    }
}
