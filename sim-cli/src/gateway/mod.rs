//! The gateway: takes signed readings, keeps them in a durable journal, and settles them on the ledger.
//!
//! A reading goes front end (`http`, or a CSV file) -> `body` (what was sent) -> `ingest` with `check` (against the registered
//! meters) -> `engine` -> `journal`, and only then back to who sent it. One thread, the engine, has journal and ledger: it commits
//! what has arrived, gathers what belongs to one interval into transactions, notes each in the journal before it is sent, and
//! notes what became of it. A restart takes the accounts that the journal has kept and executes its later transactions again:
//! the same state. What is shown comes from `view`; `watch` notices what people should know.

pub mod body;
pub mod check;
pub mod client;
pub mod csv_file;
pub mod engine;
pub mod http;
pub mod ingest;
pub mod journal;
pub mod keys;
mod meters;
mod metrics;
pub mod problem;
pub mod view;
pub mod watch;

pub use {
    body::Submission,
    engine::{Clock, Engine, EngineError, Event, Handle, Health, Link, Reread, Settings},
    ingest::{Ingest, Intake},
    journal::{Journal, State},
    keys::ApiKeys,
    meters::Meters,
    metrics::Metrics,
    problem::Problem,
    view::View,
};

use {
    crate::{
        agents::{Agents, Bidding, Needs, Setting, StrategyName},
        report::hex,
        settlement::{Department, Founder, Founding, Keys, embedded_ledger},
        simulation::Configuration,
    },
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Cluster, Embedded, Ledger, LedgerError, Snapshot, SplToken},
        registry::state::Meter,
        token::state::MintMode,
        units::Money,
    },
    engine::Traders,
    http::Service,
    journal::{JournalError, Kept},
    solana_account::Account,
    solana_program::pubkey::Pubkey,
    std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration},
};

/// What a simulated buyer has on its seat: enough for a decade.
const BUDGET: Money = Money(1_000_000_000_000);

/// How a gateway works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seed of the local keys.
    pub seed: u64,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether the configuration's participants trade, as simulated.
    pub traders: bool,
}

/// A gateway that is ready to work.
pub struct Gateway<L> {
    /// The engine, which wants a thread of its own.
    pub engine: Engine<L>,
    /// Where readings go.
    pub intake: Intake,
    /// What is shown.
    pub view: View,
}

impl<L> Gateway<L> {
    /// What its REST interface works with.
    #[must_use]
    pub fn service(&self, keys: ApiKeys) -> Service {
        Service::new(&self.intake, &self.view, keys)
    }
}

/// Opens the journal of a directory and rebuilds its embedded ledger.
///
/// # Errors
/// [`EngineError`].
pub fn open(
    directory: &Path,
    configuration: &Configuration,
    options: Options,
) -> Result<Gateway<Embedded>, EngineError> {
    open_on(directory, configuration, options, |ledger| ledger)
}

/// The same, with something between the gateway and its ledger.
///
/// # Errors
/// [`EngineError`].
pub fn open_on<L: Link>(
    directory: &Path,
    configuration: &Configuration,
    options: Options,
    link: impl FnOnce(Embedded) -> L,
) -> Result<Gateway<L>, EngineError> {
    let Options { seed, clock, .. } = options;
    let plan = Founding::of(configuration, true, MintMode::Batch);
    let mut journal = journal(directory, configuration, options, "embedded".into())?;
    let founded = journal.founded(clock.founding())?;
    let begin = || begin(&plan, options, founded);
    let (mut ledger, mut department) = begin()?;
    let (state, mut kept) = (ledger.state(), journal.kept()?);
    if let Some(moment) = &kept {
        ledger.restore(journal.kept_accounts()?, moment.slot.unsigned_abs(), moment.clock)?;
        // Damaged on the disk: all transactions are executed again.
        if Snapshot::of(&ledger).hash().to_bytes() != moment.hash {
            (ledger, department) = begin()?;
            kept = None;
        }
    }
    let time_zone = configuration.engineering_department.site.timezone;
    let traders = options.traders.then(|| Traders::new(agents(configuration, &plan, seed), time_zone));
    let opened = Opened { ledger: link(ledger), department, plan: &plan, founded: state, kept, traders };
    opened.start(journal, configuration, clock)
}

/// Opens the journal of a directory for a department that has been founded on a cluster.
///
/// # Errors
/// [`EngineError`].
pub fn open_cluster(
    directory: &Path,
    configuration: &Configuration,
    options: Options,
    plan: &Founding,
    (mut cluster, department): (Cluster, Department),
) -> Result<Gateway<Cluster>, EngineError> {
    // Whoever asks the gateway does not wait for the cluster, nor does the engine.
    cluster.follow(&shown(&cluster, &department)?)?;
    cluster.set_patience(Duration::ZERO);
    // A ledger that was begun anew has another id: what was sent to the former is not on it.
    let journal = journal(directory, configuration, options, hex(&department.deployment))?;
    let founded = BTreeMap::new();
    let opened = Opened { ledger: cluster, department, plan, founded, kept: None, traders: None };
    opened.start(journal, configuration, options.clock)
}

/// The accounts that the gateway shows and checks by.
fn shown(cluster: &Cluster, department: &Department) -> Result<Vec<Pubkey>, LedgerError> {
    let Addresses { oracle, energy_mint, market, book, .. } = department.addresses;
    let meters: Vec<Pubkey> = department.meters.iter().map(|meter| meter.accounts.meter).collect();
    let states = cluster.accounts(&meters)?.into_iter().filter_map(|account| Meter::decode(&account?.data).ok());
    let owned = states.flat_map(|state| [department.addresses.participant(&state.owner), state.token_account]);
    let mut shown: Vec<Pubkey> = owned.chain(meters).chain([oracle, energy_mint, market, book]).collect();
    shown.sort_unstable();
    shown.dedup();
    Ok(shown)
}

fn journal(
    directory: &Path,
    configuration: &Configuration,
    options: Options,
    ledger: String,
) -> Result<Journal, JournalError> {
    let identity = [
        ("ledger", ledger),
        ("seed", options.seed.to_string()),
        ("configuration_sha256", hex(&configuration.hash())),
        ("traders", options.traders.to_string()),
    ];
    Journal::open(directory, &identity)
}

/// A ledger with its department, about to be put to work.
struct Opened<'a, L> {
    ledger: L,
    department: Department,
    plan: &'a Founding,
    founded: BTreeMap<Pubkey, Account>,
    kept: Option<Kept>,
    traders: Option<Traders>,
}

impl<L: Link> Opened<'_, L> {
    fn start(self, journal: Journal, configuration: &Configuration, clock: Clock) -> Result<Gateway<L>, EngineError> {
        let Self { ledger, department, plan, founded, kept, traders } = self;
        let department = Arc::new(department);
        let register = Arc::new(check::Register::read(&ledger, &department)?);
        let settings =
            Settings { department: department.clone(), register: register.clone(), clock, founded, kept, traders };
        let (engine, handle) = Engine::start(journal, ledger, settings)?;
        let zones = plan.meters.iter().map(|meter| meter.zone).collect();
        let time_zone = configuration.engineering_department.site.timezone;
        Ok(Gateway {
            engine,
            intake: Intake { engine: handle, register, metrics: Arc::default() },
            view: View { department, zones, time_zone },
        })
    }
}

/// The ledger right after the founding: always the same one.
fn begin(plan: &Founding, options: Options, founded: i64) -> Result<(Embedded, Department), EngineError> {
    let keys = Keys::new(options.seed);
    let mut ledger = embedded_ledger(keys, plan.participants.len(), SplToken::Batching)?;
    ledger.set_time(founded);
    let programs = ledger.programs();
    let founder = Founder::new(programs, keys, plan);
    let department = if options.traders {
        founder.with_budgets(plan.buyers(BUDGET)).found_with_seats(&mut ledger, |_| ())?
    } else {
        founder.found(&mut ledger, |_| ())?
    };
    // A lookup table can be used from the slot after the one it was made in.
    ledger.next_slot();
    Ok((ledger, department))
}

fn agents(configuration: &Configuration, plan: &Founding, seed: u64) -> Agents {
    let market = &configuration.engineering_department.market;
    let owners: Vec<usize> = plan.meters.iter().map(|meter| meter.owner).collect();
    let setting = Setting {
        strategy: StrategyName::default(),
        bidding: Bidding::WhenSupplied,
        tariffs: market.tariffs(),
        minimum_lot: market.minimum_lot_wh,
        budget: BUDGET,
        seed,
    };
    Agents::new(Needs::new(&configuration.meters(), &owners, &plan.participants), &setting)
}
