//! A key of a founding, with its private part where this process founds with it.

use {super::FoundingError, solana_keypair::Keypair, solana_program::pubkey::Pubkey, solana_signer::Signer};

/// A key that a founding names.
pub(super) enum Key {
    /// This process signs with it.
    Private(Keypair),
    /// This process compares with it.
    Public(Pubkey),
}

impl Key {
    /// Its public part.
    pub(super) fn pubkey(&self) -> Pubkey {
        match self {
            Self::Private(key) => key.pubkey(),
            Self::Public(key) => *key,
        }
    }

    /// Its private part.
    ///
    /// # Errors
    /// [`FoundingError::Unfounded`] where it is not there: who has public keys alone finds a department, and founds none.
    pub(super) fn signer(&self) -> Result<&Keypair, FoundingError> {
        match self {
            Self::Private(key) => Ok(key),
            Self::Public(_) => Err(FoundingError::Unfounded),
        }
    }
}
