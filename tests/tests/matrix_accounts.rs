//! Invariant 6: no instruction succeeds with a substituted, unsigned, read-only or duplicated account. On the real bytecode, for
//! every account of every instruction; each refusal is the one that follows from what the account is in its instruction.

use {
    campus_energy_sdk::{INSTRUCTIONS_SYSVAR, SYSTEM_PROGRAM, account::AccountKind as Kind, ledger::Ledger},
    campus_energy_tests::{
        attack::{Arena, Tally},
        cases::Case,
        exceptions::{called, exceptions, known, read_only},
        instructions::{INSTRUCTIONS, instruction_name},
        roles::{AccountRole, Substitute, Surroundings, Verdict, load, owner},
    },
    solana_account::Account,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
    std::collections::BTreeSet,
};

fn place(case: &Case, index: usize) -> String {
    format!("{} {} account {index}", case.program, case.variant)
}

/// The arena, and its cases apart, so that both can be used.
fn arena() -> (Arena, Vec<Case>) {
    let mut arena = Arena::new();
    let cases = std::mem::take(&mut arena.cases);
    (arena, cases)
}

#[test]
fn the_unmodified_cases_succeed() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        let result = arena.attempt(case, case.instruction.clone());
        tally.legitimate(format!("{} {}", case.program, case.variant), result);
        assert_eq!(case.roles.len(), case.instruction.accounts.len(), "{} {}", case.program, case.variant);
    }
    tally.finish(0);
}

/// No instruction is forgotten, and a case is of the instruction that it says it is.
#[test]
fn every_instruction_has_a_case() {
    let (_, cases) = arena();
    let mut missing: BTreeSet<&str> = INSTRUCTIONS.iter().copied().collect();
    for case in &cases {
        let name = format!("{}.{}", case.program, case.variant);
        assert_eq!(instruction_name(case.program, &case.instruction.data), Some(&name[..]));
        missing.remove(&name[..]);
    }
    assert_eq!(missing, BTreeSet::new());
    assert_eq!(cases.len(), INSTRUCTIONS.len() + 1, "one case of each, and one of a signed batch");
}

/// An exception is of an attack that is tried, and says something else than the account's role: none is left over from an older rule.
#[test]
fn every_exception_is_of_an_attack_that_is_tried() {
    let (arena, cases) = arena();
    for (program, variant, index, name) in exceptions() {
        let place = format!("{program} {variant} account {index} is {name}");
        let case = cases.iter().find(|case| (case.program, called(case)) == (program, variant));
        let case = case.unwrap_or_else(|| panic!("{place}: no such case"));
        let (role, own) = (case.roles[index], case.instruction.accounts[index].pubkey);
        let account = |address: &Pubkey| arena.campus.chain.account(address).unwrap();
        let around = surroundings(case, index, &arena);
        let of_role = if let Some((_, address)) = arena.substitutes().into_iter().find(|(known, _)| known == name) {
            let account = account(&address);
            assert_ne!(address, own, "{place}: that is the account itself");
            role.verdict(&Substitute { address, account: account.as_ref(), writable: true }, &around)
        } else if name == "copy" {
            let copy = Account { owner: Pubkey::new_from_array([79; 32]), ..account(&own).unwrap() };
            role.verdict(&Substitute { address: own, account: Some(&copy), writable: true }, &around)
        } else {
            let states = states(&account(&own).unwrap());
            let (state, changed) = states.iter().find(|(state, _)| *state == name).unwrap_or_else(|| panic!("{place}"));
            in_state(case, index, state, changed, &arena)
        };
        assert_ne!(known(case, index, name), Some(of_role), "{place}: the role says so already");
    }
}

#[test]
fn an_unsigned_account_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for index in 0..case.instruction.accounts.len() {
            if case.instruction.accounts[index].is_signer {
                let mut unsigned = case.instruction.clone();
                unsigned.accounts[index].is_signer = false;
                let refusal = arena.attempt(case, unsigned);
                tally.attack(place(case, index), refusal, "MissingRequiredSignature");
            }
        }
    }
    tally.finish(27);
}

#[test]
fn a_read_only_account_is_refused_where_it_is_written() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for (index, role) in case.roles.iter().enumerate() {
            if case.instruction.accounts[index].is_writable {
                let mut fixed = case.instruction.clone();
                fixed.accounts[index].is_writable = false;
                let refusal = arena.attempt(case, fixed);
                tally.attack(place(case, index), refusal, read_only(*role));
            }
        }
    }
    tally.finish(50);
}

/// Every address of [`Arena::substitutes`] in the place of every account. Among them are the instruction's own other accounts
/// (duplicates), accounts of every kind, and another department's of every kind.
#[test]
fn a_substituted_account_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    let substitutes = arena.substitutes();
    for case in &cases {
        let own = case.instruction.accounts.iter().map(|meta| ("duplicate".to_string(), meta.pubkey));
        let mut all = substitutes.clone();
        // The instructions sysvar is nowhere but in a transaction.
        let own = own.filter(|(_, own)| *own != INSTRUCTIONS_SYSVAR);
        all.extend(own.filter(|(_, own)| substitutes.iter().all(|(_, address)| address != own)).collect::<Vec<_>>());
        for (index, role) in case.roles.iter().enumerate() {
            let around = surroundings(case, index, &arena);
            for (name, address) in &all {
                if *address == case.instruction.accounts[index].pubkey {
                    continue;
                }
                let account = arena.campus.chain.account(address).unwrap();
                let is_program = *address == case.instruction.program_id;
                let writable = !is_program && !["system program", "clock"].contains(&name.as_str());
                let substitute = Substitute { address: *address, account: account.as_ref(), writable };
                let expected = known(case, index, name).unwrap_or_else(|| role.verdict(&substitute, &around));
                let mut forged = case.instruction.clone();
                forged.accounts[index].pubkey = *address;
                let result = arena.attempt(case, forged);
                let place = format!("{} is {name}", place(case, index));
                match expected {
                    Verdict::Refused(error) => tally.attack(place, result, error),
                    Verdict::Equivalent => tally.legitimate(place, result),
                }
            }
        }
    }
    tally.finish(5_000);
}

fn surroundings(case: &Case, index: usize, arena: &Arena) -> Surroundings {
    let addresses = arena.campus.addresses();
    let vault = case.roles.iter().position(|role| *role == AccountRole::Vault);
    let vault = vault.map(|index| case.instruction.accounts[index].pubkey);
    let mint =
        if vault == Some(addresses.quote_vault) { arena.campus.department.quote_mint } else { addresses.energy_mint };
    Surroundings {
        programs: addresses.programs,
        written: case.instruction.accounts[index].is_writable,
        signer: case.instruction.accounts[0].pubkey,
        vault,
        mint,
        vaults: [addresses.energy_vault, addresses.quote_vault],
    }
}

/// The same bytes at another address, owned by another program: what an attacker can make.
#[test]
fn a_copy_of_an_account_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    let address = Pubkey::new_from_array([78; 32]);
    for case in &cases {
        for (index, role) in case.roles.iter().enumerate() {
            let meta = &case.instruction.accounts[index];
            let Some(mut copy) = arena.campus.chain.account(&meta.pubkey).unwrap() else { continue };
            if meta.is_signer || copy.executable || copy.data.is_empty() {
                continue;
            }
            copy.owner = arena.campus.keys.wallet("impostor's program", 0).pubkey();
            let mut forged = case.instruction.clone();
            forged.accounts[index].pubkey = address;
            arena.campus.chain.svm().set_account(address, copy.clone()).unwrap();
            let substitute = Substitute { address, account: Some(&copy), writable: true };
            let around = surroundings(case, index, &arena);
            let expected = known(case, index, "copy").unwrap_or_else(|| role.verdict(&substitute, &around));
            let result = arena.attempt(case, forged);
            match expected {
                Verdict::Refused(error) => tally.attack(place(case, index), result, error),
                Verdict::Equivalent => tally.legitimate(place(case, index), result),
            }
        }
    }
    tally.finish(60);
}

/// What an account's bytes can be made to by a fault, at its own address.
fn states(account: &Account) -> Vec<(&'static str, Account)> {
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut other = account.clone();
        change(&mut other.data);
        other
    };
    vec![
        ("closed", Account::default()),
        ("closed and paid into", Account { lamports: 1_000_000, ..Account::default() }),
        ("reopened, empty", Account { data: vec![], ..account.clone() }),
        ("reopened, zeros", changed(&|data| data.fill(0))),
        ("reopened, header only", changed(&|data| data.truncate(3))),
        ("reopened by another program", Account { owner: Pubkey::new_from_array([79; 32]), ..account.clone() }),
        ("of the next kind", changed(&|data| data[0] += 1)),
        ("of version 0", changed(&|data| data[1] = 0)),
        ("of the next version", changed(&|data| data[1] += 1)),
        ("a byte shorter", changed(&|data| data.truncate(data.len() - 1))),
        ("a byte longer", changed(&|data| data.push(0))),
    ]
}

/// Closed, reopened, of an unknown version or another length.
#[test]
fn an_account_in_another_state_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for (index, role) in case.roles.iter().enumerate() {
            if role.kind().is_none() {
                continue;
            }
            let address = case.instruction.accounts[index].pubkey;
            let account = arena.campus.account(&address);
            for (state, changed) in states(&account) {
                let is_named = matches!(role, AccountRole::Named(..)) && case.variant != "SubmitReadings";
                if is_named && state == "reopened by another program" {
                    continue; // Nobody but the program that makes such can have made one there.
                }
                let of_role = in_state(case, index, state, &changed, &arena);
                let expected = known(case, index, state).unwrap_or(of_role);
                let result = arena.attempt_with(case, address, changed);
                let place = format!("{} {state}", place(case, index));
                match expected {
                    Verdict::Refused(error) => tally.attack(place, result, error),
                    Verdict::Equivalent => tally.legitimate(place, result),
                }
            }
        }
    }
    tally.finish(300);
}

/// The verdict of an account's role on another state of it.
fn in_state(case: &Case, index: usize, state: &str, changed: &Account, arena: &Arena) -> Verdict {
    let role = case.roles[index];
    let kind = role.kind().expect("an account of a kind");
    // A batch passes what it names on to programs that load it.
    let is_loaded = matches!(role, AccountRole::Loaded(..) | AccountRole::Passed(..));
    let programs = arena.campus.addresses().programs;
    let owner = (is_loaded || case.variant == "SubmitReadings").then(|| owner(kind, &programs));
    let is_book = kind == Kind::Book && state.starts_with("a byte");
    let otherwise = if is_book { "NotGrown" } else { "WrongAddress" };
    Verdict::Refused(load(kind, Some(changed), owner).unwrap_or(otherwise))
}

/// At the next address off the curve that the same seeds give, and at the one that another program derives from them, nothing is
/// created; where the right address has an account already, neither.
#[test]
fn an_account_is_created_at_its_canonical_address_only_and_once() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    for case in &cases {
        for (index, role) in case.roles.iter().enumerate() {
            if *role != AccountRole::Created {
                continue;
            }
            let address = case.instruction.accounts[index].pubkey;
            let seeds = seeds(case, index);
            let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
            let program = case.instruction.program_id;
            let (canonical, bump) = Pubkey::find_program_address(&seeds, &program);
            assert_eq!(canonical, address, "{}: the seeds", place(case, index));
            let lower = (0..bump)
                .rev()
                .find_map(|bump| Pubkey::create_program_address(&[&seeds[..], &[&[bump]]].concat(), &program).ok());
            let foreign = Pubkey::find_program_address(&seeds, &Pubkey::new_from_array([80; 32])).0;
            for (name, other) in [("of a lower bump", lower.expect("another address")), ("of another program", foreign)]
            {
                let mut forged = case.instruction.clone();
                forged.accounts[index].pubkey = other;
                let result = arena.attempt(case, forged);
                tally.attack(format!("{} {name}", place(case, index)), result, "WrongAddress");
            }
            for lamports in [1, 890_880, 5_000_000, 10_000_000_000] {
                let funded = Account { lamports, ..Account::default() };
                let result = arena.attempt_with(case, address, funded);
                tally.legitimate(format!("{} has {lamports} lamports", place(case, index)), result);
            }
            let lamports = 1_000_000_000;
            for (name, owner, data) in [
                ("of the system program with data", SYSTEM_PROGRAM, vec![0; 8]),
                ("of the program, zeros", program, vec![0; 172]),
                ("of another program", Pubkey::new_from_array([80; 32]), vec![1; 8]),
                ("of another program, empty", Pubkey::new_from_array([80; 32]), vec![]),
            ] {
                let occupied = Account { lamports, data, owner, ..Account::default() };
                let error =
                    if case.variant == "Retire" && owner == program { "AlreadyRetired" } else { "AlreadyExists" };
                let result = arena.attempt_with(case, address, occupied);
                tally.attack(format!("{} is occupied, {name}", place(case, index)), result, error);
            }
        }
    }
    tally.finish(60);
}

/// The seeds of an account that an instruction creates.
fn seeds(case: &Case, index: usize) -> Vec<Vec<u8>> {
    let account = |index: usize| case.instruction.accounts[index].pubkey.to_bytes().to_vec();
    let data = |from: usize, to: usize| case.instruction.data[from..to].to_vec();
    let seed = |text: &str| text.as_bytes().to_vec();
    match (case.program, case.variant, index) {
        ("registry", "Initialize", 2) => vec![seed("department"), data(1, 17)],
        ("registry", "RegisterParticipant", 2) => vec![seed("participant"), account(1), data(1, 33)],
        ("registry", "RegisterMeter", 2) => vec![seed("meter"), account(1), data(1, 17)],
        ("token", "Initialize", 3) => vec![seed("token"), account(2)],
        ("token", "Initialize", 4) => vec![seed("mint"), account(3)],
        ("token", "Retire", 4) => vec![seed("retirement"), account(1), account(0), data(9, 17)],
        ("oracle", "Initialize", 5) => vec![seed("oracle"), account(2)],
        ("oracle", "Initialize", 6) => vec![seed("intervals"), account(5)],
        ("trading", "Initialize", 5) => vec![seed("market"), account(2)],
        ("trading", "Initialize", 6) => vec![seed("book"), account(5)],
        ("trading", "Initialize", 7) => vec![seed("vault"), account(5), vec![0]],
        ("trading", "Initialize", 8) => vec![seed("vault"), account(5), vec![1]],
        other => panic!("{other:?} creates an account: add its seeds here"),
    }
}

/// The token account of a meter's owner is proved by a bump: no other one will do.
#[test]
fn another_bump_of_the_token_account_is_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    let case = cases.iter().find(|case| case.variant == "RegisterMeter").unwrap();
    let owner = arena.campus.keys.participant(0).pubkey();
    let (_, right) = arena.campus.addresses().token_account_and_bump(&owner);
    let at = (0..case.instruction.data.len()).rev().find(|at| case.instruction.data[*at] == right).expect("the bump");
    for bump in (0..=u8::MAX).filter(|bump| *bump != right) {
        let mut forged = case.instruction.clone();
        forged.data[at] = bump;
        tally.attack(format!("bump {bump}"), arena.attempt(case, forged), "WrongTokenAccount");
    }
    tally.finish(255);
}

#[test]
fn missing_and_additional_accounts_are_refused() {
    let (mut arena, cases) = arena();
    let tally = Tally::default();
    // The last account of a signed batch is taken for the sysvar, however many there are.
    for case in cases.iter().filter(|case| case.before.is_empty()) {
        // The accounts before those of which there can be any number, and the error for a wrong number of those.
        let (fixed, count) = match case.variant {
            "SubmitReadings" => (11, "AccountCount"),
            "RecordReadings" => (2, "ReadingCount"),
            "MintForSurplus" => (4, "RecipientCount"),
            _ => (case.instruction.accounts.len(), "TrailingAccounts"),
        };
        for length in 0..case.instruction.accounts.len() {
            let mut fewer = case.instruction.clone();
            fewer.accounts.truncate(length);
            let expected = if length < fixed { "NotEnoughAccountKeys" } else { count };
            tally.attack(
                format!("{} {} {length} accounts", case.program, case.variant),
                arena.attempt(case, fewer),
                expected,
            );
        }
        for instead in 0..case.instruction.accounts.len() {
            let mut more = case.instruction.clone();
            more.accounts.push(more.accounts[instead].clone());
            tally.attack(
                format!("{} {} account {instead} again", case.program, case.variant),
                arena.attempt(case, more),
                count,
            );
        }
    }
    tally.finish(240);
}
