//! UpdateMarketData: a batch's surplus and deficit join the interval's. The hot path: fields, not whole accounts.

use {
    campus_energy_sdk::{
        account::{Field, Plain},
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, failed},
        require,
        time::Interval,
        trading::{
            error::TradingError,
            state::{Market, Tariffs},
        },
        units::Energy,
    },
    solana_program::{account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey},
};

/// Timestamp, supply, demand.
const BODY: usize = 8 + 8 + 8;

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], body: &[u8]) -> ProgramResult {
    let [oracle, market] = arity(accounts)?;
    let oracle = Signer::load(oracle)?;
    let market = OwnedAccount::<Market>::load_mut(market, program_id)?;
    let body: &[u8; BODY] = body.try_into().map_err(|_| failed(AccountError::MalformedInstruction))?;
    let timestamp = i64::read(&body[..8]);
    let (supply, demand) = (Energy::read(&body[8..16]), Energy::read(&body[16..]));
    require!(Interval::ending_at(timestamp).is_some(), TradingError::MisalignedTimestamp);

    let fields = Market::FIELDS;
    let mut data = market.data_mut();
    let data = &mut data[..];
    require!(fields.oracle.is(data, oracle.key()), TradingError::NotOracle);
    let newest = fields.timestamp.get(data);
    if timestamp < newest {
        add(data, &fields.late_supply, supply)?;
        return add(data, &fields.late_demand, demand);
    }
    if timestamp > newest {
        fields.timestamp.set(data, timestamp);
        fields.supply.set(data, Energy::ZERO);
        fields.demand.set(data, Energy::ZERO);
    }
    add(data, &fields.supply, supply)?;
    add(data, &fields.demand, demand)?;
    let tariffs = Tariffs::read(fields.tariffs.bytes(data));
    let price = tariffs.reference_price(fields.supply.get(data), fields.demand.get(data));
    fields.reference_price.set(data, price);
    Ok(())
}

fn add(data: &mut [u8], field: &Field<Energy>, energy: Energy) -> ProgramResult {
    let sum = field.get(data).checked_add(energy).ok_or_else(|| failed(AccountError::Overflow))?;
    field.set(data, sum);
    Ok(())
}
