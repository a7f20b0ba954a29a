//! An outsider's program calls ours: each instruction is passed on, with borrows held, twice, with claimed signatures and with its
//! own. What is signed for by the right people or by nobody works as it does at the top level; the rest is refused.

use {
    campus_energy_sdk::{
        SPL_TOKEN,
        ledger::{Embedded, SplToken},
        oracle::address::ORACLE_SEED,
        token::{address::TOKEN_SEED, state::MintMode},
        trading::{address::MARKET_SEED, state::Asset},
    },
    campus_energy_tests::{
        attack::{Tally, name},
        campus::Campus,
        cases::{Case, cases},
        hostile::{PROGRAM, SEED, accounts, around, deploy, forwarding, instruction, signer},
        roles::AccountRole,
    },
    hostile::Script,
    solana_keypair::Keypair,
    solana_message::Message,
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    solana_transaction::Transaction,
    std::collections::BTreeMap,
};

/// A campus with the hostile program, and a key that pays the fees and is in no case.
struct Stage {
    campus: Campus<Embedded>,
    cases: Vec<Case>,
    fees: Keypair,
}

/// What a transaction would do: the accounts that it writes, but for the fees' payer.
type Written = BTreeMap<Pubkey, (u64, Pubkey, Vec<u8>)>;

impl Stage {
    fn new() -> Self {
        let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
        let cases = cases(&mut campus);
        deploy(&mut campus, PROGRAM);
        let fees = campus.keys.wallet("fees", 0);
        for address in [fees.pubkey(), signer().0] {
            campus.chain.airdrop(&address, 1_000_000_000_000).unwrap();
        }
        campus.chain.next_slot();
        Self { campus, cases, fees }
    }

    fn attempt(&mut self, time: i64, instruction: &Instruction, signers: &[Keypair]) -> Result<Written, String> {
        self.campus.chain.set_time(time);
        let svm = self.campus.chain.svm();
        let message = Message::new(std::slice::from_ref(instruction), Some(&self.fees.pubkey()));
        let needed = |key: &&Keypair| message.signer_keys().contains(&&key.pubkey());
        let signing: Vec<&Keypair> = std::iter::once(&self.fees).chain(signers.iter().filter(needed)).collect();
        let transaction = Transaction::new(&signing, message.clone(), svm.latest_blockhash());
        let done = svm.simulate_transaction(transaction).map_err(|failed| name(&failed.err))?;
        let accounts = done.post_accounts.into_iter().filter(|(address, _)| *address != self.fees.pubkey());
        let written = accounts.map(|(address, account)| {
            let account = solana_account::Account::from(account);
            (address, (account.lamports, account.owner, account.data))
        });
        Ok(written.collect())
    }
}

fn at(case: &Case) -> String {
    format!("{} {}", case.program, case.variant)
}

/// Permissionless and properly signed instructions do the same when another program sends them, also one that holds borrows of
/// every account.
#[test]
fn what_is_passed_on_does_what_it_does_at_the_top_level() {
    let mut stage = Stage::new();
    let tally = Tally::default();
    let cases = std::mem::take(&mut stage.cases);
    for case in cases.iter().filter(|case| !case.signers.is_empty()) {
        let direct = stage.attempt(case.time, &case.instruction, &case.signers).unwrap();
        let holding = around(&case.instruction, Script::default().hold().return_data(b"forged"), Script::default());
        for (how, passed_on) in [("passed on", forwarding(&case.instruction)), ("with borrows", holding)] {
            let indirect = stage.attempt(case.time, &passed_on, &case.signers);
            tally.legitimate(format!("{} {how}", at(case)), indirect.as_ref().err().cloned());
            let indirect = indirect.unwrap_or_default();
            for (address, state) in &direct {
                assert!(indirect.get(address) == Some(state), "{} {how}: {address} differs", at(case));
            }
        }
    }
    tally.finish(0);
}

/// Without a signature in the transaction the hostile program claims it; a writable account likewise.
#[test]
fn privileges_are_not_gained_on_the_way() {
    let mut stage = Stage::new();
    let tally = Tally::default();
    let cases = std::mem::take(&mut stage.cases);
    for case in &cases {
        for index in 0..case.instruction.accounts.len() {
            let meta = &case.instruction.accounts[index];
            // Only the oracle can sign for what other programs alone may call.
            let signed = !case.signers.is_empty();
            for (privilege, has) in [("signer", meta.is_signer), ("writable", meta.is_writable && signed)] {
                if !has {
                    continue;
                }
                let mut escalating = forwarding(&case.instruction);
                let own = &mut escalating.accounts[1 + index];
                if privilege == "signer" {
                    own.is_signer = false
                } else {
                    own.is_writable = false
                }
                let result = stage.attempt(case.time, &escalating, &case.signers).err();
                tally.attack(format!("{} account {index} {privilege}", at(case)), result, "PrivilegeEscalation");
            }
        }
    }
    tally.finish(85);
}

/// The hostile program's own address in the place of each signer, properly signed for.
#[test]
fn the_signature_of_another_programs_address_is_no_ones_elses() {
    let mut stage = Stage::new();
    let tally = Tally::default();
    let cases = std::mem::take(&mut stage.cases);
    for case in &cases {
        for (index, role) in case.roles.iter().enumerate() {
            let (AccountRole::Signer(error) | AccountRole::Payer(error)) = role else { continue };
            let mut forged = case.instruction.clone();
            forged.accounts[index].pubkey = signer().0;
            let result = stage.attempt(case.time, &forwarding(&forged), &case.signers).err();
            if case.variant == "Grow" {
                tally.legitimate("anybody pays for a book", result);
            } else {
                tally.attack(format!("{} account {index}", at(case)), result, error);
            }
        }
    }
    tally.finish(27);
}

/// The seeds of our programs' addresses sign for nothing in another program.
#[test]
fn the_seeds_of_our_addresses_sign_for_nothing_elsewhere() {
    let mut stage = Stage::new();
    let tally = Tally::default();
    let campus = &stage.campus;
    let addresses = campus.addresses();
    let to = campus.traders_account(0, Asset::Energy);
    let transfer = |vault: Asset| {
        let to = campus.traders_account(0, vault);
        spl_token_interface::instruction::transfer(&SPL_TOKEN, addresses.vault(vault), &to, &addresses.market, &[], 1)
    };
    let mint = spl_token_interface::instruction::mint_to(
        &SPL_TOKEN,
        &addresses.energy_mint,
        &to,
        &addresses.token_config,
        &[],
        1_000_000,
    );
    let department = addresses.department.to_bytes();
    // With the bump that makes an address of the hostile program of them.
    let bump_of = |seed: &[u8]| [Pubkey::find_program_address(&[seed, &department], &PROGRAM).1];
    let (market_bump, config_bump, oracle_bump) = (bump_of(MARKET_SEED), bump_of(TOKEN_SEED), bump_of(ORACLE_SEED));
    let market: &[&[u8]] = &[MARKET_SEED, &department, &market_bump];
    let config: &[&[u8]] = &[TOKEN_SEED, &department, &config_bump];
    let oracle: &[&[u8]] = &[ORACLE_SEED, &department, &oracle_bump];
    let mut attacks = vec![
        ("the energy vault emptied", transfer(Asset::Energy).unwrap(), market),
        ("the quote vault emptied", transfer(Asset::Quote).unwrap(), market),
        ("tokens minted", mint.unwrap(), config),
    ];
    // What only the oracle may call, with the oracle's seeds.
    let cases = std::mem::take(&mut stage.cases);
    for case in cases.iter().filter(|case| case.signers.is_empty()) {
        attacks.push((case.variant, case.instruction.clone(), oracle));
    }
    let own_bump = [signer().1];
    for (what, forged, seeds) in attacks {
        for seeds in [seeds, &[SEED, &own_bump], &[]] {
            let script = Script::default().forward(0, &forged, seeds);
            let mut metas = accounts(&forged);
            metas.iter_mut().for_each(|meta| meta.is_signer = false);
            let result = stage.attempt(cases[0].time, &instruction(script, metas), &[]).err();
            tally.attack(what, result, "PrivilegeEscalation");
        }
    }
    tally.finish(18);
}

/// Twice in one instruction of the hostile program: what can be done once only is done once only.
#[test]
fn twice_in_one_instruction_is_as_twice_in_a_transaction() {
    let mut stage = Stage::new();
    let tally = Tally::default();
    let cases = std::mem::take(&mut stage.cases);
    for case in cases.iter().filter(|case| !case.signers.is_empty()) {
        let twice = around(&case.instruction, Script::default(), Script::default().forward(0, &case.instruction, &[]));
        let result = stage.attempt(case.time, &twice, &case.signers).err();
        let expected = match (case.program, case.variant) {
            (_, "Initialize") | (_, "RegisterParticipant" | "RegisterMeter") => "AlreadyExists",
            (_, "AcceptAuthority") => "NoPendingAuthority",
            (_, "Retire") => "AlreadyRetired",
            (_, "SubmitReadings") => "AlreadyAccepted",
            (_, "Grow") => "FullyGrown",
            (_, "ClaimSeat") => "SeatTaken",
            (_, "CancelOrder") => "UnknownOrder",
            (_, "Clear") => "AlreadyCleared",
            // Setting the same again, or moving and ordering more, is no attack.
            _ => {
                tally.legitimate(at(case), result);
                continue;
            }
        };
        tally.attack(at(case), result, expected);
    }
    tally.finish(14);
}
