//! A day of a department on a real validator: what its meters measure, who trades, and what must be true after.

use {
    super::validator::{BUDGET, data},
    campus_energy_department::{
        Department, Founding,
        agents::{Agents, Bidding, Setting, StrategyName},
        audit::check_ledger,
        open_intervals,
    },
    campus_energy_sdk::{
        account::AccountData, deployment::Addresses, ledger::Ledger, oracle::state::GREATEST_MAX_AGE,
        registry::state::Meter,
    },
    campus_energy_simulation::{Configuration, IntervalReadings, Mode, Simulation},
};

/// The intervals that a ledger takes at a time, as a configuration's meters measure them.
///
/// # Panics
/// Never with a time of this century.
#[must_use]
pub fn measured(configuration: &Configuration, now: i64) -> Vec<IntervalReadings> {
    let span = open_intervals(now, GREATEST_MAX_AGE);
    let zone = configuration.engineering_department.site.timezone;
    let date = |end: i64| {
        let before = chrono::DateTime::from_timestamp(end - 1, 0).expect("a time");
        before.with_timezone(&zone).date_naive()
    };
    let first = date(*span.start());
    let days = (date(*span.end()) - first).num_days() + 1;
    let mut simulation = Simulation::new(configuration, 42, Mode::Physical);
    let all = simulation.intervals(first, u32::try_from(days).expect("days"));
    all.filter(|interval| span.contains(&interval.interval.end())).collect()
}

/// The configuration's people, who always bid.
#[must_use]
pub fn agents(configuration: &Configuration, plan: &Founding) -> Agents {
    let market = &configuration.engineering_department.market;
    let setting = Setting {
        strategy: StrategyName::default(),
        bidding: Bidding::Always,
        tariffs: market.tariffs(),
        minimum_lot: market.minimum_lot_wh,
        budget: BUDGET,
        seed: 42,
    };
    sim_cli::plan::agents(configuration, plan, &setting)
}

/// The department's accounts agree with each other.
///
/// # Panics
/// Where they do not.
pub fn assert_invariants(ledger: &dyn Ledger, addresses: &Addresses) {
    for finding in check_ledger(ledger, addresses).expect("accounts") {
        println!("{}", finding.unwrap_or_else(|differs| panic!("{differs}")));
    }
}

/// Every meter's registers are the sums of these intervals, each once.
///
/// # Panics
/// Where they are not.
pub fn assert_registers(ledger: &dyn Ledger, department: &Department, intervals: &[IntervalReadings]) {
    for (index, meter) in department.meters.iter().enumerate() {
        let state = Meter::decode(&data(ledger, &meter.accounts.meter)).expect("a meter");
        let sum = |of: fn(u32, u32) -> u32| -> u64 {
            let own = intervals.iter().map(|interval| interval.readings[index]);
            own.map(|reading| u64::from(of(reading.generated, reading.consumed))).sum()
        };
        let expected =
            [sum(|generated, _| generated), sum(|_, consumed| consumed), sum(u32::saturating_sub) * 1_000_000];
        assert_eq!([state.generated.0, state.consumed.0, state.minted.0], expected, "{}", meter.id);
        assert_eq!(state.readings, intervals.len() as u64, "{}", meter.id);
    }
}
