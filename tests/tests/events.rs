//! Events of the real programs, decoded by the sdk, with sequence numbers that leave no gap.

use {
    campus_energy_sdk::{
        event::AnyEvent,
        ledger::{Receipt, SplToken, logs::decode_logs, programs::EMBEDDED},
        oracle::event::AcceptedReading,
        reading::Quality,
        registry::{
            self,
            state::{MeterStatus, Role},
        },
        token::{self, state::MintMode},
        units::{Energy, TokenAmount},
    },
    campus_energy_tests::campus::{Campus, LIMITS, SAMPLE},
    solana_signer::Signer,
};

fn only_event(receipt: &Receipt) -> AnyEvent {
    let decoded = decode_logs(receipt.logs.iter().map(String::as_str), &EMBEDDED);
    assert!(decoded.complete, "{:?}", receipt.logs);
    let [logged] = decoded.events.as_slice() else { panic!("one event: {:?}", receipt.logs) };
    logged.event.clone()
}

#[test]
fn readings_tell_what_was_accepted_and_minted() {
    let mut campus = Campus::embedded(3, SplToken::Batching, MintMode::Batch);
    for sequence in 0..2 {
        let timestamp = SAMPLE - 900 * i64::try_from(sequence).unwrap();
        let receipt = campus.submit(timestamp, &[(6_200, 4_100), (0, 3_000), (500, 500)]).unwrap();
        let AnyEvent::ReadingsAccepted(event) = only_event(&receipt) else { panic!("another event") };
        assert_eq!((event.sequence, event.timestamp, event.readings.len()), (sequence, timestamp, 3));
        let first = AcceptedReading { meter: 0, generated: 6_200, consumed: 4_100, quality: Quality::Measured };
        assert_eq!((event.readings[0], first.minted()), (first, TokenAmount(2_100_000_000)));
        assert_eq!((event.readings[1].meter, event.readings[1].minted()), (1, TokenAmount::ZERO));
    }
    let receipt = campus.configure(LIMITS, true).unwrap();
    let AnyEvent::OracleConfigured(event) = only_event(&receipt) else { panic!("another event") };
    assert_eq!((event.sequence, event.limits, event.require_signatures), (2, LIMITS, true));
}

#[test]
fn the_registry_numbers_its_events() {
    let mut campus = Campus::embedded(2, SplToken::Batching, MintMode::Batch);
    let (authority, addresses, id) = (campus.keys.authority(), campus.addresses(), campus.department.meters[1].id);
    // Two participants, the department itself and two meters have been registered.
    let status = registry::instruction::set_meter_status(&addresses, &authority.pubkey(), &id, MeterStatus::Suspended);
    let receipt = campus.send(status, &[&authority]).unwrap();
    let AnyEvent::MeterStatusSet(event) = only_event(&receipt) else { panic!("another event") };
    assert_eq!((event.sequence, event.id, event.status), (5, id, MeterStatus::Suspended));
    let wallet = campus.keys.wallet("guest", 0).pubkey();
    let register =
        registry::instruction::register_participant(&addresses, &authority.pubkey(), &wallet, Role::Undergraduate);
    let receipt = campus.send(register, &[&authority]).unwrap();
    let AnyEvent::ParticipantRegistered(event) = only_event(&receipt) else { panic!("another event") };
    assert_eq!((event.sequence, event.wallet, event.role, event.index), (6, wallet, Role::Undergraduate, 3));
}

#[test]
fn a_retirement_tells_the_running_total() {
    let mut campus = Campus::embedded(1, SplToken::Batching, MintMode::Batch);
    campus.submit(SAMPLE, &[(2_000, 0)]).unwrap();
    let owner = campus.keys.participant(0);
    let retire = token::instruction::retire(&campus.addresses(), &owner.pubkey(), Energy(500), SAMPLE);
    let receipt = campus.send(retire, &[&owner]).unwrap();
    let AnyEvent::EnergyRetired(event) = only_event(&receipt) else { panic!("another event") };
    assert_eq!((event.sequence, event.energy, event.retired), (0, Energy(500), TokenAmount(500_000_000)));
}

/// The very bytes of a real event, logged by a program that is not ours, or by the wrong one of ours, are no event.
#[test]
fn a_foreign_programs_log_is_no_event() {
    let mut campus = Campus::embedded(1, SplToken::Batching, MintMode::Batch);
    let receipt = campus.submit(SAMPLE, &[(2_000, 0)]).unwrap();
    let data = receipt.logs.iter().find(|line| line.starts_with("Program data: ")).unwrap();
    let oracle = EMBEDDED.oracle;
    let seen = |program: String| {
        let inside = [format!("Program {program} invoke [2]"), data.clone(), format!("Program {program} success")];
        let outside = [format!("Program {oracle} invoke [1]"), format!("Program {oracle} success")];
        let all = outside[..1].iter().chain(&inside).chain(&outside[1..]);
        let decoded = decode_logs(all.map(String::as_str), &EMBEDDED);
        assert!(decoded.complete);
        decoded.events.len()
    };
    assert_eq!(seen(oracle.to_string()), 1);
    assert_eq!(seen(EMBEDDED.registry.to_string()), 0);
    assert_eq!(seen("11111111111111111111111111111111".into()), 0);
}
