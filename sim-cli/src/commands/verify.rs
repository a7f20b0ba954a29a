//! `sim-cli verify`: rebuilds a run's totals from the instructions that its ledger executed, and compares them with the ledger's accounts
//! and the run's files.

use {
    super::{Failure, record::Run},
    campus_energy_department::{
        audit::{Audit, Finding, Indicators, Signatures, check_accounts},
        record::{RecordError, read_transactions},
    },
    campus_energy_report::{self as report, CSV_FILES, CsvFiles, Summary, tampering::Recorded},
    clap::Args,
    serde_json::Value,
    std::{
        fs::{self, File},
        io::{self, BufReader, Read, Write},
        path::{Path, PathBuf},
    },
};

/// Rebuild a run's totals from its ledger's record and compare; exits with 1 on any difference.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// Directory of an earlier run
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
}

impl Verify {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let verification = verify(&self.out)?;
        verification.print();
        verification.result()
    }
}

/// What has been found.
pub(super) struct Verification {
    findings: Vec<Finding>,
    state_sha256: String,
}

impl Verification {
    pub(super) fn print(&self) {
        for finding in &self.findings {
            match finding {
                Ok(agrees) => println!("ok      {agrees}"),
                Err(differs) => println!("FAILED  {differs}"),
            }
        }
        println!("State hash: {}", self.state_sha256);
    }

    pub(super) fn result(&self) -> Result<(), Failure> {
        let failed = self.findings.iter().filter_map(|finding| finding.as_ref().err());
        match failed.count() {
            0 => Ok(()),
            count => Err(Failure::Disagreement(format!("{count} of {} checks failed", self.findings.len()))),
        }
    }
}

/// Verifies the run in a directory.
pub(super) fn verify(directory: &Path) -> Result<Verification, Failure> {
    let run = Run::open(directory)?;
    let comparing = |name: &str| Comparing::new(directory, name);
    let [readings, intervals, market, trades] = CSV_FILES;
    let files = [comparing(readings)?, comparing(intervals)?, comparing(market)?, comparing(trades)?];
    let mut csv = CsvFiles::new(files).map_err(|error| RecordError::unreadable(directory, &error))?;
    let tampering = run.manifest.tampering.as_ref();
    let tampered = tampering.map(|own| Recorded::open(directory, own, run.manifest.seed, &run.manifest.time_zone));
    let tampered = tampered.transpose()?;
    let (mut audit, mut indicators, mut findings) = (Audit::new(run.addresses), Indicators::default(), Vec::new());
    audit.arrivals = tampered.is_some().then(Vec::new);
    audit.signatures = Some(Signatures::default());
    let mut transactions = 0_u64;
    for transaction in read_transactions(directory)? {
        transactions += 1;
        if let Err(contradiction) = audit.apply(&transaction?) {
            findings.push(Err(contradiction.to_string()));
            break;
        }
        for closed in audit.take_closed() {
            // The array's energy is the sum of the meters': invariant 3 holds if the file says the same. Where meters are tampered
            // with, it is the sum of what they measured.
            let array =
                tampered.as_ref().map_or_else(|| closed.sums().generated, |tampered| tampered.array(closed.timestamp));
            csv.write(&audit, &closed, array).map_err(|error| RecordError::unreadable(directory, &error))?;
            indicators.add(&closed);
        }
    }
    if findings.is_empty() {
        findings.push(Ok(format!("{transactions} transactions follow from each other")));
    }
    findings.extend(audit.signatures.as_ref().map(Signatures::finding));
    findings.extend(check_accounts(&audit, &run.snapshot, &run.addresses));
    let files = csv.end().map_err(|error| RecordError::unreadable(directory, &error))?;
    findings.extend(files.into_iter().map(Comparing::finding));
    let mut summary = Summary::new(&audit, &indicators, &run.manifest.emissions, &run.snapshot);
    if let Some(tampered) = tampered {
        let meters: Vec<_> = audit.meters.iter().map(|meter| meter.id).collect();
        match tampered.finish(&meters, audit.arrivals.take().unwrap_or_default()) {
            Ok((score, finding)) => {
                summary.tampering = Some(score);
                findings.push(finding);
            }
            Err(reason) => findings.push(Err(format!("manifest.json: tampering: {reason}"))),
        }
    }
    findings.push(compare_summary(directory, &summary)?);
    Ok(Verification { findings, state_sha256: summary.ledger.state_sha256 })
}

fn compare_summary(directory: &Path, rebuilt: &Summary) -> Result<Finding, Failure> {
    let path = directory.join("summary.json");
    let text = fs::read(&path).map_err(|error| RecordError::unreadable(&path, &error))?;
    let written: Value = match serde_json::from_slice(&text) {
        Ok(value) => value,
        Err(error) => return Ok(Err(format!("summary.json: {error}"))),
    };
    let rebuilt: Value = serde_json::from_slice(&report::json(rebuilt)).unwrap_or_default();
    let mut differences = Vec::new();
    compare("", &written, &rebuilt, &mut differences);
    Ok(match differences.as_slice() {
        [] => Ok("summary.json: every total and indicator is rebuilt from the ledger".into()),
        [first, rest @ ..] => Err(format!("summary.json: {first}{}", more(rest.len()))),
    })
}

fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(", and {count} more") }
}

fn compare(path: &str, written: &Value, rebuilt: &Value, differences: &mut Vec<String>) {
    match (written, rebuilt) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key)));
            for key in keys {
                let side = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or_default();
                compare(&format!("{path}.{key}"), &side(left), &side(right), differences);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}[{index}]"), left, right, differences);
            }
        }
        _ if written == rebuilt => {}
        _ => differences.push(format!("{} is {written}, the ledger says {rebuilt}", path.trim_start_matches('.'))),
    }
}

/// A file that is compared with what would be written to it.
struct Comparing {
    name: String,
    file: BufReader<File>,
    lines: u64,
    /// The line in which it first differs.
    differs: Option<u64>,
}

impl Comparing {
    fn new(directory: &Path, name: &str) -> Result<Self, RecordError> {
        let path = directory.join(name);
        let file = File::open(&path).map_err(|error| RecordError::unreadable(&path, &error))?;
        Ok(Self { name: name.into(), file: BufReader::new(file), lines: 1, differs: None })
    }

    fn finding(mut self) -> Finding {
        let name = &self.name;
        if let Some(line) = self.differs {
            return Err(format!("{name}: line {line} is not what the ledger says"));
        }
        let mut rest = [0];
        match self.file.read(&mut rest) {
            Ok(0) if name == "intervals.csv" => Ok(format!(
                "invariant 3: {name}: in each of {} intervals the array's energy is the sum of the meters'",
                self.lines - 2
            )),
            Ok(0) => Ok(format!("{name}: all {} lines are what the ledger says", self.lines - 1)),
            Ok(_) => Err(format!("{name}: it goes on after the ledger's last line {}", self.lines - 1)),
            Err(error) => Err(format!("{name}: {error}")),
        }
    }
}

impl Write for Comparing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.differs.is_none() {
            let mut own = Vec::with_capacity(bytes.len());
            self.file.by_ref().take(bytes.len() as u64).read_to_end(&mut own)?;
            let equal = own.iter().zip(bytes).take_while(|(left, right)| left == right).count();
            let lines = bytes[..equal].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.lines += lines;
            if equal < bytes.len() {
                self.differs = Some(self.lines);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
