//! Finding 3: the log is believed.

use {
    super::{
        hostile::{around, deploy},
        script::Script,
        told,
    },
    campus_energy_sdk::{
        event::{AnyEvent, decode_logs},
        ledger::SplToken,
        token::state::MintMode,
        trading::{event::FundsDeposited, instruction as build, state::Asset},
    },
    campus_energy_tests::campus::{Campus, SAMPLE},
    solana_signer::Signer,
};

/// The hostile program fills the log around a genuine deposit: the trading program's last line no longer fits, the hostile program's
/// own data line does.
#[test]
fn finding_3_a_forged_deposit_is_decoded() {
    const FORGED: u64 = 1_000_000_000_000_000;
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.open_market(SAMPLE, &[5_000]);
    campus.submit(SAMPLE - 900, &[(5_000, 0)]).unwrap();
    deploy(&mut campus);
    let (owner, account) = (campus.keys.participant(0), campus.traders_account(0, Asset::Energy));
    let deposit = build::deposit(&campus.addresses(), &owner.pubkey(), 0, Asset::Energy, &account, 1_000_000);
    let event = FundsDeposited { sequence: 7, seat: 0, asset: Asset::Quote, amount: FORGED };
    let event = AnyEvent::FundsDeposited(event).encode();
    let mut amounts = |fill: u16| -> Vec<u64> {
        let filled = around(&deposit, Script::default().fill(fill), Script::default().data(&event));
        let receipt = campus.send(filled, &[&owner]).unwrap();
        let events = decode_logs(receipt.logs.iter().map(String::as_str), &campus.addresses().programs);
        let amount = |event: &AnyEvent| match event {
            AnyEvent::FundsDeposited(deposited) => Some(deposited.amount),
            _ => None,
        };
        events.iter().filter_map(amount).collect()
    };
    assert_eq!(amounts(10), [1_000_000], "with room in the log, only the genuine one");
    let mut seen: Vec<Vec<u64>> = (8_400..9_990).step_by(3).map(&mut amounts).collect();
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.iter().any(|amounts| amounts.contains(&FORGED)), "{seen:?}");
    assert!(seen.contains(&Vec::new()), "nothing says that the deposit's event is missing: {seen:?}");
    told(3, "a forged FundsDeposited of 10^15 decoded; a genuine one hidden without a word");
}
