//! The engine: one thread with the journal and the ledger.

use {
    super::{
        Journal, Problem, State, Submission,
        check::Register,
        journal::{Accepted, Attempt, Entry, JournalError, Kept},
    },
    crate::settlement::Department,
    axum::http::StatusCode,
    campus_energy_sdk::{
        identity::MeterId,
        ledger::{Embedded, Ledger, LedgerError, Snapshot, transaction::sign},
        oracle::{instruction::submit_signed_readings, readings::SignedReading},
    },
    solana_account::Account,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        collections::{BTreeMap, HashMap},
        sync::{
            Arc,
            atomic::{AtomicI64, Ordering},
            mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
        },
        time::{Duration, Instant, SystemTime, UNIX_EPOCH},
    },
    thiserror::Error,
    tokio::sync::oneshot,
};

/// How long the first of some readings waits for the others of its interval.
const GATHERING: Duration = Duration::from_millis(5);
/// Requests that wait for the engine at most.
const QUEUE: usize = 1_024;
/// Of them, those that are committed together.
const AT_ONCE: usize = 256;
/// Transactions after which the ledger's accounts are kept.
const KEPT_EVERY: i64 = 100;
/// Seconds after an interval's end at which readings come, where the readings are the clock.
const DELAY: i64 = 5;

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Clock {
    /// This machine's clock
    System,
    /// The newest reading: for simulated days, at any speed
    Readings,
}

/// Why the gateway stops.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The journal's transactions give another ledger.
    #[error(
        "transaction {0} of the journal: {1}; the journal was written with other programs or another configuration"
    )]
    Diverged(i64, String),
}

/// What the engine works with.
pub struct Settings {
    /// The department that has been founded.
    pub department: Department,
    /// Its meters, as registered.
    pub register: Arc<Register>,
    /// Where the time comes from.
    pub clock: Clock,
    /// The ledger's accounts right after the founding.
    pub founded: BTreeMap<Pubkey, Account>,
    /// The transaction after which the ledger is as it is given: 0 right after the founding.
    pub restored: i64,
}

/// What is asked of the engine.
enum Request {
    Submit(Submission, bool, Reply),
    Find(MeterId, i64, oneshot::Sender<Result<Option<Entry>, Problem>>),
    Counts(oneshot::Sender<Result<Vec<(State, i64)>, Problem>>),
}

type Reply = oneshot::Sender<Result<Entry, Problem>>;

/// The engine's other end: asks, and is answered.
#[derive(Clone)]
pub struct Handle {
    requests: SyncSender<Request>,
    newest: Arc<AtomicI64>,
    clock: Clock,
}

impl Handle {
    /// The time for checks, Unix seconds: with [`Clock::Readings`] a reading is its own clock unless a newer one came.
    #[must_use]
    pub fn now(&self, interval_end: i64) -> i64 {
        match self.clock {
            Clock::System => system_time(),
            Clock::Readings => self.newest.load(Ordering::Relaxed).max(interval_end.saturating_add(DELAY)),
        }
    }

    /// Hands a checked submission over. The answer comes when it is in the journal and in a signed transaction; with `confirmed`,
    /// when the transaction has been executed.
    ///
    /// # Errors
    /// 409 where the meter has reported other values for the interval, 503 where the engine is too busy or stopped.
    pub async fn submit(&self, submission: Submission, confirmed: bool) -> Result<Entry, Problem> {
        self.ask(|reply| Request::Submit(submission, confirmed, reply)).await
    }

    /// A reading in the journal.
    ///
    /// # Errors
    /// 503.
    pub async fn find(&self, meter: MeterId, timestamp: i64) -> Result<Option<Entry>, Problem> {
        self.ask(|reply| Request::Find(meter, timestamp, reply)).await
    }

    /// How many readings are in each state.
    ///
    /// # Errors
    /// 503.
    pub async fn counts(&self) -> Result<Vec<(State, i64)>, Problem> {
        self.ask(Request::Counts).await
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<Result<T, Problem>>) -> Request) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        self.requests.try_send(request(reply)).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("overloaded", "too many requests wait for the journal; try again"),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn unavailable(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
}

fn stopped() -> Problem {
    unavailable("stopped", "the gateway is stopping: what was not answered may be posted again")
}

/// The engine.
pub struct Engine {
    journal: Journal,
    ledger: Embedded,
    settings: Settings,
    requests: Receiver<Request>,
    newest: Arc<AtomicI64>,
    /// The ledger's time.
    time: i64,
    /// Who is to be told of a reading: once it is submitted, or once it is settled.
    waiters: HashMap<i64, Vec<(bool, Reply)>>,
}

impl Engine {
    /// Executes the journal's transactions after those that the ledger has already, then sends what waits.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn start(journal: Journal, ledger: Embedded, settings: Settings) -> Result<(Self, Handle), EngineError> {
        let (sender, requests) = sync_channel(QUEUE);
        let newest = Arc::new(AtomicI64::new(0));
        let handle = Handle { requests: sender, newest: newest.clone(), clock: settings.clock };
        let restored = settings.restored;
        let mut engine = Self { journal, ledger, settings, requests, newest, time: 0, waiters: HashMap::new() };
        engine.newest.store(engine.journal.newest()?.map_or(0, |end| end + DELAY), Ordering::Relaxed);
        for attempt in engine.journal.attempts(restored)? {
            engine.replay(&attempt)?;
            engine.keep(attempt.id)?;
        }
        let waiting = engine.journal.waiting()?;
        engine.settle(&waiting)?;
        Ok((engine, handle))
    }

    /// Works until every handle is gone, and what was accepted is settled.
    ///
    /// # Errors
    /// [`EngineError`]; then nobody is answered any more.
    pub fn run(&mut self) -> Result<(), EngineError> {
        while let Ok(first) = self.requests.recv() {
            let mut submissions = Vec::new();
            self.read_or_keep(first, &mut submissions);
            let until = Instant::now() + GATHERING;
            while !submissions.is_empty() && submissions.len() < AT_ONCE {
                match self.requests.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(request) => self.read_or_keep(request, &mut submissions),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            self.take(submissions)?;
        }
        Ok(())
    }

    /// Answers what is only read; keeps what is to be written.
    fn read_or_keep(&self, request: Request, submissions: &mut Vec<(Submission, bool, Reply)>) {
        // Whoever asked may have gone: then the answer is nobody's.
        match request {
            Request::Submit(submission, confirmed, reply) => submissions.push((submission, confirmed, reply)),
            Request::Find(meter, timestamp, reply) => {
                let _ = reply.send(self.journal.entry(&meter, timestamp).map_err(|error| failed(&error)));
            }
            Request::Counts(reply) => {
                let _ = reply.send(self.journal.counts().map_err(|error| failed(&error)));
            }
        }
    }

    /// The ledger, to be looked at.
    #[must_use]
    pub fn ledger(&self) -> &Embedded {
        &self.ledger
    }

    fn take(&mut self, submissions: Vec<(Submission, bool, Reply)>) -> Result<(), EngineError> {
        if submissions.is_empty() {
            return Ok(());
        }
        let all: Vec<&Submission> = submissions.iter().map(|(submission, ..)| submission).collect();
        let accepted = match self.journal.accept(&all) {
            Ok(accepted) => accepted,
            // A full disk, for example: nothing was taken, and later requests may fare better.
            Err(error) => {
                for (.., reply) in submissions {
                    let _ = reply.send(Err(failed(&error)));
                }
                return Ok(());
            }
        };
        crash("after_accept");
        let mut new = Vec::new();
        for (accepted, (submission, confirmed, reply)) in accepted.into_iter().zip(submissions) {
            match accepted {
                Accepted::New(id) => {
                    self.newest.fetch_max(submission.interval.end() + DELAY, Ordering::Relaxed);
                    self.waiters.entry(id).or_default().push((confirmed, reply));
                    new.push(id);
                }
                // Its first copy came in the same breath.
                Accepted::Known(entry) if entry.state == State::Journaled => {
                    self.waiters.entry(entry.id).or_default().push((confirmed, reply));
                }
                Accepted::Known(entry) => {
                    let _ = reply.send(Ok(entry));
                }
                Accepted::Conflict => {
                    let (meter, end) = (submission.meter, submission.interval.end());
                    let detail = format!("{meter} has reported other values for the interval that ends at {end}");
                    let _ = reply.send(Err(Problem::new(StatusCode::CONFLICT, "conflicting_reading", detail)));
                }
            }
        }
        self.settle(&new)
    }

    /// Sends readings, interval by interval, oldest first.
    fn settle(&mut self, ids: &[i64]) -> Result<(), EngineError> {
        let mut intervals: BTreeMap<i64, Vec<Entry>> = BTreeMap::new();
        for entry in self.journal.entries(ids)? {
            intervals.entry(entry.submission.interval.end()).or_default().push(entry);
        }
        for entries in intervals.values() {
            for some in entries.chunks(crate::settlement::SIGNED_READINGS_PER_TRANSACTION) {
                self.attempt(some)?;
            }
        }
        Ok(())
    }

    /// Sends readings of one interval in a transaction; if it is refused, each in one of its own.
    fn attempt(&mut self, entries: &[Entry]) -> Result<(), EngineError> {
        let latest = entries.iter().map(|entry| entry.submission.interval.end() + DELAY).max().unwrap_or_default();
        let now = match self.settings.clock {
            Clock::System => system_time(),
            Clock::Readings => latest,
        };
        // The ledger's time never goes back, whatever this machine's clock does.
        self.time = self.time.max(now);
        let transaction = self.sign(self.time, entries)?;
        let id = transaction.signatures[0].to_string();
        let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
        let attempt = self.journal.submit(self.time, &id, &ids)?;
        crash("after_sign");
        self.tell(&ids, false)?;
        let refused = self.ledger.send(transaction).err().map(|error| error.to_string());
        crash("after_send");
        let again = refused.is_some() && entries.len() > 1;
        self.journal.outcome(attempt, refused.as_deref(), again)?;
        self.keep(attempt)?;
        if again {
            return self.journal.entries(&ids)?.iter().try_for_each(|entry| self.attempt(std::slice::from_ref(entry)));
        }
        self.tell(&ids, true)
    }

    /// Executes a transaction again, as it was.
    fn replay(&mut self, attempt: &Attempt) -> Result<(), EngineError> {
        let diverged = |reason: String| EngineError::Diverged(attempt.id, reason);
        let entries = self.journal.entries(&attempt.readings)?;
        self.time = attempt.clock;
        let transaction = self.sign(attempt.clock, &entries)?;
        let id = transaction.signatures[0].to_string();
        if id != attempt.transaction {
            return Err(diverged(format!("signed again, it is {id} and was {}", attempt.transaction)));
        }
        let refused = self.ledger.send(transaction).err().map(|error| error.to_string());
        match (attempt.state, refused) {
            // It was on its way when the gateway stopped.
            (State::Submitted, refused) => {
                let again = refused.is_some() && entries.len() > 1;
                Ok(self.journal.outcome(attempt.id, refused.as_deref(), again)?)
            }
            (State::Confirmed, Some(reason)) => Err(diverged(format!("it was executed and is refused now: {reason}"))),
            (State::Rejected, None) => Err(diverged("it was refused and is executed now".into())),
            _ => Ok(()),
        }
    }

    /// Keeps the ledger's accounts after every hundredth transaction.
    fn keep(&mut self, attempt: i64) -> Result<(), EngineError> {
        if attempt % KEPT_EVERY != 0 {
            return Ok(());
        }
        let hash = Snapshot::of(&self.ledger).hash().to_bytes();
        let kept = Kept { attempt, clock: self.time, hash };
        Ok(self.journal.keep(&kept, self.ledger.changes(&self.settings.founded))?)
    }

    /// A transaction at a time of the ledger, which gets a new slot and blockhash: the same ones in a replay.
    fn sign(&mut self, time: i64, entries: &[Entry]) -> Result<VersionedTransaction, LedgerError> {
        self.ledger.set_time(time);
        let Settings { department, register, .. } = &self.settings;
        let (mut accounts, mut signed, mut timestamp) = (Vec::new(), Vec::new(), 0);
        for Entry { submission, .. } in entries {
            let meter = department.meters.iter().find(|meter| meter.id == submission.meter);
            let (Some(meter), Some(known)) = (meter, register.meter(&submission.meter)) else { continue };
            timestamp = submission.interval.end();
            accounts.push(meter.accounts);
            signed.push(SignedReading {
                message: register.message(submission),
                signature: submission.signature,
                signing_key: known.signing_key.to_bytes(),
            });
        }
        let submitter = &department.submitter;
        let instructions =
            submit_signed_readings(&department.addresses, &submitter.pubkey(), &accounts, timestamp, signed, 1);
        sign(&self.ledger, &instructions, &[submitter], std::slice::from_ref(&department.table))
    }

    /// Answers those who wait for these readings to be submitted, or settled.
    fn tell(&mut self, ids: &[i64], settled: bool) -> Result<(), EngineError> {
        for entry in self.journal.entries(ids)? {
            let waiters = self.waiters.remove(&entry.id).unwrap_or_default();
            let (ready, others): (Vec<_>, _) = waiters.into_iter().partition(|(confirmed, _)| settled || !confirmed);
            if !others.is_empty() {
                self.waiters.insert(entry.id, others);
            }
            for (_, reply) in ready {
                let _ = reply.send(Ok(entry.clone()));
            }
        }
        Ok(())
    }
}

fn failed(error: &JournalError) -> Problem {
    unavailable("journal_unavailable", error.to_string())
}

/// This machine's time, Unix seconds.
pub(super) fn system_time() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// Where the tests of crashes end the process, as kill -9 would: never, unless the variable names the point.
const CRASH: &str = "CAMPUS_ENERGY_CRASH_AT";

pub(super) fn crash(point: &str) {
    if std::env::var_os(CRASH).is_some_and(|name| name == point) {
        std::process::abort();
    }
}
