//! What the programs exclude is found, and named: an account of a sound ledger that is changed by one unit, and a record from which
//! something is missing.

use {
    campus_energy_department::{
        audit::{Audit, Signatures},
        record::Transaction,
    },
    campus_energy_sdk::{
        ED25519_PROGRAM,
        account::Field,
        deployment::Addresses,
        ledger::{ExecutedInstruction, Snapshot},
        matching::{Direction, order::ORDER_SIZE, seat::SEAT_SIZE},
        oracle::{
            instruction::SUBMIT_READINGS_HEAD,
            readings::{SignedReading, verification},
            state::Oracle,
        },
        reading::READING_LENGTH,
        registry::state::{Department, Meter, Participant},
        time::Interval,
        token::{
            instruction::retire,
            state::{MintMode, Retirement, TokenConfig},
        },
        trading::state::{Asset, Book, IntervalRecord, Market, interval_number},
        units::Energy,
    },
    campus_energy_tests::{
        audited::Audited,
        campus::{MARKET, SAMPLE, founding},
    },
    ed25519_dalek::Signer as _,
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;
/// The amount in a token account, and the supply in a mint.
const AMOUNT: usize = 64;
const SUPPLY: usize = 36;

/// A market after an auction, with orders in its book, and a receipt.
fn busy() -> Audited {
    let mut audited = Audited::new(&founding(3, false, MintMode::Batch));
    audited.campus.open_market(SAMPLE, &[10_000, 0, 0]);
    audited.campus.place(1, BUY, 3_000_000, 4_000, SAMPLE + 900).unwrap();
    audited.campus.place(2, BUY, 2_500_000, 1_000, SAMPLE + 1_800).unwrap();
    audited.campus.place(0, SELL, 2_800_000, 5_000, SAMPLE + 1_800).unwrap();
    audited.campus.chain_time(SAMPLE + 905);
    audited.campus.clear(100).unwrap();
    audited.campus.withdraw(1, Asset::Energy, 4_000_000_000).unwrap();
    let owner = audited.campus.keys.participant(1);
    let retired = retire(&audited.campus.addresses(), &owner.pubkey(), Energy(1_500), SAMPLE + 900);
    audited.campus.send(retired, &[&owner]).unwrap();
    audited
}

/// Adds to the number at a place in an account.
fn add(snapshot: &mut Snapshot, address: &Pubkey, at: usize, more: i64) {
    let data = &mut snapshot.accounts.get_mut(address).expect("the account").data;
    // The last field of an account may be shorter.
    let width = (data.len() - at).min(8);
    let mut number = [0; 8];
    number[..width].copy_from_slice(&data[at..at + width]);
    let changed = u64::from_le_bytes(number).wrapping_add_signed(more);
    data[at..at + width].copy_from_slice(&changed.to_le_bytes()[..width]);
}

fn at<T: campus_energy_sdk::account::FixedSize>(field: &Field<T>) -> usize {
    field.offset()
}

#[test]
fn every_changed_unit_is_named() {
    let mut audited = busy();
    let sound = audited.sound();
    assert!(sound.contains("1 bids, 1 asks and 4 seats agree"), "{sound}");
    let (snapshot, addresses) = (audited.snapshot(), audited.campus.addresses());
    let Addresses { energy_mint, energy_vault, quote_vault, book, market, oracle, .. } = addresses;
    let Addresses { token_config, department, interval_ring, .. } = addresses;
    let quote_mint = audited.campus.department.quote_mint;
    let wallet = audited.campus.keys.participant(1).pubkey();
    let tokens = audited.campus.traders_account(1, Asset::Energy);
    let meter = audited.campus.department.meters[1].accounts.meter;
    let (receipt, _) =
        campus_energy_sdk::token::address::retirement(&addresses.programs.token, &token_config, &wallet, SAMPLE + 900);
    let side = ORDER_SIZE * usize::from(MARKET.capacity.orders);
    let (bids, asks, seats) = (Book::LENGTH, Book::LENGTH + side, Book::LENGTH + 2 * side);
    let record = IntervalRecord::offset(interval_number(Interval::ending_at(SAMPLE).unwrap()));
    let cases: &[(Pubkey, usize, i64, &str)] = &[
        (energy_mint, SUPPLY, 1, "tokens on all accounts together: 8500000000, of a supply of 8500000001"),
        (energy_mint, SUPPLY, 1, "supply: 8500000001, which is 1 more than 10000000000 minted less 1500000000 retired"),
        (energy_mint, SUPPLY, -1, "tokens on all accounts together: "),
        (quote_mint, SUPPLY, 1, "money on all accounts together: 3000000000, of 3000000001 issued"),
        (energy_vault, AMOUNT, -1, "energy vault: it holds 5999999999 and owes 6000000000, the seats' 6000000000"),
        (energy_vault, AMOUNT, 1, "tokens on all accounts together: "),
        (quote_vault, AMOUNT, -1, "quote vault: it holds 2999999999 and owes 3000000000, the seats' 3000000000"),
        (tokens, AMOUNT, 1, "tokens on all accounts together: 8500000001, of a supply of 8500000000"),
        (book, seats + SEAT_SIZE + 48, 1, "seat 1, quote: Balance { free: 988800001"),
        (book, seats + 32, 1, "seat 0, energy: Balance { free: 5000000001"),
        (book, seats + 3 * SEAT_SIZE, 1, "seat 3, wallet: "),
        (book, seats + 70, 1, "seat 0, highest_bid: "),
        (book, bids + 8, 1, "bid 0 of the book, energy: 1001 by the account, 1000 by the transactions"),
        (book, bids, 1, "bid 0 of the book, key: "),
        (book, asks + 16, 1, "ask 0 of the book, expires: "),
        (book, asks + 20, 1, "ask 0 of the book, seat: 1 by the account, 0 by the transactions"),
        (book, at(&Book::FIELDS.next_order), 1, "book, next_order: 4 by the account, 3 by the transactions"),
        (book, at(&Book::FIELDS.traded), 1, "book, traded: 4001 by the account, 4000 by the transactions"),
        (book, at(&Book::FIELDS.cleared), 1, "book, cleared: "),
        (market, at(&Market::FIELDS.late_supply), 1, "market, late_supply: 1 by the account, 0 by the transactions"),
        (market, record + 4, 1, "market's interval 1922720, supply: 10001 by the account, 10000 by the transactions"),
        (meter, at(&Meter::FIELDS.generated), 1, "ENG_002, generated: 1 by the account, 0 by the transactions"),
        (meter, at(&Meter::FIELDS.accepted), 2, "ENG_002, accepted: 3 by the account, 1 by the transactions"),
        (meter, at(&Meter::FIELDS.signing_key), 1, "ENG_002, signing_key: "),
        (oracle, at(&Oracle::FIELDS.surplus), 1, "oracle, surplus: 10001 by the account, 10000 by the transactions"),
        (oracle, at(&Oracle::FIELDS.authority), 1, "oracle, authority: "),
        (token_config, at(&TokenConfig::FIELDS.minted), 1, "tokens, minted: 10000000001 by the account, 10000000000"),
        (token_config, at(&TokenConfig::FIELDS.retired), -1, "tokens, retired: 1499999999 by the account, 1500000000"),
        (department, at(&Department::FIELDS.next_event), 1, "department, next_event: "),
        (department, at(&Department::FIELDS.authority), 1, "department, authority: "),
        (addresses.participant(&wallet), at(&Participant::FIELDS.index), 1, "participant 1, index: 2 by the account"),
        (
            receipt,
            at(&Retirement::FIELDS.energy),
            1,
            "receipt of faculty_002 for the interval until 1730448900, Wh: 1501",
        ),
        (
            receipt,
            at(&Retirement::FIELDS.timestamp),
            900,
            "receipt of faculty_002 for the interval until 1730448900, Wh: 0",
        ),
    ];
    let mut unnamed = Vec::new();
    for (address, place, more, expected) in cases {
        let mut changed = snapshot.clone();
        add(&mut changed, address, *place, *more);
        let wrong = audited.wrong(&changed);
        if !wrong.iter().any(|wrong| wrong.starts_with(expected)) {
            unnamed.push(format!("{expected}: {wrong:?}"));
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    // An account that is missing.
    for address in [energy_mint, energy_vault, quote_vault, book, market, oracle, token_config, department, meter] {
        let mut changed = snapshot.clone();
        changed.accounts.remove(&address);
        let missing = format!("account {address} is missing");
        let wrong = audited.wrong(&changed);
        assert!(wrong.contains(&missing), "{missing}: {wrong:?}");
    }
    let mut changed = snapshot.clone();
    changed.accounts.remove(&receipt);
    assert!(audited.wrong(&changed)[0].starts_with("receipt of faculty_002 "), "its receipt");
    let mut changed = snapshot;
    changed.accounts.remove(&interval_ring);
    assert_eq!(audited.wrong(&changed), [format!("account {interval_ring} is missing")]);
}

/// A record without one of its transactions, or with one twice, does not follow or does not agree with the accounts.
#[test]
fn every_missing_transaction_is_found() {
    let mut audited = busy();
    let (snapshot, addresses) = (audited.snapshot(), audited.campus.addresses());
    let all = audited.record().to_vec();
    let check = |transactions: &mut dyn Iterator<Item = &campus_energy_department::record::Transaction>| {
        let mut audit = Audit::new(addresses);
        for transaction in transactions {
            if let Err(contradiction) = audit.apply(transaction) {
                return Some(contradiction.to_string());
            }
        }
        campus_energy_department::audit::check_accounts(&audit, &snapshot, &addresses).into_iter().find_map(Result::err)
    };
    assert_eq!(check(&mut all.iter()), None);
    let (mut contradictions, mut differences) = (0, 0);
    for (missing, transaction) in all.iter().enumerate().filter(|(_, transaction)| !transaction.instructions.is_empty())
    {
        let others = all.iter().enumerate().filter(|(index, _)| *index != missing).map(|(_, other)| other);
        let found = check(&mut others.into_iter());
        let found = found.unwrap_or_else(|| panic!("{missing}: {transaction:?}"));
        let twice = check(&mut all[..=missing].iter().chain(&all[missing..]));
        twice.unwrap_or_else(|| panic!("twice {missing}: {transaction:?}"));
        if found.starts_with("transaction ") { contradictions += 1 } else { differences += 1 }
    }
    assert!(contradictions > 5 && differences > 3, "{contradictions} contradictions, {differences} differences");
}

/// What the verdict of `verify` on the signatures is, after a change of the record.
fn signatures(addresses: Addresses, transactions: &[Transaction]) -> Result<String, String> {
    let mut audit = Audit::new(addresses);
    audit.signatures = Some(Signatures::default());
    for transaction in transactions {
        audit.apply(transaction).expect("transactions that follow from each other");
    }
    audit.signatures.expect("it was set").finding()
}

/// A record that says its readings are signed, where the signatures are missing, of something else, or of somebody else.
#[test]
fn every_signature_that_is_missing_or_wrong_is_named() {
    let mut audited = Audited::new(&founding(3, true, MintMode::Batch));
    let addresses = audited.campus.addresses();
    assert_eq!(signatures(addresses, audited.record()), Ok("signatures: no reading is signed by its meter".into()));
    for interval in [SAMPLE - 900, SAMPLE] {
        let readings = audited.campus.signed(interval, &[(900, 100), (0, 50), (70, 70)]);
        audited.campus.submit_signed(interval, readings).expect("accepted");
    }
    let all = audited.record().to_vec();
    assert_eq!(
        signatures(addresses, &all),
        Ok("signatures: 6 readings of 2 batches verify under their meters' keys".into())
    );

    let submits = |executed: &ExecutedInstruction| executed.program == addresses.programs.oracle;
    let last = all.len() - 1;
    let [verification, submission] = [0, 1].map(|place| all[last].instructions[place].clone());
    assert!(verification.program == ED25519_PROGRAM && submits(&submission), "{:?}", all[last]);
    let id = &all[last].signature;
    let record = |place: usize| SUBMIT_READINGS_HEAD + place * SignedReading::SIZE;
    // Where the second record has what: message, signature, key.
    let (message, signature) = (record(1), record(1) + READING_LENGTH);
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let resigned = {
        let mut data = submission.data.clone();
        let signed = stranger.sign(&data[message..signature]).to_bytes();
        data[signature..signature + 64].copy_from_slice(&signed);
        data[signature + 64..record(2)].copy_from_slice(&stranger.verifying_key().to_bytes());
        data
    };
    let missing = "the ed25519 instruction that verifies the 3 signed readings is missing before them";
    let uncovered = "the ed25519 instruction before does not cover the bytes of the 3 signed readings";
    let unsigned = "signed reading 2, of ENG_002: its signature is not the meter's of these bytes";
    type Change<'a> = Box<dyn Fn(&mut Vec<ExecutedInstruction>) + 'a>;
    let cases: Vec<(&str, usize, Change)> = vec![
        (missing, 1, Box::new(|all| drop(all.remove(0)))),
        (missing, 2, Box::new(|all| all[0].program = addresses.programs.token)),
        (missing, 1, Box::new(|all| all.swap(0, 1))),
        // One signature fewer, other bytes, another instruction's bytes.
        (uncovered, 2, Box::new(|all| all[0].data = verification_of(2, 1))),
        (uncovered, 2, Box::new(|all| all[0].data = verification_of(3, 0))),
        (uncovered, 2, Box::new(|all| all[0].data[2 + 8] ^= 1)),
        (uncovered, 2, Box::new(|all| all[0].data.push(0))),
        (
            "signed readings that another program submits, so that nothing verifies them",
            2,
            Box::new(|all| all[1].stack_height = 2),
        ),
        // Another consumption, the signature of it one bit off, and a key that nobody registered.
        (unsigned, 2, Box::new(|all| all[1].data[message + 44] ^= 1)),
        (unsigned, 2, Box::new(|all| all[1].data[signature + 5] ^= 1)),
        (
            "signed reading 2, of ENG_002: it is signed with another key, or key epoch, than the meter's",
            2,
            Box::new(|all| all[1].data = resigned.clone()),
        ),
        (
            "signed reading 2, of ENG_002: it is signed with another key, or key epoch, than the meter's",
            2,
            Box::new(|all| all[1].data[message + 48] ^= 1),
        ),
        (
            "signed reading 2, of ENG_002: its message is of another meter, interval or department",
            2,
            Box::new(|all| all[1].data[message + 8] ^= 1),
        ),
    ];
    for (reason, number, change) in cases {
        let mut changed = all.clone();
        change(&mut changed[last].instructions);
        let expected = format!("signatures: transaction {id}: instruction {number}: {reason}");
        assert_eq!(signatures(addresses, &changed), Err(expected));
    }
    // All batches are looked at: both lack theirs.
    let mut changed = all;
    for transaction in &mut changed[last - 1..] {
        transaction.instructions.remove(0);
    }
    let first = &changed[last - 1].signature;
    let expected = format!("signatures: transaction {first}: instruction 1: {missing}; and 1 more batches");
    assert_eq!(signatures(addresses, &changed), Err(expected));
}

fn verification_of(count: usize, position: u16) -> Vec<u8> {
    verification(count, position).data
}

/// A department that requires signatures has no batch without them.
#[test]
fn readings_without_the_signatures_that_are_required_are_named() {
    let mut audited = Audited::new(&founding(3, false, MintMode::Batch));
    audited.campus.submit(SAMPLE, &[(900, 100), (0, 50)]).expect("accepted");
    let (addresses, mut all) = (audited.campus.addresses(), audited.record().to_vec());
    assert_eq!(signatures(addresses, &all), Ok("signatures: no reading is signed by its meter".into()));
    // The record says that signatures were required from the beginning: Initialize ends with that byte.
    let oracle = addresses.programs.oracle;
    let founded = all.iter_mut().flat_map(|transaction| &mut transaction.instructions);
    let initialize = founded.into_iter().find(|executed| executed.program == oracle).expect("Initialize of the oracle");
    *initialize.data.last_mut().expect("a byte") = 1;
    let id = all.last().expect("the batch").signature.clone();
    let expected = format!(
        "signatures: transaction {id}: instruction 1: 2 readings without signatures, which the department requires"
    );
    assert_eq!(signatures(addresses, &all), Err(expected));
}
