//! The handle of the engine: its request channel, and the state that can be read without asking the engine.

use {
    super::{Clock, DELAY},
    crate::{
        Submission,
        journal::{Accepted, Entry, Journal, State},
        rejection::{Code, Rejection},
    },
    campus_energy_sdk::{identity::MeterId, ledger::Ledger, time::Interval},
    serde::Serialize,
    std::{
        collections::BTreeMap,
        sync::{
            Arc, Mutex, MutexGuard, PoisonError,
            atomic::{AtomicI64, AtomicUsize, Ordering},
            mpsc::{SyncSender, TrySendError},
        },
        time::{Duration, Instant},
    },
    tokio::sync::{broadcast, oneshot},
};

/// Events that a slow listener may be behind.
const EVENTS: usize = 1_024;

/// What is asked of the engine.
pub(super) enum Request {
    Submit(Submission, bool, Reply),
    Look(Look),
    LookToSign(Look),
    Administer(Vec<u8>, oneshot::Sender<Result<String, Rejection>>),
}

pub(super) type Look = Box<dyn FnOnce(&Journal, &dyn Ledger) + Send>;

pub(super) type Reply = oneshot::Sender<Result<Entry, Rejection>>;

/// What has happened, for whoever listens.
#[derive(Clone, Debug)]
pub enum Event {
    /// A reading is settled.
    Reading(Arc<Entry>),
    /// Readings, orders or prices have changed the ledger.
    Changed,
    /// Something was noticed that people should know.
    Alert(Arc<crate::watch::Alert>),
}

/// Meters whose readings wait for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The reason in words.
    pub text: String,
    /// The meters.
    pub meters: Vec<String>,
    /// Whether the reason is a limit of the department that is reached, which people are to look into.
    pub limit: bool,
}

/// What the ledger has otherwise than a meter has reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Intervals of the last seven days of which the ledger has other values.
    pub intervals: i64,
    /// The newest of them in words, with both values.
    pub text: String,
}

/// How the journal and the ledger are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What is wrong with the journal, if something is.
    pub journal: Option<String>,
    /// What is wrong with the ledger, if something is.
    pub ledger: Option<String>,
    /// Whether the ledger answers and confirms nothing new: it is halted, or its nodes are cut off from it.
    pub halted: bool,
    /// What is wrong with this machine's clock, if something is.
    pub clock: Option<String>,
    /// Which meters' readings the ledger does not take for now, by the name of the reason.
    pub held: BTreeMap<String, Held>,
    /// Of which meters the ledger has other values than they have reported, for one interval or several.
    pub conflicts: BTreeMap<String, Conflict>,
    /// Readings of which it is being asked whether the ledger has them with their values.
    pub unproven: usize,
    /// Readings that are in the journal and in no transaction.
    pub waiting: usize,
    /// Transactions of which it is not known what became of them.
    pub pending: usize,
}

/// What the engine shares without being asked.
pub(super) struct Shared {
    pub(super) newest: AtomicI64,
    pub(super) ledger_time: AtomicI64,
    pub(super) queued: AtomicUsize,
    pub(super) events: broadcast::Sender<Event>,
    health: Mutex<Health>,
    /// When the engine did its last round.
    beat: Mutex<Instant>,
}

impl Shared {
    pub(super) fn new(newest: i64) -> Self {
        let events = broadcast::Sender::new(EVENTS);
        Self {
            newest: AtomicI64::new(newest),
            ledger_time: AtomicI64::new(0),
            queued: AtomicUsize::new(0),
            events,
            health: Mutex::default(),
            beat: Mutex::new(Instant::now()),
        }
    }

    /// The engine has done a round.
    pub(super) fn beat(&self) {
        *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The engine's other end: asks, and is answered.
#[derive(Clone)]
pub struct Handle {
    pub(super) requests: SyncSender<Request>,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Clock,
}

impl Handle {
    /// The time for checks, Unix seconds: with [`Clock::Readings`] a reading is its own clock unless a newer one came. Never before
    /// the ledger's time, by which the oracle will check.
    #[must_use]
    pub fn now(&self, interval_end: i64) -> i64 {
        let newest = || self.shared.newest.load(Ordering::Relaxed).max(interval_end.saturating_add(DELAY));
        self.clock.time().unwrap_or_else(newest).max(self.shared.ledger_time.load(Ordering::Relaxed))
    }

    /// The time, Unix seconds; 0 where the readings are the clock and there is none yet.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.clock.time().unwrap_or_else(|| self.shared.newest.load(Ordering::Relaxed))
    }

    /// How the journal and the ledger are.
    #[must_use]
    pub fn health(&self) -> Health {
        self.shared.health().clone()
    }

    /// How long ago the engine did its last round; it does one every 50 ms, unless it waits for the ledger.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.shared.beat.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Requests that wait for the engine.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.shared.queued.load(Ordering::Relaxed)
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Tells everybody who listens.
    pub fn tell(&self, event: Event) {
        // Nobody listens: nobody misses it.
        let _ = self.shared.events.send(event);
    }

    /// Hands a checked submission over. The answer comes when it is in the journal and in a signed transaction; with
    /// `confirmed`, when the transaction has been executed.
    ///
    /// # Errors
    /// [`Code::ConflictingReading`] where the meter has reported other values for the interval, [`Code::Overloaded`] and
    /// [`Code::Stopped`].
    pub async fn submit(&self, submission: Submission, confirmed: bool) -> Result<Entry, Rejection> {
        self.ask(|reply| Request::Submit(submission, confirmed, reply)).await
    }

    /// Looks at the journal and the ledger, between two pieces of work.
    ///
    /// # Errors
    /// [`Code::Overloaded`] and [`Code::Stopped`], and those of `look`.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Journal, &dyn Ledger) -> Result<T, Rejection> + Send + 'static,
    ) -> Result<T, Rejection> {
        self.ask(|reply| Request::Look(answering(look, reply))).await
    }

    /// The same, for who signs with the newest blockhash: no slot begins for 250 ms then, once a second at most.
    ///
    /// # Errors
    /// As of [`Handle::look`].
    pub async fn look_to_sign<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Journal, &dyn Ledger) -> Result<T, Rejection> + Send + 'static,
    ) -> Result<T, Rejection> {
        self.ask(|reply| Request::LookToSign(answering(look, reply))).await
    }

    /// Has a transaction of the department's authority executed on the embedded ledger: see [`crate::administration`]. Its id, once it has
    /// been executed; the same transaction again is answered as before.
    ///
    /// # Errors
    /// Those of [`crate::administration::read`]; [`Code::NotEmbedded`], [`Code::NotAuthority`], [`Code::BlockhashExpired`],
    /// [`Code::RejectedByLedger`], [`Code::JournalUnavailable`], [`Code::LedgerUnavailable`], [`Code::Overloaded`], [`Code::Stopped`].
    pub async fn administer(&self, wire: Vec<u8>) -> Result<String, Rejection> {
        self.ask(|reply| Request::Administer(wire, reply)).await
    }

    /// A reading in the journal.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Stopped`], [`Code::JournalUnavailable`].
    pub async fn find(&self, meter: MeterId, timestamp: i64) -> Result<Option<Entry>, Rejection> {
        self.look(move |journal, _| Ok(journal.entry(&meter, timestamp)?)).await
    }

    /// How many readings are in each state.
    ///
    /// # Errors
    /// [`Code::Overloaded`], [`Code::Stopped`], [`Code::JournalUnavailable`].
    pub async fn counts(&self) -> Result<Vec<(State, i64)>, Rejection> {
        self.look(|journal, _| Ok(journal.counts()?)).await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Rejection>>) -> Request,
    ) -> Result<T, Rejection> {
        let (reply, answer) = oneshot::channel();
        self.shared.queued.fetch_add(1, Ordering::Relaxed);
        self.requests.try_send(request(reply)).map_err(|error| {
            self.shared.queued.fetch_sub(1, Ordering::Relaxed);
            match error {
                TrySendError::Full(_) => {
                    unavailable(Code::Overloaded, "too many requests wait for the journal; try again")
                }
                TrySendError::Disconnected(_) => stopped(),
            }
        })?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn answering<T: Send + 'static>(
    look: impl FnOnce(&Journal, &dyn Ledger) -> Result<T, Rejection> + Send + 'static,
    reply: oneshot::Sender<Result<T, Rejection>>,
) -> Look {
    Box::new(move |journal, ledger| {
        // Whoever asked may have gone: then the answer is nobody's.
        let _ = reply.send(look(journal, ledger));
    })
}

pub(super) fn unavailable(code: Code, text: impl Into<String>) -> Rejection {
    Rejection::new(code, text)
}

fn stopped() -> Rejection {
    unavailable(Code::Stopped, "the gateway is stopping: what was not answered may be posted again")
}

/// Why a submission was not taken.
pub(super) fn untaken(accepted: &Accepted, meter: MeterId, interval: Interval, array: u32) -> Rejection {
    let end = interval.end();
    match accepted {
        Accepted::TooMuch(together) => {
            let detail = format!(
                "with it all meters would have generated {together} Wh in the interval that ends at {end}; at most {array} Wh are plausible"
            );
            Rejection::new(Code::ImplausibleArray, detail).of("energy_generated")
        }
        _ => {
            let detail = format!("{meter} has reported other values for the interval that ends at {end}");
            Rejection::new(Code::ConflictingReading, detail)
        }
    }
}
