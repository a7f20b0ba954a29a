//! Finding 2: what any holder can do makes the check of a ledger's accounts fail.

use {
    super::told,
    campus_energy_sdk::{
        SPL_TOKEN,
        ledger::{Embedded, Snapshot, SplToken},
        matching::Direction,
        registry,
        token::{instruction::retire, state::MintMode},
        trading::state::Asset,
        units::Energy,
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE},
        chain::Chain,
    },
    sim_cli::audit::{check_ledger, holdings},
    solana_signer::Signer,
    spl_associated_token_account_interface::instruction::create_associated_token_account,
    spl_token_interface::instruction::{burn, transfer},
};

/// Three traders, of whom the first has 10 kWh on the seat and a token in the wallet.
fn open() -> Campus<Embedded> {
    let mut campus = Campus::embedded(3, SplToken::Batching, MintMode::Batch);
    campus.open_market(SAMPLE, &[10_000]);
    campus.withdraw(0, Asset::Energy, 1_000_000).unwrap();
    assert_eq!(red(&campus), [""; 0]);
    campus
}

/// What the check says is wrong.
fn red(campus: &Campus<Embedded>) -> Vec<String> {
    let findings = check_ledger(&campus.chain, &campus.addresses()).unwrap();
    findings.into_iter().filter_map(Result::err).collect()
}

#[test]
fn finding_2_a_burn_of_one_unit() {
    let mut campus = open();
    let owner = campus.keys.participant(0);
    let (account, mint) = (campus.traders_account(0, Asset::Energy), campus.mint(Asset::Energy));
    campus.send(burn(&SPL_TOKEN, &account, &mint, &owner.pubkey(), &[], 1).unwrap(), &[&owner]).unwrap();
    let red = red(&campus);
    assert_eq!(red.len(), 1);
    assert!(red[0].starts_with("invariant 2: supply 9999999999 is minted less 0 retired"), "{red:?}");
    told(2, "red after a burn of one unit");
}

#[test]
fn finding_2_one_unit_for_the_vault() {
    let mut campus = open();
    let (owner, from) = (campus.keys.participant(0), campus.traders_account(0, Asset::Energy));
    let vault = campus.addresses().energy_vault;
    campus.send(transfer(&SPL_TOKEN, &from, &vault, &owner.pubkey(), &[], 1).unwrap(), &[&owner]).unwrap();
    let red = red(&campus);
    assert_eq!(red.len(), 1);
    assert!(red[0].starts_with("invariant 2: the energy vault's"), "{red:?}");
    told(2, "red after one unit sent to the vault");
}

#[test]
fn finding_2_a_clearing_left_unfinished() {
    let mut campus = open();
    campus.place(1, Direction::Buy, 3_000_000, 4_000, SAMPLE).unwrap();
    campus.place(0, Direction::Sell, 3_000_000, 5_000, SAMPLE).unwrap();
    campus.chain_time(SAMPLE + 905);
    campus.clear(1).unwrap();
    let red = red(&campus);
    assert_eq!(red.len(), 2, "{red:?}");
    told(2, "red while a clearing is unfinished");
}

/// The same person retires in another department: the first counts that receipt as its own.
#[test]
fn finding_2_a_receipt_of_another_department() {
    let mut campus = open();
    let (authority, owner) = (campus.keys.authority(), campus.keys.participant(0));
    let (by, wallet) = (authority.pubkey(), owner.pubkey());
    let other = campus.begin_department("MED_", 4, MARKET);
    let id = "MED_001".parse().unwrap();
    let key = solana_program::pubkey::Pubkey::new_from_array([8; 32]);
    for instruction in [
        registry::instruction::register_participant(&other, &by, &wallet, registry::state::Role::Faculty),
        create_associated_token_account(&by, &wallet, &other.energy_mint, &SPL_TOKEN),
        registry::instruction::register_meter(&other, &by, &wallet, id, registry::state::Zone::Other, &key),
    ] {
        campus.send(instruction, &[&authority]).unwrap();
    }
    let submitter = campus.keys.submitter();
    let accounts = campus_energy_sdk::oracle::instruction::MeterAccounts {
        meter: other.meter(&id),
        token_account: other.token_account(&wallet),
    };
    let reading = campus_energy_tests::campus::plain(&[(2_000, 0)]);
    let submit = campus_energy_sdk::oracle::instruction::submit_readings;
    let submission = submit(&other, &submitter.pubkey(), &[accounts], SAMPLE, reading);
    campus.send(submission, &[&submitter]).unwrap();
    campus.send(retire(&other, &wallet, Energy(1_500), SAMPLE), &[&owner]).unwrap();
    campus.chain.next_slot();
    let holdings = holdings(&Snapshot::of(&campus.chain), &campus.addresses()).unwrap();
    assert_eq!((holdings[0].retired, holdings[0].receipts), (1_500, 1), "nothing was retired in this department");
    told(2, "another department's receipt counted as this one's");
}
