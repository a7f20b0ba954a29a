//! The cache of accounts that are read repeatedly in the background: reading them does not block on a node, and gives the last known
//! state while no node answers.

use {
    super::{ACCOUNTS_AT_ONCE, error::ledger_error},
    crate::ledger::LedgerError,
    solana_account::Account,
    solana_commitment_config::CommitmentConfig,
    solana_program::pubkey::Pubkey,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    std::{
        collections::HashMap,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::runtime::Runtime,
};

/// How often they are read.
const PERIOD: Duration = Duration::from_secs(1);

/// The accounts that are followed, as they were last read.
pub(super) struct Cache(Mutex<Cached>);

struct Cached {
    accounts: HashMap<Pubkey, Option<Account>>,
    /// When the reading began that they are from.
    begun: Instant,
    /// Why the last reading failed.
    trouble: Option<String>,
}

impl Cache {
    /// Follows accounts, as they are known, as long as the runtime lives.
    pub(super) fn start(
        client: Arc<RpcClient>,
        runtime: &Runtime,
        accounts: HashMap<Pubkey, Option<Account>>,
        begun: Instant,
    ) -> Arc<Self> {
        let addresses: Vec<Pubkey> = accounts.keys().copied().collect();
        let cache = Arc::new(Self(Mutex::new(Cached { accounts, begun, trouble: None })));
        let own = cache.clone();
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let begun = Instant::now();
                let result = read(&client, &addresses).await;
                let mut cached = own.cached();
                match result {
                    Ok(accounts) => *cached = Cached { accounts, begun, trouble: None },
                    Err(error) => cached.trouble = Some(error.to_string()),
                }
            }
        });
        cache
    }

    fn cached(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These accounts, if all are followed.
    pub(super) fn accounts(&self, addresses: &[Pubkey]) -> Option<Vec<Option<Account>>> {
        let cached = self.cached();
        addresses.iter().map(|address| cached.accounts.get(address).cloned()).collect()
    }

    /// Whether they were read after a moment.
    pub(super) fn is_of_after(&self, moment: Instant) -> bool {
        self.cached().begun > moment
    }

    /// Why they could not be read the last time.
    pub(super) fn trouble(&self) -> Option<String> {
        self.cached().trouble.clone()
    }
}

async fn read(client: &RpcClient, addresses: &[Pubkey]) -> Result<HashMap<Pubkey, Option<Account>>, LedgerError> {
    let mut all = HashMap::with_capacity(addresses.len());
    for some in addresses.chunks(ACCOUNTS_AT_ONCE) {
        let accounts = client.get_multiple_accounts_with_commitment(some, CommitmentConfig::confirmed()).await;
        all.extend(some.iter().copied().zip(accounts.map_err(|error| ledger_error(&error))?.value));
    }
    Ok(all)
}
