//! Changes the tampered meters' readings between the meter and the submitter. The result is a function of (injections, seed,
//! intervals).

use {
    super::{Kind, Plan, Silence},
    campus_energy_sdk::{reading::Metered, time::Interval},
    chrono::{DateTime, Timelike},
    chrono_tz::Tz,
    rand_chacha::{
        ChaCha8Rng,
        rand_core::{RngCore, SeedableRng},
    },
    sha2::{Digest, Sha256},
    std::collections::VecDeque,
};

/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;
/// Thousandths of a percent in the whole.
const WHOLE: i128 = 100_000;

/// A reading of a tampered meter on its way to the submitter, or one that never gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The meter's number.
    pub meter: usize,
    /// End of the interval that was measured, Unix seconds.
    pub interval: i64,
    /// What was measured.
    pub measured: Metered,
    /// What is delivered, now; none where it never is.
    pub sent: Option<Sent>,
    /// Whether the injection made it other than an honest meter's: its values, its time, its being there twice or not at all.
    pub tampered: bool,
}

/// What a delivered reading says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The end of the interval that it names, Unix seconds; it may be none.
    pub timestamp: i64,
    /// Values of the reading.
    pub reading: Metered,
}

/// The tampered meters of a run.
pub struct Injector {
    zone: Tz,
    /// The beginning of the first interval, once there was one.
    began: Option<i64>,
    meters: Vec<TamperedMeter>,
}

struct TamperedMeter {
    meter: usize,
    kind: Kind,
    random: ChaCha8Rng,
    /// What has been measured and not delivered, oldest first.
    held: VecDeque<(i64, Metered)>,
}

impl Injector {
    /// The tampered meters of a plan, before the first interval.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let meter = |(number, injection): &(usize, super::Injection)| TamperedMeter {
            meter: *number,
            kind: injection.kind,
            random: random(plan.seed, &injection.meter.0),
            held: VecDeque::new(),
        };
        Self { zone: plan.zone, began: None, meters: plan.injections.iter().map(meter).collect() }
    }

    /// An interval has ended in which the meters measured this: what the tampered ones deliver now, in its order. Intervals must be
    /// given in their order.
    pub fn step(&mut self, interval: Interval, measured: &[Metered]) -> Vec<Item> {
        let began = *self.began.get_or_insert(interval.start());
        let local = DateTime::from_timestamp(interval.start(), 0).unwrap_or_default().with_timezone(&self.zone);
        let hour = f64::from(local.num_seconds_from_midnight()) / 3_600.0;
        let mut items = Vec::new();
        for meter in &mut self.meters {
            let measured = measured.get(meter.meter).copied().unwrap_or_default();
            meter.step(interval, measured, interval.end() - began, hour, &mut items);
        }
        items
    }

    /// The run is over: what was held back and is never delivered.
    pub fn finish(&mut self) -> Vec<Item> {
        let undelivered = |meter: &mut TamperedMeter| {
            let number = meter.meter;
            let held = std::mem::take(&mut meter.held);
            held.into_iter().map(move |(interval, measured)| Item {
                meter: number,
                interval,
                measured,
                sent: None,
                tampered: true,
            })
        };
        self.meters.iter_mut().flat_map(undelivered).collect()
    }
}

impl TamperedMeter {
    fn step(&mut self, interval: Interval, measured: Metered, elapsed: i64, hour: f64, items: &mut Vec<Item>) {
        let end = interval.end();
        let own = Item { meter: self.meter, interval: end, measured, sent: None, tampered: false };
        let honest = Item { sent: Some(Sent { timestamp: end, reading: measured }), ..own };
        let valued = |generated: u32| {
            let reading = Metered { generated, ..measured };
            Item { sent: Some(Sent { timestamp: end, reading }), tampered: reading != measured, ..own }
        };
        match self.kind {
            Kind::Bias(energy) => items.push(valued(measured.generated.saturating_add_signed(energy))),
            Kind::Scaling(parts) => items.push(valued(multiplied(measured.generated, parts.into(), 1_000))),
            Kind::Drift(a_day) => {
                let whole = WHOLE * i128::from(DAY_SECONDS);
                let factor = whole + i128::from(a_day) * i128::from(elapsed);
                items.push(valued(multiplied(measured.generated, factor, whole)));
            }
            Kind::Late(intervals) => {
                self.held.push_back((end, measured));
                if self.held.len() > usize::from(intervals) {
                    self.release(items);
                }
            }
            Kind::Duplicate => items.extend([honest, Item { tampered: true, ..honest }]),
            Kind::Reordered if self.held.is_empty() => self.held.push_back((end, measured)),
            Kind::Reordered => {
                items.push(honest);
                self.release(items);
            }
            Kind::ClockSkewed(seconds) => {
                let sent = Sent { timestamp: end + i64::from(seconds), reading: measured };
                items.push(Item { sent: Some(sent), tampered: true, ..own });
            }
            Kind::Silent(silence) => {
                let silent = match silence {
                    Silence::Share(parts) => self.happens(parts),
                    Silence::Hours(hours) => hours.contains(hour),
                };
                items.push(if silent { Item { tampered: true, ..own } } else { honest });
            }
            Kind::DoubleSigned(energy) => {
                let wrong = valued(measured.generated.saturating_add(energy));
                items.extend(if self.happens(500) { [wrong, honest] } else { [honest, wrong] });
            }
        }
    }

    /// Delivers the oldest reading that was held back.
    fn release(&mut self, items: &mut Vec<Item>) {
        if let Some((interval, measured)) = self.held.pop_front() {
            let sent = Some(Sent { timestamp: interval, reading: measured });
            items.push(Item { meter: self.meter, interval, measured, sent, tampered: true });
        }
    }

    /// Whether something happens that does with a probability of so many thousandths.
    fn happens(&mut self, parts: u16) -> bool {
        (u64::from(self.random.next_u32()) * 1_000) >> 32 < u64::from(parts)
    }
}

/// Energy times a fraction, to the nearest Wh; not below 0.
fn multiplied(energy: u32, factor: i128, whole: i128) -> u32 {
    let product = (i128::from(energy) * factor * 2 + whole).div_euclid(whole * 2);
    u32::try_from(product.max(0)).unwrap_or(u32::MAX)
}

/// A meter's random numbers.
fn random(seed: u64, name: &[u8]) -> ChaCha8Rng {
    let mut key = Sha256::new();
    key.update(b"campus-energy injection\0");
    key.update(seed.to_le_bytes());
    key.update(name);
    ChaCha8Rng::from_seed(key.finalize().into())
}

#[cfg(test)]
mod tests {
    use {super::*, campus_energy_sdk::time::INTERVAL_SECONDS, chrono_tz::Asia::Bangkok};

    /// Midnight in Bangkok.
    const MIDNIGHT: i64 = 1_742_403_600;
    const TRUTH: Metered = Metered { generated: 1_000, consumed: 400 };

    fn end(number: i64) -> i64 {
        MIDNIGHT + INTERVAL_SECONDS * (number + 1)
    }

    /// What a meter that always measures the same delivers in so many intervals: when (its interval's number), what and whether it
    /// is tampered with; then what it never delivers.
    fn day(kind: &str, intervals: i64) -> (Vec<(i64, Sent, bool)>, Vec<i64>) {
        let injection = kind.parse().unwrap();
        let plan = Plan::new(vec!["ENG_001".parse().unwrap()], &[injection], Vec::new(), 42, Bangkok).unwrap();
        let mut injector = Injector::new(&plan);
        let (mut sent, mut withheld) = (Vec::new(), Vec::new());
        let mut take = |number: i64, items: Vec<Item>| {
            for item in items {
                assert_eq!((item.meter, item.measured), (0, TRUTH));
                match item.sent {
                    Some(reading) => sent.push((number, reading, item.tampered)),
                    None => withheld.push((item.interval - MIDNIGHT) / INTERVAL_SECONDS - 1),
                }
            }
        };
        for number in 0..intervals {
            take(number, injector.step(Interval::ending_at(end(number)).unwrap(), &[TRUTH]));
        }
        take(intervals, injector.finish());
        (sent, withheld)
    }

    fn says(number: i64, generated: u32) -> Sent {
        Sent { timestamp: end(number), reading: Metered { generated, consumed: 400 } }
    }

    #[test]
    fn values_are_changed_by_bias_scaling_and_drift() {
        let values = |kind: &str| {
            let (sent, withheld) = day(kind, 3);
            assert!(withheld.is_empty());
            for (number, (at, sent, tampered)) in (0..).zip(&sent) {
                assert_eq!((*at, sent.timestamp, sent.reading.consumed), (number, end(number), 400));
                assert_eq!(*tampered, sent.reading.generated != 1_000);
            }
            sent.iter().map(|(_, sent, _)| sent.reading.generated).collect::<Vec<_>>()
        };
        assert_eq!(values("bias:ENG_001:25"), [1_025; 3]);
        assert_eq!(values("bias:ENG_001:-1001"), [0; 3]);
        assert_eq!(values("scaling:ENG_001:1.234"), [1_234; 3]);
        assert_eq!(values("scaling:ENG_001:0"), [0; 3]);
        // 9.6 % a day is 0.1 % an interval; the first one ends after one.
        assert_eq!(values("drift:ENG_001:9.6"), [1_001, 1_002, 1_003]);
        assert_eq!(values("drift:ENG_001:-9.6"), [999, 998, 997]);
        // 0.048 % are rounded to the Wh: half of one is one.
        assert_eq!(values("drift:ENG_001:4.8"), [1_001, 1_001, 1_002]);
        assert_eq!(multiplied(u32::MAX, 10, 1), u32::MAX);
        assert_eq!(multiplied(1, -1, 1), 0);
    }

    #[test]
    fn times_are_changed_by_late_reordered_and_clock_skewed() {
        let (sent, withheld) = day("late:ENG_001:2", 5);
        assert_eq!(sent, [(2, says(0, 1_000), true), (3, says(1, 1_000), true), (4, says(2, 1_000), true)]);
        assert_eq!(withheld, [3, 4], "the run ends before");

        let (sent, withheld) = day("reordered:ENG_001", 5);
        let expected = [(1, 1, false), (1, 0, true), (3, 3, false), (3, 2, true)];
        assert_eq!(sent, expected.map(|(at, number, tampered)| (at, says(number, 1_000), tampered)));
        assert_eq!(withheld, [4], "its other one never comes");

        let (sent, withheld) = day("clock-skewed:ENG_001:30", 2);
        let skewed = |number| Sent { timestamp: end(number) + 30, ..says(number, 1_000) };
        assert_eq!(sent, [(0, skewed(0), true), (1, skewed(1), true)]);
        assert!(withheld.is_empty());
        assert_eq!(day("clock-skewed:ENG_001:900", 1).0, [(0, says(1, 1_000), true)]);
    }

    #[test]
    fn readings_are_doubled_or_withheld() {
        let (sent, withheld) = day("duplicate:ENG_001", 2);
        let expected = [(0, false), (0, true), (1, false), (1, true)];
        assert_eq!(sent, expected.map(|(number, tampered)| (number, says(number, 1_000), tampered)));
        assert!(withheld.is_empty());

        // Intervals that begin at 01:00, 01:15, 01:30.
        let (sent, withheld) = day("silent:ENG_001:01:00-01:45", 96);
        assert_eq!(withheld, [4, 5, 6]);
        assert_eq!(sent.len(), 93);
        assert!(sent.iter().all(|(at, sent, tampered)| *sent == says(*at, 1_000) && !tampered));

        let (sent, withheld) = day("silent:ENG_001:0.25", 960);
        assert_eq!(sent.len() + withheld.len(), 960);
        // Four standard deviations of a binomial.
        assert!((186..=294).contains(&withheld.len()), "{}", withheld.len());
        assert_eq!(day("silent:ENG_001:1", 96).0, []);

        let (sent, withheld) = day("double-signed:ENG_001:500", 960);
        assert!(withheld.is_empty());
        let mut wrong_first = 0;
        for (number, pair) in (0..).zip(sent.chunks(2)) {
            let (honest, wrong) = ((number, says(number, 1_000), false), (number, says(number, 1_500), true));
            assert!(pair == [honest, wrong] || pair == [wrong, honest], "{pair:?}");
            wrong_first += usize::from(pair[0] == wrong);
        }
        assert!((418..=542).contains(&wrong_first), "{wrong_first}");
    }

    #[test]
    fn the_same_seed_does_the_same() {
        assert_eq!(day("silent:ENG_001:0.5", 96), day("silent:ENG_001:0.5", 96));
        let bits = |seed: u64, name: &[u8]| random(seed, name).next_u64();
        assert_eq!(bits(1, b"ENG_001"), bits(1, b"ENG_001"));
        assert_ne!(bits(1, b"ENG_001"), bits(2, b"ENG_001"));
        assert_ne!(bits(1, b"ENG_001"), bits(1, b"ENG_002"));
    }
}
