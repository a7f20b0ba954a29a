//! `truth.csv`, the measured readings of a run with injections, and `refusals.csv`, the readings that the ledger rejected; and
//! a run's score, computed again from them and the ledger's record.

use {
    super::{Accepted, Evidence, Refused, Tampering, score},
    campus_energy_department::{
        audit::{Arrival, Finding},
        record::RecordError,
    },
    campus_energy_sdk::{identity::MeterId, reading::Metered, time::INTERVAL_SECONDS},
    campus_energy_simulation::tampering::{Manifested, Plan},
    chrono::{DateTime, SecondsFormat},
    chrono_tz::Tz,
    serde::{Deserialize, de::DeserializeOwned},
    std::{
        collections::{BTreeMap, HashSet},
        io,
        path::Path,
    },
};

/// The file of what the meters measured.
pub const TRUTH: &str = "truth.csv";
/// The file of what the ledger refused.
pub const REFUSALS: &str = "refusals.csv";

const TRUTH_COLUMNS: [&str; 5] = ["meter_id", "interval_start_utc", "interval_end_utc", "generated_wh", "consumed_wh"];
const REFUSAL_COLUMNS: [&str; 6] =
    ["submitted_utc", "meter_id", "timestamp_utc", "generated_wh", "consumed_wh", "error"];

#[derive(Deserialize)]
struct TruthRow {
    meter_id: String,
    interval_end_utc: String,
    generated_wh: u32,
    consumed_wh: u32,
}

#[derive(Deserialize)]
struct RefusalRow {
    submitted_utc: String,
    meter_id: String,
    timestamp_utc: String,
    generated_wh: u32,
    consumed_wh: u32,
    error: String,
}

fn text(timestamp: i64) -> String {
    DateTime::from_timestamp(timestamp, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn file(rows: impl IntoIterator<Item = Vec<String>>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.into_iter().try_for_each(|row| writer.write_record(row))?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn header<const N: usize>(columns: [&str; N]) -> Vec<String> {
    columns.map(String::from).into()
}

/// `truth.csv`: every meter's values of every interval.
///
/// # Errors
/// Those of the CSV writer.
pub fn truth_csv(meters: &[MeterId], truth: &[(i64, Vec<Metered>)]) -> io::Result<Vec<u8>> {
    let names: Vec<String> = meters.iter().map(MeterId::to_string).collect();
    let rows = truth.iter().flat_map(|(end, readings)| {
        let span = [end - INTERVAL_SECONDS, *end].map(text);
        names.iter().zip(readings).map(move |(name, reading)| {
            let [start, end] = span.clone();
            vec![name.clone(), start, end, reading.generated.to_string(), reading.consumed.to_string()]
        })
    });
    file([header(TRUTH_COLUMNS)].into_iter().chain(rows))
}

/// `refusals.csv`: every reading that the ledger refused, in the order of the submissions.
///
/// # Errors
/// Those of the CSV writer.
pub fn refusals_csv(meters: &[MeterId], refused: &[Refused]) -> io::Result<Vec<u8>> {
    let row = |Refused { meter, timestamp, reading, at, error }: &Refused| {
        let name = meters.get(*meter).map_or_else(String::new, MeterId::to_string);
        vec![
            text(*at),
            name,
            text(*timestamp),
            reading.generated.to_string(),
            reading.consumed.to_string(),
            error.clone(),
        ]
    };
    file([header(REFUSAL_COLUMNS)].into_iter().chain(refused.iter().map(row)))
}

fn rows<T: DeserializeOwned>(directory: &Path, name: &str) -> Result<Vec<T>, RecordError> {
    let path = directory.join(name);
    let wrong = |error: csv::Error| RecordError::unreadable(&path, &error);
    csv::Reader::from_path(&path).map_err(wrong)?.into_deserialize().map(|row| row.map_err(wrong)).collect()
}

/// What is recorded of a run with injections.
pub struct Recorded {
    manifested: Manifested,
    seed: u64,
    zone: Tz,
    /// In the order of `truth.csv`.
    meters: Vec<MeterId>,
    evidence: Evidence,
    /// What the array gave in each interval, Wh.
    arrays: BTreeMap<i64, u64>,
}

impl Recorded {
    /// Reads the files of a run with injections; its manifest says which, and with which seed and time zone.
    ///
    /// # Errors
    /// [`RecordError`] where a file is missing or is not what a run wrote.
    pub fn open(directory: &Path, manifested: &Manifested, seed: u64, zone: &str) -> Result<Self, RecordError> {
        let unreadable = |name: &str, reason: String| RecordError::unreadable(&directory.join(name), &reason);
        let time = |name: &str, text: &str| {
            let time = DateTime::parse_from_rfc3339(text);
            time.map(|time| time.timestamp()).map_err(|error| unreadable(name, format!("{text:?}: {error}")))
        };
        let zone = zone.parse().map_err(|_| unreadable("manifest.json", format!("{zone:?} is no time zone")))?;
        let mut intervals: BTreeMap<i64, (Vec<MeterId>, Vec<Metered>)> = BTreeMap::new();
        for TruthRow { meter_id, interval_end_utc, generated_wh, consumed_wh } in rows(directory, TRUTH)? {
            let (ids, readings) = intervals.entry(time(TRUTH, &interval_end_utc)?).or_default();
            ids.push(meter_id.parse().map_err(|error| unreadable(TRUTH, format!("{error}")))?);
            readings.push(Metered { generated: generated_wh, consumed: consumed_wh });
        }
        let meters = intervals.values().next().map_or_else(Vec::new, |(ids, _)| ids.clone());
        if let Some((end, _)) = intervals.iter().find(|(_, (ids, _))| *ids != meters) {
            let reason =
                format!("the interval until {} has not the meters of the first one, in their order", text(*end));
            return Err(unreadable(TRUTH, reason));
        }
        let truth: Vec<_> = intervals.into_iter().map(|(end, (_, readings))| (end, readings)).collect();
        let mut refused = Vec::new();
        for RefusalRow { submitted_utc, meter_id, timestamp_utc, generated_wh, consumed_wh, error } in
            rows(directory, REFUSALS)?
        {
            let meter = meters.iter().position(|meter| meter.to_string() == meter_id);
            refused.push(Refused {
                meter: meter.ok_or_else(|| unreadable(REFUSALS, format!("{meter_id} is not in {TRUTH}")))?,
                timestamp: time(REFUSALS, &timestamp_utc)?,
                reading: Metered { generated: generated_wh, consumed: consumed_wh },
                at: time(REFUSALS, &submitted_utc)?,
                error,
            });
        }
        let sum = |readings: &[Metered]| readings.iter().map(|reading| u64::from(reading.generated)).sum();
        let arrays = truth.iter().map(|(end, readings)| (*end, sum(readings))).collect();
        let evidence = Evidence { truth, refused, ..Evidence::default() };
        Ok(Self { manifested: manifested.clone(), seed, zone, meters, evidence, arrays })
    }

    /// What the array gave in an interval, Wh: the sum of what the meters measured.
    #[must_use]
    pub fn array(&self, end: i64) -> u64 {
        self.arrays.get(&end).copied().unwrap_or(0)
    }

    /// The score, and whether the meters that nobody tampered with have on the ledger what they measured; `meters` and `accepted`
    /// readings are the ledger's.
    ///
    /// # Errors
    /// What in the manifest is no injection of this department.
    pub fn finish(
        mut self,
        meters: &[MeterId],
        accepted: impl IntoIterator<Item = Arrival>,
    ) -> Result<(Tampering, Finding), String> {
        self.evidence.accepted.extend(accepted.into_iter().map(Accepted::from));
        if meters != self.meters {
            return Err(format!("{TRUTH}: its meters are not the ledger's"));
        }
        let Manifested { injections, weights } = self.manifested;
        let injections = injections.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
        let plan = Plan::new(self.meters, &injections, weights, self.seed, self.zone)?;
        Ok((score(&plan, &self.evidence), honest(&plan, &self.evidence)))
    }
}

/// Whether each reading of the meters that nobody tampered with is on the ledger as it was measured, or was refused.
fn honest(plan: &Plan, evidence: &Evidence) -> Finding {
    let place = |meter: usize, end: i64| format!("{TRUTH}: {}, the interval until {}", plan.meters[meter], text(end));
    let mut truth: BTreeMap<(usize, i64), Metered> = BTreeMap::new();
    for (end, readings) in &evidence.truth {
        let own = readings.iter().enumerate().filter(|(meter, _)| !plan.is_tampered(*meter));
        truth.extend(own.map(|(meter, reading)| ((meter, *end), *reading)));
    }
    let measured = truth.len();
    for Accepted { meter, timestamp, reading, .. } in &evidence.accepted {
        if plan.is_tampered(*meter) || plan.meters.len() <= *meter {
            continue;
        }
        if truth.remove(&(*meter, *timestamp)) != Some(*reading) {
            return Err(format!("{}: the ledger has {reading:?}, which was not measured", place(*meter, *timestamp)));
        }
    }
    let on_ledger = measured - truth.len();
    let refused: HashSet<_> = evidence.refused.iter().map(|own| (own.meter, own.timestamp)).collect();
    if let Some(((meter, end), _)) = truth.into_iter().find(|(key, _)| !refused.contains(key)) {
        return Err(format!("{}: neither on the ledger nor in {REFUSALS}", place(meter, end)));
    }
    let others = plan.meters.len() - plan.injections.len();
    Ok(format!(
        "{TRUTH}: {on_ledger} of {measured} readings of {others} meters that nobody tampered with are on the ledger as measured"
    ))
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_simulation::tampering::Injection, std::fs};

    const END: i64 = 1_742_404_500;

    fn meters() -> Vec<MeterId> {
        ["ENG_001", "ENG_002"].map(|id| id.parse().unwrap()).into()
    }

    fn written(truth: &[(i64, Vec<Metered>)], refused: &[Refused]) -> (tempfile::TempDir, Manifested) {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(TRUTH), truth_csv(&meters(), truth).unwrap()).unwrap();
        fs::write(directory.path().join(REFUSALS), refusals_csv(&meters(), refused).unwrap()).unwrap();
        (directory, Manifested { injections: vec!["clock-skewed:ENG_001:30".into()], weights: vec![1, 1] })
    }

    fn reading(generated: u32) -> Metered {
        Metered { generated, consumed: 10 }
    }

    #[test]
    fn what_is_written_is_read() {
        let truth = vec![(END, vec![reading(70), reading(71)]), (END + 900, vec![reading(80), reading(81)])];
        let error = "MisalignedTimestamp".to_string();
        let refused = vec![Refused { meter: 0, timestamp: END + 30, reading: reading(70), at: END + 5, error }];
        let (directory, manifested) = written(&truth, &refused);
        let text = fs::read_to_string(directory.path().join(REFUSALS)).unwrap();
        assert_eq!(
            text.lines().nth(1),
            Some("2025-03-19T17:15:05Z,ENG_001,2025-03-19T17:15:30Z,70,10,MisalignedTimestamp")
        );
        let recorded = Recorded::open(directory.path(), &manifested, 42, "Asia/Bangkok").unwrap();
        assert_eq!(recorded.evidence, Evidence { truth, refused, accepted: Vec::new() });
        assert_eq!([END, END + 900, END + 1_800].map(|end| recorded.array(end)), [141, 161, 0]);
        let injection: Injection = manifested.injections[0].parse().unwrap();
        let plan = Plan::new(meters(), &[injection], vec![1, 1], 42, chrono_tz::Asia::Bangkok).unwrap();
        assert_eq!(plan.manifested(), manifested);
    }

    #[test]
    fn what_others_measured_is_on_the_ledger() {
        let truth = vec![(END, vec![reading(70), reading(71)]), (END + 900, vec![reading(80), reading(81)])];
        let accepted = |timestamp, reading| Accepted { meter: 1, timestamp, reading, at: timestamp + 5 };
        let found = |accepted: Vec<Accepted>, refused: Vec<Refused>| {
            let (directory, manifested) = written(&truth, &refused);
            let mut recorded = Recorded::open(directory.path(), &manifested, 42, "Asia/Bangkok").unwrap();
            recorded.evidence.accepted = accepted;
            recorded.finish(&meters(), []).unwrap().1
        };
        let both = [accepted(END, reading(71)), accepted(END + 900, reading(81))];
        let of = |count: u32| {
            format!(
                "truth.csv: {count} of 2 readings of 1 meters that nobody tampered with are on the ledger as measured"
            )
        };
        assert_eq!(found(both.to_vec(), Vec::new()), Ok(of(2)));
        let place = "truth.csv: ENG_002, the interval until 2025-03-19T17:30:00Z";
        assert_eq!(
            found(both[..1].to_vec(), Vec::new()),
            Err(format!("{place}: neither on the ledger nor in refusals.csv"))
        );
        let refusal =
            Refused { meter: 1, timestamp: END + 900, reading: reading(81), at: END + 905, error: "Paused".into() };
        assert_eq!(found(both[..1].to_vec(), vec![refusal]), Ok(of(1)));
        assert_eq!(
            found(vec![both[0], accepted(END + 900, reading(82))], Vec::new()),
            Err(format!("{place}: the ledger has Metered {{ generated: 82, consumed: 10 }}, which was not measured"))
        );
    }
}
