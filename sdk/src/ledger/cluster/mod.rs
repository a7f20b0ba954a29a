//! A Solana cluster, by the JSON-RPC of one or several of its nodes.
//!
//! Transactions state a compute unit limit (the measured ceilings of [`super::compute`]) and, where others pay for their place, a
//! price; they go out with preflight, are sent again while their blockhash lives, and count as executed when they are confirmed.
//! Dead they are only when the finalized chain has passed the last height that takes their blockhash, and the history does not have
//! them.

mod blockhash;
mod cache;
mod endpoints;
mod error;
mod fees;
mod fresh;
mod history;
mod inquiry;
mod ledger;
mod readings;
mod sender;
mod subscription;

pub use {history::Executed, sender::Statistics};

use {
    super::{Ledger, LedgerError, LedgerReading, Standing, embedded::BATCHING_FEATURE, transaction::recent_slot},
    crate::{deployment::Programs, token::state::MintMode},
    blockhash::Blockhashes,
    cache::Cache,
    endpoints::Endpoints,
    error::ledger_error,
    fees::Fees,
    inquiry::Inquiries,
    sender::{Outcome, Sender},
    solana_account::Account,
    solana_commitment_config::CommitmentConfig,
    solana_program::{hash::Hash, instruction::Instruction, pubkey::Pubkey},
    solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::RpcClientConfig},
    solana_rpc_client_api::client_error::Error,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        collections::BTreeSet,
        sync::Arc,
        time::{Duration, Instant},
    },
    subscription::Subscription,
    tokio::runtime::Runtime,
};

/// Accounts that one request can ask for.
const ACCOUNTS_AT_ONCE: usize = 100;
/// How long finality may take.
const FINALITY: Duration = Duration::from_secs(60);

/// How a cluster is used.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How long one request may take.
    pub timeout: Duration,
    /// How long a question is repeated while no node answers.
    pub patience: Duration,
    /// What a compute unit may cost at most, micro-lamports.
    pub highest_price: u64,
    /// Whether the node's WebSocket may say when a slot is confirmed. Without, statuses are asked for every 40 ms.
    pub subscribe: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            patience: Duration::from_secs(20),
            highest_price: 10_000,
            subscribe: true,
        }
    }
}

/// A cluster.
pub struct Cluster {
    runtime: Option<Runtime>,
    client: Arc<RpcClient>,
    sender: Arc<Sender>,
    policy: Policy,
    programs: Programs,
    genesis: Hash,
    mint_mode: MintMode,
    blockhashes: Arc<Blockhashes>,
    fees: Arc<Fees>,
    cache: Option<Arc<Cache>>,
    lookups: Arc<Inquiries<(Pubkey, i64), Option<LedgerReading>>>,
    standings: Arc<Inquiries<Vec<Signature>, Vec<Standing>>>,
    fresh: Arc<Inquiries<Pubkey, (Instant, Option<Account>)>>,
}

impl Cluster {
    /// Connects to a cluster by these URLs, on which the programs have, or will have, these ids.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`] where no node answers within the policy's patience; [`LedgerError::Internal`] where this process gets no
    /// thread to ask with.
    pub fn connect(urls: &[String], programs: Programs, policy: Policy) -> Result<Self, LedgerError> {
        let unmade =
            |error: std::io::Error| LedgerError::Internal(format!("no thread for the cluster's requests: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(unmade)?;
        let config = RpcClientConfig::with_commitment(CommitmentConfig::confirmed());
        let endpoints = Endpoints::new(urls, policy.timeout);
        let in_use = policy.subscribe.then(|| endpoints.in_use());
        let subscription = Subscription::start(urls, in_use, policy.timeout, &runtime);
        let client = Arc::new(RpcClient::new_sender(endpoints, config));
        let blockhashes = Blockhashes::start(client.clone(), &runtime);
        let fees = Fees::start(client.clone(), &runtime);
        let sender = Sender::start(client.clone(), subscription, blockhashes.clone(), programs, &runtime);
        let mut cluster = Self {
            runtime: Some(runtime),
            client,
            sender,
            policy,
            programs,
            genesis: Hash::default(),
            mint_mode: MintMode::Plain,
            blockhashes,
            fees,
            cache: None,
            lookups: Arc::default(),
            standings: Arc::default(),
            fresh: Arc::default(),
        };
        cluster.genesis = cluster.ask(|client| async move { client.get_genesis_hash().await })?;
        cluster.await_first_slot()?;
        // A feature's account: an `Option<u64>`, the slot since which it is active.
        let feature = cluster.account(&BATCHING_FEATURE)?;
        if feature.is_some_and(|account| account.data.first() == Some(&1)) {
            cluster.mint_mode = MintMode::Batch;
        }
        Ok(cluster)
    }

    /// How long a question is repeated from now on while no node answers.
    pub fn set_patience(&mut self, patience: Duration) {
        self.policy.patience = patience;
    }

    /// Keeps these accounts from now on, read anew every second in the background: they are answered at once, as they were last,
    /// whether a node answers or not.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`] where they cannot be read the first time.
    pub fn follow(&mut self, addresses: &[Pubkey]) -> Result<(), LedgerError> {
        let begun = Instant::now();
        let accounts = addresses.iter().copied().zip(self.accounts(addresses)?).collect();
        self.cache = Some(Cache::start(self.client.clone(), self.runtime(), accounts, begun));
        Ok(())
    }

    /// Whether the accounts that are followed were read after a moment.
    #[must_use]
    pub fn is_of_after(&self, moment: Instant) -> bool {
        self.cache.as_ref().is_none_or(|cache| cache.is_of_after(moment))
    }

    /// The programs' ids.
    #[must_use]
    pub fn programs(&self) -> Programs {
        self.programs
    }

    /// How the cluster's SPL Token can mint.
    #[must_use]
    pub fn mint_mode(&self) -> MintMode {
        self.mint_mode
    }

    /// The cluster's time, Unix seconds: what programs see as the clock.
    ///
    /// # Errors
    /// [`LedgerError::Missing`] where the cluster has no clock; [`LedgerError::Unreachable`], [`LedgerError::Node`].
    pub fn time(&self) -> Result<i64, LedgerError> {
        let address = solana_program::sysvar::clock::ID;
        let clock = self.account(&address)?;
        // Slot, epoch's start, epoch, leader schedule's epoch, and the time; 8 bytes each.
        let time = clock.and_then(|account| account.data.get(32..40)?.try_into().ok().map(i64::from_le_bytes));
        time.ok_or_else(|| LedgerError::Missing { what: "the cluster's clock".into(), address })
    }

    /// Asks a local cluster's faucet for lamports, and waits until they are there.
    ///
    /// # Errors
    /// [`LedgerError::Node`] where there is no faucet, [`LedgerError::Malformed`] where it says that it gave lamports and they do not come.
    pub fn airdrop(&self, address: &Pubkey, lamports: u64) -> Result<(), LedgerError> {
        let before = self.account(address)?.map_or(0, |account| account.lamports);
        let request = self.client.request_airdrop(address, lamports);
        self.runtime().block_on(request).map_err(|error| ledger_error(&error))?;
        let until = Instant::now() + self.policy.patience;
        while Instant::now() < until {
            if self.account(address)?.is_some_and(|account| account.lamports > before) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let waited = self.policy.patience.as_secs();
        Err(LedgerError::Malformed(format!(
            "the faucet took the request for {lamports} lamports, and {address} has got none in {waited} s"
        )))
    }

    /// Takes a transaction over without waiting: it is sent, and sent again while its blockhash lives. `known`: an earlier process
    /// may have sent it.
    pub fn post(&self, transaction: VersionedTransaction, known: bool) {
        drop(self.sender.post(self.runtime().handle(), transaction, known, None));
    }

    /// The same, of a transaction that an earlier process may have sent. `last_valid`: the height of the last block that takes its
    /// blockhash, if that is known.
    pub fn resume(&self, transaction: VersionedTransaction, last_valid: Option<u64>) {
        drop(self.sender.post(self.runtime().handle(), transaction, true, last_valid));
    }

    /// The height of the last block that takes a blockhash, if it was given to sign with lately.
    #[must_use]
    pub fn last_valid(&self, blockhash: &Hash) -> Option<u64> {
        self.blockhashes.last_valid(blockhash)
    }

    /// What became of a transaction that was posted; none as long as that is not known.
    #[must_use]
    pub fn outcome(&self, signature: &Signature) -> Option<Result<(), LedgerError>> {
        self.sender.outcome(signature)
    }

    /// Whether a transaction that was posted is still under way.
    #[must_use]
    pub fn carries(&self, signature: &Signature) -> bool {
        self.sender.carries(signature)
    }

    /// How many transactions are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.sender.under_way()
    }

    /// How transactions have fared so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.sender.statistics()
    }

    /// Whether a transaction with this blockhash can still be executed.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
    pub fn is_valid(&self, blockhash: &Hash) -> Result<bool, LedgerError> {
        self.ask(|client| async move { client.is_blockhash_valid(blockhash, CommitmentConfig::confirmed()).await })
    }

    /// Why there is no word of the transactions that are under way, or of the accounts that are followed, if there is none.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.sender.trouble().or_else(|| self.cache.as_ref()?.trouble())
    }

    /// A validator that has just begun answers before it has made a slot.
    fn await_first_slot(&self) -> Result<(), LedgerError> {
        let until = Instant::now() + self.policy.patience;
        loop {
            match recent_slot(self) {
                Err(LedgerError::Missing { .. }) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                result => return result.map(|_| ()),
            }
        }
    }

    fn runtime(&self) -> &Runtime {
        // Gone only while it is dropped.
        self.runtime.as_ref().expect("a runtime")
    }

    /// Asks until there is an answer, for as long as the policy's patience lasts.
    fn ask<T, F>(&self, mut question: impl FnMut(Arc<RpcClient>) -> F) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let until = Instant::now() + self.policy.patience;
        self.runtime().block_on(async {
            loop {
                match question(self.client.clone()).await.map_err(|error| ledger_error(&error)) {
                    Err(error) if error.is_transient() && Instant::now() < until => {
                        tokio::time::sleep(Duration::from_millis(100 + fastrand::u64(0..200))).await;
                    }
                    result => return result,
                }
            }
        })
    }

    fn await_outcomes(&self, transactions: Vec<VersionedTransaction>) -> Vec<Outcome> {
        let post = |transaction| self.sender.post(self.runtime().handle(), transaction, false, None);
        let waiting: Vec<_> = transactions.into_iter().map(post).collect();
        self.runtime().block_on(async {
            let mut outcomes = Vec::with_capacity(waiting.len());
            for outcome in waiting {
                let gone = |_| Err(LedgerError::Internal("the sender of transactions has stopped".into()));
                outcomes.push(outcome.await.unwrap_or_else(gone));
            }
            outcomes
        })
    }

    /// What a compute unit costs that gets a place among those who write the same accounts: the median of the last blocks, with a
    /// cap. Nothing where nobody pays.
    fn price(&self, instructions: &[Instruction]) -> u64 {
        let price = self.fees.price().unwrap_or_else(|| {
            let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
            let written: BTreeSet<Pubkey> = metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
            let written = written.into_iter().take(ACCOUNTS_AT_ONCE).collect();
            self.runtime().block_on(self.fees.ask_price(&self.client, written))
        });
        price.min(self.policy.highest_price)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What is under way stays under way at the nodes; nobody here waits for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
