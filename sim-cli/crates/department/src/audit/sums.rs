//! Sums over readings and transactions, which never overflow.

use {
    crate::record::Transaction,
    campus_energy_sdk::{oracle::event::AcceptedReading, units::Energy},
};

/// Sums of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Readings.
    pub readings: u64,
    /// Wh generated.
    pub generated: u64,
    /// Wh consumed.
    pub consumed: u64,
    /// Wh by which readings' generation exceeded their consumption.
    pub surplus: u64,
    /// Wh by which it fell short.
    pub deficit: u64,
}

impl Sums {
    /// Adds a reading. Sums of 64 bits hold more than 4 thousand million readings.
    pub fn add(&mut self, reading: &AcceptedReading) {
        let (generated, consumed) = (Energy(reading.generated.into()), Energy(reading.consumed.into()));
        self.join(&Self {
            readings: 1,
            generated: generated.0,
            consumed: consumed.0,
            surplus: generated.surplus_over(consumed).0,
            deficit: consumed.surplus_over(generated).0,
        });
    }

    /// Adds other sums.
    pub(super) fn join(&mut self, more: &Self) {
        self.readings = self.readings.saturating_add(more.readings);
        self.generated = self.generated.saturating_add(more.generated);
        self.consumed = self.consumed.saturating_add(more.consumed);
        self.surplus = self.surplus.saturating_add(more.surplus);
        self.deficit = self.deficit.saturating_add(more.deficit);
    }
}

/// Transactions and their compute units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Work {
    /// Transactions.
    pub transactions: u64,
    /// Compute units.
    pub compute_units: u64,
}

impl Work {
    pub(super) fn add(&mut self, transaction: &Transaction) {
        self.transactions = self.transactions.saturating_add(1);
        self.compute_units = self.compute_units.saturating_add(transaction.compute_units);
    }
}

/// Adds to a sum; what cannot be is said with both values.
pub(super) fn add(what: &str, sum: &mut u64, more: u64) -> Result<(), String> {
    let before = *sum;
    *sum = before
        .checked_add(more)
        .ok_or_else(|| format!("{what}: {before} and {more} more, which 64 bits do not hold"))?;
    Ok(())
}
