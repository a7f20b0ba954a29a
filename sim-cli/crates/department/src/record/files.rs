//! The file of accounts: a line of JSON for each, as `solana account --output json` prints it; and the errors of a record.

use {
    base64::{Engine, prelude::BASE64_STANDARD},
    campus_energy_sdk::ledger::Snapshot,
    serde::{Deserialize, Serialize},
    solana_account::Account,
    solana_program::pubkey::Pubkey,
    std::{
        fs::File,
        io::{self, BufRead, BufReader, Write},
        path::{Path, PathBuf},
    },
    thiserror::Error,
};

/// The accounts' file.
pub const ACCOUNTS: &str = "accounts.ndjson";

/// Why a record cannot be read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// A file is missing or cannot be read.
    #[error("{path}: {reason}; `sim-cli run --out DIR` writes such a directory, and --out DIR names it")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A line is not what a run wrote.
    #[error("{path}:{line}: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

impl RecordError {
    /// A file that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, reason: &impl ToString) -> Self {
        Self::Unreadable { path: path.display().to_string(), reason: reason.to_string() }
    }

    pub(super) fn malformed(path: &Path, index: usize, reason: String) -> Self {
        Self::Malformed { path: path.display().to_string(), line: index + 1, reason }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountLine {
    pubkey: String,
    account: AccountBody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AccountBody {
    lamports: u64,
    /// The bytes, and "base64".
    data: [String; 2],
    owner: String,
    executable: bool,
    rent_epoch: u64,
    space: u64,
}

/// Writes accounts.
///
/// # Errors
/// Those of the file.
pub fn write_accounts(mut writer: impl Write, snapshot: &Snapshot) -> io::Result<()> {
    for (address, account) in &snapshot.accounts {
        let &Account { lamports, ref data, owner, executable, rent_epoch } = account;
        let account = AccountBody {
            lamports,
            data: [BASE64_STANDARD.encode(data), "base64".into()],
            owner: owner.to_string(),
            executable,
            rent_epoch,
            space: data.len() as u64,
        };
        serde_json::to_writer(&mut writer, &AccountLine { pubkey: address.to_string(), account })?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

pub(super) fn open(directory: &Path, name: &str) -> Result<(PathBuf, BufReader<File>), RecordError> {
    let path = directory.join(name);
    match File::open(&path) {
        Ok(file) => Ok((path, BufReader::new(file))),
        Err(error) => Err(RecordError::unreadable(&path, &error)),
    }
}

/// Reads a directory's accounts.
///
/// # Errors
/// [`RecordError`].
pub fn read_accounts(directory: &Path) -> Result<Snapshot, RecordError> {
    let (path, file) = open(directory, ACCOUNTS)?;
    let mut snapshot = Snapshot::default();
    for (index, line) in file.lines().enumerate() {
        let line = line.map_err(|error| RecordError::unreadable(&path, &error))?;
        let (address, account) = account(&line).map_err(|reason| RecordError::malformed(&path, index, reason))?;
        snapshot.accounts.insert(address, account);
    }
    Ok(snapshot)
}

fn account(line: &str) -> Result<(Pubkey, Account), String> {
    let AccountLine { pubkey, account } = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let address = |text: &str| text.parse::<Pubkey>().map_err(|_| format!("{text:?} is no address"));
    let AccountBody { lamports, data: [data, encoding], owner, executable, rent_epoch, space } = account;
    let data = BASE64_STANDARD.decode(data).map_err(|error| format!("data: {error}"))?;
    if encoding != "base64" || data.len() as u64 != space {
        return Err(format!("data: {space} bytes in base64 are expected"));
    }
    Ok((address(&pubkey)?, Account { lamports, data, owner: address(&owner)?, executable, rent_epoch }))
}
