//! What the real trading program tells: every kind of event, numbered without a gap, every order's outcome in every
//! auction.

use {
    campus_energy_department::{Keys, MarketPlan},
    campus_energy_sdk::{
        event::{AnyEvent, MAX_EVENT_LENGTH},
        ledger::{Embedded, SplToken},
        matching::{Direction, OrderOutcome, Reason},
        token::state::MintMode,
        trading::{
            event::*,
            instruction::MAX_SETTLED,
            state::{Asset, BookCapacity},
        },
        units::{Energy, Money, Price},
    },
    campus_energy_tests::{
        campus::{Campus, MARKET, SAMPLE, embedded, founding},
        market::{BUDGET, with_market},
    },
    solana_signer::Signer,
};

const BUY: Direction = Direction::Buy;
const SELL: Direction = Direction::Sell;

/// The number of a trading event that has one.
fn sequence(event: &AnyEvent) -> Option<u64> {
    match event {
        AnyEvent::SeatClaimed(event) => Some(event.sequence),
        AnyEvent::FundsDeposited(event) => Some(event.sequence),
        AnyEvent::FundsWithdrawn(event) => Some(event.sequence),
        AnyEvent::OrderPlaced(event) => Some(event.sequence),
        AnyEvent::OrderCancelled(event) => Some(event.sequence),
        AnyEvent::OrderEvicted(event) => Some(event.sequence),
        AnyEvent::OrdersSettled(event) => Some(event.sequence),
        AnyEvent::MarketCleared(event) => Some(event.sequence),
        AnyEvent::MarketPaused(event) => Some(event.sequence),
        _ => None,
    }
}

/// A market with room for two orders a side; two sellers with 5 kWh each, two buyers.
fn narrow() -> Campus<Embedded> {
    let mut campus = with_market(4, MarketPlan { capacity: BookCapacity { orders: 2, seats: 8 }, fee: 100, ..MARKET });
    campus.open_market(SAMPLE, &[5_000, 5_000]);
    campus
}

#[test]
fn every_trading_event_is_told_and_numbered_without_a_gap() {
    let mut campus = narrow();
    let next = campus.book().next_event;
    // Four participants and the department claimed seats; four money and two energy deposits.
    assert_eq!(next, 5 + 4 + 2);
    let mut all = Vec::new();
    let mut tell = |campus: &Campus<Embedded>, result: Result<_, campus_energy_sdk::ledger::LedgerError>| {
        let events = campus.events(&result.unwrap());
        all.extend(events.clone());
        events
    };
    let sent = campus.place(2, BUY, 3_000_000, 1_000, SAMPLE);
    let placed = OrderPlaced {
        sequence: next,
        order: 0,
        seat: 2,
        direction: BUY,
        price: Price(3_000_000),
        energy: Energy(1_000),
        expires: SAMPLE,
    };
    assert_eq!(tell(&campus, sent), [AnyEvent::OrderPlaced(placed.clone())]);
    let sent = campus.place(3, BUY, 3_100_000, 1_000, SAMPLE);
    tell(&campus, sent);
    let sent = campus.place(1, BUY, 3_200_000, 1_000, SAMPLE);
    let evicting =
        AnyEvent::OrderPlaced(OrderPlaced { sequence: next + 2, order: 2, seat: 1, price: Price(3_200_000), ..placed });
    let evicted = AnyEvent::OrderEvicted(OrderEvicted { sequence: next + 3, order: 0, seat: 2, direction: BUY });
    assert_eq!(tell(&campus, sent), [evicting, evicted]);
    let sent = campus.cancel(3, BUY, 3_100_000, 1);
    let cancelled = OrderCancelled { sequence: next + 4, order: 1, seat: 3, direction: BUY, at_close: true };
    assert_eq!(tell(&campus, sent), [AnyEvent::OrderCancelled(cancelled)]);
    let sent = campus.place(0, SELL, 3_000_000, 400, SAMPLE + 900);
    tell(&campus, sent);
    let sent = campus.withdraw(1, Asset::Energy, 7);
    let withdrawn = FundsWithdrawn { sequence: next + 6, seat: 1, asset: Asset::Energy, amount: 7 };
    assert_eq!(tell(&campus, sent), [AnyEvent::FundsWithdrawn(withdrawn)]);
    let sent = campus.deposit(1, Asset::Energy, 7);
    let deposited = FundsDeposited { sequence: next + 7, seat: 1, asset: Asset::Energy, amount: 7 };
    assert_eq!(tell(&campus, sent), [AnyEvent::FundsDeposited(deposited)]);
    for (number, paused) in [(8, true), (9, false)] {
        let sent = campus.pause(paused);
        let paused = MarketPaused { sequence: next + number, paused };
        assert_eq!(tell(&campus, sent), [AnyEvent::MarketPaused(paused)]);
    }
    campus.chain_time(SAMPLE + 905);
    let sent = campus.clear(10);
    let outcome = |sequence, seat, filled, reason| OrderOutcome { sequence, seat, filled, reason, left: true };
    let settled = |number, direction, outcomes| {
        let sequence = next + number;
        AnyEvent::OrdersSettled(OrdersSettled { sequence, timestamp: SAMPLE, direction, outcomes })
    };
    // 0.4 kWh at 3.2, since demand is left: 1.28 baht, of which 1 % is the treasury's. The cancelled order was in the auction.
    let over = MarketCleared {
        sequence: next + 12,
        timestamp: SAMPLE,
        price: Price(3_200_000),
        energy: Energy(400),
        treasury: Money(12_800),
    };
    let expected = [
        settled(10, BUY, vec![outcome(2, 1, 400, Reason::FilledInPart), outcome(1, 3, 0, Reason::OutsidePrice)]),
        settled(11, SELL, vec![outcome(3, 0, 400, Reason::Filled)]),
        AnyEvent::MarketCleared(over),
    ];
    assert_eq!(tell(&campus, sent), expected);

    let numbers: Vec<_> = all.iter().filter_map(sequence).collect();
    assert_eq!(numbers, (next..campus.book().next_event).collect::<Vec<_>>());
}

#[test]
fn founding_a_market_tells_what_it_is_and_who_has_which_seat() {
    let keys = Keys::new(1);
    let mut campus = Campus::on(embedded(keys, SplToken::Batching), keys, &founding(2, false, MintMode::Batch));
    let (wallet, addresses) = (campus.keys.participant(1), campus.addresses());
    let claim = campus_energy_sdk::trading::instruction::claim_seat(&addresses, &wallet.pubkey());
    let receipt = campus.send(claim, &[&wallet]).unwrap();
    let claimed = SeatClaimed { sequence: 0, seat: 1, wallet: wallet.pubkey() };
    assert_eq!(campus.events(&receipt), [AnyEvent::SeatClaimed(claimed)]);

    // Another department, since the campus's own was founded before we could listen.
    let other = campus_energy_sdk::deployment::Addresses::derive(addresses.programs, "SCI_".parse().unwrap());
    let (authority, quote_mint) = (campus.keys.authority(), campus.department.quote_mint);
    let by = campus_energy_department::Initialisers {
        upgrade_authority: authority.pubkey(),
        authority: authority.pubkey(),
        submitter: campus.keys.submitter().pubkey(),
        quote_mint,
    };
    let plan = founding(3, false, MintMode::Batch);
    let mut events = Vec::new();
    for instruction in campus_energy_department::initialisation(&other, &by, &plan, [0; 32]) {
        let receipt = campus.send(instruction, &[&authority]).unwrap();
        events.extend(campus.events(&receipt));
    }
    let MarketPlan { tariffs, capacity, .. } = MARKET;
    let (department, terms) = (other.department, MARKET.terms(3));
    let initialized = MarketInitialized { department, quote_mint, tariffs, capacity, terms };
    assert!(events.contains(&AnyEvent::MarketInitialized(initialized)), "{events:?}");
}

/// The program writes OrdersSettled by hand; here its bytes are read as Borsh, over many chunks and several Clears.
#[test]
fn every_order_of_the_book_is_told_once_an_auction_best_first() {
    let mut campus = with_market(2, MarketPlan { capacity: BookCapacity { orders: 400, seats: 8 }, ..MARKET });
    campus.open_market(SAMPLE, &[12_000]);
    for number in 0..300 {
        campus.place(1, BUY, 2_500_000 + 1_000 * (number % 100), 10, SAMPLE).unwrap();
    }
    for number in 0..200 {
        campus.place(0, SELL, 2_400_000 + 2_000 * number, 20, SAMPLE + 900).unwrap();
    }
    let resting = [BUY, SELL].map(|direction| campus.orders(direction));
    campus.chain_time(SAMPLE + 905);
    let (mut settled, mut next) = (vec![], campus.book().next_event);
    for orders in [1, 120, 83, 84, 85, 200] {
        let receipt = campus.clear(orders).unwrap();
        let data = receipt.logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
        assert!(data.clone().count() > 0 && data.clone().all(|text| text.len() <= MAX_EVENT_LENGTH.div_ceil(3) * 4));
        let mut told = 0;
        for event in campus.events(&receipt) {
            assert_eq!(sequence(&event), Some(next));
            next += 1;
            if let AnyEvent::OrdersSettled(event) = event {
                assert_eq!(event.timestamp, SAMPLE);
                told += event.outcomes.len();
                settled.extend(event.outcomes.iter().map(|outcome| (event.direction, *outcome)));
            }
        }
        assert!(told == usize::from(orders) || settled.len() == 500, "{told} of {orders}");
    }
    assert_eq!((settled.len(), next, campus.book().clearing.phase), (500, campus.book().next_event, 0));
    let told: Vec<_> =
        settled.iter().map(|(direction, outcome)| (*direction, outcome.sequence, outcome.seat)).collect();
    let [bids, asks] = resting.each_ref().map(|side| side.iter().map(|order| (order.sequence(), order.seat)));
    let expected: Vec<_> =
        bids.map(|(number, seat)| (BUY, number, seat)).chain(asks.map(|(number, seat)| (SELL, number, seat))).collect();
    assert_eq!(told, expected);
    let traded = |wanted: Direction| {
        settled.iter().filter(|(side, _)| *side == wanted).map(|(_, outcome)| u64::from(outcome.filled)).sum::<u64>()
    };
    assert!(traded(BUY) > 0 && traded(BUY) == traded(SELL));
    assert_eq!(campus.book().traded, Energy(traded(BUY)));
}

/// Nothing of what the most orders in one transaction came to is cut off.
#[test]
fn the_outcomes_of_the_most_orders_fit_the_log() {
    let mut campus = with_market(2, MarketPlan { capacity: BookCapacity { orders: 720, seats: 8 }, ..MARKET });
    campus.open_market(SAMPLE, &[12_000]);
    for bids in [270, 540, 1] {
        let now = campus.book().cleared + 1;
        let expires = campus_energy_sdk::trading::state::interval_end(now);
        for number in 0..MAX_SETTLED {
            if number < bids {
                campus.place(1, BUY, 3_000_000 - u64::from(number), 10, expires).unwrap();
            } else {
                campus.place(0, SELL, 2_000_000 + u64::from(number), 10, expires).unwrap();
            }
        }
        campus.chain_time(expires + 905);
        let receipt = campus.clear(u16::MAX).unwrap();
        assert!(!receipt.logs.iter().any(|line| line.contains("truncated")), "{:?}", receipt.logs.last());
        let mut told = 0;
        for event in campus.events(&receipt) {
            told += if let AnyEvent::OrdersSettled(event) = event { event.outcomes.len() } else { 0 };
        }
        assert_eq!((told, campus.book().clearing.phase), (usize::from(MAX_SETTLED), 0), "{bids} bids");
    }
    assert!(campus.seat(1).quote.total() < BUDGET);
}
