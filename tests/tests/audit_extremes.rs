//! Numbers that no ledger would have, in accounts and in records: the checker reports them, and no sum of its own overflows.

use {
    campus_energy_department::{
        audit::{Audit, Finding, check_accounts, check_ledger, holdings},
        market_sheet::MarketSheet,
        record::Transaction,
    },
    campus_energy_sdk::{
        account::{Field, FixedSize},
        deployment::Addresses,
        ledger::{LedgerError, Snapshot},
        matching::{Direction, order::ORDER_SIZE, seat::SEAT_SIZE},
        oracle::state::Oracle,
        registry::state::Meter,
        token::{
            address::retirement,
            instruction::retire,
            state::{MintMode, Retirement, TokenConfig},
        },
        trading::state::{Asset, Book},
        units::Energy,
    },
    campus_energy_tests::{
        audited::Audited,
        campus::{MARKET, SAMPLE, founding},
    },
    solana_program::pubkey::Pubkey,
    solana_signer::Signer,
};

/// The supply in a mint.
const SUPPLY: usize = 36;
const EXTREMES: [u64; 4] = [0, 1 << 63, u64::MAX / 2, u64::MAX];

/// A market after an auction, with orders in its book, and two receipts of one owner.
fn busy() -> Audited {
    let mut audited = Audited::new(&founding(3, false, MintMode::Batch));
    let campus = &mut audited.campus;
    campus.open_market(SAMPLE, &[10_000, 0, 0]);
    campus.place(1, Direction::Buy, 3_000_000, 4_000, SAMPLE + 900).unwrap();
    campus.place(2, Direction::Buy, 2_500_000, 1_000, SAMPLE + 1_800).unwrap();
    campus.place(0, Direction::Sell, 2_800_000, 5_000, SAMPLE + 1_800).unwrap();
    campus.chain_time(SAMPLE + 905);
    campus.clear(100).unwrap();
    campus.withdraw(1, Asset::Energy, 4_000_000_000).unwrap();
    let owner = campus.keys.participant(1);
    for (energy, end) in [(1_500, SAMPLE), (500, SAMPLE + 900)] {
        let retired = retire(&campus.addresses(), &owner.pubkey(), Energy(energy), end);
        campus.send(retired, &[&owner]).unwrap();
    }
    audited
}

fn at<T: FixedSize>(field: &Field<T>) -> usize {
    field.offset()
}

/// Sets the number of 8 bytes at a place, or as much of it as the data have room for.
fn set(data: &mut [u8], at: usize, number: u64) {
    let room = &mut data[at..];
    let width = room.len().min(8);
    room[..width].copy_from_slice(&number.to_le_bytes()[..width]);
}

fn changed(snapshot: &Snapshot, changes: &[(Pubkey, usize, u64)]) -> Snapshot {
    let mut changed = snapshot.clone();
    for (address, at, number) in changes {
        set(&mut changed.accounts.get_mut(address).expect("the account").data, *at, *number);
    }
    changed
}

fn wrong(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().filter_map(Finding::err).collect()
}

fn assert_named(wrong: &[String], expected: &str) {
    assert!(wrong.iter().any(|wrong| wrong == expected), "{expected}: {wrong:#?}");
}

#[test]
fn numbers_that_would_underflow_or_overflow_are_named_with_both_values() {
    let mut audited = busy();
    let (audit, snapshot, addresses) = (audited.audit(), audited.snapshot(), audited.campus.addresses());
    let Addresses { energy_mint, token_config, book, oracle, .. } = addresses;
    let (minted, retired) = (at(&TokenConfig::FIELDS.minted), at(&TokenConfig::FIELDS.retired));
    let check = |changes: &[(Pubkey, usize, u64)]| {
        let snapshot = changed(&snapshot, changes);
        let by_ledger = check_ledger(&snapshot, &addresses).expect("every account is there");
        (wrong(check_accounts(&audit, &snapshot, &addresses)), wrong(by_ledger))
    };

    // More is retired than was minted, with and without a supply.
    let (by_transactions, by_ledger) = check(&[(token_config, retired, 10_000_000_001)]);
    let more = "supply: 8000000000, which is 8000000001 more than 10000000000 minted less 10000000001 retired";
    assert_named(&by_transactions, more);
    assert_named(&by_ledger, more);
    let (_, by_ledger) =
        check(&[(token_config, retired, u64::MAX), (token_config, minted, 0), (energy_mint, SUPPLY, 0)]);
    let max = u64::MAX;
    assert_named(&by_ledger, &format!("supply: 0, which is {max} more than 0 minted less {max} retired"));

    // The meters' registers are together above 64 bits.
    let meters: Vec<Pubkey> = audited.campus.department.meters.iter().map(|meter| meter.accounts.meter).collect();
    let fields = [at(&Meter::FIELDS.minted), at(&Meter::FIELDS.readings)];
    let all: Vec<_> = meters.iter().flat_map(|meter| fields.map(|field| (*meter, field, u64::MAX))).collect();
    let (by_transactions, by_ledger) = check(&all);
    let sum = 3 * u128::from(u64::MAX);
    assert_named(&by_ledger, &format!("tokens minted: 10000000000, and {sum} by 3 meters' {sum} readings"));
    assert!(by_transactions.iter().any(|wrong| wrong.starts_with("ENG_")), "{by_transactions:?}");

    // Seats own more than any vault can hold.
    let seats = Book::LENGTH + 2 * ORDER_SIZE * usize::from(MARKET.capacity.orders);
    let energy = [0, 1, 2, 3].map(|seat| (book, seats + seat * SEAT_SIZE + 32, u64::MAX));
    let (by_transactions, by_ledger) = check(&energy);
    assert!(by_ledger[0].starts_with("energy vault: it holds 6000000000 and owes 7378697629"), "{by_ledger:?}");
    assert!(by_transactions.contains(&by_ledger[0]), "{by_transactions:?}");

    let (by_transactions, _) = check(&[(oracle, at(&Oracle::FIELDS.surplus), u64::MAX)]);
    assert_named(&by_transactions, &format!("oracle, surplus: {max} by the account, 10000 by the transactions"));

    // Receipts of one owner that are together above 64 bits.
    let owner = audited.campus.keys.participant(1).pubkey();
    let receipts =
        [SAMPLE, SAMPLE + 900].map(|end| retirement(&addresses.programs.token, &token_config, &owner, end).0);
    let changed = changed(&snapshot, &receipts.map(|receipt| (receipt, at(&Retirement::FIELDS.energy), u64::MAX)));
    let expected = format!("receipts of {owner}, Wh: {max} and {max} more, which 64 bits do not hold");
    assert_eq!(holdings(&changed, &addresses).unwrap_err(), expected);
}

/// Every 8 bytes of every account, set to numbers of every size: nothing panics, and an account that cannot be read is named.
#[test]
fn no_account_stops_the_checker() {
    let mut audited = busy();
    let (audit, snapshot, addresses) = (audited.audit(), audited.snapshot(), audited.campus.addresses());
    let (mut checked, mut found, mut unusable) = (0, 0, 0);
    for (address, account) in &snapshot.accounts {
        // The seats and orders of a book repeat themselves.
        for place in (0..account.data.len().min(4_096)).step_by(7) {
            for number in EXTREMES {
                let changed = changed(&snapshot, &[(*address, place, number)]);
                found += usize::from(check_accounts(&audit, &changed, &addresses).iter().any(Result::is_err));
                match check_ledger(&changed, &addresses) {
                    Ok(_) => {}
                    Err(LedgerError::Unusable { .. }) => unusable += 1,
                    Err(error) => panic!("{address} at {place}: {error}"),
                }
                let _ = holdings(&changed, &addresses);
                let data = |address: &Pubkey| changed.accounts.get(address).map(|account| account.data.clone());
                let _ = MarketSheet::read(&addresses, data, true);
                checked += 1;
            }
        }
    }
    assert!(found > checked / 2 && unusable > 10, "{found} found and {unusable} unusable of {checked}");
}

/// What the audit of a record ends with, if it does.
fn contradiction(addresses: Addresses, transactions: &[Transaction]) -> Option<String> {
    let mut audit = Audit::new(addresses);
    transactions.iter().find_map(|transaction| audit.apply(transaction).err()).map(|error| error.reason)
}

/// A record whose instructions carry other numbers.
#[test]
fn no_record_stops_the_checker() {
    let mut audited = busy();
    let (addresses, all) = (audited.campus.addresses(), audited.record().to_vec());
    assert_eq!(contradiction(addresses, &all), None);
    let of_trading = |variant: u8| {
        let mut places = all.iter().enumerate().flat_map(|(transaction, executed)| {
            executed.instructions.iter().enumerate().map(move |(place, executed)| (transaction, place, executed))
        });
        let found = places.find(|(_, _, executed)| {
            executed.program == addresses.programs.trading && executed.data.first() == Some(&variant)
        });
        found.map(|(transaction, place, _)| (transaction, place)).expect("an instruction of this kind")
    };
    let with = |(transaction, place): (usize, usize), at: usize, bytes: &[u8]| {
        let mut changed = all.clone();
        changed[transaction].instructions[place].data[at..at + bytes.len()].copy_from_slice(bytes);
        contradiction(addresses, &changed)
    };
    // Initialize: variant, tariffs (2 x u64), capacity (2 x u16), minimum lot (u32), orders per seat, fee (basis points), treasury (u16).
    let initialize = of_trading(0);
    let invalid =
        |error: campus_energy_sdk::trading::error::TradingError| Some(format!("instruction 1: trading: {error}"));
    use campus_energy_sdk::trading::error::TradingError::{InvalidCapacity, InvalidTariffs, InvalidTerms};
    assert_eq!(with(initialize, 1, &u64::MAX.to_le_bytes()), invalid(InvalidTariffs));
    assert_eq!(with(initialize, 17, &[0, 0]), invalid(InvalidCapacity));
    assert_eq!(with(initialize, 27, &u16::MAX.to_le_bytes()), invalid(InvalidTerms));
    // Deposits that no vault can hold: the first one takes what there is room for.
    let deposit = of_trading(4);
    let found = with(deposit, 3, &u64::MAX.to_le_bytes()).expect("a contradiction");
    let expected = format!("in a vault that holds {}, which 64 bits do not hold", u64::MAX);
    assert!(found.contains(&expected), "{found}");

    // Any number in any instruction.
    let (mut checked, mut found) = (0, 0);
    for (transaction, executed) in all.iter().enumerate() {
        for (place, executed) in executed.instructions.iter().enumerate().filter(|(_, own)| own.is_of(&addresses)) {
            for at in 1..executed.data.len() {
                for number in EXTREMES {
                    let mut changed = all.clone();
                    set(&mut changed[transaction].instructions[place].data, at, number);
                    found += usize::from(contradiction(addresses, &changed).is_some());
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 1_000 && found > checked / 10, "{found} of {checked}");
    // Compute units add up, too.
    let mut changed = all;
    changed.iter_mut().for_each(|transaction| transaction.compute_units = u64::MAX);
    assert_eq!(contradiction(addresses, &changed), None);
}
