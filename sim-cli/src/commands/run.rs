//! `sim-cli run`: days are simulated, settled on a ledger, and reported.

use {
    super::Failure,
    crate::{
        report::{self, CsvFiles, Manifest, Money, Output, Summary},
        settlement::{Department, Founding, Keys, MeterPlan, Signing, found, prepare, settle},
        simulation::{Configuration, IntervalReadings, Simulation, configuration::Policy},
    },
    campus_energy_sdk::{
        account::AccountData,
        ledger::{Embedded, Ledger, LedgerError, SplToken},
        oracle::{readings::PlainReading, state::Limits},
        reading::Quality,
        registry::state::{Meter, Role},
        token::state::MintMode,
        trading::state::{Market, Tariffs},
        units::Price,
    },
    chrono::NaiveDate,
    clap::{Args, ValueEnum},
    indicatif::{ProgressBar, ProgressStyle},
    solana_program::instruction::Instruction,
    solana_signer::Signer,
    std::{path::PathBuf, sync::mpsc::sync_channel, time::Instant},
};

/// Simulate days and settle them on the embedded ledger.
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// Configuration file; without it the seed's engineering-config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// First day, local to the site
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2025-03-20")]
    date: NaiveDate,
    /// Number of days
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    days: u32,
    /// Seed of the noise and of the local keys
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Directory for readings.csv, intervals.csv, summary.json and manifest.json
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Who vouches for the readings on chain
    #[arg(long, value_enum, default_value_t = SigningMode::Submitter)]
    signing: SigningMode,
    /// Who gets the array's energy; overrides the configuration
    #[arg(long, value_enum)]
    apportioning: Option<PolicyName>,
    /// The ledger's SPL Token program
    #[arg(long, value_enum, default_value_t = SplTokenName::Batching)]
    spl_token: SplTokenName,
    /// What goes to stdout
    #[arg(long, value_enum, default_value_t = OutputFormat::Display)]
    output: OutputFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SigningMode {
    /// Each meter signs, the oracle checks it on chain: several transactions an interval
    Meters,
    /// The submitter vouches for them: one transaction an interval
    Submitter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum PolicyName {
    /// The first meter gets all
    Host,
    /// The first meter of each zone gets an equal share
    ZoneHosts,
    /// By consumption
    ProRata,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SplTokenName {
    /// p-token: one call mints for all
    Batching,
    /// SPL Token 3.5: a call for each account
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

/// What the grid pays and asks: Thai household feed-in of 2.20 baht, and the 2026 on-peak time-of-use tariff of small
/// business below 22 kV, 5.7982 baht (see `docs/simulation.md`).
const TARIFFS: Tariffs = Tariffs { feed_in: Price(2_200_000), retail: Price(5_798_200) };
/// Seconds after the end of an interval at which its readings are submitted.
const SUBMISSION_DELAY: i64 = 5;
/// Lamports for the keys that pay: plenty for a decade of fees on a ledger of one's own.
const LAMPORTS: u64 = 100_000_000_000_000;
/// Intervals that the simulation may be ahead of the ledger.
const AHEAD: usize = 64;

impl Run {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let started = Instant::now();
        let configuration = self.configuration()?;
        let mut output = Output::create(&self.out)?;
        let mut csv = CsvFiles::begin(&output)?;
        let mut simulation = Simulation::new(&configuration, self.seed);
        let meters = simulation.meters().to_vec();
        let (mut ledger, department) = self.found(&configuration)?;

        let mut summary = Summary::new(&meters);
        let mut price = Money::default();
        let progress = self.progress();
        std::thread::scope(|scope| -> Result<(), Failure> {
            let (sender, receiver) = sync_channel::<(IntervalReadings, Vec<Vec<Instruction>>)>(AHEAD);
            let (department, signing, first, days) = (&department, self.signing(), self.date, self.days);
            scope.spawn(move || {
                for interval in simulation.intervals(first, days) {
                    let transactions = prepare(department, interval.interval, &plain(&interval), signing);
                    // The ledger has stopped: it says why.
                    if sender.send((interval, transactions)).is_err() {
                        return;
                    }
                }
            });
            for (interval, transactions) in receiver {
                ledger.set_time(interval.interval.end() + SUBMISSION_DELAY);
                let settled = settle(&mut ledger, department, &transactions)?;
                price = reference_price(&ledger, department)?;
                csv.write(&meters, &interval, price, settled)?;
                summary.add(&interval, settled);
                progress.inc(1);
            }
            Ok(())
        })?;
        progress.finish_and_clear();

        summary.settlement.supply_base_units = check(&ledger, &department, &summary)?;
        csv.end(&mut output)?;
        output.write("summary.json", &json(&summary))?;
        output.write("manifest.json", &json(&self.manifest(&configuration, meters.len())))?;
        output.finish()?;
        match self.output {
            OutputFormat::Display => {
                report::print(&summary, price, started.elapsed());
                println!("Files: {}", self.out.display());
            }
            OutputFormat::Json => println!("{}", String::from_utf8_lossy(&json(&summary)).trim_end()),
            OutputFormat::Quiet => {}
        }
        Ok(())
    }

    fn configuration(&self) -> Result<Configuration, Failure> {
        let mut configuration = Configuration::load(self.config.as_deref())?;
        configuration.apply_environment(|name| std::env::var(name).ok())?;
        let meters = &mut configuration.engineering_department.smart_meters;
        match self.apportioning {
            Some(PolicyName::Host) => meters.apportioning = Policy::Host,
            Some(PolicyName::ZoneHosts) => meters.apportioning = Policy::ZoneHosts,
            Some(PolicyName::ProRata) => meters.apportioning = Policy::ProRata,
            None => {}
        }
        let ignored = configuration.addresses().len();
        if self.output == OutputFormat::Display {
            eprintln!("Embedded ledger: the {ignored} addresses of the configuration are not used.");
        }
        Ok(configuration)
    }

    fn found(&self, configuration: &Configuration) -> Result<(Embedded, Department), Failure> {
        let (spl_token, mint_mode) = match self.spl_token {
            SplTokenName::Batching => (SplToken::Batching, MintMode::Batch),
            SplTokenName::Legacy => (SplToken::Legacy, MintMode::Plain),
        };
        let keys = Keys::new(self.seed);
        let mut ledger = Embedded::new(&keys.authority().pubkey(), spl_token)?;
        for key in [keys.authority(), keys.submitter()] {
            ledger.airdrop(&key.pubkey(), LAMPORTS)?;
        }
        let mut participants = configuration.roles();
        if participants.is_empty() {
            participants.push(Role::Department);
        }
        let plan = |(index, meter): (usize, &crate::simulation::MeterProfile)| MeterPlan {
            id: meter.id,
            zone: meter.zone,
            owner: index % participants.len(),
        };
        let founding = Founding {
            prefix: configuration.prefix(),
            limits: limits(configuration),
            require_signatures: self.signing == SigningMode::Meters,
            mint_mode,
            tariffs: TARIFFS,
            meters: configuration.meters().iter().enumerate().map(plan).collect(),
            participants,
        };
        let programs = ledger.programs();
        let department = found(&mut ledger, programs, keys, &founding)?;
        // A lookup table can be used from the slot after the one it was made in.
        ledger.next_slot();
        Ok((ledger, department))
    }

    fn signing(&self) -> Signing {
        match self.signing {
            SigningMode::Meters => Signing::Meters,
            SigningMode::Submitter => Signing::Submitter,
        }
    }

    fn progress(&self) -> ProgressBar {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} intervals, {eta} left");
        ProgressBar::new(u64::from(self.days) * 96).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    fn manifest(&self, configuration: &Configuration, meters: usize) -> Manifest {
        let text = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
        let department = &configuration.engineering_department;
        Manifest {
            software: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            mode: "seed profile",
            seed: self.seed,
            configuration_sha256: configuration.hash().iter().map(|byte| format!("{byte:02x}")).collect(),
            time_zone: department.site.timezone.to_string(),
            first_day: self.date.to_string(),
            days: self.days,
            meters,
            apportioning: text(&department.smart_meters.apportioning),
            signing: text(&self.signing),
            interval_seconds: campus_energy_sdk::time::INTERVAL_SECONDS,
            interval_convention: "named by its end: the energy is that of the 900 s before interval_end_utc",
            units: Default::default(),
        }
    }
}

fn plain(interval: &IntervalReadings) -> Vec<PlainReading> {
    let reading = |metered: &crate::simulation::Metered| PlainReading {
        generated: metered.generated,
        consumed: metered.consumed,
        quality: Quality::Measured,
    };
    interval.readings.iter().map(reading).collect()
}

/// Nobody can mint more than the array can give, and no meter takes four times its zone's base.
fn limits(configuration: &Configuration) -> Limits {
    let array = configuration.array_limit();
    Limits {
        max_age: 3_600,
        max_skew: 60,
        meter_generation: array,
        meter_consumption: configuration.consumption_limit(),
        array_generation: array,
    }
}

fn reference_price(ledger: &impl Ledger, department: &Department) -> Result<Money, Failure> {
    let market = read(ledger, &department.addresses.market)?;
    Ok(Money(Market::FIELDS.reference_price.get(&market).0))
}

fn read(ledger: &impl Ledger, address: &solana_program::pubkey::Pubkey) -> Result<Vec<u8>, Failure> {
    let missing = || LedgerError::Unreachable(format!("account {address} is missing"));
    Ok(ledger.account(address)?.ok_or_else(missing)?.data)
}

/// Compares the ledger's own totals with the readings: every meter's registers, and the mint's supply.
fn check(ledger: &impl Ledger, department: &Department, summary: &Summary) -> Result<u64, Failure> {
    for (meter, totals) in department.meters.iter().zip(&summary.meters) {
        let account = Meter::decode(&read(ledger, &meter.accounts.meter)?)
            .map_err(|error| Failure::Disagreement(format!("{}: {error}", totals.name)))?;
        let recorded = (account.generated.0, account.consumed.0, account.minted.0, account.readings);
        let expected = (totals.generated_wh, totals.consumed_wh, totals.minted_base_units, summary.intervals);
        if recorded != expected {
            let text = format!("{} has recorded {recorded:?}, its readings add up to {expected:?}", totals.name);
            return Err(Failure::Disagreement(text));
        }
    }
    let mint = read(ledger, &department.addresses.energy_mint)?;
    // SPL Token keeps the supply behind the optional authority: 4 + 32 bytes.
    let supply = mint.get(36..44).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    if supply != summary.total.minted_base_units {
        let text = format!("the supply is {supply}, the surplus mints {}", summary.total.minted_base_units);
        return Err(Failure::Disagreement(text));
    }
    Ok(supply)
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}
