//! The sender of transactions: sends them with preflight, asks for their statuses together, sends them again while their
//! blockhash lives, and says that they are dead only when no block can still take them.

use {
    super::{blockhash::Blockhashes, error::ledger_error, subscription::Subscription},
    crate::{
        deployment::Programs,
        ledger::{LedgerError, refused},
    },
    solana_commitment_config::{CommitmentConfig, CommitmentLevel},
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    solana_rpc_client_api::config::RpcSendTransactionConfig,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{
        collections::{HashMap, VecDeque},
        sync::{
            Arc, Mutex, MutexGuard, PoisonError,
            atomic::{AtomicU64, Ordering},
        },
        time::{Duration, Instant},
    },
    tokio::sync::{Notify, Semaphore, oneshot},
};

/// Signatures that one request can ask for.
const AT_ONCE: usize = 256;
/// How often a transaction goes out again.
const RESEND: Duration = Duration::from_secs(2);
/// How often it is asked what has expired, and how old a transaction is then at least.
const EXPIRY: Duration = Duration::from_secs(2);
/// Blocks behind a node's finalized one in which a transaction counts as alive whose last height is not known: 150 that a blockhash
/// lives, and as many again that the node may be behind.
const UNKNOWN_LIFE: u64 = 300;
/// Requests under way.
const SENDING: usize = 64;
/// Outcomes that are remembered.
const REMEMBERED: usize = 10_000;

/// How transactions have fared since the connection was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Taken over.
    pub posted: u64,
    /// Executed; they have paid.
    pub executed: u64,
    /// Refused by the programs or the cluster.
    pub refused: u64,
    /// Never executed: their blockhash died.
    pub expired: u64,
    /// Sent once more.
    pub resent: u64,
    /// Requests for their statuses.
    pub asked: u64,
    /// Confirmed slots that the subscription has told of: each is followed by a request.
    pub told: u64,
    /// How long the last ones took, from being taken over until they were confirmed.
    pub confirmations: VecDeque<Duration>,
}

pub(super) type Outcome = Result<(), LedgerError>;

/// Brings transactions, and knows what became of them.
pub(super) struct Sender {
    client: Arc<RpcClient>,
    desk: Mutex<Desk>,
    sending: Semaphore,
    woken: Notify,
    subscription: Arc<Subscription>,
    blockhashes: Arc<Blockhashes>,
    programs: Programs,
    /// The newest slot that a node has told of.
    slot: AtomicU64,
}

#[derive(Default)]
struct Desk {
    open: HashMap<Signature, Open>,
    done: HashMap<Signature, Outcome>,
    order: VecDeque<Signature>,
    /// Why the last round got no answer.
    trouble: Option<String>,
    statistics: Statistics,
}

struct Open {
    transaction: VersionedTransaction,
    posted: Instant,
    sent: Instant,
    /// Whether it may have been sent before this process knew it.
    known: bool,
    /// The height of the last block that can take it, where that is known.
    last_valid: Option<u64>,
    waiters: Vec<oneshot::Sender<Outcome>>,
}

impl Sender {
    /// Starts a sender, which works as long as the runtime lives.
    pub(super) fn start(
        client: Arc<RpcClient>,
        subscription: Arc<Subscription>,
        blockhashes: Arc<Blockhashes>,
        programs: Programs,
        runtime: &tokio::runtime::Runtime,
    ) -> Arc<Self> {
        let (sending, woken) = (Semaphore::new(SENDING), Notify::new());
        let (desk, slot) = (Mutex::default(), AtomicU64::new(0));
        let sender = Arc::new(Self { client, desk, sending, woken, subscription, blockhashes, programs, slot });
        runtime.spawn(sender.clone().run());
        sender
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a transaction over. `known`: it may have been sent by an earlier process. `last_valid`: the height of the last block that
    /// can take it, where the caller knows it. The outcome comes when there is one.
    pub(super) fn post(
        self: &Arc<Self>,
        runtime: &tokio::runtime::Handle,
        transaction: VersionedTransaction,
        known: bool,
        last_valid: Option<u64>,
    ) -> oneshot::Receiver<Outcome> {
        let (waiter, receiver) = oneshot::channel();
        let signature = transaction.signatures[0];
        let last_valid = last_valid.or_else(|| self.blockhashes.last_valid(transaction.message.recent_blockhash()));
        let mut desk = self.desk();
        if let Some(outcome) = desk.done.get(&signature) {
            let _ = waiter.send(outcome.clone());
            return receiver;
        }
        let now = Instant::now();
        let new = !desk.open.contains_key(&signature);
        let open = desk.open.entry(signature);
        let open = open.or_insert_with(|| Open {
            transaction,
            posted: now,
            sent: now,
            known,
            last_valid,
            waiters: Vec::new(),
        });
        open.waiters.push(waiter);
        desk.statistics.posted += u64::from(new);
        drop(desk);
        if new {
            runtime.spawn(self.clone().send(signature, true));
            self.woken.notify_one();
        }
        receiver
    }

    /// What became of a transaction that was posted; none where it is not known yet, or no longer.
    pub(super) fn outcome(&self, signature: &Signature) -> Option<Outcome> {
        self.desk().done.get(signature).cloned()
    }

    /// Whether a transaction is under way.
    pub(super) fn carries(&self, signature: &Signature) -> bool {
        self.desk().open.contains_key(signature)
    }

    pub(super) fn under_way(&self) -> usize {
        self.desk().open.len()
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics { told: self.subscription.told(), ..self.desk().statistics.clone() }
    }

    /// Why there is no word from the cluster, if there is none.
    pub(super) fn trouble(&self) -> Option<String> {
        self.desk().trouble.clone()
    }

    /// The newest slot that a node has told of; 0 before the first.
    pub(super) fn slot(&self) -> u64 {
        self.slot.load(Ordering::Relaxed)
    }

    fn conclude(&self, signature: &Signature, outcome: Outcome) {
        let mut desk = self.desk();
        let Some(open) = desk.open.remove(signature) else { return };
        let outcome = outcome.map_err(|error| match error {
            LedgerError::Refused(error, logs) => refused(error, logs, &open.transaction.message, &self.programs),
            other => other,
        });
        let statistics = &mut desk.statistics;
        match &outcome {
            Ok(()) => {
                statistics.executed += 1;
                statistics.confirmations.push_back(open.posted.elapsed());
                if statistics.confirmations.len() > REMEMBERED {
                    statistics.confirmations.pop_front();
                }
            }
            Err(LedgerError::Expired) => statistics.expired += 1,
            Err(_) => statistics.refused += 1,
        }
        desk.done.insert(*signature, outcome.clone());
        desk.order.push_back(*signature);
        if desk.order.len() > REMEMBERED
            && let Some(oldest) = desk.order.pop_front()
        {
            desk.done.remove(&oldest);
        }
        drop(desk);
        for waiter in open.waiters {
            // Whoever does not wait any more has the desk's memory.
            let _ = waiter.send(outcome.clone());
        }
    }

    /// Sends a transaction; a refusal by the preflight of the first time is its end.
    async fn send(self: Arc<Self>, signature: Signature, first: bool) {
        let Ok(_permit) = self.sending.acquire().await else { return };
        let Some((transaction, known)) = self.desk().open.get_mut(&signature).map(|open| {
            open.sent = Instant::now();
            (open.transaction.clone(), open.known)
        }) else {
            return;
        };
        let config = RpcSendTransactionConfig {
            // Once a copy may be under way, only the ledger can say what became of it.
            skip_preflight: !first || known,
            preflight_commitment: Some(CommitmentLevel::Processed),
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        match self.client.send_transaction_with_config(&transaction, config).await.map_err(|error| ledger_error(&error))
        {
            Err(LedgerError::Refused(TransactionError::BlockhashNotFound | TransactionError::AlreadyProcessed, _))
            | Ok(_) => {}
            Err(refusal @ LedgerError::Refused(..)) => self.conclude(&signature, Err(refusal)),
            Err(error) => self.desk().trouble = Some(error.to_string()),
        }
    }

    async fn run(self: Arc<Self>) {
        let mut looked = Instant::now();
        loop {
            let signatures: Vec<Signature> = self.desk().open.keys().copied().collect();
            if signatures.is_empty() {
                self.woken.notified().await;
                // What has just been posted is not confirmed yet.
                self.subscription.next().await;
                continue;
            }
            let mut result = self.ask(&signatures).await;
            if result.is_ok() && looked.elapsed() > EXPIRY {
                looked = Instant::now();
                result = self.expire().await;
            }
            self.resend();
            self.desk().trouble = result.err().map(|error| error.to_string());
            self.subscription.next().await;
        }
    }

    /// Concludes what is confirmed.
    async fn ask(&self, signatures: &[Signature]) -> Result<(), LedgerError> {
        for some in signatures.chunks(AT_ONCE) {
            self.desk().statistics.asked += 1;
            let statuses = self.client.get_signature_statuses(some).await.map_err(|error| ledger_error(&error))?;
            self.slot.fetch_max(statuses.context.slot, Ordering::Relaxed);
            for (signature, status) in some.iter().zip(statuses.value) {
                let confirmed = status.filter(|status| status.satisfies_commitment(CommitmentConfig::confirmed()));
                if let Some(status) = confirmed {
                    self.conclude(signature, result(status.err));
                }
            }
        }
        Ok(())
    }

    fn resend(self: &Arc<Self>) {
        let due = |(signature, open): (&Signature, &Open)| (open.sent.elapsed() > RESEND).then_some(*signature);
        let due: Vec<Signature> = self.desk().open.iter().filter_map(due).collect();
        self.desk().statistics.resent += due.len() as u64;
        for signature in due {
            tokio::spawn(self.clone().send(signature, false));
        }
    }

    /// Concludes what no block can take any more: the finalized chain of the node that answers has passed the last height that takes
    /// its blockhash.
    async fn expire(&self) -> Result<(), LedgerError> {
        let old = |(signature, open): (&Signature, &Open)| (open.posted.elapsed() > EXPIRY).then_some(*signature);
        let old: Vec<Signature> = self.desk().open.iter().filter_map(old).collect();
        if old.is_empty() {
            return Ok(());
        }
        // Height and slot of one block: a node that is behind says a lower height, and nothing is concluded.
        let finalized = self.client.get_epoch_info_with_commitment(CommitmentConfig::finalized()).await;
        let finalized = finalized.map_err(|error| ledger_error(&error))?;
        let dead = self.beyond(old, finalized.block_height);
        self.bury(&dead, finalized.absolute_slot).await
    }

    /// Those of the transactions that no block behind a height can take.
    fn beyond(&self, signatures: Vec<Signature>, height: u64) -> Vec<Signature> {
        let mut desk = self.desk();
        let is_beyond = |signature: &Signature| {
            let Some(open) = desk.open.get_mut(signature) else { return false };
            height > *open.last_valid.get_or_insert(height + UNKNOWN_LIFE)
        };
        signatures.into_iter().filter(is_beyond).collect()
    }

    /// Concludes transactions that no block can take behind a slot: with what the history says of them, or as expired where it does not
    /// have them. A node that has not reached the slot is not believed, nor what is not confirmed: then it is asked again.
    async fn bury(&self, signatures: &[Signature], slot: u64) -> Result<(), LedgerError> {
        for some in signatures.chunks(AT_ONCE) {
            let statuses = self.client.get_signature_statuses_with_history(some).await;
            let statuses = statuses.map_err(|error| ledger_error(&error))?;
            if statuses.context.slot < slot {
                continue;
            }
            for (signature, status) in some.iter().zip(statuses.value) {
                match status {
                    None => self.conclude(signature, Err(LedgerError::Expired)),
                    Some(status) if status.satisfies_commitment(CommitmentConfig::confirmed()) => {
                        self.conclude(signature, result(status.err));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }
}

fn result(error: Option<TransactionError>) -> Outcome {
    error.map_or(Ok(()), |error| Err(LedgerError::Refused(error, Vec::new())))
}
