//! The department's people as the simulation knows them, trading on the gateway's ledger: an interval's auction is cleared when
//! it has closed, and when all of an interval's readings are settled, whoever read them places orders.

use {
    super::{Carrier, Link},
    crate::{
        engine::EngineError,
        journal::{JournalError, State},
    },
    campus_energy_department::{Department, SettlementError, agents::Agents, clear_auction, place, settle_day},
    campus_energy_sdk::{
        identity::MeterId,
        ledger::Ledger,
        reading::Metered,
        time::{INTERVAL_SECONDS, Interval},
        trading::state::IntervalRecord,
        units::Energy,
    },
    chrono::{TimeZone, Timelike},
    chrono_tz::Tz,
};

/// Seconds after an interval's end at which those who trade no longer wait for silent meters.
const PATIENCE: i64 = 60;

/// Who trades.
pub struct Traders {
    agents: Agents,
    zone: Tz,
}

impl Traders {
    /// These agents, whose days are those of a time zone.
    #[must_use]
    pub fn new(agents: Agents, zone: Tz) -> Self {
        Self { agents, zone }
    }

    /// Does what is due; whether anything was.
    pub(super) fn act<L: Link>(
        &mut self,
        carrier: &mut Carrier<L>,
        department: &Department,
        now: i64,
    ) -> Result<bool, EngineError> {
        let before = carrier.journal().traded()?;
        let Some((interval, readings)) = due(carrier, department, before, now)? else { return Ok(false) };
        let end = interval.end();
        // First: after a crash nobody orders twice.
        carrier.journal_mut().set_traded(end)?;
        carrier.begin_slot(now.max(end + 1));
        tolerant(clear_auction(carrier, department))?;
        // The day's last auction has been cleared now.
        if let Some(last) = Interval::ending_at(before).filter(|_| before > 0 && self.is_midnight(before)) {
            tolerant(settle_day(carrier, department, last))?;
        }
        // Too late for this one's auction.
        if carrier.time() >= end + INTERVAL_SECONDS {
            return Ok(true);
        }
        let market = carrier.account(&department.addresses.market)?;
        let record = market.and_then(|account| IntervalRecord::of(&account.data, interval));
        let supply = record.map_or(Energy::ZERO, |record| record.supply);
        for wish in self.agents.wishes(&readings, supply) {
            tolerant(place(carrier, department, interval, &wish))?;
        }
        Ok(true)
    }

    fn is_midnight(&self, end: i64) -> bool {
        let local = self.zone.timestamp_opt(end, 0).single();
        local.is_some_and(|local| local.num_seconds_from_midnight() == 0)
    }
}

/// The newest interval, if it has not been traded yet and its readings are there: those of the department's meters, in order.
fn due<L: Link>(
    carrier: &Carrier<L>,
    department: &Department,
    traded: i64,
    now: i64,
) -> Result<Option<(Interval, Vec<Metered>)>, JournalError> {
    let newest = carrier.journal().newest()?.filter(|newest| *newest > traded).and_then(Interval::ending_at);
    let Some(interval) = newest else { return Ok(None) };
    let entries = carrier.journal().between(interval.end(), interval.end())?;
    let of_meter = |id: MeterId| {
        let entry = entries.iter().find(|entry| entry.submission.meter == id && entry.state == State::Confirmed);
        entry.map(|entry| Metered { generated: entry.submission.generated, consumed: entry.submission.consumed })
    };
    let readings: Vec<Option<Metered>> = department.meters.iter().map(|meter| of_meter(meter.id)).collect();
    if readings.iter().any(Option::is_none) && now < interval.end() + PATIENCE {
        return Ok(None);
    }
    let none = Metered { generated: 0, consumed: 0 };
    Ok(Some((interval, readings.into_iter().map(|reading| reading.unwrap_or(none)).collect())))
}

/// A transaction that the ledger refuses concerns its trader alone; every other error is the engine's.
fn tolerant(result: Result<(), impl Into<SettlementError>>) -> Result<(), EngineError> {
    match result.map_err(Into::into) {
        Ok(()) => Ok(()),
        Err(SettlementError::Ledger(error)) if error.is_verdict() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl From<SettlementError> for EngineError {
    fn from(error: SettlementError) -> Self {
        match error {
            SettlementError::Ledger(error) => Self::Ledger(error),
            other => Self::Settlement(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_sdk::ledger::LedgerError, solana_transaction_error::TransactionError};

    #[test]
    fn a_refusal_is_the_traders_and_everything_else_the_engines() {
        for refusal in [
            LedgerError::Refused(TransactionError::AccountNotFound, Vec::new()),
            LedgerError::Expired,
            LedgerError::TooLong(1_300),
        ] {
            assert!(matches!(tolerant(Err::<(), _>(refusal.clone())), Ok(())), "{refusal}");
        }
        for error in [
            LedgerError::Unreachable("no answer".into()),
            LedgerError::Internal("the journal".into()),
            LedgerError::Unusable { address: solana_program::pubkey::Pubkey::default(), reason: "short".into() },
        ] {
            let EngineError::Ledger(told) = tolerant(Err::<(), _>(error.clone())).unwrap_err() else {
                panic!("{error}");
            };
            assert_eq!(told, error);
        }
        let seatless = SettlementError::NoWallet { seat: 9, participants: 3 };
        let EngineError::Settlement(told) = tolerant(Err::<(), _>(seatless.clone())).unwrap_err() else {
            panic!("{seatless}");
        };
        assert_eq!(told, seatless);
    }
}
