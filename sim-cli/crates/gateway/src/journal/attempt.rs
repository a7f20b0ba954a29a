//! Transactions in the journal: noted before they are sent, and their results afterwards.

use {
    super::{Journal, JournalError, State},
    rusqlite::{OptionalExtension, Row, params},
    strum::{EnumString, IntoStaticStr},
};

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Fate {
    /// It is being sent: the ledger may have it or not.
    Sent,
    /// The ledger has executed it.
    Executed,
    /// The ledger has refused it.
    Refused,
    /// It was never executed, and never will be.
    Dropped,
}

impl Fate {
    fn name(self) -> &'static str {
        self.into()
    }
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1 in the order of sending.
    pub id: i64,
    /// The ledger's slot in which it was signed, counted from the founding.
    pub slot: i64,
    /// The ledger's time then, Unix seconds.
    pub clock: i64,
    /// Its id.
    pub signature: String,
    /// The transaction, as it goes over the network.
    pub wire: Vec<u8>,
    /// The height of the last block that takes its blockhash, where the ledger says it.
    pub last_valid: Option<u64>,
    /// What became of it.
    pub fate: Fate,
    /// The readings it carries, in its order.
    pub readings: Vec<i64>,
}

/// What became of a transaction, and what that means for its readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptOutcome {
    /// The transaction's number.
    pub attempt: i64,
    /// What became of it.
    pub fate: Fate,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Whether its readings wait for another one, with the reason.
    pub again: bool,
    /// Whether the ledger may have a reading of the same meter and interval: whether with the same values is to be asked.
    pub unproven: bool,
}

impl Journal {
    /// Notes transactions that are about to be sent; their ids are set. On the disk when this returns, all or none.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn note(&mut self, attempts: &mut [Attempt]) -> Result<(), JournalError> {
        let transaction = self.connection.transaction()?;
        for attempt in attempts {
            let Attempt { slot, clock, signature, wire, last_valid, fate, readings, .. } = &*attempt;
            let last_valid = last_valid.and_then(|height| i64::try_from(height).ok());
            transaction
                .prepare_cached(
                    "INSERT INTO attempt (slot, clock, signature, wire, fate, last_valid) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![slot, clock, signature, wire, fate.name(), last_valid])?;
            let id = transaction.last_insert_rowid();
            for (place, reading) in readings.iter().enumerate() {
                let place = i64::try_from(place).unwrap_or(i64::MAX);
                transaction
                    .prepare_cached("INSERT INTO carried VALUES (?1, ?2, ?3)")?
                    .execute(params![id, place, reading])?;
                transaction
                    .prepare_cached("UPDATE reading SET state = 'submitted', reason = NULL WHERE id = ?1")?
                    .execute([reading])?;
            }
            attempt.id = id;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Whether a transaction has been noted. The same instructions with the same blockhash are the same transaction, by its signature,
    /// and are noted once.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn has_attempt(&self, signature: &str) -> Result<bool, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT 1 FROM attempt WHERE signature = ?1")?;
        Ok(query.exists([signature])?)
    }

    /// What became of a transaction; none where it has not been noted.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn fate_of(&self, signature: &str) -> Result<Option<Fate>, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT id, fate FROM attempt WHERE signature = ?1")?;
        let row: Option<(i64, String)> =
            query.query_row([signature], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        row.map(|(id, fate)| fate.parse().map_err(|_| JournalError::Damaged(id))).transpose()
    }

    /// Notes what became of transactions.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn conclude(&mut self, outcomes: &[AttemptOutcome]) -> Result<(), JournalError> {
        let transaction = self.connection.transaction()?;
        for AttemptOutcome { attempt, fate, reason, again, unproven } in outcomes {
            let state = match fate {
                _ if *again || *unproven => State::Journaled,
                Fate::Executed => State::Confirmed,
                Fate::Refused => State::Rejected,
                Fate::Sent | Fate::Dropped => State::Journaled,
            };
            let reason = reason.as_ref().filter(|_| state != State::Confirmed);
            transaction
                .prepare_cached("UPDATE attempt SET fate = ?2 WHERE id = ?1")?
                .execute(params![attempt, fate.name()])?;
            transaction
                .prepare_cached(
                    "UPDATE reading SET state = ?2, reason = ?3, unproven = ?4
                     WHERE id IN (SELECT reading FROM carried WHERE attempt = ?1)",
                )?
                .execute(params![attempt, state.name(), reason, unproven])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Hands every transaction after one over, in the order of sending.
    ///
    /// # Errors
    /// [`JournalError`], and those of `each`.
    pub fn each_attempt<E: From<JournalError>>(
        &self,
        after: i64,
        each: impl FnMut(Attempt) -> Result<(), E>,
    ) -> Result<(), E> {
        self.attempts("id > ?1", after, each)
    }

    /// The transactions of which it is not known what became of them, in the order of sending.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn sent(&self) -> Result<Vec<Attempt>, JournalError> {
        let mut all = Vec::new();
        self.attempts("fate = 'sent' AND id > ?1", 0, |attempt| {
            all.push(attempt);
            Ok::<_, JournalError>(())
        })?;
        Ok(all)
    }

    /// Hands over every transaction that was executed and not signed before a time of the ledger, Unix seconds.
    ///
    /// # Errors
    /// [`JournalError`], and those of `each`.
    pub fn executed_since<E: From<JournalError>>(
        &self,
        clock: i64,
        each: impl FnMut(Attempt) -> Result<(), E>,
    ) -> Result<(), E> {
        self.attempts("fate = 'executed' AND clock >= ?1", clock, each)
    }

    fn attempts<E: From<JournalError>>(
        &self,
        which: &str,
        after: i64,
        mut each: impl FnMut(Attempt) -> Result<(), E>,
    ) -> Result<(), E> {
        let text =
            format!("SELECT id, slot, clock, signature, wire, fate, last_valid FROM attempt WHERE {which} ORDER BY id");
        let mut query = self.connection.prepare(&text).map_err(JournalError::from)?;
        let mut rows = query.query([after]).map_err(JournalError::from)?;
        while let Some(row) = rows.next().map_err(JournalError::from)? {
            each(self.attempt(row)?)?;
        }
        Ok(())
    }

    fn attempt(&self, row: &Row) -> Result<Attempt, JournalError> {
        let id: i64 = row.get(0)?;
        let fate: String = row.get(5)?;
        let mut query =
            self.connection.prepare_cached("SELECT reading FROM carried WHERE attempt = ?1 ORDER BY place")?;
        let readings = query.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Attempt {
            id,
            slot: row.get(1)?,
            clock: row.get(2)?,
            signature: row.get(3)?,
            wire: row.get(4)?,
            last_valid: row.get::<_, Option<i64>>(6)?.and_then(|height| u64::try_from(height).ok()),
            fate: fate.parse().map_err(|_| JournalError::Damaged(id))?,
            readings,
        })
    }
}
