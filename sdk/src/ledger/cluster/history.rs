//! What a cluster remembers of transactions.

use {
    super::{Cluster, error::ledger_error},
    crate::ledger::{LedgerError, Receipt, Standing},
    serde_json::json,
    solana_commitment_config::CommitmentConfig,
    solana_program::pubkey::Pubkey,
    solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config},
    solana_rpc_client_api::{
        client_error::Error,
        config::{RpcTransactionConfig, UiTransactionEncoding},
        request::RpcRequest,
        response::RpcConfirmedTransactionStatusWithSignature,
    },
    solana_signature::Signature,
    solana_transaction_status_client_types::EncodedConfirmedTransactionWithStatusMeta,
    std::time::Duration,
};

/// Signatures that one request can list.
const LISTED: usize = 1_000;
/// Signatures whose statuses one request can ask for.
const STATUSES: usize = 256;
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
    for _ in 0..TRIES {
        let Ok(Some(found)) = transaction(client, signature).await else {
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

/// A transaction that has been confirmed, with the instructions that its programs called; none where the node does not have it.
pub(super) async fn transaction(
    client: &RpcClient,
    signature: &Signature,
) -> Result<Option<EncodedConfirmedTransactionWithStatusMeta>, Error> {
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        max_supported_transaction_version: Some(0),
    };
    client.send(RpcRequest::GetTransaction, json!([signature.to_string(), config])).await
}

/// Confirmed transactions that name an address, the newest first, at most [`LISTED`].
async fn page(
    client: &RpcClient,
    address: &Pubkey,
    before: Option<Signature>,
) -> Result<Vec<RpcConfirmedTransactionStatusWithSignature>, Error> {
    let config = GetConfirmedSignaturesForAddress2Config {
        before,
        limit: Some(LISTED),
        commitment: Some(CommitmentConfig::confirmed()),
        ..GetConfirmedSignaturesForAddress2Config::default()
    };
    client.get_signatures_for_address_with_config(address, config).await
}

/// The transactions that name an address, succeeded, and are not older than a time (Unix seconds), with their slots, the newest first.
pub(super) async fn succeeded(
    client: &RpcClient,
    address: &Pubkey,
    since: i64,
) -> Result<Vec<(u64, Signature)>, Error> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = page(client, address, before).await?;
        let last = before;
        for listed in &page {
            if listed.block_time.is_some_and(|time| time < since) {
                return Ok(all);
            }
            let Ok(signature) = listed.signature.parse::<Signature>() else { continue };
            before = Some(signature);
            if listed.err.is_none() {
                all.push((listed.slot, signature));
            }
        }
        if page.len() < LISTED || before == last {
            return Ok(all);
        }
    }
}

async fn standings(client: &RpcClient, signatures: &[Signature]) -> Result<Vec<Standing>, LedgerError> {
    let mut all = Vec::with_capacity(signatures.len());
    for some in signatures.chunks(STATUSES) {
        let statuses = client.get_signature_statuses_with_history(some).await.map_err(|error| ledger_error(&error))?;
        all.extend(statuses.value.into_iter().map(|status| match status.filter(|status| status.err.is_none()) {
            Some(status) if status.satisfies_commitment(CommitmentConfig::finalized()) => Standing::Final,
            Some(status) if status.satisfies_commitment(CommitmentConfig::confirmed()) => Standing::Executed,
            _ => Standing::Absent,
        }));
    }
    Ok(all)
}

impl Cluster {
    /// How transactions stand, in their order, asked for in the background. None as long as there is no answer: ask again.
    #[must_use]
    pub fn standings(&self, signatures: &[Signature]) -> Option<Result<Vec<Standing>, LedgerError>> {
        let (client, signatures) = (self.client.clone(), signatures.to_vec());
        let own = signatures.clone();
        self.standings.take(self.runtime().handle(), &own, || async move { standings(&client, &signatures).await })
    }

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
            let page = self.ask(|client| async move { page(&client, address, before).await })?;
            all.extend(page.iter().filter_map(|listed| listed.signature.parse::<Signature>().ok()));
            if page.len() < LISTED {
                all.reverse();
                return Ok(all);
            }
        }
    }
}
