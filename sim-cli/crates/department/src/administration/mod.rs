//! Administering a department: its meters, participants, pauses and authorities, as its authority changes them. Each operation reads the
//! ledger, refuses what the programs would refuse, and gives a plan: what changes, and the transactions that change it. A plan without
//! transactions says why nothing is to be sent.

mod authority;
mod meters;
mod participants;
mod pause;

pub use {authority::Office, meters::status_name, pause::Part};

use {
    super::limits::{LimitsError, decode},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        identity::MeterId,
        ledger::{Ledger, LedgerError, Receipt, transaction::send},
        oracle::state::Oracle,
        registry::state::{Department, Meter, Participant},
        token::state::TokenConfig,
        trading::state::Book,
    },
    serde::Serialize,
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    std::time::{Duration, Instant},
    thiserror::Error,
};

/// How long a transaction is signed anew that comes too late for its blockhash, and the pauses in between.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a department cannot be administered as asked. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdministrationError {
    /// The department is not there, the key is not its authority's, or there is no such meter.
    #[error(transparent)]
    Department(#[from] LimitsError),
    /// A meter that is retired stays so.
    #[error("{0} is retired for good; register another meter")]
    Retired(MeterId),
    /// A meter's id does not begin with the department's prefix.
    #[error("{0} cannot be a meter of this department: its meters' ids are {1} and then letters or digits")]
    WrongPrefix(MeterId, String),
    /// The meter is registered otherwise.
    #[error("{meter} is registered already, and its {field} is {found}, not {given}; {remedy}")]
    OtherMeter {
        /// The meter.
        meter: MeterId,
        /// What differs.
        field: &'static str,
        /// On the ledger.
        found: String,
        /// As asked for.
        given: String,
        /// What can be done.
        remedy: String,
    },
    /// Not an ed25519 public key that verifies anything safely.
    #[error("--signing-key {0}: no ed25519 public key that a meter can sign for")]
    NoSigningKey(Pubkey),
    /// Another meter signs with the key.
    #[error("--signing-key {0}: {1} signs with it already; each meter has a key of its own")]
    SharedKey(Pubkey, MeterId),
    /// The department's lookup table takes no more meters.
    #[error(
        "{meter} cannot be registered: the department's lookup table has {addresses} addresses, and takes 256 at most"
    )]
    FullTable {
        /// The meter.
        meter: MeterId,
        /// How many the table has.
        addresses: usize,
    },
    /// Not a participant.
    #[error("{given} is no participant of the department; {hint}")]
    NoParticipant {
        /// Who was given.
        given: String,
        /// What can be done.
        hint: String,
    },
    /// The participant has another role.
    #[error("{wallet} is registered already as {name}; a participant's role cannot be changed")]
    OtherRole {
        /// The wallet.
        wallet: Pubkey,
        /// The participant's name, which says the role.
        name: String,
    },
    /// Somebody accepts who was not proposed.
    #[error("{given} has not been proposed as the {office}; {proposed}")]
    NotProposed {
        /// Whose key it is.
        given: Pubkey,
        /// Of what.
        office: &'static str,
        /// Who has been.
        proposed: String,
    },
    /// The zero address.
    #[error("{0} is nobody's address; --withdraw withdraws a proposal")]
    Nobody(Pubkey),
}

impl From<LedgerError> for AdministrationError {
    fn from(error: LedgerError) -> Self {
        Self::Department(error.into())
    }
}

/// A value that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Of what: a meter's id, a participant's name, a part of the department.
    pub subject: String,
    /// Which field.
    pub field: &'static str,
    /// On the ledger now.
    pub now: String,
    /// After the plan's transactions.
    pub after: String,
}

impl Change {
    fn new(subject: impl ToString, field: &'static str, now: impl ToString, after: impl ToString) -> Self {
        Self { subject: subject.to_string(), field, now: now.to_string(), after: after.to_string() }
    }
}

/// What is to be sent, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What changes.
    pub changes: Vec<Change>,
    /// What is so already, or is to be known.
    pub notes: Vec<String>,
    transactions: Vec<Vec<Instruction>>,
}

impl Plan {
    fn nothing(note: String) -> Self {
        Self { notes: vec![note], ..Self::default() }
    }

    /// How many transactions it has.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.transactions.len()
    }

    /// Sends them one after the other, signed and paid by `by`; their ids.
    ///
    /// # Errors
    /// Those of [`Ledger::send`], with the ids of those that were executed before. The same operation again goes on where this stopped.
    pub fn send(&self, ledger: &mut impl Ledger, by: &Keypair) -> Result<Vec<String>, (LedgerError, Vec<String>)> {
        let mut sent = Vec::new();
        for instructions in &self.transactions {
            match send_patiently(ledger, instructions, by) {
                Ok(receipt) => sent.push(receipt.signature),
                Err(error) => return Err((error, sent)),
            }
        }
        Ok(sent)
    }
}

/// Signs anew as long as the blockhash has expired when the transaction comes: a busy ledger begins slot after slot.
fn send_patiently(
    ledger: &mut impl Ledger,
    instructions: &[Instruction],
    by: &Keypair,
) -> Result<Receipt, LedgerError> {
    let (until, mut pause) = (Instant::now() + PATIENCE, FIRST_PAUSE);
    loop {
        let result = send(ledger, instructions, &[by], &[]);
        if result != Err(LedgerError::Expired) || Instant::now() + pause > until {
            return result;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What the ledger has of a department's administration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administration {
    /// Where its accounts are.
    pub addresses: Addresses,
    /// The registry's account.
    pub department: Department,
    /// The oracle's account.
    pub oracle: Oracle,
    /// Whether the token mints nothing.
    pub token_paused: bool,
    /// Whether the market takes no orders.
    pub market_paused: bool,
    /// The meters, by their numbers.
    pub meters: Vec<Meter>,
    /// The participants, by their numbers.
    pub participants: Vec<Participant>,
}

impl Administration {
    /// Reads it.
    ///
    /// # Errors
    /// [`LimitsError::Unfounded`], [`LimitsError::Damaged`], and those of the ledger.
    pub fn read(ledger: &dyn Ledger, addresses: &Addresses) -> Result<Self, AdministrationError> {
        let programs = &addresses.programs;
        let Addresses { department, oracle, token_config, book, .. } = *addresses;
        let mut there = ledger.accounts(&[department, oracle, token_config, book])?.into_iter();
        let mut next = || there.next().flatten();
        let of_department = decode("Department", department, &programs.registry, next())?;
        let of_oracle = decode("Oracle", oracle, &programs.oracle, next())?;
        let config: TokenConfig = decode("TokenConfig", token_config, &programs.token, next())?;
        let book: Book = decode("Book", book, &programs.trading, next())?;
        // Meters and participants name their department at the same place.
        let owned = ledger.owned(&programs.registry, Meter::FIELDS.department.offset(), department.as_ref())?;
        let mut meters: Vec<Meter> =
            owned.iter().filter_map(|(_, account)| Meter::decode(&account.data).ok()).collect();
        let mut participants: Vec<Participant> =
            owned.iter().filter_map(|(_, account)| Participant::decode(&account.data).ok()).collect();
        meters.sort_by_key(|meter| meter.index);
        participants.sort_by_key(|participant| participant.index);
        Ok(Self {
            addresses: *addresses,
            department: of_department,
            oracle: of_oracle,
            token_paused: config.paused,
            market_paused: book.paused,
            meters,
            participants,
        })
    }

    fn check_key(&self, given: &Pubkey) -> Result<(), LimitsError> {
        let (needed, given) = (self.department.authority, *given);
        if needed == given { Ok(()) } else { Err(LimitsError::WrongKey { needed, given }) }
    }
}

fn pause_name(paused: bool) -> &'static str {
    if paused { "paused" } else { "running" }
}
