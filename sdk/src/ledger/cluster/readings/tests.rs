//! A node that answers from a list of transactions, as nodes do.

use {
    super::*,
    crate::{
        deployment::{Addresses, Programs},
        ledger::transaction::to_wire,
        oracle::{
            instruction::{IntervalSubmission, MeterAccounts, submit_readings},
            readings::PlainReading,
        },
        reading::Quality,
    },
    async_trait::async_trait,
    base64::{Engine, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
    solana_keypair::Keypair,
    solana_message::{AddressLookupTableAccount, VersionedMessage, v0},
    solana_program::{hash::Hash, instruction::Instruction},
    solana_rpc_client::{
        rpc_client::RpcClientConfig,
        rpc_sender::{RpcSender, RpcTransportStats},
    },
    solana_rpc_client_api::request::{RpcRequest, RpcResponseErrorData},
    solana_signer::Signer,
    solana_transaction::versioned::VersionedTransaction,
    std::sync::atomic::{AtomicUsize, Ordering},
};

const END: i64 = 1_730_448_000;

fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

/// What a node has of a transaction.
struct Held {
    signature: Signature,
    slot: u64,
    time: i64,
    failed: bool,
    /// What it answers when it is asked for it.
    body: Value,
}

/// A node with transactions, the newest first, all of which name the account that is asked for.
struct Node {
    held: Vec<Held>,
    listings: Arc<AtomicUsize>,
    fetches: Arc<AtomicUsize>,
}

#[async_trait]
impl RpcSender for Node {
    async fn send(&self, request: RpcRequest, params: Value) -> solana_rpc_client_api::client_error::Result<Value> {
        match request {
            RpcRequest::GetSignaturesForAddress => {
                self.listings.fetch_add(1, Ordering::Relaxed);
                let before = params[1]["before"].as_str();
                let from = before.map_or(0, |before| {
                    1 + self.held.iter().position(|held| held.signature.to_string() == before).expect("listed before")
                });
                let limit = params[1]["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).expect("a limit");
                let page = self.held[from..].iter().take(limit);
                let listed = page.map(|held| {
                    let err =
                        if held.failed { json!({"InstructionError": [1, {"Custom": 6008}]}) } else { Value::Null };
                    json!({ "signature": held.signature.to_string(), "slot": held.slot, "err": err, "memo": null,
                        "blockTime": held.time, "confirmationStatus": "confirmed" })
                });
                Ok(listed.collect())
            }
            RpcRequest::GetTransaction => {
                self.fetches.fetch_add(1, Ordering::Relaxed);
                let asked = params[0].as_str().expect("a signature");
                let found = self.held.iter().find(|held| held.signature.to_string() == asked);
                match found.map_or(Value::Null, |held| held.body.clone()) {
                    Value::String(message) => {
                        let data = RpcResponseErrorData::Empty;
                        Err(ErrorKind::RpcError(RpcError::RpcResponseError { code: -32_015, message, data }).into())
                    }
                    body => Ok(body),
                }
            }
            other => panic!("{other} is not asked for"),
        }
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        "a node".into()
    }
}

/// A SubmitReadings of the meters 1, 2, ...
fn submit(timestamp: i64, energies: &[(u32, u32)]) -> Instruction {
    let programs = Programs { registry: key(11), token: key(12), oracle: key(13), trading: key(14) };
    let addresses = Addresses::derive(programs, "ENG_".parse().unwrap());
    let quality = Quality::Measured;
    let readings = energies.iter().map(|&(generated, consumed)| PlainReading { generated, consumed, quality });
    let meters: Vec<_> = (1..=u8::try_from(energies.len()).unwrap()).map(meter).collect();
    submit_readings(
        &addresses,
        &payer().pubkey(),
        IntervalSubmission { timestamp, meters: &meters, readings: readings.collect() },
    )
}

fn meter(number: u8) -> MeterAccounts {
    MeterAccounts { meter: key(100 + number), token_account: key(200 + number) }
}

fn payer() -> Keypair {
    Keypair::new_from_array([7; 32])
}

/// A transaction that was executed at a time, as nodes give it. With a table's addresses, the table is used.
fn held(instruction: &Instruction, time: i64, table: &[Pubkey]) -> Held {
    let tables = [AddressLookupTableAccount { key: key(50), addresses: table.to_vec() }];
    let hash = Hash::new_from_array([u8::try_from(time % 251).unwrap(); 32]);
    let instructions = std::slice::from_ref(instruction);
    let message = v0::Message::try_compile(&payer().pubkey(), instructions, &tables, hash).unwrap();
    let named = |indices: fn(&v0::MessageAddressTableLookup) -> &Vec<u8>| -> Vec<String> {
        let all = message.address_table_lookups.iter().flat_map(indices);
        all.map(|index| table[usize::from(*index)].to_string()).collect()
    };
    let loaded = json!({
        "writable": named(|lookup| &lookup.writable_indexes),
        "readonly": named(|lookup| &lookup.readonly_indexes),
    });
    let transaction = VersionedTransaction::try_new(VersionedMessage::V0(message), &[&payer()]).unwrap();
    let wire = BASE64_STANDARD.encode(to_wire(&transaction).unwrap());
    let slot = u64::try_from(time).unwrap() * 2;
    let body = json!({
        "slot": slot, "blockTime": time, "version": 0, "transaction": [wire, "base64"],
        "meta": { "err": null, "status": {"Ok": null}, "fee": 5_000, "preBalances": [], "postBalances": [],
            "innerInstructions": [], "logMessages": ["a log that says something else"], "loadedAddresses": loaded },
    });
    Held { signature: transaction.signatures[0], slot, time, failed: false, body }
}

/// What the node says of meters and a span, and how many listings and transactions it was asked for.
fn asked(held: Vec<Held>, meters: &[u8], intervals: RangeInclusive<i64>) -> (Vec<LedgerReading>, [usize; 2]) {
    let (listings, fetches) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let node = Node { held, listings: listings.clone(), fetches: fetches.clone() };
    let client = Arc::new(RpcClient::new_sender(node, RpcClientConfig::default()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let meters: Vec<Pubkey> = meters.iter().map(|number| meter(*number).meter).collect();
    let mut found = runtime.block_on(readings_of(&client, &key(13), &meters, &intervals)).unwrap();
    found.sort_unstable_by_key(|found| (found.reading.timestamp, found.reading.meter));
    (found, [&listings, &fetches].map(|count| count.load(Ordering::Relaxed)))
}

fn reading(number: u8, timestamp: i64, generated: u32, consumed: u32) -> CarriedReading {
    CarriedReading { meter: meter(number).meter, timestamp, generated, consumed, quality: Quality::Measured }
}

#[test]
fn a_reading_is_read_from_the_transaction_that_carried_it() {
    let refused = Held { failed: true, ..held(&submit(END, &[(9_999, 0)]), END + 40, &[]) };
    let later = held(&submit(END + 900, &[(5, 5)]), END + 905, &[]);
    // Its meters lie in a lookup table.
    let carried = submit(END, &[(1, 1), (6_200, 4_100)]);
    let table: Vec<Pubkey> = carried.accounts[1..].iter().rev().map(|meta| meta.pubkey).collect();
    let right = held(&carried, END + 7, &table);
    let signature = right.signature;
    let older = held(&submit(END - 900, &[(3, 0)]), END - 890, &[]);
    let oldest = held(&submit(END - 1_800, &[(4, 0)]), END - 1_790, &[]);
    let all = vec![refused, later, right, older, oldest];
    let (found, asked) = asked(all, &[2], END..=END);
    assert_eq!(found, [LedgerReading { transaction: signature, reading: reading(2, END, 6_200, 4_100) }]);
    // Neither what failed nor what is older than an interval can be is asked for.
    assert_eq!(asked, [1, 3]);
}

#[test]
fn many_meters_and_intervals_are_asked_for_together() {
    let all: Vec<Held> =
        (0..4).rev().map(|at| held(&submit(END + 900 * at, &[(9, 1), (0, 2)]), END + 900 * at + 5, &[])).collect();
    let signatures: Vec<Signature> = all.iter().rev().map(|held| held.signature).collect();
    let (found, asked) = asked(all, &[1, 2], END + 900..=END + 1_800);
    let expected: Vec<_> = [1, 2]
        .into_iter()
        .flat_map(|at: u8| {
            let (timestamp, transaction) = (END + 900 * i64::from(at), signatures[usize::from(at)]);
            let both = [reading(1, timestamp, 9, 1), reading(2, timestamp, 0, 2)];
            both.map(|reading| LedgerReading { transaction, reading })
        })
        .collect();
    assert_eq!(found, expected);
    // Listed once for each meter, fetched once for both.
    assert_eq!(asked[0], 2);
}

#[test]
fn instructions_that_a_program_called_count_and_those_of_a_failed_transaction_do_not() {
    let called = submit(END, &[(800, 100)]);
    let outer = Instruction {
        program_id: key(60),
        data: vec![1],
        accounts: {
            let mut accounts = called.accounts.clone();
            accounts.push(solana_program::instruction::AccountMeta::new_readonly(key(13), false));
            accounts
        },
    };
    let mut by_call = held(&outer, END + 5, &[]);
    let wire = by_call.body["transaction"][0].as_str().unwrap().to_string();
    let message = crate::ledger::transaction::from_wire(&BASE64_STANDARD.decode(wire).unwrap()).unwrap().message;
    let index = |wanted: Pubkey| message.static_account_keys().iter().position(|key| *key == wanted).unwrap();
    let accounts: Vec<usize> = called.accounts.iter().map(|meta| index(meta.pubkey)).collect();
    by_call.body["meta"]["innerInstructions"] = json!([{ "index": 0, "instructions": [{
        "programIdIndex": index(key(13)), "accounts": accounts, "data": bs58::encode(&called.data).into_string(), "stackHeight": 2,
    }] }]);
    let signature = by_call.signature;
    let (found, _) = asked(vec![by_call], &[1], END..=END);
    assert_eq!(found, [LedgerReading { transaction: signature, reading: reading(1, END, 800, 100) }]);

    // A listing that does not say that it failed does not make it succeed.
    let mut failed = held(&submit(END, &[(800, 100)]), END + 5, &[]);
    failed.body["meta"]["err"] = json!({"InstructionError": [0, {"Custom": 6008}]});
    assert_eq!(asked(vec![failed], &[1], END..=END), (vec![], [1, 1]));
}

#[test]
fn what_a_node_has_forgotten_is_not_found() {
    let mut forgotten = held(&submit(END, &[(1, 0)]), END + 5, &[]);
    forgotten.body = Value::Null;
    assert_eq!(asked(vec![forgotten], &[1], END..=END), (vec![], [1, 1]));
    assert_eq!(asked(Vec::new(), &[1], END..=END), (vec![], [1, 0]));
    // One that this client cannot read does not hide the others.
    let mut unreadable = held(&submit(END, &[(2, 0)]), END + 4, &[]);
    unreadable.body = json!("Transaction version (1) is not supported by the requesting client");
    let right = held(&submit(END, &[(1, 0)]), END + 5, &[]);
    let transaction = right.signature;
    let (found, _) = asked(vec![right, unreadable], &[1], END..=END);
    assert_eq!(found, [LedgerReading { transaction, reading: reading(1, END, 1, 0) }]);
}

/// Anybody can name a meter's account in transactions of their own.
#[test]
fn a_reading_is_found_behind_a_flood() {
    let mut all: Vec<Held> = (0..2_500)
        .map(|number: u64| {
            let mut bytes = [9; 64];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            let (signature, slot) = (Signature::from(bytes), u64::MAX - number);
            Held { signature, slot, time: END + 100, failed: !number.is_multiple_of(3), body: Value::Null }
        })
        .collect();
    let right = held(&submit(END, &[(1, 0)]), END + 5, &[]);
    let signature = right.signature;
    all.push(right);
    let (found, asked) = asked(all, &[1], END..=END);
    assert_eq!(found, [LedgerReading { transaction: signature, reading: reading(1, END, 1, 0) }]);
    assert_eq!(asked, [3, 8], "three pages, and the oldest transactions first");
}
