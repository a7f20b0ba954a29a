//! What a cluster remembers of transactions.

use {
    super::{Cluster, error::ledger_error},
    crate::ledger::{
        ExecutedInstruction, LedgerError, Receipt, Standing,
        executed::{Inner, in_order},
    },
    serde_json::json,
    solana_commitment_config::CommitmentConfig,
    solana_message::compiled_instruction::CompiledInstruction,
    solana_program::pubkey::Pubkey,
    solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config},
    solana_rpc_client_api::{
        client_error::Error,
        config::{RpcTransactionConfig, UiTransactionEncoding},
        request::RpcRequest,
        response::RpcConfirmedTransactionStatusWithSignature,
    },
    solana_signature::Signature,
    solana_transaction_status_client_types::{
        EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, UiInnerInstructions, UiInstruction,
        UiLoadedAddresses, UiTransactionStatusMeta,
    },
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
    /// Log lines. Whoever sends a transaction can have them cut short: see [`logs`](crate::ledger::logs).
    pub logs: Vec<String>,
    /// The instructions, each followed by those that it called; none of a transaction that failed, and none where the node does not
    /// keep what instructions called.
    pub instructions: Vec<ExecutedInstruction>,
    /// Whether it succeeded.
    pub succeeded: bool,
}

impl Executed {
    pub(super) fn receipt(self) -> Receipt {
        let Self { signature, compute_units, logs, instructions, .. } = self;
        Receipt { signature: signature.to_string(), compute_units, logs, instructions }
    }
}

/// A transaction that has been confirmed. The history is written a little after the confirmation: [`LedgerError::NoRecord`] where it is
/// still not there after some tries, the last error where no node answered any of them.
pub(super) async fn executed(client: &RpcClient, signature: &Signature) -> Result<Executed, LedgerError> {
    let mut none = LedgerError::NoRecord(*signature);
    for _ in 0..TRIES {
        let found = match transaction(client, signature).await {
            Ok(Some(found)) => found,
            unknown => {
                none = unknown.map_or_else(|error| ledger_error(&error), |_| LedgerError::NoRecord(*signature));
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(meta) = found.transaction.meta else { return Err(LedgerError::NoRecord(*signature)) };
        let instructions = match meta.err {
            None => instructions(&found.transaction.transaction, &meta).filter(|told| told.complete),
            Some(_) => None,
        };
        return Ok(Executed {
            signature: *signature,
            slot: found.slot,
            time: found.block_time,
            fee: meta.fee,
            compute_units: Option::from(meta.compute_units_consumed).unwrap_or_default(),
            logs: Option::from(meta.log_messages).unwrap_or_default(),
            instructions: instructions.map(|told| told.all).unwrap_or_default(),
            succeeded: meta.err.is_none(),
        });
    }
    Err(none)
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

/// The instructions that a node says a transaction has executed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The instructions, each followed by those that it called.
    pub all: Vec<ExecutedInstruction>,
    /// Whether those that instructions called are among them: a node that keeps none does not say that there were none.
    pub complete: bool,
}

/// What a transaction executed, from the node's answer; nothing where an account is missing in that.
pub(super) fn instructions(transaction: &EncodedTransaction, meta: &UiTransactionStatusMeta) -> Option<Told> {
    let message = transaction.decode()?.message;
    let loaded: Option<UiLoadedAddresses> = meta.loaded_addresses.clone().into();
    let loaded = loaded.map(|loaded| [loaded.writable, loaded.readonly].concat()).unwrap_or_default();
    let loaded: Vec<Pubkey> = loaded.iter().map(|address| address.parse()).collect::<Result<_, _>>().ok()?;
    let called: Option<Vec<UiInnerInstructions>> = meta.inner_instructions.clone().into();
    let mut inner: Vec<Vec<Inner>> = vec![Vec::new(); message.instructions().len()];
    let mut complete = called.is_some();
    for UiInnerInstructions { index, instructions } in called.unwrap_or_default() {
        let calls: Vec<Inner> = instructions.iter().filter_map(compiled).collect();
        complete &= calls.len() == instructions.len();
        match inner.get_mut(usize::from(index)) {
            Some(inner) => inner.extend(calls),
            None => complete = false,
        }
    }
    Some(Told { all: in_order(&message, &loaded, inner).ok()?, complete })
}

fn compiled(instruction: &UiInstruction) -> Option<Inner> {
    let UiInstruction::Compiled(instruction) = instruction else { return None };
    let data = bs58::decode(&instruction.data).into_vec().ok()?;
    let own = CompiledInstruction {
        program_id_index: instruction.program_id_index,
        accounts: instruction.accounts.clone(),
        data,
    };
    Some((own, instruction.stack_height?))
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
    /// [`LedgerError::NoRecord`] where the nodes have forgotten it; [`LedgerError::Unreachable`], [`LedgerError::Node`].
    pub fn executed(&self, signature: &Signature) -> Result<Executed, LedgerError> {
        self.runtime().block_on(executed(&self.client, signature))
    }

    /// The transactions that name an address, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`], [`LedgerError::Node`].
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_STANDARD};
    use solana_message::{MessageHeader, VersionedMessage, v0};
    use solana_program::hash::Hash;
    use solana_transaction::versioned::VersionedTransaction;
    use solana_transaction_status_client_types::TransactionBinaryEncoding;

    fn key(number: u8) -> Pubkey {
        Pubkey::new_from_array([number; 32])
    }

    fn call(program: u8, accounts: &[u8], data: &[u8]) -> CompiledInstruction {
        CompiledInstruction { program_id_index: program, accounts: accounts.to_vec(), data: data.to_vec() }
    }

    /// Accounts 0 and 1 are the message's own, 2 and 3 writable ones from a lookup table, 4 a readonly one.
    fn transaction() -> EncodedTransaction {
        let message = v0::Message {
            header: MessageHeader {
                num_required_signatures: 1,
                num_readonly_signed_accounts: 0,
                num_readonly_unsigned_accounts: 1,
            },
            account_keys: vec![key(10), key(11)],
            recent_blockhash: Hash::default(),
            instructions: vec![call(1, &[0, 4], &[7]), call(1, &[2], &[8, 9])],
            address_table_lookups: vec![v0::MessageAddressTableLookup {
                account_key: key(99),
                writable_indexes: vec![5, 3],
                readonly_indexes: vec![0],
            }],
        };
        let transaction =
            VersionedTransaction { signatures: vec![Signature::default()], message: VersionedMessage::V0(message) };
        let bytes = wincode::serialize(&transaction).unwrap();
        EncodedTransaction::Binary(BASE64_STANDARD.encode(bytes), TransactionBinaryEncoding::Base64)
    }

    fn meta(inner: &str, loaded: &str) -> UiTransactionStatusMeta {
        let json = format!(
            r#"{{"err": null, "status": {{"Ok": null}}, "fee": 5000, "preBalances": [], "postBalances": [],
                "innerInstructions": {inner}, "loadedAddresses": {loaded}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_nodes_answer_tells_what_was_executed() {
        let [w0, w1, r0] = [key(12), key(13), key(14)];
        let loaded = format!(r#"{{"writable": ["{w0}", "{w1}"], "readonly": ["{r0}"]}}"#);
        let data = bs58::encode([1, 2, 3]).into_string();
        let inner = format!(
            r#"[{{"index": 1, "instructions": [
                {{"programIdIndex": 3, "accounts": [0, 1], "data": "{data}", "stackHeight": 2}},
                {{"programIdIndex": 4, "accounts": [], "data": "", "stackHeight": 3}}]}}]"#
        );
        let executed = instructions(&transaction(), &meta(&inner, &loaded)).unwrap();
        let one = |program, accounts: &[u8], data: &[u8], stack_height| ExecutedInstruction {
            program: key(program),
            accounts: accounts.iter().map(|number| key(*number)).collect(),
            data: data.to_vec(),
            stack_height,
        };
        let expected = [
            one(11, &[10, 14], &[7], 1),
            one(11, &[12], &[8, 9], 1),
            one(13, &[10, 11], &[1, 2, 3], 2),
            one(14, &[], &[], 3),
        ];
        assert_eq!(executed, Told { all: expected.to_vec(), complete: true });
        // A part is told as such: the message's own, and what can be read of the others.
        let part = |inner: &str, places: &[usize]| {
            let all = places.iter().map(|place| expected[*place].clone()).collect();
            assert_eq!(instructions(&transaction(), &meta(inner, &loaded)), Some(Told { all, complete: false }));
        };
        part("null", &[0, 1]);
        part(&inner.replace("\"index\": 1", "\"index\": 2"), &[0, 1]);
        part(&inner.replace(", \"stackHeight\": 3", ""), &[0, 1, 2]);
        // Nothing where an account is missing.
        assert_eq!(instructions(&transaction(), &meta("[]", r#"{"writable": [], "readonly": []}"#)), None);
    }
}
