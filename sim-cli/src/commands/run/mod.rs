//! `sim-cli run`: simulates days, settles and trades them on a ledger, reports, and verifies. With `--url` it does the last day on a
//! cluster, with `--gateway` it posts the readings to a gateway.

#[cfg(feature = "network")]
mod cluster;
#[cfg(feature = "network")]
mod elsewhere;
#[cfg(feature = "network")]
mod post;
mod session;
mod tampered;

use {
    super::{ConfigurationOptions, Failure, UsageError, print_json, values, verify},
    campus_energy_department::{
        Department, Founder, Founding, Keys, MarketDay, Sending, Signing, Wallets,
        agents::{Bidding, Setting, StrategyName},
        embedded_ledger,
        record::{ACCOUNTS, Recording, write_accounts},
    },
    campus_energy_report::{self as report, Contents, Manifest, Output, Pictures, Summary},
    campus_energy_sdk::{
        ledger::{Snapshot, SplToken},
        token::state::MintMode,
        units::Money,
    },
    campus_energy_simulation::{
        Configuration, Mode, PriceResponse, Simulation, configuration::Policy, forecast, tampering::Plan,
    },
    chrono::{NaiveDate, TimeDelta},
    clap::{Args, ValueEnum},
    indicatif::{ProgressBar, ProgressStyle},
    rust_decimal::{Decimal, prelude::ToPrimitive},
    session::{Days, Session},
    std::{path::PathBuf, time::Instant},
    tampered::{Injections, Tampered},
};

#[cfg(feature = "network")]
use elsewhere::Elsewhere;

/// Simulate days, settle and trade them on the embedded ledger, and verify the result. With --url, settle the last day on a cluster.
#[derive(Clone, Debug, Args)]
pub struct Run {
    #[command(flatten)]
    options: ConfigurationOptions,
    /// First day, local to the site [default: 2025-03-20; with --gateway today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = values::day)]
    date: Option<NaiveDate>,
    /// Number of days
    #[arg(long, default_value_t = 1, value_parser = values::days)]
    days: u32,
    /// Directory for the run's files
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// How generation and load are simulated
    #[arg(long, value_enum, default_value_t = ModeName::Physical)]
    mode: ModeName,
    /// Who signs the readings on chain
    #[arg(long, value_enum, default_value_t = SigningMode::Meters)]
    signing: SigningMode,
    /// Which meters get the array's energy; overrides the configuration
    #[arg(long, value_enum)]
    apportioning: Option<PolicyName>,
    /// How participants price their orders
    #[arg(long, value_enum, default_value_t = StrategyName::default())]
    strategy: StrategyName,
    /// When buyers bid
    #[arg(long, value_enum, default_value_t = BiddingName::WhenSupplied)]
    bidding: BiddingName,
    /// Share of each zone's load that moves from expensive to cheap intervals, 0 to 0.5
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = per_mille)]
    response: u32,
    /// The embedded ledger's SPL Token program
    #[arg(long, value_enum, default_value_t = SplTokenName::Batching)]
    spl_token: SplTokenName,
    #[command(flatten)]
    injections: Injections,
    #[cfg(feature = "network")]
    #[command(flatten)]
    elsewhere: Elsewhere,
    /// Format of the standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Display)]
    output: OutputFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum ModeName {
    /// Sun, sky and array, people and weather
    Physical,
    /// The daily table of the brief
    SeedProfile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SigningMode {
    /// Each meter signs and the oracle checks it on chain: several transactions per interval
    Meters,
    /// The submitter signs for all meters: one transaction per interval
    Submitter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum PolicyName {
    /// The first meter gets all energy
    Host,
    /// The first meter of each zone gets an equal share
    ZoneHosts,
    /// Each meter gets a share in proportion to its consumption
    ProRata,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum BiddingName {
    /// In intervals with a supply in the ledger's market data
    WhenSupplied,
    /// In every interval
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SplTokenName {
    /// p-token: one call mints for all
    Batching,
    /// SPL Token 3.5: one call for each account
    Legacy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// Tables
    Display,
    /// The summary as JSON
    Json,
    /// Nothing
    Quiet,
}

/// Parts in a thousand from a share.
fn per_mille(text: &str) -> Result<u32, String> {
    let share: Option<Decimal> =
        text.parse().ok().filter(|share| *share >= Decimal::ZERO && *share <= Decimal::new(5, 1));
    let parts = share.map(|share| share * Decimal::ONE_THOUSAND).filter(|parts| parts.fract().is_zero());
    parts.and_then(|parts| parts.to_u32()).ok_or_else(|| "give a share of 0 to 0.5 with at most 3 decimals".into())
}

/// The day that is simulated where none is given.
const DESIGN_DAY: NaiveDate = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap();
/// What a buyer has on its seat for each day: more than a zone's whole import costs at the retail tariff.
const BUDGET_PER_DAY: Money = Money(200_000_000);

impl Run {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let started = Instant::now();
        let configuration = self.configuration()?;
        #[cfg(feature = "network")]
        if self.elsewhere.is_given()? {
            return self.execute_elsewhere(&configuration);
        }
        UsageError::check_days("--date, --days", self.date(), self.days)?;
        let mut output = Output::create(&self.out, Contents::Run)?;
        let simulation = Simulation::new(&configuration, self.options.seed, self.simulation_mode());
        let tampering = self.tampering(&configuration, &simulation)?;
        let manifest = self.manifest(&configuration, tampering.as_ref());
        let mint_mode = match self.spl_token {
            SplTokenName::Batching => MintMode::Batch,
            SplTokenName::Legacy => MintMode::Plain,
        };
        let plan = crate::plan::founding(&configuration, self.signing == SigningMode::Meters, mint_mode);
        let (ledger, department) = self.found(&plan, &simulation)?;
        let wallets = Wallets::of_seed(Keys::new(self.options.seed), &plan);
        let market = self.market_day(&configuration, &plan, self.budget(), Sending::InOrder);
        let section = &configuration.engineering_department;
        let mut pictures = Pictures::new(section.site.timezone, &section.market.tariffs());
        if self.mode == ModeName::Physical && section.solar_installation.exists() {
            let last = self.date() + TimeDelta::days(i64::from(self.days) - 1);
            match forecast::morning(&configuration, self.options.seed, last) {
                Some((fan, skill)) => pictures.forecast(fan, skill),
                None => eprintln!("No forecast in the report: too little daylight to learn from before {last}."),
            }
        }
        let tampered = tampering.map(|plan| Tampered::new(plan, self.signing()));
        let mut session = Session::new(ledger, (&department, &wallets), market, pictures, &output, tampered)?;
        let progress = self.progress();
        let days = self.days(&configuration, simulation);
        session.run(days, self.date(), self.days, self.signing(), &progress)?;
        progress.finish_and_clear();

        let mut done = session.finish()?;
        for file in done.csv.into_iter().chain([done.transactions]) {
            output.end(file)?;
        }
        let snapshot = Snapshot::of(&done.ledger);
        let mut accounts = output.begin(ACCOUNTS)?;
        write_accounts(&mut accounts, &snapshot).map_err(|error| output.failed(ACCOUNTS, &error))?;
        output.end(accounts)?;
        let mut summary = Summary::new(&done.audit, &done.indicators, &section.emissions, &snapshot);
        let arrivals = done.audit.arrivals.take().unwrap_or_default();
        summary.tampering = done.tampered.map(|tampered| tampered.finish(arrivals, &mut output)).transpose()?;
        output.write("summary.json", &report::json(&summary))?;
        output.write(Contents::Run.manifest(), &report::json(&manifest))?;
        done.pictures.write(&mut output, &summary, &manifest)?;
        output.finish()?;
        let verified = verify::verify(&self.out)?;
        match self.output {
            OutputFormat::Display => {
                println!("{}", report::screen(&summary, started.elapsed()));
                verified.print();
                println!("Files: {}", self.out.display());
            }
            OutputFormat::Json => print_json(&summary),
            OutputFormat::Quiet => {}
        }
        verified.result()
    }

    /// Whether the ledger is the one inside this process.
    #[cfg(feature = "network")]
    fn is_embedded(&self) -> Result<bool, Failure> {
        Ok(!self.elsewhere.is_given()?)
    }

    /// Whether the ledger is the one inside this process: a build without the network has no other.
    #[cfg(not(feature = "network"))]
    fn is_embedded(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    fn date(&self) -> NaiveDate {
        self.date.unwrap_or(DESIGN_DAY)
    }

    fn days(&self, configuration: &Configuration, simulation: Simulation) -> Days {
        let (response, battery) = (self.price_response(configuration), configuration.battery());
        Days { simulation, response, battery }
    }

    fn configuration(&self) -> Result<Configuration, Failure> {
        let configuration = self.options.load_with(|configuration| {
            let meters = &mut configuration.engineering_department.smart_meters;
            match self.apportioning {
                Some(PolicyName::Host) => meters.apportioning = Policy::Host,
                Some(PolicyName::ZoneHosts) => meters.apportioning = Policy::ZoneHosts,
                Some(PolicyName::ProRata) => meters.apportioning = Policy::ProRata,
                None => {}
            }
            if self.apportioning.is_some() {
                meters.static_shares.clear();
            }
        })?;
        configuration.check_for_a_ledger()?;
        let ignored = configuration.addresses().len();
        if self.output == OutputFormat::Display && self.is_embedded()? {
            eprintln!("Embedded ledger: the {ignored} addresses of the configuration are not used.");
        }
        Ok(configuration)
    }

    fn found(&self, plan: &Founding, simulation: &Simulation) -> Result<(Recording, Department), Failure> {
        let spl_token = match self.spl_token {
            SplTokenName::Batching => SplToken::Batching,
            SplTokenName::Legacy => SplToken::Legacy,
        };
        let keys = Keys::new(self.options.seed);
        let ledger = embedded_ledger(keys, plan.participants.len(), spl_token)?;
        let programs = ledger.programs();
        let mut ledger = Recording::new(ledger);
        ledger.set_time(simulation.midnight(self.date()));
        let founder = Founder::new(programs, keys, plan).with_budgets(plan.buyers(self.budget()));
        let department = founder.found_with_seats(&mut ledger, |_| ())?;
        // A lookup table can be used from the slot after the one it was made in.
        ledger.ledger().next_slot();
        Ok((ledger, department))
    }

    /// The injections, if there are any.
    fn tampering(&self, configuration: &Configuration, simulation: &Simulation) -> Result<Option<Plan>, Failure> {
        if !self.injections.are_given() {
            return Ok(None);
        }
        let meters = simulation.meters().iter().map(|meter| meter.id).collect();
        let zone = configuration.engineering_department.site.timezone;
        let plan = Plan::new(meters, self.injections.given(), simulation.weights().to_vec(), self.options.seed, zone);
        Ok(plan.map(Some).map_err(UsageError::Injection)?)
    }

    fn budget(&self) -> Money {
        Money(BUDGET_PER_DAY.0 * u64::from(self.days))
    }

    fn market_day(&self, configuration: &Configuration, plan: &Founding, budget: Money, sending: Sending) -> MarketDay {
        let section = &configuration.engineering_department;
        let market = &section.market;
        let setting = Setting {
            strategy: self.strategy,
            bidding: match self.bidding {
                BiddingName::WhenSupplied => Bidding::WhenSupplied,
                BiddingName::Always => Bidding::Always,
            },
            tariffs: market.tariffs(),
            minimum_lot: market.minimum_lot_wh,
            budget,
            seed: self.options.seed,
        };
        MarketDay::new(crate::plan::agents(configuration, plan, &setting), section.site.timezone, sending)
    }

    fn price_response(&self, configuration: &Configuration) -> PriceResponse {
        PriceResponse {
            per_mille: self.response,
            tariffs: configuration.engineering_department.market.tariffs(),
            most: configuration.load_limit(),
        }
    }

    fn simulation_mode(&self) -> Mode {
        match self.mode {
            ModeName::Physical => Mode::Physical,
            ModeName::SeedProfile => Mode::SeedProfile,
        }
    }

    fn signing(&self) -> Signing {
        match self.signing {
            SigningMode::Meters => Signing::Meters,
            SigningMode::Submitter => Signing::Submitter,
        }
    }

    fn progress(&self) -> ProgressBar {
        self.progress_of(u64::from(self.days) * 96, "intervals")
    }

    fn progress_of(&self, all: u64, what: &str) -> ProgressBar {
        let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left"));
        ProgressBar::new(all).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    fn manifest(&self, configuration: &Configuration, tampering: Option<&Plan>) -> Manifest {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map_or_else(String::new, |value| value.get_name().to_string())
        };
        let department = &configuration.engineering_department;
        let apportioning = serde_json::to_value(department.smart_meters.apportioning);
        Manifest {
            software: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            mode: name(self.mode.to_possible_value()),
            seed: self.options.seed,
            configuration_sha256: hex::encode(configuration.hash()),
            prefix: department.smart_meters.prefix.clone(),
            time_zone: department.site.timezone.to_string(),
            first_day: self.date().to_string(),
            days: self.days,
            meters: configuration.meters().len(),
            participants: configuration.roles().len(),
            apportioning: apportioning.ok().and_then(|value| Some(value.as_str()?.to_string())).unwrap_or_default(),
            signing: name(self.signing.to_possible_value()),
            strategy: name(self.strategy.to_possible_value()),
            bidding: name(self.bidding.to_possible_value()),
            response: Decimal::new(self.response.into(), 3).normalize().to_string(),
            emissions: department.emissions.clone(),
            interval_seconds: campus_energy_sdk::time::INTERVAL_SECONDS,
            interval_convention: "named by its end: the energy is that of the 900 s before interval_end_utc".into(),
            units: Default::default(),
            tampering: tampering.map(Plan::manifested),
        }
    }
}
