//! The entrance for readings. Readings of all front ends are checked by the same rules and acknowledged only when the journal
//! has committed them.

use {
    super::{
        Handle, Metrics, Submission,
        check::{KnownMeter, Register},
        engine::DELAY,
        journal::Entry,
        rejection::{Code, Rejection},
    },
    std::{sync::Arc, time::Duration},
};

/// How long a reading waits for the engine.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A reading that was taken, and its meter.
#[derive(Clone, Debug)]
pub struct Taken {
    /// As the journal has it.
    pub entry: Entry,
    /// Its meter.
    pub meter: KnownMeter,
}

/// Takes readings. A front end (HTTP, a CSV file, in time MQTT) turns what it receives into submissions, and acknowledges one
/// only when [`Ingest::take`] has returned it.
pub trait Ingest: Send + Sync {
    /// Takes a reading; with `confirmed`, waits until the ledger has executed its transaction. When this returns, the reading
    /// is on the disk.
    ///
    /// # Errors
    /// A rejection: the reading was not taken, or, with [`Code::SlowLedger`], may have been: then it may be given again.
    fn take(&self, submission: Submission, confirmed: bool) -> impl Future<Output = Result<Taken, Rejection>> + Send;
}

/// The gateway's intake: checks, then the engine.
#[derive(Clone)]
pub struct Intake {
    /// The engine.
    pub engine: Handle,
    /// The meters.
    pub register: Arc<Register>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Ingest for Intake {
    async fn take(&self, submission: Submission, confirmed: bool) -> Result<Taken, Rejection> {
        let taken = self.check_and_submit(submission, confirmed).await;
        self.metrics.taken(&taken);
        taken
    }
}

impl Intake {
    /// How far apart the ends of intervals may be whose readings are taken in any order, s. Where the readings are the clock, the
    /// ledger's time is a little after the newest one, and readings have an age limit.
    #[must_use]
    pub fn any_order(&self) -> i64 {
        (i64::from(self.register.limits().max_age) - DELAY).max(0)
    }

    async fn check_and_submit(&self, submission: Submission, confirmed: bool) -> Result<Taken, Rejection> {
        let end = submission.interval.end();
        let meter = match self.register.check(&submission, self.engine.now(end)) {
            Ok(meter) => meter,
            Err(rejection) => {
                // What has been taken is answered as before, however old it has become.
                let known = patiently(Purpose::State, self.engine.find(submission.meter, end)).await?;
                let same = known.is_some_and(|entry| entry.submission == submission);
                self.register.meter(&submission.meter).filter(|_| same).ok_or(rejection)?
            }
        };
        let entry = patiently(Purpose::Reading, self.engine.submit(submission, confirmed)).await?;
        Ok(Taken { entry, meter })
    }
}

/// What the engine is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To take a reading.
    Reading,
    /// To execute a transaction of the department's authority.
    Transaction,
    /// What it has: nothing is changed.
    State,
}

impl Purpose {
    /// What whoever is not answered in time is told.
    const fn unanswered(self) -> &'static str {
        match self {
            Self::Reading => {
                "the ledger is slow, and the reading may have been accepted; post it again, or ask for its state"
            }
            Self::Transaction => {
                "the ledger is slow, and the transaction may have been executed; post the same transaction again"
            }
            Self::State => "the ledger is slow; ask again",
        }
    }
}

/// An answer of the engine, if it comes in time.
///
/// # Errors
/// [`Code::SlowLedger`].
pub async fn patiently<T>(
    purpose: Purpose,
    answer: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    let slow = |_| Err(Rejection::new(Code::SlowLedger, purpose.unanswered()));
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(slow)
}
