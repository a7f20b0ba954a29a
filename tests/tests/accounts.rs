//! Invariant 6: no instruction succeeds with a substituted, unsigned, read-only or duplicated account. On the real
//! bytecode, for every account of every instruction that people can call; each refusal is one of those named here.

use {
    campus_energy_sdk::error::describe,
    campus_energy_sdk::{
        deployment::Addresses,
        ledger::{Embedded, Ledger, SplToken},
        registry,
        token::state::MintMode,
        trading,
    },
    campus_energy_tests::{
        campus::Campus,
        cases::{Case, cases},
        chain::Chain,
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
    "WrongVault",
    "WrongMint",
    "NotSeatOwner",
    "AlreadyRetired",
    "IncorrectProgramId",
    "MissingRequiredSignature",
];

/// Tries a call, at the time of its case, without changing the ledger: `None` if it would succeed, else the refusal's
/// name.
fn attempt(
    campus: &mut Campus<Embedded>,
    case: &Case,
    instruction: &Instruction,
    signers: &[&Keypair],
) -> Option<String> {
    campus.chain.set_time(case.time);
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
    assert_eq!(cases.len(), 27);
    for case in &cases {
        assert_eq!(
            attempt(&mut campus, case, &case.instruction, &signers(case)),
            None,
            "{} {}",
            case.program,
            case.variant
        );
    }
}

#[test]
fn a_substituted_account_is_refused() {
    let (mut campus, cases) = ready();
    let impostor = campus.keys.wallet("stranger", 0);
    let other = campus.keys.participant(1);
    for case in &cases {
        for index in 0..case.instruction.accounts.len() {
            if (case.program, case.variant, index) == ("trading", "Grow", 0) {
                continue; // Anybody may pay.
            }
            let mut forged = case.instruction.clone();
            // A signer is replaced by somebody else who does sign.
            let is_impostor = case.signers[0].pubkey() == impostor.pubkey();
            let substitute = if is_impostor { &other } else { &impostor };
            forged.accounts[index].pubkey =
                if forged.accounts[index].is_signer { substitute.pubkey() } else { Pubkey::new_from_array([77; 32]) };
            let all = if forged.accounts[index].is_signer { vec![substitute] } else { signers(case) };
            let refusal = attempt(&mut campus, case, &forged, &all);
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
            let refusal = attempt(&mut campus, case, &unsigned, &[if is_payer { &other } else { &payer }]);
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
            let refusal = attempt(&mut campus, case, &fixed, &signers(case));
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
            let refusal = attempt(&mut campus, case, &forged, &signers(case));
            let place = format!("{} {} account {instead} in the place of {index}", case.program, case.variant);
            let refusal = refusal.unwrap_or_else(|| panic!("{place}: accepted"));
            assert!(WRONG.contains(&refusal.as_str()), "{place}: {refusal}");
        }
    }
}

/// The same bytes at another address, owned by another program: what an attacker can make.
#[test]
fn a_copy_of_an_account_is_refused() {
    let (mut campus, cases) = ready();
    for case in &cases {
        for (index, meta) in case.instruction.accounts.iter().enumerate() {
            let Some(mut copy) = campus.chain.account(&meta.pubkey).unwrap() else { continue };
            // The upgrade authority tells the oracle by these which programs its siblings are.
            let tells = (case.program, case.variant) == ("oracle", "Initialize") && [3, 4].contains(&index);
            if meta.is_signer || copy.executable || copy.data.is_empty() || tells {
                continue;
            }
            let address = Pubkey::new_from_array([78; 32]);
            copy.owner = campus.keys.wallet("impostor's program", 0).pubkey();
            let mut forged = case.instruction.clone();
            forged.accounts[index].pubkey = address;
            campus.chain.put(address, copy);
            let refusal = attempt(&mut campus, case, &forged, &signers(case));
            let place = format!("{} {} account {index}", case.program, case.variant);
            let refusal = refusal.unwrap_or_else(|| panic!("{place}: a copy was accepted"));
            assert!(WRONG.contains(&refusal.as_str()), "{place}: {refusal}");
        }
    }
}

/// The accounts of another department, where it has such: all of the right kind.
#[test]
fn another_departments_account_is_refused() {
    let (mut campus, cases) = ready();
    let other = Addresses::derive(campus.addresses().programs, "SCI_".parse().unwrap());
    let pairs = |own: Addresses| {
        [
            (own.department, other.department),
            (own.token_config, other.token_config),
            (own.energy_mint, other.energy_mint),
            (own.market, other.market),
            (own.book, other.book),
            (own.energy_vault, other.energy_vault),
            (own.quote_vault, other.quote_vault),
        ]
    };
    // It is somebody else's, and nothing of it is refused for its length alone.
    let (authority, newcomer) = (campus.keys.authority(), campus.keys.wallet("newcomer", 0));
    for (instruction, signer) in [
        (registry::instruction::propose_authority(&other, &authority.pubkey(), &newcomer.pubkey()), &authority),
        (registry::instruction::accept_authority(&other, &newcomer.pubkey()), &newcomer),
        (trading::instruction::grow(&other, &newcomer.pubkey()), &newcomer),
    ] {
        campus.send(instruction, &[signer]).unwrap();
    }
    let mut tried = 0;
    for case in &cases {
        for (own, foreign) in pairs(campus.addresses()) {
            for index in 0..case.instruction.accounts.len() {
                if case.instruction.accounts[index].pubkey != own {
                    continue;
                }
                let mut forged = case.instruction.clone();
                forged.accounts[index].pubkey = foreign;
                let refusal = attempt(&mut campus, case, &forged, &signers(case));
                let place = format!("{} {} account {index}", case.program, case.variant);
                let refusal = refusal.unwrap_or_else(|| panic!("{place}: another department's was accepted"));
                // On another department's book the signer is nobody yet.
                let is_nobody = case.program == "trading" && refusal == "UnknownSeat";
                assert!(WRONG.contains(&refusal.as_str()) || is_nobody, "{place}: {refusal}");
                tried += 1;
            }
        }
    }
    assert!(tried > 25, "{tried}");
}

#[test]
fn missing_and_additional_accounts_are_refused() {
    let (mut campus, cases) = ready();
    for case in &cases {
        let mut fewer = case.instruction.clone();
        fewer.accounts.pop();
        let refusal = attempt(&mut campus, case, &fewer, &signers(case)).expect("one account less");
        assert!(["NotEnoughAccountKeys", "AccountCount"].contains(&refusal.as_str()), "{}: {refusal}", case.variant);
        let mut more = case.instruction.clone();
        more.accounts.push(more.accounts[0].clone());
        let refusal = attempt(&mut campus, case, &more, &signers(case)).expect("one account more");
        assert!(["TrailingAccounts", "AccountCount"].contains(&refusal.as_str()), "{}: {refusal}", case.variant);
    }
}
