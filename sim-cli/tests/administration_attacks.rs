//! What reaches the gateway's endpoint for the department's authority and is not the authority's: each with its exact answer, and with the
//! ledger as it was.

#![cfg(feature = "network")]

mod gateway_support;

use {
    campus_energy_department::Keys,
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::{MAX_TRANSACTION_BYTES, programs::EMBEDDED, transaction::to_wire},
        oracle,
        registry::{
            instruction::{accept_authority, propose_authority, set_meter_status, set_paused},
            state::MeterStatus,
        },
        token, trading,
    },
    gateway_support::{
        BEGIN, Gateway, KEY_OF_ALL, ONE,
        administrator::{ADMINISTRATION, addresses, authority, body, transfer},
        options,
        remote::Remote,
    },
    serde_json::{Value, json},
    solana_keypair::Keypair,
    solana_message::AddressLookupTableAccount,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
};

const NOTHING: &str = "; nothing of the transaction is executed";

fn suspend(id: &str, status: MeterStatus) -> Instruction {
    set_meter_status(&addresses(), &authority().pubkey(), &id.parse().unwrap(), status)
}

/// The code and the detail of a problem, with its status.
fn told((status, answer): (u16, Value)) -> (u16, String, String) {
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_string();
    (status, text("code"), text("detail"))
}

fn problem(status: u16, code: &str, detail: &str) -> (u16, String, String) {
    (status, code.into(), detail.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_key_alone_administers_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let before = gateway.administration().await;
    let good = gateway.sign(&[suspend("ENG_003", MeterStatus::Suspended)], &[&authority()]).await;
    let text = body(&good).to_string();
    let scope = "this key is valid for some meters only; this request needs a key for the whole department";
    for method in ["GET", "POST"] {
        let answer = gateway.send(method, ADMINISTRATION, "the-key-of-one", text.clone()).await;
        assert_eq!(told(answer), problem(403, "out_of_scope", scope), "{method}");
        let answer = gateway.send(method, ADMINISTRATION, "no-key", text.clone()).await;
        let detail = "send Authorization: Bearer KEY with a key of this gateway";
        assert_eq!(told(answer), problem(401, "unauthorized", detail), "{method}");
    }
    // The department's own keys that are not its authority's.
    let (submitter, owner) = (Keys::new(42).submitter(), Keys::new(42).participant(0));
    for key in [&submitter, &owner, &Keypair::new()] {
        let mut instruction = suspend("ENG_003", MeterStatus::Suspended);
        instruction.accounts[0].pubkey = key.pubkey();
        let detail = format!(
            "the department's authority is {}; the transaction is signed by {}",
            authority().pubkey(),
            key.pubkey()
        );
        let answer = gateway.administer(&[instruction], &[key]).await;
        assert_eq!(told(answer), problem(403, "not_authority", &detail));
    }
    // The authority's transaction with another signature.
    let mut forged = good.clone();
    forged.signatures[0] = submitter.sign_message(&good.message.serialize());
    let detail = format!("the signature is not that of {} for this transaction", authority().pubkey());
    let answer = gateway.post(ADMINISTRATION, &body(&forged)).await;
    assert_eq!(told(answer), problem(403, "wrong_signature", &detail));
    // Accepting without having been proposed.
    let stranger = Keypair::new();
    let answer = gateway.administer(&[accept_authority(&addresses(), &stranger.pubkey())], &[&stranger]).await;
    let detail =
        format!("the department's proposed authority is nobody; the transaction is signed by {}", stranger.pubkey());
    assert_eq!(told(answer), problem(403, "not_authority", &detail));
    assert_eq!(gateway.administration().await, before, "nothing has been changed, no blockhash either");
    gateway.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_instructions_that_administer_this_department_are_relayed() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let before = gateway.administration().await;
    let (own, key, stranger) = (addresses(), authority(), Pubkey::new_unique());
    let by = key.pubkey();
    let foreign = Addresses::derive(EMBEDDED, "SCI_".parse().unwrap());
    let none = |number: usize, of: &str| format!("instruction {number} of {of} is none that administers a department");
    let lamports = "transfers lamports otherwise than once, at most 1 SOL, to who is proposed as the authority";
    let good = suspend("ENG_003", MeterStatus::Suspended);
    let mut trailing = good.clone();
    trailing.data.push(0);
    let mut more = good.clone();
    more.accounts.push(more.accounts[1].clone());
    let mut mint = token::instruction::set_paused(&own, &by, true);
    mint.accounts[2].pubkey = own.energy_mint;
    let submit = oracle::instruction::submit_readings(
        &own,
        &by,
        oracle::instruction::IntervalSubmission { timestamp: BEGIN, meters: &[], readings: Vec::new() },
    );
    let cases: [(Vec<Instruction>, String); 17] = [
        (vec![trading::instruction::claim_seat(&own, &by)], none(0, "the market")),
        (vec![good.clone(), trading::instruction::claim_seat(&own, &by)], none(1, "the market")),
        (vec![submit], none(0, "the oracle")),
        (
            vec![oracle::instruction::propose_authority(&own, &by, &stranger)],
            "instruction 0 hands the submitter over; on the embedded ledger that is the gateway's own key".into(),
        ),
        (
            vec![token::instruction::set_mint_mode(&own, &by, campus_energy_sdk::token::state::MintMode::Plain)],
            none(0, "the token"),
        ),
        (vec![good.clone(), transfer(&by, &stranger, 1)], format!("instruction 1 {lamports}")),
        (
            vec![propose_authority(&own, &by, &stranger), transfer(&by, &stranger, 1_000_000_001)],
            format!("instruction 1 {lamports}"),
        ),
        (
            vec![propose_authority(&own, &by, &stranger), transfer(&by, &Pubkey::new_unique(), 1)],
            format!("instruction 1 {lamports}"),
        ),
        (
            vec![propose_authority(&own, &by, &stranger), transfer(&by, &stranger, 1), transfer(&by, &stranger, 1)],
            format!("instruction 2 {lamports}"),
        ),
        (
            vec![propose_authority(&own, &by, &Pubkey::default()), transfer(&by, &Pubkey::default(), 1)],
            format!("instruction 1 {lamports}"),
        ),
        (vec![set_paused(&foreign, &by, true)], "instruction 0 has other accounts than this department's".into()),
        (vec![mint], "instruction 0 has other accounts than this department's".into()),
        (vec![more], "instruction 0 has other accounts than this department's".into()),
        (vec![trailing], "instruction 0 cannot be read".into()),
        (
            vec![Instruction { program_id: stranger, ..good.clone() }],
            format!("instruction 0 of program {stranger} is none that administers a department"),
        ),
        (vec![accept_authority(&own, &by), good.clone()], "instruction 0 accepts, and is not alone".into()),
        (
            vec![campus_energy_sdk::ledger::transaction::compute_unit_limit(1_400_000), good.clone()],
            "instruction 0 of program ComputeBudget111111111111111111111111111111 is none that administers a department"
                .into(),
        ),
    ];
    for (instructions, why) in cases {
        let answer = told(gateway.administer(&instructions, &[&key]).await);
        assert_eq!(answer, problem(422, "not_administrative", &format!("{why}{NOTHING}")));
    }
    assert_eq!(gateway.administration().await, before);
    gateway.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_one_plain_transaction_of_one_key_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let before = gateway.administration().await;
    let (own, key, payer) = (addresses(), authority(), Keys::new(42).submitter());
    let good = suspend("ENG_003", MeterStatus::Suspended);
    // Somebody else pays: two signatures.
    let answer = told(gateway.administer(std::slice::from_ref(&good), &[&payer, &key]).await);
    let detail = "2 keys sign it; the department's authority signs and pays alone";
    assert_eq!(answer, problem(422, "malformed_transaction", detail));
    let table = AddressLookupTableAccount { key: Pubkey::new_unique(), addresses: vec![own.department] };
    let looked_up = gateway.sign_with(std::slice::from_ref(&good), &[&key], &[table]).await;
    let answer = told(gateway.post(ADMINISTRATION, &body(&looked_up)).await);
    let detail = "it uses lookup tables; name every account in the transaction itself";
    assert_eq!(answer, problem(422, "malformed_transaction", detail));
    let answer = told(gateway.administer(&[], &[&key]).await);
    assert_eq!(answer, problem(422, "malformed_transaction", "it has no instruction"));
    let post = async |digits: String| told(gateway.post(ADMINISTRATION, &json!({ "transaction": digits })).await);
    let long = MAX_TRANSACTION_BYTES + 1;
    assert_eq!(
        post("00".repeat(long)).await,
        problem(422, "malformed_transaction", "it has 1233 bytes; a transaction has at most 1232")
    );
    let wire = to_wire(&gateway.sign(std::slice::from_ref(&good), &[&key]).await).unwrap();
    let mut cut = wire.clone();
    cut.pop();
    for bytes in [&cut[..], &[&wire[..], &[0]].concat(), &[]] {
        let (status, code, detail) = post(hex::encode(bytes)).await;
        assert_eq!((status, &code[..]), (422, "malformed_transaction"));
        assert!(detail.starts_with("the bytes are not one transaction: "), "{detail}");
    }
    assert_eq!(
        post("0xzz".into()).await,
        problem(422, "malformed_transaction", "it is not hexadecimal: Invalid character 'z' at position 0")
    );
    let (status, code, _) = post("0".repeat(5_000)).await;
    assert_eq!((status, &code[..]), (413, "body_too_large"));
    let more = json!({ "transaction": hex::encode(&wire), "skip_checks": true });
    let (status, code, _) = told(gateway.post(ADMINISTRATION, &more).await);
    assert_eq!((status, &code[..]), (422, "invalid_body"));
    assert_eq!(gateway.administration().await, before);
    gateway.stop();
}

/// A captured request changes nothing a second time, whatever has happened since; after a restart neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_captured_request_is_executed_once() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let key = authority();
    let events = gateway.department().await.next_event;
    let captured = gateway.sign(&[suspend("ENG_003", MeterStatus::Suspended)], &[&key]).await;
    let (status, first) = gateway.post(ADMINISTRATION, &body(&captured)).await;
    let executed = json!({ "status": "executed", "solana_transaction_id": captured.signatures[0].to_string() });
    assert_eq!((status, &first), (200, &executed));
    assert_eq!(gateway.post(ADMINISTRATION, &body(&captured)).await, (200, executed.clone()), "as before");
    assert_eq!(gateway.department().await.next_event, events + 1, "once");
    let (status, answer) = gateway.administer(&[suspend("ENG_003", MeterStatus::Active)], &[&key]).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(gateway.post(ADMINISTRATION, &body(&captured)).await, (200, executed.clone()));
    assert_eq!(gateway.meter("ENG_003").await.status, MeterStatus::Active, "the suspension is not executed again");

    // The same instruction signed anew is another transaction.
    let (status, answer) = gateway.administer(&[suspend("ENG_003", MeterStatus::Suspended)], &[&key]).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(gateway.meter("ENG_003").await.status, MeterStatus::Suspended);

    // What was signed in an earlier slot is not taken.
    let early = gateway.sign(&[suspend("ENG_004", MeterStatus::Suspended)], &[&key]).await;
    let (status, answer) = gateway.post(&format!("{ONE}?wait=confirmed"), &gateway.signed(1, BEGIN, 0, 400)).await;
    assert_eq!(status, 200, "{answer}");
    let detail = "the ledger does not take the transaction's blockhash any more: get the newest one and sign anew";
    let answer = told(gateway.post(ADMINISTRATION, &body(&early)).await);
    assert_eq!(answer, problem(409, "blockhash_expired", detail));

    // What the ledger refuses is refused for good, and in the journal.
    assert_eq!(gateway.administer(&[suspend("ENG_005", MeterStatus::Retired)], &[&key]).await.0, 200);
    let refused = gateway.sign(&[suspend("ENG_005", MeterStatus::Active)], &[&key]).await;
    let (status, code, detail) = told(gateway.post(ADMINISTRATION, &body(&refused)).await);
    assert_eq!((status, &code[..]), (422, "rejected_by_ledger"));
    assert!(detail.starts_with("the ledger refused the transaction: RegistryError::MeterRetired: "), "{detail}");
    let again = format!("the ledger has refused transaction {} before, and takes it no more", refused.signatures[0]);
    let answer = told(gateway.post(ADMINISTRATION, &body(&refused)).await);
    assert_eq!(answer, problem(422, "rejected_by_ledger", &again));

    let accounts = async |gateway: &Gateway| gateway.administration().await["accounts"].clone();
    let (state, hash) = (accounts(&gateway).await, gateway.stop());
    let gateway = Gateway::open(directory.path());
    assert_eq!(accounts(&gateway).await, state, "the same after a restart, byte for byte");
    assert_eq!(gateway.post(ADMINISTRATION, &body(&captured)).await, (200, executed));
    let answer = told(gateway.post(ADMINISTRATION, &body(&refused)).await);
    assert_eq!(answer, problem(422, "rejected_by_ledger", &again));
    assert_eq!(accounts(&gateway).await, state);
    // The gateway knows what the journal's transactions have changed at once.
    let (status, code, detail) = told(gateway.post(ONE, &gateway.signed(5, BEGIN, 0, 400)).await);
    let retired = "ENG_005 is retired: its readings are not taken any more";
    assert_eq!((status, code, detail), problem(403, "inactive_meter", retired));
    assert_eq!(gateway.stop(), hash);
}

/// No blockhash comes twice: the same instruction after a restart is another transaction, and one that came too late stays so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_instruction_is_executed_again_after_each_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (key, own) = (authority(), addresses());
    let pause = |paused: bool| set_paused(&own, &key.pubkey(), paused);
    let mut gateway = Gateway::open(directory.path());
    let events = gateway.department().await.next_event;
    // Signed in a slot after the one that the journal has, in which nothing is executed.
    let (status, answer) = gateway.administer(&[suspend("ENG_003", MeterStatus::Suspended)], &[&key]).await;
    assert_eq!(status, 200, "{answer}");
    let early = gateway.sign(&[suspend("ENG_003", MeterStatus::Active)], &[&key]).await;
    let mut ids = Vec::new();
    for (times, paused) in [true, false, true, false, true].into_iter().enumerate() {
        let (status, answer) = gateway.administer(&[pause(paused)], &[&key]).await;
        assert_eq!(status, 200, "{answer}");
        let department = gateway.department().await;
        assert_eq!((department.paused, department.next_event), (paused, events + 2 + times as u64));
        ids.push(answer["solana_transaction_id"].to_string());
        let hash = gateway.stop();
        gateway = Gateway::open(directory.path());
        let detail = "the ledger does not take the transaction's blockhash any more: get the newest one and sign anew";
        let answer = told(gateway.post(ADMINISTRATION, &body(&early)).await);
        assert_eq!(answer, problem(409, "blockhash_expired", detail));
        let blockhash = gateway.administration().await["blockhash"].clone();
        assert_eq!(gateway.stop(), hash, "the same ledger");
        gateway = Gateway::open(directory.path());
        assert_ne!(gateway.administration().await["blockhash"], blockhash);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each is a transaction of its own");
    gateway.stop();
}

/// Readings that come all the time begin slot after slot; the one whose blockhash was asked for stays until the signed transaction is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slot_stays_for_who_signs_with_its_blockhash() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open(directory.path());
    let key = authority();
    let signed = gateway.sign(&[suspend("ENG_003", MeterStatus::Suspended)], &[&key]).await;
    let reading = gateway.signed(1, BEGIN, 0, 400);
    let url = format!("{ONE}?wait=confirmed");
    let early = async {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        gateway.post(ADMINISTRATION, &body(&signed)).await
    };
    let ((status, answer), (executed, told)) = tokio::join!(gateway.post(&url, &reading), early);
    assert_eq!((status, executed), (200, 200), "{answer} {told}");
    assert_eq!(gateway.meter("ENG_003").await.status, MeterStatus::Suspended);
    gateway.stop();
}

/// A gateway on a cluster relays nothing: its authority sends to the cluster itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_on_a_cluster_relays_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open_on(directory.path(), options(42), Remote::default().link());
    let other = tempfile::tempdir().unwrap();
    let own = Gateway::open(other.path());
    let good = own.sign(&[suspend("ENG_003", MeterStatus::Suspended)], &[&authority()]).await;
    let answer = told(gateway.post(ADMINISTRATION, &body(&good)).await);
    let detail = "this gateway's ledger is a cluster: its authority sends to the cluster itself (--url)";
    assert_eq!(answer, problem(409, "not_embedded", detail));
    let answer = told(gateway.send("GET", ADMINISTRATION, KEY_OF_ALL, "").await);
    let detail = "this gateway's ledger is a cluster: ask the cluster itself (--url)";
    assert_eq!(answer, problem(409, "not_embedded", detail));
    own.stop();
    gateway.stop();
}
