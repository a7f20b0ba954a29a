//! What a cluster remembers of transactions.

use {
    super::Cluster,
    crate::ledger::{LedgerError, Receipt},
    solana_commitment_config::CommitmentConfig,
    solana_program::pubkey::Pubkey,
    solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config},
    solana_rpc_client_api::config::{RpcTransactionConfig, UiTransactionEncoding},
    solana_signature::Signature,
    std::time::Duration,
};

/// Signatures that one request can list.
const LISTED: usize = 1_000;
/// How often a transaction is asked for that is confirmed: the history is written a little later.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A transaction that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// Its id.
    pub signature: Signature,
    /// Its slot.
    pub slot: u64,
    /// The block's time, Unix seconds.
    pub time: Option<i64>,
    /// What its payer paid, lamports.
    pub fee: u64,
    /// Compute units consumed.
    pub compute_units: u64,
    /// Log lines.
    pub logs: Vec<String>,
    /// Whether it succeeded.
    pub succeeded: bool,
}

impl Executed {
    pub(super) fn receipt(self) -> Receipt {
        Receipt { signature: self.signature.to_string(), compute_units: self.compute_units, logs: self.logs }
    }
}

/// A transaction that has been confirmed. The history is written a little after the confirmation.
pub(super) async fn executed(client: &RpcClient, signature: &Signature) -> Result<Executed, LedgerError> {
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        max_supported_transaction_version: Some(0),
    };
    for _ in 0..TRIES {
        let Ok(found) = client.get_transaction_with_config(signature, config).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(meta) = found.transaction.meta else { break };
        return Ok(Executed {
            signature: *signature,
            slot: found.slot,
            time: found.block_time,
            fee: meta.fee,
            compute_units: Option::from(meta.compute_units_consumed).unwrap_or_default(),
            logs: Option::from(meta.log_messages).unwrap_or_default(),
            succeeded: meta.err.is_none(),
        });
    }
    Err(LedgerError::Unreachable(format!("no node has a record of transaction {signature}")))
}

impl Cluster {
    /// A transaction that has been confirmed.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], also where the node has forgotten it.
    pub fn executed(&self, signature: &Signature) -> Result<Executed, LedgerError> {
        self.runtime().block_on(executed(&self.client, signature))
    }

    /// The transactions that name an address, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`].
    pub fn history(&self, address: &Pubkey) -> Result<Vec<Signature>, LedgerError> {
        let mut all = Vec::new();
        loop {
            let before = all.last().copied();
            let page = self.ask(|client| async move {
                let config = GetConfirmedSignaturesForAddress2Config {
                    before,
                    limit: Some(LISTED),
                    commitment: Some(CommitmentConfig::confirmed()),
                    ..GetConfirmedSignaturesForAddress2Config::default()
                };
                client.get_signatures_for_address_with_config(address, config).await
            })?;
            all.extend(page.iter().filter_map(|listed| listed.signature.parse::<Signature>().ok()));
            if page.len() < LISTED {
                all.reverse();
                return Ok(all);
            }
        }
    }
}
