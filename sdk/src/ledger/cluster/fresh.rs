//! Accounts as the confirmed chain has them at a slot that is not before a moment: what a refusal is held against. A refusal comes from a
//! node's newest block, in which more may have been executed than in what was confirmed then.

use {
    super::{Cluster, error::ledger_error},
    crate::ledger::LedgerError,
    serde_json::json,
    solana_account::Account,
    solana_commitment_config::CommitmentConfig,
    solana_program::pubkey::Pubkey,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind},
        config::{RpcAccountInfoConfig, UiAccountEncoding},
        custom_error::JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED as NOT_REACHED,
        request::{RpcError, RpcRequest},
        response::{Response, UiAccount},
    },
    std::time::{Duration, Instant},
};

/// How often the confirmed chain is asked for that has reached a slot; it is about a second behind.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);

impl Cluster {
    /// An account of the confirmed chain at a slot that is not before the newest one at a moment, asked for in the background. None as
    /// long as there is no answer: ask again.
    #[must_use]
    pub fn account_since(&self, address: &Pubkey, moment: Instant) -> Option<Result<Option<Account>, LedgerError>> {
        let ask = || {
            let (client, address, heard) = (self.client.clone(), *address, self.sender.slot());
            async move {
                let begun = Instant::now();
                Ok((begun, account(&client, &address, heard).await?))
            }
        };
        match self.fresh.take(self.runtime().handle(), address, ask)? {
            Ok((begun, account)) if begun >= moment => Some(Ok(account)),
            // It was asked for before the moment, for another question.
            Ok(_) => {
                let _ = self.fresh.take(self.runtime().handle(), address, ask);
                None
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// An account of the confirmed chain at the newest slot or behind it: the newest of the node in use, and of those that it was `heard` of.
async fn account(client: &RpcClient, address: &Pubkey, heard: u64) -> Result<Option<Account>, LedgerError> {
    let newest = client.get_slot_with_commitment(CommitmentConfig::processed()).await;
    let newest = newest.map_err(|error| ledger_error(&error))?.max(heard);
    let config = RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64Zstd),
        commitment: Some(CommitmentConfig::confirmed()),
        min_context_slot: Some(newest),
        ..RpcAccountInfoConfig::default()
    };
    for _ in 0..TRIES {
        // The client's own function for it hides the node's error.
        let asked = client
            .send::<Response<Option<UiAccount>>>(RpcRequest::GetAccountInfo, json!([address.to_string(), config]));
        match asked.await {
            Ok(answer) if answer.context.slot >= newest => {
                let unread =
                    || LedgerError::Unusable { address: *address, reason: "the node's encoding cannot be read".into() };
                return answer.value.map(|account| account.to_account().ok_or_else(unread)).transpose();
            }
            Ok(_) => {}
            Err(error) if is_behind(&error) => {}
            Err(error) => return Err(ledger_error(&error)),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(LedgerError::Malformed(format!("no node's confirmed chain has reached slot {newest}")))
}

fn is_behind(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) if *code == NOT_REACHED)
}
