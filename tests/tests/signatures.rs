//! Meter signatures, checked on chain: what the precompile verified must be these very readings.

use {
    campus_energy_department::SIGNED_READINGS_PER_TRANSACTION,
    campus_energy_sdk::{
        ledger::{
            LedgerError, MAX_TRANSACTION_BYTES, SplToken,
            transaction::{MAX_COMPUTE_UNITS, compute_unit_limit},
        },
        oracle::readings::{SignedReading, verification},
        registry,
        token::state::MintMode,
    },
    campus_energy_tests::{
        attack::refused,
        campus::{Campus, LIMITS, SAMPLE, refusal},
    },
    ed25519_dalek::Signer as _,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

/// The precompile's own error for a signature that is none.
const INVALID_SIGNATURE: &str = "Custom(2)";
const READINGS: [(u32, u32); 5] = [(6_200, 4_100), (0, 3_000), (500, 500), (7, 0), (0, 0)];

#[test]
fn signed_readings_are_accepted_natively_and_as_bytecode() {
    let mut campus = Campus::native(5);
    campus.configure(LIMITS, true).unwrap();
    let signed = campus.signed(SAMPLE, &READINGS);
    campus.submit_signed(SAMPLE, signed).unwrap();
    assert_eq!((campus.balance(0), campus.balance(3)), (2_100_000_000, 7_000_000));

    let mut campus = Campus::embedded(5, SplToken::Batching, MintMode::Batch);
    campus.configure(LIMITS, true).unwrap();
    let signed = campus.signed(SAMPLE, &READINGS);
    campus.submit_signed(SAMPLE, signed).unwrap();
    assert_eq!(campus.supply(), 2_107_000_000);
}

/// litesvm does not mind a longer transaction; the sdk's ledger does, and six signed readings do not fit.
#[test]
fn five_signed_readings_fit_a_packet_and_six_do_not() {
    assert_eq!(SIGNED_READINGS_PER_TRANSACTION, 5);
    let mut campus = Campus::embedded(6, SplToken::Batching, MintMode::Batch);
    let six = campus.signed(SAMPLE, &[(1_000, 0); 6]);
    match campus.submit_signed(SAMPLE, six) {
        Err(LedgerError::TooLong(bytes)) => assert!(bytes > MAX_TRANSACTION_BYTES),
        other => panic!("{other:?}"),
    }
    let five = campus.signed(SAMPLE, &[(1_000, 0); 5]);
    campus.submit_signed(SAMPLE, five).unwrap();
}

#[test]
fn an_unsigned_batch_is_refused_where_signatures_are_required() {
    let mut campus = Campus::native(1);
    campus.configure(LIMITS, true).unwrap();
    assert_eq!(refusal(campus.submit(SAMPLE, &[(1, 0)])), "SignatureRequired");
}

/// Everything that can be forged about a signed reading.
#[test]
fn forgeries_are_refused() {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.configure(LIMITS, true).unwrap();
    let signed = |campus: &Campus<_>| campus.signed(SAMPLE, &[(6_200, 4_100)]);
    let resign = |campus: &Campus<_>, mut reading: SignedReading, at: usize, byte: u8| {
        reading.message[at] ^= byte;
        reading.signature = campus.keys.meter(0).sign(&reading.message).to_bytes();
        vec![reading]
    };

    // A bit of the signature, and of the message under it: the precompile itself refuses.
    for part in 0..2 {
        let mut reading = signed(&campus);
        if part == 0 {
            reading[0].signature[5] ^= 1
        } else {
            reading[0].message[41] ^= 1
        }
        assert_eq!(refused(campus.submit_signed(SAMPLE, reading)).as_deref(), Some(INVALID_SIGNATURE));
    }
    // Properly signed by the meter, but for something else.
    for (at, expected) in [
        (0, "WrongDeployment"),  // tag
        (9, "WrongDeployment"),  // deployment id
        (22, "WrongMeter"),      // meter id
        (33, "WrongDeployment"), // timestamp
        (48, "WrongSigningKey"), // key epoch
        (52, "WrongDeployment"), // quality
    ] {
        let reading = signed(&campus)[0];
        let forged = resign(&campus, reading, at, 4);
        assert_eq!(refusal(campus.submit_signed(SAMPLE, forged)), expected, "byte {at}");
    }
    // Signed by another meter's key.
    let mut reading = signed(&campus)[0];
    reading.signature = campus.keys.meter(1).sign(&reading.message).to_bytes();
    reading.signing_key = campus.keys.meter(1).verifying_key().to_bytes();
    assert_eq!(refusal(campus.submit_signed(SAMPLE, vec![reading])), "WrongSigningKey");
    // A rotated key: the old signatures are worth nothing.
    let (authority, id) = (campus.keys.authority(), campus.department.meters[0].id);
    let key = Pubkey::new_from_array(campus.keys.meter(0).verifying_key().to_bytes());
    let rotate = registry::instruction::rotate_meter_key(&campus.addresses(), &authority.pubkey(), &id, &key);
    campus.send(rotate, &[&authority]).unwrap();
    let old = signed(&campus);
    assert_eq!(refusal(campus.submit_signed(SAMPLE, old)), "WrongSigningKey");
    assert_eq!(campus.supply(), 0);
}

/// The verification must be right before, of as many signatures, with every offset and index as expected.
#[test]
fn a_verification_of_something_else_is_refused() {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.configure(LIMITS, true).unwrap();
    let submitter = campus.keys.submitter();
    let signed = campus.signed(SAMPLE, &[(6_200, 4_100), (100, 0)]);
    let [verify, submit] = campus.signed_submission(SAMPLE, signed);

    assert_eq!(refusal(campus.send(submit.clone(), &[&submitter])), "SignatureInstruction", "no verification at all");
    let mut fewer = verification(1, 1);
    assert_eq!(refusal(campus.send_all(&[fewer.clone(), submit.clone()], &[&submitter])), "SignatureInstruction");
    fewer.data.extend_from_slice(&verify.data[16..]);
    assert_eq!(refusal(campus.send_all(&[fewer, submit.clone()], &[&submitter])), "SignatureInstruction");
    // The same signature verified twice instead of both.
    let mut twice = verify.clone();
    let first: Vec<u8> = twice.data[2..16].to_vec();
    twice.data[16..30].copy_from_slice(&first);
    assert_eq!(refusal(campus.send_all(&[twice, submit.clone()], &[&submitter])), "SignatureInstruction");
    // The right instruction, but not right before.
    let apart = [verification(2, 2), compute_unit_limit(MAX_COMPUTE_UNITS), submit.clone()];
    assert_eq!(refusal(campus.send_all(&apart, &[&submitter])), "SignatureInstruction");
    // Another account in the place of the sysvar.
    let mut spoofed = submit.clone();
    spoofed.accounts.last_mut().unwrap().pubkey = campus.addresses().department;
    assert_eq!(refusal(campus.send_all(&[verify.clone(), spoofed], &[&submitter])), "WrongAddress");
    campus.send_all(&[verify, submit], &[&submitter]).unwrap();
    assert_eq!(campus.supply(), 2_200_000_000);
}
