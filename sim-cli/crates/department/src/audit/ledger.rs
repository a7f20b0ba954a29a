//! The invariants that hold for any ledger, checked on its accounts alone.

use {
    super::balances::{Finding, Issued, Owed},
    campus_energy_sdk::{
        account::AccountData,
        deployment::Addresses,
        ledger::{Ledger, LedgerError},
        registry::state::Meter,
        token::state::TokenConfig,
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
/// [`LedgerError::Missing`], [`LedgerError::Unusable`] where an account of the department is missing or damaged, and those of the ledger.
pub fn check_ledger(ledger: &dyn Ledger, addresses: &Addresses) -> Result<Vec<Finding>, LedgerError> {
    let owned = ledger.owned(&addresses.programs.registry, DEPARTMENT_AT, addresses.department.as_ref())?;
    let meters: Vec<Meter> = owned.iter().filter_map(|(_, account)| Meter::decode(&account.data).ok()).collect();
    let (of_meters, readings) = (
        meters.iter().map(|meter| u128::from(meter.minted.0)).sum::<u128>(),
        meters.iter().map(|meter| u128::from(meter.readings)).sum::<u128>(),
    );
    let data = |address: &Pubkey| {
        let missing = || LedgerError::Missing { what: "an account of the department".into(), address: *address };
        Ok::<_, LedgerError>(ledger.account(address)?.ok_or_else(missing)?.data)
    };
    let damaged = |address: &Pubkey, reason: String| LedgerError::Unusable { address: *address, reason };
    let config = TokenConfig::decode(&data(&addresses.token_config)?)
        .map_err(|error| damaged(&addresses.token_config, error.to_string()))?;
    let mint = Mint::unpack(&data(&addresses.energy_mint)?)
        .map_err(|error| damaged(&addresses.energy_mint, error.to_string()))?;
    let balance = |address: &Pubkey| {
        let account = TokenAccount::unpack(&data(address)?).map_err(|error| damaged(address, error.to_string()))?;
        Ok::<_, LedgerError>(account.amount)
    };
    let owed = Owed::by(&mut data(&addresses.book)?).map_err(|error| damaged(&addresses.book, error))?;
    let [energy, quote] = owed;
    let minted = u128::from(config.minted.0);
    Ok(vec![
        if of_meters == minted {
            Ok(format!("invariant 1: {minted} tokens minted are those of {} meters' {readings} readings", meters.len()))
        } else {
            Err(format!("tokens minted: {minted}, and {of_meters} by {} meters' {readings} readings", meters.len()))
        },
        Issued { minted: config.minted.0, retired: config.retired.0, supply: mint.supply }.finding(),
        energy.finding(balance(&addresses.energy_vault)?),
        quote.finding(balance(&addresses.quote_vault)?),
    ])
}
