//! Administration through the gateway: a transaction that the department's authority has signed is noted in the journal and executed on the
//! embedded ledger, once; and what the ledger says of the department is read anew.

use {
    super::{Concluded, Engine, EngineError, Event, Link, handle::Look},
    crate::{
        administration::{self, Signer},
        check::KnownMeter,
        journal::Fate,
        rejection::{Code, Rejection},
    },
    campus_energy_department::Department,
    campus_energy_sdk::{
        account::AccountData,
        identity::MeterId,
        ledger::{Ledger, LedgerError},
        registry::state::Department as Registered,
    },
    solana_program::pubkey::Pubkey,
    std::{
        collections::HashSet,
        time::{Duration, Instant},
    },
    tracing::{info, warn},
};

/// How long the slot stays at most for who has asked for its blockhash, and how often.
const STEADY: Duration = Duration::from_millis(250);
const BETWEEN_STEADY: Duration = Duration::from_secs(1);

/// Since when the slot stays, so that what is signed with its blockhash arrives in it however busy the gateway is.
#[derive(Default)]
pub(super) struct Steady(Option<Instant>);

impl Steady {
    fn begin(&mut self) {
        if self.0.is_none_or(|since| since.elapsed() > BETWEEN_STEADY) {
            self.0 = Some(Instant::now());
        }
    }

    pub(super) fn end(&mut self) {
        self.0 = None;
    }

    /// Whether readings wait for it now.
    pub(super) fn lasts(&self) -> bool {
        self.0.is_some_and(|since| since.elapsed() < STEADY)
    }
}

/// The accounts of meters that are read again and again.
pub(crate) fn followed(department: &Department, meters: &[(MeterId, KnownMeter)]) -> Vec<Pubkey> {
    let of = |known: &KnownMeter| [known.account, known.token_account, department.addresses.participant(&known.owner)];
    let mut all: Vec<Pubkey> = meters.iter().flat_map(|(_, known)| of(known)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What the engine follows of the department.
#[derive(Default)]
pub(super) struct Following {
    /// The accounts that the ledger has been asked to follow.
    accounts: HashSet<Pubkey>,
    /// Whether the register could not be read the last time.
    fails: bool,
}

impl<L: Link> Engine<L> {
    /// Reads what the ledger has of the department and its meters; readings that it takes again are sent.
    pub(super) fn refresh_register(&mut self) -> Result<(), LedgerError> {
        let (register, department) = (self.settings.register.clone(), self.settings.department.clone());
        let refreshed = register.refresh(&self.carrier, &department)?;
        for id in &refreshed.resumed {
            self.waiting.extend(self.holds.release(id));
        }
        let meters = register.meters();
        meters.iter().for_each(|(id, known)| self.carrier.know(*id, known.account));
        // Those of meters that are new, and those that could not be read the first time.
        let mut accounts = followed(&department, &meters);
        accounts.retain(|account| !self.following.accounts.contains(account));
        if !accounts.is_empty() {
            self.carrier.link().follow(&accounts)?;
            self.following.accounts.extend(accounts);
        }
        Ok(())
    }

    /// The same, again and again. What is known of the meters holds where the ledger does not answer; that is logged when it begins.
    pub(super) fn follow_register(&mut self) {
        let failure = self.refresh_register().err();
        if let Some(error) = failure.as_ref().filter(|_| !self.following.fails) {
            warn!(%error, "the meters and limits cannot be read again; they are as they were read before");
        }
        self.following.fails = failure.is_some();
    }

    /// Answers who is about to sign with the newest blockhash, for which the slot stays a little.
    pub(super) fn look_to_sign(&mut self, look: Look) {
        self.steady.begin();
        look(self.carrier.journal(), &self.carrier);
    }

    /// Executes a transaction of the department's authority on the embedded ledger; its id.
    pub(super) fn administer(&mut self, wire: &[u8]) -> Result<String, Rejection> {
        if self.carrier.link().embedded().is_none() {
            let text = "this gateway's ledger is a cluster: its authority sends to the cluster itself (--url)";
            return Err(Rejection::new(Code::NotEmbedded, text));
        }
        let addresses = self.settings.department.addresses;
        let request = administration::read(wire, &addresses)?;
        let id = request.transaction.signatures[0].to_string();
        if self.carrier.journal().fate_of(&id)? == Some(Fate::Sent) {
            // It was executed, and the journal could not be written.
            self.deliver().map_err(unavailable)?;
        }
        match self.carrier.journal().fate_of(&id)? {
            Some(Fate::Executed) => return Ok(id),
            Some(Fate::Refused) => {
                let text = format!("the ledger has refused transaction {id} before, and takes it no more");
                return Err(Rejection::new(Code::RejectedByLedger, text).of("transaction"));
            }
            Some(Fate::Sent) => {
                let text = "the journal cannot be written now; post the same transaction again";
                return Err(Rejection::new(Code::JournalUnavailable, text));
            }
            Some(Fate::Dropped) => return Err(expired()),
            None => {}
        }
        self.check_signer(&request)?;
        if !self.carrier.link().accepts(request.transaction.message.recent_blockhash())? {
            return Err(expired());
        }
        if self.carrier.pending() > 0 {
            self.deliver().map_err(unavailable)?;
        }
        self.carrier.reserve_slot()?;
        self.carrier.note(vec![(request.transaction, Vec::new())]).map_err(unavailable)?;
        let (concluded, result) = self.carrier.deliver();
        // Another blockhash: the same instructions signed again later are another transaction.
        self.carrier.begin_slot(self.carrier.time())?;
        self.steady.end();
        result.map_err(unavailable)?;
        for Concluded { outcome, refusal, .. } in concluded {
            if let Some(refusal) = refusal {
                return Err(Rejection::new(Code::RejectedByLedger, refusal.to_string()).of("transaction"));
            }
            if outcome.fate == Fate::Dropped {
                return Err(expired());
            }
        }
        info!(transaction = id, "the department's authority has changed the department");
        self.refresh_register()?;
        // Nobody listens: nobody misses it.
        let _ = self.shared.events.send(Event::Changed);
        Ok(id)
    }

    /// Whether who signed a transaction is who may: the department's authority, or who accepts to be it.
    fn check_signer(&self, request: &administration::Request) -> Result<(), Rejection> {
        let address = self.settings.department.addresses.department;
        let account = self.carrier.account(&address)?;
        let there = account.and_then(|account| Registered::decode(&account.data).ok());
        let there = there.ok_or_else(|| LedgerError::Missing { what: "the department".into(), address })?;
        let (who, needed) = match request.signer {
            Signer::Authority => ("authority", there.authority),
            Signer::Proposed => ("proposed authority", there.pending_authority),
        };
        if request.by == needed && needed != Pubkey::default() {
            return Ok(());
        }
        let needed = if needed == Pubkey::default() { "nobody".into() } else { needed.to_string() };
        let text = format!("the department's {who} is {needed}; the transaction is signed by {}", request.by);
        Err(Rejection::new(Code::NotAuthority, text).of("transaction"))
    }
}

fn expired() -> Rejection {
    let text = "the ledger does not take the transaction's blockhash any more: get the newest one and sign anew";
    Rejection::new(Code::BlockhashExpired, text).of("transaction")
}

fn unavailable(error: EngineError) -> Rejection {
    let code =
        if matches!(error, EngineError::Journal(_)) { Code::JournalUnavailable } else { Code::LedgerUnavailable };
    Rejection::new(code, error.to_string())
}
