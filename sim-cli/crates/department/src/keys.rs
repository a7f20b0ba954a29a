//! Keys of local networks: all derived from the simulation's seed, none guards anything real.

use {
    sha2::{Digest, Sha256},
    solana_keypair::Keypair,
};

/// Derives keys from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    seed: u64,
}

impl Keys {
    /// The keys of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Thirty-two bytes for a name and number.
    #[must_use]
    pub fn bytes(&self, name: &str, index: usize) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"campus-energy local key\0");
        hash.update(self.seed.to_le_bytes());
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update((index as u64).to_le_bytes());
        hash.finalize().into()
    }

    /// The wallet of a name and number.
    #[must_use]
    pub fn wallet(&self, name: &str, index: usize) -> Keypair {
        Keypair::new_from_array(self.bytes(name, index))
    }

    /// The department's upgrade authority and administrator.
    #[must_use]
    pub fn authority(&self) -> Keypair {
        self.wallet("authority", 0)
    }

    /// The gateway's key, which submits readings.
    #[must_use]
    pub fn submitter(&self) -> Keypair {
        self.wallet("submitter", 0)
    }

    /// The id of a program that is deployed anew: `registry`, `token`, `oracle`, `trading`.
    #[must_use]
    pub fn program(&self, name: &str) -> Keypair {
        self.wallet(&format!("program {name}"), 0)
    }

    /// The address of the mint of the market's money.
    #[must_use]
    pub fn quote_mint(&self) -> Keypair {
        self.wallet("quote mint", 0)
    }

    /// A participant's wallet.
    #[must_use]
    pub fn participant(&self, index: usize) -> Keypair {
        self.wallet("participant", index)
    }

    /// A meter's signing key.
    #[must_use]
    pub fn meter(&self, index: usize) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.bytes("meter", index))
    }
}
