//! Every account is what Borsh makes of it.

use super::*;
use crate::{
    matching::Clearing,
    oracle::state::{IntervalRing, IntervalTotals, Limits, Oracle},
    registry::state::{Department, Meter, MeterStatus, Participant, Role, Zone},
    time::Interval,
    token::state::{MintMode, Retirement, TokenConfig},
    trading::{
        state::{Book, Capacity, ClearingState, IntervalRecord, Market, Terms, split},
        tariffs::Tariffs,
    },
};

fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

/// The layout is Borsh's: `store` writes the same bytes, the length is exact, and the kind is checked.
fn holds<T: AccountData + PartialEq + core::fmt::Debug>(account: &T) -> Vec<u8> {
    let bytes = borsh::to_vec(account).unwrap();
    assert_eq!(bytes.len(), T::LEN);
    let mut stored = vec![0xee; T::LEN];
    account.store(&mut stored);
    assert_eq!(stored, bytes);
    assert_eq!(&T::decode(&bytes).unwrap(), account);
    assert_eq!(T::check(&bytes[..T::LEN - 1]), Err(AccountError::WrongLength));
    assert_eq!(T::check(&[]), Err(AccountError::Missing));
    let mut other = bytes.clone();
    other[0] = 0;
    assert_eq!(T::check(&other), Err(AccountError::WrongKind));
    other[0] = bytes[0];
    other[1] += 1;
    assert_eq!(T::check(&other), Err(AccountError::WrongVersion));
    bytes
}

#[test]
fn accounts_are_fixed_length_borsh() {
    let meter = Meter {
        header: Meter::header(7),
        department: key(1),
        id: MeterId([2; 16]),
        index: 3,
        zone: Zone::FACULTY_OFFICE,
        status: MeterStatus::Retired,
        owner: key(4),
        token_account: key(5),
        signing_key: key(6),
        key_epoch: 8,
        generation_limit: 15,
        newest: -9,
        accepted: 10 << 100,
        generated: Energy(11),
        consumed: Energy(12),
        minted: TokenAmount(13),
        readings: 14,
    };
    let bytes = holds(&meter);
    let fields = Meter::FIELDS;
    assert_eq!((fields.newest.get(&bytes), fields.accepted.get(&bytes)), (-9, 10 << 100));
    assert_eq!((fields.readings.get(&bytes), fields.minted.get(&bytes)), (14, TokenAmount(13)));
    assert!(fields.token_account.is(&bytes, &key(5)) && !fields.owner.is(&bytes, &key(5)));
    assert_eq!((fields.status.bytes(&bytes), fields.id.bytes(&bytes)), (&[2][..], &[2; 16][..]));
    assert_eq!(fields.zone.bytes(&bytes), b"faculty_office\0\0");

    holds(&Department {
        header: Department::header(255),
        prefix: Prefix([1; 16]),
        authority: key(2),
        pending_authority: key(3),
        oracle: key(4),
        energy_mint: key(5),
        deployment: [6; 8],
        paused: true,
        participants: 7,
        meters: 8,
        next_event: 9,
    });
    let role = Role::Undergraduate;
    holds(&Participant { header: Participant::header(1), department: key(2), wallet: key(3), role, index: 4 });
    holds(&TokenConfig {
        header: TokenConfig::header(1),
        department: key(2),
        minter: key(3),
        mint: key(4),
        mint_mode: MintMode::Batch,
        paused: false,
        founded: -8,
        minted: TokenAmount(5),
        retired: TokenAmount(6),
        next_event: 7,
    });
    let (timestamp, energy) = (900, Energy(4));
    holds(&Retirement { header: Retirement::header(1), token_config: key(2), owner: key(3), timestamp, energy });
    let limits = Limits { max_age: 1, max_skew: 2, meter_consumption: 3, array_generation: 4, daily_surplus: 5 };
    let bytes = holds(&Oracle {
        header: Oracle::header(1),
        department: key(2),
        authority: key(3),
        pending_authority: key(4),
        registry_program: key(5),
        token_program: key(6),
        trading_program: key(7),
        token_config: key(8),
        energy_mint: key(9),
        market: key(10),
        limits,
        require_signatures: true,
        readings: 11,
        generated: Energy(12),
        consumed: Energy(13),
        surplus: Energy(14),
        day: 15,
        day_surplus: Energy(16),
        next_event: 17,
    });
    assert_eq!(Limits::read(Oracle::FIELDS.limits.bytes(&bytes)), limits);
    assert!(Oracle::FIELDS.require_signatures.is_set(&bytes));
    let totals =
        IntervalTotals { timestamp: 900, generated: Energy(1), consumed: Energy(2), surplus: Energy(3), readings: 4 };
    let bytes = holds(&IntervalRing { header: IntervalRing::header(1), oracle: key(2), intervals: [totals; 96] });
    let at = IntervalRing::FIELDS.intervals.offset() + 95 * IntervalTotals::SIZE;
    assert_eq!(IntervalTotals::read(&bytes[at..]), totals);
    let mut started = vec![0; IntervalRing::LEN];
    IntervalRing::start(&mut started, 1, &key(2));
    assert_eq!(IntervalRing::decode(&started).unwrap().oracle, key(2));
    let record = IntervalRecord {
        interval: 95,
        supply: Energy(1),
        demand: Energy(2),
        reference_price: Price(3),
        price: Price(4),
        traded: Energy(5),
    };
    let bytes = holds(&Market {
        header: Market::header(1),
        department: key(2),
        oracle: key(3),
        energy_mint: key(4),
        quote_mint: key(5),
        tariffs: Tariffs { feed_in: Price(6), retail: Price(7) },
        cleared: 8,
        timestamp: 9,
        late_supply: Energy(10),
        late_demand: Energy(11),
        history: [record; 96],
    });
    let interval = |number: i64| Interval::ending_at(number * 900).unwrap();
    assert_eq!(IntervalRecord::of(&bytes, interval(95)), Some(record));
    assert_eq!(IntervalRecord::of(&bytes, interval(191)), None);
    let own = &bytes[IntervalRecord::offset(95)..];
    assert_eq!((IntervalRecord::INTERVAL.get(own), IntervalRecord::SUPPLY.get(own)), (95, Energy(1)));
    assert_eq!((IntervalRecord::DEMAND.get(own), IntervalRecord::REFERENCE_PRICE.get(own)), (Energy(2), Price(3)));
}

#[test]
fn a_book_is_its_header_and_slots() {
    let mut bytes = holds(&Book {
        header: Book::header(1),
        market: key(2),
        department: key(3),
        registry: key(4),
        energy_vault: key(5),
        quote_vault: key(6),
        capacity: Capacity { orders: 3, seats: 2 },
        terms: Terms { minimum_lot: 7, orders_per_seat: 20, fee: 8, treasury: 1 },
        paused: true,
        bids: 2,
        asks: 1,
        next_order: 9,
        first_new_order: 8,
        cleared: 10,
        clearing: ClearingState {
            phase: 2,
            interval: 11,
            price: 12,
            energy: Energy(13),
            idle_reason: 4,
            unsettled: Energy(14),
            cursor: 15,
            quote_in_transit: Money(16),
            energy_in_transit: TokenAmount(17),
        },
        traded: Energy(18),
        next_event: 19,
    });
    assert_eq!(split(&mut bytes).unwrap_err(), AccountError::WrongLength);
    bytes.resize(Capacity { orders: 3, seats: 2 }.length(), 0);
    assert_eq!(Book::check(&bytes), Ok(()), "slots follow the header");
    let state = ClearingState::read(Book::FIELDS.clearing.bytes(&bytes));
    assert_eq!(ClearingState::from(Clearing::from(state)), state);
    let (_, book) = split(&mut bytes).unwrap();
    assert_eq!((book.bids.len(), book.asks.len(), book.seats.len()), (2, 1, 2));
}

/// The numbers are on every ledger: they never change.
#[test]
fn kinds_are_pinned() {
    let kinds = [
        Department::KIND as u8,
        Participant::KIND as u8,
        Meter::KIND as u8,
        TokenConfig::KIND as u8,
        Retirement::KIND as u8,
        Oracle::KIND as u8,
        IntervalRing::KIND as u8,
        Market::KIND as u8,
        Book::KIND as u8,
    ];
    assert_eq!(kinds, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}
