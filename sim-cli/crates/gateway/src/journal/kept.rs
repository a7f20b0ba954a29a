//! The ledger's accounts, stored so that a restart has to execute only the later transactions.

use {
    super::{Journal, JournalError},
    crate::crash::crash,
    rusqlite::{OptionalExtension, params},
    solana_account::Account,
    solana_program::pubkey::Pubkey,
};

/// When the ledger's accounts were kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// After which transaction.
    pub attempt: i64,
    /// The ledger's slot, counted from its founding.
    pub slot: i64,
    /// The ledger's time, Unix seconds.
    pub clock: i64,
    /// The hash of its state.
    pub hash: [u8; 32],
}

impl Journal {
    /// Keeps the ledger's accounts after a transaction, in place of those kept before: all or nothing.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn keep(&mut self, kept: &Kept, accounts: impl Iterator<Item = (Pubkey, Account)>) -> Result<(), JournalError> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO account VALUES (?1, ?2, ?3, ?4)")?;
            for (address, account) in accounts {
                let (address, owner) = (&address.to_bytes()[..], &account.owner.to_bytes()[..]);
                insert.execute(params![address, owner, account.lamports.to_string(), account.data])?;
            }
        }
        crash("mid_snapshot");
        let Kept { attempt, slot, clock, hash } = kept;
        transaction.execute(
            "INSERT OR REPLACE INTO snapshot VALUES (1, ?1, ?2, ?3, ?4)",
            params![attempt, slot, clock, &hash[..]],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// When accounts were kept last, if they ever were.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn kept(&self) -> Result<Option<Kept>, JournalError> {
        let mut query = self.connection.prepare("SELECT attempt, slot, clock, hash FROM snapshot")?;
        let kept = query.query_row([], |row| {
            Ok(Kept { attempt: row.get(0)?, slot: row.get(1)?, clock: row.get(2)?, hash: row.get(3)? })
        });
        Ok(kept.optional()?)
    }

    /// The accounts that were kept then.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn kept_accounts(&self) -> Result<Vec<(Pubkey, Account)>, JournalError> {
        let mut query = self.connection.prepare("SELECT address, owner, lamports, data FROM account")?;
        let rows = query.query_map([], |row| {
            let key = |at: usize| Ok::<_, rusqlite::Error>(Pubkey::new_from_array(row.get(at)?));
            // What is no number is no snapshot either: its hash tells.
            let lamports = row.get::<_, String>(2)?.parse().unwrap_or(0);
            Ok((key(0)?, Account { owner: key(1)?, lamports, data: row.get(3)?, ..Account::default() }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
