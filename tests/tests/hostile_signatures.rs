//! Forged readings with real keys' names on them: the bytes that the ed25519 precompile verified must be the very bytes that the
//! oracle executes. The attacker has the submitter's key and a program of its own.

use {
    campus_energy_sdk::{
        ED25519_PROGRAM, INSTRUCTIONS_SYSVAR,
        ledger::{Embedded, SplToken},
        oracle::{
            instruction::SUBMIT_READINGS_HEAD,
            readings::{SignedReading, signature_offsets, verification},
        },
        token::state::MintMode,
    },
    campus_energy_tests::{
        attack::{Tally, refused},
        campus::{Campus, LIMITS, SAMPLE},
        chain::Chain,
        hostile::{PROGRAM, accounts, deploy, forwarding, instruction},
    },
    ed25519_dalek::{Signer as _, SigningKey},
    hostile::Script,
    solana_account::Account,
    solana_program::instruction::Instruction,
};

/// What the attacker would mint, Wh.
const FORGED: [(u32, u32); 2] = [(12_500, 0), (12_500, 0)];

/// A department that requires signatures, and the hostile program.
fn campus() -> Campus<Embedded> {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.configure(LIMITS, true).unwrap();
    deploy(&mut campus, PROGRAM);
    campus
}

/// Readings of the first meters with their real keys and no signature of theirs.
fn forged(campus: &Campus<Embedded>, count: usize) -> Vec<SignedReading> {
    let mut readings = campus.signed(SAMPLE, &FORGED[..count]);
    readings.iter_mut().for_each(|reading| reading.signature = [7; 64]);
    readings
}

/// Records that the attacker's own key signed.
fn decoys(count: usize) -> Vec<SignedReading> {
    let key = SigningKey::from_bytes(&[9; 32]);
    let message = [3; 56];
    let (signature, signing_key) = (key.sign(&message).to_bytes(), key.verifying_key().to_bytes());
    vec![SignedReading { message, signature, signing_key }; count]
}

fn bytes(readings: &[SignedReading]) -> Vec<u8> {
    readings
        .iter()
        .flat_map(|reading| [&reading.message[..], &reading.signature, &reading.signing_key].concat())
        .collect()
}

/// A script that carries records where SubmitReadings has its own: behind 14 bytes.
fn carrying(records: &[u8]) -> Script {
    const STEP: usize = 3;
    Script::default().skip(&[&[0; SUBMIT_READINGS_HEAD - STEP], records].concat())
}

/// The hostile program, whose data carries records, submits a batch.
fn submit_with(records: &[u8], submission: &Instruction) -> Instruction {
    instruction(carrying(records).forward(0, submission, &[]), accounts(submission))
}

/// An ed25519 instruction: count and padding, offsets, records.
fn ed25519(head: [u8; 2], offsets: &[u8], records: &[u8]) -> Instruction {
    let data = [&head[..], offsets, records].concat();
    Instruction { program_id: ED25519_PROGRAM, accounts: vec![], data }
}

/// The offsets of a record that begins at a place in an instruction.
fn offsets(at: u16, index: u16) -> Vec<u8> {
    let words = [at + 56, index, at + 120, index, at, 56, index];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn sent(campus: &mut Campus<Embedded>, instructions: &[Instruction]) -> Option<String> {
    let submitter = campus.keys.submitter();
    refused(campus.send_all(instructions, &[&submitter]))
}

/// The case that the audit found: the decoys lie in the hostile program's data where the readings would lie.
#[test]
fn decoys_at_the_place_of_the_readings_do_not_verify_them() {
    let tally = Tally::default();
    for count in 1..=2 {
        let mut campus = campus();
        let [_, submission] = campus.signed_submission(SAMPLE, forged(&campus, count));
        let attack = submit_with(&bytes(&decoys(count)), &submission);
        let result = sent(&mut campus, &[verification(count, 1), attack]);
        tally.attack(format!("{count} decoys"), result, "SignatureInstruction");
        assert_eq!(campus.supply(), 0, "tokens minted from nothing");
        // The honest meters are not locked out.
        let honest = campus.signed(SAMPLE, &FORGED[..count]);
        let honest = campus.signed_submission(SAMPLE, honest);
        tally.legitimate("the honest meters", sent(&mut campus, &honest));
    }
    tally.finish(2);
}

/// Whatever else is in the transaction and whatever the verification names, what is called by another program is no verified batch.
#[test]
fn a_batch_that_another_program_submits_is_refused() {
    let tally = Tally::default();
    let mut campus = campus();
    let [verify, honest] = campus.signed_submission(SAMPLE, campus.signed(SAMPLE, &FORGED[..1]));
    let [_, forged] = campus.signed_submission(SAMPLE, forged(&campus, 1));
    let decoy = bytes(&decoys(1));
    let mut elsewhere = |name: &str, instructions: &[Instruction]| {
        let result = sent(&mut campus, instructions);
        tally.attack(name, result, "SignatureInstruction");
    };
    // The real signatures too: nothing shows the oracle that they are what it executes.
    let forwarded = forwarding(&honest);
    let record = &honest.data[SUBMIT_READINGS_HEAD..];
    let at =
        forwarded.data.windows(record.len()).position(|part| part == record).expect("the record in the caller's data");
    let their_place = ed25519([1, 0], &offsets(u16::try_from(at).unwrap(), 1), &[]);
    elsewhere("a good batch forwarded, verified where it lies", &[their_place, forwarded]);
    let genuine = bytes(&campus_records(&honest));
    elsewhere("a good batch forwarded, its records at their place", &[verify.clone(), submit_with(&genuine, &honest)]);
    elsewhere("no verification", &[submit_with(&decoy, &forged)]);
    // The good batch at the top level and the forged one behind it.
    let [first, good] = [verify.clone(), honest.clone()];
    elsewhere("behind a good batch", &[first.clone(), good.clone(), submit_with(&decoy, &forged)]);
    let again = [first, good, verification(1, 3), submit_with(&decoy, &forged)];
    elsewhere("behind a good batch, with decoys", &again);
    // The good batch behind the forged one.
    let [verify_third, third] = campus_signed_at(&honest, 3);
    elsewhere("before a good batch", &[verification(1, 1), submit_with(&decoy, &forged), verify_third, third]);
    assert_eq!(campus.supply(), 0);
    tally.legitimate("the good batch", sent(&mut campus, &[verify, honest]));
    tally.finish(6);
}

/// The records of a batch.
fn campus_records(submission: &Instruction) -> Vec<SignedReading> {
    let records = submission.data[SUBMIT_READINGS_HEAD..].chunks_exact(SignedReading::SIZE);
    let reading = |record: &[u8]| SignedReading {
        message: record[..56].try_into().unwrap(),
        signature: record[56..120].try_into().unwrap(),
        signing_key: record[120..].try_into().unwrap(),
    };
    records.map(reading).collect()
}

/// A batch at another place in the transaction.
fn campus_signed_at(submission: &Instruction, position: u16) -> [Instruction; 2] {
    let count = campus_records(submission).len();
    [verification(count, position), submission.clone()]
}

/// At the top level: every way in which a verification can be of something else.
#[test]
fn a_verification_of_other_bytes_is_refused() {
    let tally = Tally::default();
    let mut campus = campus();
    let [verify, honest] = campus.signed_submission(SAMPLE, campus.signed(SAMPLE, &FORGED[..1]));
    let [_, forged] = campus.signed_submission(SAMPLE, forged(&campus, 1));
    let decoy = bytes(&decoys(1));
    let carrier = || instruction(carrying(&decoy), vec![]);
    let right = |position| signature_offsets(0, position);
    // The records in the verification's own data: they begin behind the head and the offsets.
    let own = |index: u16| offsets(16, index);
    let in_words = |change: &dyn Fn(&mut [u8])| {
        let mut offsets = right(2);
        change(&mut offsets);
        offsets.to_vec()
    };
    let mut attack = |name: &str, instructions: &[Instruction]| {
        let result = sent(&mut campus, instructions);
        // The precompile itself refuses offsets for no signature.
        let expected = if name == "none, with offsets" { "Custom(4)" } else { "SignatureInstruction" };
        tally.attack(name, result, expected);
    };
    attack("index 0xffff names the verification itself", &[ed25519([1, 0], &own(0xffff), &decoy), forged.clone()]);
    attack("the verification's own index", &[ed25519([1, 0], &own(0), &decoy), forged.clone()]);
    attack("another instruction's bytes", &[carrier(), ed25519([1, 0], &right(0), &[]), forged.clone()]);
    attack("a later instruction's bytes", &[ed25519([1, 0], &right(2), &[]), forged.clone(), carrier()]);
    attack("the good batch's bytes, behind it", &[ed25519([1, 0], &right(2), &[]), forged.clone(), honest.clone()]);
    // A word of the offsets names another place, at which the decoy has the same parts.
    for (name, at) in [("signature", 2), ("key", 6), ("message", 12)] {
        let offsets = in_words(&|offsets| offsets[at] = 0);
        let instructions =
            [submit_nothing(&bytes(&campus_records(&honest))), ed25519([1, 0], &offsets, &[]), honest.clone()];
        attack(&format!("the {name} in another instruction"), &instructions);
    }
    let decoys_last = [verify_at(3), ed25519([1, 0], &own(1), &decoy), forged.clone(), honest.clone()];
    attack("two verifications, the decoys' last", &decoys_last);
    attack("a verification and something between", &[verify_at(2), carrier(), honest.clone()]);
    attack("more signatures than readings", &[ed25519([2, 0], &[right(1), right(1)].concat(), &[]), honest.clone()]);
    attack("none", &[ed25519([0, 0], &[], &[]), forged.clone()]);
    attack("none, with offsets", &[ed25519([0, 0], &right(1), &[]), forged.clone()]);
    attack("offsets and more", &[ed25519([1, 0], &right(1), &[0]), honest.clone()]);
    attack("padding", &[ed25519([1, 1], &right(1), &[]), honest.clone()]);
    attack("the forged batch first", std::slice::from_ref(&forged));
    attack("the good batch's verification for both", &[verify.clone(), honest.clone(), forged.clone()]);
    attack(
        "a program that only looks like it",
        &[Instruction { program_id: PROGRAM, ..verify_skipped() }, forged.clone()],
    );

    // The sysvar replaced by an account with its bytes, and by others.
    let copy = solana_program::pubkey::Pubkey::new_from_array([81; 32]);
    let content = sysvar_of(&verify, &honest);
    campus.chain.put(copy, Account { lamports: 1_000_000_000, data: content, ..Account::default() });
    for (name, other) in [("a copy", copy), ("the department", campus.addresses().department), ("the program", PROGRAM)]
    {
        let mut spoofed = honest.clone();
        assert_eq!(spoofed.accounts.last().unwrap().pubkey, INSTRUCTIONS_SYSVAR);
        spoofed.accounts.last_mut().unwrap().pubkey = other;
        tally.attack(format!("{name} as the sysvar"), sent(&mut campus, &[verify.clone(), spoofed]), "WrongAddress");
    }
    // The precompile itself: a signature that is none.
    tally.attack("junk", sent(&mut campus, &[verify.clone(), forged]), "Custom(2)");
    assert_eq!(campus.supply(), 0);
    tally.legitimate("behind something else", sent(&mut campus, &[carrier(), verify_at(2), honest]));
    tally.finish(20);
}

fn verify_at(position: u16) -> Instruction {
    verification(1, position)
}

/// The hostile program carries records and does nothing.
fn submit_nothing(records: &[u8]) -> Instruction {
    instruction(carrying(records), vec![])
}

/// The verification's bytes as a script that is passed over.
fn verify_skipped() -> Instruction {
    instruction(Script::default().skip(&verify_at(1).data), vec![])
}

/// The instructions sysvar's bytes for two instructions, the second of which is the current one.
fn sysvar_of(first: &Instruction, second: &Instruction) -> Vec<u8> {
    let word = |value: usize| u16::try_from(value).unwrap().to_le_bytes();
    let encode = |instruction: &Instruction| {
        let mut bytes = word(instruction.accounts.len()).to_vec();
        for meta in &instruction.accounts {
            bytes.push(u8::from(meta.is_signer) | u8::from(meta.is_writable) << 1);
            bytes.extend_from_slice(meta.pubkey.as_ref());
        }
        bytes.extend_from_slice(instruction.program_id.as_ref());
        bytes.extend_from_slice(&word(instruction.data.len()));
        bytes.extend_from_slice(&instruction.data);
        bytes
    };
    let (first, second) = (encode(first), encode(second));
    let head = [word(2), word(6), word(6 + first.len())].concat();
    [&head[..], &first, &second, &word(1)].concat()
}
