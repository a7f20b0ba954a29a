//! The gateway's counters and gauges, for Prometheus.

use {
    super::{Handle, ingest::Taken, journal::State, rejection::Rejection},
    prometheus_client::{
        encoding::{EncodeLabelSet, text::encode},
        metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
        registry::{Registry, Unit},
    },
    std::{sync::atomic::AtomicU64, time::Duration},
};

/// Upper limits of the latency histogram's buckets, seconds.
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabel {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMeter {
    meter: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Part {
    part: &'static str,
}

/// Counters of one gateway.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabel, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    readings: Family<OutcomeLabel, Counter>,
    journal: Family<OutcomeLabel, Gauge>,
    newest: Family<OfMeter, Gauge>,
    up: Family<Part, Gauge>,
    queued: Gauge,
    waiting: Gauge,
    pending: Gauge,
    unproven: Gauge,
    conflicts: Gauge,
    supply: Gauge<f64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("campus_energy"),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            readings: Family::default(),
            journal: Family::default(),
            newest: Family::default(),
            up: Family::default(),
            queued: Gauge::default(),
            waiting: Gauge::default(),
            pending: Gauge::default(),
            unproven: Gauge::default(),
            conflicts: Gauge::default(),
            supply: Gauge::default(),
        };
        let Self {
            registry,
            requests,
            durations,
            readings,
            journal,
            newest,
            up,
            queued,
            waiting,
            pending,
            unproven,
            conflicts,
            supply,
        } = &mut metrics;
        registry.register("http_requests", "Answered requests", requests.clone());
        registry.register_with_unit("http_request_duration", "Until the answer", Unit::Seconds, durations.clone());
        registry.register("readings_taken", "Readings that came, by what was answered", readings.clone());
        registry.register("readings", "Readings in the journal, by state", journal.clone());
        registry.register("meter_newest_timestamp", "Unix seconds of the newest reading", newest.clone());
        registry.register("up", "1 where the journal or the ledger works", up.clone());
        registry.register("queued", "Requests that wait for the engine", queued.clone());
        registry.register("waiting", "Readings that no transaction carries yet", waiting.clone());
        registry.register("pending", "Transactions whose outcome is not known yet", pending.clone());
        registry.register("unproven", "Readings whose interval the ledger has, with unknown values", unproven.clone());
        registry.register("conflicts", "Intervals of a week with other values on the ledger", conflicts.clone());
        registry.register("energy_tokens", "Energy tokens in circulation, kWh", supply.clone());
        metrics
    }
}

/// What a scrape shows besides the counters.
pub struct Levels {
    /// Readings by state.
    pub counts: Vec<(State, i64)>,
    /// The newest reading of each meter that has one, Unix seconds.
    pub newest: Vec<(String, i64)>,
    /// Energy tokens in circulation, base units.
    pub supply: u64,
}

impl Metrics {
    pub(super) fn taken(&self, taken: &Result<Taken, Rejection>) {
        let outcome = match taken {
            Ok(_) => "taken",
            Err(rejection) => rejection.code.name(),
        };
        self.readings.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn answered(&self, route: &str, status: u16, duration: Duration) {
        self.requests.get_or_create(&RequestLabel { route: route.into(), status }).inc();
        self.durations.get_or_create(&Route { route: route.into() }).observe(duration.as_secs_f64());
    }

    /// Everything, as Prometheus reads it.
    pub fn render(&self, engine: &Handle, levels: &Levels) -> String {
        let health = engine.health();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.queued.set(number(engine.queued()));
        self.waiting.set(number(health.waiting));
        self.pending.set(number(health.pending));
        self.unproven.set(number(health.unproven));
        self.conflicts.set(health.conflicts.values().map(|conflict| conflict.intervals).sum());
        for (part, trouble) in [("journal", &health.journal), ("ledger", &health.ledger), ("clock", &health.clock)] {
            self.up.get_or_create(&Part { part }).set(i64::from(trouble.is_none()));
        }
        for (state, count) in &levels.counts {
            self.journal.get_or_create(&OutcomeLabel { outcome: state.name() }).set(*count);
        }
        for (meter, newest) in &levels.newest {
            self.newest.get_or_create(&OfMeter { meter: meter.clone() }).set(*newest);
        }
        self.supply.set(levels.supply as f64 / 1e9);
        let mut text = String::new();
        // A String takes everything.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
