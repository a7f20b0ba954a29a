//! Invariant 6: no instruction succeeds with a substituted, unsigned, read-only or duplicated account. On the real
//! bytecode, for every account of every instruction that people can call; each refusal is one of those named here.

use {
    campus_energy_sdk::error::describe,
    campus_energy_sdk::{
        ledger::{Embedded, SplToken},
        token::state::MintMode,
    },
    campus_energy_tests::{
        campus::Campus,
        cases::{Case, cases},
    },
    solana_keypair::Keypair,
    solana_message::Message,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    solana_transaction::Transaction,
    solana_transaction_error::TransactionError,
};

/// Refusals that tell of a wrong account.
const WRONG: &[&str] = &[
    "Missing",
    "WrongOwner",
    "WrongLength",
    "WrongKind",
    "WrongAddress",
    "WrongDepartment",
    "NotWritable",
    "AlreadyExists",
    "NotUpgradeAuthority",
    "NotDepartmentAuthority",
    "NotSubmitter",
    "NoPendingAuthority",
    "NotParticipant",
    "WrongMeter",
    "WrongTokenAccount",
    "AlreadyRetired",
    "IncorrectProgramId",
    "MissingRequiredSignature",
];

/// Tries a call without changing the ledger: `None` if it would succeed, else the refusal's name.
fn attempt(campus: &mut Campus<Embedded>, instruction: &Instruction, signers: &[&Keypair]) -> Option<String> {
    let svm = campus.chain.svm();
    let message = Message::new(std::slice::from_ref(instruction), Some(&signers[0].pubkey()));
    let signing: Vec<&Keypair> =
        signers.iter().copied().filter(|key| message.signer_keys().contains(&&key.pubkey())).collect();
    let transaction = Transaction::new(&signing, message, svm.latest_blockhash());
    let error = svm.simulate_transaction(transaction).err()?.err;
    use solana_program::instruction::InstructionError;
    Some(match &error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
            describe(*code).map_or_else(|| error.to_string(), |(described, _)| described.name.into())
        }
        TransactionError::InstructionError(_, other) => format!("{other:?}"),
        other => other.to_string(),
    })
}

fn ready() -> (Campus<Embedded>, Vec<Case>) {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    let mut cases = cases(&mut campus);
    cases.retain(|case| !case.signers.is_empty());
    campus.chain.next_slot();
    (campus, cases)
}

fn signers(case: &Case) -> Vec<&Keypair> {
    case.signers.iter().collect()
}

#[test]
fn the_unmodified_cases_succeed() {
    let (mut campus, cases) = ready();
    assert_eq!(cases.len(), 18);
    for case in &cases {
        assert_eq!(attempt(&mut campus, &case.instruction, &signers(case)), None, "{} {}", case.program, case.variant);
    }
}

#[test]
fn a_substituted_account_is_refused() {
    let (mut campus, cases) = ready();
    let impostor = campus.keys.wallet("stranger", 0);
    let other = campus.keys.participant(1);
    for case in &cases {
        for index in 0..case.instruction.accounts.len() {
            let mut forged = case.instruction.clone();
            // A signer is replaced by somebody else who does sign.
            let is_impostor = case.signers[0].pubkey() == impostor.pubkey();
            let substitute = if is_impostor { &other } else { &impostor };
            forged.accounts[index].pubkey =
                if forged.accounts[index].is_signer { substitute.pubkey() } else { Pubkey::new_from_array([77; 32]) };
            let all = if forged.accounts[index].is_signer { vec![substitute] } else { signers(case) };
            let refusal = attempt(&mut campus, &forged, &all);
            let place = format!("{} {} account {index}", case.program, case.variant);
            let refusal = refusal.unwrap_or_else(|| panic!("{place}: a substitute was accepted"));
            assert!(WRONG.contains(&refusal.as_str()), "{place}: {refusal}");
        }
    }
}

#[test]
fn an_unsigned_account_is_refused() {
    let (mut campus, cases) = ready();
    let payer = campus.keys.wallet("stranger", 0);
    let other = campus.keys.participant(1);
    for case in &cases {
        for index in 0..case.instruction.accounts.len() {
            if !case.instruction.accounts[index].is_signer {
                continue;
            }
            let mut unsigned = case.instruction.clone();
            unsigned.accounts[index].is_signer = false;
            let is_payer = case.signers[0].pubkey() == payer.pubkey();
            let refusal = attempt(&mut campus, &unsigned, &[if is_payer { &other } else { &payer }]);
            assert_eq!(refusal.as_deref(), Some("MissingRequiredSignature"), "{} {}", case.program, case.variant);
        }
    }
}

#[test]
fn a_read_only_account_is_refused_where_it_is_written() {
    let (mut campus, cases) = ready();
    let payer = campus.keys.wallet("stranger", 0);
    for case in &cases {
        for index in 0..case.instruction.accounts.len() {
            let meta = &case.instruction.accounts[index];
            // A payer is writable whatever the instruction says.
            if !meta.is_writable || meta.is_signer {
                continue;
            }
            let mut fixed = case.instruction.clone();
            fixed.accounts[index].is_writable = false;
            let refusal = attempt(&mut campus, &fixed, &signers(case));
            let place = format!("{} {} account {index}", case.program, case.variant);
            let refusal = refusal.unwrap_or_else(|| panic!("{place}: accepted read-only"));
            assert!(["NotWritable", "PrivilegeEscalation"].contains(&refusal.as_str()), "{place}: {refusal}");
        }
    }
    assert_ne!(payer.pubkey(), Pubkey::default());
}

#[test]
fn an_account_in_the_place_of_another_is_refused() {
    let (mut campus, cases) = ready();
    for case in &cases {
        let count = case.instruction.accounts.len();
        for (index, instead) in (0..count).flat_map(|index| (0..count).map(move |instead| (index, instead))) {
            if index == instead {
                continue;
            }
            let mut forged = case.instruction.clone();
            forged.accounts[index].pubkey = case.instruction.accounts[instead].pubkey;
            if forged.accounts[index].is_signer && forged.accounts[index].pubkey != case.signers[0].pubkey() {
                continue; // Nobody can sign for a program's account.
            }
            let refusal = attempt(&mut campus, &forged, &signers(case));
            let place = format!("{} {} account {instead} in the place of {index}", case.program, case.variant);
            let refusal = refusal.unwrap_or_else(|| panic!("{place}: accepted"));
            assert!(WRONG.contains(&refusal.as_str()), "{place}: {refusal}");
        }
    }
}

#[test]
fn missing_and_additional_accounts_are_refused() {
    let (mut campus, cases) = ready();
    for case in &cases {
        let mut fewer = case.instruction.clone();
        fewer.accounts.pop();
        let refusal = attempt(&mut campus, &fewer, &signers(case)).expect("one account less");
        assert!(["NotEnoughAccountKeys", "AccountCount"].contains(&refusal.as_str()), "{}: {refusal}", case.variant);
        let mut more = case.instruction.clone();
        more.accounts.push(more.accounts[0].clone());
        let refusal = attempt(&mut campus, &more, &signers(case)).expect("one account more");
        assert!(["TrailingAccounts", "AccountCount"].contains(&refusal.as_str()), "{}: {refusal}", case.variant);
    }
}
