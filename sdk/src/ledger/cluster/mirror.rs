//! A cache of accounts that are read repeatedly in the background: reading them does not block on a node, and gives the last known
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

/// The accounts.
pub(super) struct Mirror(Mutex<Known>);

struct Known {
    accounts: HashMap<Pubkey, Option<Account>>,
    /// When the reading began that they are from.
    begun: Instant,
    /// Why the last reading failed.
    trouble: Option<String>,
}

impl Mirror {
    /// Follows accounts, as they are known, as long as the runtime lives.
    pub(super) fn start(
        client: Arc<RpcClient>,
        runtime: &Runtime,
        accounts: HashMap<Pubkey, Option<Account>>,
        begun: Instant,
    ) -> Arc<Self> {
        let addresses: Vec<Pubkey> = accounts.keys().copied().collect();
        let mirror = Arc::new(Self(Mutex::new(Known { accounts, begun, trouble: None })));
        let own = mirror.clone();
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let begun = Instant::now();
                let result = read(&client, &addresses).await;
                let mut known = own.known();
                match result {
                    Ok(accounts) => *known = Known { accounts, begun, trouble: None },
                    Err(error) => known.trouble = Some(error.to_string()),
                }
            }
        });
        mirror
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These accounts, if all are followed.
    pub(super) fn accounts(&self, addresses: &[Pubkey]) -> Option<Vec<Option<Account>>> {
        let known = self.known();
        addresses.iter().map(|address| known.accounts.get(address).cloned()).collect()
    }

    /// Whether they were read after a moment.
    pub(super) fn is_of_after(&self, moment: Instant) -> bool {
        self.known().begun > moment
    }

    /// Why they could not be read the last time.
    pub(super) fn trouble(&self) -> Option<String> {
        self.known().trouble.clone()
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
