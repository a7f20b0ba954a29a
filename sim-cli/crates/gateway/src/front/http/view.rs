//! The gateway's views of the department: totals by zone and meter, the market, the day's curve.

use {
    super::{body::kilowatt_hours, schema},
    crate::{
        Health, Site,
        journal::{Entry, Journal, State},
        rejection::{Code, Rejection},
        watch::Alert,
    },
    campus_energy_department::market_sheet::MarketSheet,
    campus_energy_sdk::{
        account::AccountData,
        identity::MeterId,
        ledger::Ledger,
        registry::state::{Meter, MeterStatus, Zone},
    },
    serde::Serialize,
    serde_json::Number,
    solana_program::{program_pack::Pack, pubkey::Pubkey},
    spl_token_interface::state::Mint,
    std::collections::BTreeMap,
    utoipa::ToSchema,
};

/// Intervals of a curve, at most: two days.
const CURVE: i64 = 192;

/// Reads views of a department.
#[derive(Clone)]
pub(super) struct View {
    /// The department.
    pub(super) site: Site,
}

/// Registers: kWh since the founding, and tokens (base units, 9 decimals) minted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Registers {
    #[schema(value_type = f64)]
    energy_generated: Number,
    #[schema(value_type = f64)]
    energy_consumed: Number,
    energy_tokens_minted: String,
    readings: u64,
}

/// A zone's totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ZoneTotals {
    zone: String,
    meters: usize,
    #[serde(flatten)]
    registers: Registers,
}

/// A meter's totals, and its newest reading.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MeterTotals {
    meter_id: String,
    zone: String,
    /// `active`, `suspended`, `retired`, or `unregistered`.
    status: &'static str,
    spl_token_account: String,
    #[serde(flatten)]
    registers: Registers,
    last_reading: Option<ReadingState>,
}

/// What has become of a reading. kWh of the interval that ends at `timestamp`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ReadingState {
    meter_id: String,
    timestamp: i64,
    #[schema(value_type = f64)]
    energy_generated: Number,
    #[schema(value_type = f64)]
    energy_consumed: Number,
    #[schema(value_type = schema::State)]
    state: State,
    solana_transaction_id: Option<String>,
    /// Why it was rejected, or why it waits.
    reason: Option<String>,
}

impl From<&Entry> for ReadingState {
    fn from(entry: &Entry) -> Self {
        let submission = &entry.submission;
        Self {
            meter_id: submission.meter.to_string(),
            timestamp: submission.interval.end(),
            energy_generated: kilowatt_hours(submission.generated.into()),
            energy_consumed: kilowatt_hours(submission.consumed.into()),
            state: entry.state,
            solana_transaction_id: entry.transaction.clone(),
            reason: entry.reason.clone(),
        }
    }
}

/// The summary of the department.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Summary {
    /// Prefix of its meters' ids.
    department: String,
    /// Deployment that its meters sign for: 8 bytes, in hexadecimal.
    deployment_id: String,
    time_zone: String,
    /// The gateway's time, Unix seconds.
    time: i64,
    /// End of the newest interval of which there is a reading.
    last_interval: Option<i64>,
    totals: Registers,
    zones: Vec<ZoneTotals>,
    meters: Vec<MeterTotals>,
    energy_token_mint: String,
    /// Base units in circulation.
    energy_token_supply: String,
    /// How many readings are in each state.
    readings: BTreeMap<&'static str, i64>,
    /// The health of journal and ledger; null means that it works.
    #[schema(value_type = schema::Health)]
    health: Health,
    /// Alerts that are not over.
    #[schema(value_type = Vec<schema::Alert>)]
    alerts: Vec<Alert>,
}

/// What a summary takes from elsewhere than the journal and the ledger.
pub(super) struct Now {
    /// Unix seconds.
    pub time: i64,
    /// How journal and ledger are.
    pub health: Health,
    /// Alerts that are not over.
    pub alerts: Vec<Alert>,
}

/// An interval of a day's curve, kWh.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CurvePoint {
    /// End of the interval, Unix seconds.
    timestamp: i64,
    readings: usize,
    #[schema(value_type = f64)]
    energy_generated: Number,
    #[schema(value_type = f64)]
    energy_consumed: Number,
    /// Consumption by zone.
    #[schema(value_type = BTreeMap<String, f64>)]
    consumed_by_zone: BTreeMap<String, Number>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    generated: u64,
    consumed: u64,
    minted: u64,
    readings: u64,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.generated += other.generated;
        self.consumed += other.consumed;
        self.minted += other.minted;
        self.readings += other.readings;
    }

    fn registers(&self) -> Registers {
        Registers {
            energy_generated: kilowatt_hours(self.generated.cast_signed()),
            energy_consumed: kilowatt_hours(self.consumed.cast_signed()),
            energy_tokens_minted: self.minted.to_string(),
            readings: self.readings,
        }
    }
}

impl View {
    /// Views of a site.
    pub(super) fn new(site: Site) -> Self {
        Self { site }
    }

    /// The summary.
    ///
    /// # Errors
    /// [`Code::LedgerUnavailable`], [`Code::JournalUnavailable`].
    pub(super) fn summary(&self, journal: &Journal, ledger: &dyn Ledger, now: Now) -> Result<Summary, Rejection> {
        let addresses = &self.site.department.addresses;
        let (mut total, mut zones) = (Sum::default(), Vec::<(Zone, usize, Sum)>::new());
        let mut meters = Vec::new();
        let accounts: Vec<Pubkey> = self.site.department.meters.iter().map(|meter| meter.accounts.meter).collect();
        let accounts = ledger.accounts(&accounts)?;
        for ((meter, zone), account) in self.site.department.meters.iter().zip(self.site.zones.iter()).zip(accounts) {
            let state = account.and_then(|account| Meter::decode(&account.data).ok());
            let sum = state.as_ref().map_or_else(Sum::default, |state| Sum {
                generated: state.generated.0,
                consumed: state.consumed.0,
                minted: state.minted.0,
                readings: state.readings,
            });
            total.add(&sum);
            match zones.iter_mut().find(|(known, ..)| known == zone) {
                Some((_, count, of_zone)) => {
                    *count += 1;
                    of_zone.add(&sum);
                }
                None => zones.push((*zone, 1, sum)),
            }
            meters.push(MeterTotals {
                meter_id: meter.id.to_string(),
                zone: zone.to_string(),
                status: status_name(state.as_ref()),
                spl_token_account: meter.accounts.token_account.to_string(),
                registers: sum.registers(),
                last_reading: journal.last(&meter.id)?.as_ref().map(ReadingState::from),
            });
        }
        let named = |(zone, meters, sum): (Zone, usize, Sum)| ZoneTotals {
            zone: zone.to_string(),
            meters,
            registers: sum.registers(),
        };
        Ok(Summary {
            department: addresses.prefix.to_string(),
            deployment_id: hex::encode(self.site.department.deployment),
            time_zone: self.site.time_zone.to_string(),
            time: now.time,
            last_interval: journal.newest()?,
            totals: total.registers(),
            zones: zones.into_iter().map(named).collect(),
            meters,
            energy_token_mint: addresses.energy_mint.to_string(),
            energy_token_supply: supply(ledger, &addresses.energy_mint)?.to_string(),
            readings: journal.counts()?.into_iter().map(|(state, count)| (state.name(), count)).collect(),
            health: now.health,
            alerts: now.alerts,
        })
    }

    /// Base units of the energy token in circulation.
    ///
    /// # Errors
    /// [`Code::LedgerUnavailable`], [`Code::JournalUnavailable`].
    pub(super) fn supply(&self, ledger: &dyn Ledger) -> Result<u64, Rejection> {
        supply(ledger, &self.site.department.addresses.energy_mint)
    }

    /// The market's terms, open orders and auctions of the last day.
    ///
    /// # Errors
    /// [`Code::LedgerUnavailable`], [`Code::JournalUnavailable`].
    pub(super) fn market(&self, ledger: &dyn Ledger) -> Result<MarketSheet, Rejection> {
        let data = |address: &Pubkey| ledger.account(address).ok().flatten().map(|account| account.data);
        let sheet = MarketSheet::read(&self.site.department.addresses, data, true);
        sheet.map_err(|error| Rejection::new(Code::LedgerUnavailable, error))
    }

    /// The intervals that end after one time and until another, at most two days of them.
    ///
    /// # Errors
    /// [`Code::LedgerUnavailable`], [`Code::JournalUnavailable`].
    pub(super) fn curve(&self, journal: &Journal, from: i64, until: i64) -> Result<Vec<CurvePoint>, Rejection> {
        let from = from.max(until.saturating_sub(CURVE * 900)).saturating_add(1);
        let zone_of = |id: &MeterId| {
            let index = self.site.department.meters.iter().position(|meter| meter.id == *id);
            index.and_then(|index| self.site.zones.get(index)).map_or("other", |zone| zone.name())
        };
        let mut points: BTreeMap<i64, (usize, u64, BTreeMap<&str, u64>)> = BTreeMap::new();
        for entry in journal.between(from, until)? {
            if entry.state == State::Rejected {
                continue;
            }
            let (readings, generated, zones) = points.entry(entry.submission.interval.end()).or_default();
            *readings += 1;
            *generated += u64::from(entry.submission.generated);
            *zones.entry(zone_of(&entry.submission.meter)).or_default() += u64::from(entry.submission.consumed);
        }
        let number = |energy: u64| kilowatt_hours(energy.cast_signed());
        let point = |(timestamp, (readings, generated, zones)): (i64, (usize, u64, BTreeMap<&str, u64>))| {
            let consumed = zones.values().sum();
            let consumed_by_zone = zones.into_iter().map(|(zone, energy)| (zone.into(), number(energy))).collect();
            let (energy_generated, energy_consumed) = (number(generated), number(consumed));
            CurvePoint { timestamp, readings, energy_generated, energy_consumed, consumed_by_zone }
        };
        Ok(points.into_iter().map(point).collect())
    }
}

fn supply(ledger: &dyn Ledger, mint: &Pubkey) -> Result<u64, Rejection> {
    let account = ledger.account(mint)?;
    Ok(account.and_then(|account| Mint::unpack(&account.data).ok()).map_or(0, |mint| mint.supply))
}

fn status_name(meter: Option<&Meter>) -> &'static str {
    match meter.map(|meter| meter.status) {
        Some(MeterStatus::Active) => "active",
        Some(MeterStatus::Suspended) => "suspended",
        Some(MeterStatus::Retired) => "retired",
        None => "unregistered",
    }
}
