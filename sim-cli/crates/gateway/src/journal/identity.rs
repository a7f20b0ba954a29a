//! What a journal belongs to: the ledger, and how its department was founded.

use {
    super::JournalError,
    rusqlite::{Transaction, params},
    std::collections::BTreeSet,
    tracing::warn,
};

/// The key of the configuration for the one value that was the same for every journal of an earlier version: `Identity::formerly`.
const FIXED_KEY: &str = "smart_meters.max_reading_age_s";

/// Differences that a message lists, at most.
const LISTED: usize = 8;

/// What a journal belongs to: names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// As it is now.
    pub now: Vec<(String, String)>,
    /// What was the same for every journal that was begun before this was compared.
    pub formerly: Vec<(String, String)>,
    /// Names whose value in the journal stays in force where it differs: they bind nobody.
    pub kept: BTreeSet<String>,
}

/// What comparing an identity with a journal's has found.
pub(super) struct Comparison {
    /// What a journal of an earlier version did not say, and says now.
    pub adopted: Vec<String>,
    /// What the journal has otherwise, and keeps.
    pub kept: Vec<Difference>,
}

/// What a journal belongs to, and a gateway does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub key: String,
    /// In the journal.
    pub was: String,
    /// In this gateway.
    pub now: String,
    /// Whether an earlier version began the journal, which knew no other value.
    pub was_fixed: bool,
}

/// Differences in words, of the first ones.
pub(super) fn list(differences: &[Difference]) -> String {
    let first = differences.iter().take(LISTED);
    let first = first.map(|Difference { key, was, now, was_fixed }| {
        let hint = match was_fixed {
            true => {
                format!(" (the version that began it knew no other; write {FIXED_KEY}: {})", was.trim_end_matches(" s"))
            }
            false => String::new(),
        };
        format!("{key} was {was} when it was begun and is {now} now{hint}")
    });
    let more = match differences.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    first.collect::<Vec<_>>().join(", ") + &more
}

impl Identity {
    /// Compares what a journal belongs to with this one.
    pub(super) fn compare(&self, transaction: &Transaction) -> Result<Comparison, JournalError> {
        // A journal of before has one hash of the whole configuration, and some of what is compared now was fixed.
        let is_former = transaction.execute("DELETE FROM meta WHERE key = 'configuration_sha256'", [])? > 0;
        let (mut differences, mut adopted, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for (key, now) in &self.now {
            let fixed = self.formerly.iter().find(|(name, _)| is_former && name == key).map(|(_, value)| value);
            let is_new = transaction
                .execute("INSERT OR IGNORE INTO meta VALUES (?1, ?2)", params![key, fixed.unwrap_or(now)])?
                > 0;
            if is_former && is_new && fixed.is_none() {
                adopted.push(key.clone());
            }
            let was: String =
                transaction.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?;
            if was != *now {
                let of = if self.kept.contains(key) { &mut kept } else { &mut differences };
                of.push(Difference { key: key.clone(), was, now: now.clone(), was_fixed: fixed.is_some() });
            }
        }
        if !differences.is_empty() {
            return Err(JournalError::Foreign(differences));
        }
        Ok(Comparison { adopted, kept })
    }
}

/// Says by name what was adopted.
pub(super) fn tell(adopted: &[String]) {
    if !adopted.is_empty() {
        let adopted = adopted.join(", ");
        warn!(
            adopted,
            "an earlier version began the journal and did not note with which values; those of today's configuration are noted now: give \
             the configuration that it was begun with"
        );
    }
}
