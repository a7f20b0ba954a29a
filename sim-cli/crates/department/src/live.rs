//! Living with a ledger that has a clock of its own: what it lacks of the last day is settled as fast as it takes it, then each
//! interval's auction is cleared and the next one traded as they come.

use {
    super::{Department, SettlementError, Signing, backlog, clear_auction, order},
    crate::agents::Agents,
    campus_energy_sdk::{
        ledger::{
            Ledger, LedgerError,
            transaction::{Draft, send_all},
        },
        oracle::{readings::PlainReading, state::GREATEST_MAX_AGE},
        reading::{Metered, Quality},
        time::{INTERVAL_SECONDS, Interval},
        trading::state::IntervalRecord,
        units::Energy,
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

/// What became of orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// Orders that are in the book.
    pub placed: u64,
    /// Those that were refused.
    pub refused: u64,
}

/// The intervals whose readings a ledger takes at a time, Unix seconds: those of the last day, less one that is too old or too
/// young.
#[must_use]
pub fn open_intervals(now: i64) -> std::ops::RangeInclusive<i64> {
    let newest = now - now.rem_euclid(INTERVAL_SECONDS);
    newest - (i64::from(GREATEST_MAX_AGE) - INTERVAL_SECONDS)..=newest
}

/// Settles what a ledger lacks of these intervals' readings.
///
/// # Errors
/// [`SettlementError::Unregistered`], and those of the ledger before anything is sent; a transaction that failed is counted, and the first
/// one's error is in the result.
pub fn catch_up(
    ledger: &mut impl Ledger,
    department: &Department,
    intervals: &[(Interval, Vec<PlainReading>)],
    signing: Signing,
    mut progress: impl FnMut(u64),
) -> Result<(CaughtUp, Option<LedgerError>), SettlementError> {
    let (drafts, missing) = backlog(ledger, department, intervals, signing)?;
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

/// Clears the auction that has closed, if one has, and places the orders for that of an interval. `in_order`: one after the other,
/// as the agents wish; otherwise all at once, and who is first is the ledger's choice.
///
/// # Errors
/// [`SettlementError::NoWallet`], and those of the ledger but for the refusals of orders, which are counted.
pub fn trade(
    ledger: &mut impl Ledger,
    department: &Department,
    agents: &mut Agents,
    interval: Interval,
    readings: &[Metered],
    in_order: bool,
) -> Result<Traded, SettlementError> {
    clear_closed(ledger, department)?;
    let market = ledger.account(&department.addresses.market)?;
    let record = market.and_then(|account| IntervalRecord::of(&account.data, interval));
    let supply = record.map_or(Energy::ZERO, |record| record.supply);
    let wishes = agents.wishes(readings, supply);
    let drafts = wishes.iter().map(|wish| order(department, interval, wish));
    let drafts: Vec<Draft> = drafts.collect::<Result<_, _>>()?;
    let mut traded = Traded::default();
    for some in drafts.chunks(if in_order { 1 } else { AT_ONCE }) {
        for result in send_all(ledger, some, &[])? {
            match result {
                Ok(_) => traded.placed += 1,
                Err(error) if error.is_verdict() => traded.refused += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(traded)
}

/// Clears the auction that has closed, if one has.
///
/// # Errors
/// Those of [`clear_auction`] but for refusals.
pub fn clear_closed(ledger: &mut impl Ledger, department: &Department) -> Result<(), LedgerError> {
    match clear_auction(ledger, department) {
        // It was cleared before, by anybody.
        Err(LedgerError::Refused(..)) => Ok(()),
        result => result,
    }
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
