//! Initialize: creates a department's market, its book's header and its vaults.

use {
    super::book::open_auction,
    campus_energy_sdk::{
        SPL_TOKEN, SYSTEM_PROGRAM,
        account::{AccountData, Plain},
        error::AccountError,
        onchain::{Pda, Signer, arity, call, create_pda, department_of, emit, failed, program, upgrade_authority},
        require,
        trading::{
            address::{BOOK_SEED, MARKET_SEED, VAULT_SEED},
            error::TradingError,
            event::MarketInitialized,
            state::{Asset, Book, BookCapacity, ClearingState, Market, Terms},
            tariffs::Tariffs,
        },
        units::{Energy, QUOTE_DECIMALS},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, program_pack::Pack, pubkey::Pubkey},
    spl_token_interface::{
        instruction::initialize_account3,
        state::{Account as TokenAccount, Mint},
    },
};

pub(super) fn process(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    tariffs: Tariffs,
    capacity: BookCapacity,
    terms: Terms,
) -> ProgramResult {
    let [
        payer,
        program_data,
        department,
        energy_mint,
        quote_mint,
        market,
        book,
        energy_vault,
        quote_vault,
        spl_token,
        system_program,
    ] = arity(accounts)?;
    let payer = Signer::payer(payer)?;
    upgrade_authority(program_id, program_data, &payer)?;
    program(spl_token, &SPL_TOKEN)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    require!(tariffs.are_valid(), TradingError::InvalidTariffs);
    require!(capacity.is_valid(), TradingError::InvalidCapacity);
    require!(terms.are_valid(&capacity), TradingError::InvalidTerms);
    let of = department_of(department)?;
    require!(of.energy_mint == *energy_mint.key, AccountError::WrongAddress);
    check_quote_mint(quote_mint)?;
    // The newest interval that has ended is the first whose auction is held.
    let cleared = open_auction()?.saturating_sub(1);

    let market_pda = Pda::check(market, [MARKET_SEED, department.key.as_ref()], program_id)?;
    market_pda.create(market, &payer, Market::LEN, program_id)?;
    {
        // Field by field: the history is zeros already.
        let (fields, mut data) = (Market::FIELDS, market.try_borrow_mut_data()?);
        let header = Market::header(market_pda.bump());
        data[..3].copy_from_slice(&[header.kind as u8, header.version, header.bump]);
        fields.department.set(&mut data, *department.key);
        fields.oracle.set(&mut data, of.oracle);
        fields.energy_mint.set(&mut data, *energy_mint.key);
        fields.quote_mint.set(&mut data, *quote_mint.key);
        tariffs.write(fields.tariffs.bytes_mut(&mut data));
        fields.cleared.set(&mut data, cleared);
    }
    create_pda(book, &payer, program_id, [BOOK_SEED, market.key.as_ref()], |bump| Book {
        header: Book::header(bump),
        market: *market.key,
        department: *department.key,
        registry: *department.owner,
        energy_vault: *energy_vault.key,
        quote_vault: *quote_vault.key,
        capacity,
        terms,
        paused: false,
        bids: 0,
        asks: 0,
        next_order: 0,
        first_new_order: 0,
        cleared,
        clearing: ClearingState::default(),
        traded: Energy::ZERO,
        next_event: 0,
    })?;
    for (asset, vault, mint) in [(Asset::Energy, energy_vault, energy_mint), (Asset::Quote, quote_vault, quote_mint)] {
        let seeds = [VAULT_SEED, market.key.as_ref(), asset.seed()];
        Pda::check(vault, seeds, program_id)?.create(vault, &payer, TokenAccount::LEN, &SPL_TOKEN)?;
        let initialize = initialize_account3(&SPL_TOKEN, vault.key, mint.key, market.key).map_err(failed)?;
        call(&initialize, &[vault.clone(), mint.clone()], &[])?;
    }
    emit(&MarketInitialized { department: *department.key, quote_mint: *quote_mint.key, tariffs, capacity, terms })
}

fn check_quote_mint(info: &AccountInfo) -> ProgramResult {
    require!(info.owner == &SPL_TOKEN, TradingError::WrongMint);
    let mint = Mint::unpack(&info.try_borrow_data()?).map_err(|_| failed(TradingError::WrongMint))?;
    require!(mint.decimals == QUOTE_DECIMALS, TradingError::WrongMint);
    Ok(())
}
