//! What people and weather make of a design day's load, in the physical mode: who is there, how warm it is, what the
//! laboratories switch on. Every factor has mean 1 on an ordinary day of the design month, so that the load keeps to the
//! brief's table in expectation. All shares are assumptions (see `docs/simulation.md`).

use {
    super::{
        Configuration, MeterProfile,
        calendar::{DayKind, LocalTime},
        configuration::Semesters,
        load::{ZoneLoad, burst_scale},
        noise::{METERS_AT_ONCE, stream},
        slots::{DAY, INTERVAL_HOURS, hour_of},
    },
    campus_energy_sdk::{identity::MeterId, registry::state::Zone},
    chrono::NaiveDate,
    rand_chacha::ChaCha8Rng,
    rand_distr::{Binomial, Distribution, LogNormal, Poisson, Uniform},
    rayon::prelude::*,
};

/// Hours between which people are there.
const PRESENCE: std::ops::Range<f64> = 6.0..22.0;
/// How likely somebody comes on a day of lectures.
const ATTENDANCE: f64 = 0.9;
/// Share of the load that cools, and how much more it takes for a degree.
const COOLING: f64 = 0.45;
const PER_DEGREE: f64 = 0.03;
/// Bursts of a laboratory's meter on a weekday; on other days fewer.
const BURSTS: f64 = 1.5;
const BURSTS_AT_WEEKENDS: f64 = 0.3;
/// Hours in which bursts begin.
const BURST_HOURS: std::ops::Range<f64> = 8.0..17.0;
/// Intervals that a burst lasts: median, deviation of the logarithm, least and most.
const BURST_LENGTH: (f64, f64, usize, usize) = (4.0, 0.5, 2, 12);
/// kWh that a burst adds to an interval, where a laboratory has at most five meters or loads are those of meters.
pub(super) const BURST_ENERGY: std::ops::Range<f64> = 0.3..1.2;

/// The most that people's presence can make of a load: all of them come.
pub(super) const GREATEST_PRESENCE: f64 = 1.0 / ATTENDANCE;

/// The most that cooling can make of a load, where it is at most so many degrees warmer than in the design month.
pub(super) fn greatest_cooling(warmest: f64) -> f64 {
    (1.0 + COOLING * PER_DEGREE * warmest).max(1.0)
}

/// A zone's name in the label of its random numbers: `FacultyOffice` for `faculty_office`. Another form would give other numbers.
fn capitalised(zone: Zone) -> String {
    let word =
        |word: &str| word.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(word.chars().skip(1)).collect();
    zone.name().split('_').map(word).collect::<Vec<String>>().concat()
}

/// A day's behaviour. Remembers the last day.
pub(super) struct Behaviour {
    seed: u64,
    zones: Vec<ZoneLoad>,
    /// Meters, and how large their bursts are: see [`super::load::burst_scale`].
    meters: Vec<(MeterId, f64)>,
    semesters: Semesters,
    day: Option<i32>,
    presence: Vec<f64>,
    bursts: Vec<[f64; DAY]>,
}

impl Behaviour {
    pub(super) fn new(configuration: &Configuration, meters: &[MeterProfile], seed: u64) -> Self {
        let zones = configuration.zone_loads();
        let scales: Vec<f64> = zones.iter().map(|zone| burst_scale(configuration, zone)).collect();
        let scale = |meter: &MeterProfile| {
            zones.iter().zip(&scales).find(|(zone, _)| zone.zone == meter.zone).map_or(0.0, |(_, scale)| *scale)
        };
        let meters: Vec<_> = meters.iter().map(|meter| (meter.id, scale(meter))).collect();
        let bursts = vec![[0.0; DAY]; meters.len()];
        let semesters = configuration.engineering_department.semester_breaks.clone();
        Self { seed, zones, meters, semesters, day: None, presence: Vec::new(), bursts }
    }

    /// A meter's factor in an interval; `warmer` is how many degrees it is warmer than in the design month.
    pub(super) fn factor(&self, zone: Zone, local: &LocalTime, warmer: f64) -> f64 {
        if local.kind == DayKind::Holiday || !PRESENCE.contains(&hour_of(local.slot)) {
            return 1.0;
        }
        let mut all = self.zones.iter().zip(&self.presence);
        let presence = all.find(|(known, _)| known.zone == zone);
        let presence = presence.map_or(1.0, |(zone, presence)| 1.0 + zone.presence_share * (presence - 1.0));
        let cooling = 1.0 + COOLING * PER_DEGREE * warmer;
        presence * cooling.max(0.0)
    }

    /// What a meter's bursts add in an interval, kWh, less what they add on average.
    pub(super) fn burst(&self, meter: usize, local: &LocalTime) -> f64 {
        self.bursts.get(meter).zip(self.meters.get(meter)).map_or(0.0, |(day, (_, scale))| day[local.slot] * scale)
    }

    /// Makes ready for a day.
    pub(super) fn remember(&mut self, local: &LocalTime) {
        if self.day == Some(local.day) {
            return;
        }
        let date = NaiveDate::from_num_days_from_ce_opt(local.day).unwrap_or_default();
        let away = self.semesters.is_break(date);
        let seed = self.seed;
        let present = |zone: &ZoneLoad| {
            let (count, label) = (zone.people, format!("attendance {}", capitalised(zone.zone)));
            let mut random = stream(seed, label.as_bytes(), local.day);
            let share = match Binomial::new(count, ATTENDANCE) {
                Ok(law) if count > 0 => law.sample(&mut random) as f64 / (count as f64 * ATTENDANCE),
                // Where nobody is counted, the usual number comes.
                _ => 1.0,
            };
            if away { share * zone.present_in_breaks } else { share }
        };
        self.presence = self.zones.iter().map(present).collect();
        let rate = match local.kind {
            DayKind::Weekday => BURSTS,
            DayKind::Weekend => BURSTS_AT_WEEKENDS,
            DayKind::Holiday => 0.0,
        };
        let mean = if rate > 0.0 { expectation(rate) } else { [0.0; DAY] };
        let meters = self.bursts.par_iter_mut().zip(&self.meters).with_min_len(METERS_AT_ONCE);
        meters.for_each(|(bursts, (id, scale))| {
            *bursts = [0.0; DAY];
            if *scale > 0.0 && rate > 0.0 {
                let mut random = stream(seed, &[b"burst", &id.0[..]].concat(), local.day);
                *bursts = a_day_of_bursts(rate, &mean, &mut random);
            }
        });
        self.day = Some(local.day);
    }
}

/// Bursts of a day, less their expectation in each interval.
fn a_day_of_bursts(rate: f64, mean: &[f64; DAY], random: &mut ChaCha8Rng) -> [f64; DAY] {
    let (median, sigma, least, most) = BURST_LENGTH;
    let slots = burst_slots();
    let mut energies = [0.0; DAY];
    let laws = (
        Poisson::new(rate),
        LogNormal::new(median.ln(), sigma),
        Uniform::new(BURST_ENERGY.start, BURST_ENERGY.end),
        Uniform::new(0, slots.len()),
    );
    let (Ok(counts), Ok(lengths), Ok(sizes), Ok(begins)) = laws else { return energies };
    let count: f64 = counts.sample(random);
    let mut left = count;
    while left >= 1.0 {
        left -= 1.0;
        let begin = slots[begins.sample(random)];
        let drawn: f64 = lengths.sample(random);
        let length = (least..=most).find(|length| *length as f64 + 0.5 > drawn).unwrap_or(most);
        let energy: f64 = sizes.sample(random);
        energies.iter_mut().skip(begin).take(length).for_each(|own| *own += energy);
    }
    energies.iter_mut().zip(mean).for_each(|(energy, mean)| *energy -= mean);
    energies
}

/// What bursts add to each interval on average: each is covered by the bursts that begin up to a length before it.
fn expectation(rate: f64) -> [f64; DAY] {
    let slots = burst_slots();
    let mean_energy = f64::midpoint(BURST_ENERGY.start, BURST_ENERGY.end);
    let per_begin = rate / slots.len() as f64 * mean_energy;
    std::array::from_fn(|slot| {
        let covering: f64 = slots.iter().filter(|begin| **begin <= slot).map(|begin| survives(slot - begin)).sum();
        per_begin * covering
    })
}

fn burst_slots() -> Vec<usize> {
    (0..DAY).filter(|slot| BURST_HOURS.contains(&hour_of(*slot))).collect()
}

/// How likely a burst lasts longer than so many intervals.
fn survives(intervals: usize) -> f64 {
    let (median, sigma, least, most) = BURST_LENGTH;
    if intervals < least {
        return 1.0;
    }
    if intervals >= most {
        return 0.0;
    }
    // The chance that a rounded lognormal is larger, by the logistic approximation of the normal law.
    let z = ((intervals as f64 + 0.5).ln() - median.ln()) / sigma;
    1.0 / (1.0 + (1.702 * z).exp())
}

/// Hours by which a building's cooling lags behind the air outside.
pub(super) const LAG_HOURS: f64 = 1.0;
const _: () = assert!(INTERVAL_HOURS < LAG_HOURS);

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn labels_of_the_briefs_zones_stay() {
        let zones = [Zone::CLASSROOM, Zone::LABORATORY, Zone::FACULTY_OFFICE];
        assert_eq!(zones.map(capitalised), ["Classroom", "Laboratory", "FacultyOffice"]);
    }

    #[test]
    fn bursts_add_nothing_on_average() {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let (days, mean) = (4_000, expectation(BURSTS));
        let mut sums = [0.0; DAY];
        for _ in 0..days {
            for (sum, energy) in sums.iter_mut().zip(a_day_of_bursts(BURSTS, &mean, &mut random)) {
                *sum += energy / f64::from(days);
            }
        }
        for (slot, mean) in sums.iter().enumerate() {
            assert!(mean.abs() < 0.03, "slot {slot}: {mean} kWh");
        }
    }
}
