//! The engine: one thread that owns the journal and the ledger. It commits arriving readings to the journal, puts the readings
//! of an interval into transactions, and lets the carrier send them.

mod administer;
mod carrier;
mod clock;
mod handle;
mod hold;
mod link;
mod proof;
mod reconcile;
mod refusal;
mod settle;
mod traders;

pub(super) use administer::followed;
pub use {
    carrier::{Carrier, Concluded},
    clock::Clock,
    handle::{Conflict, Event, Handle, Health, Held},
    link::{Link, Lookup, Reread, TransactionResult},
    traders::Traders,
};

use {
    self::administer::Steady,
    super::{
        Journal, State, Submission,
        check::Register,
        crash::crash,
        journal::{Accepted, JournalError, Kept},
        rejection::Code,
    },
    administer::Following,
    campus_energy_department::{Department, FoundingError, SettlementError},
    campus_energy_sdk::ledger::LedgerError,
    handle::{Reply, Request, Shared, unavailable, untaken},
    hold::Holds,
    proof::Proofs,
    reconcile::Standings,
    solana_account::Account,
    solana_keypair::Keypair,
    solana_program::pubkey::Pubkey,
    std::{
        collections::{BTreeMap, BTreeSet, HashMap, HashSet},
        sync::{
            Arc,
            atomic::Ordering,
            mpsc::{Receiver, RecvTimeoutError, sync_channel},
        },
        time::{Duration, Instant},
    },
    thiserror::Error,
    tracing::warn,
};

/// How long the first of some readings waits for the others of its interval.
const GATHERING: Duration = Duration::from_millis(5);
/// Requests that wait for the engine at most.
const QUEUE: usize = 1_024;
/// Of them, those that are committed together.
const AT_ONCE: usize = 256;
/// How often the engine looks for work of its own: what could not be delivered, auctions to clear.
const TICK: Duration = Duration::from_millis(50);
/// How long the last transactions may take when the gateway stops; the next one asks what became of the others.
const DRAINING: Duration = Duration::from_secs(5);
/// How often the meters' accounts are read again.
const REFRESHED: Duration = Duration::from_secs(5);
/// Seconds after an interval's end at which readings come, where the readings are the clock.
pub(super) const DELAY: i64 = 5;

/// Seconds that this machine's clock may have gone back.
const CLOCK_STEP: i64 = 60;

/// Why the gateway cannot start, or what it waits for.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Orders of the embedded ledger's participants.
    #[error(transparent)]
    Settlement(SettlementError),
    /// The embedded ledger's department.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The journal's transactions give another ledger.
    #[error(
        "transaction {0} of the journal: {1}; the journal was written with other programs or another configuration"
    )]
    Diverged(i64, String),
}

/// What the engine works with.
pub struct Settings {
    /// The department that has been founded.
    pub department: Arc<Department>,
    /// Who submits its readings: the one private key that the engine signs with.
    pub submitter: Keypair,
    /// Its meters, as registered.
    pub register: Arc<Register>,
    /// Where the time comes from.
    pub clock: Clock,
    /// An embedded ledger's accounts right after the founding.
    pub founded: BTreeMap<Pubkey, Account>,
    /// When an embedded ledger's department was founded, Unix seconds; 0 on a cluster.
    pub founding: i64,
    /// The moment at which the ledger is as it is given, if not right after the founding.
    pub kept: Option<Kept>,
    /// Who trades, if the gateway has simulated people do so.
    pub traders: Option<Traders>,
}

/// The engine.
pub struct Engine<L> {
    carrier: Carrier<L>,
    settings: Settings,
    requests: Receiver<Request>,
    shared: Arc<Shared>,
    /// Readings in the journal that wait for a transaction.
    waiting: BTreeSet<i64>,
    /// Of them, those that were refused together with others.
    alone: HashSet<i64>,
    /// What is followed of the department.
    following: Following,
    /// Readings that the ledger does not take for now.
    holds: Holds,
    /// Readings whose interval the ledger has, with values that are not known.
    proofs: Proofs,
    /// Of which meters the ledger has other values than they have reported.
    conflicts: BTreeMap<String, Conflict>,
    /// What is asked about transactions by which readings were confirmed.
    standings: Standings,
    /// Who is to be told of a reading: once it is submitted, or once it is settled.
    waiters: HashMap<i64, Vec<(bool, Reply)>>,
    /// Why the journal takes nothing, until it does again.
    untaken: Option<String>,
    /// Since when the ledger may not have what the journal calls confirmed, until it has been seen to.
    doubt: Option<Instant>,
    /// Since when the slot stays.
    steady: Steady,
}

impl<L: Link> Engine<L> {
    /// Brings the ledger to where the journal is, then sends what waits.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn start(journal: Journal, ledger: L, mut settings: Settings) -> Result<(Self, Handle), EngineError> {
        let (sender, requests) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::new(journal.newest()?.map_or(0, |end| end + DELAY)));
        let handle = Handle { requests: sender, shared: shared.clone(), clock: settings.clock };
        let founded = std::mem::take(&mut settings.founded);
        let meters = settings.register.meters().into_iter().map(|(id, known)| (id, known.account)).collect();
        let carrier = Carrier::resume(journal, ledger, founded, settings.kept.as_ref(), meters, settings.founding)?;
        shared.ledger_time.store(carrier.time(), Ordering::Relaxed);
        let waiting = carrier.journal().waiting()?.into_iter().collect();
        let (alone, holds, waiters) = (HashSet::new(), Holds::default(), HashMap::new());
        let (untaken, doubt) = (None, Some(Instant::now()));
        let (proofs, conflicts, standings) = (Proofs::default(), BTreeMap::new(), Standings::default());
        let mut engine = Self {
            carrier,
            settings,
            requests,
            shared,
            waiting,
            alone,
            following: Following::default(),
            holds,
            proofs,
            conflicts,
            standings,
            waiters,
            untaken,
            doubt,
            steady: Steady::default(),
        };
        let unproven = engine.carrier.journal().unproven()?;
        for entry in engine.carrier.journal().entries(&unproven)? {
            engine.proofs.resume(&entry);
        }
        engine.count_conflicts()?;
        // What the journal's transactions have changed since the ledger was read.
        engine.follow_register();
        engine.work();
        Ok((engine, handle))
    }

    /// Works until every handle is gone, and what was accepted is settled, or cannot be for now.
    pub fn run(&mut self) {
        let mut refreshed = Instant::now();
        loop {
            if refreshed.elapsed() > REFRESHED {
                refreshed = Instant::now();
                self.follow_register();
                if let Err(error) = self.count_conflicts() {
                    warn!(%error, "conflicts cannot be counted");
                }
                self.waiters.retain(|_, waiters| {
                    waiters.retain(|(_, reply)| !reply.is_closed());
                    !waiters.is_empty()
                });
            }
            let mut submissions = Vec::new();
            match self.requests.recv_timeout(TICK) {
                Ok(first) => self.read_or_keep(first, &mut submissions),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let until = Instant::now() + GATHERING;
            while !submissions.is_empty() && submissions.len() < AT_ONCE {
                match self.requests.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(request) => self.read_or_keep(request, &mut submissions),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            self.take(submissions);
            self.work();
        }
        self.steady.end();
        let until = Instant::now() + DRAINING;
        while self.work() && self.carrier.pending() > 0 && Instant::now() < until {
            std::thread::sleep(TICK);
        }
    }

    /// Answers what is only read; keeps what is to be written.
    fn read_or_keep(&mut self, request: Request, submissions: &mut Vec<(Submission, bool, Reply)>) {
        self.shared.queued.fetch_sub(1, Ordering::Relaxed);
        match request {
            Request::Submit(submission, confirmed, reply) => submissions.push((submission, confirmed, reply)),
            Request::Look(look) => look(self.carrier.journal(), &self.carrier),
            Request::LookToSign(look) => self.look_to_sign(look),
            Request::Administer(wire, reply) => {
                // Whoever asked may have gone: what was done stays done, and is answered when it is asked again.
                let _ = reply.send(self.administer(&wire));
            }
        }
    }

    /// The ledger, to be looked at.
    pub fn ledger(&mut self) -> &mut L {
        self.carrier.link()
    }

    fn take(&mut self, submissions: Vec<(Submission, bool, Reply)>) {
        if submissions.is_empty() {
            return;
        }
        let all: Vec<&Submission> = submissions.iter().map(|(submission, ..)| submission).collect();
        let array = self.settings.register.limits().array_generation;
        let accepted = match self.carrier.journal_mut().accept(&all, array) {
            Ok(accepted) => accepted,
            // A full disk, for example: nothing was taken, and later requests may fare better.
            Err(error) => {
                self.untaken = Some(error.to_string());
                let problem =
                    unavailable(Code::JournalUnavailable, "the journal cannot be written now; nothing was taken");
                for (.., reply) in submissions {
                    let _ = reply.send(Err(problem.clone()));
                }
                return;
            }
        };
        self.untaken = None;
        crash("after_accept");
        let mut held = Vec::new();
        for (accepted, (submission, confirmed, reply)) in accepted.into_iter().zip(submissions) {
            let Submission { meter, interval, .. } = submission;
            match accepted {
                Accepted::New(id) => {
                    self.shared.newest.fetch_max(interval.end() + DELAY, Ordering::Relaxed);
                    self.waiters.entry(id).or_default().push((confirmed, reply));
                    // What was asked was about values that it takes the place of.
                    self.proofs.forget(id);
                    if self.holds.cause(&meter).is_some() {
                        held.push((id, meter));
                    } else {
                        self.waiting.insert(id);
                    }
                }
                // Its first copy came in the same breath, or is still on its way.
                Accepted::Known(entry)
                    if self.holds.cause(&meter).is_none()
                        && !self.proofs.is_told(entry.id)
                        && (entry.state == State::Journaled || (confirmed && entry.state == State::Submitted)) =>
                {
                    self.waiters.entry(entry.id).or_default().push((confirmed, reply));
                }
                Accepted::Known(entry) => {
                    let _ = reply.send(Ok(entry));
                }
                Accepted::Conflict | Accepted::TooMuch(_) => {
                    let _ = reply.send(Err(untaken(&accepted, meter, interval, array)));
                }
            }
        }
        if let Err(error) = self.join(&held) {
            // They are taken all the same.
            warn!(%error, "held readings without a reason");
        }
    }

    /// Delivers what is to be delivered, as far as it goes now; whether it went well.
    fn work(&mut self) -> bool {
        if self.untaken.is_some() {
            self.untaken = self.carrier.journal_mut().probe().err().map(|error| error.to_string());
        }
        let result = self.reconcile().and_then(|()| self.settle()).and_then(|()| self.prove());
        let result = result.and_then(|()| match self.carrier.trouble() {
            Some(why) => Err(LedgerError::Unreachable(why).into()),
            None => Ok(()),
        });
        // What a ledger had before it was away, it may have forgotten.
        if matches!(result, Err(EngineError::Ledger(_))) {
            self.doubt = Some(Instant::now());
        }
        self.note_health(&result);
        result.is_ok()
    }

    /// Answers those who wait for these readings to be submitted, or settled.
    fn tell(&mut self, ids: &[i64], settled: bool) -> Result<(), EngineError> {
        let mut entries = self.carrier.journal().entries(ids)?;
        // Whoever listens takes the number of the last one for all before it.
        entries.sort_by_key(|entry| entry.settled);
        for entry in entries {
            let waiters = self.waiters.remove(&entry.id).unwrap_or_default();
            let (ready, others): (Vec<_>, _) = waiters.into_iter().partition(|(confirmed, _)| settled || !confirmed);
            if !others.is_empty() {
                self.waiters.insert(entry.id, others);
            }
            for (_, reply) in ready {
                let _ = reply.send(Ok(entry.clone()));
            }
            if settled {
                let _ = self.shared.events.send(Event::Reading(Arc::new(entry)));
            }
        }
        Ok(())
    }

    /// Answers all who wait for these readings, settled or not.
    fn answer(&mut self, ids: &[i64]) -> Result<(), EngineError> {
        for entry in self.carrier.journal().entries(ids)? {
            for (_, reply) in self.waiters.remove(&entry.id).unwrap_or_default() {
                let _ = reply.send(Ok(entry.clone()));
            }
        }
        Ok(())
    }

    /// Keeps in mind what is wrong, and logs it when it begins.
    fn note_health(&self, result: &Result<(), EngineError>) {
        let (journal, ledger) = match result {
            Ok(()) => (self.untaken.clone(), None),
            Err(EngineError::Journal(error)) => (Some(error.to_string()), None),
            Err(error) => (self.untaken.clone(), Some(error.to_string())),
        };
        let stopped = self.carrier.halted();
        let halted = ledger.is_none() && stopped.is_some();
        let ledger = match (ledger, stopped) {
            (Some(error), Some(stopped)) => Some(format!("{error}; {stopped}")),
            (ledger, stopped) => ledger.or(stopped),
        };
        let ahead = self.settings.clock.time().map_or(0, |now| self.carrier.time() - now);
        let clock = (ahead > CLOCK_STEP).then(|| {
            format!("the ledger's time is {ahead} s ahead of this machine's clock: readings are stale until they meet")
        });
        self.shared.beat();
        let mut health = self.shared.health();
        let parts = [("journal", &journal, &health.journal), ("ledger", &ledger, &health.ledger)];
        for (part, now, was) in parts.into_iter().chain([("clock", &clock, &health.clock)]) {
            if let (Some(error), None) = (now, was) {
                warn!(part, error, "trouble");
            }
        }
        *health = Health {
            journal,
            ledger,
            halted,
            clock,
            held: self.holds.causes().into_iter().chain(self.proofs.held()).collect(),
            conflicts: self.conflicts.clone(),
            unproven: self.proofs.len(),
            waiting: self.waiting.len() + self.holds.readings(),
            pending: self.carrier.pending(),
        };
    }
}
