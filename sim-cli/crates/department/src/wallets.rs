//! The private keys that work with a department, apart from the department itself, which is public.

use {
    super::{Keys, plan::Founding},
    ed25519_dalek::SigningKey,
    solana_keypair::Keypair,
};

/// Private keys of those who submit, trade and measure. A process has those that it signs with and no others.
pub struct Wallets {
    /// Who submits the department's readings.
    pub submitter: Keypair,
    /// The participants' wallets, in their order.
    pub participants: Vec<Keypair>,
    /// What the meters sign with, in their order.
    pub meters: Vec<SigningKey>,
}

impl Wallets {
    /// Those that a seed derives, for local networks.
    #[must_use]
    pub fn of_seed(keys: Keys, founding: &Founding) -> Self {
        Self {
            submitter: keys.submitter(),
            participants: (0..founding.participants.len()).map(|number| keys.participant(number)).collect(),
            meters: (0..founding.meters.len()).map(|number| keys.meter(number)).collect(),
        }
    }
}
