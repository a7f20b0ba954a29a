//! Electric vehicles that charge while their drivers work: they arrive around 8:30, need the energy that they drove, and charge
//! at once at the charger's power, as far as they can until their drivers leave around 17:00. All of it is assumed; a day's
//! vehicles are a function of (seed, day).

use {
    super::{
        MeterProfile,
        calendar::{DayKind, LocalTime},
        configuration::VehiclesSection,
        noise::stream,
        slots::{DAY, INTERVAL_HOURS},
    },
    rand_chacha::ChaCha8Rng,
    rand_distr::{Distribution, LogNormal, Normal},
};

/// Hours at which drivers come and leave, and their deviations.
const ARRIVAL: (f64, f64) = (8.5, 0.5);
const DEPARTURE: (f64, f64) = (17.0, 1.0);
/// What a vehicle needs: median, kWh, and deviation of the logarithm.
const NEED: (f64, f64) = (8.0, 0.5);

/// The vehicles of a department. Remembers the last day.
pub(super) struct Vehicles {
    seed: u64,
    count: u16,
    power: f64,
    meter: usize,
    day: Option<i32>,
    energy: [f64; DAY],
}

impl Vehicles {
    pub(super) fn new(seed: u64, section: &VehiclesSection, meters: &[MeterProfile]) -> Option<Self> {
        let meter = meters.iter().position(|meter| meter.id.to_string() == section.meter)?;
        let (count, power) = (section.count, section.charger_kw);
        Some(Self { seed, count, power, meter, day: None, energy: [0.0; DAY] })
    }

    /// Makes ready for a day: they come on weekdays.
    pub(super) fn remember(&mut self, local: &LocalTime) {
        if self.day == Some(local.day) {
            return;
        }
        self.energy = [0.0; DAY];
        let count = if local.kind == DayKind::Weekday { self.count } else { 0 };
        for number in 0..count {
            let mut random = stream(self.seed, &[b"vehicle", &number.to_le_bytes()[..]].concat(), local.day);
            charge(&mut self.energy, self.power, &mut random);
        }
        self.day = Some(local.day);
    }

    /// What they take at a meter in an interval, kWh.
    pub(super) fn energy(&self, meter: usize, local: &LocalTime) -> f64 {
        if meter == self.meter { self.energy[local.slot] } else { 0.0 }
    }
}

/// A vehicle's day, added to the others'.
fn charge(energy: &mut [f64; DAY], power: f64, random: &mut ChaCha8Rng) {
    let laws =
        (Normal::new(ARRIVAL.0, ARRIVAL.1), Normal::new(DEPARTURE.0, DEPARTURE.1), LogNormal::new(NEED.0.ln(), NEED.1));
    let (Ok(arrivals), Ok(departures), Ok(needs)) = laws else { return };
    let (arrival, departure, need): (f64, f64, f64) =
        (arrivals.sample(random), departures.sample(random), needs.sample(random));
    let mut left = need;
    for (slot, energy) in energy.iter_mut().enumerate() {
        let begin = slot as f64 * INTERVAL_HOURS;
        // The part of the interval in which it is there.
        let there = (departure.min(begin + INTERVAL_HOURS) - arrival.max(begin)).max(0.0);
        let taken = (there * power).min(left);
        *energy += taken;
        left -= taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn vehicles_take_what_they_need_while_they_are_there() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (mut all, days) = ([0.0; DAY], 2_000);
        for _ in 0..days {
            let mut own = [0.0; DAY];
            charge(&mut own, 7.4, &mut random);
            assert!(own.iter().all(|energy| (0.0..=7.4 / 4.0 + 1e-9).contains(energy)));
            all.iter_mut().zip(own).for_each(|(sum, energy)| *sum += energy / f64::from(days));
        }
        let mean: f64 = all.iter().sum();
        // The mean of the lognormal law is its median times exp(deviation^2 / 2).
        assert!((mean - 8.0 * (0.125_f64).exp()).abs() < 0.3, "{mean} kWh");
        assert!(all[..20].iter().chain(&all[88..]).all(|energy| *energy == 0.0), "nobody charges at night");
    }
}
