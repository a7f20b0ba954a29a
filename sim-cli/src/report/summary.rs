//! `summary.json` and `manifest.json`: a run in numbers, and what it was a run of. Same seed, same bytes: nothing in
//! them depends on the machine or the hour.

use {
    super::{rfc3339, zone_name},
    crate::{
        settlement::Settled,
        simulation::{IntervalReadings, MeterProfile},
    },
    campus_energy_sdk::units::{Energy, TOKEN_UNITS_PER_WH},
    serde::Serialize,
    std::fmt,
};

/// Money base units (10^-6 baht) shown as baht.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Sums of meters, in Wh and token base units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Meter or zone.
    pub name: String,
    /// Where it measures; a zone's own name.
    pub zone: &'static str,
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

/// A zone's sums.
pub type ZoneTotals = Totals;

impl Totals {
    fn add(&mut self, generated: u64, consumed: u64, surplus: u64) {
        self.generated_wh += generated;
        self.consumed_wh += consumed;
        self.net_wh += i64::try_from(generated).unwrap_or(i64::MAX) - i64::try_from(consumed).unwrap_or(i64::MAX);
        self.surplus_wh += surplus;
        self.minted_base_units += surplus * TOKEN_UNITS_PER_WH;
    }
}

/// The interval with the most surplus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeakInterval {
    /// Its beginning.
    pub interval_start_utc: String,
    /// Its end.
    pub interval_end_utc: String,
    /// Its surplus.
    pub surplus_wh: u64,
}

/// What settling took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settlement {
    /// Transactions.
    pub transactions: u64,
    /// Compute units.
    pub compute_units: u64,
    /// Supply of the energy mint, read from the ledger at the end.
    pub supply_base_units: u64,
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
    pub zones: Vec<ZoneTotals>,
    /// Each meter.
    pub meters: Vec<Totals>,
    /// The interval with the most surplus, if any had one.
    pub peak: Option<PeakInterval>,
    /// What settling took.
    pub settlement: Settlement,
}

impl Summary {
    /// An empty summary of these meters.
    #[must_use]
    pub fn new(meters: &[MeterProfile]) -> Self {
        let mut zones: Vec<ZoneTotals> = Vec::new();
        for zone in meters.iter().map(|meter| zone_name(meter.zone)) {
            if !zones.iter().any(|known| known.name == zone) {
                zones.push(Totals { name: zone.into(), zone, ..Totals::default() });
            }
        }
        let of = |meter: &MeterProfile| Totals {
            name: meter.id.to_string(),
            zone: zone_name(meter.zone),
            ..Totals::default()
        };
        Self {
            total: Totals { name: "all".into(), zone: "all", ..Totals::default() },
            zones,
            meters: meters.iter().map(of).collect(),
            ..Self::default()
        }
    }

    /// Adds an interval.
    pub fn add(&mut self, interval: &IntervalReadings, settled: Settled) {
        let mut total = 0;
        for (meter, reading) in self.meters.iter_mut().zip(&interval.readings) {
            let (generated, consumed) = (u64::from(reading.generated), u64::from(reading.consumed));
            let surplus = Energy(generated).surplus_over(Energy(consumed)).0;
            total += surplus;
            meter.add(generated, consumed, surplus);
            self.total.add(generated, consumed, surplus);
            for zone in self.zones.iter_mut().filter(|zone| zone.name == meter.zone) {
                zone.add(generated, consumed, surplus);
            }
        }
        if total > self.peak.as_ref().map_or(0, |peak| peak.surplus_wh) {
            let [start, end] = [interval.interval.start(), interval.interval.end()].map(rfc3339);
            self.peak = Some(PeakInterval { interval_start_utc: start, interval_end_utc: end, surplus_wh: total });
        }
        self.intervals += 1;
        self.readings += interval.readings.len() as u64;
        self.settlement.transactions += settled.transactions;
        self.settlement.compute_units += settled.compute_units;
    }
}

/// What a run was a run of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Manifest {
    pub software: &'static str,
    pub version: &'static str,
    pub mode: &'static str,
    pub seed: u64,
    pub configuration_sha256: String,
    pub time_zone: String,
    pub first_day: String,
    pub days: u32,
    pub meters: usize,
    pub apportioning: String,
    pub signing: String,
    pub interval_seconds: i64,
    pub interval_convention: &'static str,
    pub units: Units,
}

/// Units of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Units {
    pub energy: &'static str,
    pub tokens: &'static str,
    pub price: &'static str,
    pub time: &'static str,
}

impl Default for Units {
    fn default() -> Self {
        Self { energy: "Wh", tokens: "base units, 1 Wh = 1000000", price: "baht per kWh", time: "RFC 3339, UTC" }
    }
}
