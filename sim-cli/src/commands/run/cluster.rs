//! `sim-cli run --url`: the last day's readings are settled on a cluster, as far as it lacks them, and its open auction is traded; with
//! `--auctions` each one that follows. The clock is the cluster's.

use {
    super::{OutputFormat, Run, session::Days},
    crate::commands::{Failure, UsageError, print_json},
    crate::meters::plain_intervals,
    campus_energy_department::{
        CaughtUp, Closed, Comparison, DayEnd, Department, DepartmentLimits, MarketDay, MarketWallets, Sending, Traded,
        Wallets,
        audit::{Finding, check_ledger},
        catch_up, compare, open_intervals, unsettled_meters,
    },
    campus_energy_gateway::BUDGET,
    campus_energy_report as report,
    campus_energy_sdk::{
        ledger::{Cluster, Ledger, LedgerError, cluster::Statistics},
        time::INTERVAL_SECONDS,
    },
    campus_energy_simulation::{Configuration, IntervalReadings, Simulation, quantile},
    chrono::{DateTime, NaiveDate},
    chrono_tz::Tz,
    serde::Serialize,
    solana_program::pubkey::Pubkey,
    std::{
        collections::BTreeMap,
        time::{Duration, Instant},
    },
};

/// Seconds after the end of an interval at which its readings are settled.
const DELAY: i64 = 2;
/// How often the cluster's clock is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Readings of which the ledger has other values that are shown.
const SHOWN: usize = 5;

/// What came of it.
#[derive(Debug, Serialize)]
struct Totals {
    first_interval: i64,
    last_interval: i64,
    readings: u64,
    /// On the ledger before with the values that are measured here, with others, and with values that the ledger does not remember.
    already_settled: u64,
    settled_otherwise: u64,
    settled_unknown: u64,
    settled: u64,
    transactions: u64,
    refused: u64,
    sent_again: u64,
    seconds: f64,
    transactions_per_second: f64,
    readings_per_second: f64,
    confirmation_median_ms: f64,
    confirmation_p99_ms: f64,
    confirmation_largest_ms: f64,
    compute_units: u64,
    lamports: u64,
    orders_placed: u64,
    orders_refused: u64,
    days_ended: u64,
    seats_settled: u64,
    seats_refused: u64,
    findings: Vec<String>,
}

/// What came of trading.
#[derive(Default)]
struct Trading {
    orders: Traded,
    days: u64,
    /// Seats whose day was settled, and those where that was refused.
    settled: u64,
    refused: u64,
}

impl Trading {
    fn add(&mut self, closed: &Closed, traded: Traded) {
        self.orders.placed += traded.placed;
        self.orders.refused += traded.refused;
        if let Some(DayEnd { settled, refused, .. }) = closed.day {
            self.days += 1;
            self.settled += settled;
            self.refused += refused;
        }
        if let Some(refusal) = &closed.refusal {
            eprintln!("the auction that has closed was not cleared: {refusal}");
        }
    }
}

/// Measured intervals by the end, as they are asked for.
struct Measured<'a> {
    days: Days,
    zone: Tz,
    known: BTreeMap<i64, IntervalReadings>,
    next: Option<NaiveDate>,
    run: &'a Run,
}

impl Measured<'_> {
    /// The intervals that end in a span; spans must not go back.
    fn between(&mut self, first: i64, last: i64) -> Vec<IntervalReadings> {
        // Midnight is the end of the day before.
        let date = |end: i64| {
            let before = DateTime::from_timestamp(end - 1, 0).unwrap_or_default();
            before.with_timezone(&self.zone).date_naive()
        };
        let (from, until) = (date(first), date(last));
        let mut next = self.next.unwrap_or(from);
        while next <= until {
            let day = self.days.day(next);
            self.known.extend(day.into_iter().map(|interval| (interval.interval.end(), interval)));
            next = next.succ_opt().unwrap_or(NaiveDate::MAX);
        }
        self.next = Some(next);
        self.known = self.known.split_off(&first);
        self.known.range(..=last).map(|(_, interval)| interval.clone()).collect()
    }
}

impl Run {
    pub(super) fn on_cluster(&self, configuration: &Configuration) -> Result<(), Failure> {
        let (file, seed) = (self.options.config.as_deref(), self.options.seed);
        let mut site = self.elsewhere.cluster.join(configuration, file, seed, None)?;
        let wallets = site.wallets()?;
        let simulation = Simulation::new(configuration, seed, self.simulation_mode());
        let mut market = self.market_day(configuration, &site.founding, BUDGET, Sending::Together);
        let mut measured = Measured {
            days: self.days(configuration, simulation),
            zone: configuration.engineering_department.site.timezone,
            known: BTreeMap::new(),
            next: None,
            run: self,
        };
        let totals = measured.live(&mut site.cluster, (&site.department, &wallets), &mut market)?;
        let findings = check_ledger(&site.cluster, &site.department.addresses)?;
        self.show(totals, findings)
    }

    fn show(&self, mut totals: Totals, findings: Vec<Finding>) -> Result<(), Failure> {
        if self.output == OutputFormat::Display {
            totals.print();
            for finding in &findings {
                match finding {
                    Ok(agrees) => println!("ok      {agrees}"),
                    Err(differs) => println!("FAILED  {differs}"),
                }
            }
        }
        let wrong = findings.iter().filter(|finding| finding.is_err()).count();
        let checks = findings.len();
        totals.findings = findings.into_iter().map(|finding| finding.unwrap_or_else(|differs| differs)).collect();
        if self.output == OutputFormat::Json {
            print_json(&totals);
        }
        match (wrong, totals.refused, totals.settled_otherwise) {
            (0, 0, 0) => Ok(()),
            (0, 0, otherwise) => Err(Failure::Partial(format!("the ledger has other values for {otherwise} readings"))),
            (0, refused, _) => Err(Failure::Partial(format!("{refused} transactions were refused"))),
            (wrong, ..) => Err(Failure::Disagreement(format!("{wrong} of {checks} checks failed"))),
        }
    }
}

impl Measured<'_> {
    fn live(
        &mut self,
        cluster: &mut Cluster,
        (department, wallets): (&Department, &Wallets),
        market: &mut MarketDay,
    ) -> Result<Totals, Failure> {
        let traders = MarketWallets::of(wallets);
        let payer = department.submitter;
        let before = lamports(cluster, &payer)?;
        let now = cluster.time()?;
        let limits = DepartmentLimits::read(cluster, &department.addresses, now).map_err(UsageError::Limits)?.limits;
        let span = open_intervals(now, limits.max_age);
        let intervals = self.between(*span.start(), *span.end());
        let mut already = compare(cluster, department, &plain_intervals(&intervals))?;
        for reason in unsettled_meters(cluster, department, wallets, self.run.signing())? {
            eprintln!("note: {reason}");
        }
        let started = Instant::now();
        let mut done = self.settle(cluster, (department, wallets), &intervals)?;
        let (seconds, statistics) = (started.elapsed().as_secs_f64(), cluster.statistics());
        let mut trading = Trading::default();
        let mut newest = intervals.last().cloned();
        for number in 0..=self.run.elsewhere.auctions {
            if number > 0 {
                let end = newest.as_ref().map_or(*span.end(), |interval| interval.interval.end()) + INTERVAL_SECONDS;
                while cluster.time()? < end + DELAY {
                    std::thread::sleep(LOOK);
                }
                let intervals = self.between(end, end);
                already.add(compare(cluster, department, &plain_intervals(&intervals))?);
                let more = self.settle(cluster, (department, wallets), &intervals)?;
                done.add(&more);
                newest = intervals.last().cloned();
            }
            let Some(interval) = &newest else { break };
            let (closed, traded) =
                market.interval(cluster, department, &traders, interval.interval, &interval.readings)?;
            trading.add(&closed, traded);
        }
        let fees = before.saturating_sub(lamports(cluster, &payer)?);
        for differing in already.differing.iter().take(SHOWN) {
            eprintln!("the ledger has other values for {differing}");
        }
        let mut totals = Totals::new([*span.start(), *span.end()], &done, trading, seconds, &statistics, fees);
        totals.settled_before(&already);
        Ok(totals)
    }

    fn settle(
        &self,
        cluster: &mut Cluster,
        (department, wallets): (&Department, &Wallets),
        intervals: &[IntervalReadings],
    ) -> Result<CaughtUp, Failure> {
        let progress = self.run.progress_of(intervals.len() as u64 * 3, "transactions");
        let (done, refusal) =
            catch_up(cluster, department, wallets, &plain_intervals(intervals), self.run.signing(), |count| {
                progress.inc(count)
            })?;
        progress.finish_and_clear();
        if let Some(refusal) = refusal {
            eprintln!("{} transactions were refused, the first: {refusal}", done.refused);
        }
        Ok(done)
    }
}

impl Totals {
    fn new(
        [first_interval, last_interval]: [i64; 2],
        done: &CaughtUp,
        trading: Trading,
        seconds: f64,
        statistics: &Statistics,
        lamports: u64,
    ) -> Self {
        let mut times: Vec<f64> =
            statistics.confirmations.iter().map(|duration| duration.as_secs_f64() * 1_000.0).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| quantile(&times, share).round();
        let rate = |count: u64| ((count as f64 / seconds.max(0.001)) * 10.0).round() / 10.0;
        Self {
            first_interval,
            last_interval,
            readings: done.readings,
            already_settled: 0,
            settled_otherwise: 0,
            settled_unknown: 0,
            settled: done.missing,
            transactions: done.transactions,
            refused: done.refused,
            sent_again: statistics.resent,
            seconds: (seconds * 100.0).round() / 100.0,
            transactions_per_second: rate(done.transactions),
            readings_per_second: rate(done.missing),
            confirmation_median_ms: at(0.5),
            confirmation_p99_ms: at(0.99),
            confirmation_largest_ms: at(1.0),
            compute_units: done.compute_units,
            lamports,
            orders_placed: trading.orders.placed,
            orders_refused: trading.orders.refused,
            days_ended: trading.days,
            seats_settled: trading.settled,
            seats_refused: trading.refused,
            findings: Vec::new(),
        }
    }

    fn settled_before(&mut self, comparison: &Comparison) {
        self.already_settled = comparison.same;
        self.settled_otherwise = comparison.differing.len() as u64;
        self.settled_unknown = comparison.unknown;
    }

    fn print(&self) {
        let time = |end: i64| DateTime::from_timestamp(end, 0).unwrap_or_default().format("%F %R UTC").to_string();
        let rows = [
            ["intervals that ended".into(), format!("{} to {}", time(self.first_interval), time(self.last_interval))],
            ["readings".into(), self.readings.to_string()],
            ["on the ledger before".into(), self.already_settled.to_string()],
            ["on the ledger before with other values".into(), self.settled_otherwise.to_string()],
            ["on the ledger before, values not known".into(), self.settled_unknown.to_string()],
            ["settled now".into(), self.settled.to_string()],
            ["transactions".into(), self.transactions.to_string()],
            ["refused, sent again".into(), format!("{}, {}", self.refused, self.sent_again)],
            ["seconds".into(), format!("{:.2}", self.seconds)],
            [
                "transactions, readings a second".into(),
                format!("{:.1}, {:.1}", self.transactions_per_second, self.readings_per_second),
            ],
            [
                "until confirmed, ms".into(),
                format!(
                    "median {:.0}, p99 {:.0}, largest {:.0}",
                    self.confirmation_median_ms, self.confirmation_p99_ms, self.confirmation_largest_ms
                ),
            ],
            ["compute units".into(), self.compute_units.to_string()],
            ["paid by the submitter, lamports".into(), self.lamports.to_string()],
            ["orders placed, refused".into(), format!("{}, {}", self.orders_placed, self.orders_refused)],
            [
                "days ended, seats settled, refused".into(),
                format!("{}, {}, {}", self.days_ended, self.seats_settled, self.seats_refused),
            ],
        ];
        println!("{}", report::table(["the last day on the cluster", ""], 1, rows));
    }
}

fn lamports(cluster: &Cluster, address: &Pubkey) -> Result<u64, LedgerError> {
    Ok(cluster.account(address)?.map_or(0, |account| account.lamports))
}
