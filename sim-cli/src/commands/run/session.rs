//! A run on the embedded ledger: it gives the market's day its clock. An interval's auction is open from the interval's end to the next
//! one's: a second after that it is cleared, five seconds after it the next readings are submitted and traded.

use {
    super::{super::Failure, tampered::Tampered},
    campus_energy_department::{
        Department, MarketDay, MarketWallets, Signing, Wallets,
        audit::{Audit, Indicators},
        plain, prepare,
        record::{Recording, TRANSACTIONS, TransactionWriter},
        settle,
    },
    campus_energy_report::{CSV_FILES, CsvFiles, OpenFile, Output, Pictures},
    campus_energy_sdk::{ledger::Embedded, time::Interval},
    campus_energy_simulation::{Battery, DAYLIGHT, IntervalReadings, PriceResponse, Simulation},
    chrono::NaiveDate,
    indicatif::ProgressBar,
    solana_program::instruction::Instruction,
    std::{collections::BTreeMap, sync::mpsc::sync_channel},
};

/// Seconds after the end of an interval at which the last auction is cleared.
const CLEARING_DELAY: i64 = 1;
/// Seconds after the end of an interval at which its readings are submitted.
const SUBMISSION_DELAY: i64 = 5;
/// Days that the simulation may be ahead of the ledger.
const AHEAD: usize = 2;

/// A day's intervals, each with its transactions.
type Day = Vec<(IntervalReadings, Vec<Vec<Instruction>>)>;

/// What the meters measure, day by day: loads that answer to prices, and a battery's share.
pub(super) struct Days {
    pub(super) simulation: Simulation,
    pub(super) response: PriceResponse,
    pub(super) battery: Option<Battery>,
}

impl Days {
    /// One day's intervals; days must be asked for in their order.
    pub(super) fn day(&mut self, date: NaiveDate) -> Vec<IntervalReadings> {
        let meters = self.simulation.meters().to_vec();
        let mut day: Vec<_> = self.simulation.intervals(date, 1).collect();
        self.response.apply(&meters, &mut day);
        if let Some(battery) = &mut self.battery {
            day.iter_mut().for_each(|interval| battery.pass(&mut interval.readings));
        }
        day
    }
}

/// A run in progress.
pub(super) struct Session<'a> {
    ledger: Recording,
    department: &'a Department,
    wallets: &'a Wallets,
    market_day: MarketDay,
    audit: Audit,
    indicators: Indicators,
    pictures: Pictures,
    csv: CsvFiles<OpenFile>,
    transactions: TransactionWriter<OpenFile>,
    output: &'a Output,
    /// What the array gave, and by day the index of its sky, by the end of the interval, until its auction is over.
    arrays: BTreeMap<i64, (u64, Option<f64>)>,
    /// When the last auction that has been cleared was closed, a Unix second.
    closed: i64,
    /// Meters that are tampered with, if any are.
    tampered: Option<Tampered>,
}

/// What is left of it.
pub(super) struct Done {
    pub(super) ledger: Embedded,
    pub(super) audit: Audit,
    pub(super) indicators: Indicators,
    pub(super) pictures: Pictures,
    pub(super) csv: [OpenFile; 4],
    pub(super) transactions: OpenFile,
    pub(super) tampered: Option<Tampered>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        ledger: Recording,
        (department, wallets): (&'a Department, &'a Wallets),
        market_day: MarketDay,
        pictures: Pictures,
        output: &'a Output,
        tampered: Option<Tampered>,
    ) -> Result<Self, Failure> {
        let [readings, intervals, market, trades] = CSV_FILES.map(|name| output.begin(name));
        let csv = CsvFiles::new([readings?, intervals?, market?, trades?]);
        let mut audit = Audit::new(department.addresses);
        audit.arrivals = tampered.is_some().then(Vec::new);
        Ok(Self {
            ledger,
            department,
            wallets,
            market_day,
            audit,
            indicators: Indicators::default(),
            pictures,
            csv: csv.map_err(|error| output.failed("*.csv", &error))?,
            transactions: TransactionWriter::new(output.begin(TRANSACTIONS)?),
            output,
            arrays: BTreeMap::new(),
            closed: 0,
            tampered,
        })
    }

    /// Lives through days; they are simulated, and their transactions made, while the ledger is busy with earlier ones.
    pub(super) fn run(
        &mut self,
        mut days: Days,
        first: NaiveDate,
        count: u32,
        signing: Signing,
        progress: &ProgressBar,
    ) -> Result<(), Failure> {
        let (department, wallets, tampered) = (self.department, self.wallets, self.tampered.is_some());
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel::<Day>(AHEAD);
            scope.spawn(move || {
                for date in (0..count).filter_map(|day| first.checked_add_days(chrono::Days::new(day.into()))) {
                    let prepared = |interval: IntervalReadings| {
                        let transactions = match tampered {
                            false => prepare(
                                department,
                                &wallets.meters,
                                interval.interval,
                                &plain(&interval.readings),
                                signing,
                            ),
                            true => Vec::new(),
                        };
                        (interval, transactions)
                    };
                    // The ledger has stopped: it says why.
                    if sender.send(days.day(date).into_iter().map(prepared).collect()).is_err() {
                        return;
                    }
                }
            });
            receiver.into_iter().try_for_each(|day| self.day(day, progress))
        })
    }

    fn day(&mut self, day: Day, progress: &ProgressBar) -> Result<(), Failure> {
        let Some(last) = day.last().map(|(interval, _)| interval.interval) else { return Ok(()) };
        for (interval, transactions) in day {
            self.close(interval.interval)?;
            self.interval(&interval, &transactions)?;
            progress.inc(1);
        }
        // The day's last auction is open until the next interval ends, and the day with it.
        self.close(last.next())
    }

    /// Closes the auction that was open until this interval's end, unless the day before has done so.
    fn close(&mut self, next: Interval) -> Result<(), Failure> {
        if self.closed >= next.end() {
            return Ok(());
        }
        self.closed = next.end();
        self.ledger.set_time(next.end() + CLEARING_DELAY);
        self.market_day.close(&mut self.ledger, self.department, &MarketWallets::of(self.wallets), next)?;
        self.digest()
    }

    fn interval(&mut self, interval: &IntervalReadings, transactions: &[Vec<Instruction>]) -> Result<(), Failure> {
        let end: Interval = interval.interval;
        let sky = interval.solar.filter(|solar| solar.sun.zenith < DAYLIGHT).map(|solar| solar.clear_sky_index);
        self.arrays.insert(end.end(), (interval.array.0, sky));
        let now = end.end() + SUBMISSION_DELAY;
        self.ledger.set_time(now);
        let tampered = match &mut self.tampered {
            Some(tampered) => {
                Some(tampered.deliver(&mut self.ledger, (self.department, self.wallets), interval, now)?)
            }
            None => {
                settle(&mut self.ledger, self.department, &self.wallets.submitter, transactions)?;
                None
            }
        };
        // Where meters are tampered with, people trade what the ledger has.
        let readings = tampered.as_ref().unwrap_or(&interval.readings);
        self.market_day.place(&mut self.ledger, self.department, &MarketWallets::of(self.wallets), end, readings)?;
        self.digest()
    }

    /// Takes what has happened on the ledger into the run's files and figures.
    fn digest(&mut self) -> Result<(), Failure> {
        for transaction in self.ledger.take() {
            self.transactions.write(&transaction).map_err(|error| self.output.failed(TRANSACTIONS, &error))?;
            self.audit.apply(&transaction)?;
        }
        for closed in self.audit.take_closed() {
            let (array, sky) = self.arrays.remove(&closed.timestamp).unwrap_or_default();
            self.csv.write(&self.audit, &closed, array).map_err(|error| self.output.failed("*.csv", &error))?;
            self.indicators.add(&closed);
            self.pictures.add(&self.audit, &closed, sky);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Done, Failure> {
        let Self { ledger, audit, indicators, pictures, csv, transactions, output, tampered, .. } = self;
        let csv = csv.end().map_err(|error| output.failed("*.csv", &error))?;
        Ok(Done {
            ledger: ledger.into_ledger(),
            audit,
            indicators,
            pictures,
            csv,
            transactions: transactions.into_inner(),
            tampered,
        })
    }
}
