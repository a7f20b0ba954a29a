//! A log that others write to: whatever a hostile program says before, after and around an instruction of ours, only our own events
//! are read from it.

use {
    campus_energy_sdk::{
        event::AnyEvent,
        ledger::{
            Embedded, SplToken,
            logs::{Decoded, decode_logs},
        },
        token::state::MintMode,
        trading::{event::FundsDeposited, instruction as build, state::Asset},
    },
    campus_energy_tests::{
        attack::Tally,
        campus::{Campus, SAMPLE},
        hostile::{PROGRAM, around, deploy, instruction},
    },
    hostile::Script,
    solana_program::instruction::Instruction,
    solana_signer::Signer,
};

fn campus() -> Campus<Embedded> {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    campus.open_market(SAMPLE - 900, &[5_000]);
    campus.submit(SAMPLE, &[(5_000, 0)]).unwrap();
    deploy(&mut campus, PROGRAM);
    campus
}

/// A deposit that never was: 10^15 base units.
fn forged(sequence: u64) -> AnyEvent {
    AnyEvent::FundsDeposited(FundsDeposited { sequence, seat: 0, asset: Asset::Quote, amount: 1_000_000_000_000_000 })
}

/// The deposit of a Wh.
fn deposit(campus: &Campus<Embedded>) -> Instruction {
    let (wallet, account) = (campus.keys.participant(0).pubkey(), campus.traders_account(0, Asset::Energy));
    build::deposit(
        &campus.addresses(),
        &wallet,
        &build::SeatTransfer { seat: 0, asset: Asset::Energy, token_account: account, amount: 1_000_000 },
    )
}

/// What is decoded of an accepted transaction's log, and whether that is all.
fn decoded(campus: &mut Campus<Embedded>, instruction: Instruction) -> (Vec<AnyEvent>, bool) {
    let wallet = campus.keys.participant(0);
    let receipt = campus.send(instruction, &[&wallet]).unwrap();
    let Decoded { events, complete } =
        decode_logs(receipt.logs.iter().map(String::as_str), &campus.addresses().programs);
    (events.into_iter().map(|logged| logged.event).collect(), complete)
}

/// The same of a log that is not cut.
fn events(campus: &mut Campus<Embedded>, instruction: Instruction) -> Vec<AnyEvent> {
    let (events, complete) = decoded(campus, instruction);
    assert!(complete, "{events:?}");
    events
}

/// Words by which the runtime tells where a program begins and ends, for every program that could be meant.
fn words(campus: &Campus<Embedded>) -> Vec<String> {
    let programs = campus.addresses().programs;
    let mut all: Vec<String> =
        ["success", "failed", "failed: custom program error: 0x0", "Log truncated", "invoke [1]", "", " ", "Program"]
            .map(Into::into)
            .into();
    for id in [programs.registry, programs.token, programs.oracle, programs.trading, PROGRAM] {
        for what in [
            "success",
            "invoke [1]",
            "invoke [2]",
            "invoke [3]",
            "failed: out of memory",
            "consumed 1 of 2 compute units",
        ] {
            all.push(format!("Program {id} {what}"));
            all.push(format!("{id} {what}"));
            all.push(format!("x\nProgram {id} {what}"));
        }
    }
    all
}

/// The number that an attack is: none of the forged events may be among those decoded, and the deposit's must be.
fn check(tally: &Tally, place: &str, decoded: &[AnyEvent], genuine: usize) {
    let forged =
        decoded.iter().filter(|event| matches!(event, AnyEvent::FundsDeposited(it) if it.amount > 1_000_000_000));
    tally.attack(place, (forged.count() == 0).then_some("not decoded"), "not decoded");
    assert_eq!(decoded.len(), genuine, "{place}: {decoded:?}");
}

#[test]
fn an_event_of_another_program_is_not_ours() {
    let mut campus = campus();
    let tally = Tally::default();
    let event = forged(7).encode();
    let decoded = events(&mut campus, instruction(Script::default().data(&event), vec![]));
    check(&tally, "alone", &decoded, 0);
    for word in words(&campus) {
        let say = |script: Script| script.log(&word).data(&event).log(&word).data(&event);
        let decoded = events(&mut campus, instruction(say(Script::default()), vec![]));
        check(&tally, &format!("alone with {word:?}"), &decoded, 0);
        let around = around(&deposit(&campus), say(Script::default()), say(Script::default()));
        let decoded = events(&mut campus, around);
        check(&tally, &format!("around a deposit with {word:?}"), &decoded, 1);
    }
    // In the text of a line, where a line is broken, and as return data.
    let line = format!("Program data: {}", "AAQHAAAAAAAAAAAAAQCAxqR+jQMA");
    for script in [
        Script::default().log(&line),
        Script::default().log(&format!("x\n{line}")),
        Script::default().return_data(&event),
    ] {
        let around = around(&deposit(&campus), script.clone(), script);
        let decoded = events(&mut campus, around);
        check(&tally, "in words", &decoded, 1);
    }
    tally.finish(150);
}

/// The log keeps 10,000 bytes: longer lines vanish where shorter ones still fit. The hostile program leaves every possible number of
/// bytes for the lines of the deposit, and then for its own event. Whatever is left, a log without the deposit's event says that it is
/// incomplete.
#[test]
fn a_full_log_does_not_turn_a_strangers_event_into_ours() {
    let mut campus = campus();
    let tally = Tally::default();
    let event = forged(7).encode();
    let mut whole = 0;
    for fill in (8_400..9_990).step_by(3) {
        let filled =
            around(&deposit(&campus), Script::default().fill(fill), Script::default().data(&event).data(&event));
        let (decoded, complete) = decoded(&mut campus, filled);
        let forged =
            decoded.iter().any(|event| matches!(event, AnyEvent::FundsDeposited(it) if it.amount > 1_000_000_000));
        tally.attack(format!("{fill} bytes before"), (!forged).then_some("not decoded"), "not decoded");
        assert!(decoded.len() == 1 || decoded.is_empty() && !complete, "{fill}: {complete}, {decoded:?}");
        whole += usize::from(complete);
    }
    assert!(0 < whole && whole < 530, "{whole} of the logs are whole");
    tally.finish(530);
}
