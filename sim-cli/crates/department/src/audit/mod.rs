//! Rebuilds what happened on the ledger from the instructions that it executed. A run's report is made from it, and `verify`
//! compares it with the ledger's accounts and the run's files.
//!
//! What it reads may be damaged or forged: no sum of it may overflow, which would stop the program instead of being reported.

#![deny(clippy::arithmetic_side_effects)]

mod accounts;
mod balances;
mod book;
mod holdings;
mod indicators;
mod ledger;
mod market;
pub mod replay;
mod signatures;
mod sums;

pub use {
    accounts::check_accounts,
    balances::{Finding, supply_of},
    holdings::{Holding, holdings, snapshot_of},
    indicators::Indicators,
    ledger::check_ledger,
    market::{Auction, AuditedSeat, MarketAudit, SettledOrder},
    replay::Replay,
    signatures::Signatures,
    sums::{Sums, Work},
};

use {
    crate::record::Transaction,
    campus_energy_sdk::{
        deployment::Addresses,
        event::AnyEvent,
        identity::MeterId,
        oracle::event::{AcceptedReading, ReadingsAccepted},
        reading::DeploymentId,
        registry::state::{Role, Zone},
        time::Interval,
        trading::state::interval_number,
        units::TokenAmount,
    },
    solana_program::pubkey::Pubkey,
    std::collections::BTreeMap,
    sums::add,
    thiserror::Error,
};

/// Transactions that cannot all have been executed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("transaction {signature}: {reason}")]
pub struct Contradiction {
    /// The transaction.
    pub signature: String,
    /// Why the transaction cannot have been executed.
    pub reason: String,
}

/// A registered meter and what it has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterAudit {
    /// Id of the meter.
    pub id: MeterId,
    /// Wallet of the meter's owner.
    pub owner: Pubkey,
    /// Zone in which it measures.
    pub zone: Zone,
    /// Sums of its accepted readings.
    pub sums: Sums,
}

/// A registered participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantAudit {
    /// `faculty_001`, `graduate_001`, `undergraduate_001`, `department_001`.
    pub name: String,
    /// The wallet.
    pub wallet: Pubkey,
    /// Role of the participant.
    pub role: Role,
    /// Wh retired.
    pub retired: u64,
    /// Retirement receipts.
    pub receipts: u64,
}

/// An interval whose auction is over, or was never held: a later one's was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedInterval {
    /// End of the interval, Unix seconds.
    pub timestamp: i64,
    /// Its readings, in the order of the meters' numbers.
    pub readings: Vec<AcceptedReading>,
    /// The auction of the interval.
    pub auction: Auction,
    /// What became of every order in it.
    pub orders: Vec<SettledOrder>,
    /// Transactions and compute units of submitting the readings.
    pub submission: Work,
    /// Trading, since the auction before.
    pub trading: Work,
}

impl ClosedInterval {
    /// The sums of its readings.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        self.readings.iter().for_each(|reading| sums.add(reading));
        sums
    }
}

/// A reading when it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The ledger's time then, a Unix second.
    pub at: i64,
    /// End of the interval that the reading names.
    pub timestamp: i64,
    /// The reading.
    pub reading: AcceptedReading,
}

/// The audit of a department's ledger.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The accounts, as the transactions make them.
    pub replay: Replay,
    /// What the meters sign for.
    pub deployment: Option<DeploymentId>,
    /// The meters, by number.
    pub meters: Vec<MeterAudit>,
    /// The participants, by number.
    pub participants: Vec<ParticipantAudit>,
    /// The market.
    pub market: MarketAudit,
    /// Tokens retired.
    pub retired: TokenAmount,
    /// Wh retired by holders who are no participants.
    pub retired_by_others: u64,
    /// Readings whose interval's auction had begun to be cleared.
    pub late: u64,
    /// Setting it all up.
    pub founding: Work,
    /// Transactions and compute units of submitting readings.
    pub submission: Work,
    /// Transactions and compute units of trading and retiring.
    pub trading: Work,
    /// The accepted readings in their order, if they are kept: set to an empty list before the first transaction.
    pub arrivals: Option<Vec<Arrival>>,
    /// The meters' signatures, if they are verified: set before the first transaction.
    pub signatures: Option<Signatures>,
    now: i64,
    open: BTreeMap<i64, (Vec<AcceptedReading>, Work)>,
    since_auction: Work,
    closed: Vec<ClosedInterval>,
}

impl Audit {
    /// Of a department that has not been founded.
    #[must_use]
    pub fn new(addresses: Addresses) -> Self {
        Self {
            replay: Replay::new(addresses),
            deployment: None,
            meters: Vec::new(),
            participants: Vec::new(),
            market: MarketAudit::default(),
            retired: TokenAmount::ZERO,
            retired_by_others: 0,
            late: 0,
            founding: Work::default(),
            submission: Work::default(),
            trading: Work::default(),
            arrivals: None,
            signatures: None,
            now: 0,
            open: BTreeMap::new(),
            since_auction: Work::default(),
            closed: Vec::new(),
        }
    }

    /// Takes a transaction into account.
    ///
    /// # Errors
    /// [`Contradiction`] where it cannot have happened after the earlier ones.
    pub fn apply(&mut self, transaction: &Transaction) -> Result<(), Contradiction> {
        self.now = transaction.timestamp;
        let contradiction = |reason| Contradiction { signature: transaction.signature.clone(), reason };
        let mut events = Vec::new();
        for (index, executed) in transaction.instructions.iter().enumerate() {
            let first = events.len();
            if let Some(signatures) = &mut self.signatures {
                signatures.check(transaction, index, &self.replay);
            }
            let done = self.replay.execute(transaction.timestamp, executed, &mut events);
            let done = done.and_then(|()| events[first..].iter().try_for_each(|event| self.event(event)));
            done.map_err(|reason| contradiction(format!("instruction {}: {reason}", index.saturating_add(1))))?;
        }
        self.count(transaction, &events);
        Ok(())
    }

    /// Takes the intervals whose auctions have been held since the last time.
    pub fn take_closed(&mut self) -> Vec<ClosedInterval> {
        std::mem::take(&mut self.closed)
    }

    fn count(&mut self, transaction: &Transaction, events: &[AnyEvent]) {
        let has = |kind: fn(&AnyEvent) -> bool| events.iter().any(kind);
        if has(|event| matches!(event, AnyEvent::ReadingsAccepted(_))) {
            self.submission.add(transaction);
        } else if !events.is_empty() && !has(sets_up) {
            self.trading.add(transaction);
            self.since_auction.add(transaction);
        } else {
            self.founding.add(transaction);
        }
        for event in events {
            if let AnyEvent::ReadingsAccepted(accepted) = event
                && let Some((_, work)) = self.open.get_mut(&accepted.timestamp)
            {
                work.add(transaction);
            }
        }
    }

    fn event(&mut self, event: &AnyEvent) -> Result<(), String> {
        match event {
            AnyEvent::DepartmentInitialized(event) => self.deployment = Some(event.deployment),
            AnyEvent::ParticipantRegistered(event) => {
                expect("a participant's number", event.index, self.participants.len())?;
                let earlier = self.participants.iter().filter(|known| known.role == event.role).count();
                let name = participant_name(event.role, earlier);
                let &(wallet, role) = &(event.wallet, event.role);
                self.participants.push(ParticipantAudit { name, wallet, role, retired: 0, receipts: 0 });
            }
            AnyEvent::MeterRegistered(event) => {
                expect("a meter's number", event.index, self.meters.len())?;
                let &(id, owner, zone) = &(event.id, event.owner, event.zone);
                self.meters.push(MeterAudit { id, owner, zone, sums: Sums::default() });
            }
            AnyEvent::ReadingsAccepted(event) => self.readings(event)?,
            AnyEvent::EnergyRetired(event) => {
                let tokens = event.energy.tokens().and_then(|tokens| self.retired.checked_add(tokens));
                let sum = tokens.filter(|sum| *sum == event.retired);
                self.retired = sum.ok_or_else(|| {
                    let (before, energy, told) = (self.retired.0, event.energy.0, event.retired.0);
                    format!("tokens retired: {before} before and those of {energy} Wh, which is not {told}")
                })?;
                // Whoever was given tokens can retire them.
                match self.participants.iter_mut().find(|known| known.wallet == event.owner) {
                    Some(owner) => {
                        add(&format!("retirements of {}, Wh", owner.name), &mut owner.retired, event.energy.0)?;
                        owner.receipts = owner.receipts.saturating_add(1);
                    }
                    None => add("retirements of others, Wh", &mut self.retired_by_others, event.energy.0)?,
                }
            }
            AnyEvent::MarketCleared(event) => {
                let (auction, orders) = self.market.cleared(event)?;
                self.close(event.timestamp, auction, orders);
            }
            other => self.market.event(other, self.replay.trading.next_auction())?,
        }
        Ok(())
    }

    /// An interval's auction is over. Those before it will not be held any more.
    fn close(&mut self, timestamp: i64, auction: Auction, orders: Vec<SettledOrder>) {
        let later = self.open.split_off(&timestamp.saturating_add(1));
        let mut earlier = std::mem::replace(&mut self.open, later);
        let own = earlier.remove(&timestamp).unwrap_or_default();
        for (timestamp, (readings, submission)) in earlier {
            self.closed.push(ClosedInterval { timestamp, readings, submission, ..ClosedInterval::default() });
        }
        let ((readings, submission), trading) = (own, std::mem::take(&mut self.since_auction));
        self.closed.push(ClosedInterval { timestamp, readings, auction, orders, submission, trading });
        for interval in &mut self.closed {
            interval.readings.sort_by_key(|reading| reading.meter);
        }
    }

    fn readings(&mut self, event: &ReadingsAccepted) -> Result<(), String> {
        let interval = Interval::ending_at(event.timestamp).ok_or("readings of no interval")?;
        if let Some(arrivals) = &mut self.arrivals {
            let &ReadingsAccepted { timestamp, .. } = event;
            arrivals.extend(event.readings.iter().map(|&reading| Arrival { at: self.now, timestamp, reading }));
        }
        let late = self.replay.trading.is_late(interval_number(interval));
        for reading in &event.readings {
            let index = usize::try_from(reading.meter).unwrap_or(usize::MAX);
            let meter = self.meters.get_mut(index).ok_or("a reading of no registered meter")?;
            meter.sums.add(reading);
        }
        if late {
            self.late = self.late.saturating_add(event.readings.len() as u64);
        } else {
            self.open.entry(event.timestamp).or_default().0.extend(&event.readings);
        }
        Ok(())
    }

    /// Sums over all meters.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut all = Sums::default();
        self.meters.iter().for_each(|meter| all.join(&meter.sums));
        all
    }
}

fn expect(what: &str, found: u32, expected: usize) -> Result<(), String> {
    if usize::try_from(found) == Ok(expected) { Ok(()) } else { Err(format!("{what} is {found}, not {expected}")) }
}

/// Whether an event belongs to setting up a department.
fn sets_up(event: &AnyEvent) -> bool {
    matches!(
        event,
        AnyEvent::DepartmentInitialized(_)
            | AnyEvent::ParticipantRegistered(_)
            | AnyEvent::MeterRegistered(_)
            | AnyEvent::TokenInitialized(_)
            | AnyEvent::OracleInitialized(_)
            | AnyEvent::MarketInitialized(_)
            | AnyEvent::SeatClaimed(_)
    )
}

/// A participant's name, by how many of the role were registered before.
#[must_use]
pub fn participant_name(role: Role, earlier: usize) -> String {
    format!("{}_{:03}", role_name(role), earlier.saturating_add(1))
}

/// A role's name.
#[must_use]
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Faculty => "faculty",
        Role::Graduate => "graduate",
        Role::Undergraduate => "undergraduate",
        Role::Department => "department",
    }
}
