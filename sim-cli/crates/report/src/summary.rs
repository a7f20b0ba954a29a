//! `summary.json`: a run in numbers, all of them from the ledger's transactions and accounts. The same seed gives the same
//! bytes: nothing in it depends on the machine or the time.

use {
    crate::tampering::Tampering,
    campus_energy_department::audit::{Audit, Indicators, Sums, Work, supply_of},
    campus_energy_department::text::{Baht, rfc3339},
    campus_energy_sdk::{
        ledger::Snapshot,
        time::INTERVAL_SECONDS,
        trading::tariffs::Tariffs,
        units::{Price, TOKEN_UNITS_PER_WH},
    },
    campus_energy_simulation::configuration::Emissions,
    rust_decimal::Decimal,
    serde::Serialize,
};

/// Sums of meters, in Wh and token base units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Meter or zone.
    pub name: String,
    /// Where it measures; a zone's own name.
    pub zone: String,
    /// Energy generated.
    pub generated_wh: u64,
    /// Energy consumed.
    pub consumed_wh: u64,
    /// Generated minus consumed.
    pub net_wh: i64,
    /// Surplus of the intervals that had one.
    pub surplus_wh: u64,
    /// Tokens minted for it.
    pub minted_base_units: u64,
}

impl Totals {
    fn new(name: &str, zone: &str) -> Self {
        Self { name: name.into(), zone: zone.into(), ..Self::default() }
    }

    fn add(&mut self, sums: &Sums) {
        self.generated_wh += sums.generated;
        self.consumed_wh += sums.consumed;
        self.net_wh += sums.generated.cast_signed() - sums.consumed.cast_signed();
        self.surplus_wh += sums.surplus;
        self.minted_base_units += sums.surplus * TOKEN_UNITS_PER_WH;
    }
}

/// The interval with the most surplus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeakInterval {
    /// Beginning of the interval.
    pub interval_start_utc: String,
    /// End of the interval.
    pub interval_end_utc: String,
    /// Surplus of the interval.
    pub surplus_wh: u64,
}

/// The market. Baht in baht, prices in baht per kWh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct MarketSummary {
    /// Auctions held, the ones without orders included.
    pub auctions: u64,
    /// Auctions in which something was traded.
    pub auctions_with_trades: u64,
    pub bids: u64,
    pub asks: u64,
    /// Orders that traded, counted in each auction.
    pub fills: u64,
    pub wanted_wh: u64,
    pub offered_wh: u64,
    pub traded_wh: u64,
    pub price_min: Option<Baht>,
    /// Weighted by energy.
    pub price_mean: Option<Baht>,
    pub price_max: Option<Baht>,
    pub paid: Baht,
    pub earned: Baht,
    /// What fees and rounding left for the department.
    pub treasury: Baht,
    /// What buyers saved against the retail tariff.
    pub buyers_savings: Baht,
    /// What sellers gained over the feed-in tariff, fees paid.
    pub sellers_gains: Decimal,
    /// What trading brought to all.
    pub welfare: Baht,
}

/// What became of the array's energy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EnergySummary {
    /// Used on campus: behind the meter that has it, or traded.
    pub used_wh: u64,
    /// Share of the generation that was used on campus; none without generation.
    pub self_consumption: Option<Decimal>,
    /// The same without trading.
    pub self_consumption_behind_meters: Option<Decimal>,
    /// Share of the consumption that the array covered; none without consumption.
    pub self_sufficiency: Option<Decimal>,
    /// The same without trading.
    pub self_sufficiency_behind_meters: Option<Decimal>,
    /// CO2 equivalent that the grid did not emit for it, kg.
    pub co2_avoided_kg: Decimal,
    /// By which factor.
    pub emissions: Emissions,
}

/// What settling took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settlement {
    /// Setting the department up.
    pub founding: Work,
    /// Submitting readings.
    pub submission: Work,
    /// Trading and retiring.
    pub trading: Work,
}

/// The ledger at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LedgerSummary {
    /// Tokens ever minted.
    pub minted_base_units: u64,
    /// Tokens retired against consumption.
    pub retired_base_units: u64,
    /// Tokens that owners burned by themselves, without a receipt.
    pub burned_base_units: u64,
    /// Supply of the energy mint.
    pub supply_base_units: u64,
    /// Accounts of our programs and of SPL Token.
    pub accounts: usize,
    /// sha256 of their state.
    pub state_sha256: String,
}

/// A run in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Intervals.
    pub intervals: u64,
    /// Readings.
    pub readings: u64,
    /// All meters together.
    pub total: Totals,
    /// Each zone.
    pub zones: Vec<Totals>,
    /// Each meter.
    pub meters: Vec<Totals>,
    /// The interval with the most surplus, if any had one.
    pub peak: Option<PeakInterval>,
    /// The market.
    pub market: MarketSummary,
    /// What became of the array's energy.
    pub energy: EnergySummary,
    /// What settling took.
    pub settlement: Settlement,
    /// The ledger at the end.
    pub ledger: LedgerSummary,
    /// What became of meters that were tampered with on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tampering: Option<Tampering>,
}

impl Summary {
    /// The summary of a ledger.
    #[must_use]
    pub fn new(audit: &Audit, indicators: &Indicators, emissions: &Emissions, snapshot: &Snapshot) -> Self {
        let mut zones: Vec<Totals> = Vec::new();
        let (mut total, mut meters) = (Totals::new("all", "all"), Vec::new());
        for meter in &audit.meters {
            let name = meter.zone.name();
            if !zones.iter().any(|known| known.name == name) {
                zones.push(Totals::new(name, name));
            }
            let mut own = Totals::new(&meter.id.to_string(), name);
            let of_zone = zones.iter_mut().filter(|zone| zone.name == name);
            of_zone.chain([&mut total, &mut own]).for_each(|totals| totals.add(&meter.sums));
            meters.push(own);
        }
        let peak = |(end, surplus_wh)| {
            let [interval_start_utc, interval_end_utc] = [end - INTERVAL_SECONDS, end].map(rfc3339);
            PeakInterval { interval_start_utc, interval_end_utc, surplus_wh }
        };
        let minted_base_units = total.minted_base_units;
        let supply_base_units = supply_of(snapshot, audit.replay.addresses()).unwrap_or_default();
        Self {
            intervals: indicators.intervals,
            readings: audit.sums().readings,
            total,
            zones,
            meters,
            peak: indicators.peak.map(peak),
            market: market(audit, indicators),
            energy: energy(indicators, emissions),
            settlement: Settlement { founding: audit.founding, submission: audit.submission, trading: audit.trading },
            ledger: LedgerSummary {
                minted_base_units,
                retired_base_units: audit.retired.0,
                burned_base_units: minted_base_units.saturating_sub(audit.retired.0).saturating_sub(supply_base_units),
                supply_base_units,
                accounts: snapshot.accounts.len(),
                state_sha256: hex::encode(snapshot.hash().to_bytes()),
            },
            tampering: None,
        }
    }
}

fn market(audit: &Audit, indicators: &Indicators) -> MarketSummary {
    let tariffs = audit.market.tariffs.unwrap_or(Tariffs { feed_in: Price(0), retail: Price(0) });
    let price = |price: Option<Price>| price.map(|price| Baht(price.0));
    let [bids, asks] = audit.market.placed;
    MarketSummary {
        auctions: audit.market.auctions,
        auctions_with_trades: indicators.trades,
        bids,
        asks,
        fills: indicators.fills,
        wanted_wh: indicators.wanted,
        offered_wh: indicators.offered,
        traded_wh: indicators.traded,
        price_min: price(indicators.lowest),
        price_mean: price(indicators.mean_price()),
        price_max: price(indicators.highest),
        paid: Baht(indicators.paid),
        earned: Baht(indicators.earned),
        treasury: Baht(audit.market.treasury),
        buyers_savings: Baht(indicators.savings(&tariffs)),
        sellers_gains: Decimal::new(indicators.gains(&tariffs), 6),
        welfare: Baht(indicators.welfare(&tariffs)),
    }
}

fn energy(indicators: &Indicators, emissions: &Emissions) -> EnergySummary {
    let share = |parts: Option<u64>| parts.map(|parts| Decimal::new(parts.cast_signed(), 4));
    EnergySummary {
        used_wh: indicators.used(),
        self_consumption: share(indicators.self_consumption(true)),
        self_consumption_behind_meters: share(indicators.self_consumption(false)),
        self_sufficiency: share(indicators.self_sufficiency(true)),
        self_sufficiency_behind_meters: share(indicators.self_sufficiency(false)),
        co2_avoided_kg: indicators.co2_avoided(emissions.factor_kg_per_kwh),
        emissions: emissions.clone(),
    }
}
