//! A ledger that is another process, as a cluster is: it outlives the gateway, other submitters write on it, and answers get lost.

use {
    campus_energy_department::{Keys, sign},
    campus_energy_gateway::{Link, Reread},
    campus_energy_sdk::{
        account::AccountData,
        deployment::{Addresses, deployment_id},
        ledger::{
            Embedded, Ledger, LedgerError, LedgerReading, Receipt, Snapshot, programs::EMBEDDED,
            transaction::sign as sign_transaction,
        },
        oracle::{
            instruction::{IntervalSubmission, MeterAccounts, submit_signed_readings},
            readings::PlainReading,
        },
        reading::Quality,
        registry::{error::RegistryError::AlreadyAccepted, state::Meter as MeterState},
        time::Interval,
    },
    solana_account::Account,
    solana_program::{hash::Hash, instruction::InstructionError, pubkey::Pubkey},
    solana_signature::Signature,
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{
        collections::{HashSet, VecDeque},
        ops::RangeInclusive,
        sync::{
            Arc, Mutex, MutexGuard,
            atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
        },
        time::Instant,
    },
};

/// What becomes of a transaction that the gateway sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is executed, and the gateway never hears of it.
    Unheard,
    /// It never arrives.
    Dropped,
    /// It is refused because of a reading that was on a fork, and is on no ledger.
    RefusedByFork,
}

#[derive(Default)]
struct State {
    ledger: Option<Embedded>,
    /// What becomes of the next transactions; of the others what ought to.
    fates: VecDeque<Fate>,
    /// Of these nothing is known any more, and with these hashes nothing is executed any more.
    unheard: HashSet<Signature>,
    dead: HashSet<Hash>,
    /// What a node that is behind has of accounts.
    behind: Option<Snapshot>,
}

/// The ledger; every copy is the same one.
#[derive(Clone, Default)]
pub struct Remote {
    state: Arc<Mutex<State>>,
    /// Whether it remembers no transactions.
    pub forgets: Arc<AtomicBool>,
    /// How much its clock is ahead of what it is told, seconds, once a transaction was lost.
    pub ahead: Arc<AtomicI64>,
    /// Whether it stays in the same slot, with the same blockhash.
    pub stands: Arc<AtomicBool>,
    /// Transactions that the gateway has sent.
    pub sent: Arc<AtomicUsize>,
}

fn lost() -> LedgerError {
    LedgerError::Unreachable("the answer is lost".into())
}

impl Remote {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Embedded) -> T) -> T {
        use_it(self.state().ledger.as_mut().expect("a ledger"))
    }

    /// A link to it, for a gateway that has just founded this ledger: the first one's is kept.
    pub fn link(&self) -> impl FnOnce(Embedded) -> Self {
        let own = self.clone();
        move |ledger| {
            own.state().ledger.get_or_insert(ledger);
            own
        }
    }

    /// The same, of a ledger that has lost everything since the founding, and where something else has happened then.
    pub fn link_after_loss(&self, then: impl FnOnce(&Self)) -> impl FnOnce(Embedded) -> Self {
        let own = self.clone();
        move |ledger| {
            own.state().ledger = Some(ledger);
            then(&own);
            own
        }
    }

    /// From now on accounts are read as they are now, unless they are asked for as they are since a moment.
    pub fn fall_behind(&self) {
        let accounts = self.with(|ledger| Snapshot::of(ledger));
        self.state().behind = Some(accounts);
    }

    /// What becomes of the next transactions.
    pub fn next(&self, fates: &[Fate]) {
        self.state().fates.extend(fates);
    }

    /// Somebody else who has the submitter's key, and readings that the meter has signed, puts one on the ledger: the transaction.
    pub fn submit(&self, meter: usize, end: i64, [generated, consumed]: [u32; 2]) -> String {
        let (keys, addresses) = (Keys::new(42), Addresses::derive(EMBEDDED, "ENG_".parse().unwrap()));
        let id = format!("ENG_{meter:03}").parse().unwrap();
        self.with(|ledger| {
            ledger.set_time(end + 5);
            let account = ledger.account(&addresses.meter(&id)).unwrap().expect("a meter");
            let token_account = MeterState::decode(&account.data).unwrap().token_account;
            let accounts = MeterAccounts { meter: addresses.meter(&id), token_account };
            let reading = PlainReading { generated, consumed, quality: Quality::Measured };
            let deployment = deployment_id(&Hash::default(), &addresses.department);
            let signed = sign(id, &keys.meter(meter - 1), deployment, Interval::ending_at(end).unwrap(), &reading);
            let submitter = keys.submitter();
            let instructions = submit_signed_readings(
                &addresses,
                &submitter.pubkey(),
                IntervalSubmission { timestamp: end, meters: &[accounts], readings: vec![signed] },
                1,
            );
            let transaction = sign_transaction(ledger, &instructions, &[&submitter], &[]).unwrap();
            ledger.send(transaction).unwrap().signature
        })
    }
}

impl Ledger for Remote {
    fn genesis_hash(&self) -> Result<Hash, LedgerError> {
        self.with(|ledger| ledger.genesis_hash())
    }

    fn account(&self, address: &Pubkey) -> Result<Option<Account>, LedgerError> {
        if let Some(account) = self.state().behind.as_ref().and_then(|behind| behind.accounts.get(address)) {
            return Ok(Some(account.clone()));
        }
        self.with(|ledger| ledger.account(address))
    }

    fn owned(&self, program: &Pubkey, offset: usize, bytes: &[u8]) -> Result<Vec<(Pubkey, Account)>, LedgerError> {
        self.with(|ledger| ledger.owned(program, offset, bytes))
    }

    fn latest_blockhash(&self) -> Result<Hash, LedgerError> {
        self.with(|ledger| ledger.latest_blockhash())
    }

    fn readings_of(
        &self,
        meters: &[Pubkey],
        intervals: RangeInclusive<i64>,
    ) -> Result<Vec<LedgerReading>, LedgerError> {
        if self.forgets.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        self.with(|ledger| ledger.readings_of(meters, intervals))
    }

    fn send(&mut self, transaction: VersionedTransaction) -> Result<Receipt, LedgerError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let fate = self.state().fates.pop_front();
        let Some(fate) = fate else { return self.with(|ledger| ledger.send(transaction)) };
        if fate == Fate::RefusedByFork {
            let refusal = InstructionError::Custom(AlreadyAccepted.code());
            return Err(LedgerError::Refused(TransactionError::InstructionError(1, refusal), Vec::new()));
        }
        let mut state = self.state();
        state.unheard.insert(transaction.signatures[0]);
        state.dead.insert(*transaction.message.recent_blockhash());
        drop(state);
        if fate == Fate::Unheard {
            self.with(|ledger| ledger.send(transaction)).expect("it is executed");
        }
        Err(lost())
    }
}

impl Link for Remote {
    fn begin_slot(&mut self, unix_timestamp: i64) {
        if self.stands.load(Ordering::Relaxed) {
            return;
        }
        let ahead = if self.state().unheard.is_empty() { 0 } else { self.ahead.load(Ordering::Relaxed) };
        self.with(|ledger| ledger.set_time(unix_timestamp + ahead));
    }

    fn account_since(&self, address: &Pubkey, _: Instant) -> Result<Reread, LedgerError> {
        self.with(|ledger| ledger.account(address)).map(Reread::Is)
    }

    fn outcome(&self, signature: &Signature) -> Result<Option<Result<(), LedgerError>>, LedgerError> {
        if self.state().unheard.contains(signature) {
            return Ok(None);
        }
        Ok(self.with(|ledger| ledger.outcome(signature)))
    }

    fn accepts(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        Ok(!self.state().dead.contains(blockhash) && self.latest_blockhash()? == *blockhash)
    }
}
