//! Trading on the ledger: an auction's orders, its clearing, and what traders take home at the end of a day.

use {
    super::{Department, SettlementError},
    crate::agents::Wish,
    campus_energy_sdk::{
        ledger::{
            Ledger, LedgerError,
            transaction::{Draft, MAX_COMPUTE_UNITS, compute_unit_limit, send},
        },
        matching::{Direction, Phase, Seat, value::TOKEN_UNITS_PER_WH},
        time::Interval,
        token::instruction::retire,
        trading::{
            instruction::{MAX_SETTLED, clear, deposit, place_order, withdraw},
            state::{Asset, Book, split},
        },
        units::Energy,
    },
    solana_program::instruction::Instruction,
    solana_signer::Signer,
    spl_associated_token_account_interface::address::get_associated_token_address,
};

/// Clears the auction that has closed, in as many transactions as its orders need.
///
/// # Errors
/// Those of [`Ledger::send`].
pub fn clear_auction(ledger: &mut impl Ledger, department: &Department) -> Result<(), LedgerError> {
    let limit = compute_unit_limit(MAX_COMPUTE_UNITS);
    // A number less each time: a ledger executes the same transaction once.
    for orders in (1..=MAX_SETTLED).rev() {
        let instructions = [limit.clone(), clear(&department.addresses, orders)];
        send(ledger, &instructions, &[&department.submitter], &[])?;
        let book = book(ledger, department)?;
        if Phase::from_number(Book::FIELDS.clearing.bytes(&book)[0]) == Phase::Idle {
            break;
        }
    }
    Ok(())
}

/// An order for the auction of an interval's energy, signed by its trader. A seller brings the tokens along.
///
/// # Errors
/// [`SettlementError::NoWallet`] where no participant has the seat.
pub fn order(department: &Department, interval: Interval, wish: &Wish) -> Result<Draft, SettlementError> {
    let &Wish { seat, direction, price, energy } = wish;
    let addresses = &department.addresses;
    let wallet = department
        .participants
        .get(usize::from(seat))
        .ok_or(SettlementError::NoWallet { seat, participants: department.participants.len() })?;
    let owner = wallet.pubkey();
    let order = place_order(addresses, &owner, seat, direction, price, Energy(energy.into()), interval.end());
    let instructions = match direction {
        Direction::Buy => vec![order],
        Direction::Sell => {
            let (from, amount) = (addresses.token_account(&owner), u64::from(energy) * TOKEN_UNITS_PER_WH);
            vec![deposit(addresses, &owner, seat, Asset::Energy, &from, amount), order]
        }
    };
    Ok(Draft::new(instructions, &[wallet]))
}

/// Places an order.
///
/// # Errors
/// [`SettlementError::NoWallet`], and those of [`Ledger::send`].
pub fn place(
    ledger: &mut impl Ledger,
    department: &Department,
    interval: Interval,
    wish: &Wish,
) -> Result<(), SettlementError> {
    let Draft { instructions, signers } = order(department, interval, wish)?;
    send(ledger, &instructions, &signers.iter().collect::<Vec<_>>(), &[])?;
    Ok(())
}

/// The end of a day: buyers retire what they have bought against the day's consumption, sellers take their money and what
/// they did not sell. `last` is the day's last interval, which the receipts name.
///
/// # Errors
/// [`LedgerError::Missing`], [`LedgerError::Unusable`] where the market's book is missing or damaged, and those of [`Ledger::send`].
pub fn settle_day(ledger: &mut impl Ledger, department: &Department, last: Interval) -> Result<(), LedgerError> {
    let mut book = book(ledger, department)?;
    let damaged =
        |error| LedgerError::Unusable { address: department.addresses.book, reason: format!("the book: {error}") };
    let (_, book) = split(&mut book).map_err(damaged)?;
    for (index, (wallet, slot)) in department.participants.iter().zip(book.seats.iter()).enumerate() {
        let (seat, owner) = (Seat::read(slot), wallet.pubkey());
        let number = u16::try_from(index).unwrap_or(u16::MAX);
        let sells = department.meters.iter().any(|meter| meter.owner == index);
        let instructions = take_home(department, number, &owner, &seat, sells, last);
        if !instructions.is_empty() {
            send(ledger, &instructions, &[wallet], &[])?;
        }
    }
    Ok(())
}

fn take_home(
    department: &Department,
    number: u16,
    owner: &solana_program::pubkey::Pubkey,
    seat: &Seat,
    sells: bool,
    last: Interval,
) -> Vec<Instruction> {
    let addresses = &department.addresses;
    let mut instructions = Vec::new();
    let energy = seat.energy.free;
    if energy > 0 {
        let to = addresses.token_account(owner);
        instructions.push(withdraw(addresses, owner, number, Asset::Energy, &to, energy));
        if !sells {
            instructions.push(retire(addresses, owner, Energy(energy / TOKEN_UNITS_PER_WH), last.end()));
        }
    }
    if sells && seat.quote.free > 0 {
        let to = get_associated_token_address(owner, &department.quote_mint);
        instructions.push(withdraw(addresses, owner, number, Asset::Quote, &to, seat.quote.free));
    }
    instructions
}

fn book(ledger: &impl Ledger, department: &Department) -> Result<Vec<u8>, LedgerError> {
    let address = department.addresses.book;
    let missing = || LedgerError::Missing { what: "the market's book".into(), address };
    Ok(ledger.account(&address)?.ok_or_else(missing)?.data)
}
