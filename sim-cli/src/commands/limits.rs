//! `sim-cli oracle limits`, or `sim-cli limits`: shows a department's limits, and changes them as its authority.

use {
    super::{
        Failure, UsageError,
        administration::{DepartmentPlace, OpenedDepartment},
        values,
    },
    campus_energy_department::{DepartmentLimits, LimitChange, LimitName, LimitsError, LimitsPlan},
    campus_energy_report::table,
    campus_energy_sdk::{
        deployment::Addresses,
        identity::MeterId,
        oracle::state::{GREATEST_MAX_AGE, GREATEST_MAX_SKEW},
    },
    campus_energy_simulation::Configuration,
    chrono::DateTime,
    clap::{Args, Subcommand},
    serde::Serialize,
    solana_program::pubkey::Pubkey,
};

/// Show or change the limits of a department, on a cluster or on a running gateway's embedded ledger: the energy per interval that the oracle accepts, the surplus that it mints per
/// day, and the most that each meter can generate. Energies are in Wh, times in s.
#[derive(Clone, Debug, Args)]
pub struct Limits {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show the limits, the surplus minted on the day so far, and when the day ends
    Show(DepartmentPlace),
    /// Change limits of the oracle (Configure); limits that are not given stay as they are on the ledger
    Set(Set),
    /// Change the most that a meter can generate in one interval (`SetMeterLimit`)
    SetMeter(SetMeter),
}

#[derive(Clone, Debug, Args)]
#[command(group(clap::ArgGroup::new("limit").required(true).multiple(true).args(["daily_surplus", "array_generation", "meter_consumption", "max_age", "max_skew"])))]
struct Set {
    /// Surplus that can be minted in one UTC day of the ledger's clock, Wh
    #[arg(long, value_name = "WH", value_parser = values::watt_hours)]
    daily_surplus: Option<u64>,
    /// Generation of all meters in one interval, Wh
    #[arg(long, value_name = "WH", value_parser = values::watt_hours)]
    array_generation: Option<u64>,
    /// Consumption of one meter in one interval, Wh
    #[arg(long, value_name = "WH", value_parser = values::watt_hours)]
    meter_consumption: Option<u64>,
    /// Greatest age of an interval's end
    #[arg(long, value_name = "S", value_parser = values::seconds)]
    #[arg(help = format!("Greatest age of an interval's end, s; at most {GREATEST_MAX_AGE}"))]
    max_age: Option<u64>,
    /// How far a meter's clock may be ahead of the ledger's
    #[arg(long, value_name = "S", value_parser = values::seconds)]
    #[arg(help = format!("How far a meter's clock may be ahead of the ledger's, s; at most {GREATEST_MAX_SKEW}"))]
    max_skew: Option<u64>,
    /// Print what would change, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: DepartmentPlace,
}

#[derive(Clone, Debug, Args)]
struct SetMeter {
    /// The meter, for example `ENG_001`
    meter: MeterId,
    /// The most that it can generate in one interval, Wh
    #[arg(long, value_name = "WH", value_parser = values::watt_hours)]
    generation: u64,
    /// Print what would change, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: DepartmentPlace,
}

impl From<LimitsError> for Failure {
    fn from(error: LimitsError) -> Self {
        match error {
            LimitsError::Ledger(error) => Self::Ledger(error),
            wrong => Self::Usage(UsageError::Limits(wrong)),
        }
    }
}

impl Limits {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Show(place) => {
                let OpenedDepartment { configuration, addresses, ledger, .. } = place.open(false)?;
                let there = DepartmentLimits::read(&ledger, &addresses, ledger.time()?)?;
                place.show(&Sheet::new(&configuration, &addresses, &there), |sheet| sheet.print());
                Ok(())
            }
            Action::Set(set) => {
                let options = [
                    (LimitName::DailySurplus, set.daily_surplus),
                    (LimitName::ArrayGeneration, set.array_generation),
                    (LimitName::MeterConsumption, set.meter_consumption),
                    (LimitName::MaxAge, set.max_age),
                    (LimitName::MaxSkew, set.max_skew),
                ];
                let wanted: Vec<_> = options.into_iter().filter_map(|(limit, value)| Some((limit, value?))).collect();
                change(&set.place, set.dry_run, |there, addresses, by| there.set(addresses, by, &wanted))
            }
            Action::SetMeter(set) => change(&set.place, set.dry_run, |there, addresses, by| {
                there.set_meter(addresses, by, set.meter, set.generation)
            }),
        }
    }
}

/// Sends a change, or shows what would be sent.
fn change(
    place: &DepartmentPlace,
    dry_run: bool,
    plan: impl FnOnce(&DepartmentLimits, &Addresses, &Pubkey) -> Result<LimitsPlan, LimitsError>,
) -> Result<(), Failure> {
    let opened = place.open(true)?;
    let by = opened.by()?;
    let OpenedDepartment { addresses, mut ledger, key, .. } = opened;
    let there = DepartmentLimits::read(&ledger, &addresses, ledger.time()?)?;
    let plan = plan(&there, &addresses, &by)?;
    let transaction = match key.filter(|_| !dry_run) {
        None => None,
        Some(authority) => Some(plan.send(&mut ledger, &authority).map_err(|error| ledger.failure(error))?),
    };
    place.show(&Done { changes: plan.changes, dry_run, transaction }, Done::print);
    Ok(())
}

/// What is shown of a department.
#[derive(Serialize)]
struct Sheet {
    prefix: String,
    department: String,
    authority: String,
    daily_surplus_wh: u64,
    array_generation_wh: u32,
    meter_consumption_wh: u32,
    max_age_s: u32,
    max_skew_s: u32,
    day_surplus_wh: u64,
    day_left_wh: u64,
    day_end: i64,
    day_end_utc: String,
    meters: Vec<MeterRow>,
    #[serde(skip)]
    rows: Vec<[String; 4]>,
}

#[derive(Serialize)]
struct MeterRow {
    id: String,
    generation_limit_wh: u32,
}

impl Sheet {
    fn new(configuration: &Configuration, addresses: &Addresses, there: &DepartmentLimits) -> Self {
        let row = |limit: LimitName| {
            let value = limit.of(&there.limits).to_string();
            [limit.name().into(), value, limit.unit().into(), format!("set {}", limit.option())]
        };
        let day_end = DateTime::from_timestamp(there.day_end, 0).unwrap_or_default();
        let meter = |&(id, generation_limit_wh): &(MeterId, u32)| MeterRow { id: id.to_string(), generation_limit_wh };
        Self {
            prefix: configuration.prefix().to_string(),
            department: addresses.department.to_string(),
            authority: there.authority.to_string(),
            daily_surplus_wh: there.limits.daily_surplus,
            array_generation_wh: there.limits.array_generation,
            meter_consumption_wh: there.limits.meter_consumption,
            max_age_s: there.limits.max_age,
            max_skew_s: there.limits.max_skew,
            day_surplus_wh: there.day_surplus,
            day_left_wh: there.day_left(),
            day_end: there.day_end,
            day_end_utc: day_end.format("%F %R UTC").to_string(),
            meters: there.meters.iter().map(meter).collect(),
            rows: LimitName::ALL.map(row).into(),
        }
    }

    fn print(&self) {
        println!("{}", self.text());
    }

    fn text(&self) -> String {
        let day = [
            ["surplus minted so far, Wh".into(), self.day_surplus_wh.to_string()],
            ["left of daily_surplus, Wh".into(), self.day_left_wh.to_string()],
            ["ends".into(), self.day_end_utc.clone()],
        ];
        let meters = self.meters.iter().map(|meter| [meter.id.clone(), meter.generation_limit_wh.to_string()]);
        format!(
            "Department {} {}\nAuthority {}\n{}\n{}\n{}",
            self.prefix,
            self.department,
            self.authority,
            table(["limit", "value", "unit", "changed with limits"], 1, self.rows.clone()),
            table(["UTC day of the ledger's clock", ""], 1, day),
            table(["meter", "generation limit, Wh in an interval"], 1, meters)
        )
    }
}

/// What has changed, or would.
#[derive(Serialize)]
struct Done {
    changes: Vec<LimitChange>,
    dry_run: bool,
    transaction: Option<String>,
}

impl Done {
    fn print(&self) {
        println!("{}", self.text());
        match &self.transaction {
            Some(id) => println!("Changed by transaction {id}"),
            None => println!("Nothing was sent: --dry-run"),
        }
    }

    fn text(&self) -> String {
        let row = |LimitChange { limit, unit, now, after }: &LimitChange| {
            [limit.clone(), now.to_string(), after.to_string(), (*unit).into()]
        };
        table(["limit", "before", "after", "unit"], 1, self.changes.iter().map(row)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_sdk::ledger::programs::EMBEDDED};

    /// The largest values that the ledger can hold, and the longest name of a meter.
    #[test]
    fn tables_fit_80_columns() {
        let configuration = Configuration::load(None).expect("the brief's");
        let addresses = Addresses::derive(EMBEDDED, configuration.prefix());
        let limits = campus_energy_sdk::oracle::state::Limits {
            max_age: u32::MAX,
            max_skew: u32::MAX,
            meter_consumption: u32::MAX,
            array_generation: u32::MAX,
            daily_surplus: u64::MAX,
        };
        let there = DepartmentLimits {
            authority: Pubkey::new_from_array([255; 32]),
            limits,
            require_signatures: true,
            day_surplus: 1_300,
            day_end: 1_730_505_600,
            meters: vec![("ENG_012345678901".parse().expect("an id"), u32::MAX)],
        };
        let sheet = Sheet::new(&configuration, &addresses, &there);
        let shown = sheet.text();
        for part in
            ["18446744073709551615", "18446744073709550315", "2024-11-02 00:00 UTC", "set --daily-surplus", " Wh "]
        {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        let json: serde_json::Value = serde_json::from_slice(&campus_energy_report::json(&sheet)).expect("JSON");
        assert_eq!((&json["daily_surplus_wh"], &json["day_surplus_wh"]), (&u64::MAX.into(), &1_300.into()));
        assert_eq!((&json["day_end"], &json["max_age_s"]), (&1_730_505_600.into(), &u32::MAX.into()));
        assert_eq!(json["meters"][0]["generation_limit_wh"], u32::MAX);
        let change = |limit: &str, now, after| LimitChange { limit: limit.into(), unit: "Wh", now, after };
        let of = |change| Done { changes: vec![change], dry_run: true, transaction: None }.text();
        let longest = change("ENG_012345678901 generation_limit", u32::MAX.into(), 0);
        for line in [shown, of(change("daily_surplus", u64::MAX, u64::MAX - 1)), of(longest)]
            .iter()
            .flat_map(|text| text.lines())
        {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
