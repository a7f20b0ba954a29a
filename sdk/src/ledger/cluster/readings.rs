//! Which readings a cluster has accepted: read from the transactions that name the meters' accounts.

use {
    super::{Cluster, error::ledger_error, history},
    crate::{
        ledger::{LedgerError, LedgerReading, readings::carried_to},
        oracle::{carried::CarriedReading, state::GREATEST_MAX_SKEW},
        time::INTERVAL_SECONDS,
    },
    solana_program::pubkey::Pubkey,
    solana_rpc_client::nonblocking::rpc_client::RpcClient,
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind},
        request::RpcError,
    },
    solana_signature::Signature,
    solana_transaction_status_client_types::EncodedConfirmedTransactionWithStatusMeta,
    std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc},
    tokio::task::JoinSet,
};

/// Transactions that are asked for at once.
const AT_ONCE: usize = 8;

impl Cluster {
    /// What the cluster has of a meter (its account in the registry) and the interval that ends at a time, asked for in the background.
    /// None as long as there is no answer: ask again. The answer is none where the node remembers no such transaction.
    #[must_use]
    pub fn look_up(&self, meter: &Pubkey, timestamp: i64) -> Option<Result<Option<LedgerReading>, LedgerError>> {
        let (client, oracle, meter) = (self.client.clone(), self.programs.oracle, *meter);
        self.lookups.take(self.runtime().handle(), &(meter, timestamp), || async move {
            let found = readings_of(&client, &oracle, &[meter], &(timestamp..=timestamp)).await;
            Ok(found.map_err(|error| ledger_error(&error))?.pop())
        })
    }
}

/// The readings of these meters for the intervals that end in a span. A transaction that a node lists and does not have is left out.
pub(super) async fn readings_of(
    client: &Arc<RpcClient>,
    oracle: &Pubkey,
    meters: &[Pubkey],
    intervals: &RangeInclusive<i64>,
) -> Result<Vec<LedgerReading>, Error> {
    // No interval's reading is accepted before.
    let since = intervals.start() - i64::from(GREATEST_MAX_SKEW);
    let mut listed: BTreeSet<(u64, Signature)> = BTreeSet::new();
    for meter in meters {
        listed.extend(history::succeeded(client, meter, since).await?);
    }
    let wanted = (intervals.end() - intervals.start()) / INTERVAL_SECONDS + 1;
    let wanted = usize::try_from(wanted).unwrap_or(0).saturating_mul(meters.len());
    let mut found = Vec::new();
    // The oldest first: most readings come right after their interval's end.
    let listed: Vec<Signature> = listed.into_iter().map(|(_, signature)| signature).collect();
    for some in listed.chunks(AT_ONCE) {
        if found.len() >= wanted {
            break;
        }
        let mut asking = JoinSet::new();
        for &signature in some {
            let client = client.clone();
            asking.spawn(async move { (signature, history::transaction(&client, &signature).await) });
        }
        // A task of these neither panics nor is aborted.
        while let Some(Ok((signature, transaction))) = asking.join_next().await {
            let transaction = match transaction {
                // It has answered, though not with this transaction: of a version that is not known here, for example. Anybody can
                // send such a one that names a meter's account; it must not hide the others.
                Err(error) if is_answer(&error) => None,
                other => other?,
            };
            let readings = transaction.map_or_else(Vec::new, |found| readings_in(&found, oracle));
            let fits =
                |reading: &CarriedReading| meters.contains(&reading.meter) && intervals.contains(&reading.timestamp);
            let fitting = readings.into_iter().filter(fits);
            found.extend(fitting.map(|reading| LedgerReading { transaction: signature, reading }));
        }
    }
    Ok(found)
}

/// The readings that a transaction carried, as far as the node tells its instructions; empty where it failed.
fn readings_in(found: &EncodedConfirmedTransactionWithStatusMeta, oracle: &Pubkey) -> Vec<CarriedReading> {
    let meta = found.transaction.meta.as_ref().filter(|meta| meta.err.is_none());
    let told = meta.and_then(|meta| history::instructions(&found.transaction.transaction, meta));
    told.map_or_else(Vec::new, |told| carried_to(oracle, &told.all))
}

/// Whether a node says by an error that it has no such answer.
fn is_answer(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::RpcError(RpcError::RpcResponseError { .. }))
}

#[cfg(test)]
mod tests;
