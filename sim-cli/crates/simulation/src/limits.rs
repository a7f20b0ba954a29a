//! What the installation and the load can give at most, and the limits of a ledger that follow from it. A simulated reading is never
//! above its limit: the limits and the models are fed from the same numbers.

use {
    super::{
        Configuration, MeterProfile,
        apportion::Apportioning,
        behaviour::{BURST_ENERGY, GREATEST_PRESENCE, greatest_cooling},
        calendar::DayKind,
        configuration::{BaseScope, SkyName, VehiclesSection},
        load::{LoadTables, ZoneLoad, burst_scale, scale},
        noise::greatest_factor,
        physical::Physical,
        slots::{DAY, INTERVAL_HOURS},
        values::{watt_hours, watt_hours_at_most},
    },
    campus_energy_sdk::time::{INTERVAL_SECONDS, Interval},
    chrono::{NaiveDate, TimeDelta},
    rust_decimal::{Decimal, prelude::ToPrimitive},
};

/// What may be plausible for a meter besides what its zone's base says: so many times the base.
const TIMES_THE_BASE: f64 = 4.0;
/// So many of the largest bursts at once fit what a meter's connection carries; more are cut there.
const BURSTS_AT_ONCE: f64 = 3.0;
/// Intervals of generation at full capacity whose surplus can be minted in one UTC day: half a day's, far more than the sun gives in most
/// places, and enough for the day before as well where a gateway was away.
const DAILY_INTERVALS: u64 = 48;
/// How much more a day can bring than the best of the clear days that are looked at: edges of clouds, colder air, days in between.
const BETTER_DAY: f64 = 1.3;
/// Every so many days of a year are looked at for the best one.
const DAYS_APART: u32 = 15;
/// The year of these days.
const YEAR: i32 = 2025;
/// What all meters together may measure in an interval, Wh.
const GREATEST_SUM: f64 = u32::MAX as f64;

/// What is wrong with a limit: its key below `engineering_department`, and why.
pub(super) type WrongLimit = (String, String);

impl Configuration {
    /// What the array can give at most in an interval, Wh: the larger of the modules' nameplate power and inverter times efficiency. 0
    /// without an array.
    #[must_use]
    pub fn array_limit(&self) -> u32 {
        given(self.engineering_department.limits.array_generation_kwh).unwrap_or_else(|| self.installed())
    }

    /// The same without `limits`.
    fn installed(&self) -> u32 {
        let solar = &self.engineering_department.solar_installation;
        whole(watt_hours_at_most(solar.capacity.kilowatts().max(solar.inverter_kilowatts()) * INTERVAL_HOURS))
    }

    /// The most that each of the meters can generate in an interval, Wh: its share of the installation.
    #[must_use]
    pub fn generation_limits(&self, meters: &[MeterProfile]) -> Vec<u32> {
        let mut limits = self.apportioning(meters).limits(self.installed(), meters.len());
        let given_limits = &self.engineering_department.limits.meter_generation_kwh;
        for (limit, meter) in limits.iter_mut().zip(meters) {
            *limit = given(given_limits.get(&meter.id.to_string()).copied()).unwrap_or(*limit);
        }
        limits
    }

    /// What is plausible for a meter to consume in an interval, Wh.
    #[must_use]
    pub fn consumption_limit(&self) -> u32 {
        given(self.engineering_department.limits.meter_consumption_kwh).unwrap_or_else(|| whole(self.greatest_load()))
    }

    /// What a simulated meter consumes at most in an interval, Wh, a battery's charging apart: bursts beyond it are cut.
    #[must_use]
    pub fn load_limit(&self) -> u32 {
        let battery = self.engineering_department.storage.as_ref().map_or(0.0, |storage| storage.power_kw);
        // The check at load keeps the limit above what the battery takes.
        self.consumption_limit().saturating_sub(watt_hours(battery * INTERVAL_HOURS))
    }

    /// The surplus that can be minted on a UTC day, Wh; 0 without an array.
    #[must_use]
    pub fn daily_surplus_limit(&self) -> u64 {
        let given = self.engineering_department.limits.daily_surplus_kwh;
        given
            .and_then(|limit| (limit * Decimal::ONE_THOUSAND).to_u64())
            .unwrap_or_else(|| (u64::from(self.array_limit()) * DAILY_INTERVALS).max(self.greatest_day()))
    }

    /// Whether the limits leave room for what the simulation can reach.
    pub(super) fn check_limits(&self) -> Result<(), WrongLimit> {
        let department = &self.engineering_department;
        let meters = self.meters();
        let all = self.greatest_load_without_devices() * meters.len() as f64 + self.devices() * 1_000.0;
        if all > GREATEST_SUM {
            let reason = format!(
                "the meters' loads can add up to {:.0} kWh in an interval; at most {:.0} kWh are counted: lower base_consumption, \
                 load.level, storage.power_kw or electric_vehicles",
                all / 1_000.0,
                GREATEST_SUM / 1_000.0
            );
            return Err(("zones".into(), reason));
        }
        let limits = &department.limits;
        let enough = |key: &str, limit: Option<Decimal>, most: f64, what: &str| match limit {
            Some(limit) if (limit * Decimal::ONE_THOUSAND).to_f64().is_none_or(|limit| limit < most) => {
                let reason = format!("{limit} is below the {} kWh that {what}; give at least that", most / 1_000.0);
                Err((format!("limits.{key}"), reason))
            }
            _ => Ok(()),
        };
        let array = watt_hours_at_most(self.greatest_power() * INTERVAL_HOURS);
        enough("array_generation_kwh", limits.array_generation_kwh, array, "the array gives at most in an interval")?;
        let parts = self.apportioning(&meters).greatest_parts(whole(array), meters.len());
        for (id, limit) in &limits.meter_generation_kwh {
            let Some(meter) = meters.iter().position(|meter| meter.id.to_string() == *id) else {
                return Err(("limits.meter_generation_kwh".into(), format!("{id:?} is no meter of this department")));
            };
            let what = "the meter's part of the array gives at most in an interval";
            enough(&format!("meter_generation_kwh.{id}"), Some(*limit), parts[meter].into(), what)?;
        }
        let load = watt_hours_at_most(self.reachable_load() + self.devices());
        enough("meter_consumption_kwh", limits.meter_consumption_kwh, load, "a meter can consume in an interval")?;
        if limits.daily_surplus_kwh.is_some() {
            let day = self.greatest_day() as f64;
            enough("daily_surplus_kwh", limits.daily_surplus_kwh, day, "the array can give on its best day")?;
        }
        Ok(())
    }

    /// The array's greatest power in either mode, kW.
    fn greatest_power(&self) -> f64 {
        let solar = &self.engineering_department.solar_installation;
        solar.inverter_kilowatts().max(solar.capacity.kilowatts() * solar.efficiency)
    }

    /// What a battery and vehicles take in an interval, kWh.
    fn devices(&self) -> f64 {
        let department = &self.engineering_department;
        let battery = department.storage.as_ref().map_or(0.0, |storage| storage.power_kw);
        let vehicles = department.electric_vehicles.as_ref().map_or(0.0, VehiclesSection::most);
        (battery + vehicles) * INTERVAL_HOURS
    }

    /// The most that a meter takes in an interval, Wh: four times the largest base and a burst, or what base, people, weather, noise and
    /// bursts can add up to, if that is more; a battery and vehicles.
    fn greatest_load(&self) -> f64 {
        let (plausible, reachable) = (self.plausible_load() + self.devices(), self.reachable_load() + self.devices());
        // A ledger's limit is above 0.
        (plausible * 1_000.0).round().max(watt_hours_at_most(reachable)).max(1.0)
    }

    fn greatest_load_without_devices(&self) -> f64 {
        self.plausible_load().max(self.reachable_load()) * 1_000.0
    }

    /// Four times the largest zone's base, in the scope of the base loads, and the largest burst where that is a meter's share of its
    /// zone, kWh.
    fn plausible_load(&self) -> f64 {
        let of_a_meter = |load: &ZoneLoad| load.base * scale(self, load);
        let base = self.zone_loads().iter().map(of_a_meter).fold(0.0, f64::max);
        let burst = match self.engineering_department.smart_meters.base_scope {
            // Four times a meter's base holds it.
            BaseScope::PerMeter => 0.0,
            BaseScope::PerZone => self.greatest_burst(),
        };
        base * TIMES_THE_BASE + burst
    }

    fn greatest_burst(&self) -> f64 {
        let of_zone = |load: &ZoneLoad| burst_scale(self, load);
        BURST_ENERGY.end * self.zone_loads().iter().map(of_zone).fold(0.0, f64::max)
    }

    /// What base, people, weather, noise and bursts can add up to for a meter of any zone that has meters, kWh.
    fn reachable_load(&self) -> f64 {
        let department = &self.engineering_department;
        let cooling = greatest_cooling(super::weather::warmest(&department.weather));
        let factor = GREATEST_PRESENCE * cooling * greatest_factor(department.noise.consumption);
        let tables = LoadTables::new(self);
        let of_zone = |load: &ZoneLoad| {
            tables.greatest(load.zone) * factor + BURSTS_AT_ONCE * BURST_ENERGY.end * burst_scale(self, load)
        };
        let measured = self.zone_loads().into_iter().filter(|load| self.meters_of(load.zone) > 0);
        measured.map(|load| of_zone(&load)).fold(0.0, f64::max)
    }

    /// What the array gives on its best day, Wh: of clear days of a year at the site, and of the brief's table.
    fn greatest_day(&self) -> u64 {
        if !self.engineering_department.solar_installation.exists() {
            return 0;
        }
        let mut cloudless = self.clone();
        cloudless.engineering_department.weather.sky = SkyName::Clear;
        let (calendar, physical) = (self.calendar(), Physical::new(&cloudless, &[], 0));
        let clear = |number: u32| -> u64 {
            let begin =
                NaiveDate::from_yo_opt(YEAR, 1).unwrap_or_default() + TimeDelta::days((number * DAYS_APART).into());
            let midnight = calendar.midnight(begin) / INTERVAL_SECONDS * INTERVAL_SECONDS;
            let ends = (1..=DAY as i64).map(|slot| midnight + slot * INTERVAL_SECONDS);
            // All of them lie in 2025.
            let intervals = ends.filter_map(Interval::ending_at);
            intervals.map(|interval| u64::from(physical.interval(interval, &calendar.local(interval.start())).1)).sum()
        };
        let best = (0..365 / DAYS_APART).map(clear).max().unwrap_or(0) as f64 * BETTER_DAY;
        let (table, noise) = (self.array(), greatest_factor(self.noise().generation));
        let of_table: u64 = (0..DAY)
            .map(|slot| crate::calendar::LocalTime { day: 0, kind: DayKind::Weekday, slot })
            .map(|local| u64::from(table.energy(&local, noise)))
            .sum();
        // At full power all day at most, and 96 intervals of that are far from what a float holds.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        {
            (best.ceil() as u64).max(of_table)
        }
    }

    pub(super) fn apportioning(&self, meters: &[MeterProfile]) -> Apportioning {
        Apportioning::new(&self.engineering_department.smart_meters, meters, self.installed())
    }
}

/// A given limit in Wh.
fn given(limit: Option<Decimal>) -> Option<u32> {
    // Checked when it was loaded: it fits 32 bits.
    (limit? * Decimal::ONE_THOUSAND).to_u32()
}

/// A number of Wh that the check at load has held to 32 bits.
fn whole(watt_hours: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    {
        watt_hours as u32
    }
}
