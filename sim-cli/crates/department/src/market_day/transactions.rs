//! The transactions of a market day: an auction's orders, its clearing, and what traders take home at the end of a day.

use {
    super::MarketWallets,
    crate::{Department, SettlementError, agents::Wish},
    campus_energy_sdk::{
        ledger::{
            Ledger, LedgerError,
            transaction::{Draft, MAX_COMPUTE_UNITS, compute_unit_limit, send, send_all},
        },
        matching::{Direction, Phase, Seat, value::TOKEN_UNITS_PER_WH},
        time::Interval,
        token::instruction::retire,
        trading::{
            error::TradingError,
            instruction::{MAX_SETTLED, NewOrder, SeatTransfer, clear, deposit, place_order, withdraw},
            state::{Asset, Book, interval_number, split},
        },
        units::Energy,
    },
    solana_program::{instruction::Instruction, pubkey::Pubkey},
    solana_signer::Signer,
    spl_associated_token_account_interface::address::get_associated_token_address,
};

/// Transactions that are under way together.
const AT_ONCE: usize = 256;

/// How transactions that do not depend on each other are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Each when the one before has been executed: orders of one price keep their order.
    InOrder,
    /// Together, as fast as the ledger takes them; it chooses their order.
    Together,
}

/// What became of transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) executed: u64,
    pub(super) refused: u64,
}

/// Sends transactions; a refused one stops none of the others.
///
/// # Errors
/// Those of the ledger.
pub(super) fn send_drafts(ledger: &mut impl Ledger, drafts: &[Draft], sending: Sending) -> Result<Sent, LedgerError> {
    let mut sent = Sent::default();
    for some in drafts.chunks(if sending == Sending::InOrder { 1 } else { AT_ONCE }) {
        for result in send_all(ledger, some, &[])? {
            match result {
                Ok(_) => sent.executed += 1,
                Err(error) if error.is_verdict() => sent.refused += 1,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(sent)
}

/// What clearing has come to.
pub(super) struct Clearings {
    /// The book's account after it.
    pub(super) book: Vec<u8>,
    /// Why the ledger did not clear further.
    pub(super) refusal: Option<LedgerError>,
}

/// Clears the closed auctions of the intervals before `next`, each in as many transactions as its orders need. Nothing is sent where
/// somebody has cleared them.
///
/// # Errors
/// Those of the ledger.
pub(super) fn clear_before(
    ledger: &mut impl Ledger,
    department: &Department,
    wallets: &MarketWallets,
    mut book: Vec<u8>,
    next: Interval,
) -> Result<Clearings, LedgerError> {
    let limit = compute_unit_limit(MAX_COMPUTE_UNITS);
    let mut refusal = None;
    // A number less each time: a ledger executes the same transaction once.
    for orders in (1..=MAX_SETTLED).rev() {
        if refusal.is_some() || Book::FIELDS.cleared.get(&book).saturating_add(1) >= interval_number(next) {
            break;
        }
        let instructions = [limit.clone(), clear(&department.addresses, orders)];
        match send(ledger, &instructions, &[wallets.submitter], &[]) {
            Ok(_) => {}
            Err(error) if error.is_verdict() => refusal = Some(error),
            Err(error) => return Err(error),
        }
        book = self::book(ledger, department)?;
    }
    // Somebody else was faster, or the ledger's clock is behind.
    let refusal = refusal.filter(|refusal| refusal.code() != Some(TradingError::AlreadyCleared.code()));
    Ok(Clearings { book, refusal })
}

/// Whether the auction of an interval has been cleared to its end.
pub(super) fn is_cleared(book: &[u8], interval: Interval) -> bool {
    Book::FIELDS.cleared.get(book) >= interval_number(interval)
}

/// Whether a clearing has begun that is not over.
pub(super) fn is_clearing(book: &[u8]) -> bool {
    Phase::from_number(Book::FIELDS.clearing.bytes(book)[0]) != Phase::Idle
}

/// An order for the auction of an interval's energy, signed by its trader. A seller brings the tokens along.
///
/// # Errors
/// [`SettlementError::NoWallet`].
pub fn order(
    department: &Department,
    wallets: &MarketWallets,
    interval: Interval,
    wish: &Wish,
) -> Result<Draft, SettlementError> {
    let &Wish { seat, direction, price, energy } = wish;
    let addresses = &department.addresses;
    let wallet = wallets
        .participants
        .get(usize::from(seat))
        .ok_or(SettlementError::NoWallet { seat, participants: wallets.participants.len() })?;
    let owner = wallet.pubkey();
    let order = place_order(
        addresses,
        &owner,
        &NewOrder { seat, direction, price, energy: Energy(energy.into()), expires: interval.end() },
    );
    let instructions = match direction {
        Direction::Buy => vec![order],
        Direction::Sell => {
            let (from, amount) = (addresses.token_account(&owner), u64::from(energy) * TOKEN_UNITS_PER_WH);
            vec![
                deposit(addresses, &owner, &SeatTransfer { seat, asset: Asset::Energy, token_account: from, amount }),
                order,
            ]
        }
    };
    Ok(Draft::new(instructions, &[wallet]))
}

/// The end of a day: buyers retire what they have bought against the day's consumption, sellers take their money and what they did
/// not sell. `last` is the day's last interval, which the receipts name. One transaction for each seat that has something.
pub(super) fn take_home(
    department: &Department,
    wallets: &MarketWallets,
    book: &mut [u8],
    last: Interval,
) -> Result<Vec<Draft>, LedgerError> {
    let (_, book) = split(book).map_err(|error| unusable(department, error))?;
    let mut drafts = Vec::new();
    for (index, (wallet, slot)) in wallets.participants.iter().zip(book.seats.iter()).enumerate() {
        let number = u16::try_from(index).unwrap_or(u16::MAX);
        let sells = department.meters.iter().any(|meter| meter.owner == index);
        let instructions = of_seat(department, number, &wallet.pubkey(), &Seat::read(slot), sells, last);
        if !instructions.is_empty() {
            drafts.push(Draft::new(instructions, &[wallet]));
        }
    }
    Ok(drafts)
}

fn of_seat(
    department: &Department,
    number: u16,
    owner: &Pubkey,
    seat: &Seat,
    sells: bool,
    last: Interval,
) -> Vec<Instruction> {
    let addresses = &department.addresses;
    let mut instructions = Vec::new();
    let energy = seat.energy.free;
    if energy > 0 {
        let to = addresses.token_account(owner);
        instructions.push(withdraw(
            addresses,
            owner,
            &SeatTransfer { seat: number, asset: Asset::Energy, token_account: to, amount: energy },
        ));
        let whole = Energy(energy / TOKEN_UNITS_PER_WH);
        if !sells && whole > Energy::ZERO {
            instructions.push(retire(addresses, owner, whole, last.end()));
        }
    }
    if sells && seat.quote.free > 0 {
        let to = get_associated_token_address(owner, &department.quote_mint);
        instructions.push(withdraw(
            addresses,
            owner,
            &SeatTransfer { seat: number, asset: Asset::Quote, token_account: to, amount: seat.quote.free },
        ));
    }
    instructions
}

/// The book's account.
///
/// # Errors
/// Those of the ledger.
pub(super) fn book(ledger: &impl Ledger, department: &Department) -> Result<Vec<u8>, LedgerError> {
    let address = department.addresses.book;
    let missing = || LedgerError::Missing { what: "the market's book".into(), address };
    Ok(ledger.account(&address)?.ok_or_else(missing)?.data)
}

/// The book's account is no book.
pub(super) fn unusable(department: &Department, error: impl std::fmt::Display) -> LedgerError {
    LedgerError::Unusable { address: department.addresses.book, reason: error.to_string() }
}
