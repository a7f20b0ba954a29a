//! Initialize: creates a department's market.

use {
    campus_energy_sdk::{
        SYSTEM_PROGRAM,
        account::AccountData,
        onchain::{Signer, arity, create_pda, department_of, emit, program, upgrade_authority},
        require,
        trading::{
            address::MARKET_SEED,
            error::TradingError,
            event::MarketInitialized,
            state::{Market, Tariffs},
        },
        units::{Energy, Price},
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], tariffs: Tariffs) -> ProgramResult {
    let [payer, program_data, department, market, system_program] = arity(accounts)?;
    let payer = Signer::payer(payer)?;
    upgrade_authority(program_id, program_data, &payer)?;
    program(system_program, &SYSTEM_PROGRAM)?;
    require!(tariffs.are_valid(), TradingError::InvalidTariffs);
    let of = department_of(department)?;

    create_pda(market, &payer, program_id, [MARKET_SEED, department.key.as_ref()], |bump| Market {
        header: Market::header(bump),
        department: *department.key,
        oracle: of.oracle,
        energy_mint: of.energy_mint,
        tariffs,
        timestamp: 0,
        supply: Energy::ZERO,
        demand: Energy::ZERO,
        reference_price: Price::ZERO,
        late_supply: Energy::ZERO,
        late_demand: Energy::ZERO,
        next_event: 0,
    })?;
    emit(&MarketInitialized { department: *department.key, tariffs })
}
