//! What the SDK makes of nodes that are behind, do not answer, or refuse: each says what the test's script says.

use {
    campus_energy_sdk::{
        ledger::{Cluster, Ledger, LedgerError, cluster::Policy, programs::EMBEDDED, transaction::sign},
        registry::error::RegistryError::AlreadyAccepted,
    },
    campus_energy_tests::node::{Node, Script},
    serde_json::{Value, json},
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_transaction::versioned::VersionedTransaction,
    std::time::{Duration, Instant},
};

fn connect(nodes: &[&str]) -> Cluster {
    let urls: Vec<String> = nodes.iter().map(|url| (*url).into()).collect();
    let (timeout, patience) = (Duration::from_millis(400), Duration::from_secs(5));
    let policy = Policy { timeout, patience, highest_price: 0, subscribe: false, ..Policy::default() };
    Cluster::connect(&urls, EMBEDDED, policy).expect("a node answers")
}

/// A transaction that calls a program.
fn transaction(cluster: &Cluster, program: Pubkey) -> VersionedTransaction {
    let instruction = Instruction { program_id: program, accounts: Vec::new(), data: vec![0] };
    sign(cluster, &[instruction], &[&Keypair::new_from_array([3; 32])], &[]).expect("signed")
}

/// What becomes of a transaction in a time; none where it is still under way.
fn outcome(cluster: &Cluster, transaction: &VersionedTransaction, time: Duration) -> Option<Result<(), LedgerError>> {
    let until = Instant::now() + time;
    loop {
        let outcome = cluster.outcome(&transaction.signatures[0]);
        if outcome.is_some() || Instant::now() > until {
            assert_eq!(cluster.carries(&transaction.signatures[0]), outcome.is_none());
            return outcome;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn status(commitment: &str, error: &Value) -> Value {
    json!({ "slot": 90, "confirmations": null, "err": error, "status": { "Ok": null }, "confirmationStatus": commitment })
}

/// Longer than between two looks for what has expired.
const LOOKS: Duration = Duration::from_millis(5_000);

/// A transaction has expired when a finalized block is beyond its last height, and a node that knows this block does not know it.
#[test]
fn a_transaction_expires_only_by_a_node_that_is_not_behind() {
    let node = Node::start(Script::default());
    let cluster = connect(&[&node.url]);
    let sent = transaction(&cluster, EMBEDDED.oracle);
    let id = sent.signatures[0].to_string();
    node.script().transaction.clone_from(&id);
    cluster.post(sent.clone(), false);
    assert_eq!(outcome(&cluster, &sent, LOOKS), None, "though the node does not take its blockhash");
    // At its last height it can still be executed.
    node.script().finalized = [180, 150];
    assert_eq!(outcome(&cluster, &sent, LOOKS), None);
    // Behind a balancer another node answers for the history, which has not come so far.
    node.script().finalized = [181, 151];
    node.script().statuses_at = 180;
    assert_eq!(outcome(&cluster, &sent, LOOKS), None);
    // It knows it from a fork.
    node.script().statuses_at = 181;
    node.script().history.insert(id.clone(), status("processed", &Value::Null));
    assert_eq!(outcome(&cluster, &sent, LOOKS), None);
    node.script().history.clear();
    assert_eq!(outcome(&cluster, &sent, LOOKS), Some(Err(LedgerError::Expired)));
}

/// What an earlier process has sent is found in the history; without its last height it lives longer.
#[test]
fn what_an_earlier_process_sent_is_asked_of_the_history() {
    let node = Node::start(Script { finalized: [200, 151], statuses_at: 200, ..Script::default() });
    let cluster = connect(&[&node.url]);
    let [executed, expired, unknown] =
        [EMBEDDED.oracle, EMBEDDED.token, EMBEDDED.trading].map(|program| transaction(&cluster, program));
    node.script().history.insert(executed.signatures[0].to_string(), status("finalized", &Value::Null));
    node.script().transaction = unknown.signatures[0].to_string();
    // Its blockhash is none of those that this process has seen.
    let mut unknown = unknown;
    unknown.message.set_recent_blockhash(solana_program::hash::Hash::new_from_array([8; 32]));
    cluster.resume(executed.clone(), Some(150));
    cluster.resume(expired.clone(), Some(150));
    cluster.resume(unknown.clone(), None);
    assert_eq!(outcome(&cluster, &executed, LOOKS), Some(Ok(())));
    assert_eq!(outcome(&cluster, &expired, LOOKS), Some(Err(LedgerError::Expired)));
    assert!(node.script().sent.iter().all(|without| *without), "no preflight of what may be under way");
    node.script().finalized = [500, 451];
    node.script().statuses_at = 500;
    assert_eq!(outcome(&cluster, &unknown, LOOKS), None);
    node.script().finalized = [501, 452];
    node.script().statuses_at = 501;
    assert_eq!(outcome(&cluster, &unknown, LOOKS), Some(Err(LedgerError::Expired)));
}

/// A node takes a transaction and does not answer: what the next one's preflight says of it is not its end.
#[test]
fn what_a_node_may_have_taken_stays_under_way() {
    let refusal = json!({ "InstructionError": [0, { "Custom": AlreadyAccepted.code() }] });
    let silent = Node::start(Script { is_silent: true, ..Script::default() });
    let other = Node::start(Script { refusal: Some(refusal), ..Script::default() });
    let cluster = connect(&[&silent.url, &other.url]);
    let sent = transaction(&cluster, EMBEDDED.registry);
    let id = sent.signatures[0].to_string();
    other.script().transaction.clone_from(&id);
    cluster.post(sent.clone(), false);
    assert_eq!(outcome(&cluster, &sent, LOOKS), None);
    assert_eq!(silent.script().sent.first(), Some(&false));
    assert_eq!(other.script().sent.first(), Some(&true), "without preflight");
    for node in [&silent, &other] {
        node.script().statuses.insert(id.clone(), status("confirmed", &Value::Null));
    }
    assert_eq!(outcome(&cluster, &sent, LOOKS), Some(Ok(())));

    // One that cannot be reached has taken nothing: the next one's refusal counts.
    let other = Node::start(Script { refusal: other.script().refusal.clone(), ..Script::default() });
    let cluster = connect(&["http://127.0.0.1:1", &other.url]);
    let sent = transaction(&cluster, EMBEDDED.registry);
    cluster.post(sent.clone(), false);
    let refused = outcome(&cluster, &sent, LOOKS).expect("an answer").expect_err("a refusal");
    assert_eq!(refused.code(), Some(AlreadyAccepted.code()), "{refused}");
    assert_eq!(other.script().sent, [false]);
}

/// A code is described as ours only where the instruction that failed is one of ours.
#[test]
fn a_foreign_programs_code_is_not_ours() {
    let code = AlreadyAccepted.code();
    let refusal = json!({ "InstructionError": [0, { "Custom": code }] });
    let node = Node::start(Script { refusal: Some(refusal.clone()), ..Script::default() });
    let cluster = connect(&[&node.url]);
    let ours = transaction(&cluster, EMBEDDED.oracle);
    cluster.post(ours.clone(), false);
    let error = outcome(&cluster, &ours, LOOKS).expect("an answer").expect_err("a refusal");
    assert_eq!(error.described().map(|error| error.name), Some("AlreadyAccepted"), "{error}");

    let foreign = Pubkey::new_from_array([9; 32]);
    let theirs = transaction(&cluster, foreign);
    cluster.post(theirs.clone(), false);
    let error = outcome(&cluster, &theirs, LOOKS).expect("an answer").expect_err("a refusal");
    assert!(matches!(&error, LedgerError::Foreign(program, ..) if *program == foreign), "{error:?}");
    assert_eq!((error.described(), error.code()), (None, None));
    let expected = format!(
        "program {foreign}, which is not one of ours, refused the transaction: \
         Error processing Instruction 0: custom program error: {code:#x}"
    );
    assert_eq!(error.to_string(), expected);

    // The same where it was executed and failed.
    node.script().refusal = None;
    let failed = transaction(&cluster, Pubkey::new_from_array([10; 32]));
    let id = failed.signatures[0].to_string();
    node.script().transaction.clone_from(&id);
    node.script().statuses.insert(id, status("confirmed", &refusal));
    cluster.post(failed.clone(), false);
    let error = outcome(&cluster, &failed, LOOKS).expect("an answer").expect_err("a refusal");
    assert_eq!((error.described(), error.code()), (None, None), "{error}");
}

/// An account is not taken from a block that is older than the moment for which it is asked.
#[test]
fn accounts_are_read_behind_a_moment() {
    let node = Node::start(Script::default());
    let cluster = connect(&[&node.url]);
    let address = Pubkey::new_from_array([4; 32]);
    let read = |moment: Instant, time: u64| {
        let until = Instant::now() + Duration::from_millis(time);
        loop {
            let answer = cluster.account_since(&address, moment);
            if answer.is_some() || Instant::now() > until {
                return answer.map(|answer| answer.expect("an account").expect("it exists").lamports);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    assert_eq!(cluster.account(&address).expect("read").expect("it exists").lamports, 99, "confirmed, and older");
    let moment = Instant::now();
    assert_eq!(read(moment, 1_000), None);
    node.script().is_careless = true;
    assert_eq!(read(moment, 1_000), None, "an answer of before is not taken");
    node.script().slots = [104, 100];
    assert_eq!(read(moment, 2_000), Some(100));
    // Asked for anew at a later moment, it must be newer.
    assert_eq!(read(Instant::now(), 1_000), None);
    node.script().slots = [105, 104];
    assert_eq!(read(moment, 2_000), Some(104));
}
