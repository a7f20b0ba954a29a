//! The gateway: takes signed readings over HTTP, keeps them in a durable journal, and settles them on the ledger.
//!
//! A reading goes `http` -> `body` (what was sent) -> `check` (against the registered meters) -> `engine` -> `journal`, and
//! only then back to who sent it. One thread, the engine, has journal and ledger: it commits what has arrived, gathers what
//! belongs to one interval into transactions, notes each in the journal before it is sent, and notes what became of it.
//! A restart takes the accounts that the journal has kept and executes its later transactions again: the same state.

pub mod body;
pub mod check;
pub mod engine;
pub mod http;
pub mod journal;
pub mod keys;
pub mod problem;

pub use {
    body::Submission,
    engine::{Clock, Engine, Settings},
    journal::{Journal, State},
    keys::ApiKeys,
    problem::Problem,
};

use {
    crate::{
        report::hex,
        settlement::{Founding, Keys, embedded_ledger, found},
        simulation::Configuration,
    },
    campus_energy_sdk::{
        ledger::{Snapshot, SplToken},
        token::state::MintMode,
    },
    engine::{EngineError, Handle},
    std::{path::Path, sync::Arc},
};

/// Opens the journal of a directory and rebuilds its embedded ledger: the engine, and what the router shares with it.
///
/// # Errors
/// [`EngineError`].
pub fn open(
    directory: &Path,
    configuration: &Configuration,
    seed: u64,
    clock: Clock,
) -> Result<(Engine, Handle, Arc<check::Register>), EngineError> {
    let plan = Founding::of(configuration, true, MintMode::Batch);
    let identity = [("seed", seed.to_string()), ("configuration_sha256", hex(&configuration.hash()))];
    let mut journal = Journal::open(directory, &identity)?;
    let founded = match clock {
        Clock::System => journal.founded(engine::system_time())?,
        // Before every reading.
        Clock::Readings => journal.founded(0)?,
    };
    let begin = || -> Result<_, EngineError> {
        let keys = Keys::new(seed);
        let mut ledger = embedded_ledger(keys, plan.participants.len(), SplToken::Batching)?;
        ledger.set_time(founded);
        let programs = ledger.programs();
        let department = found(&mut ledger, programs, keys, &plan)?;
        // A lookup table can be used from the slot after the one it was made in.
        ledger.next_slot();
        Ok((ledger, department))
    };
    let (mut ledger, mut department) = begin()?;
    let (state, mut restored) = (ledger.state(), 0);
    if let Some(kept) = journal.kept()? {
        ledger.restore(journal.kept_accounts()?, kept.attempt.unsigned_abs(), kept.clock)?;
        restored = kept.attempt;
        // Damaged on the disk: all transactions are executed again.
        if Snapshot::of(&ledger).hash().to_bytes() != kept.hash {
            (ledger, department) = begin()?;
            restored = 0;
        }
    }
    let meters = department.meters.iter().map(|meter| (meter.id, meter.accounts.meter));
    let register = Arc::new(check::Register::read(&ledger, department.deployment, plan.limits, meters)?);
    let settings = Settings { department, register: register.clone(), clock, founded: state, restored };
    let (engine, handle) = Engine::start(journal, ledger, settings)?;
    Ok((engine, handle, register))
}
