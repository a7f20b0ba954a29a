//! What the ledger's accounts must hold after every step, by the reference: the invariants of the design, each register,
//! seat, order and vault.

use {
    super::{
        PEOPLE,
        build::{World, meter_id},
        market::at,
        model::Model,
    },
    campus_energy_sdk::{
        matching::{Direction, Seat as LedgerSeat},
        oracle::state::{IntervalRing, Oracle},
        registry::state::{Department, Meter},
        token::state::{MintMode, Retirement, TokenConfig},
        trading::state::{Asset, Book, Market, split},
    },
    solana_program::pubkey::Pubkey,
    std::fmt::Debug,
};

/// Compares one thing.
fn same<T: PartialEq + Debug>(what: impl AsRef<str>, ledger: T, reference: T) -> Result<(), String> {
    if ledger == reference {
        return Ok(());
    }
    Err(format!("{}: the ledger has {ledger:?}, the reference {reference:?}", what.as_ref()))
}

/// Compares the whole ledger with the reference.
///
/// # Errors
/// What differs.
pub fn all(world: &World, model: &Model) -> Result<(), String> {
    registry(world, model)?;
    token(world, model)?;
    oracle(world, model)?;
    market(world, model)?;
    book(world, model)
}

fn registry(world: &World, model: &Model) -> Result<(), String> {
    let key = |person: Option<usize>| person.map_or(Pubkey::default(), |person| world.key(person));
    let department: Department = world.campus.read(&world.departments[0].department);
    same("the department's authority", department.authority, world.key(model.authority))?;
    same("its proposed authority", department.pending_authority, key(model.pending))?;
    same("its pause", department.paused, model.paused)?;
    same("its participants", department.participants as usize, model.departments[0].participants.len())?;
    same("its meters", department.meters as usize, model.meters.len())?;
    for expected in &model.meters {
        let id = meter_id(expected.number, false);
        let meter: Meter = world.campus.read(&world.departments[0].meter(&id));
        let what = |what: &str| format!("{what} of {id}");
        same(what("owner"), meter.owner, world.key(expected.owner))?;
        same(what("status"), meter.status, expected.status)?;
        same(what("key epoch"), meter.key_epoch, expected.epoch)?;
        let signing_key = world.meter_key(expected.key).verifying_key().to_bytes();
        same(what("key"), meter.signing_key.to_bytes(), signing_key)?;
        same(what("limit"), meter.generation_limit, expected.limit)?;
        same(what("energy generated"), meter.generated.0, expected.generated)?;
        same(what("energy consumed"), meter.consumed.0, expected.consumed)?;
        same(what("tokens minted"), meter.minted.0, expected.surplus * 1_000_000)?;
        // Invariant 5: each interval once.
        same(what("readings"), meter.readings, expected.accepted.len() as u64)?;
        let newest = expected.accepted.last().copied().unwrap_or(0);
        same(what("newest interval"), meter.newest, newest)?;
        let bit = |timestamp: &i64| match (newest - timestamp) / 900 {
            back @ 0..128 => 1_u128 << back,
            _ => 0,
        };
        same(what("accepted intervals"), meter.accepted, expected.accepted.iter().map(bit).sum())?;
    }
    Ok(())
}

fn token(world: &World, model: &Model) -> Result<(), String> {
    let config: TokenConfig = world.campus.read(&world.departments[0].token_config);
    same("the token's pause", config.paused, model.token_paused)?;
    same("its mode", config.mint_mode, if model.batch { MintMode::Batch } else { MintMode::Plain })?;
    // Invariant 1.
    let surplus: u128 = model.meters.iter().map(|meter| u128::from(meter.surplus)).sum();
    same("tokens minted", u128::from(config.minted.0), surplus * 1_000_000)?;
    same("tokens retired", u128::from(config.retired.0), model.retired)?;
    // Invariant 2.
    let supply = u128::from(world.campus.supply());
    same("the supply", supply, model.minted - model.retired - model.burned)?;
    let mut held = u128::from(world.campus.vault(Asset::Energy));
    for person in 0..PEOPLE {
        for asset in [Asset::Energy, Asset::Quote] {
            let amount = u128::from(world.campus.tokens(&world.tokens(person, asset)));
            same(format!("{asset:?} of person {person}"), amount, model.wallets[person][at(asset)])?;
            held += if asset == Asset::Energy { amount } else { 0 };
        }
    }
    same("everybody's tokens and the supply", held, supply)?;
    Ok(())
}

/// Compares the receipt of one retirement.
///
/// # Errors
/// What differs.
pub fn receipt(world: &World, model: &Model, owner: usize, timestamp: i64) -> Result<(), String> {
    let own = world.departments[0];
    let key = world.key(owner);
    let (address, _) =
        campus_energy_sdk::token::address::retirement(&own.programs.token, &own.token_config, &key, timestamp);
    let receipt: Retirement = world.campus.read(&address);
    let expected = (own.token_config, key, timestamp, model.receipts.get(&(owner, timestamp)).copied());
    same("a receipt", (receipt.token_config, receipt.owner, receipt.timestamp, Some(receipt.energy.0)), expected)
}

fn oracle(world: &World, model: &Model) -> Result<(), String> {
    let oracle: Oracle = world.campus.read(&world.departments[0].oracle);
    let pending = model.pending_submitter.map_or(Pubkey::default(), |person| world.key(person));
    same("the submitter", oracle.authority, world.key(model.submitter))?;
    same("the proposed submitter", oracle.pending_authority, pending)?;
    same("the limits", oracle.limits, model.limits)?;
    same("whether readings are signed", oracle.require_signatures, model.require_signatures)?;
    let sum = |of: fn(&super::model::Totals) -> u64| model.intervals.values().map(of).sum::<u64>();
    same("readings", oracle.readings, sum(|totals| totals.readings))?;
    same("energy generated", oracle.generated.0, sum(|totals| totals.generated))?;
    same("energy consumed", oracle.consumed.0, sum(|totals| totals.consumed))?;
    same("surplus", oracle.surplus.0, sum(|totals| totals.surplus))?;
    same("the day and its surplus", (i64::from(oracle.day), oracle.day_surplus.0), model.day)?;
    // Invariant 3: the interval's total is the sum of its meters'.
    let ring: IntervalRing = world.campus.read(&world.departments[0].interval_ring);
    for totals in ring.intervals.iter().filter(|totals| totals.timestamp != 0) {
        let expected = model.intervals.get(&totals.timestamp).copied().unwrap_or_default();
        let found = super::model::Totals {
            generated: totals.generated.0,
            consumed: totals.consumed.0,
            surplus: totals.surplus.0,
            readings: totals.readings,
        };
        same(format!("the interval {}", totals.timestamp), found, expected)?;
    }
    Ok(())
}

fn market(world: &World, model: &Model) -> Result<(), String> {
    let market: Market = world.campus.read(&world.departments[0].market);
    let expected = &model.market;
    same("the newest auction cleared or being cleared", market.cleared, expected.begun)?;
    same("late energy", [market.late_supply.0, market.late_demand.0], expected.late)?;
    same("the market's newest interval", market.timestamp, expected.timestamp)?;
    for (record, expected) in market.history.iter().zip(&expected.history) {
        let found = super::market::Remembered {
            interval: record.interval,
            supply: record.supply.0,
            demand: record.demand.0,
            price: if record.traded.0 > 0 { record.price.0 } else { 0 },
            traded: record.traded.0,
        };
        same("the market's record of an interval", found, *expected)?;
    }
    Ok(())
}

fn book(world: &World, model: &Model) -> Result<(), String> {
    let own = world.departments[0];
    let expected = &model.market;
    let mut data = world.campus.data(&own.book);
    let header: Book = world.campus.read(&own.book);
    same("the market's pause", header.paused, expected.paused)?;
    same("the next order's number", header.next_order, expected.next_order)?;
    same("the first new order's number", header.first_new_order, expected.first_new_order)?;
    same("the newest auction cleared", header.cleared, expected.cleared)?;
    same("energy traded", header.traded.0, expected.traded)?;
    let clearing = &header.clearing;
    same("whether a clearing is going on", clearing.phase != 0, expected.clearing.is_some())?;
    if let Some(expected) = &expected.clearing {
        same("its auction", clearing.interval, expected.auction)?;
        let found = (u64::from(clearing.price), clearing.energy.0);
        same("its price and energy", found, (expected.price, expected.energy))?;
        let transit = (u128::from(clearing.quote_in_transit.0), u128::from(clearing.energy_in_transit.0));
        same("what is in transit", transit, (expected.money, expected.tokens))?;
    }

    let (_, book) = split(&mut data).map_err(|error| format!("the book: {error}"))?;
    for direction in [Direction::Buy, Direction::Sell] {
        let found: Vec<_> = book
            .side(direction)
            .iter()
            .map(|order| {
                let price = u64::from(direction.price(order.key));
                (order.sequence(), order.seat, price, u64::from(order.energy), order.expires)
            })
            .collect();
        let side = expected.side(direction);
        let side = side.iter().map(|order| (order.number, order.seat, order.price, order.energy, order.expires));
        same(format!("the orders to {direction:?}"), found, side.collect())?;
    }
    for (number, slot) in book.seats.iter().enumerate() {
        let (seat, expected_seat) = (LedgerSeat::read(slot), &expected.seats[number]);
        let owner = expected_seat.owner.map_or(Pubkey::default(), |person| world.key(person));
        same(format!("who has seat {number}"), seat.wallet, owner.to_bytes())?;
        for (asset, balance) in [(Asset::Energy, seat.energy), (Asset::Quote, seat.quote)] {
            let found = (u128::from(balance.free), u128::from(balance.locked));
            let reference = (expected_seat.free[at(asset)], expected.locked(number, asset));
            same(format!("{asset:?} free and locked on seat {number}"), found, reference)?;
        }
    }
    // Invariant 2.
    for asset in [Asset::Energy, Asset::Quote] {
        same(format!("the vault of {asset:?}"), u128::from(world.campus.vault(asset)), model.vault(asset))?;
        let owed = u128::from(world.campus.owed(asset));
        same(format!("seats and transit of {asset:?}"), owed + expected.gifts[at(asset)], model.vault(asset))?;
    }
    // Invariant 4: what is left does not cross, until somebody places another order.
    let best = |direction| book.side(direction).iter().next().map(|order| direction.price(order.key));
    if header.first_new_order == header.next_order
        && clearing.phase == 0
        && let (Some(bid), Some(ask)) = (best(Direction::Buy), best(Direction::Sell))
        && bid >= ask
    {
        return Err(format!("after the clearing the best bid {bid} is not below the best ask {ask}"));
    }
    Ok(())
}
