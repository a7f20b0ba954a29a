//! Ledgers, which execute transactions and hold accounts. The embedded one executes the real programs in this process; a
//! cluster is reached by its JSON-RPC (feature `cluster`).

#[cfg(feature = "cluster")]
pub mod cluster;
pub mod compute;
mod embedded;
mod executed;
pub mod logs;
pub mod programs;
pub mod readings;
mod relay;
mod snapshot;
pub mod transaction;

#[cfg(feature = "cluster")]
pub use cluster::Cluster;
pub use {
    embedded::{Embedded, SplToken},
    executed::ExecutedInstruction,
    readings::LedgerReading,
    relay::Relay,
    snapshot::Snapshot,
};

use {
    crate::{
        deployment::Programs,
        error::{Described, describe},
    },
    solana_account::Account,
    solana_message::VersionedMessage,
    solana_program::{hash::Hash, instruction::Instruction, pubkey::Pubkey},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::ops::RangeInclusive,
    thiserror::Error,
};

/// JSON-RPC errors that the same request to the same node gets again: it is no request, there is no such method, its parameters are wrong;
/// the node does not index this account, keeps no history of transactions, does not know the transaction's version.
const LASTING_NODE_ERRORS: [i64; 6] = [-32_600, -32_601, -32_602, -32_010, -32_011, -32_015];

/// The most bytes of a serialised transaction: those of one network packet.
pub const MAX_TRANSACTION_BYTES: usize = 1_232;

/// A ledger, which executes transactions and holds accounts.
pub trait Ledger {
    /// Returns the hash of the ledger's genesis, which makes a signature for one ledger invalid on another.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
    fn genesis_hash(&self) -> Result<Hash, LedgerError>;

    /// Reads an account; `None` where it does not exist.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError>;

    /// Reads several accounts, in the order of the addresses.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, LedgerError> {
        addresses.iter().map(|address| self.account(address)).collect()
    }

    /// Reads the accounts of a program that have these bytes at this offset, in the order of their addresses.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError>;

    /// Returns a blockhash with which transactions can be signed now.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::ReadOnly`].
    fn latest_blockhash(&self) -> Result<Hash, LedgerError>;

    /// Sends a transaction and waits until it has been executed.
    ///
    /// # Errors
    /// [`LedgerError::TooLong`], [`LedgerError::Refused`], [`LedgerError::Expired`], [`LedgerError::ReadOnly`]: it was not executed.
    /// [`LedgerError::Unreachable`] and others: see [`LedgerError::is_verdict`].
    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError>;

    /// Sends transactions that do not depend on each other, waits until all have been executed, and returns the result of each in their
    /// order.
    fn send_all(&mut self, transactions: Vec<VersionedTransaction>) -> Vec<Result<Receipt, LedgerError>> {
        transactions.into_iter().map(|transaction| self.send(transaction)).collect()
    }

    /// Waits until the present state of an account is final. The leaders of a cluster read lookup tables in its finalized state, which is
    /// some 13 s behind.
    ///
    /// # Errors
    /// [`LedgerError::Unfinalized`], [`LedgerError::Unreachable`], [`LedgerError::Node`].
    fn await_finality(&self, _address: &Pubkey) -> Result<(), LedgerError> {
        Ok(())
    }

    /// Returns the readings of these meters (their accounts in the registry) that the ledger has accepted for the intervals that end in a span,
    /// with the transactions that carried them; in no order, and only as far as the ledger remembers transactions. A meter's account says
    /// which intervals it has accepted, but not with which values.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
    fn readings_of(
        &self,
        _meters: &[Pubkey],
        _intervals: RangeInclusive<i64>,
    ) -> Result<Vec<LedgerReading>, LedgerError> {
        Ok(Vec::new())
    }

    /// Returns the instructions that a transaction of these needs besides them: its compute unit limit and price, where the ledger has many
    /// users.
    fn budget(&self, _instructions: &[Instruction]) -> Vec<Instruction> {
        Vec::new()
    }
}

/// The result of a transaction that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the transaction: its first signature.
    pub signature: String,
    /// The compute units that it consumed.
    pub compute_units: u64,
    /// The lines of its log. Whoever sends a transaction can have them cut short: see [`logs`].
    pub logs: Vec<String>,
    /// The instructions, each followed by those that it called; none where the ledger does not have them.
    pub instructions: Vec<ExecutedInstruction>,
}

/// The state of a transaction on a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was executed, and no fork can undo it.
    Final,
    /// It was executed; a ledger that loses its last blocks may lose it.
    Executed,
    /// It failed, or is unknown.
    Absent,
}

/// Why a request to a ledger failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// The transaction does not fit a packet.
    #[error("the transaction has {0} bytes; the network carries {MAX_TRANSACTION_BYTES}")]
    TooLong(usize),
    /// The transaction was not executed, or failed.
    #[error("the ledger refused the transaction: {}", explain(.0))]
    Refused(TransactionError, Vec<String>),
    /// The same, by a program that is not one of ours, with a code that ours use too: what the code means there is not known.
    #[error("program {0}, which is not one of ours, refused the transaction: {1}")]
    Foreign(Pubkey, TransactionError, Vec<String>),
    /// The transaction was not executed while its blockhash was valid, and never will be: it can be signed anew.
    #[error("the transaction was not executed in time, and never will be")]
    Expired,
    /// A program could not be loaded.
    #[error("program {0} does not load: {1}")]
    Program(&'static str, String),
    /// No answer arrived: the connection failed, timed out, or was given up. What became of a transaction is not known.
    #[error("the ledger does not answer: {0}")]
    Unreachable(String),
    /// No node can be used, and waiting does not help: a wrong address, a host that does not exist, a key that is missing.
    #[error("no node of the cluster can be used: {0}")]
    NoNode(String),
    /// A node answered a request with an error of its own: the request was not served, which says nothing of a transaction.
    #[error("the node answers with error {code}: {message}")]
    Node {
        /// The code of the JSON-RPC error.
        code: i64,
        /// The text of the error.
        message: String,
    },
    /// The transaction cannot be compiled, signed or encoded. It was not sent.
    #[error("the transaction cannot be made: {0}")]
    Unmade(String),
    /// The bytes are not one transaction.
    #[error("the bytes are not one transaction: {0}")]
    NoTransaction(String),
    /// An account that has to exist does not.
    #[error("{what} is missing on the ledger: there is no account {address}")]
    Missing {
        /// The description of the account.
        what: String,
        /// The address at which it should be.
        address: Pubkey,
    },
    /// An account exists and cannot be decoded, or set.
    #[error("account {address} cannot be used: {reason}")]
    Unusable {
        /// The address of the account.
        address: Pubkey,
        /// The reason why it cannot be used.
        reason: String,
    },
    /// The ledger is the record of an earlier one: it has accounts, and takes no transactions.
    #[error("the ledger is read-only: it is a snapshot of accounts, which takes no transactions")]
    ReadOnly,
    /// The transaction was executed, and no node has its record: its compute units, logs and instructions are not known.
    #[error("no node has a record of transaction {0}: nodes keep some days of history, or none")]
    NoRecord(Signature),
    /// An answer that contradicts itself, or what was asked for.
    #[error("the ledger's answer cannot be used: {0}")]
    Malformed(String),
    /// An account has not become final in time.
    #[error("the cluster has not finalized account {address} within {waited} s")]
    Unfinalized {
        /// The address of the account.
        address: Pubkey,
        /// The time that was waited, s.
        waited: u64,
    },
    /// Something of this program failed, not the ledger: a thread, a file.
    #[error("this program failed, not the ledger: {0}")]
    Internal(String),
}

impl LedgerError {
    /// Returns whether the error says for certain that the transaction was not executed and that this copy of it never will be. All others leave
    /// open what became of it.
    #[must_use]
    pub fn is_verdict(&self) -> bool {
        match self {
            Self::TooLong(_)
            | Self::Refused(..)
            | Self::Foreign(..)
            | Self::Expired
            | Self::Unmade(_)
            | Self::ReadOnly => true,
            Self::Program(..)
            | Self::Unreachable(_)
            | Self::NoNode(_)
            | Self::Node { .. }
            | Self::NoTransaction(_)
            | Self::Missing { .. }
            | Self::Unusable { .. }
            | Self::NoRecord(_)
            | Self::Malformed(_)
            | Self::Unfinalized { .. }
            | Self::Internal(_) => false,
        }
    }

    /// Returns whether the same request may succeed a little later: no answer arrived, or one that cannot be used, or the node says that it is
    /// behind or too busy.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Malformed(_) => true,
            Self::Node { code, .. } => !LASTING_NODE_ERRORS.contains(code),
            _ => false,
        }
    }

    /// Returns the code of the program error, where the instruction that failed is not a foreign program's: see [`LedgerError::described`].
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Refused(error, _) => custom_code(error),
            _ => None,
        }
    }

    /// Returns the error of ours, if one of our programs refused.
    ///
    /// A ledger says which of the transaction's own instructions failed, not which of the programs that this one called. So it counts
    /// whose this instruction is. An instruction of ours passes on only errors of ours in the range of our codes: our programs call each
    /// other, SPL Token and the system program, whose codes are below 100. A foreign program's error is [`LedgerError::Foreign`], even
    /// where it has called one of ours and passes its error on, since it can make up any code.
    #[must_use]
    pub fn described(&self) -> Option<Described> {
        self.code().and_then(describe).map(|(described, _)| described)
    }
}

/// Checks that a transaction fits a packet: signatures (counted in one byte below 128) and message.
fn check_length(transaction: &VersionedTransaction) -> Result<(), LedgerError> {
    match 1 + transaction.signatures.len() * 64 + transaction.message.serialize().len() {
        length if length > MAX_TRANSACTION_BYTES => Err(LedgerError::TooLong(length)),
        _ => Ok(()),
    }
}

/// Returns the refusal of a transaction with this message, on a ledger on which our programs have these ids.
fn refused(error: TransactionError, logs: Vec<String>, message: &VersionedMessage, programs: &Programs) -> LedgerError {
    match failed_program(&error, message) {
        Some(id) if custom_code(&error).and_then(describe).is_some() && !programs.contain(&id) => {
            LedgerError::Foreign(id, error, logs)
        }
        _ => LedgerError::Refused(error, logs),
    }
}

/// Returns the program of the instruction that failed, if an instruction did. Lookup tables cannot name programs.
fn failed_program(error: &TransactionError, message: &VersionedMessage) -> Option<Pubkey> {
    let TransactionError::InstructionError(index, _) = error else { return None };
    let instruction = message.instructions().get(usize::from(*index))?;
    message.static_account_keys().get(usize::from(instruction.program_id_index)).copied()
}

fn custom_code(error: &TransactionError) -> Option<u32> {
    use solana_program::instruction::InstructionError;
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
        _ => None,
    }
}

/// Returns a transaction error in words: ours by name and text, others as the ledger says them.
fn explain(error: &TransactionError) -> String {
    match custom_code(error).and_then(describe) {
        Some((described, text)) => format!("{}::{}: {text}", described.group, described.name),
        None => error.to_string(),
    }
}
