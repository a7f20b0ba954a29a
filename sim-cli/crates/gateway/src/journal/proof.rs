//! Readings whose interval the ledger has: with the same values, with others, or with unknown values. The proof is the
//! transaction on the ledger that carried the interval's reading.

use {
    super::{Entry, Journal, JournalError},
    rusqlite::params,
};

/// A meter with intervals of which the ledger has other values than the meter has reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicting {
    /// The meter.
    pub meter: String,
    /// How many intervals.
    pub intervals: i64,
    /// What is said of the newest of them.
    pub reason: String,
}

/// What a settlement's number is kept as: readings that were confirmed up to it are on the ledger for good.
const FINAL: &str = "final";

impl Journal {
    /// Readings whose interval the ledger has, and of which it is not known whether it has their values.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn unproven(&self) -> Result<Vec<i64>, JournalError> {
        let query = "SELECT id FROM reading WHERE state = 'journaled' AND unproven ORDER BY id";
        let mut query = self.connection.prepare(query)?;
        Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The ledger has the reading as it is here: this transaction carried it. Whether that is news.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn prove(&mut self, entry: &Entry, transaction: &str) -> Result<bool, JournalError> {
        let text = "UPDATE reading SET state = 'confirmed', reason = NULL, unproven = 0, ledger_transaction = ?2
                    WHERE id = ?1 AND NOT (state = 'confirmed' AND ledger_transaction IS ?2)";
        Ok(self.connection.execute(text, params![entry.id, transaction])? > 0)
    }

    /// The ledger has other values for the reading's meter and interval: this transaction carried them. Whether that is news.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn contradict(&mut self, id: i64, transaction: &str, reason: &str) -> Result<bool, JournalError> {
        let change = self.connection.transaction()?;
        // What was executed on another fork is not on the ledger.
        change.execute(
            "UPDATE attempt SET fate = 'dropped'
             WHERE fate = 'executed' AND id IN (SELECT attempt FROM carried WHERE reading = ?1)",
            [id],
        )?;
        let changed = change.execute(
            "UPDATE reading SET state = 'rejected', reason = ?3, unproven = 0, ledger_transaction = ?2
             WHERE id = ?1 AND NOT (state = 'rejected' AND ledger_transaction IS ?2)",
            params![id, transaction, reason],
        )?;
        change.commit()?;
        Ok(changed > 0)
    }

    /// The ledger has refused the reading, and has no reading of the same meter and interval.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn reject(&mut self, id: i64, reason: &str) -> Result<(), JournalError> {
        let text = "UPDATE reading SET state = 'rejected', reason = ?2, unproven = 0, ledger_transaction = NULL
                    WHERE id = ?1";
        self.connection.execute(text, params![id, reason])?;
        Ok(())
    }

    /// The ledger has a reading of the same meter and interval, and nobody says which.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn doubt(&mut self, id: i64, reason: &str) -> Result<(), JournalError> {
        let text = "UPDATE reading SET state = 'journaled', reason = ?2, unproven = 1, ledger_transaction = NULL
                    WHERE id = ?1";
        self.connection.execute(text, params![id, reason])?;
        Ok(())
    }

    /// The ledger has no reading of the same meter and interval after all: it waits for a transaction.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn undoubt(&mut self, id: i64) -> Result<(), JournalError> {
        let text = "UPDATE reading SET reason = NULL, unproven = 0 WHERE id = ?1 AND unproven";
        self.connection.execute(text, [id])?;
        Ok(())
    }

    /// The meters of which the ledger has other values, for intervals that ended after a time (Unix seconds).
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn conflicting(&self, after: i64) -> Result<Vec<Conflicting>, JournalError> {
        let mut query = self.connection.prepare_cached(
            "SELECT meter, count(*), reason, max(timestamp) FROM reading
             WHERE state = 'rejected' AND ledger_transaction IS NOT NULL AND timestamp > ?1 GROUP BY meter ORDER BY meter",
        )?;
        let rows = query.query_map([after], |row| {
            let reason: Option<String> = row.get(2)?;
            Ok(Conflicting { meter: row.get(0)?, intervals: row.get(1)?, reason: reason.unwrap_or_default() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The number of the settlement up to which what was confirmed is on the ledger for good; 0 before the first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn final_settlement(&self) -> Result<i64, JournalError> {
        self.note_of(FINAL)?.map_or(Ok(0), |text| text.parse().map_err(|_| JournalError::Damaged(0)))
    }

    /// Stores the number of the settlement up to which what was confirmed is on the ledger for good.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn set_final_settlement(&self, number: i64) -> Result<(), JournalError> {
        self.keep_note(FINAL, &number.to_string())
    }
}
