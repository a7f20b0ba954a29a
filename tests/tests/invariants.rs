//! Invariants 1 and 2 on the real bytecode: what is minted is the accepted surplus, and the supply is what is minted
//! less what is retired, whatever is submitted in whatever order.

use {
    campus_energy_sdk::{
        ledger::SplToken,
        registry::state::Meter,
        token::{
            instruction::retire,
            state::{MintMode, TokenConfig},
        },
        units::Energy,
    },
    campus_energy_tests::campus::{Campus, SAMPLE},
    proptest::{prelude::*, test_runner::TestRunner},
    solana_signer::Signer,
    std::cell::RefCell,
};

const METERS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Submit { late: i64, signed: bool, readings: Vec<(u32, u32)> },
    Retire { meter: usize, energy: u64, late: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let reading = (0_u32..13_000, 0_u32..9_000);
    let submit = (-1_i64..6, any::<bool>(), prop::collection::vec(reading, 1..=METERS))
        .prop_map(|(late, signed, readings)| Step::Submit { late, signed, readings });
    let retire =
        (0..METERS, 0_u64..9_000, 0_i64..4).prop_map(|(meter, energy, late)| Step::Retire { meter, energy, late });
    prop::collection::vec(prop_oneof![3 => submit, 1 => retire], 1..25)
}

/// The newest interval: those before it have ended since the department was founded.
const NEWEST: i64 = SAMPLE + 3_600;

/// How often each action was accepted and refused: a property of nothing proves nothing.
#[derive(Debug, Default)]
struct Seen {
    plain: [u64; 2],
    signed: [u64; 2],
    retired: [u64; 2],
}

fn walk(steps: &[Step], mode: MintMode, seen: &mut Seen) {
    let mut campus = Campus::embedded(METERS, SplToken::Batching, mode);
    campus.chain_time(NEWEST + 5);
    let (mut surplus, mut retired) = ([0_u64; METERS], 0_u64);
    for step in steps {
        match step {
            Step::Submit { late, signed, readings } => {
                let timestamp = NEWEST - 900 * late;
                let result = if *signed {
                    let signed = campus.signed(timestamp, readings);
                    campus.submit_signed(timestamp, signed)
                } else {
                    campus.submit(timestamp, readings)
                };
                let counts = if *signed { &mut seen.signed } else { &mut seen.plain };
                counts[usize::from(result.is_err())] += 1;
                if result.is_ok() {
                    for (meter, (generated, consumed)) in readings.iter().enumerate() {
                        surplus[meter] += u64::from(generated.saturating_sub(*consumed));
                    }
                }
            }
            Step::Retire { meter, energy, late } => {
                let owner = campus.keys.participant(*meter);
                let instruction = retire(&campus.addresses(), &owner.pubkey(), Energy(*energy), NEWEST - 900 * late);
                let result = campus.send(instruction, &[&owner]);
                seen.retired[usize::from(result.is_err())] += 1;
                if result.is_ok() {
                    retired += energy;
                }
            }
        }
    }
    let config: TokenConfig = campus.read(&campus.addresses().token_config);
    let minted = surplus.iter().sum::<u64>() * 1_000_000;
    assert_eq!(config.minted.0, minted);
    assert_eq!(config.retired.0, retired * 1_000_000);
    assert_eq!(campus.supply(), minted - retired * 1_000_000);
    for (meter, surplus) in surplus.iter().enumerate() {
        let account: Meter = campus.read(&campus.department.meters[meter].accounts.meter);
        assert_eq!(account.minted.0, surplus * 1_000_000);
    }
}

#[test]
fn minted_is_the_accepted_surplus_and_supply_is_minted_less_retired() {
    for mode in [MintMode::Batch, MintMode::Plain] {
        let seen = RefCell::new(Seen::default());
        let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
        let result = TestRunner::new(config).run(&steps(), |steps| {
            walk(&steps, mode, &mut seen.borrow_mut());
            Ok(())
        });
        result.unwrap();
        let Seen { plain, signed, retired } = seen.into_inner();
        let all = [plain, signed, retired].concat();
        assert!(all.iter().all(|count| *count >= 3), "plain {plain:?}, signed {signed:?}, retired {retired:?}");
    }
}
