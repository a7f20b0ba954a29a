//! What the meters consume: zones by base load and peak hours, held to the brief's table.
//!
//! On an ordinary weekday a zone's meters follow `base x shape(t) x level(t)`: the shape is high in the zone's peak
//! hours and low outside, the level is what makes the mean over the zones the table's. On weekends the complex is partly
//! used in its operating hours, on holidays and at night it stands by.
//!
//! With `base_scope: per_meter` the table's value is the mean power of a meter in kW. With `per_zone` it is the energy of the
//! complex in an interval in kWh; the meters of a zone share the zone's part equally, and [`scale`] says how much smaller a
//! meter is; [`burst_scale`] does so for the bursts of laboratories.

use {
    super::{
        Configuration, HourRange,
        calendar::{DayKind, LocalTime},
        configuration::BaseScope,
        profile::{DAILY_PATTERN, DAY, INTERVAL_HOURS, consumption, hour_of},
        values::watt_hours,
    },
    campus_energy_sdk::registry::state::Zone,
};

/// A zone's model parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneLoad {
    /// Where.
    pub zone: Zone,
    /// Base consumption, kWh an interval.
    pub base: f64,
    /// When it is used most.
    pub peak_hours: HourRange,
    /// What runs in the peak hours, relative to the base. Fitted to the seed's sample of ENG_001.
    pub peak: f64,
    /// What runs outside the peak hours, relative to the base. An assumption.
    pub floor: f64,
}

/// Hours over which a zone fills before its peak and empties after it.
const RAMP_HOURS: f64 = 1.0;
/// How much of a weekday's rise above the night level a weekend sees. An assumption.
const WEEKEND_USE: f64 = 0.3;
/// What a closed day takes of the night level: servers, fridges and standby. An assumption.
const HOLIDAY_LEVEL: f64 = 0.85;

/// The least share of its usual load that a meter counts. An assumption.
const STANDBY: f64 = 0.3;

/// Mean energy of each interval of each kind of day, for a meter of each zone.
pub(super) struct LoadModel {
    zones: Vec<Zone>,
    kilowatt_hours: Vec<[[f64; DAY]; DayKind::ALL.len()]>,
}

impl LoadModel {
    pub(super) fn new(configuration: &Configuration) -> Self {
        let loads = configuration.zone_loads();
        let day = |load: &ZoneLoad, kind: DayKind| {
            let scale = scale(configuration, load.zone);
            std::array::from_fn(|slot| energy(configuration, &loads, load, kind, slot) * scale)
        };
        Self {
            zones: loads.iter().map(|load| load.zone).collect(),
            kilowatt_hours: loads.iter().map(|load| DayKind::ALL.map(|kind| day(load, kind))).collect(),
        }
    }

    /// A meter's energy in an interval, Wh: its zone's times a factor, and so many kWh more.
    pub(super) fn energy(&self, zone: Zone, local: &LocalTime, factor: f64, more: f64) -> u32 {
        let Some(index) = self.zones.iter().position(|&known| known == zone) else { return 0 };
        let usual = self.kilowatt_hours[index][local.kind as usize][local.slot];
        // A quiet laboratory has less than its mean, but never nothing: fridges and servers run.
        watt_hours((usual * factor + more).max(usual * STANDBY))
    }
}

/// What a meter of a zone takes, as a share of what it takes with `per_meter`: 1 there. With `per_zone` 4 / 15 for the brief's
/// three zones of five meters, and 0 for a zone without meters.
pub(super) fn scale(configuration: &Configuration, zone: Zone) -> f64 {
    match (configuration.engineering_department.smart_meters.base_scope, configuration.meters_of(zone)) {
        (BaseScope::PerMeter, _) => 1.0,
        (BaseScope::PerZone, 0) => 0.0,
        (BaseScope::PerZone, meters) => 1.0 / (INTERVAL_HOURS * (configuration.zone_loads().len() * meters) as f64),
    }
}

/// Meters of the brief's laboratories, whose bursts are of the size that [`super::behaviour`] says.
const LABORATORY_METERS: f64 = 5.0;

/// How large bursts are. The bursts of a zone do not grow with its meters: with `per_zone`, more than five laboratories share those of
/// five.
pub(super) fn burst_scale(configuration: &Configuration) -> f64 {
    match configuration.engineering_department.smart_meters.base_scope {
        BaseScope::PerMeter => 1.0,
        BaseScope::PerZone => (LABORATORY_METERS / configuration.meters_of(Zone::LABORATORY).max(1) as f64).min(1.0),
    }
}

/// Energy of one interval for a meter of a zone with `per_meter`, kWh.
fn energy(configuration: &Configuration, zones: &[ZoneLoad], load: &ZoneLoad, kind: DayKind, slot: usize) -> f64 {
    let hour = hour_of(slot);
    let table = consumption().mean(hour, INTERVAL_HOURS);
    let night = DAILY_PATTERN[0].2;
    let open = configuration.operating_hours(kind).contains(hour);
    let (mean, used) = match kind {
        DayKind::Weekday => (if open { table } else { night }, true),
        DayKind::Weekend if open => (night + (table - night) * WEEKEND_USE, true),
        DayKind::Weekend => (night, false),
        DayKind::Holiday => (night * HOLIDAY_LEVEL, false),
    };
    let shape = |load: &ZoneLoad| load.base * if used { shape(load, hour + INTERVAL_HOURS / 2.0) } else { load.floor };
    let total: f64 = zones.iter().map(shape).sum();
    let share = shape(load) / total;
    mean * INTERVAL_HOURS * share * zones.len() as f64
}

/// The peak in the peak hours, the floor outside, with a smooth ramp on both sides.
fn shape(load: &ZoneLoad, hour: f64) -> f64 {
    let smooth = |x: f64| {
        let x = x.clamp(0.0, 1.0);
        x * x * (3.0 - 2.0 * x)
    };
    let rise = smooth((hour - (load.peak_hours.from() - RAMP_HOURS)) / RAMP_HOURS);
    let fall = smooth((load.peak_hours.to() + RAMP_HOURS - hour) / RAMP_HOURS);
    load.floor + (load.peak - load.floor) * rise.min(fall)
}
