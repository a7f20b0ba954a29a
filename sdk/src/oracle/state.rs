//! The oracle's accounts.

use {
    crate::{
        account::{AccountData, FixedSize, account, fixed_size, plain_struct},
        time::{INTERVALS_PER_DAY, Interval},
        units::Energy,
    },
    borsh::{BorshDeserialize, BorshSerialize},
    solana_program::pubkey::Pubkey,
};

account! {
    /// The oracle of a department. The account signs the calls to the registry, token and trading programs.
    pub struct Oracle (OracleFields) {
        /// The address of the Department in the registry.
        pub department: Pubkey,
        /// The address that submits readings: the gateway's key.
        pub authority: Pubkey,
        /// The address that has been proposed as the next submitter; all zeros where none is.
        pub pending_authority: Pubkey,
        /// The id of the registry program.
        pub registry_program: Pubkey,
        /// The id of the token program.
        pub token_program: Pubkey,
        /// The id of the trading program.
        pub trading_program: Pubkey,
        /// The address of the TokenConfig of the token program.
        pub token_config: Pubkey,
        /// The address of the energy mint.
        pub energy_mint: Pubkey,
        /// The address of the Market of the trading program.
        pub market: Pubkey,
        /// The limits within which readings are plausible.
        pub limits: Limits,
        /// Whether every reading must be signed by its meter.
        pub require_signatures: bool,
        /// The number of readings that have been accepted.
        pub readings: u64,
        /// The energy that these readings generated, Wh.
        pub generated: Energy,
        /// The energy that these readings consumed, Wh.
        pub consumed: Energy,
        /// The surplus of these readings, for which tokens were minted, Wh.
        pub surplus: Energy,
        /// The UTC day (days since 1970) of the last surplus, by the ledger's clock.
        pub day: u32,
        /// The surplus that was accepted on that day, Wh, of whichever intervals.
        pub day_surplus: Energy,
        /// The sequence number of the next event.
        pub next_event: u64,
    }
}

account! {
    /// The totals of the last 96 intervals of an oracle; that of a timestamp is at `(timestamp / 900) % 96`.
    pub struct IntervalRing (IntervalRingFields) {
        /// The address of the oracle.
        pub oracle: Pubkey,
        /// The totals of each interval.
        pub intervals: Ring,
    }
}

/// The slots of an [`IntervalRing`].
pub type Ring = [IntervalTotals; RING_INTERVALS];

/// The number of intervals that the ring holds: a day.
pub const RING_INTERVALS: usize = 96;
const _: () = assert!(RING_INTERVALS as i64 == INTERVALS_PER_DAY);

/// The totals of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct IntervalTotals {
    /// The end of the interval, Unix seconds; 0 where the slot is unused.
    pub timestamp: i64,
    /// The energy generated, Wh.
    pub generated: Energy,
    /// The energy consumed, Wh.
    pub consumed: Energy,
    /// The sum of the surpluses, Wh, of the meters that generated more than they consumed.
    pub surplus: Energy,
    /// The number of readings that have been accepted.
    pub readings: u64,
}

impl IntervalTotals {
    /// Returns the offset of the totals of an interval in the account of a ring, bytes.
    #[inline(always)]
    #[must_use]
    pub const fn offset(interval: Interval) -> usize {
        IntervalRing::FIELDS.intervals.offset() + Self::slot(interval) * <Self as FixedSize>::SIZE
    }

    /// Returns the slot of an interval in the ring.
    #[must_use]
    pub const fn slot(interval: Interval) -> usize {
        // In range: the ring has 96 slots.
        #[allow(clippy::cast_possible_truncation)]
        {
            (interval.number() % RING_INTERVALS as u64) as usize
        }
    }
}

/// The limits within which readings are plausible, so that nobody can mint more than the sun gives. The limit on the generation of one
/// meter is in its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Limits {
    /// The greatest time since the end of an interval, s; at most 95 intervals.
    pub max_age: u32,
    /// The greatest time by which the clock of the meters may be ahead of the cluster's, s; below 900.
    pub max_skew: u32,
    /// The most energy that one meter can consume in one interval, Wh.
    pub meter_consumption: u32,
    /// The most energy that all meters together can generate in one interval, Wh.
    pub array_generation: u32,
    /// The most surplus that can be accepted, and so minted, in one UTC day of the ledger's clock, Wh. It bounds what a stolen
    /// submitter's key is worth.
    pub daily_surplus: u64,
}

/// The greatest valid [`Limits::max_age`]: within it and the skew, no two intervals share a slot of the ring.
pub const GREATEST_MAX_AGE: u32 = 95 * 900;
/// The greatest valid [`Limits::max_skew`].
pub const GREATEST_MAX_SKEW: u32 = 899;

impl Limits {
    /// Returns whether an oracle can have these limits.
    #[must_use]
    pub const fn are_valid(&self) -> bool {
        self.max_age <= GREATEST_MAX_AGE
            && self.max_skew <= GREATEST_MAX_SKEW
            && self.meter_consumption > 0
            && self.array_generation > 0
            && self.daily_surplus > 0
    }
}

plain_struct!(Limits {
    max_age: u32,
    max_skew: u32,
    meter_consumption: u32,
    array_generation: u32,
    daily_surplus: u64,
});
plain_struct!(IntervalTotals { timestamp: i64, generated: Energy, consumed: Energy, surplus: Energy, readings: u64 });
fixed_size!(Ring = RING_INTERVALS * <IntervalTotals as FixedSize>::SIZE);

impl IntervalRing {
    /// Writes the beginning of a new ring into a zeroed account.
    pub fn start(data: &mut [u8], bump: u8, oracle: &Pubkey) {
        let header = Self::header(bump);
        data[..3].copy_from_slice(&[header.kind as u8, header.version, header.bump]);
        Self::FIELDS.oracle.set(data, *oracle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_age_and_skew_no_two_intervals_share_a_slot() {
        for now in 1_730_448_000..1_730_448_000 + 900 {
            let first = now - i64::from(GREATEST_MAX_AGE);
            let last = now + i64::from(GREATEST_MAX_SKEW);
            let slots: Vec<_> = (first..=last).filter_map(Interval::ending_at).map(IntervalTotals::slot).collect();
            let distinct: std::collections::HashSet<_> = slots.iter().collect();
            assert_eq!(distinct.len(), slots.len(), "{now}");
        }
    }
}
