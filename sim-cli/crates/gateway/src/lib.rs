//! The gateway: takes signed readings, keeps them in a durable journal, and settles them on the ledger.
//!
//! A reading goes front end (`front::http`, or a CSV file in `front::csv`) -> `Submission` -> `ingest` with `check` (against the
//! registered meters) -> `engine` -> `journal`, and only then back to who sent it. One thread, the engine, has journal and ledger: it
//! commits what has arrived, gathers what belongs to one interval into transactions, notes each in the journal before it is sent, and
//! notes what became of it. A restart takes the accounts that the journal has kept and executes its later transactions again:
//! the same state. What is shown comes from `front::http::view`; `watch` notices what people should know.

#![forbid(unsafe_code)]

pub mod administration;
pub mod check;
mod crash;
pub mod engine;
mod founded;
pub mod front;
pub mod ingest;
pub mod journal;
mod metrics;
pub mod rejection;
pub mod submission;
pub mod watch;

pub use {
    engine::{Clock, Engine, EngineError, Event, Handle, Health, Link, Reread, Settings},
    founded::GivenLimits,
    ingest::{Ingest, Intake},
    journal::{Journal, State},
    metrics::Metrics,
    rejection::{Code, Rejection},
    submission::Submission,
};

use {
    campus_energy_department::{Department, Founder, Founding, Keys, Wallets, agents::Agents, embedded_ledger},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Cluster, Embedded, Ledger, LedgerError, Snapshot, SplToken},
        reading::DeploymentId,
        registry::state::Meter,
        units::Money,
    },
    chrono_tz::Tz,
    engine::Traders,
    journal::{JournalError, Kept},
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::pubkey::Pubkey,
    std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration},
};

/// What a simulated buyer has on its seat: enough for a decade.
pub const BUDGET: Money = Money(1_000_000_000_000);

/// What a gateway works for. On a cluster the submitter's key is the only private one.
pub struct Setup {
    /// What its department shall be.
    pub founding: Founding,
    /// Which of its limits are given.
    pub given_limits: GivenLimits,
    /// The department's time zone.
    pub time_zone: Tz,
    /// Seed of the local keys, which an embedded ledger is founded with.
    pub seed: u64,
    /// Where the time comes from.
    pub clock: Clock,
    /// Who trades, if the gateway has simulated people do so.
    pub agents: Option<Agents>,
}

/// A gateway that is ready to work.
pub struct Gateway<L> {
    /// The engine, which wants a thread of its own.
    pub engine: Engine<L>,
    /// Where readings go.
    pub intake: Intake,
    /// What it works for.
    pub site: Site,
}

/// The department that a gateway works for.
#[derive(Clone)]
pub struct Site {
    /// The department.
    pub department: Arc<Department>,
    /// Whether its ledger lives in this process, where nobody else can send to it.
    pub embedded: bool,
    /// Its time zone.
    pub time_zone: Tz,
}

/// Opens the journal of a directory and rebuilds its embedded ledger.
///
/// # Errors
/// [`EngineError`].
pub fn open(directory: &Path, setup: Setup) -> Result<Gateway<Embedded>, EngineError> {
    open_on(directory, setup, |ledger| ledger)
}

/// The same, with something between the gateway and its ledger.
///
/// # Errors
/// [`EngineError`].
pub fn open_on<L: Link>(
    directory: &Path,
    mut setup: Setup,
    link: impl FnOnce(Embedded) -> L,
) -> Result<Gateway<L>, EngineError> {
    let mut journal = journal(directory, &setup, None)?;
    founded::keep_limits(&mut setup.founding, journal.differences())?;
    let founded = journal.founded(setup.clock.founding())?;
    let (mut ledger, mut department) = begin(&setup, founded)?;
    let (state, mut kept) = (ledger.state(), journal.kept()?);
    if let Some(moment) = &kept {
        ledger.restore(journal.kept_accounts()?, moment.slot.unsigned_abs(), moment.clock)?;
        // Damaged on the disk: all transactions are executed again.
        if Snapshot::of(&ledger).hash().to_bytes() != moment.hash {
            (ledger, department) = begin(&setup, founded)?;
            kept = None;
        }
    }
    let Wallets { submitter, participants, .. } = Wallets::of_seed(Keys::new(setup.seed), &setup.founding);
    let traders = setup.agents.take().map(|agents| Traders::new(agents, participants, setup.time_zone));
    let opened =
        Opened { ledger: link(ledger), department, submitter, founded: state, founding: founded, kept, traders };
    opened.start(journal, &setup)
}

/// Opens the journal of a directory for a department that has been founded on a cluster.
///
/// # Errors
/// [`EngineError`].
pub fn open_cluster(
    directory: &Path,
    setup: &Setup,
    (mut cluster, department): (Cluster, Department),
    submitter: Keypair,
) -> Result<Gateway<Cluster>, EngineError> {
    // Whoever asks the gateway does not wait for the cluster, nor does the engine.
    cluster.follow(&shown(&cluster, &department)?)?;
    cluster.set_patience(Duration::ZERO);
    // A ledger that was begun anew has another id: what was sent to the former is not on it.
    let journal = journal(directory, setup, Some(department.deployment))?;
    let founded = BTreeMap::new();
    let opened = Opened { ledger: cluster, department, submitter, founded, founding: 0, kept: None, traders: None };
    opened.start(journal, setup)
}

/// The accounts that the gateway shows and checks by.
fn shown(cluster: &Cluster, department: &Department) -> Result<Vec<Pubkey>, LedgerError> {
    let Addresses { department: registered, oracle, energy_mint, market, book, .. } = department.addresses;
    let meters: Vec<Pubkey> = department.meters.iter().map(|meter| meter.accounts.meter).collect();
    let states = cluster.accounts(&meters)?.into_iter().filter_map(|account| Meter::decode(&account?.data).ok());
    let owned = states.flat_map(|state| [department.addresses.participant(&state.owner), state.token_account]);
    let mut shown: Vec<Pubkey> = owned.chain(meters).chain([registered, oracle, energy_mint, market, book]).collect();
    shown.sort_unstable();
    shown.dedup();
    Ok(shown)
}

fn journal(directory: &Path, setup: &Setup, ledger: Option<DeploymentId>) -> Result<Journal, JournalError> {
    Journal::open(directory, &founded::identity(setup, ledger))
}

/// A ledger with its department, about to be put to work.
struct Opened<L> {
    ledger: L,
    department: Department,
    submitter: Keypair,
    founded: BTreeMap<Pubkey, Account>,
    founding: i64,
    kept: Option<Kept>,
    traders: Option<Traders>,
}

impl<L: Link> Opened<L> {
    fn start(self, journal: Journal, setup: &Setup) -> Result<Gateway<L>, EngineError> {
        let Self { mut ledger, department, submitter, founded, founding, kept, traders } = self;
        let embedded = ledger.embedded().is_some();
        let department = Arc::new(department);
        let register = Arc::new(check::Register::read(&ledger, &department)?);
        ledger.follow(&engine::followed(&department, &register.meters()))?;
        let settings = Settings {
            department: department.clone(),
            submitter,
            register: register.clone(),
            clock: setup.clock,
            founded,
            founding,
            kept,
            traders,
        };
        let (engine, handle) = Engine::start(journal, ledger, settings)?;
        Ok(Gateway {
            engine,
            intake: Intake { engine: handle, register, metrics: Arc::default() },
            site: Site { department, embedded, time_zone: setup.time_zone },
        })
    }
}

/// The ledger right after the founding: always the same one.
fn begin(setup: &Setup, founded: i64) -> Result<(Embedded, Department), EngineError> {
    let (keys, plan) = (Keys::new(setup.seed), &setup.founding);
    let mut ledger = embedded_ledger(keys, plan.participants.len(), SplToken::Batching)?;
    ledger.set_time(founded);
    let founder = Founder::new(ledger.programs(), keys, plan);
    let department = if setup.agents.is_some() {
        founder.with_budgets(plan.buyers(BUDGET)).found_with_seats(&mut ledger, |_| ())?
    } else {
        founder.found(&mut ledger, |_| ())?
    };
    // A lookup table can be used from the slot after the one it was made in.
    ledger.next_slot();
    Ok((ledger, department))
}
