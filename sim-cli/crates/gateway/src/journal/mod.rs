//! The journal: an SQLite file. An accepted reading is in it before its sender gets an answer, and a transaction before it is
//! sent. Write-ahead log, `synchronous=FULL`: a commit has reached the disk.

mod accept;
mod attempt;
mod identity;
mod kept;
mod proof;
mod row;
mod settled;

pub use {
    accept::Accepted,
    attempt::{Attempt, AttemptOutcome, Fate},
    identity::{Difference, Identity},
    kept::Kept,
    proof::Conflicting,
};

use {
    super::Submission,
    campus_energy_sdk::identity::MeterId,
    row::{ENTRY, Raw, raw},
    rusqlite::{Connection, OptionalExtension, params},
    serde::Serialize,
    std::{
        fs::{File, TryLockError},
        io,
        path::{Path, PathBuf},
    },
    strum::{EnumString, IntoStaticStr, VariantArray},
    thiserror::Error,
};

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// SQLite says.
    #[error("journal: {0}")]
    Database(#[from] rusqlite::Error),
    /// It was made for another ledger, or for a department that was founded otherwise.
    #[error("journal: {}; give another --data, or the same configuration", identity::list(.0))]
    Foreign(Vec<Difference>),
    /// Somebody else writes it.
    #[error("{0}: another gateway works here")]
    Busy(PathBuf),
    /// The directory cannot be used.
    #[error("{0}: {1}")]
    Directory(PathBuf, io::Error),
    /// A later gateway wrote it.
    #[error("journal: it is of version {0}, and this gateway knows {1}; use the gateway that wrote it, or a later one")]
    Later(i64, i64),
    /// A row that nobody wrote.
    #[error("journal: reading {0} is damaged")]
    Damaged(i64),
}

/// What has become of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// It is in the journal, and waits for a transaction, or for word of what the ledger has of its interval.
    Journaled,
    /// A transaction carries it.
    Submitted,
    /// A transaction that carried its values has been executed.
    Confirmed,
    /// The ledger refused it, or has other values for its meter and interval.
    Rejected,
}

impl State {
    /// Its name in the journal and in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
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
    /// The transaction that carries it, once there is one; of a confirmed reading, that which the ledger has executed.
    pub transaction: Option<String>,
    /// The transaction that carried what the ledger has of its meter and interval, where that was asked of the ledger.
    pub ledger_transaction: Option<String>,
    /// Why it was rejected, or why it waits.
    pub reason: Option<String>,
    /// Its number in the order of settlement, from 1; the last one where it was settled again.
    pub settled: Option<i64>,
}

impl Entry {
    /// Whether it was rejected because the ledger has other values for its meter and interval.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        self.state == State::Rejected && self.ledger_transaction.is_some()
    }
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS attempt (
    id INTEGER PRIMARY KEY,
    slot INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    signature TEXT NOT NULL UNIQUE,
    wire BLOB NOT NULL,
    fate TEXT NOT NULL
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
    slot INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS account (
    address BLOB PRIMARY KEY,
    owner BLOB NOT NULL,
    lamports TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_sent ON attempt (id) WHERE fate = 'sent';
CREATE INDEX IF NOT EXISTS carried_reading ON carried (reading);
CREATE INDEX IF NOT EXISTS reading_timestamp ON reading (timestamp);
CREATE INDEX IF NOT EXISTS reading_state ON reading (state) WHERE state IN ('journaled', 'submitted');
";

/// The journal of a gateway. One thread writes.
pub struct Journal {
    connection: Connection,
    /// What stays as the journal has it.
    kept: Vec<Difference>,
    /// Held as long as the journal is open.
    _lock: File,
}

impl Journal {
    /// Opens the journal of a directory, or begins one; `identity` is what it belongs to, by name.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(directory: &Path, identity: &Identity) -> Result<Self, JournalError> {
        let path = directory.join("lock");
        let lock = File::create(&path).map_err(|error| JournalError::Directory(path.clone(), error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::Busy(directory.into()),
            TryLockError::Error(error) => JournalError::Directory(path, error),
        })?;
        let mut connection = Connection::open(directory.join("journal.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let transaction = connection.transaction()?;
        settled::prepare(&transaction, SCHEMA)?;
        let identity::Comparison { adopted, kept } = identity.compare(&transaction)?;
        transaction.commit()?;
        identity::tell(&adopted);
        Ok(Self { connection, kept, _lock: lock })
    }

    /// What of [`Identity::kept`] the journal has otherwise than the gateway.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.kept
    }

    /// Writes, to see whether the journal can be written.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn probe(&mut self) -> Result<(), JournalError> {
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('probe', '')", [])?;
        Ok(())
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

    /// The end of the last interval of which the simulated traders have traded; 0 before the first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn traded(&self) -> Result<i64, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT value FROM meta WHERE key = 'traded'")?;
        let traded: Option<String> = query.query_row([], |row| row.get(0)).optional()?;
        traded.map_or(Ok(0), |traded| traded.parse().map_err(|_| JournalError::Damaged(0)))
    }

    /// Stores the end of the last interval of which the simulated traders have traded (Unix seconds).
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn set_traded(&mut self, end: i64) -> Result<(), JournalError> {
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('traded', ?1)", [end.to_string()])?;
        Ok(())
    }

    /// The slot of an embedded ledger that no slot begun before has passed, counted from the founding; 0 before the first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn reserved_slot(&self) -> Result<i64, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT value FROM meta WHERE key = 'reserved_slot'")?;
        let slot: Option<String> = query.query_row([], |row| row.get(0)).optional()?;
        slot.map_or(Ok(0), |slot| slot.parse().map_err(|_| JournalError::Damaged(0)))
    }

    /// Notes it. On the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn reserve_slot(&mut self, slot: i64) -> Result<(), JournalError> {
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('reserved_slot', ?1)", [slot.to_string()])?;
        Ok(())
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

    /// Readings that wait for a transaction, oldest first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn waiting(&self) -> Result<Vec<i64>, JournalError> {
        let mut query =
            self.connection.prepare("SELECT id FROM reading WHERE state = 'journaled' AND NOT unproven ORDER BY id")?;
        Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The readings of the intervals that end between two times, both included, by time and meter.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn between(&self, from: i64, until: i64) -> Result<Vec<Entry>, JournalError> {
        let query = format!("{ENTRY} WHERE timestamp BETWEEN ?1 AND ?2 ORDER BY timestamp, meter");
        let mut query = self.connection.prepare_cached(&query)?;
        let rows = query.query_map([from, until], raw)?;
        rows.map(|row| row?.checked()).collect()
    }

    /// A meter's newest readings, at most so many.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn newest_of(&self, meter: &MeterId, limit: u64) -> Result<Vec<Entry>, JournalError> {
        let query = format!("{ENTRY} WHERE meter = ?1 ORDER BY timestamp DESC LIMIT ?2");
        let mut query = self.connection.prepare_cached(&query)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = query.query_map(params![meter.to_string(), limit], raw)?;
        rows.map(|row| row?.checked()).collect()
    }

    /// A meter's newest reading.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn last(&self, meter: &MeterId) -> Result<Option<Entry>, JournalError> {
        Ok(self.newest_of(meter, 1)?.pop())
    }

    /// Has readings wait for a transaction again that the ledger has lost with theirs.
    ///
    /// # Errors
    /// [`JournalError`]; none of them does then.
    pub fn reopen(&mut self, ids: &[i64]) -> Result<(), JournalError> {
        let transaction = self.connection.transaction()?;
        for id in ids {
            transaction.execute(
                "UPDATE attempt SET fate = 'dropped'
                 WHERE fate = 'executed' AND id IN (SELECT attempt FROM carried WHERE reading = ?1)",
                [id],
            )?;
            transaction.execute(
                "UPDATE reading SET state = 'journaled', reason = NULL, ledger_transaction = NULL WHERE id = ?1",
                [id],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Notes why readings wait.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn explain(&mut self, reasons: &[(i64, &str)]) -> Result<(), JournalError> {
        let transaction = self.connection.transaction()?;
        for (id, why) in reasons {
            let text = "UPDATE reading SET reason = ?2 WHERE id = ?1 AND state = 'journaled'";
            transaction.execute(text, params![id, why])?;
        }
        transaction.commit()?;
        Ok(())
    }
}

fn find(connection: &Connection, meter: &MeterId, timestamp: i64) -> Result<Option<Entry>, JournalError> {
    let mut query = connection.prepare_cached(&format!("{ENTRY} WHERE meter = ?1 AND timestamp = ?2"))?;
    let raw = query.query_row(params![meter.to_string(), timestamp], raw).optional()?;
    raw.map(Raw::checked).transpose()
}
