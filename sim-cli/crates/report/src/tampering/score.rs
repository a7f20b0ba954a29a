//! The score of the injections: what became of them, compared with the truth.

use {
    super::{
        Accepted, Evidence, Refused,
        checks::{Check, Findings, View, day, findings},
    },
    campus_energy_sdk::{reading::Metered, time::Interval, units::TOKEN_UNITS_PER_WH},
    campus_energy_simulation::tampering::{Injection, Injector, Item, Plan},
    serde::Serialize,
    std::collections::{BTreeMap, HashMap, HashSet},
};

/// Why a delivered reading is neither on the ledger nor among the refusals: a record is incomplete.
const UNRECORDED: &str = "unrecorded";

/// What became of a run's injections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tampering {
    /// Each of them.
    pub injections: Vec<InjectionScore>,
    /// The meters that nobody tampered with.
    pub other_meters: OtherMeters,
}

/// What became of one injection. `tampered` is `withheld` + the sum of `caught` + `accepted`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InjectionScore {
    /// As `--inject` takes it.
    pub injection: String,
    /// Readings that it changed: their values, their time, their being there twice or not at all.
    pub tampered: u64,
    /// Of them, those that were never delivered.
    pub withheld: u64,
    /// Those that the ledger refused, by the error's name.
    pub caught: BTreeMap<String, u64>,
    /// Those that the ledger accepted.
    pub accepted: u64,
    /// Those for which it minted tokens.
    pub minted: u64,
    /// Honest readings of the meter that the ledger refused, by the error's name: what came before had taken their place.
    pub honest_refused: BTreeMap<String, u64>,
    /// Wh that the ledger has too much of the meter's generation, in intervals of which it has a reading; negative: too little.
    pub excess_wh: i64,
    /// Tokens that were minted too much for them.
    pub excess_base_units: i64,
    /// Wh that the meter generated in intervals of which the ledger has no reading.
    pub lost_wh: u64,
    /// Tokens that were not minted for them.
    pub lost_base_units: u64,
    /// Tampered readings that a check has found.
    pub flagged: u64,
    /// By which; one may be found by several.
    pub flagged_by: BTreeMap<&'static str, u64>,
    /// Tampered readings that were neither caught nor flagged.
    pub missed: u64,
}

/// What happened to meters that nobody tampered with: all of it is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OtherMeters {
    /// How many they are.
    pub meters: usize,
    /// Tampered readings that the ledger rejected, by the error's name.
    pub refused: BTreeMap<String, u64>,
    /// Their readings that a check has found, and for `share` their days.
    pub flagged_by: BTreeMap<&'static str, u64>,
}

/// What the ledger has.
struct Ledger {
    readings: HashMap<(usize, i64), Metered>,
    /// By meter, time and values: the errors, the last one first.
    refusals: HashMap<(usize, i64, Metered), Vec<String>>,
    /// Readings on the ledger whose delivery has been seen.
    claimed: HashSet<(usize, i64)>,
}

impl Ledger {
    fn new(accepted: &[Accepted], refused: &[Refused]) -> Self {
        let readings = accepted.iter().map(|own| ((own.meter, own.timestamp), own.reading)).collect();
        let mut refusals: HashMap<_, Vec<String>> = HashMap::new();
        for Refused { meter, timestamp, reading, error, .. } in refused.iter().rev() {
            refusals.entry((*meter, *timestamp, *reading)).or_default().push(error.clone());
        }
        Self { readings, refusals, claimed: HashSet::new() }
    }

    /// Whether a delivery was accepted, and why not; deliveries in their order.
    fn outcome(&mut self, meter: usize, timestamp: i64, reading: Metered) -> Result<(), String> {
        let key = (meter, timestamp);
        if self.readings.get(&key) == Some(&reading) && self.claimed.insert(key) {
            return Ok(());
        }
        let errors = self.refusals.get_mut(&(meter, timestamp, reading));
        Err(errors.and_then(Vec::pop).unwrap_or_else(|| UNRECORDED.into()))
    }
}

fn surplus(reading: &Metered) -> i64 {
    i64::from(reading.generated.saturating_sub(reading.consumed)) * TOKEN_UNITS_PER_WH.cast_signed()
}

/// Scores a run.
#[must_use]
pub fn score(plan: &Plan, evidence: &Evidence) -> Tampering {
    let Evidence { truth, accepted, refused } = evidence;
    let intervals: Vec<i64> = truth.iter().map(|(end, _)| *end).collect();
    let (meters, weights, zone) = (plan.meters.len(), &plan.weights[..], plan.zone);
    let findings = findings(&View { meters, intervals: &intervals, weights, zone, accepted, refused });
    let mut ledger = Ledger::new(accepted, refused);
    let mut injector = Injector::new(plan);
    let steps = truth.iter().filter_map(|(end, measured)| Some((Interval::ending_at(*end)?, measured)));
    let mut items: Vec<Item> = steps.flat_map(|(interval, measured)| injector.step(interval, measured)).collect();
    items.extend(injector.finish());
    let mut scores: BTreeMap<usize, InjectionScore> = BTreeMap::new();
    for (meter, injection) in &plan.injections {
        let mut score = InjectionScore { injection: injection.to_string(), ..InjectionScore::default() };
        balance(*meter, truth, &ledger, &mut score);
        scores.insert(*meter, score);
    }
    for item in &items {
        let outcome = item.sent.map(|sent| ledger.outcome(item.meter, sent.timestamp, sent.reading));
        if let Some(score) = scores.get_mut(&item.meter) {
            score.add(item, outcome, plan, &findings);
        }
    }
    let injections =
        plan.injections.iter().filter_map(|(meter, _): &(usize, Injection)| scores.remove(meter)).collect();
    Tampering { injections, other_meters: others(plan, refused, &findings) }
}

/// What the ledger has of a meter against what it measured.
fn balance(meter: usize, truth: &[(i64, Vec<Metered>)], ledger: &Ledger, score: &mut InjectionScore) {
    let mut there: BTreeMap<i64, Metered> = BTreeMap::new();
    let own = ledger.readings.iter().filter(|((known, _), _)| *known == meter);
    there.extend(own.map(|((_, end), reading)| (*end, *reading)));
    for (end, measured) in truth {
        let measured = measured.get(meter).copied().unwrap_or_default();
        match there.remove(end) {
            Some(reading) => {
                score.excess_wh += i64::from(reading.generated) - i64::from(measured.generated);
                score.excess_base_units += surplus(&reading) - surplus(&measured);
            }
            None => {
                score.lost_wh += u64::from(measured.generated);
                score.lost_base_units += surplus(&measured).unsigned_abs();
            }
        }
    }
    // Intervals before or after the run.
    for reading in there.values() {
        score.excess_wh += i64::from(reading.generated);
        score.excess_base_units += surplus(reading);
    }
}

impl InjectionScore {
    fn add(&mut self, item: &Item, outcome: Option<Result<(), String>>, plan: &Plan, findings: &Findings) {
        if !item.tampered {
            if let Some(Err(error)) = outcome {
                *self.honest_refused.entry(error).or_default() += 1;
            }
            return;
        }
        self.tampered += 1;
        let found = found(item, outcome == Some(Ok(())), plan, findings);
        self.flagged += u64::from(!found.is_empty());
        for check in &found {
            *self.flagged_by.entry(check.name()).or_default() += 1;
        }
        let caught = matches!(outcome, Some(Err(_)));
        self.missed += u64::from(!caught && found.is_empty());
        match (outcome, item.sent) {
            (Some(Ok(())), Some(sent)) => {
                self.accepted += 1;
                self.minted += u64::from(surplus(&sent.reading) > 0);
            }
            (Some(Err(error)), _) => *self.caught.entry(error).or_default() += 1,
            _ => self.withheld += 1,
        }
    }

    /// How many the ledger refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.caught.values().sum()
    }
}

/// The checks that point at a tampered reading.
fn found(item: &Item, accepted: bool, plan: &Plan, findings: &Findings) -> Vec<Check> {
    let Item { meter, interval, measured, sent, .. } = *item;
    let points = |check: &Check| match (check, sent) {
        // The day's sum points at the values in it, as far as they are wrong.
        (Check::Share, Some(sent)) => {
            let wrong = accepted && sent.reading.generated != measured.generated;
            wrong && findings.days.contains(&(meter, day(plan.zone, sent.timestamp)))
        }
        (Check::Share, None) => false,
        (check, sent) => {
            let times = [Some(interval), sent.map(|sent| sent.timestamp)];
            times.into_iter().flatten().any(|time| findings.readings.contains(&(meter, *check, time)))
        }
    };
    Check::ALL.into_iter().filter(|check| points(check)).collect()
}

fn others(plan: &Plan, refused: &[Refused], findings: &Findings) -> OtherMeters {
    let mut others = OtherMeters { meters: plan.meters.len() - plan.injections.len(), ..OtherMeters::default() };
    for Refused { error, .. } in refused.iter().filter(|refused| !plan.is_tampered(refused.meter)) {
        *others.refused.entry(error.clone()).or_default() += 1;
    }
    let readings = findings.readings.iter().map(|(meter, check, _)| (*meter, *check));
    let days = findings.days.iter().map(|(meter, _)| (*meter, Check::Share));
    for (_, check) in readings.chain(days).filter(|(meter, _)| !plan.is_tampered(*meter)) {
        *others.flagged_by.entry(check.name()).or_default() += 1;
    }
    others
}

#[cfg(test)]
mod tests {
    use {
        super::*, campus_energy_sdk::time::INTERVAL_SECONDS, campus_energy_simulation::tampering::Sent,
        chrono_tz::Asia::Bangkok,
    };

    const MIDNIGHT: i64 = 1_742_403_600;
    const INTERVALS: i64 = 96;
    const METERS: usize = 5;

    /// A day of five meters that have equal shares; the first one is tampered with. The ledger takes each interval once, and no
    /// time that is none or ahead.
    fn scored(injection: &str) -> Tampering {
        let meters = (1..=METERS).map(|number| format!("ENG_{number:03}").parse().unwrap()).collect();
        let plan = Plan::new(meters, &[injection.parse().unwrap()], vec![1; METERS], 42, Bangkok).unwrap();
        let mut injector = Injector::new(&plan);
        let mut evidence = Evidence::default();
        for number in 1..=INTERVALS {
            let end = MIDNIGHT + number * INTERVAL_SECONDS;
            let noon = u32::try_from(1_000 - (number - 48).abs() * 20).unwrap();
            let measured = vec![Metered { generated: noon, consumed: 500 }; METERS];
            let honest = (1..METERS).map(|meter| (meter, Sent { timestamp: end, reading: measured[meter] }));
            let items = injector.step(Interval::ending_at(end).unwrap(), &measured);
            let own = items.into_iter().filter_map(|item| Some((item.meter, item.sent?)));
            for (meter, Sent { timestamp, reading }) in honest.chain(own) {
                let there = evidence.accepted.iter().any(|known| (known.meter, known.timestamp) == (meter, timestamp));
                let error = if timestamp % INTERVAL_SECONDS != 0 {
                    Some("MisalignedTimestamp")
                } else if timestamp > end {
                    Some("FutureReading")
                } else {
                    there.then_some("AlreadyAccepted")
                };
                let at = end + 5;
                match error {
                    None => evidence.accepted.push(Accepted { meter, timestamp, reading, at }),
                    Some(error) => {
                        evidence.refused.push(Refused { meter, timestamp, reading, at, error: error.into() });
                    }
                }
            }
            evidence.truth.push((end, measured));
        }
        score(&plan, &evidence)
    }

    fn counted(score: &InjectionScore) -> [u64; 7] {
        let &InjectionScore { tampered, withheld, accepted, minted, flagged, missed, .. } = score;
        [tampered, withheld, score.refused(), accepted, minted, flagged, missed]
    }

    /// A meter's surplus of the day, Wh: above 500 Wh from the 24th to the 72nd interval.
    const SURPLUS: i64 = 12_500;

    #[test]
    fn every_tampered_reading_is_withheld_caught_or_accepted_and_flagged_or_missed() {
        // Tampered, withheld, caught, accepted, minted, flagged, missed; excess in Wh and in Wh of tokens.
        for (injection, expected, excess) in [
            ("bias:ENG_001:100", [96, 0, 0, 96, 59, 96, 0], [9_600, 5_500]),
            ("bias:ENG_001:1", [96, 0, 0, 96, 51, 0, 96], [96, 51]),
            ("scaling:ENG_001:1.2", [96, 0, 0, 96, 59, 96, 0], [9_984, 7_920]),
            ("late:ENG_001:2", [96, 2, 0, 94, 49, 96, 0], [0, 0]),
            ("duplicate:ENG_001", [96, 0, 96, 0, 0, 96, 0], [0, 0]),
            ("reordered:ENG_001", [48, 0, 0, 48, 24, 48, 0], [0, 0]),
            ("clock-skewed:ENG_001:30", [96, 0, 96, 0, 0, 96, 0], [0, 0]),
            ("clock-skewed:ENG_001:900", [96, 0, 96, 0, 0, 96, 0], [0, 0]),
            ("silent:ENG_001:1", [96, 96, 0, 0, 0, 96, 0], [0, 0]),
        ] {
            let Tampering { injections, other_meters } = scored(injection);
            let score = &injections[0];
            assert_eq!((injections.len(), &score.injection[..]), (1, injection));
            assert_eq!(counted(score), expected, "{score:?}");
            assert_eq!(score.tampered, score.withheld + score.refused() + score.accepted);
            let [energy, tokens] = excess;
            assert_eq!((score.excess_wh, score.excess_base_units), (energy, tokens * 1_000_000), "{injection}");
            assert_eq!(other_meters, OtherMeters { meters: 4, ..OtherMeters::default() }, "{injection}");
            assert!(score.honest_refused.is_empty());
        }
    }

    #[test]
    fn of_two_truths_the_first_counts_and_the_other_tells() {
        let Tampering { injections, .. } = scored("double-signed:ENG_001:500");
        let score = &injections[0];
        let [tampered, withheld, caught, accepted, _, flagged, missed] = counted(score);
        assert_eq!([tampered, withheld, flagged, missed], [96, 0, 96, 0]);
        assert_eq!(caught + accepted, 96);
        assert!(caught > 20 && accepted > 20, "{score:?}");
        assert_eq!(score.honest_refused, BTreeMap::from([("AlreadyAccepted".to_string(), accepted)]));
        assert_eq!(score.excess_wh, 500 * i64::try_from(accepted).unwrap());
        assert_eq!(score.flagged_by, BTreeMap::from([("contradiction", 96), ("share", accepted)]));
    }

    #[test]
    fn what_is_never_delivered_is_lost() {
        let Tampering { injections, .. } = scored("silent:ENG_001:00:00-24:00");
        let lost = (injections[0].lost_wh, injections[0].lost_base_units);
        let generated: i64 = (1..=INTERVALS).map(|number| 1_000 - (number - 48).abs() * 20).sum();
        assert_eq!(lost, (generated.unsigned_abs(), SURPLUS.unsigned_abs() * 1_000_000));
    }

    #[test]
    fn a_plan_names_meters_of_the_department_once() {
        let plan = |injections: &[&str]| {
            let meters = ["ENG_001", "ENG_002"].map(|id| id.parse().unwrap()).into();
            let injections: Vec<Injection> = injections.iter().map(|text| text.parse().unwrap()).collect();
            Plan::new(meters, &injections, Vec::new(), 42, Bangkok).map(|plan| plan.injections.len())
        };
        assert_eq!(plan(&["late:ENG_002", "duplicate:ENG_001"]), Ok(2));
        assert_eq!(
            plan(&["late:ENG_003"]),
            Err("late:ENG_003:2: there is no meter ENG_003; give one of ENG_001 to ENG_002".into())
        );
        assert_eq!(
            plan(&["late:ENG_002", "duplicate:ENG_002"]),
            Err("duplicate:ENG_002: ENG_002 has late:ENG_002:2 already; give one injection for each meter".into())
        );
    }
}
