//! Findings 1, 5 and the receipt of 9.

use {
    super::{
        hostile::{around, deploy},
        script::Script,
        told,
    },
    campus_energy_sdk::{
        ledger::SplToken,
        oracle::{
            instruction::{SUBMIT_READINGS_HEAD, submit_readings},
            readings::{SignedReading, verification},
        },
        token::{
            instruction::retire,
            state::{MintMode, Retirement},
        },
        units::Energy,
    },
    campus_energy_tests::campus::{Campus, LIMITS, SAMPLE, embedded, plain, refusal},
    ed25519_dalek::{Signer as _, SigningKey},
    sim_cli::{
        settlement::{Founding, Keys},
        simulation::Configuration,
    },
    solana_signer::Signer,
};

/// The attacker has the submitter's key. The verified records are decoys, signed with a key of their own, and lie in the hostile
/// program's data where the oracle expects the readings.
#[test]
fn finding_1_decoys_verify_forged_readings() {
    const ENERGIES: [(u32, u32); 2] = [(12_500, 0), (12_500, 0)];
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.configure(LIMITS, true).unwrap();
    deploy(&mut campus);
    let submitter = campus.keys.submitter();
    let mut forged = campus.signed(SAMPLE, &ENERGIES);
    forged.iter_mut().for_each(|reading| reading.signature = [7; 64]);
    let [_, submission] = campus.signed_submission(SAMPLE, forged);

    let (key, message) = (SigningKey::from_bytes(&[9; 32]), [3; 56]);
    let (signature, signing_key) = (key.sign(&message).to_bytes(), key.verifying_key().to_bytes());
    let decoy = SignedReading { message, signature, signing_key };
    let record = [&decoy.message[..], &decoy.signature, &decoy.signing_key].concat();
    // One byte names the step, two are the length.
    let carrying = Script::default().skip(&[vec![0; SUBMIT_READINGS_HEAD - 3], record.clone(), record].concat());
    let attack = around(&submission, carrying, Script::default());
    campus.send_all(&[verification(2, 1), attack], &[&submitter]).unwrap();
    assert_eq!(campus.supply(), 25_000_000_000);
    let honest = campus.signed(SAMPLE, &ENERGIES);
    assert_eq!(refusal(campus.submit_signed(SAMPLE, honest)), "AlreadyAccepted");
    told(1, "25 kWh minted by forged readings; the honest meters are locked out");
}

/// A department as the default configuration founds it.
#[test]
fn finding_5_one_meter_takes_the_array() {
    let configuration = Configuration::load(None).unwrap();
    let plan = Founding::of(&configuration, false, MintMode::Batch);
    let (array, meters) = (plan.limits.array_generation, plan.meters.len());
    assert_eq!((plan.limits.meter_generation, meters), (array, 15));
    let keys = Keys::new(1);
    let mut campus = Campus::on(embedded(keys, SplToken::Batching), keys, &plan);
    campus.submit(SAMPLE, &[(array, 0)]).unwrap();
    assert_eq!(campus.supply(), 12_500_000_000);
    let (submitter, accounts) = (campus.keys.submitter(), campus.meter_accounts(meters));
    for account in &accounts[1..] {
        let reading = plain(&[(10, 0)]);
        let one = submit_readings(&campus.addresses(), &submitter.pubkey(), &[*account], SAMPLE, reading);
        assert_eq!(refusal(campus.send(one, &[&submitter])), "ImplausibleArray");
    }
    told(5, "one meter mints all 12.5 kWh of the interval; 14 of 14 others are refused");
}

#[test]
fn finding_9_a_receipt_before_the_department_existed() {
    let mut campus = Campus::embedded(1, SplToken::Batching, MintMode::Batch);
    campus.submit(SAMPLE, &[(3_000, 0)]).unwrap();
    let owner = campus.keys.participant(0);
    let long_ago = retire(&campus.addresses(), &owner.pubkey(), Energy(1_000), 900);
    let receipt = long_ago.accounts[4].pubkey;
    campus.send(long_ago, &[&owner]).unwrap();
    let receipt: Retirement = campus.read(&receipt);
    assert_eq!((receipt.timestamp, receipt.energy), (900, Energy(1_000)));
    told(9, "a receipt for an interval of 1 January 1970");
}
