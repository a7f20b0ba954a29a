//! Brings transactions to a cluster: sends them with preflight, asks for their statuses together, sends them again while their
//! blockhash lives, and says that they are dead only when no block can still take them.

use {
    super::{error::ledger_error, subscription::Subscription},
    crate::ledger::LedgerError,
    solana_commitment_config::{CommitmentConfig, CommitmentLevel},
    solana_program::hash::Hash,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    solana_rpc_client_api::config::RpcSendTransactionConfig,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
    std::{
        collections::{HashMap, HashSet, VecDeque},
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::sync::{Notify, Semaphore, oneshot},
};

/// Signatures that one request can ask for.
const AT_ONCE: usize = 256;
/// How often a transaction goes out again.
const RESEND: Duration = Duration::from_secs(2);
/// How often blockhashes are looked at, and how old a transaction is then at least.
const EXPIRY: Duration = Duration::from_secs(2);
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
pub(super) struct Courier {
    client: Arc<RpcClient>,
    desk: Mutex<Desk>,
    sending: Semaphore,
    woken: Notify,
    subscription: Arc<Subscription>,
}

#[derive(Default)]
struct Desk {
    open: HashMap<Signature, Open>,
    done: HashMap<Signature, Outcome>,
    order: VecDeque<Signature>,
    /// Blockhashes that the confirmed chain no longer takes, with the height at which that was seen.
    stale: HashMap<Hash, u64>,
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
    waiters: Vec<oneshot::Sender<Outcome>>,
}

impl Courier {
    /// A courier that works as long as its handle lives.
    pub(super) fn start(
        client: Arc<RpcClient>,
        subscription: Arc<Subscription>,
        runtime: &tokio::runtime::Runtime,
    ) -> Arc<Self> {
        let (sending, woken) = (Semaphore::new(SENDING), Notify::new());
        let courier = Arc::new(Self { client, desk: Mutex::default(), sending, woken, subscription });
        runtime.spawn(courier.clone().run());
        courier
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a transaction over. `known`: it may have been sent by an earlier process. The outcome comes when there is one.
    pub(super) fn post(
        self: &Arc<Self>,
        runtime: &tokio::runtime::Handle,
        transaction: VersionedTransaction,
        known: bool,
    ) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        let signature = transaction.signatures[0];
        let mut desk = self.desk();
        if let Some(outcome) = desk.done.get(&signature) {
            let _ = sender.send(outcome.clone());
            return receiver;
        }
        let now = Instant::now();
        let new = !desk.open.contains_key(&signature);
        let open = desk.open.entry(signature);
        let open = open.or_insert_with(|| Open { transaction, posted: now, sent: now, known, waiters: Vec::new() });
        open.waiters.push(sender);
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

    fn conclude(&self, signature: &Signature, outcome: &Outcome) {
        let mut desk = self.desk();
        let Some(open) = desk.open.remove(signature) else { return };
        let statistics = &mut desk.statistics;
        match outcome {
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
            Err(refusal @ LedgerError::Refused(..)) => self.conclude(&signature, &Err(refusal)),
            Err(error) => self.desk().trouble = Some(error.to_string()),
        }
    }

    async fn run(self: Arc<Self>) {
        let mut looked = Instant::now();
        loop {
            let signatures: Vec<Signature> = self.desk().open.keys().copied().collect();
            if signatures.is_empty() {
                self.desk().stale.clear();
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
            for (signature, status) in some.iter().zip(statuses.value) {
                let confirmed = status.filter(|status| status.satisfies_commitment(CommitmentConfig::confirmed()));
                if let Some(status) = confirmed {
                    let refusal = status.err.map(|error| LedgerError::Refused(error, Vec::new()));
                    self.conclude(signature, &refusal.map_or(Ok(()), Err));
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

    /// Concludes what no block can take any more: the confirmed chain has forgotten its blockhash at some height, the finalized
    /// chain has passed this height, and the history does not have it.
    async fn expire(&self) -> Result<(), LedgerError> {
        let old = |open: &&Open| open.posted.elapsed() > EXPIRY;
        let hashes: HashSet<Hash> =
            self.desk().open.values().filter(old).map(|open| *open.transaction.message.recent_blockhash()).collect();
        for hash in hashes {
            let stale = self.desk().stale.get(&hash).copied();
            let Some(height) = stale else {
                if !self.is_valid(&hash).await? {
                    let height = self.height(CommitmentConfig::confirmed()).await?;
                    self.desk().stale.insert(hash, height);
                }
                continue;
            };
            if self.height(CommitmentConfig::finalized()).await? > height {
                self.bury(&hash).await?;
            }
        }
        Ok(())
    }

    async fn bury(&self, hash: &Hash) -> Result<(), LedgerError> {
        let of_hash = |(signature, open): (&Signature, &Open)| {
            (open.transaction.message.recent_blockhash() == hash).then_some(*signature)
        };
        let signatures: Vec<Signature> = self.desk().open.iter().filter_map(of_hash).collect();
        for some in signatures.chunks(AT_ONCE) {
            let statuses = self.client.get_signature_statuses_with_history(some).await;
            let statuses = statuses.map_err(|error| ledger_error(&error))?.value;
            for (signature, status) in some.iter().zip(statuses) {
                let outcome = match status {
                    None => Err(LedgerError::Expired),
                    Some(status) => status.err.map_or(Ok(()), |error| Err(LedgerError::Refused(error, Vec::new()))),
                };
                self.conclude(signature, &outcome);
            }
        }
        Ok(())
    }

    async fn is_valid(&self, hash: &Hash) -> Result<bool, LedgerError> {
        let valid = self.client.is_blockhash_valid(hash, CommitmentConfig::confirmed()).await;
        valid.map_err(|error| ledger_error(&error))
    }

    async fn height(&self, commitment: CommitmentConfig) -> Result<u64, LedgerError> {
        self.client.get_block_height_with_commitment(commitment).await.map_err(|error| ledger_error(&error))
    }
}
