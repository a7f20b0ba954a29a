//! UpdateMarketData: adds the surplus and deficit of a batch to those of its interval. The hot path, so it reads and writes fields, not
//! whole accounts.

use {
    campus_energy_sdk::{
        account::{FixedSize, Plain},
        error::AccountError,
        onchain::{OwnedAccount, Signer, arity, failed},
        require,
        time::Interval,
        trading::{
            error::TradingError,
            state::{IntervalRecord, Market, interval_number},
            tariffs::Tariffs,
        },
        units::Energy,
    },
    solana_program::{
        account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
    },
};

/// The length of timestamp, supply and demand, bytes.
const BODY: usize = 8 + 8 + 8;

pub(super) fn process(program_id: &Pubkey, accounts: &[AccountInfo], body: &[u8]) -> ProgramResult {
    let [oracle, market] = arity(accounts)?;
    let oracle = Signer::load(oracle)?;
    let market = OwnedAccount::<Market>::load_mut(market, program_id)?;
    let body: &[u8; BODY] = body.try_into().map_err(|_| failed(AccountError::MalformedInstruction))?;
    let timestamp = i64::read(&body[..8]);
    let (supply, demand) = (Energy::read(&body[8..16]), Energy::read(&body[16..]));
    let interval = Interval::ending_at(timestamp).ok_or_else(|| failed(TradingError::MisalignedTimestamp))?;
    let number = interval_number(interval);

    let fields = Market::FIELDS;
    let mut data = market.data_mut();
    let data = &mut data[..];
    require!(fields.oracle.is(data, oracle.key()), TradingError::NotOracle);
    let tariffs = Tariffs::read(fields.tariffs.bytes(data));
    let cleared = fields.cleared.get(data);
    let at = IntervalRecord::offset(number);
    let record = &mut data[at..][..<IntervalRecord as FixedSize>::SIZE];
    let known = IntervalRecord::INTERVAL.get(record);
    let (mut supply, mut demand) = (supply, demand);
    if known == number && number > cleared {
        supply = sum(IntervalRecord::SUPPLY.get(record), supply)?;
        demand = sum(IntervalRecord::DEMAND.get(record), demand)?;
    } else if known < number && number > cleared {
        IntervalRecord { interval: number, ..IntervalRecord::default() }.write(record);
    } else {
        // Its auction has been cleared, or it has left the history: too late to be sold in its interval.
        let (late_supply, late_demand) = (&fields.late_supply, &fields.late_demand);
        late_supply.set(data, sum(late_supply.get(data), supply)?);
        late_demand.set(data, sum(late_demand.get(data), demand)?);
        return Ok(());
    }
    IntervalRecord::SUPPLY.set(record, supply);
    IntervalRecord::DEMAND.set(record, demand);
    IntervalRecord::REFERENCE_PRICE.set(record, tariffs.reference_price(supply, demand));
    if timestamp > fields.timestamp.get(data) {
        fields.timestamp.set(data, timestamp);
    }
    Ok(())
}

#[inline(always)]
fn sum(sum: Energy, energy: Energy) -> Result<Energy, ProgramError> {
    sum.checked_add(energy).ok_or_else(|| failed(AccountError::Overflow))
}
