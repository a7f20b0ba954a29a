//! Founding a market: the mint of its money, its book's size, its traders' seats and what they have on them.

use {
    super::{Founder, Stage, chunks},
    campus_energy_sdk::{
        SPL_TOKEN,
        ledger::{Ledger, LedgerError, transaction::Draft},
        matching::Seat,
        trading::{
            instruction::{claim_seat, deposit, grow},
            state::{Asset, Book, Capacity, Terms, split},
            tariffs::Tariffs,
        },
        units::{Money, QUOTE_DECIMALS},
    },
    solana_program::{program_error::ProgramError, program_pack::Pack, pubkey::Pubkey, rent::Rent},
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

/// The campus baht, whose mint authority is the department's.
pub(super) fn quote_mint(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let (authority, mint) = (&founder.authority, &founder.quote_mint);
    let (payer, key) = (authority.pubkey(), mint.pubkey());
    let rent = Rent::default().minimum_balance(Mint::LEN);
    let create = create_account(&payer, &key, rent, Mint::LEN as u64, &SPL_TOKEN);
    let initialize = initialize_mint2(&SPL_TOKEN, &key, &payer, None, QUOTE_DECIMALS).map_err(unmade)?;
    let missing = ledger.account(&key)?.is_none();
    let drafts = missing.then(|| Draft::new(vec![create, initialize], &[authority, mint]));
    Ok(Stage::new("mint of the campus baht", 1, usize::from(missing), drafts))
}

/// The book at its full size.
pub(super) fn book(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let length = ledger.account(&founder.addresses.book)?.map_or(Book::LENGTH, |book| book.data.len());
    let full = founder.founding.market.capacity.length();
    let all = (full - Book::LENGTH).div_ceil(GROWTH);
    let missing = full.saturating_sub(length).div_ceil(GROWTH);
    let grows = vec![grow(&founder.addresses, &founder.authority.pubkey()); missing];
    let stage = Stage::new(
        "growths of the market's book",
        all,
        missing,
        chunks(grows, GROWS_PER_TRANSACTION, &founder.authority),
    );
    Ok(stage)
}

/// Token accounts of both mints for every participant; whoever has none for money gets it with the budget.
pub(super) fn wallets(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let Founder { addresses, authority, wallets, quote_mint, .. } = founder;
    let (payer, mint) = (authority.pubkey(), quote_mint.pubkey());
    let accounts: Vec<Pubkey> =
        wallets.iter().map(|wallet| get_associated_token_address(&wallet.pubkey(), &mint)).collect();
    let there = ledger.accounts(&accounts)?;
    let missing =
        (0..).zip(wallets.iter().zip(accounts.iter().zip(there))).filter(|(_, (_, (_, there)))| there.is_none());
    let mut drafts = Vec::new();
    for (index, (wallet, (account, _))) in missing {
        let mut instructions: Vec<_> = [addresses.energy_mint, mint]
            .map(|mint| create_associated_token_account_idempotent(&payer, &wallet.pubkey(), &mint, &SPL_TOKEN))
            .into();
        match (founder.budget)(index) {
            Money::ZERO => {}
            budget => instructions.push(mint_to(&SPL_TOKEN, &mint, account, &payer, &[], budget.0).map_err(unmade)?),
        }
        drafts.push(Draft::new(instructions, &[authority]));
    }
    Ok(Stage::new("wallets with their budgets", wallets.len(), drafts.len(), drafts))
}

/// A seat for every participant and the department; who got a budget brings it along.
pub(super) fn seats(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, LedgerError> {
    let Founder { addresses, authority, wallets, quote_mint, .. } = founder;
    let mut book = ledger.account(&addresses.book)?.map(|account| account.data).unwrap_or_default();
    let vacant: Vec<bool> = match split(&mut book) {
        Ok((_, book)) => book.seats.iter().map(Seat::is_vacant).collect(),
        // It is still to be made.
        Err(_) => Vec::new(),
    };
    let all = wallets.iter().chain([authority]).enumerate();
    let missing = all.filter(|(index, _)| vacant.get(*index).copied().unwrap_or(true)).map(|(index, wallet)| {
        let owner = wallet.pubkey();
        let mut instructions = vec![claim_seat(addresses, &owner)];
        let budget = if index < wallets.len() { (founder.budget)(index) } else { Money::ZERO };
        if budget > Money::ZERO {
            let from = get_associated_token_address(&owner, &quote_mint.pubkey());
            let seat = u16::try_from(index).unwrap_or(u16::MAX);
            instructions.push(deposit(addresses, &owner, seat, Asset::Quote, &from, budget.0));
        }
        Draft::new(instructions, &[wallet])
    });
    let drafts: Vec<Draft> = missing.collect();
    Ok(Stage::new("seats with their budgets", wallets.len() + 1, drafts.len(), drafts))
}

pub(super) fn unmade(error: ProgramError) -> LedgerError {
    LedgerError::Unreachable(format!("the instruction cannot be made: {error}"))
}
