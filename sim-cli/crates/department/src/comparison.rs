//! Compares readings with those that a ledger has already accepted: that it accepted a meter's interval does not say with which
//! values.

use {
    super::Department,
    campus_energy_sdk::time::Interval,
    campus_energy_sdk::{
        account::AccountData,
        ledger::{Ledger, LedgerError, LedgerReading},
        oracle::readings::PlainReading,
        registry::{
            error::RegistryError::AlreadyAccepted,
            state::{Meter as MeterState, accept},
        },
    },
    solana_program::pubkey::Pubkey,
    std::collections::HashMap,
};

/// How the readings that a ledger has compare with measured ones of the same meters and intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Readings with the same values.
    pub same: u64,
    /// Those with other values, in words.
    pub differing: Vec<String>,
    /// Those of which the ledger does not remember the transaction.
    pub unknown: u64,
}

impl Comparison {
    /// Adds what was compared later.
    pub fn add(&mut self, more: Self) {
        self.same += more.same;
        self.differing.extend(more.differing);
        self.unknown += more.unknown;
    }
}

/// Compares the readings that a ledger has of these intervals with those that were measured.
///
/// # Errors
/// Those of [`Ledger::accounts`] and [`Ledger::readings_of`].
pub fn compare(
    ledger: &dyn Ledger,
    department: &Department,
    intervals: &[(Interval, Vec<PlainReading>)],
) -> Result<Comparison, LedgerError> {
    let meters: Vec<Pubkey> = department.meters.iter().map(|meter| meter.accounts.meter).collect();
    let mut there: Vec<(usize, i64, PlainReading)> = Vec::new();
    for (index, account) in ledger.accounts(&meters)?.into_iter().enumerate() {
        let Some(state) = account.and_then(|account| MeterState::decode(&account.data).ok()) else { continue };
        for (interval, readings) in intervals {
            let end = interval.end();
            let accepted = accept(state.newest, state.accepted, end) == Err(AlreadyAccepted);
            there.extend(readings.get(index).filter(|_| accepted).map(|reading| (index, end, *reading)));
        }
    }
    let mut comparison = Comparison::default();
    let ends = there.iter().map(|(_, end, _)| *end);
    let Some((first, last)) = ends.clone().min().zip(ends.max()) else { return Ok(comparison) };
    let found = ledger.readings_of(&meters, first..=last)?;
    let found: HashMap<(Pubkey, i64), LedgerReading> =
        found.into_iter().map(|found| ((found.reading.meter, found.reading.timestamp), found)).collect();
    for (index, end, measured) in there {
        match found.get(&(meters[index], end)) {
            None => comparison.unknown += 1,
            Some(LedgerReading { reading, transaction }) => {
                let on_ledger =
                    PlainReading { generated: reading.generated, consumed: reading.consumed, quality: reading.quality };
                if on_ledger == measured {
                    comparison.same += 1;
                } else {
                    comparison.differing.push(format!(
                        "{} and the interval that ends at {end}: generated {} Wh, consumed {} Wh in transaction {transaction}; \
                         measured were {} and {} Wh",
                        department.meters[index].id,
                        on_ledger.generated,
                        on_ledger.consumed,
                        measured.generated,
                        measured.consumed,
                    ));
                }
            }
        }
    }
    Ok(comparison)
}
