//! The cluster's newest blockhashes, refreshed in the background, so that signing a transaction does not block.

use {
    solana_commitment_config::CommitmentConfig,
    solana_program::hash::Hash,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    std::{
        collections::VecDeque,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::runtime::Runtime,
};

/// How often a blockhash is asked for, and for how long one is signed with: it lives for about a minute.
const PERIOD: Duration = Duration::from_secs(1);
const USABLE: Duration = Duration::from_secs(30);
/// Blockhashes of which it is remembered up to which height blocks take them: ten minutes' worth.
const REMEMBERED: usize = 600;

/// The newest blockhash, and for how long blocks take the last ones.
#[derive(Default)]
pub(super) struct Blockhashes(Mutex<Last>);

#[derive(Default)]
struct Last {
    /// The newest one, and when it came.
    newest: Option<(Instant, Hash)>,
    /// The last ones, each with the height of the last block that takes it.
    heights: VecDeque<(Hash, u64)>,
}

impl Blockhashes {
    /// Asks for blockhashes as long as the runtime lives.
    pub(super) fn start(client: Arc<RpcClient>, runtime: &Runtime) -> Arc<Self> {
        let blockhashes = Arc::new(Self::default());
        runtime.spawn(blockhashes.clone().run(client));
        blockhashes
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A blockhash to sign with; none where no node has given one in the last 30 seconds.
    pub(super) fn newest(&self) -> Option<Hash> {
        self.last().newest.filter(|(since, _)| since.elapsed() < USABLE).map(|(_, hash)| hash)
    }

    /// The height of the last block that takes a blockhash, if it was one to sign with lately.
    pub(super) fn last_valid(&self, blockhash: &Hash) -> Option<u64> {
        self.last().heights.iter().rev().find(|(hash, _)| hash == blockhash).map(|(_, height)| *height)
    }

    async fn run(self: Arc<Self>, client: Arc<RpcClient>) {
        loop {
            let answer = client.get_latest_blockhash_with_commitment(CommitmentConfig::confirmed()).await;
            if let Ok((hash, last_valid)) = answer {
                let mut last = self.last();
                last.newest = Some((Instant::now(), hash));
                if last.heights.back().is_none_or(|(known, _)| *known != hash) {
                    last.heights.push_back((hash, last_valid));
                    if last.heights.len() > REMEMBERED {
                        last.heights.pop_front();
                    }
                }
            }
            tokio::time::sleep(PERIOD).await;
        }
    }
}
