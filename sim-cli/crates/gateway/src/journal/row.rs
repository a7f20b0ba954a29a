//! Conversion between readings and rows of the journal's tables.

use {
    super::{Entry, JournalError, State, Submission},
    campus_energy_sdk::{reading::Quality, time::Interval},
};

/// A reading with its newest transaction; of a confirmed one, that which the ledger has executed.
pub(super) const ENTRY: &str = "
SELECT id, meter, timestamp, generated_wh, consumed_wh, key_epoch, quality, signature, state, reason,
    CASE WHEN state = 'confirmed' AND ledger_transaction IS NOT NULL THEN ledger_transaction ELSE
        (SELECT attempt.signature FROM carried JOIN attempt ON attempt.id = carried.attempt
         WHERE carried.reading = reading.id AND (state <> 'confirmed' OR attempt.fate = 'executed')
         ORDER BY carried.attempt DESC LIMIT 1)
    END,
    (SELECT max(number) FROM settlement WHERE reading = reading.id), ledger_transaction
FROM reading";

/// A row as SQLite has it.
pub(super) struct Raw {
    id: i64,
    meter: String,
    timestamp: i64,
    energies: [u32; 2],
    key_epoch: u32,
    quality: u32,
    signature: Vec<u8>,
    state: String,
    reason: Option<String>,
    transaction: Option<String>,
    settled: Option<i64>,
    ledger_transaction: Option<String>,
}

pub(super) fn raw(row: &rusqlite::Row) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get(0)?,
        meter: row.get(1)?,
        timestamp: row.get(2)?,
        energies: [row.get(3)?, row.get(4)?],
        key_epoch: row.get(5)?,
        quality: row.get(6)?,
        signature: row.get(7)?,
        state: row.get(8)?,
        reason: row.get(9)?,
        transaction: row.get(10)?,
        settled: row.get(11)?,
        ledger_transaction: row.get(12)?,
    })
}

impl Raw {
    pub(super) fn checked(self) -> Result<Entry, JournalError> {
        let damaged = || JournalError::Damaged(self.id);
        let state: State = self.state.parse().map_err(|_| damaged())?;
        Ok(Entry {
            id: self.id,
            submission: Submission {
                meter: self.meter.parse().map_err(|_| damaged())?,
                interval: Interval::ending_at(self.timestamp).ok_or_else(damaged)?,
                generated: self.energies[0],
                consumed: self.energies[1],
                key_epoch: self.key_epoch,
                quality: Quality::from_code(self.quality).ok_or_else(damaged)?,
                signature: self.signature.try_into().map_err(|_| JournalError::Damaged(self.id))?,
            },
            state,
            // One that was refused does not carry it any more.
            transaction: self.transaction.filter(|_| state != State::Journaled),
            ledger_transaction: self.ledger_transaction,
            reason: self.reason,
            settled: self.settled,
        })
    }
}
