//! What a ledger's accounts say by themselves: the invariants that hold whoever used it, and however often.

use {
    super::Finding,
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Ledger, LedgerError},
        matching::Seat,
        registry::state::Meter,
        token::state::TokenConfig,
        trading::state::split,
    },
    solana_program::{program_pack::Pack, pubkey::Pubkey},
    spl_token_interface::state::{Account as TokenAccount, Mint},
};

/// Where a registry's account has its department: behind kind, version and bump.
const DEPARTMENT_AT: usize = 3;

/// Holds a department's accounts against each other. None of it is checked while transactions are under way: a cluster's accounts
/// are read one after the other.
///
/// # Errors
/// [`LedgerError::Unreachable`].
pub fn check_ledger(ledger: &dyn Ledger, addresses: &Addresses) -> Result<Vec<Finding>, LedgerError> {
    let owned = ledger.owned(&addresses.programs.registry, DEPARTMENT_AT, addresses.department.as_ref())?;
    let meters: Vec<Meter> = owned.iter().filter_map(|(_, account)| Meter::decode(&account.data).ok()).collect();
    let (of_meters, readings) = (
        meters.iter().map(|meter| u128::from(meter.minted.0)).sum::<u128>(),
        meters.iter().map(|meter| meter.readings).sum::<u64>(),
    );
    let data = |address: &Pubkey| {
        let missing = || LedgerError::Unreachable(format!("account {address} is missing"));
        Ok::<_, LedgerError>(ledger.account(address)?.ok_or_else(missing)?.data)
    };
    let damaged = |address: &Pubkey, error: String| LedgerError::Unreachable(format!("account {address}: {error}"));
    let config = TokenConfig::decode(&data(&addresses.token_config)?)
        .map_err(|error| damaged(&addresses.token_config, error.to_string()))?;
    let mint = Mint::unpack(&data(&addresses.energy_mint)?)
        .map_err(|error| damaged(&addresses.energy_mint, error.to_string()))?;
    let balance = |address: &Pubkey| {
        let account = TokenAccount::unpack(&data(address)?).map_err(|error| damaged(address, error.to_string()))?;
        Ok::<_, LedgerError>(account.amount)
    };
    let mut book = data(&addresses.book)?;
    let (_, book) = split(&mut book).map_err(|error| damaged(&addresses.book, error.to_string()))?;
    let (mut energy, mut quote) = (0_u64, 0_u64);
    for seat in book.seats.iter().map(Seat::read) {
        energy += seat.energy.total();
        quote += seat.quote.total();
    }
    let minted = u128::from(config.minted.0);
    Ok(vec![
        same(
            format!("invariant 1: {minted} tokens minted are those of {} meters' {readings} readings", meters.len()),
            of_meters,
            minted,
        ),
        same(
            format!("invariant 2: supply {} is minted less {} retired", mint.supply, config.retired.0),
            mint.supply,
            config.minted.0 - config.retired.0,
        ),
        same(
            format!("invariant 2: the energy vault's {energy} are the seats'"),
            balance(&addresses.energy_vault)?,
            energy,
        ),
        same(format!("invariant 2: the quote vault's {quote} are the seats'"), balance(&addresses.quote_vault)?, quote),
    ])
}

fn same<T: PartialEq + std::fmt::Display>(what: String, one: T, other: T) -> Finding {
    if one == other { Ok(what) } else { Err(format!("{what}: {one} here, {other} there")) }
}
