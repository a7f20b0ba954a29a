//! Compares accounts that a founding finds on the ledger, field by field, with those that it would have created. An address
//! says where an account is, not who created it or who can change it.

use {
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        account::AccountData,
        ledger::{Ledger, LedgerError},
    },
    solana_account::Account,
    solana_program::{program_error::ProgramError, program_pack::Pack, pubkey::Pubkey},
    std::fmt::Debug,
    thiserror::Error,
};

/// An account that is on the ledger already, and a field of it that is not as the founding would have made it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{account} {address}: {field} is {found}, expected {expected}; {remedy}")]
pub struct Mismatch {
    /// What the account should be.
    pub account: String,
    /// Where it is.
    pub address: Pubkey,
    /// The first field that differs; `program` is the account's owner on the ledger, `data` all its bytes.
    pub field: &'static str,
    /// What the field holds.
    pub found: String,
    /// What it should hold.
    pub expected: String,
    /// What can be done.
    pub remedy: &'static str,
}

/// Why a department cannot be founded, or used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FoundingError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An account that is there already is not what the founding would have made.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// The department is not there, or not all of it.
    #[error("the department has not been founded; run init")]
    Unfounded,
    /// A program is not deployed.
    #[error("program {program} is not deployed at {id}")]
    NotDeployed {
        /// The program's name.
        program: &'static str,
        /// Where it should be.
        id: Pubkey,
    },
    /// A program's upgrade authority, who alone may initialise a department in it, is another one.
    #[error("program {program} ({id}) belongs to {owner}; {given} may not initialise a department in it")]
    OtherUpgradeAuthority {
        /// The program's name.
        program: &'static str,
        /// Where it is.
        id: Pubkey,
        /// Its upgrade authority.
        owner: Pubkey,
        /// Whose key was given.
        given: Pubkey,
    },
    /// A program has no upgrade authority any more.
    #[error("program {program} ({id}) is final: nobody may initialise it")]
    Final {
        /// The program's name.
        program: &'static str,
        /// Where it is.
        id: Pubkey,
    },
    /// An instruction of SPL Token cannot be made.
    #[error("an instruction of the founding cannot be made: {0}")]
    Unmade(ProgramError),
}

impl From<Mismatch> for FoundingError {
    fn from(mismatch: Mismatch) -> Self {
        Self::Mismatch(Box::new(mismatch))
    }
}

/// Accounts at one moment.
pub(super) fn accounts_of<const N: usize>(
    ledger: &dyn Ledger,
    addresses: [Pubkey; N],
) -> Result<[Option<Account>; N], LedgerError> {
    let short = |accounts: Vec<_>| LedgerError::Malformed(format!("{} accounts for {N} addresses", accounts.len()));
    ledger.accounts(&addresses)?.try_into().map_err(short)
}

/// The account, unless nobody has made it: an address to which somebody has only sent lamports is still free.
pub(super) fn made(account: Option<Account>) -> Option<Account> {
    account.filter(|account| account.owner != SYSTEM_PROGRAM || !account.data.is_empty())
}

/// An account that is there, and what it should be.
pub(super) struct Found<'a> {
    /// What it should be.
    pub(super) name: String,
    /// Where it is.
    pub(super) address: Pubkey,
    /// What is there.
    pub(super) account: &'a Account,
    /// What can be done where it is something else.
    pub(super) remedy: &'static str,
}

impl Found<'_> {
    /// The difference in a field.
    pub(super) fn mismatch(&self, field: &'static str, found: String, expected: String) -> FoundingError {
        let &Self { ref name, address, remedy, .. } = self;
        Mismatch { account: name.clone(), address, field, found, expected, remedy }.into()
    }

    /// Compares a field.
    pub(super) fn field<T: Debug + PartialEq>(
        &self,
        field: &'static str,
        found: &T,
        expected: &T,
    ) -> Result<(), FoundingError> {
        if found == expected {
            return Ok(());
        }
        let (mut found, expected) = (format!("{found:?}"), format!("{expected:?}"));
        if found == expected {
            // A name: what lies behind its end is not shown.
            found.push_str(" with more behind it");
        }
        Err(self.mismatch(field, found, expected))
    }

    /// Decodes an account of one of our programs.
    pub(super) fn decode<T: AccountData>(&self, program: &Pubkey) -> Result<T, FoundingError> {
        self.field("program", &self.account.owner, program)?;
        let unread = |error| self.mismatch("data", format!("no such account ({error})"), format!("a {:?}", T::KIND));
        T::decode(&self.account.data).map_err(unread)
    }

    /// Decodes an account of SPL Token, initialised or not.
    pub(super) fn unpack<T: Pack>(&self) -> Result<T, FoundingError> {
        self.field("program", &self.account.owner, &campus_energy_sdk::SPL_TOKEN)?;
        let length = self.account.data.len();
        let unread = |_| self.mismatch("data", format!("{length} bytes"), format!("{} bytes of SPL Token", T::LEN));
        T::unpack_unchecked(&self.account.data).map_err(unread)
    }
}

/// Compares a decoded account with what the founding would have made. Each field of its type is either given with the value that it
/// must have, or listed as one that may differ: a field in neither list does not compile.
macro_rules! compare {
    ($found:expr, $there:expr, $type:ident { $($field:ident: $expected:expr,)* } may_differ { $($other:ident),* $(,)? }) => {{
        let $type { $($field: _,)* $($other: _,)* } = $there;
        $($found.field(stringify!($field), &$there.$field, &$expected)?;)*
    }};
}
pub(super) use compare;
