//! The order in which readings were settled, and the number in each state: maintained by triggers on every change of a reading.

use {
    super::{
        Entry, Journal, JournalError, State,
        row::{ENTRY, raw},
    },
    rusqlite::{OptionalExtension, Transaction, params},
    strum::VariantArray,
};

/// Of the tables. 1: with `settlement` and `tally`; before it there was no number. 2: with what the ledger has of a reading's interval.
/// 3: with the last height at which a transaction can be executed.
const VERSION: i64 = 3;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS settlement (number INTEGER PRIMARY KEY, reading INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS settlement_reading ON settlement (reading);
CREATE TABLE IF NOT EXISTS tally (state TEXT PRIMARY KEY, readings INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS reading_came AFTER INSERT ON reading BEGIN
    INSERT INTO tally VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET readings = readings + 1;
    INSERT INTO settlement (reading) SELECT NEW.id WHERE NEW.state IN ('confirmed', 'rejected');
END;
CREATE TRIGGER IF NOT EXISTS reading_went AFTER DELETE ON reading BEGIN
    UPDATE tally SET readings = readings - 1 WHERE state = OLD.state;
END;
CREATE TRIGGER IF NOT EXISTS reading_changed AFTER UPDATE OF state ON reading WHEN NEW.state <> OLD.state BEGIN
    UPDATE tally SET readings = readings - 1 WHERE state = OLD.state;
    INSERT INTO tally VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET readings = readings + 1;
    INSERT INTO settlement (reading) SELECT NEW.id WHERE NEW.state IN ('confirmed', 'rejected');
END;
";

/// What a journal of before has: nobody knows any more in which order it was settled.
const FIRST: &str = "
INSERT INTO settlement (reading) SELECT id FROM reading WHERE state IN ('confirmed', 'rejected') ORDER BY id;
INSERT INTO tally SELECT state, count(*) FROM reading GROUP BY state;
";

/// Where the ledger has a reading of the same meter and interval: whether it is not known with which values, and the transaction that
/// carried it. Earlier gateways called a reading confirmed that was refused as already accepted: that is to be proven. What else they
/// confirmed counts as final.
const PROOFS: &str = "
ALTER TABLE reading ADD COLUMN unproven INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reading ADD COLUMN ledger_transaction TEXT;
CREATE INDEX reading_contradicted ON reading (meter) WHERE state = 'rejected' AND ledger_transaction IS NOT NULL;
UPDATE reading SET state = 'journaled', unproven = 1 WHERE state = 'confirmed' AND NOT EXISTS (
    SELECT 1 FROM carried JOIN attempt ON attempt.id = carried.attempt
    WHERE carried.reading = reading.id AND attempt.fate = 'executed');
INSERT OR IGNORE INTO meta SELECT 'final', coalesce(max(number), 0) FROM settlement;
";

/// Of transactions of before it is not known.
const HEIGHTS: &str = "ALTER TABLE attempt ADD COLUMN last_valid INTEGER";

/// Makes the tables, those of `schema` first, or brings those of an earlier version to this one.
pub(super) fn prepare(transaction: &Transaction, schema: &str) -> Result<(), JournalError> {
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > VERSION {
        return Err(JournalError::Later(version, VERSION));
    }
    transaction.execute_batch(schema)?;
    if version < 1 {
        transaction.execute_batch(SCHEMA)?;
        transaction.execute_batch(FIRST)?;
    }
    if version < 2 {
        transaction.execute_batch(PROOFS)?;
    }
    if version < 3 {
        transaction.execute_batch(HEIGHTS)?;
    }
    if version < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(())
}

impl Journal {
    /// The first readings that were settled after a number, in the order of settlement.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn settled_after(&self, number: i64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        // One that was settled again comes with its last number only.
        let query = format!(
            "{ENTRY} JOIN settlement AS place ON place.reading = reading.id
             WHERE place.number > ?1 AND state IN ('confirmed', 'rejected')
                 AND place.number = (SELECT max(number) FROM settlement WHERE reading = reading.id)
             ORDER BY place.number LIMIT ?2"
        );
        let mut query = self.connection.prepare_cached(&query)?;
        let rows = query.query_map(params![number, i64::try_from(limit).unwrap_or(i64::MAX)], raw)?;
        rows.map(|row| row?.checked()).collect()
    }

    /// The number of the last settlement; 0 before the first.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn last_settlement(&self) -> Result<i64, JournalError> {
        Ok(self.connection.query_row("SELECT coalesce(max(number), 0) FROM settlement", [], |row| row.get(0))?)
    }

    /// How many readings are in each state.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn counts(&self) -> Result<Vec<(State, i64)>, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT readings FROM tally WHERE state = ?1")?;
        let mut count = |name| query.query_row([name], |row| row.get(0)).optional();
        State::VARIANTS.iter().map(|state| Ok((*state, count(state.name())?.unwrap_or(0)))).collect()
    }

    /// The text that was stored under a name, if any.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn note_of(&self, name: &str) -> Result<Option<String>, JournalError> {
        let mut query = self.connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Stores a text under a name, in place of the one that was there.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn keep_note(&self, name: &str, text: &str) -> Result<(), JournalError> {
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", [name, text])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{
            Submission,
            journal::{Attempt, AttemptOutcome, Fate, Identity},
        },
        campus_energy_sdk::{reading::Quality, time::Interval},
    };

    fn submission(number: i64) -> Submission {
        Submission {
            meter: "ENG_001".parse().unwrap(),
            interval: Interval::ending_at(900 * number).unwrap(),
            generated: 0,
            consumed: 1,
            key_epoch: 0,
            quality: Quality::Measured,
            signature: [0; 64],
        }
    }

    fn settle(journal: &mut Journal, reading: i64, reason: Option<&str>) {
        let (signature, wire) = (format!("{reading}{reason:?}{}", journal.last_settlement().unwrap()), Vec::new());
        let (slot, clock, fate, readings) = (1, 1, Fate::Sent, vec![reading]);
        let mut attempts = [Attempt { id: 0, slot, clock, signature, wire, last_valid: None, fate, readings }];
        journal.note(&mut attempts).unwrap();
        let fate = if reason.is_some() { Fate::Refused } else { Fate::Executed };
        let (attempt, reason) = (attempts[0].id, reason.map(String::from));
        journal.conclude(&[AttemptOutcome { attempt, fate, reason, again: false, unproven: false }]).unwrap();
    }

    fn settled(journal: &Journal, after: i64) -> Vec<(i64, Option<i64>)> {
        journal.settled_after(after, 10).unwrap().iter().map(|entry| (entry.id, entry.settled)).collect()
    }

    #[test]
    fn readings_are_numbered_in_the_order_of_settlement() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(directory.path(), &Identity::default()).unwrap();
        let all: Vec<Submission> = (1..=3).map(submission).collect();
        journal.accept(&all.iter().collect::<Vec<_>>(), 1).unwrap();
        settle(&mut journal, 3, None);
        settle(&mut journal, 1, Some("too much"));
        assert_eq!(settled(&journal, 0), [(3, Some(1)), (1, Some(2))]);
        assert_eq!(settled(&journal, 1), [(1, Some(2))], "though it was accepted before");
        assert_eq!(counts(&journal), [1, 0, 1, 1]);
        // Lost by the ledger, and settled again: it has happened after the other.
        journal.reopen(&[3]).unwrap();
        assert_eq!((settled(&journal, 0), counts(&journal)), (vec![(1, Some(2))], [2, 0, 0, 1]));
        settle(&mut journal, 3, None);
        assert_eq!(settled(&journal, 0), [(1, Some(2)), (3, Some(3))]);
        assert_eq!(journal.last_settlement().unwrap(), 3);
    }

    fn counts(journal: &Journal) -> [i64; 4] {
        let counts: Vec<i64> = journal.counts().unwrap().into_iter().map(|(_, count)| count).collect();
        counts.try_into().unwrap()
    }

    #[test]
    fn an_earlier_journal_is_brought_up_and_a_later_one_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(directory.path(), &Identity::default()).unwrap();
        let all: Vec<Submission> = (1..=3).map(submission).collect();
        journal.accept(&all.iter().collect::<Vec<_>>(), 1).unwrap();
        settle(&mut journal, 2, None);
        // As an earlier gateway took a refusal for a confirmation.
        settle(&mut journal, 1, Some("already accepted"));
        journal.connection.execute_batch("UPDATE reading SET state = 'confirmed' WHERE id = 1").unwrap();
        let earlier = "DROP INDEX reading_contradicted; ALTER TABLE attempt DROP COLUMN last_valid; ALTER TABLE reading DROP COLUMN unproven;
                       ALTER TABLE reading DROP COLUMN ledger_transaction; DROP TRIGGER reading_came; DROP TRIGGER reading_went; DROP TRIGGER reading_changed;
                       DROP TABLE settlement; DROP TABLE tally; PRAGMA user_version = 0";
        journal.connection.execute_batch(earlier).unwrap();
        drop(journal);
        let journal = Journal::open(directory.path(), &Identity::default()).unwrap();
        assert_eq!((settled(&journal, 0), counts(&journal)), (vec![(2, Some(2))], [2, 0, 1, 0]));
        assert_eq!((journal.unproven().unwrap(), journal.waiting().unwrap()), (vec![1], vec![3]));
        journal.connection.execute_batch("PRAGMA user_version = 9").unwrap();
        drop(journal);
        let Err(error) = Journal::open(directory.path(), &Identity::default()) else { panic!("a later one") };
        assert!(error.to_string().starts_with("journal: it is of version 9, and this gateway knows 3;"), "{error}");
    }
}
