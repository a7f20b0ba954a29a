//! The file of transactions: a line of JSON for each. Orders name the same few accounts again and again, so an address is
//! written out once and then as the number of addresses that were written out before it.

use {
    super::{
        Transaction,
        files::{RecordError, open},
    },
    base64::{Engine, prelude::BASE64_STANDARD},
    campus_energy_sdk::ledger::ExecutedInstruction,
    serde::{Deserialize, Serialize},
    solana_program::pubkey::Pubkey,
    std::{
        borrow::Cow,
        collections::HashMap,
        io::{self, BufRead, Write},
        path::Path,
    },
};

/// The transactions' file.
pub const TRANSACTIONS: &str = "transactions.ndjson";
/// How far back a number reaches: an address is written out again when so many others have been since. It bounds what writer and
/// reader remember, however long a run is.
const REMEMBERED: usize = 4_096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionLine<'a> {
    timestamp: i64,
    signature: Cow<'a, str>,
    compute_units: u64,
    instructions: Vec<InstructionLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstructionLine {
    program: Account,
    accounts: Vec<Account>,
    /// Base64.
    data: String,
    /// 1 for an instruction of the transaction itself, more where another one called it.
    #[serde(default = "top_level", skip_serializing_if = "is_top_level")]
    stack_height: u32,
}

const fn top_level() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
const fn is_top_level(height: &u32) -> bool {
    *height == top_level()
}

/// An address, or the number of one that was written out earlier.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Account {
    Number(usize),
    Address(String),
}

/// Writes transactions as a run goes on.
pub struct TransactionWriter<W> {
    writer: W,
    numbers: HashMap<Pubkey, usize>,
    /// The addresses written out, that of number `n` at `n` modulo [`REMEMBERED`].
    addresses: Vec<Pubkey>,
    written: usize,
}

impl<W: Write> TransactionWriter<W> {
    /// Writes to a file.
    pub fn new(writer: W) -> Self {
        Self { writer, numbers: HashMap::new(), addresses: Vec::new(), written: 0 }
    }

    /// Writes a transaction.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&mut self, transaction: &Transaction) -> io::Result<()> {
        let &Transaction { timestamp, ref signature, compute_units, ref instructions } = transaction;
        let line = |executed: &ExecutedInstruction| InstructionLine {
            program: self.account(&executed.program),
            accounts: executed.accounts.iter().map(|address| self.account(address)).collect(),
            data: BASE64_STANDARD.encode(&executed.data),
            stack_height: executed.stack_height,
        };
        let instructions = instructions.iter().map(line).collect();
        let line = TransactionLine { timestamp, signature: signature.as_str().into(), compute_units, instructions };
        serde_json::to_writer(&mut self.writer, &line)?;
        self.writer.write_all(b"\n")
    }

    fn account(&mut self, address: &Pubkey) -> Account {
        if let Some(number) = self.numbers.get(address) {
            return Account::Number(*number);
        }
        if let Some(forgotten) = put(&mut self.addresses, self.written, *address) {
            self.numbers.remove(&forgotten);
        }
        self.numbers.insert(*address, self.written);
        self.written += 1;
        Account::Address(address.to_string())
    }

    /// The file.
    pub fn into_inner(self) -> W {
        self.writer
    }
}

/// Remembers the address of a number; the one that it takes the place of.
fn put(addresses: &mut Vec<Pubkey>, number: usize, address: Pubkey) -> Option<Pubkey> {
    match addresses.get_mut(number % REMEMBERED) {
        Some(place) => Some(std::mem::replace(place, address)),
        None => {
            addresses.push(address);
            None
        }
    }
}

/// The addresses that a reader has seen written out.
#[derive(Default)]
struct SeenAddresses {
    addresses: Vec<Pubkey>,
    read: usize,
}

impl SeenAddresses {
    fn address(&mut self, account: &Account) -> Result<Pubkey, String> {
        match account {
            Account::Number(number) => {
                let is_known = *number < self.read && *number + REMEMBERED >= self.read;
                let address = self.addresses.get(number % REMEMBERED).filter(|_| is_known);
                address.copied().ok_or_else(|| format!("account {number}: no such address was written out before"))
            }
            Account::Address(text) => {
                let address = text.parse().map_err(|_| format!("{text:?} is no address"))?;
                put(&mut self.addresses, self.read, address);
                self.read += 1;
                Ok(address)
            }
        }
    }

    fn transaction(&mut self, line: &str) -> Result<Transaction, String> {
        let TransactionLine { timestamp, signature, compute_units, instructions } =
            serde_json::from_str(line).map_err(|error| error.to_string())?;
        let instruction = |line: InstructionLine| {
            Ok(ExecutedInstruction {
                program: self.address(&line.program)?,
                accounts: line.accounts.iter().map(|account| self.address(account)).collect::<Result<_, String>>()?,
                data: BASE64_STANDARD.decode(line.data).map_err(|error| format!("data: {error}"))?,
                stack_height: line.stack_height,
            })
        };
        let instructions = instructions.into_iter().map(instruction).collect::<Result<_, String>>()?;
        Ok(Transaction { timestamp, signature: signature.into_owned(), compute_units, instructions })
    }
}

/// Reads a directory's transactions one by one.
///
/// # Errors
/// [`RecordError`].
pub fn read_transactions(
    directory: &Path,
) -> Result<impl Iterator<Item = Result<Transaction, RecordError>>, RecordError> {
    let (path, file) = open(directory, TRANSACTIONS)?;
    let mut known = SeenAddresses::default();
    Ok(file.lines().enumerate().map(move |(index, line)| {
        let line = line.map_err(|error| RecordError::unreadable(&path, &error))?;
        known.transaction(&line).map_err(|reason| RecordError::malformed(&path, index, reason))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Pubkey {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
        Pubkey::new_from_array(bytes)
    }

    fn transaction(accounts: impl IntoIterator<Item = usize>, stack_height: u32) -> Transaction {
        let accounts = accounts.into_iter().map(key).collect();
        let executed = ExecutedInstruction { program: key(0), accounts, data: vec![1, 2, 3], stack_height };
        Transaction { timestamp: 900, signature: "id".into(), compute_units: 5, instructions: vec![executed] }
    }

    #[test]
    fn a_transaction_survives_its_line_however_many_addresses_there_are() {
        let few = [transaction([1, 2], 1), transaction([2, 0, 3, 3], 2)];
        // More than are remembered; then an old one, and one that is still known.
        let many = (0..50).map(|number| transaction(number * 100..(number + 1) * 100, 1));
        let all: Vec<_> = few.into_iter().chain(many).chain([transaction([1, 4_999], 1)]).collect();
        let mut writer = TransactionWriter::new(Vec::new());
        all.iter().for_each(|transaction| writer.write(transaction).unwrap());
        let directory = tempfile::tempdir().unwrap();
        let text = String::from_utf8(writer.into_inner()).unwrap();
        std::fs::write(directory.path().join(TRANSACTIONS), &text).unwrap();
        let read: Result<Vec<_>, _> = read_transactions(directory.path()).unwrap().collect();
        assert_eq!(read.unwrap(), all);
        let [first, second] = [0, 1].map(|line| text.lines().nth(line).unwrap());
        let (one, two, three) = (key(1), key(2), key(3));
        let zero = key(0);
        assert_eq!(
            first,
            format!(
                r#"{{"timestamp":900,"signature":"id","compute_units":5,"instructions":[{{"program":"{zero}","accounts":["{one}","{two}"],"data":"AQID"}}]}}"#
            )
        );
        assert!(
            second.contains(&format!(r#""program":0,"accounts":[2,0,"{three}",3],"data":"AQID","stack_height":2"#)),
            "{second}"
        );
        let last = text.lines().last().unwrap();
        let (_, known) = last.split_once(&format!(r#""accounts":["{one}","#)).expect("the old one is written out");
        assert!(known.starts_with(|first: char| first.is_ascii_digit()), "the other is still known: {last}");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let read = |instruction: &str| {
            let line =
                format!(r#"{{"timestamp":1,"signature":"id","compute_units":5,"instructions":[{instruction}]}}"#);
            SeenAddresses::default().transaction(&line).unwrap_err()
        };
        assert_eq!(
            read(r#"{"program":0,"accounts":[],"data":""}"#),
            "account 0: no such address was written out before"
        );
        assert_eq!(read(r#"{"program":"x","accounts":[],"data":""}"#), "\"x\" is no address");
        let program = key(0);
        assert_eq!(
            read(&format!(r#"{{"program":"{program}","accounts":[],"data":"?"}}"#)),
            "data: Invalid symbol 63, offset 0."
        );
        assert!(read(&format!(r#"{{"program":"{program}","accounts":[],"data":"","logs":1}}"#)).contains("logs"));
    }
}
