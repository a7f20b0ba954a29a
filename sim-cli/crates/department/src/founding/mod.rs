//! Founding a department: the four programs' accounts, participants, meters, token accounts, lookup table, seats. Stage by stage:
//! each looks at what the ledger has, refuses what it would not have made itself, and sends what is missing, so that a founding that was
//! interrupted goes on.

mod adopted;
mod expected;
mod key;
mod market;
mod notices;
mod stages;
mod upgrade_authority;

pub use {
    adopted::{FoundingError, Mismatch},
    notices::Notice,
    stages::{Initialisers, initialisation},
};

use {
    super::{
        DepartmentKeys, Keys, PublicKeys,
        plan::{Founding, MeterPlan},
    },
    adopted::accounts_of,
    campus_energy_sdk::{
        account::AccountData,
        deployment::{Addresses, Programs, deployment_id},
        identity::MeterId,
        ledger::{
            Ledger, LedgerError,
            transaction::{Draft, find_table, send_all},
        },
        oracle::instruction::MeterAccounts,
        reading::DeploymentId,
        registry::state::Meter as RegisteredMeter,
        units::Money,
    },
    key::Key,
    solana_keypair::Keypair,
    solana_message::AddressLookupTableAccount,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    spl_associated_token_account_interface::address::get_associated_token_address,
    std::{cell::OnceCell, time::Duration},
};

/// How long what was sent before may take to be seen.
const ARRIVAL: Duration = Duration::from_secs(2);

/// A founded department: what everybody may know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// Where its accounts are.
    pub addresses: Addresses,
    /// Who submits its readings.
    pub submitter: Pubkey,
    /// What its meters sign for.
    pub deployment: DeploymentId,
    /// Its meters.
    pub meters: Vec<Meter>,
    /// The mint of its market's money.
    pub quote_mint: Pubkey,
    /// The lookup table of its accounts.
    pub table: AddressLookupTableAccount,
}

/// A registered meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Its name.
    pub id: MeterId,
    /// Its owner's number among the participants.
    pub owner: usize,
    /// Its accounts.
    pub accounts: MeterAccounts,
    /// The epoch of its key: how often its authority has rotated it.
    pub key_epoch: u32,
}

/// Founds a department, or finishes its founding.
pub struct Founder<'a> {
    founding: &'a Founding,
    addresses: Addresses,
    /// The department's authority when it was founded; it may have handed the department over since.
    authority: Key,
    upgrade_authority: Key,
    submitter: Pubkey,
    wallets: Vec<Key>,
    quote_mint: Key,
    meters: Vec<Meter>,
    /// What the meters sign with, in their order.
    signing_keys: Vec<Pubkey>,
    holders: OnceCell<Vec<Holder>>,
    budget: Box<dyn Fn(usize) -> Money + 'a>,
    /// Lamports of whoever pays for transactions: the submitter's, and each participant's; the authority gives them.
    lamports: Option<[u64; 2]>,
    /// Whether other departments may have minted money of the same mint.
    shares_money: bool,
}

/// A participant's associated token accounts.
struct Holder {
    energy: Pubkey,
    quote: Pubkey,
}

/// A part of the founding, as far as the ledger does not have it yet.
pub struct Stage {
    /// What it makes.
    pub name: &'static str,
    /// How many of them there shall be.
    pub all: usize,
    /// How many are not there.
    pub missing: usize,
    /// The transactions that make them.
    pub drafts: Vec<Draft>,
    /// Whether each needs the one before.
    in_order: bool,
}

impl Stage {
    fn new(name: &'static str, all: usize, missing: usize, drafts: impl IntoIterator<Item = Draft>) -> Self {
        Self { name, all, missing, drafts: drafts.into_iter().collect(), in_order: false }
    }

    fn one_after_the_other(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Sends its transactions.
    ///
    /// # Errors
    /// The first refusal; what was independent of it has been done.
    pub fn send(&self, ledger: &mut impl Ledger) -> Result<(), LedgerError> {
        for some in self.drafts.chunks(if self.in_order { 1 } else { self.drafts.len().max(1) }) {
            send_all(ledger, some, &[])?.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        Ok(())
    }
}

type Look = fn(&Founder, &dyn Ledger) -> Result<Stage, FoundingError>;

impl<'a> Founder<'a> {
    /// With keys that are derived from a seed.
    #[must_use]
    pub fn new(programs: Programs, keys: Keys, founding: &'a Founding) -> Self {
        Self::with_keys(programs, DepartmentKeys::of_seed(keys, founding), founding)
    }

    /// With these keys.
    #[must_use]
    pub fn with_keys(programs: Programs, keys: DepartmentKeys, founding: &'a Founding) -> Self {
        let mut founder = Self::of_public(programs, &keys.public(), founding);
        let DepartmentKeys { authority, quote_mint, participants, .. } = keys;
        founder.upgrade_authority = Key::Private(authority.insecure_clone());
        founder.authority = Key::Private(authority);
        founder.quote_mint = Key::Private(quote_mint);
        founder.wallets = participants.into_iter().map(Key::Private).collect();
        founder
    }

    /// With public keys alone: it can look at a department and open it, and make nothing.
    #[must_use]
    pub fn of_public(programs: Programs, keys: &PublicKeys, founding: &'a Founding) -> Self {
        let addresses = Addresses::derive(programs, founding.prefix);
        let meter = |plan: &MeterPlan| Meter {
            id: plan.id,
            owner: plan.owner,
            accounts: MeterAccounts {
                meter: addresses.meter(&plan.id),
                token_account: addresses.token_account(&keys.participants[plan.owner]),
            },
            key_epoch: 0,
        };
        Self {
            founding,
            addresses,
            authority: Key::Public(keys.authority),
            upgrade_authority: Key::Public(keys.authority),
            submitter: keys.submitter,
            wallets: keys.participants.iter().copied().map(Key::Public).collect(),
            quote_mint: Key::Public(keys.quote_mint),
            meters: founding.meters.iter().map(meter).collect(),
            signing_keys: keys.meters.clone(),
            holders: OnceCell::new(),
            budget: Box::new(|_| Money::ZERO),
            lamports: None,
            shares_money: false,
        }
    }

    /// With another authority than that of the keys, and the programs' upgrade authority, where that is somebody else.
    #[must_use]
    pub fn with_authority(mut self, authority: Keypair, upgrade_authority: Option<Keypair>) -> Self {
        self.upgrade_authority = Key::Private(upgrade_authority.unwrap_or_else(|| authority.insecure_clone()));
        self.authority = Key::Private(authority);
        self
    }

    /// With money for every participant, by their number, on their seats.
    #[must_use]
    pub fn with_budgets(mut self, budget: impl Fn(usize) -> Money + 'a) -> Self {
        self.budget = Box::new(budget);
        self
    }

    /// With a mint of the money of which other departments with the same keys may have money already, as on a local cluster on which all
    /// keys come from one seed. Without this, money that the founding has not minted is refused: somebody may have made the mint first.
    #[must_use]
    pub fn sharing_money(mut self, shares: bool) -> Self {
        self.shares_money = shares;
        self
    }

    /// With lamports for the submitter and for each participant, which the authority gives them.
    #[must_use]
    pub fn with_lamports(mut self, submitter: u64, participant: u64) -> Self {
        self.lamports = Some([submitter, participant]);
        self
    }

    /// Who administers the department.
    #[must_use]
    pub fn authority(&self) -> Pubkey {
        self.authority.pubkey()
    }

    /// Who may initialise a department in the programs.
    #[must_use]
    pub fn upgrade_authority(&self) -> Pubkey {
        self.upgrade_authority.pubkey()
    }

    /// Where the department's accounts are.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// All stages as the ledger is now: what would be sent.
    ///
    /// # Errors
    /// [`FoundingError::Mismatch`] where an account that is there is not what the founding would have made.
    pub fn plan(&self, ledger: &dyn Ledger) -> Result<Vec<Stage>, FoundingError> {
        self.look(ledger, &[&Self::stages()[..], &Self::seats()].concat())
    }

    fn look(&self, ledger: &dyn Ledger, looks: &[Look]) -> Result<Vec<Stage>, FoundingError> {
        // What tells best that configuration or keys are others than those of the founding comes first.
        stages::programs(self, ledger)?;
        looks.iter().map(|look| look(self, ledger)).collect()
    }

    /// The participants' token accounts, in their order.
    fn holders(&self) -> &[Holder] {
        self.holders.get_or_init(|| {
            let (energy, quote) = (self.addresses.energy_mint, self.quote_mint.pubkey());
            let of = |wallet: &Key| Holder {
                energy: get_associated_token_address(&wallet.pubkey(), &energy),
                quote: get_associated_token_address(&wallet.pubkey(), &quote),
            };
            self.wallets.iter().map(of).collect()
        })
    }

    /// What makes the department and its meters.
    fn stages() -> [Look; 8] {
        [
            stages::lamports,
            market::quote_mint,
            stages::programs,
            market::book,
            stages::participants,
            stages::token_accounts,
            stages::meters,
            stages::table,
        ]
    }

    /// What makes its participants traders.
    fn seats() -> [Look; 2] {
        [market::wallets, market::seats]
    }

    /// Founds the department, without seats.
    ///
    /// # Errors
    /// [`FoundingError::Mismatch`], before anything is sent; those of [`Ledger::send`].
    pub fn found(self, ledger: &mut impl Ledger, done: impl FnMut(&Stage)) -> Result<Department, FoundingError> {
        self.send(ledger, &Self::stages(), done)?;
        self.department(ledger)
    }

    /// Founds the department and opens its participants' seats.
    ///
    /// # Errors
    /// [`FoundingError::Mismatch`], before anything is sent; those of [`Ledger::send`].
    pub fn found_with_seats(
        self,
        ledger: &mut impl Ledger,
        done: impl FnMut(&Stage),
    ) -> Result<Department, FoundingError> {
        self.send(ledger, &[&Self::stages()[..], &Self::seats()].concat(), done)?;
        self.department(ledger)
    }

    /// Looks at everything before the first transaction is sent, at each stage before its own are, and at everything once more at the
    /// end: somebody may have been quicker in between.
    fn send(
        &self,
        ledger: &mut impl Ledger,
        looks: &[Look],
        mut done: impl FnMut(&Stage),
    ) -> Result<(), FoundingError> {
        self.look(ledger, looks)?;
        for look in looks {
            let mut stage = look(self, ledger)?;
            let mut cause: Option<LedgerError> = None;
            while let Err(error) = stage.send(ledger) {
                let LedgerError::Refused(..) = error else { return Err(error.into()) };
                // The same transaction sent again is refused as a repetition, which says nothing: what a program said is the cause.
                let error = cause.take().filter(|_| error.code().is_none()).unwrap_or(error);
                // What a founding that was interrupted had sent may have arrived after the look.
                std::thread::sleep(ARRIVAL);
                let left = look(self, ledger)?;
                if (left.missing, left.drafts.len()) >= (stage.missing, stage.drafts.len()) {
                    return Err(error.into());
                }
                (cause, stage) = (Some(error), left);
            }
            done(&stage);
        }
        self.look(ledger, looks)?;
        Ok(())
    }

    /// The department that has been founded, all of it held against what the founding would have made. Nothing is sent.
    ///
    /// # Errors
    /// [`FoundingError::Mismatch`], and those of [`Self::department`].
    pub fn open(self, ledger: &dyn Ledger) -> Result<Department, FoundingError> {
        self.plan(ledger)?;
        self.department(ledger)
    }

    /// The department that has been founded, as its keys and its plan have it.
    ///
    /// # Errors
    /// [`FoundingError::Unfounded`] where it has no lookup table; those of the ledger.
    pub fn department(self, ledger: &dyn Ledger) -> Result<Department, FoundingError> {
        let table = find_table(ledger, &self.authority.pubkey(), &self.table_addresses())?;
        let table = table
            .filter(|table| table.addresses.starts_with(&self.table_addresses()))
            .ok_or(FoundingError::Unfounded)?;
        ledger.await_finality(&table.key)?;
        let Self { addresses, submitter, mut meters, quote_mint, .. } = self;
        let accounts: Vec<Pubkey> = meters.iter().map(|meter| meter.accounts.meter).collect();
        for (meter, account) in meters.iter_mut().zip(ledger.accounts(&accounts)?) {
            let registered = account.and_then(|account| RegisteredMeter::decode(&account.data).ok());
            meter.key_epoch = registered.map_or(0, |registered| registered.key_epoch);
        }
        let deployment = deployment_id(&ledger.genesis_hash()?, &addresses.department);
        Ok(Department { addresses, submitter, deployment, meters, quote_mint: quote_mint.pubkey(), table })
    }
}

/// Instructions of one signer, so many a transaction.
fn chunks(instructions: Vec<Instruction>, size: usize, signer: &Key) -> Result<Vec<Draft>, FoundingError> {
    instructions.chunks(size).map(|some| Ok(Draft::new(some.to_vec(), &[signer.signer()?]))).collect()
}
