//! Living with a ledger that has a clock of its own: what it lacks of the last day's readings is settled as fast as it takes it.

use {
    super::{Department, SettlementError, Signing, Wallets, backlog},
    campus_energy_sdk::{
        ledger::{Ledger, LedgerError, transaction::send_all},
        oracle::readings::PlainReading,
        reading::{Metered, Quality},
        time::{INTERVAL_SECONDS, Interval, SECONDS_PER_DAY},
    },
};

/// Transactions that are under way together.
const AT_ONCE: usize = 256;

/// What became of the readings that a ledger lacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Readings of the intervals.
    pub readings: u64,
    /// Of them, those that the ledger lacked.
    pub missing: u64,
    /// Transactions that carried them.
    pub transactions: u64,
    /// Transactions that were refused.
    pub refused: u64,
    /// Compute units that the others consumed.
    pub compute_units: u64,
}

impl CaughtUp {
    /// Adds what was settled later.
    pub fn add(&mut self, more: &Self) {
        self.readings += more.readings;
        self.missing += more.missing;
        self.transactions += more.transactions;
        self.refused += more.refused;
        self.compute_units += more.compute_units;
    }
}

/// The intervals of the last day whose readings a ledger takes at a time, Unix seconds: they end `max_age` s before at most, less one
/// interval, which grows too old while it is sent.
#[must_use]
pub fn open_intervals(now: i64, max_age: u32) -> std::ops::RangeInclusive<i64> {
    let newest = now - now.rem_euclid(INTERVAL_SECONDS);
    let oldest = i64::from(max_age).min(SECONDS_PER_DAY - INTERVAL_SECONDS) / INTERVAL_SECONDS - 1;
    newest - oldest.max(0) * INTERVAL_SECONDS..=newest
}

/// Settles what a ledger lacks of these intervals' readings.
///
/// # Errors
/// [`SettlementError::Unregistered`], and those of the ledger before anything is sent; a transaction that failed is counted, and the first
/// one's error is in the result.
pub fn catch_up(
    ledger: &mut impl Ledger,
    department: &Department,
    wallets: &Wallets,
    intervals: &[(Interval, Vec<PlainReading>)],
    signing: Signing,
    mut progress: impl FnMut(u64),
) -> Result<(CaughtUp, Option<LedgerError>), SettlementError> {
    let (drafts, missing) = backlog(ledger, department, wallets, intervals, signing)?;
    let readings = intervals.iter().map(|(_, readings)| readings.len() as u64).sum();
    let mut done = CaughtUp { readings, missing, transactions: drafts.len() as u64, ..CaughtUp::default() };
    let mut first = None;
    for some in drafts.chunks(AT_ONCE) {
        for result in send_all(ledger, some, std::slice::from_ref(&department.table))? {
            match result {
                Ok(receipt) => done.compute_units += receipt.compute_units,
                Err(error) => {
                    done.refused += 1;
                    first.get_or_insert(error);
                }
            }
        }
        progress(some.len() as u64);
    }
    Ok((done, first))
}

/// An interval's readings as the ledger takes them.
#[must_use]
pub fn plain(readings: &[Metered]) -> Vec<PlainReading> {
    readings.iter().map(measured).collect()
}

/// A reading as the ledger takes it.
#[must_use]
pub fn measured(metered: &Metered) -> PlainReading {
    let &Metered { generated, consumed } = metered;
    PlainReading { generated, consumed, quality: Quality::Measured }
}
