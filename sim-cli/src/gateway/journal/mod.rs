//! The journal: an SQLite file in which every accepted reading is before its sender is answered, and every transaction before
//! it is sent. Write-ahead log, `synchronous=FULL`: a commit has reached the disk.

mod kept;
mod row;

pub use kept::Kept;

use {
    super::Submission,
    campus_energy_sdk::identity::MeterId,
    row::{ENTRY, Raw, raw},
    rusqlite::{Connection, OptionalExtension, Transaction, params},
    serde::Serialize,
    std::path::Path,
    thiserror::Error,
};

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// SQLite says.
    #[error("journal: {0}")]
    Database(#[from] rusqlite::Error),
    /// It was made for another ledger.
    #[error(
        "journal: {key} was {was} when it was begun and is {now} now; give another --data, or the same configuration"
    )]
    Foreign {
        /// What differs.
        key: String,
        /// In the journal.
        was: String,
        /// In this gateway.
        now: String,
    },
    /// A row that nobody wrote.
    #[error("journal: reading {0} is damaged")]
    Damaged(i64),
}

/// What has become of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is in the journal.
    Journaled,
    /// A transaction carries it.
    Submitted,
    /// The transaction has been executed.
    Confirmed,
    /// The ledger refused it.
    Rejected,
}

impl State {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Journaled, "journaled"),
        (Self::Submitted, "submitted"),
        (Self::Confirmed, "confirmed"),
        (Self::Rejected, "rejected"),
    ];

    /// Its name in the journal and in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(state, _)| *state)
    }
}

/// A reading in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1 in the order of acceptance.
    pub id: i64,
    /// The reading.
    pub submission: Submission,
    /// What has become of it.
    pub state: State,
    /// The transaction that carries it, once there is one.
    pub transaction: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// A transaction in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1 in the order of sending.
    pub id: i64,
    /// The ledger's time when it was sent, Unix seconds.
    pub clock: i64,
    /// Its id.
    pub transaction: String,
    /// [`State::Submitted`], [`State::Confirmed`] or [`State::Rejected`].
    pub state: State,
    /// The readings it carries, in its order.
    pub readings: Vec<i64>,
}

/// Where a submission is in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is new.
    New(i64),
    /// It was there before, the same to the last bit.
    Known(Entry),
    /// The meter has reported other values for the interval.
    Conflict,
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY,
    clock INTEGER NOT NULL,
    signature TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY,
    meter TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    generated_wh INTEGER NOT NULL,
    consumed_wh INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    quality INTEGER NOT NULL,
    signature BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    UNIQUE (meter, timestamp)
) STRICT;
CREATE TABLE IF NOT EXISTS carried (
    attempt INTEGER NOT NULL REFERENCES attempt (id),
    place INTEGER NOT NULL,
    reading INTEGER NOT NULL REFERENCES reading (id),
    PRIMARY KEY (attempt, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    attempt INTEGER NOT NULL REFERENCES attempt (id),
    clock INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS account (
    address BLOB PRIMARY KEY,
    owner BLOB NOT NULL,
    lamports TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS carried_reading ON carried (reading);
CREATE INDEX IF NOT EXISTS reading_timestamp ON reading (timestamp);
CREATE INDEX IF NOT EXISTS reading_state ON reading (state) WHERE state IN ('journaled', 'submitted');
";

/// The journal of a gateway. One thread writes.
pub struct Journal {
    connection: Connection,
}

impl Journal {
    /// Opens the journal of a directory, or begins one; `identity` is what it belongs to, by name.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(directory: &Path, identity: &[(&str, String)]) -> Result<Self, JournalError> {
        let mut connection = Connection::open(directory.join("journal.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        for (key, now) in identity {
            transaction.execute("INSERT OR IGNORE INTO meta VALUES (?1, ?2)", params![key, now])?;
            let was: String =
                transaction.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?;
            if was != *now {
                return Err(JournalError::Foreign { key: (*key).into(), was, now: now.clone() });
            }
        }
        transaction.commit()?;
        Ok(Self { connection })
    }

    /// When the ledger's department was founded, Unix seconds: `now` the first time.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn founded(&mut self, now: i64) -> Result<i64, JournalError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("INSERT OR IGNORE INTO meta VALUES ('founded', ?1)", [now.to_string()])?;
        let founded: String =
            transaction.query_row("SELECT value FROM meta WHERE key = 'founded'", [], |row| row.get(0))?;
        transaction.commit()?;
        founded.parse().map_err(|_| JournalError::Damaged(0))
    }

    /// Takes submissions; when this returns, they are on the disk.
    ///
    /// # Errors
    /// [`JournalError`]; none of them has been taken then.
    pub fn accept(&mut self, submissions: &[&Submission]) -> Result<Vec<Accepted>, JournalError> {
        let transaction = self.connection.transaction()?;
        let accepted = submissions.iter().map(|own| accept(&transaction, own)).collect::<Result<Vec<_>, _>>()?;
        transaction.commit()?;
        Ok(accepted)
    }

    /// A meter's reading of an interval.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn entry(&self, meter: &MeterId, timestamp: i64) -> Result<Option<Entry>, JournalError> {
        find(&self.connection, meter, timestamp)
    }

    /// The end of the newest interval of which there is a reading.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn newest(&self) -> Result<Option<i64>, JournalError> {
        Ok(self.connection.query_row("SELECT max(timestamp) FROM reading", [], |row| row.get(0))?)
    }

    /// Readings by their numbers.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn entries(&self, ids: &[i64]) -> Result<Vec<Entry>, JournalError> {
        let mut query = self.connection.prepare_cached(&format!("{ENTRY} WHERE id = ?1"))?;
        ids.iter().map(|id| query.query_row([id], raw)?.checked()).collect()
    }

    /// Readings that no transaction carries yet, oldest first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn waiting(&self) -> Result<Vec<i64>, JournalError> {
        let mut query = self.connection.prepare("SELECT id FROM reading WHERE state = 'journaled' ORDER BY id")?;
        Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Every transaction after one, in the order of sending.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn attempts(&self, after: i64) -> Result<Vec<Attempt>, JournalError> {
        let mut query =
            self.connection.prepare("SELECT id, clock, signature, state FROM attempt WHERE id > ?1 ORDER BY id")?;
        let mut carried = self.connection.prepare("SELECT reading FROM carried WHERE attempt = ?1 ORDER BY place")?;
        let rows = query.query_map([after], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })?;
        let mut attempts = Vec::new();
        for row in rows {
            let (id, clock, transaction, state) = row?;
            let readings = carried.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let state = State::named(&state).ok_or(JournalError::Damaged(id))?;
            attempts.push(Attempt { id, clock, transaction, state, readings });
        }
        Ok(attempts)
    }

    /// Notes a transaction that is about to be sent: its number. On the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn submit(&mut self, clock: i64, signature: &str, readings: &[i64]) -> Result<i64, JournalError> {
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "INSERT INTO attempt (clock, signature, state) VALUES (?1, ?2, 'submitted')",
            params![clock, signature],
        )?;
        let attempt = transaction.last_insert_rowid();
        for (place, reading) in readings.iter().enumerate() {
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            transaction.execute("INSERT INTO carried VALUES (?1, ?2, ?3)", params![attempt, place, reading])?;
            transaction.execute("UPDATE reading SET state = 'submitted' WHERE id = ?1", [reading])?;
        }
        transaction.commit()?;
        Ok(attempt)
    }

    /// Notes what became of a transaction. Where it was refused with others, its readings wait again.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn outcome(&mut self, attempt: i64, refused: Option<&str>, again: bool) -> Result<(), JournalError> {
        let of_attempt = if refused.is_some() { State::Rejected } else { State::Confirmed };
        let of_readings = if again { State::Journaled } else { of_attempt };
        let reason = if again { None } else { refused };
        let transaction = self.connection.transaction()?;
        transaction.execute("UPDATE attempt SET state = ?2 WHERE id = ?1", params![attempt, of_attempt.name()])?;
        transaction.execute(
            "UPDATE reading SET state = ?2, reason = ?3 WHERE id IN (SELECT reading FROM carried WHERE attempt = ?1)",
            params![attempt, of_readings.name(), reason],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// How many readings are in each state.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn counts(&self) -> Result<Vec<(State, i64)>, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT state, count(*) FROM reading GROUP BY state")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let known: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
        let count = |name| known.iter().find(|(state, _)| state == name).map_or(0, |(_, count)| *count);
        Ok(State::ALL.iter().map(|(state, name)| (*state, count(*name))).collect())
    }
}

fn accept(transaction: &Transaction, submission: &Submission) -> Result<Accepted, JournalError> {
    let Submission { meter, interval, generated, consumed, key_epoch, quality, signature } = submission;
    if let Some(entry) = find(transaction, meter, interval.end())? {
        let same = entry.submission == *submission;
        return Ok(if same { Accepted::Known(entry) } else { Accepted::Conflict });
    }
    transaction
        .prepare_cached(
            "INSERT INTO reading (meter, timestamp, generated_wh, consumed_wh, key_epoch, quality, signature, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'journaled')",
        )?
        .execute(params![
            meter.to_string(),
            interval.end(),
            generated,
            consumed,
            key_epoch,
            *quality as u32,
            &signature[..]
        ])?;
    Ok(Accepted::New(transaction.last_insert_rowid()))
}

fn find(connection: &Connection, meter: &MeterId, timestamp: i64) -> Result<Option<Entry>, JournalError> {
    let mut query = connection.prepare_cached(&format!("{ENTRY} WHERE meter = ?1 AND timestamp = ?2"))?;
    let raw = query.query_row(params![meter.to_string(), timestamp], raw).optional()?;
    raw.map(Raw::checked).transpose()
}
