//! What others pay for a compute unit, refreshed in the background, so that pricing a transaction does not block.

use {
    solana_program::pubkey::Pubkey,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    std::{
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::Duration,
    },
    tokio::runtime::Runtime,
};

/// How often what others pay is asked for.
const PERIOD: Duration = Duration::from_secs(10);

/// What others pay for a compute unit.
#[derive(Default)]
pub(super) struct Fees(Mutex<Asked>);

#[derive(Default)]
struct Asked {
    /// The last answer, micro-lamports for a compute unit.
    price: Option<u64>,
    /// The accounts whose writers compete.
    written: Vec<Pubkey>,
}

impl Fees {
    /// Asks again, once [`Fees::ask_price`] has said for which accounts, as long as the runtime lives.
    pub(super) fn start(client: Arc<RpcClient>, runtime: &Runtime) -> Arc<Self> {
        let fees = Arc::new(Self::default());
        runtime.spawn(fees.clone().run(client));
        fees
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a compute unit costs, once that has been asked, micro-lamports.
    pub(super) fn price(&self) -> Option<u64> {
        self.asked().price
    }

    /// Asks what whoever wrote these accounts has paid: the median of the last blocks, 0 where that is not to be known.
    pub(super) async fn ask_price(&self, client: &RpcClient, written: Vec<Pubkey>) -> u64 {
        let fees = client.get_recent_prioritization_fees(&written).await.unwrap_or_default();
        let mut fees: Vec<u64> = fees.iter().map(|fee| fee.prioritization_fee).collect();
        fees.sort_unstable();
        let price = fees.get(fees.len() / 2).copied().unwrap_or(0);
        let mut asked = self.asked();
        (asked.price, asked.written) = (Some(price), written);
        price
    }

    async fn run(self: Arc<Self>, client: Arc<RpcClient>) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let written = self.asked().written.clone();
            if !written.is_empty() {
                self.ask_price(&client, written).await;
            }
        }
    }
}
