//! The department's people as the simulation knows them, trading on the gateway's ledger: their market's day goes on when all of an
//! interval's readings are settled, or those who trade no longer wait for them.

use {
    super::{Carrier, Link},
    crate::{
        engine::EngineError,
        journal::{JournalError, State},
    },
    campus_energy_department::{Department, MarketDay, MarketWallets, Sending, SettlementError, agents::Agents},
    campus_energy_sdk::{
        identity::MeterId,
        reading::Metered,
        time::{INTERVAL_SECONDS, Interval},
    },
    chrono_tz::Tz,
    solana_keypair::Keypair,
};

/// Seconds after an interval's end at which those who trade no longer wait for silent meters.
const PATIENCE: i64 = 60;

/// The simulated people who trade, with their wallets.
pub struct Traders {
    market: MarketDay,
    participants: Vec<Keypair>,
}

impl Traders {
    /// These agents with the participants' wallets; their days are those of a time zone.
    #[must_use]
    pub fn new(agents: Agents, participants: Vec<Keypair>, zone: Tz) -> Self {
        Self { market: MarketDay::new(agents, zone, Sending::InOrder), participants }
    }

    /// Does what is due; whether anything was.
    pub(super) fn act<L: Link>(
        &mut self,
        carrier: &mut Carrier<L>,
        department: &Department,
        submitter: &Keypair,
        now: i64,
    ) -> Result<bool, EngineError> {
        let before = carrier.journal().traded()?;
        let Some((interval, readings)) = due(carrier, department, before, now)? else { return Ok(false) };
        let end = interval.end();
        carrier.reserve_slot()?;
        // First: after a crash nobody orders twice.
        carrier.journal_mut().set_traded(end)?;
        carrier.begin_slot(now.max(end + 1))?;
        let wallets = MarketWallets { submitter, participants: &self.participants };
        self.market.close(carrier, department, &wallets, interval)?;
        // Otherwise it is too late for this one's auction.
        if carrier.time() < end + INTERVAL_SECONDS {
            self.market.place(carrier, department, &wallets, interval, &readings)?;
        }
        Ok(true)
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

impl From<SettlementError> for EngineError {
    fn from(error: SettlementError) -> Self {
        match error {
            SettlementError::Ledger(error) => Self::Ledger(error),
            other => Self::Settlement(other),
        }
    }
}
