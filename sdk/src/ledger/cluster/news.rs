//! Blockhash and fees of a cluster, refreshed in the background, so that signing a transaction does not block.

use {
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    std::{
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::runtime::Runtime,
};

/// How often a blockhash is asked for, and for how long one is signed with: it lives for about a minute.
const BLOCKHASHES: Duration = Duration::from_secs(1);
const USABLE: Duration = Duration::from_secs(30);
/// How often what others pay is asked for.
const PRICES: Duration = Duration::from_secs(10);

/// The newest blockhash, and what others pay for a compute unit.
#[derive(Default)]
pub(super) struct News {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    blockhash: Option<(Instant, Hash)>,
    price: Option<u64>,
    /// The accounts whose writers compete.
    written: Vec<Pubkey>,
}

impl News {
    /// News that come as long as the runtime lives.
    pub(super) fn start(client: Arc<RpcClient>, runtime: &Runtime) -> Arc<Self> {
        let news = Arc::new(Self::default());
        runtime.spawn(news.clone().run(client));
        news
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A blockhash to sign with.
    pub(super) fn blockhash(&self) -> Option<Hash> {
        self.known().blockhash.filter(|(since, _)| since.elapsed() < USABLE).map(|(_, hash)| hash)
    }

    /// What a compute unit costs, once that has been asked, micro-lamports.
    pub(super) fn price(&self) -> Option<u64> {
        self.known().price
    }

    /// Asks what whoever wrote these accounts has paid: the median of the last blocks, 0 where that is not to be known.
    pub(super) async fn ask_price(&self, client: &RpcClient, written: Vec<Pubkey>) -> u64 {
        let fees = client.get_recent_prioritization_fees(&written).await.unwrap_or_default();
        let mut fees: Vec<u64> = fees.iter().map(|fee| fee.prioritization_fee).collect();
        fees.sort_unstable();
        let price = fees.get(fees.len() / 2).copied().unwrap_or(0);
        let mut known = self.known();
        (known.price, known.written) = (Some(price), written);
        price
    }

    async fn run(self: Arc<Self>, client: Arc<RpcClient>) {
        let mut priced = Instant::now();
        loop {
            if let Ok(hash) = client.get_latest_blockhash().await {
                self.known().blockhash = Some((Instant::now(), hash));
            }
            if priced.elapsed() > PRICES {
                priced = Instant::now();
                let written = self.known().written.clone();
                if !written.is_empty() {
                    self.ask_price(&client, written).await;
                }
            }
            tokio::time::sleep(BLOCKHASHES).await;
        }
    }
}
