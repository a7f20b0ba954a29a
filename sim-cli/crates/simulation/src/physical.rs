//! The physical mode: the array's mean over an interval of what sun, sky and module give at its instants, and what people and
//! weather make of the load.

use {
    super::{
        MeterProfile,
        behaviour::Behaviour,
        calendar::LocalTime,
        configuration::{Configuration, SkyName},
        solar::{Output, SolarModel, Sun},
        values::watt_hours,
        vehicles::Vehicles,
        weather::Weather,
    },
    campus_energy_sdk::{registry::state::Zone, time::Interval},
    chrono::{DateTime, Datelike, NaiveDate, TimeDelta},
};

/// Instants whose mean is an interval's: the middles of as many parts.
const PARTS: i32 = 3;
/// Seconds of a part.
const PART: i64 = campus_energy_sdk::time::INTERVAL_SECONDS / PARTS as i64;
/// Degrees below which the sun gives nothing in any part of an interval: it moves less than 4 in 15 minutes.
const DEEP: f64 = 95.0;

/// Degrees of the sun's zenith below which it is day for statistics: at night every sky and every forecast is right.
pub const DAYLIGHT: f64 = 85.0;

/// An interval of the array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SolarInterval {
    /// The sun in the interval's middle.
    pub sun: Sun,
    /// Means over the interval.
    pub mean: Output,
    /// What clouds leave of the clear sky's global irradiance.
    pub clear_sky_index: f64,
}

impl SolarInterval {
    /// Energy of the interval, kWh.
    #[must_use]
    pub fn kilowatt_hours(&self) -> f64 {
        self.mean.power * super::slots::INTERVAL_HOURS
    }
}

/// The physical mode: the array and its people under their weather.
pub(super) struct Physical {
    model: SolarModel,
    weather: Weather,
    behaviour: Behaviour,
    vehicles: Option<Vehicles>,
    noise: bool,
}

impl Physical {
    pub(super) fn new(configuration: &Configuration, meters: &[MeterProfile], seed: u64) -> Self {
        let department = &configuration.engineering_department;
        let (site, array) = (department.site.site(), department.solar_installation.array());
        Self {
            model: SolarModel::new(site, array, department.weather.turbidity()),
            weather: Weather::new(seed, &department.weather),
            behaviour: Behaviour::new(configuration, meters, seed),
            vehicles: department.electric_vehicles.as_ref().and_then(|own| Vehicles::new(seed, own, meters)),
            noise: department.weather.sky == SkyName::Stochastic,
        }
    }

    /// Whether anything is random.
    pub(super) fn is_noisy(&self) -> bool {
        self.noise
    }

    /// Makes ready for a day.
    pub(super) fn remember(&mut self, local: &LocalTime) {
        self.weather.remember(local, date(local));
        self.behaviour.remember(local);
        if let Some(vehicles) = &mut self.vehicles {
            vehicles.remember(local);
        }
    }

    /// A meter's factor and what bursts and vehicles add, kWh, in an interval of the day that is remembered.
    pub(super) fn load(&self, meter: usize, zone: Zone, local: &LocalTime) -> (f64, f64) {
        let vehicles = self.vehicles.as_ref().map_or(0.0, |vehicles| vehicles.energy(meter, local));
        if !self.noise {
            return (1.0, vehicles);
        }
        let factor = self.behaviour.factor(zone, local, self.weather.warmer(local, date(local)));
        (factor, self.behaviour.burst(meter, local) + vehicles)
    }

    /// An interval of that day, and its energy in Wh.
    pub(super) fn interval(&self, interval: Interval, local: &LocalTime) -> (SolarInterval, u32) {
        let date = date(local);
        let air = self.weather.air(local, date);
        let at = |seconds: i64| DateTime::from_timestamp(interval.start() + seconds, 0).unwrap_or_default();
        let middle = at(PART * i64::from(PARTS) / 2);
        let sun = self.model.sun(middle);
        let mut mean = Output { cell_temperature: air.temperature, ..Output::default() };
        if sun.zenith < DEEP {
            let parts = (0..PARTS).map(|part| at(PART / 2) + TimeDelta::seconds(PART * i64::from(part)));
            mean = Output::default();
            for time in parts {
                let output = self.model.output(time, date.year(), date.ordinal(), &air);
                mean.horizontal += output.horizontal / f64::from(PARTS);
                mean.plane += output.plane / f64::from(PARTS);
                mean.cell_temperature += output.cell_temperature / f64::from(PARTS);
                mean.power += output.power / f64::from(PARTS);
            }
        }
        let solar = SolarInterval { sun, mean, clear_sky_index: air.clear_sky_index };
        (solar, watt_hours(solar.kilowatt_hours()))
    }
}

fn date(local: &LocalTime) -> NaiveDate {
    // A day that came from a date is one: the default is never taken.
    NaiveDate::from_num_days_from_ce_opt(local.day).unwrap_or_default()
}
