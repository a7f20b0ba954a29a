//! Why a reading, or a question about readings, is rejected: the same for every front end.

use {
    super::journal::{Entry, JournalError, State},
    campus_energy_sdk::{identity::MeterId, ledger::LedgerError},
    std::borrow::Cow,
    strum::IntoStaticStr,
};

/// What was wrong. The names are stable: programs act on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Code {
    /// The meter id cannot be read.
    InvalidMeterId,
    /// The timestamp is no number of Unix seconds: a smaller unit, a fraction, a date as text, or a later century.
    InvalidTimestamp,
    /// The timestamp is no interval's end.
    MisalignedTimestamp,
    /// An energy is negative, too large, or finer than a Wh.
    InvalidEnergy,
    /// The net energy is not generated less consumed.
    NetEnergyMismatch,
    /// The signature is not 64 bytes in hexadecimal.
    MalformedSignature,
    /// A field says something else than another one that means the same.
    ContradictingField,
    /// A row of a file cannot be read.
    InvalidRow,
    /// A file has no header, or a wrong one, or is no CSV file.
    InvalidFile,
    /// The meter id has another department's prefix.
    WrongPrefix,
    /// No such meter is registered.
    UnknownMeter,
    /// The meter is suspended or retired.
    InactiveMeter,
    /// The meter's owner is no registered participant with a token account.
    UnregisteredOwner,
    /// The interval has not ended yet.
    FutureReading,
    /// The interval ended too long ago.
    StaleReading,
    /// A meter cannot have measured so much.
    ImplausibleEnergy,
    /// All meters together would have generated more than the array can.
    ImplausibleArray,
    /// The reading is signed with an earlier key of the meter.
    WrongKeyEpoch,
    /// The signature is not the meter's.
    WrongSignature,
    /// The meter has reported other values for the interval.
    ConflictingReading,
    /// The ledger has other values for the meter's interval.
    LedgerConflict,
    /// The ledger refuses the reading.
    RejectedByLedger,
    /// The bytes are not one transaction that one key has signed.
    MalformedTransaction,
    /// A transaction does something else than administering this department.
    NotAdministrative,
    /// A transaction is signed by somebody else than the department's authority.
    NotAuthority,
    /// A transaction is signed with a blockhash that the ledger does not take any more.
    BlockhashExpired,
    /// The ledger is a cluster, to which its authority sends.
    NotEmbedded,
    /// The journal cannot be written or read now.
    JournalUnavailable,
    /// The ledger does not answer.
    LedgerUnavailable,
    /// The engine takes long: the reading may have been taken.
    SlowLedger,
    /// Too many requests wait.
    Overloaded,
    /// The gateway is stopping.
    Stopped,
    /// A fault of the gateway's own.
    Internal,
}

impl Code {
    /// Its stable name, such as `wrong_signature`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What was wrong, where, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What was wrong, for programs.
    pub code: Code,
    /// The field at fault, if it is one field.
    pub field: Option<Cow<'static, str>>,
    /// What was wrong, and what is allowed, for people.
    pub text: String,
}

impl Rejection {
    /// A rejection of the submission as a whole.
    #[must_use]
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, field: None, text: text.into() }
    }

    /// The same, of one field.
    #[must_use]
    pub fn of(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Why a reading was rejected, if it was: the ledger has other values for its meter and interval, or refuses it.
    #[must_use]
    pub fn of_rejected(entry: &Entry) -> Option<Self> {
        if entry.state != State::Rejected {
            return None;
        }
        let reason = entry.reason.clone().unwrap_or_default();
        let code = match entry.is_contradicted() {
            true => Code::LedgerConflict,
            false if reason.starts_with(ROTATED) => Code::WrongKeyEpoch,
            false => Code::RejectedByLedger,
        };
        Some(Self::new(code, reason))
    }
}

/// What the reason begins with where a reading was accepted, and its meter got another key before the ledger had it.
const ROTATED: &str = "wrong_key_epoch: ";

/// Why a reading is rejected that is signed with a key of an epoch before its meter's.
pub(crate) fn rotated(meter: &MeterId, own: u32, epoch: u32) -> String {
    format!(
        "{ROTATED}{meter} has got a key of epoch {epoch} before the ledger had this reading, which is signed with that of epoch {own}; \
         sign the reading with the new key and post it again"
    )
}

impl From<JournalError> for Rejection {
    fn from(error: JournalError) -> Self {
        Self::new(Code::JournalUnavailable, error.to_string())
    }
}

impl From<LedgerError> for Rejection {
    fn from(error: LedgerError) -> Self {
        Self::new(Code::LedgerUnavailable, error.to_string())
    }
}
