//! Finding 4, written against commit a7eea0b: see `main.rs`. `scripts/findings.sh` puts it among the tests of the gateway.

mod gateway_support;

use {
    campus_energy_sdk::{
        account::AccountData,
        deployment::{Addresses, deployment_id},
        ledger::{Embedded, Ledger, programs::EMBEDDED, transaction::sign as sign_transaction},
        oracle::{
            instruction::{MeterAccounts, submit_signed_readings},
            readings::PlainReading,
        },
        reading::Quality,
        registry::state::Meter as MeterState,
        time::Interval,
    },
    gateway_support::{BEGIN, Gateway, KEY_OF_ALL, ONE, options},
    serde_json::json,
    sim_cli::settlement::{Keys, Meter, sign},
    solana_program::hash::Hash,
    solana_signer::Signer,
};

/// Somebody else who has the submitter's key puts a reading of the first meter on the ledger.
fn submit(ledger: &mut Embedded, generated: u32) {
    let (keys, addresses) = (Keys::new(42), Addresses::derive(EMBEDDED, "ENG_".parse().unwrap()));
    let id = "ENG_001".parse().unwrap();
    ledger.set_time(BEGIN + 5);
    let account = ledger.account(&addresses.meter(&id)).unwrap().expect("a meter");
    let token_account = MeterState::decode(&account.data).unwrap().token_account;
    let accounts = MeterAccounts { meter: addresses.meter(&id), token_account };
    let own = Meter { id, owner: 0, accounts, key: keys.meter(0) };
    let reading = PlainReading { generated, consumed: 0, quality: Quality::Measured };
    let deployment = deployment_id(&Hash::default(), &addresses.department);
    let signed = sign(&own, deployment, Interval::ending_at(BEGIN).unwrap(), &reading);
    let submitter = keys.submitter();
    let instructions = submit_signed_readings(&addresses, &submitter.pubkey(), &[accounts], BEGIN, vec![signed], 1);
    let transaction = sign_transaction(ledger, &instructions, &[&submitter], &[]).unwrap();
    ledger.send(transaction).unwrap();
    ledger.next_slot();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_4_other_values_on_the_ledger_are_confirmed() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::open_on(directory.path(), options(42), |mut ledger| {
        submit(&mut ledger, 1_000);
        ledger
    });
    let reading = gateway.signed(1, BEGIN, 3_000, 500);
    let (status, answer) = gateway.post(&format!("{ONE}?wait=confirmed"), &reading).await;
    let told = (status, &answer["status"], &answer["energy_tokens_minted"]);
    assert_eq!(told, (200, &json!("success"), &json!("2500000000")), "{answer}");
    let (_, summary) = gateway.send("GET", "/api/engineering/meter-summary", KEY_OF_ALL, "").await;
    assert_eq!(summary["energy_token_supply"], json!("1000000000"), "{summary}");
    let state = gateway.state(1, BEGIN).await.1;
    assert_eq!(
        (&state["state"], &state["solana_transaction_id"]),
        (&json!("confirmed"), &answer["solana_transaction_id"])
    );
    println!("finding 4: answered 200, 2.5 tokens minted, while the ledger has 1 kWh of somebody else's");
    gateway.stop();
}
