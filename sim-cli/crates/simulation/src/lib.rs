//! What the meters measure.
//!
//! In the "seed profile" mode generation and consumption pass through the brief's daily table; the generation column is the whole array's power in
//! kW, the consumption column the kWh of the complex in an interval (see `docs/simulation.md` for why). In the "physical" mode the
//! generation is that of an array under the sun and a sky (`solar`, `weather`). Everything is a
//! function of (configuration, seed, interval): any interval alone gives the same as a whole run, and another meter
//! changes no other meter's random numbers; with `base_scope: per_meter` it changes nothing for the others.

#![forbid(unsafe_code)]

pub mod apportion;
mod behaviour;
pub mod calendar;
pub mod configuration;
mod dates;
pub mod forecast;
mod limits;
mod load;
mod noise;
mod pchip;
mod physical;
mod price_response;
pub mod profile;
mod quantile;
mod slots;
pub mod solar;
mod storage;
pub mod tampering;
mod values;
mod vehicles;
mod weather;

pub use {
    configuration::{Configuration, ConfigurationError},
    dates::{DaysOutOfRange, FIRST_DAY, LAST_DAY, check_days},
    physical::{DAYLIGHT, SolarInterval},
    price_response::PriceResponse,
    quantile::quantile,
    storage::{Battery, Flow},
    values::{Capacity, HourRange},
};

use {
    apportion::Apportioning,
    calendar::{Calendar, LocalTime},
    campus_energy_sdk::{
        identity::MeterId,
        reading::Metered,
        registry::state::Zone,
        time::{INTERVAL_SECONDS, Interval},
        units::Energy,
    },
    chrono::{NaiveDate, TimeDelta},
    load::LoadModel,
    noise::Noise,
    physical::Physical,
    rayon::prelude::*,
};

/// How generation is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The brief's daily table.
    SeedProfile,
    /// Sun, sky and array.
    Physical,
}

/// What the modes do not share.
enum Model {
    SeedProfile(Box<profile::ArrayModel>),
    Physical(Box<Physical>),
}

/// A simulated complex.
pub struct Simulation {
    meters: Vec<MeterProfile>,
    calendar: Calendar,
    model: Model,
    load: LoadModel,
    apportioning: Apportioning,
    noise: Noise,
}

/// A simulated meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterProfile {
    /// Its name.
    pub id: MeterId,
    /// Where it measures.
    pub zone: Zone,
}

/// One interval of all meters.
#[derive(Clone, Debug, PartialEq)]
pub struct IntervalReadings {
    /// The interval.
    pub interval: Interval,
    /// What the array generated: the sum of the meters' generation, to the Wh.
    pub array: Energy,
    /// How it came about, in the physical mode.
    pub solar: Option<SolarInterval>,
    /// The meters' readings, in the order of [`Simulation::meters`].
    pub readings: Vec<Metered>,
}

impl Simulation {
    /// The complex of a configuration, with noise from a seed.
    #[must_use]
    pub fn new(configuration: &Configuration, seed: u64, mode: Mode) -> Self {
        let meters = configuration.meters();
        Self {
            calendar: configuration.calendar(),
            model: match mode {
                Mode::SeedProfile => Model::SeedProfile(Box::new(configuration.array())),
                Mode::Physical => Model::Physical(Box::new(Physical::new(configuration, &meters, seed))),
            },
            load: LoadModel::new(configuration),
            apportioning: configuration.apportioning(&meters),
            noise: Noise::new(seed, configuration.noise(), &meters),
            meters,
        }
    }

    /// The meters.
    #[must_use]
    pub fn meters(&self) -> &[MeterProfile] {
        &self.meters
    }

    /// Each meter's weight in the apportioning of the array's energy; empty where it goes by consumption.
    #[must_use]
    pub fn weights(&self) -> &[u64] {
        match &self.apportioning {
            Apportioning::Static(weights) => weights,
            Apportioning::ProRata { .. } => &[],
        }
    }

    /// The Unix second of a local midnight.
    #[must_use]
    pub fn midnight(&self, date: NaiveDate) -> i64 {
        self.calendar.midnight(date)
    }

    /// The intervals of local days, from midnight to midnight: 96 a day where the clock does not change.
    pub fn intervals(&mut self, first: NaiveDate, days: u32) -> impl Iterator<Item = IntervalReadings> + '_ {
        self.span(first, days).map(|interval| self.interval(interval))
    }

    /// Which intervals local days have. [`check_days`] says which days there are; before 1970 no interval has a name.
    pub fn span(&self, first: NaiveDate, days: u32) -> impl Iterator<Item = Interval> + use<> {
        let past = first + TimeDelta::days(days.into());
        let (begin, end) = (self.calendar.midnight(first), self.calendar.midnight(past));
        let ends = (begin / INTERVAL_SECONDS + 1..=end / INTERVAL_SECONDS).map(|number| number * INTERVAL_SECONDS);
        ends.filter_map(Interval::ending_at)
    }

    /// One interval, whichever was asked for before.
    pub fn interval(&mut self, interval: Interval) -> IntervalReadings {
        let local = self.calendar.local(interval.start());
        self.remember(&local);
        self.remembered(interval, &local)
    }

    /// Intervals of one local day, by all cores.
    pub fn together(&mut self, intervals: &[Interval]) -> Vec<IntervalReadings> {
        let locals: Vec<_> = intervals.iter().map(|interval| self.calendar.local(interval.start())).collect();
        if let Some(local) = locals.first() {
            self.remember(local);
        }
        let this = &*self;
        intervals.par_iter().zip(&locals).map(|(interval, local)| this.remembered(*interval, local)).collect()
    }

    /// Makes ready for the day of an interval.
    fn remember(&mut self, local: &LocalTime) {
        self.noise.remember(local);
        if let Model::Physical(model) = &mut self.model {
            model.remember(local);
        }
    }

    fn remembered(&self, interval: Interval, local: &LocalTime) -> IntervalReadings {
        let (solar, array) = match &self.model {
            Model::SeedProfile(model) => (None, model.energy(local, self.noise.array(local))),
            Model::Physical(model) => {
                let (solar, energy) = model.interval(interval, local);
                (Some(solar), energy)
            }
        };
        let consumed = self.consumption(local);
        let generated = self.apportioning.apportion(array, &consumed);
        let readings =
            generated.into_iter().zip(consumed).map(|(generated, consumed)| Metered { generated, consumed }).collect();
        IntervalReadings { interval, array: Energy(array.into()), solar, readings }
    }

    fn consumption(&self, local: &LocalTime) -> Vec<u32> {
        let (load, model) = (&self.load, &self.model);
        let factors = self.noise.meters(local);
        let meters = self.meters.iter().zip(factors).enumerate();
        let energy = |(index, (meter, noise)): (usize, (&MeterProfile, f64))| match model {
            Model::SeedProfile(_) => load.energy(meter.zone, local, noise, 0.0),
            Model::Physical(model) => {
                let (factor, burst) = model.load(index, meter.zone, local);
                let noise = if model.is_noisy() { noise } else { 1.0 };
                load.energy(meter.zone, local, factor * noise, burst)
            }
        };
        meters.map(energy).collect()
    }
}

#[cfg(test)]
mod tests;
