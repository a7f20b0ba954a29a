//! What each account is in its instruction, and with which error a wrong one in its place is refused.

use {
    campus_energy_sdk::{
        SPL_TOKEN,
        account::{AccountData, AccountKind, LAYOUT_VERSION},
        deployment::Programs,
        oracle::state::{IntervalRing, Oracle},
        registry::state::{Department, Meter, Participant},
        token::state::{Retirement, TokenConfig},
        trading::state::{Book, Market},
    },
    solana_account::Account,
    solana_program::pubkey::Pubkey,
};

/// What an account is in its instruction. The error is the one for another account in its place that is right in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    /// Signs.
    Signer(&'static str),
    /// Signs and pays. That it is writable is checked first.
    Payer(&'static str),
    /// Signs and pays, whoever it is.
    Anybody,
    /// An account of this kind, of the program that makes such.
    Loaded(AccountKind, &'static str),
    /// The same, read here and passed on to a program that writes it.
    Passed(AccountKind, &'static str),
    /// An account of this kind at an address that the program knows, which is checked first; whose it is, is not: nobody but the
    /// program that makes such can have made one there.
    Named(AccountKind, &'static str),
    /// An account of this kind of any program: who signs chooses it.
    Chosen(AccountKind, &'static str),
    /// An account at an address that the program knows.
    Known(&'static str),
    /// Created by the instruction at its derived address.
    Created,
    /// A token account of the vault's mint, and of the signer's where that is asked for.
    Tokens {
        /// Whether it must be the signer's.
        of_signer: bool,
    },
    /// A vault of the market, of the token account's mint.
    Vault,
    /// A mint of 6 decimals.
    QuoteMint,
    /// What SPL Token mints to.
    Recipient,
}

/// Whether a substitute is refused, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// With this error.
    Refused(&'static str),
    /// It is as good as the original.
    Equivalent,
}

/// The address that is substituted for another, and what is there.
#[derive(Clone, Debug)]
pub struct Substitute<'a> {
    /// The address.
    pub address: Pubkey,
    /// The account, if there is one.
    pub account: Option<&'a Account>,
    /// Whether the runtime lets an instruction write it: programs and sysvars are read-only whatever it says.
    pub writable: bool,
}

/// What else the rules for token accounts look at.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// The four programs.
    pub programs: Programs,
    /// Whether the account is to be written.
    pub written: bool,
    /// The signer of the instruction.
    pub signer: Pubkey,
    /// The vault that the instruction names, if any.
    pub vault: Option<Pubkey>,
    /// The mint of that vault.
    pub mint: Pubkey,
    /// Both vaults of the department's market.
    pub vaults: [Pubkey; 2],
}

impl AccountRole {
    /// What becomes of an instruction with a substitute in the place of this account.
    #[must_use]
    pub fn verdict(self, substitute: &Substitute, around: &Surroundings) -> Verdict {
        let Substitute { address, account, writable } = substitute;
        let read_only = around.written && !writable;
        let spl = account.filter(|account| account.owner == SPL_TOKEN);
        Verdict::Refused(match self {
            Self::Payer(_) | Self::Anybody | Self::Loaded(..) if read_only => "NotWritable",
            // Without lamports it cannot pay, and with data the system program does not let it.
            Self::Anybody => match account {
                None => "Custom(1)",
                Some(account) if !account.data.is_empty() => "InvalidArgument",
                Some(_) => return Verdict::Equivalent,
            },
            Self::Signer(error) | Self::Payer(error) | Self::Known(error) | Self::Named(_, error) => error,
            Self::Loaded(kind, error) | Self::Passed(kind, error) => {
                load(kind, *account, Some(owner(kind, &around.programs))).unwrap_or(error)
            }
            Self::Chosen(kind, error) => load(kind, *account, None).unwrap_or(error),
            Self::Created => "WrongAddress",
            Self::Tokens { .. } if read_only => "NotWritable",
            Self::Tokens { of_signer } => {
                let Some(tokens) = spl.filter(|_| Some(*address) != around.vault) else {
                    return Verdict::Refused("WrongTokenAccount");
                };
                if tokens.data.len() != 165 {
                    "WrongTokenAccount"
                } else if tokens.data[..32] != around.mint.to_bytes() {
                    "WrongMint"
                } else if of_signer && tokens.data[32..64] != around.signer.to_bytes() {
                    "WrongTokenAccount"
                } else {
                    return Verdict::Equivalent;
                }
            }
            Self::Vault if around.vaults.contains(address) => "WrongMint",
            Self::Vault => "WrongVault",
            Self::QuoteMint if spl.is_some_and(|mint| mint.data.len() == 82 && mint.data[44] == 6) => {
                return Verdict::Equivalent;
            }
            Self::QuoteMint => "WrongMint",
            Self::Recipient if read_only => "PrivilegeEscalation",
            Self::Recipient => return recipient(*account, around),
        })
    }

    /// The account's kind, where the program loads it.
    #[must_use]
    pub fn kind(self) -> Option<AccountKind> {
        match self {
            Self::Loaded(kind, _) | Self::Passed(kind, _) | Self::Named(kind, _) | Self::Chosen(kind, _) => Some(kind),
            _ => None,
        }
    }
}

/// What SPL Token (p-token) says to minting to something that is no token account of the mint. It does not look at the owner: the
/// runtime does, when it has written.
fn recipient(account: Option<&Account>, around: &Surroundings) -> Verdict {
    let Some(account) = account.filter(|account| account.data.len() == 165) else {
        return Verdict::Refused("InvalidAccountData");
    };
    if account.data[..32] != around.mint.to_bytes() {
        Verdict::Refused("Custom(3)")
    } else if account.owner != SPL_TOKEN {
        Verdict::Refused("ExternalAccountDataModified")
    } else {
        Verdict::Equivalent
    }
}

/// The program that makes accounts of a kind.
#[must_use]
pub fn owner(kind: AccountKind, programs: &Programs) -> Pubkey {
    match kind {
        AccountKind::Department | AccountKind::Participant | AccountKind::Meter => programs.registry,
        AccountKind::TokenConfig | AccountKind::Retirement => programs.token,
        AccountKind::Oracle | AccountKind::IntervalRing => programs.oracle,
        AccountKind::Market | AccountKind::Book => programs.trading,
    }
}

/// Bytes of an account of a kind, and whether more may follow.
#[must_use]
pub fn length(kind: AccountKind) -> (usize, bool) {
    macro_rules! lengths {
        ($($kind:ident),*) => { match kind { $(AccountKind::$kind => ($kind::LEN, $kind::OPEN_ENDED)),* } };
    }
    lengths!(Department, Participant, Meter, TokenConfig, Retirement, Oracle, IntervalRing, Market, Book)
}

/// Why a program does not load an account as one of this kind: none where it does.
#[must_use]
pub fn load(kind: AccountKind, account: Option<&Account>, owner: Option<Pubkey>) -> Option<&'static str> {
    let Some(account) = account else { return Some("Missing") };
    let (length, open_ended) = length(kind);
    let data = &account.data;
    if data.is_empty() {
        Some("Missing")
    } else if owner.is_some_and(|owner| owner != account.owner) {
        Some("WrongOwner")
    } else if data.len() < length || data.len() > length && !open_ended {
        Some("WrongLength")
    } else if data[0] != kind as u8 {
        Some("WrongKind")
    } else if data[1] != LAYOUT_VERSION {
        Some("WrongVersion")
    } else {
        None
    }
}
