//! Checks that an operator can make afterwards, from the ledger's readings, the submitter's rejected readings and the
//! configuration. They know neither the injections nor the true readings.

use {
    super::{Accepted, Refused},
    campus_energy_sdk::{
        oracle::error::OracleError, reading::Metered, registry::error::RegistryError, time::INTERVAL_SECONDS,
    },
    chrono::{DateTime, NaiveDate},
    chrono_tz::Tz,
    std::collections::{BTreeMap, BTreeSet, HashMap},
};

/// A check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The reading was refused as more than its meter or the array can give, or the meter take.
    Limit,
    /// The meter's generation of the day is not its share of what the other meters say the array gave.
    Share,
    /// The ledger has no reading of the interval.
    Missing,
    /// The reading was accepted an interval or more after its interval's end.
    Late,
    /// The reading was accepted after one of the meter for a later interval.
    Order,
    /// The reading was refused because the ledger has it already.
    Repeated,
    /// The reading was refused because the ledger has one of the interval with other values.
    Contradiction,
    /// The reading was refused for the time that it names.
    Timestamp,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Limit,
        Self::Share,
        Self::Missing,
        Self::Late,
        Self::Order,
        Self::Repeated,
        Self::Contradiction,
        Self::Timestamp,
    ];

    /// The name of the check.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Share => "share",
            Self::Missing => "missing",
            Self::Late => "late",
            Self::Order => "order",
            Self::Repeated => "repeated",
            Self::Contradiction => "contradiction",
            Self::Timestamp => "timestamp",
        }
    }
}

const LIMIT_ERRORS: [OracleError; 3] =
    [OracleError::ImplausibleGeneration, OracleError::ImplausibleConsumption, OracleError::ImplausibleArray];
const TIME_ERRORS: [OracleError; 3] =
    [OracleError::MisalignedTimestamp, OracleError::FutureReading, OracleError::StaleReading];

/// What an operator has after a run.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// How many meters there are.
    pub meters: usize,
    /// The ends of the run's intervals.
    pub intervals: &'a [i64],
    /// Each meter's weight in the apportioning; empty where it goes by consumption.
    pub weights: &'a [u64],
    /// The site's time zone.
    pub zone: Tz,
    /// What the ledger has accepted, in its order.
    pub accepted: &'a [Accepted],
    /// The readings that the ledger rejected.
    pub refused: &'a [Refused],
}

/// What the checks have found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Single readings: the meter, the check, and the time that the reading names or should name.
    pub readings: BTreeSet<(usize, Check, i64)>,
    /// Meters whose generation of a local day is not their share.
    pub days: BTreeSet<(usize, NaiveDate)>,
}

/// The local day in which the interval that ends then began.
#[must_use]
pub fn day(zone: Tz, end: i64) -> NaiveDate {
    let start = DateTime::from_timestamp(end - INTERVAL_SECONDS, 0).unwrap_or_default();
    start.with_timezone(&zone).date_naive()
}

/// Makes all checks.
#[must_use]
pub fn findings(view: &View) -> Findings {
    let mut readings = BTreeSet::new();
    let mut known: HashMap<(usize, i64), Metered> = HashMap::new();
    let mut newest: HashMap<usize, i64> = HashMap::new();
    for &Accepted { meter, timestamp, reading, at } in view.accepted {
        known.insert((meter, timestamp), reading);
        if at >= timestamp + INTERVAL_SECONDS {
            readings.insert((meter, Check::Late, timestamp));
        }
        let newest = newest.entry(meter).or_insert(timestamp);
        if timestamp < *newest {
            readings.insert((meter, Check::Order, timestamp));
        }
        *newest = timestamp.max(*newest);
    }
    for &end in view.intervals {
        let missing = (0..view.meters).filter(|meter| !known.contains_key(&(*meter, end)));
        readings.extend(missing.map(|meter| (meter, Check::Missing, end)));
    }
    for Refused { meter, timestamp, reading, error, .. } in view.refused {
        let check = match known.get(&(*meter, *timestamp)) {
            Some(there) if *error == RegistryError::AlreadyAccepted.name() => {
                Some(if there == reading { Check::Repeated } else { Check::Contradiction })
            }
            _ if LIMIT_ERRORS.iter().any(|limit| limit.name() == error) => Some(Check::Limit),
            _ if TIME_ERRORS.iter().any(|time| time.name() == error) => Some(Check::Timestamp),
            _ if *error == RegistryError::OutsideWindow.name() => Some(Check::Timestamp),
            _ => None,
        };
        readings.extend(check.map(|check| (*meter, check, *timestamp)));
    }
    Findings { readings, days: shares(view) }
}

/// Meters that must have reported an interval for it to be compared: with two, nobody can tell which of them is wrong.
const COMPARABLE: usize = 3;
/// What a sound meter may be wrong by, as a share: class 1 of IEC 62053-21.
const ACCURACY: f64 = 0.01;
/// Standard deviations of the meters' spread that are still no finding.
const SPREADS: f64 = 5.0;
/// Standard deviations of rounding that are still no finding.
const ROUNDINGS: f64 = 4.0;
/// A normal distribution's standard deviation, in median absolute deviations.
const MAD: f64 = 1.4826;

/// A meter's day.
#[derive(Clone, Copy, Default)]
struct Day {
    generated: f64,
    expected: f64,
    /// Variance of what rounding to the Wh leaves, Wh squared.
    rounding: f64,
}

/// Meters whose generation of a day is not their share: against what the array gave in each interval by the median of the meters,
/// each for its weight. The noise of sky and array is common to all and cancels; what is left is rounding, a meter's class, and
/// whatever spread the meters of that day have.
fn shares(view: &View) -> BTreeSet<(usize, NaiveDate)> {
    let mut intervals: BTreeMap<i64, Vec<(usize, Metered)>> = BTreeMap::new();
    for accepted in view.accepted {
        intervals.entry(accepted.timestamp).or_default().push((accepted.meter, accepted.reading));
    }
    let mut days: BTreeMap<NaiveDate, BTreeMap<usize, Day>> = BTreeMap::new();
    for (end, readings) in intervals {
        let weight = |(meter, reading): &(usize, Metered)| match view.weights {
            [] => f64::from(reading.consumed),
            weights => weights.get(*meter).map_or(0.0, |weight| *weight as f64),
        };
        let ratios = readings.iter().map(|own| (f64::from(own.1.generated) / weight(own), weight(own)));
        let Some((level, of)) = median(ratios.filter(|(_, weight)| *weight > 0.0).collect()) else { continue };
        let day = days.entry(day(view.zone, end)).or_default();
        for own in &readings {
            let sums = day.entry(own.0).or_default();
            sums.generated += f64::from(own.1.generated);
            sums.expected += level * weight(own);
            // Half a Wh of its own, and half a Wh of the median's in proportion.
            let rounding = 0.5 + if level > 0.0 { 0.5 * weight(own) / of } else { 0.0 };
            sums.rounding += rounding * rounding;
        }
    }
    let deviant = |(date, meters): (NaiveDate, BTreeMap<usize, Day>)| {
        let spread = spread(meters.values());
        let found = meters.into_iter().filter(move |(_, day)| {
            let tolerance = ROUNDINGS * day.rounding.sqrt() + day.expected * (SPREADS * spread).max(ACCURACY);
            (day.generated - day.expected).abs() > tolerance
        });
        found.map(move |(meter, _)| (meter, date))
    };
    days.into_iter().flat_map(deviant).collect()
}

/// The median of the ratios, and the weight that it is of; none of too few.
fn median(mut ratios: Vec<(f64, f64)>) -> Option<(f64, f64)> {
    if ratios.len() < COMPARABLE {
        return None;
    }
    ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
    let ((low, low_weight), (high, high_weight)) = (ratios[(ratios.len() - 1) / 2], ratios[ratios.len() / 2]);
    Some((f64::midpoint(low, high), low_weight.min(high_weight)))
}

/// The standard deviation of the meters' deviations from their shares, by the median: a few that are far off do not widen it.
fn spread<'a>(days: impl Iterator<Item = &'a Day>) -> f64 {
    let relative = days.filter(|day| day.expected > 0.0).map(|day| (day.generated / day.expected - 1.0).abs());
    median(relative.map(|deviation| (deviation, 1.0)).collect()).map_or(0.0, |(middle, _)| MAD * middle)
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_sdk::apportion::apportion, chrono_tz::Asia::Bangkok};

    const MIDNIGHT: i64 = 1_742_403_600;

    fn ends() -> Vec<i64> {
        (1..=96).map(|number| MIDNIGHT + number * INTERVAL_SECONDS).collect()
    }

    /// A day of the array, Wh by the quarter of an hour.
    fn array(number: usize) -> u32 {
        let noon = 10_000_i64 - (i64::try_from(number).unwrap() - 48).pow(2) * 25;
        u32::try_from(noon.max(0)).unwrap()
    }

    /// A day in which all is well, of meters that consume between 300 and 900 Wh.
    fn honest(weights: &[u64], meters: usize) -> Vec<Accepted> {
        let mut accepted = Vec::new();
        for (number, timestamp) in ends().into_iter().enumerate() {
            let consumed: Vec<u32> =
                (0..meters).map(|meter| 300 + u32::try_from((meter * 37 + number * 11) % 600).unwrap()).collect();
            let by_consumption: Vec<u64> = consumed.iter().map(|&energy| energy.into()).collect();
            let generated = apportion(array(number), if weights.is_empty() { &by_consumption } else { weights });
            for (meter, (generated, consumed)) in generated.into_iter().zip(consumed).enumerate() {
                let reading = Metered { generated, consumed };
                accepted.push(Accepted { meter, timestamp, reading, at: timestamp + 5 });
            }
        }
        accepted
    }

    fn found(weights: &[u64], meters: usize, accepted: &[Accepted], refused: &[Refused]) -> Findings {
        findings(&View { meters, intervals: &ends(), weights, zone: Bangkok, accepted, refused })
    }

    fn changed(mut accepted: Vec<Accepted>, meter: usize, change: impl Fn(usize, u32) -> u32) -> Vec<Accepted> {
        let own = accepted.iter_mut().filter(|accepted| accepted.meter == meter);
        for (number, accepted) in own.enumerate() {
            accepted.reading.generated = change(number, accepted.reading.generated);
        }
        accepted
    }

    fn of(meter: usize) -> BTreeSet<(usize, NaiveDate)> {
        BTreeSet::from([(meter, NaiveDate::from_ymd_opt(2025, 3, 20).unwrap())])
    }

    #[test]
    fn an_honest_day_has_no_findings() {
        for (weights, meters) in
            [(&[][..], 15), (&[1, 0, 1, 0, 1], 5), (&[90, 5, 5], 3), (&[7, 3, 3, 2, 1], 5), (&[1, 1], 2)]
        {
            assert_eq!(found(weights, meters, &honest(weights, meters), &[]), Findings::default(), "{weights:?}");
        }
    }

    #[test]
    fn a_meter_that_is_off_its_share_is_found_and_no_other() {
        for (weights, meters) in [(&[][..], 15), (&[1, 0, 1, 0, 1], 5), (&[7, 3, 3, 2, 1], 5)] {
            let day = honest(weights, meters);
            let off =
                |change: fn(usize, u32) -> u32| found(weights, meters, &changed(day.clone(), 2, change), &[]).days;
            assert_eq!(off(|_, generated| generated * 11 / 10), of(2), "{weights:?}: scaling");
            assert_eq!(off(|_, generated| generated * 9 / 10), of(2), "{weights:?}: scaling down");
            assert_eq!(off(|_, generated| generated + 20), of(2), "{weights:?}: bias");
            let drift = |number: usize, generated: u32| generated + generated * u32::try_from(number).unwrap() / 960;
            assert_eq!(off(drift), of(2), "{weights:?}: drift");
            assert!(off(|_, generated| generated + generated / 200).is_empty(), "{weights:?}: half a percent is noise");
        }
        // A meter that has no share generates nothing.
        let day = changed(honest(&[1, 0, 1, 0, 1], 5), 1, |_, generated| generated + 1);
        assert_eq!(found(&[1, 0, 1, 0, 1], 5, &day, &[]).days, of(1));
        // Nobody can tell which of two is wrong.
        let day = changed(honest(&[1, 1], 2), 0, |_, generated| generated * 2);
        assert!(found(&[1, 1], 2, &day, &[]).days.is_empty());
    }

    #[test]
    fn where_meters_differ_anyway_more_is_tolerated() {
        // Each is off by up to 3 % of its own accord.
        let own = |accepted: &mut Accepted| {
            let percent = 97 + u32::try_from(accepted.meter * 2 % 7).unwrap();
            accepted.reading.generated = accepted.reading.generated * percent / 100;
        };
        let mut day = honest(&[1; 15], 15);
        day.iter_mut().for_each(own);
        assert!(found(&[1; 15], 15, &day, &[]).days.is_empty());
        let day = changed(day, 3, |_, generated| generated * 13 / 10);
        assert_eq!(found(&[1; 15], 15, &day, &[]).days, of(3));
    }

    #[test]
    fn times_and_refusals_are_found() {
        let mut day = honest(&[1; 3], 3);
        let ends = ends();
        // The first meter's readings of two intervals: the later one comes behind the next ones.
        let late = day.remove(10 * 3);
        let missing = day.remove(4 * 3);
        day.insert(14 * 3, Accepted { at: late.timestamp + INTERVAL_SECONDS, ..late });
        let reading = Metered { generated: 9, consumed: 9 };
        let refusal =
            |meter, timestamp, reading, error: &str| Refused { meter, timestamp, reading, at: 0, error: error.into() };
        let there = day[0];
        let refused = [
            refusal(0, there.timestamp, there.reading, "AlreadyAccepted"),
            refusal(0, ends[1], reading, "AlreadyAccepted"),
            refusal(1, ends[2] + 30, reading, "MisalignedTimestamp"),
            refusal(1, ends[3], reading, "FutureReading"),
            refusal(1, ends[4], reading, "StaleReading"),
            refusal(1, ends[5], reading, "OutsideWindow"),
            refusal(2, ends[6], reading, "ImplausibleGeneration"),
            refusal(2, ends[7], reading, "ImplausibleArray"),
            refusal(2, ends[8], reading, "ImplausibleConsumption"),
            refusal(2, ends[9], reading, "Paused"),
        ];
        let Findings { readings, days } = found(&[1; 3], 3, &day, &refused);
        assert!(days.is_empty(), "{days:?}");
        let expected = BTreeSet::from([
            (0, Check::Missing, missing.timestamp),
            (0, Check::Late, late.timestamp),
            (0, Check::Order, late.timestamp),
            (0, Check::Repeated, ends[0]),
            (0, Check::Contradiction, ends[1]),
            (1, Check::Timestamp, ends[2] + 30),
            (1, Check::Timestamp, ends[3]),
            (1, Check::Timestamp, ends[4]),
            (1, Check::Timestamp, ends[5]),
            (2, Check::Limit, ends[6]),
            (2, Check::Limit, ends[7]),
            (2, Check::Limit, ends[8]),
        ]);
        assert_eq!(readings, expected);
    }
}
