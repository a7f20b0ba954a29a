//! Blockhash and fees of a cluster, refreshed in the background, so that signing a transaction does not block.

use {
    solana_commitment_config::CommitmentConfig,
    solana_program::{hash::Hash, pubkey::Pubkey},
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    std::{
        collections::VecDeque,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::runtime::Runtime,
};

/// How often a blockhash is asked for, and for how long one is signed with: it lives for about a minute.
const BLOCKHASHES: Duration = Duration::from_secs(1);
const USABLE: Duration = Duration::from_secs(30);
/// Blockhashes of which it is remembered up to which height blocks take them: ten minutes' worth.
const REMEMBERED: usize = 600;
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
    /// The last blockhashes, each with the height of the last block that takes it.
    heights: VecDeque<(Hash, u64)>,
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

    /// The height of the last block that takes a blockhash, if it was one to sign with lately.
    pub(super) fn last_valid(&self, blockhash: &Hash) -> Option<u64> {
        self.known().heights.iter().rev().find(|(hash, _)| hash == blockhash).map(|(_, height)| *height)
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
            let latest = client.get_latest_blockhash_with_commitment(CommitmentConfig::confirmed()).await;
            if let Ok((hash, last_valid)) = latest {
                let mut known = self.known();
                known.blockhash = Some((Instant::now(), hash));
                if known.heights.back().is_none_or(|(last, _)| *last != hash) {
                    known.heights.push_back((hash, last_valid));
                    if known.heights.len() > REMEMBERED {
                        known.heights.pop_front();
                    }
                }
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
