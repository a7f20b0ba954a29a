//! Carries transactions from the journal to the ledger. A transaction is on the disk before it is sent, its result afterwards.
//! A lost result is asked for; a transaction is sent again unchanged while its blockhash is valid, and never after.

use {
    super::{super::journal::Kept, EngineError, Link, Lookup, Reread, refusal::Meaning},
    crate::crash::crash,
    crate::journal::{Attempt, AttemptOutcome, Fate, Journal, JournalError},
    campus_energy_sdk::{
        account::AccountData,
        identity::MeterId,
        ledger::{
            LedgerError, LedgerReading, Receipt, Relay, Snapshot,
            transaction::{from_wire, to_wire},
        },
        oracle::state::GREATEST_MAX_SKEW,
        registry::{
            error::RegistryError,
            state::{Meter, accept},
        },
    },
    solana_account::Account,
    solana_program::pubkey::Pubkey,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{
        collections::{BTreeMap, HashMap},
        time::Instant,
    },
};

/// Transactions after which an embedded ledger's accounts are kept.
const KEPT_EVERY: i64 = 100;

/// Slots of an embedded ledger that are noted ahead. A slot without a transaction is not in the journal; a restart begins after the last
/// one that may have been begun, so that no blockhash comes twice.
const RESERVED_SLOTS: i64 = 20;

/// The journal and the ledger.
pub struct Carrier<L> {
    journal: Journal,
    link: L,
    /// The ledger's time, Unix seconds.
    time: i64,
    /// The ledger's slot, counted from its founding.
    slot: i64,
    /// The last slot that may be begun before another one is noted, on an embedded ledger.
    reserved: i64,
    /// The meters' accounts in the registry.
    meters: HashMap<MeterId, Pubkey>,
    /// An embedded ledger's accounts right after the founding.
    founded: BTreeMap<Pubkey, Account>,
    /// The transaction after which accounts were kept last, and the last one of all.
    kept: i64,
    last: i64,
    /// What has been noted and not concluded, in the order of sending.
    pending: Vec<Pending>,
}

struct Pending {
    attempt: Attempt,
    transaction: VersionedTransaction,
    /// Whether it may have reached the ledger.
    tried: bool,
    /// What became of it, where only the journal does not know yet, and the ledger's refusal.
    outcome: Option<AttemptOutcome>,
    refusal: Option<LedgerError>,
}

/// What a meter's account says of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The ledger has been asked for the account, and has not answered yet.
    Asked,
    /// It has no reading of the interval.
    Open,
    /// It has one.
    Taken,
    /// It has forgotten whether it has one: the meter's newest interval is too far ahead.
    Passed,
}

/// A transaction that is concluded.
#[derive(Clone, Debug)]
pub struct Concluded {
    /// The readings it carried.
    pub readings: Vec<i64>,
    /// What became of it.
    pub outcome: AttemptOutcome,
    /// The ledger's refusal.
    pub refusal: Option<LedgerError>,
}

impl<L: Link> Carrier<L> {
    /// Executes on an embedded ledger what the journal has after `kept`; asks any other what became of the last transactions.
    pub(super) fn resume(
        journal: Journal,
        link: L,
        founded: BTreeMap<Pubkey, Account>,
        kept: Option<&Kept>,
        meters: HashMap<MeterId, Pubkey>,
        founding: i64,
    ) -> Result<Self, EngineError> {
        let (kept, slot, time) = kept.map_or((0, 0, founding), |kept| (kept.attempt, kept.slot, kept.clock));
        let (pending, reserved) = (Vec::new(), journal.reserved_slot()?);
        let mut carrier = Self { journal, link, time, slot, reserved, meters, founded, kept, last: kept, pending };
        if carrier.link.embedded().is_some() {
            carrier.replay()?;
            carrier.pass_former_slots()?;
        } else {
            for attempt in carrier.journal.sent()? {
                let transaction = from_wire(&attempt.wire)?;
                carrier.pending.push(Pending { attempt, transaction, tried: true, outcome: None, refusal: None });
            }
        }
        Ok(carrier)
    }

    fn replay(&mut self) -> Result<(), EngineError> {
        let Self { journal, link, time, slot, kept, last, .. } = self;
        let mut concluded = Vec::new();
        journal.each_attempt(*kept, |attempt| {
            let Attempt { id, fate, .. } = attempt;
            let diverged = |reason: String| EngineError::Diverged(id, reason);
            *last = id;
            while *slot < attempt.slot {
                link.begin_slot(attempt.clock);
                (*time, *slot) = (attempt.clock, *slot + 1);
            }
            if fate == Fate::Dropped {
                return Ok(());
            }
            let refused = link.send(from_wire(&attempt.wire)?).err();
            match (fate, refused) {
                // It was on its way when the gateway stopped.
                (Fate::Sent, refused) => concluded.push(outcome(&attempt, refused.as_ref())),
                (Fate::Executed, Some(reason)) => {
                    return Err(diverged(format!("it was executed and is refused now: {reason}")));
                }
                (Fate::Refused, None) => return Err(diverged("it was refused and is executed now".into())),
                _ => {}
            }
            Ok(())
        })?;
        Ok(self.journal.conclude(&concluded)?)
    }

    /// Begins a slot after all that may have been begun before. The next transaction is noted with its slot, and replayed there.
    fn pass_former_slots(&mut self) -> Result<(), EngineError> {
        let next = self.reserved.max(self.slot) + 1;
        while self.slot < next {
            self.link.begin_slot(self.time);
            self.slot += 1;
        }
        self.reserved = next + RESERVED_SLOTS;
        Ok(self.journal.reserve_slot(self.reserved)?)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// The ledger.
    pub fn link(&mut self) -> &mut L {
        &mut self.link
    }

    /// Knows a meter's account in the registry from now on.
    pub(super) fn know(&mut self, meter: MeterId, account: Pubkey) {
        self.meters.insert(meter, account);
    }

    /// The ledger's time, Unix seconds.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// Why nothing is heard from the ledger.
    pub(super) fn trouble(&self) -> Option<String> {
        self.link.trouble()
    }

    /// Why the ledger confirms nothing new, if it does not.
    pub(super) fn halted(&self) -> Option<String> {
        self.link.halted()
    }

    /// Transactions that are not concluded.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Notes, where that has not been done, that the next slot may have been begun: it can be begun then without the journal.
    ///
    /// # Errors
    /// [`JournalError`].
    pub(super) fn reserve_slot(&mut self) -> Result<(), JournalError> {
        if self.slot >= self.reserved && self.link.embedded().is_some() {
            self.journal.reserve_slot(self.slot + RESERVED_SLOTS)?;
            self.reserved = self.slot + RESERVED_SLOTS;
        }
        Ok(())
    }

    /// Begins a slot. The ledger's time never goes back, whatever this machine's clock does.
    ///
    /// # Errors
    /// [`JournalError`]; no slot begins then.
    pub fn begin_slot(&mut self, now: i64) -> Result<(), JournalError> {
        self.reserve_slot()?;
        self.time = self.time.max(now);
        self.slot += 1;
        self.link.begin_slot(self.time);
        Ok(())
    }

    /// Whether a transaction has been noted before.
    pub(super) fn has_noted(&self, transaction: &VersionedTransaction) -> Result<bool, JournalError> {
        self.journal.has_attempt(&transaction.signatures[0].to_string())
    }

    /// Notes transactions, each with the readings it carries. On the disk when this returns.
    pub(super) fn note(&mut self, all: Vec<(VersionedTransaction, Vec<i64>)>) -> Result<(), EngineError> {
        let mut attempts = Vec::with_capacity(all.len());
        for (transaction, readings) in &all {
            attempts.push(Attempt {
                id: 0,
                slot: self.slot,
                clock: self.time,
                signature: transaction.signatures[0].to_string(),
                wire: to_wire(transaction)?,
                last_valid: self.link.last_valid(transaction.message.recent_blockhash()),
                fate: Fate::Sent,
                readings: readings.clone(),
            });
        }
        self.journal.note(&mut attempts)?;
        crash("after_sign");
        self.last = attempts.last().map_or(self.last, |attempt| attempt.id);
        self.pending.extend(attempts.into_iter().zip(all).map(|(attempt, (transaction, _))| Pending {
            attempt,
            transaction,
            tried: false,
            outcome: None,
            refusal: None,
        }));
        Ok(())
    }

    /// Sends what has been noted, or sends it again, and notes what became of it. What could not be concluded stays; the error
    /// says why.
    pub(super) fn deliver(&mut self) -> (Vec<Concluded>, Result<(), EngineError>) {
        let mut result = Ok(());
        for pending in &mut self.pending {
            if let Err(error) = conclude(&mut self.link, pending) {
                result = Err(error);
                break;
            }
        }
        crash("after_send");
        let known: Vec<AttemptOutcome> = self.pending.iter().filter_map(|pending| pending.outcome.clone()).collect();
        if known.is_empty() {
            return (Vec::new(), result);
        }
        if let Err(error) = self.journal.conclude(&known) {
            return (Vec::new(), Err(error.into()));
        }
        let (done, left): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|pending| pending.outcome.is_some());
        self.pending = left;
        let concluded = done.into_iter().filter_map(|pending| {
            let (outcome, refusal) = (pending.outcome?, pending.refusal);
            Some(Concluded { readings: pending.attempt.readings, outcome, refusal })
        });
        (concluded.collect(), result)
    }

    /// Whether the ledger has a meter's interval, by the meter's account as it was confirmed at a moment or later. A meter without an
    /// account has none.
    pub(super) fn admission(&self, meter: &MeterId, end: i64, moment: Instant) -> Result<Admission, EngineError> {
        let Some(address) = self.meters.get(meter) else { return Ok(Admission::Open) };
        let Reread::Is(account) = self.link.account_since(address, moment)? else { return Ok(Admission::Asked) };
        let state = account.and_then(|account| Meter::decode(&account.data).ok());
        Ok(match state.map(|state| accept(state.newest, state.accepted, end)) {
            None | Some(Ok(_)) => Admission::Open,
            Some(Err(RegistryError::OutsideWindow)) => Admission::Passed,
            Some(Err(_)) => Admission::Taken,
        })
    }

    /// What the ledger has of a meter and the interval that ends at a time.
    pub(super) fn look_up(&mut self, meter: &MeterId, end: i64) -> Result<Lookup, EngineError> {
        let Some(address) = self.meters.get(meter) else { return Ok(Lookup::Missing) };
        let found = self.link.look_up(address, end)?;
        // An embedded ledger that was brought to where it is by its kept accounts does not remember what it executed before.
        let Some(ledger) = self.link.embedded().filter(|_| found == Lookup::Missing) else { return Ok(found) };
        let mut found = Lookup::Missing;
        self.journal.executed_since(end - i64::from(GREATEST_MAX_SKEW), |attempt| {
            let carried = ledger.readings_in(&from_wire(&attempt.wire)?);
            let own = carried.into_iter().find(|own| own.meter == *address && own.timestamp == end);
            if let (Some(reading), Ok(transaction)) = (own, attempt.signature.parse()) {
                found = Lookup::Found(LedgerReading { transaction, reading });
            }
            Ok::<_, EngineError>(())
        })?;
        Ok(found)
    }

    /// Keeps an embedded ledger's accounts after every hundredth transaction.
    pub(super) fn keep(&mut self) -> Result<(), JournalError> {
        let Some(ledger) = self.link.embedded() else { return Ok(()) };
        if !self.pending.is_empty() || self.last - self.kept < KEPT_EVERY {
            return Ok(());
        }
        let hash = Snapshot::of(ledger).hash().to_bytes();
        let kept = Kept { attempt: self.last, slot: self.slot, clock: self.time, hash };
        self.journal.keep(&kept, ledger.changes(&self.founded))?;
        self.kept = self.last;
        Ok(())
    }
}

fn conclude<L: Link>(link: &mut L, pending: &mut Pending) -> Result<(), EngineError> {
    if pending.outcome.is_some() {
        return Ok(());
    }
    let tried = std::mem::replace(&mut pending.tried, true);
    let known = link.carry(&pending.transaction, tried, pending.attempt.last_valid)?;
    let attempt = pending.attempt.id;
    pending.outcome = match known {
        Some(Err(LedgerError::Expired)) => {
            Some(AttemptOutcome { attempt, fate: Fate::Dropped, reason: None, again: true, unproven: false })
        }
        Some(known) => {
            pending.refusal = known.err();
            Some(outcome(&pending.attempt, pending.refusal.as_ref()))
        }
        None => None,
    };
    Ok(())
}

/// Readings that were refused together wait again, each for a transaction of its own; so does one that was refused for nothing of
/// its own. Whatever else one is refused for, the ledger may have its interval: an earlier transaction may have carried it, or somebody
/// else's. It is rejected only after the ledger was asked.
fn outcome(attempt: &Attempt, refusal: Option<&LedgerError>) -> AttemptOutcome {
    let meaning = refusal.map(Meaning::of);
    let again = meaning.is_some_and(|meaning| attempt.readings.len() > 1 || meaning.is_passing());
    // One of a trader's carries none.
    let unproven = !again && refusal.is_some() && !attempt.readings.is_empty();
    let fate = if refusal.is_some() { Fate::Refused } else { Fate::Executed };
    AttemptOutcome { attempt: attempt.id, fate, reason: refusal.map(ToString::to_string), again, unproven }
}

/// A ledger on which every transaction is journaled.
impl<L: Link> Relay for Carrier<L> {
    type Target = L;

    fn target(&self) -> &L {
        &self.link
    }

    fn relay(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        let signature = transaction.signatures[0].to_string();
        let failed = |error: EngineError| match error {
            EngineError::Ledger(error) => error,
            other => LedgerError::Internal(other.to_string()),
        };
        if self.has_noted(&transaction).map_err(|error| failed(error.into()))? {
            // As the ledger says of one that it is sent twice.
            return Err(LedgerError::Refused(TransactionError::AlreadyProcessed, Vec::new()));
        }
        self.note(vec![(transaction, Vec::new())]).map_err(failed)?;
        let (concluded, result) = self.deliver();
        result.map_err(failed)?;
        match concluded.into_iter().find_map(|concluded| concluded.refusal) {
            Some(refusal) => Err(refusal),
            None => Ok(Receipt { signature, compute_units: 0, logs: Vec::new(), instructions: Vec::new() }),
        }
    }
}
