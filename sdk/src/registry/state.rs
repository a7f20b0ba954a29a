//! The registry's accounts.

pub use crate::identity::Zone;
use {
    crate::{
        account::{account, fixed_size},
        identity::{MeterId, Prefix},
        reading::DeploymentId,
        registry::error::RegistryError,
        time::INTERVAL_SECONDS,
        units::{Energy, TokenAmount},
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::pubkey::Pubkey,
};

account! {
    /// A department: one namespace in all four programs.
    pub struct Department (DepartmentFields) {
        /// What its meters' ids begin with.
        pub prefix: Prefix,
        /// Who administers it.
        pub authority: Pubkey,
        /// Who has been proposed as the next authority; all zeros for nobody.
        pub pending_authority: Pubkey,
        /// The oracle's address, the only signer of RecordReadings.
        pub oracle: Pubkey,
        /// The mint of its energy token; meters are paid in it.
        pub energy_mint: Pubkey,
        /// What its meters sign for: the first bytes of sha256(genesis hash, department address).
        pub deployment: DeploymentId,
        /// Whether readings are refused.
        pub paused: bool,
        /// Participants registered.
        pub participants: u32,
        /// Meters registered.
        pub meters: u32,
        /// Sequence number of the next event.
        pub next_event: u64,
    }
}

account! {
    /// Somebody who takes part.
    pub struct Participant (ParticipantFields) {
        /// The department.
        pub department: Pubkey,
        /// The wallet.
        pub wallet: Pubkey,
        /// What they are.
        pub role: Role,
        /// Number within the department, from 0.
        pub index: u32,
    }
}

account! {
    /// A smart meter: who owns it, what signs for it, what it has counted.
    pub struct Meter (MeterFields) {
        /// The department.
        pub department: Pubkey,
        /// Its name.
        pub id: MeterId,
        /// Number within the department, from 0; events name meters by it.
        pub index: u32,
        /// The name of the zone where it measures.
        pub zone: Zone,
        /// Whether its readings are taken.
        pub status: MeterStatus,
        /// The wallet of its owner, a registered participant.
        pub owner: Pubkey,
        /// The owner's associated token account, which its surplus is minted to.
        pub token_account: Pubkey,
        /// The key it signs readings with (ed25519).
        pub signing_key: Pubkey,
        /// Rises with every new signing key.
        pub key_epoch: u32,
        /// The most that it can generate in one interval, Wh: its share of the installation.
        pub generation_limit: u32,
        /// The newest timestamp accepted; 0 before the first.
        pub newest: i64,
        /// Bit k: the reading of `newest - 900 k` has been accepted.
        pub accepted: u128,
        /// Register: energy generated.
        pub generated: Energy,
        /// Register: energy consumed.
        pub consumed: Energy,
        /// Register: tokens minted for its surplus.
        pub minted: TokenAmount,
        /// Readings accepted.
        pub readings: u64,
    }
}

/// Intervals that a meter remembers, the newest included.
pub const WINDOW_INTERVALS: u64 = 128;

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum Role {
    /// Teaches or does research.
    Faculty,
    /// Graduate student.
    Graduate,
    /// Undergraduate student.
    Undergraduate,
    /// The department itself.
    Department,
}

/// Whether a meter's readings are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum MeterStatus {
    /// They are.
    Active,
    /// They are not, for now.
    Suspended,
    /// They never will be again.
    Retired,
}

fixed_size!(Role = 1, MeterStatus = 1);

/// Enters a timestamp into a meter's window: the new `(newest, accepted)`.
///
/// # Errors
/// [`RegistryError::OutsideWindow`] for a timestamp 128 or more intervals before `newest`,
/// [`RegistryError::AlreadyAccepted`] for one that was entered before.
#[inline(always)]
pub fn accept(newest: i64, accepted: u128, timestamp: i64) -> Result<(i64, u128), RegistryError> {
    let intervals = timestamp.abs_diff(newest) / INTERVAL_SECONDS.unsigned_abs();
    if timestamp > newest {
        let kept = if intervals < WINDOW_INTERVALS { accepted << intervals } else { 0 };
        return Ok((timestamp, kept | 1));
    }
    if intervals >= WINDOW_INTERVALS {
        return Err(RegistryError::OutsideWindow);
    }
    let bit = 1 << intervals;
    if accepted & bit != 0 {
        return Err(RegistryError::AlreadyAccepted);
    }
    Ok((newest, accepted | bit))
}

#[cfg(test)]
mod tests {
    use {super::*, std::collections::HashSet};

    /// The window against a plain set of timestamps, over every order of a walk back and forth.
    #[test]
    fn the_window_agrees_with_a_set() {
        let (mut newest, mut bits, mut seen) = (0, 0, HashSet::new());
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let jump = i64::from(u8::try_from(state >> 56).unwrap()) - 200;
            let timestamp = (newest + jump * 900).max(900);
            let expected = if timestamp <= newest - 128 * 900 {
                Err(RegistryError::OutsideWindow)
            } else if seen.contains(&timestamp) {
                Err(RegistryError::AlreadyAccepted)
            } else {
                Ok(())
            };
            match accept(newest, bits, timestamp) {
                Ok(next) => {
                    (newest, bits) = next;
                    seen.insert(timestamp);
                    assert_eq!(expected, Ok(()));
                }
                Err(error) => assert_eq!(expected, Err(error)),
            }
        }
    }
}
