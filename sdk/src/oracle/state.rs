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
    /// A department's oracle. The account signs the calls to registry, token and trading.
    pub struct Oracle (OracleFields) {
        /// The registry's Department.
        pub department: Pubkey,
        /// Who submits readings: the gateway's key.
        pub authority: Pubkey,
        /// Who has been proposed as the next authority; all zeros for nobody.
        pub pending_authority: Pubkey,
        /// The registry program.
        pub registry_program: Pubkey,
        /// The token program.
        pub token_program: Pubkey,
        /// The trading program.
        pub trading_program: Pubkey,
        /// The token program's TokenConfig.
        pub token_config: Pubkey,
        /// The energy mint.
        pub energy_mint: Pubkey,
        /// The trading program's Market.
        pub market: Pubkey,
        /// What readings are plausible.
        pub limits: Limits,
        /// Whether every reading must be signed by its meter.
        pub require_signatures: bool,
        /// Readings accepted.
        pub readings: u64,
        /// Energy generated.
        pub generated: Energy,
        /// Energy consumed.
        pub consumed: Energy,
        /// Surplus, which is what was minted.
        pub surplus: Energy,
        /// The UTC day (days since 1970) of the last surplus, by the ledger's clock.
        pub day: u32,
        /// Surplus accepted on that day, whatever interval it is of.
        pub day_surplus: Energy,
        /// Sequence number of the next event.
        pub next_event: u64,
    }
}

account! {
    /// Totals of an oracle's last 96 intervals, at `(timestamp / 900) % 96`.
    pub struct IntervalRing (IntervalRingFields) {
        /// The oracle.
        pub oracle: Pubkey,
        /// The totals.
        pub intervals: Ring,
    }
}

/// The slots of an [`IntervalRing`].
pub type Ring = [IntervalTotals; RING_INTERVALS];

/// Intervals that the ring holds: a day.
pub const RING_INTERVALS: usize = 96;
const _: () = assert!(RING_INTERVALS as i64 == INTERVALS_PER_DAY);

/// Totals of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct IntervalTotals {
    /// End of the interval; 0 where there is none yet.
    pub timestamp: i64,
    /// Energy generated.
    pub generated: Energy,
    /// Energy consumed.
    pub consumed: Energy,
    /// Surplus of the meters that had one.
    pub surplus: Energy,
    /// Readings accepted.
    pub readings: u64,
}

impl IntervalTotals {
    /// Where the totals of an interval begin in a ring's account.
    #[inline(always)]
    #[must_use]
    pub const fn offset(interval: Interval) -> usize {
        IntervalRing::FIELDS.intervals.offset() + Self::slot(interval) * <Self as FixedSize>::SIZE
    }

    /// The slot of an interval in the ring.
    #[must_use]
    pub const fn slot(interval: Interval) -> usize {
        // In range: the ring has 96 slots.
        #[allow(clippy::cast_possible_truncation)]
        {
            (interval.number() % RING_INTERVALS as u64) as usize
        }
    }
}

/// What readings are plausible: nobody can mint more than the sun gives. What one meter can generate is in its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Limits {
    /// How long ago an interval may have ended, s; at most 95 intervals.
    pub max_age: u32,
    /// How far the meters' clock may be ahead of the cluster's, s; below 900.
    pub max_skew: u32,
    /// Consumption of one meter in one interval, Wh.
    pub meter_consumption: u32,
    /// Generation of all meters in one interval, Wh.
    pub array_generation: u32,
    /// Surplus that can be accepted, and so minted, in one UTC day of the ledger's clock, Wh. It bounds what a stolen
    /// submitter's key is worth.
    pub daily_surplus: u64,
}

/// The greatest [`Limits::max_age`]: within it and the skew, no two intervals share a slot of the ring.
pub const GREATEST_MAX_AGE: u32 = 95 * 900;
/// The greatest [`Limits::max_skew`].
pub const GREATEST_MAX_SKEW: u32 = 899;

impl Limits {
    /// Whether the limits can be used.
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
