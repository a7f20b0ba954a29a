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
        /// The prefix that the ids of its meters begin with.
        pub prefix: Prefix,
        /// The address that administers it.
        pub authority: Pubkey,
        /// The address that has been proposed as the next authority; all zeros where none is.
        pub pending_authority: Pubkey,
        /// The oracle's address, the only signer of RecordReadings.
        pub oracle: Pubkey,
        /// The mint of its energy token, in which the surplus of its meters is minted.
        pub energy_mint: Pubkey,
        /// The deployment that its meters sign for: the first bytes of sha256(genesis hash, department address).
        pub deployment: DeploymentId,
        /// Whether readings are refused.
        pub paused: bool,
        /// The number of participants that are registered.
        pub participants: u32,
        /// The number of meters that are registered.
        pub meters: u32,
        /// The sequence number of the next event.
        pub next_event: u64,
    }
}

account! {
    /// A participant of a department.
    pub struct Participant (ParticipantFields) {
        /// The address of the department.
        pub department: Pubkey,
        /// The address of the participant's wallet.
        pub wallet: Pubkey,
        /// The participant's role.
        pub role: Role,
        /// The number of the participant within the department, from 0.
        pub index: u32,
    }
}

account! {
    /// A smart meter: its owner, its signing key and its registers.
    pub struct Meter (MeterFields) {
        /// The address of the department.
        pub department: Pubkey,
        /// The id of the meter.
        pub id: MeterId,
        /// The number of the meter within the department, from 0; events name meters by it.
        pub index: u32,
        /// The name of the zone where it measures.
        pub zone: Zone,
        /// Whether its readings are accepted.
        pub status: MeterStatus,
        /// The wallet of its owner, a registered participant.
        pub owner: Pubkey,
        /// The associated token account of the owner, to which its surplus is minted.
        pub token_account: Pubkey,
        /// The public ed25519 key that verifies its readings.
        pub signing_key: Pubkey,
        /// The epoch of the signing key: it rises by one with every new key.
        pub key_epoch: u32,
        /// The most energy that it can generate in one interval, Wh: its share of the installation.
        pub generation_limit: u32,
        /// The newest timestamp that has been accepted, Unix seconds; 0 before the first.
        pub newest: i64,
        /// The accepted readings of the window: bit `k` says whether the reading of `newest - 900 k` has been accepted.
        pub accepted: u128,
        /// The register of the energy generated, Wh.
        pub generated: Energy,
        /// The register of the energy consumed, Wh.
        pub consumed: Energy,
        /// The register of the tokens minted for its surplus, base units.
        pub minted: TokenAmount,
        /// The number of readings that have been accepted.
        pub readings: u64,
    }
}

/// The number of intervals that the window of a meter spans, the newest included.
pub const WINDOW_INTERVALS: u64 = 128;

/// The role of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum Role {
    /// A member of the faculty.
    Faculty,
    /// A graduate student.
    Graduate,
    /// An undergraduate student.
    Undergraduate,
    /// The department itself.
    Department,
}

/// Whether readings of a meter are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[repr(u8)]
pub enum MeterStatus {
    /// Readings are accepted.
    Active,
    /// Readings are refused until the status is set again.
    Suspended,
    /// Readings are refused forever.
    Retired,
}

fixed_size!(Role = 1, MeterStatus = 1);

/// Enters a timestamp into the window of a meter and returns the new `(newest, accepted)`.
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
