//! Founding a market: the mint of its money, its book's size, its traders' seats.

use {
    super::{Department, founding::send_in_chunks},
    campus_energy_sdk::{
        SPL_TOKEN,
        deployment::Addresses,
        ledger::{Ledger, LedgerError, transaction::send},
        trading::{
            instruction::{claim_seat, deposit, grow},
            state::{Asset, Book, Capacity, Terms},
            tariffs::Tariffs,
        },
        units::{Money, QUOTE_DECIMALS},
    },
    solana_keypair::Keypair,
    solana_program::{instruction::Instruction, program_pack::Pack, pubkey::Pubkey, rent::Rent},
    solana_signer::Signer,
    solana_system_interface::instruction::create_account,
    spl_associated_token_account_interface::{
        address::get_associated_token_address, instruction::create_associated_token_account_idempotent,
    },
    spl_token_interface::{
        instruction::{initialize_mint2, mint_to},
        state::Mint,
    },
};

/// Bytes by which one Grow makes the book longer.
const GROWTH: usize = 10_240;
/// Grows in one transaction, which can run 64 instructions, and each makes a transfer. The largest book needs 52: two
/// transactions, which differ.
const GROWS_PER_TRANSACTION: usize = 30;

/// What a market shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketPlan {
    /// What the grid asks and pays.
    pub tariffs: Tariffs,
    /// How many orders and seats it has.
    pub capacity: Capacity,
    /// The least energy of an order, Wh.
    pub minimum_lot: u32,
    /// Orders that a seat can have in the book.
    pub orders_per_seat: u16,
    /// What a seller pays of the value, basis points.
    pub fee: u16,
}

impl MarketPlan {
    /// Its terms; the treasury is the seat after the participants'.
    #[must_use]
    pub fn terms(&self, participants: usize) -> Terms {
        let treasury = u16::try_from(participants).unwrap_or(u16::MAX);
        Terms { minimum_lot: self.minimum_lot, orders_per_seat: self.orders_per_seat, fee: self.fee, treasury }
    }
}

/// Creates the campus baht, whose mint authority is the department's.
///
/// # Errors
/// Those of [`Ledger::send`].
pub(super) fn create_quote_mint(
    ledger: &mut impl Ledger,
    authority: &Keypair,
    mint: &Keypair,
) -> Result<Pubkey, LedgerError> {
    let (payer, key) = (authority.pubkey(), mint.pubkey());
    let create = create_account(&payer, &key, Rent::default().minimum_balance(Mint::LEN), Mint::LEN as u64, &SPL_TOKEN);
    let initialize = initialize_mint2(&SPL_TOKEN, &key, &payer, None, QUOTE_DECIMALS).map_err(unmade)?;
    send(ledger, &[create, initialize], &[authority, mint], &[])?;
    Ok(key)
}

/// Brings a new book to its full size.
///
/// # Errors
/// Those of [`Ledger::send`].
pub(super) fn grow_book(
    ledger: &mut impl Ledger,
    addresses: &Addresses,
    payer: &Keypair,
    capacity: Capacity,
) -> Result<(), LedgerError> {
    let times = (capacity.length() - Book::LENGTH).div_ceil(GROWTH);
    let all = std::iter::repeat_n(grow(addresses, &payer.pubkey()), times);
    send_in_chunks(ledger, all, GROWS_PER_TRANSACTION, payer)
}

/// Gives every participant of a new department token accounts of both mints, a seat, and a budget on it, by their number.
/// The wallets must have lamports.
///
/// # Errors
/// Those of [`Ledger::send`].
pub fn open_seats(
    ledger: &mut impl Ledger,
    department: &Department,
    budget: impl Fn(usize) -> Money,
) -> Result<(), LedgerError> {
    let Department { addresses, authority, quote_mint, .. } = department;
    let payer = authority.pubkey();
    for (index, wallet) in department.participants.iter().enumerate() {
        let owner = wallet.pubkey();
        let money = get_associated_token_address(&owner, quote_mint);
        let seat = u16::try_from(index).unwrap_or(u16::MAX);
        let accounts = [addresses.energy_mint, *quote_mint]
            .map(|mint| create_associated_token_account_idempotent(&payer, &owner, &mint, &SPL_TOKEN));
        let (claim, budget) = (claim_seat(addresses, &owner), budget(index));
        if budget == Money::ZERO {
            send(ledger, &accounts, &[authority], &[])?;
            send(ledger, &[claim], &[wallet], &[])?;
            continue;
        }
        let issue = mint_to(&SPL_TOKEN, quote_mint, &money, &payer, &[], budget.0).map_err(unmade)?;
        send(ledger, &[&accounts[..], &[issue]].concat(), &[authority], &[])?;
        let pay_in = deposit(addresses, &owner, seat, Asset::Quote, &money, budget.0);
        send(ledger, &[claim, pay_in], &[wallet], &[])?;
    }
    let treasury: Instruction = claim_seat(addresses, &payer);
    send(ledger, &[treasury], &[authority], &[])?;
    Ok(())
}

fn unmade(error: solana_program::program_error::ProgramError) -> LedgerError {
    LedgerError::Unreachable(format!("the instruction cannot be made: {error}"))
}
