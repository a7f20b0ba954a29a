//! Storing new readings in the journal.

use {
    super::{Entry, Journal, JournalError, State, Submission, find},
    rusqlite::{Transaction, params},
};

/// Where a submission is in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is new, or takes the place of other values that the ledger has rejected.
    New(i64),
    /// It was there before, with the same values.
    Known(Entry),
    /// The meter has reported other values for the interval.
    Conflict,
    /// With it the array would have generated so much in the interval, Wh: more than it may.
    TooMuch(i64),
}

impl Journal {
    /// Takes submissions; when this returns, they are on the disk. `array`: what the meters may have generated together in an
    /// interval, Wh.
    ///
    /// # Errors
    /// [`JournalError`]; none of them has been taken then.
    pub fn accept(&mut self, submissions: &[&Submission], array: u32) -> Result<Vec<Accepted>, JournalError> {
        let transaction = self.connection.transaction()?;
        let accepted = submissions.iter().map(|own| accept(&transaction, own, array)).collect::<Result<Vec<_>, _>>()?;
        transaction.commit()?;
        Ok(accepted)
    }
}

fn accept(transaction: &Transaction, submission: &Submission, array: u32) -> Result<Accepted, JournalError> {
    let Submission { meter, interval, generated, consumed, key_epoch, quality, signature } = submission;
    let known = find(transaction, meter, interval.end())?;
    match known {
        Some(entry) if entry.submission.has_values_of(submission) => return Ok(Accepted::Known(entry)),
        Some(entry) if entry.state != State::Rejected => return Ok(Accepted::Conflict),
        _ => {}
    }
    let mut sum = transaction.prepare_cached(
        "SELECT coalesce(sum(generated_wh), 0) FROM reading WHERE timestamp = ?1 AND state <> 'rejected'",
    )?;
    let others: i64 = sum.query_row([interval.end()], |row| row.get(0))?;
    let together = others + i64::from(*generated);
    if *generated > 0 && together > array.into() {
        return Ok(Accepted::TooMuch(together));
    }
    // Rejected values make place for others; what was sent of them stays.
    let id: i64 = transaction
        .prepare_cached(
            "INSERT INTO reading (meter, timestamp, generated_wh, consumed_wh, key_epoch, quality, signature, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'journaled')
             ON CONFLICT (meter, timestamp) DO UPDATE SET generated_wh = ?3, consumed_wh = ?4, key_epoch = ?5, quality = ?6,
                 signature = ?7, state = 'journaled', reason = NULL, unproven = 0, ledger_transaction = NULL
             RETURNING id",
        )?
        .query_row(
            params![
                meter.to_string(),
                interval.end(),
                generated,
                consumed,
                key_epoch,
                *quality as u32,
                &signature[..]
            ],
            |row| row.get(0),
        )?;
    Ok(Accepted::New(id))
}
