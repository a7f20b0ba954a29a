//! Founding a market: the mint of its money, its book's size, its traders' token accounts, seats and what they have on them.

use {
    super::{Founder, FoundingError, Holder, Stage, accounts_of, adopted::made, chunks, expected},
    campus_energy_sdk::{
        SPL_TOKEN,
        ledger::{Ledger, transaction::Draft},
        matching::Seat,
        trading::{
            instruction::{SeatTransfer, claim_seat, deposit, grow},
            state::{Asset, Book, split},
        },
        units::{Money, QUOTE_DECIMALS},
    },
    solana_account::Account,
    solana_program::{program_pack::Pack, pubkey::Pubkey, rent::Rent},
    solana_system_interface::instruction::{allocate, assign, create_account, transfer},
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent,
    spl_token_interface::{
        instruction::{initialize_mint2, mint_to},
        state::{Account as TokenAccount, Mint},
    },
    std::collections::BTreeSet,
};

/// Bytes by which one Grow makes the book longer.
const GROWTH: usize = 10_240;
/// Grows in one transaction, which can run 64 instructions, and each makes a transfer. The largest book needs 52: two
/// transactions, which differ.
const GROWS_PER_TRANSACTION: usize = 30;

/// The campus baht, whose mint authority is the department's.
pub(super) fn quote_mint(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    const NAME: &str = "mint of the campus baht";
    let (authority, mint) = (&founder.authority, &founder.quote_mint);
    let (payer, key) = (authority.pubkey(), mint.pubkey());
    // At one moment: before there is a market nobody has been given money.
    let [there, market] = accounts_of(ledger, [key, founder.addresses.market])?;
    let sent_before = there.as_ref().map_or(0, |account| account.lamports);
    if let Some(account) = made(there) {
        let at_most = if founder.shares_money || made(market).is_some() { u64::MAX } else { 0 };
        expected::quote_mint(founder, &account, at_most)?;
        return Ok(Stage::new(NAME, 1, 0, []));
    }
    let (rent, length) = (Rent::default().minimum_balance(Mint::LEN), Mint::LEN as u64);
    let mut instructions = match sent_before {
        0 => vec![create_account(&payer, &key, rent, length, &SPL_TOKEN)],
        // CreateAccount refuses an address to which somebody has sent lamports.
        sent => {
            vec![transfer(&payer, &key, rent.saturating_sub(sent)), allocate(&key, length), assign(&key, &SPL_TOKEN)]
        }
    };
    instructions.push(initialize_mint2(&SPL_TOKEN, &key, &payer, None, QUOTE_DECIMALS).map_err(FoundingError::Unmade)?);
    Ok(Stage::new(NAME, 1, 1, [Draft::new(instructions, &[authority.signer()?, mint.signer()?])]))
}

/// The book at its full size.
pub(super) fn book(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let length = made(ledger.account(&founder.addresses.book)?).map_or(Book::LENGTH, |book| book.data.len());
    let full = founder.founding.market.capacity.length();
    let all = (full - Book::LENGTH).div_ceil(GROWTH);
    let missing = full.saturating_sub(length).div_ceil(GROWTH);
    let grows = vec![grow(&founder.addresses, &founder.authority.pubkey()); missing];
    let stage = Stage::new(
        "growths of the market's book",
        all,
        missing,
        chunks(grows, GROWS_PER_TRANSACTION, &founder.authority)?,
    );
    Ok(stage)
}

/// Token accounts of both mints for every participant.
pub(super) fn wallets(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let payer = founder.authority.pubkey();
    let (accounts, _) = traders(founder, ledger)?;
    let mints = [founder.addresses.energy_mint, founder.quote_mint.pubkey()];
    let mut drafts = Vec::new();
    for (wallet, pair) in founder.wallets.iter().zip(&accounts) {
        let missing = pair.iter().zip(mints).filter(|(there, _)| there.is_none());
        let instructions: Vec<_> = missing
            .map(|(_, mint)| create_associated_token_account_idempotent(&payer, &wallet.pubkey(), &mint, &SPL_TOKEN))
            .collect();
        if !instructions.is_empty() {
            drafts.push(Draft::new(instructions, &[founder.authority.signer()?]));
        }
    }
    Ok(Stage::new("participants' token accounts", founder.wallets.len(), drafts.len(), drafts))
}

/// A seat for every participant and the department; who has a budget gets what is missing to it and brings it along. All in one
/// transaction: a seat is claimed once, so that a budget is given once, whatever was interrupted.
pub(super) fn seats(founder: &Founder, ledger: &dyn Ledger) -> Result<Stage, FoundingError> {
    let Founder { addresses, authority, wallets, quote_mint, .. } = founder;
    let (accounts, claimed) = traders(founder, ledger)?;
    if let Some(account) = made(ledger.account(&quote_mint.pubkey())?) {
        // Nobody has got money but from here, or from another department that has the mint too.
        let budgets = (0..wallets.len()).map(|number| (founder.budget)(number).0);
        let at_most = if founder.shares_money { u64::MAX } else { budgets.fold(0, u64::saturating_add) };
        expected::quote_mint(founder, &account, at_most)?;
    }
    let all = wallets.iter().chain([authority]).enumerate();
    let mut drafts = Vec::new();
    for (number, wallet) in all.filter(|(number, _)| !claimed.contains(number)) {
        let (owner, mut instructions, mut signers) = (wallet.pubkey(), Vec::new(), vec![wallet.signer()?]);
        let budget = if number < wallets.len() { (founder.budget)(number) } else { Money::ZERO };
        let claim = claim_seat(addresses, &owner);
        if budget > Money::ZERO {
            let (mint, from) = (quote_mint.pubkey(), founder.holders()[number].quote);
            let has = accounts[number][1].as_ref().and_then(|account| TokenAccount::unpack(&account.data).ok());
            let lacks = budget.0.saturating_sub(has.map_or(0, |account| account.amount));
            if lacks > 0 {
                let by = authority.pubkey();
                instructions.push(mint_to(&SPL_TOKEN, &mint, &from, &by, &[], lacks).map_err(FoundingError::Unmade)?);
                signers.push(authority.signer()?);
            }
            let seat = u16::try_from(number).unwrap_or(u16::MAX);
            instructions.extend([
                claim,
                deposit(
                    addresses,
                    &owner,
                    &SeatTransfer { seat, asset: Asset::Quote, token_account: from, amount: budget.0 },
                ),
            ]);
        } else {
            instructions.push(claim);
        }
        drafts.push(Draft::new(instructions, &signers));
    }
    Ok(Stage::new("seats with their budgets", wallets.len() + 1, drafts.len(), drafts))
}

/// The participants' token accounts for energy and money, and the seats that are claimed, by number.
type Traders = (Vec<[Option<Account>; 2]>, BTreeSet<usize>);

fn traders(founder: &Founder, ledger: &dyn Ledger) -> Result<Traders, FoundingError> {
    let addresses: Vec<Pubkey> =
        founder.holders().iter().flat_map(|Holder { energy, quote }| [*energy, *quote]).collect();
    let mut accounts = ledger.accounts(&addresses)?.into_iter().map(made);
    let accounts = std::iter::from_fn(|| Some([accounts.next()?, accounts.next()?]));
    let accounts: Vec<[Option<Account>; 2]> = accounts.collect();
    // After the accounts: a budget that was on its way is seen in one of them.
    let mut claimed = BTreeSet::new();
    if let Some(mut account) = made(ledger.account(&founder.addresses.book)?) {
        let mut data = std::mem::take(&mut account.data);
        // It may still have to grow.
        if let Ok((_, book)) = split(&mut data) {
            for (number, slot) in book.seats.iter().enumerate().filter(|(_, slot)| !Seat::is_vacant(slot)) {
                expected::seat(founder, ledger, &account, (number, &Seat::read(slot).wallet))?;
                claimed.insert(number);
            }
        }
    }
    for (number, pair) in accounts.iter().enumerate().filter(|(number, _)| !claimed.contains(number)) {
        for (asset, account) in [Asset::Energy, Asset::Quote].into_iter().zip(pair) {
            account.iter().try_for_each(|account| expected::token_account(founder, number, asset, account))?;
        }
    }
    Ok((accounts, claimed))
}
