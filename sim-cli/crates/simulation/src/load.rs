//! What the meters consume: zones by base load and peak hours.
//!
//! A zone's load is `base x shape(t) x level(t)`: the shape is high in the zone's peak hours and low outside. The brief's zones have the
//! level at which they add up to its table, so that at 09:00 each takes about its base; another base or other peak hours of a zone change
//! that zone's load and no other's. A zone with a name of its own has the level 1 and takes its base in its peak hours. On weekends the
//! complex is partly used in its operating hours, on holidays and at night it stands by.
//!
//! With `base_scope: per_meter` the table's value is the mean power of a meter in kW. With `per_zone` it is the energy of the
//! complex in an interval in kWh; the meters of a zone share the zone's part equally, and [`scale`] says how much smaller a
//! meter is; [`burst_scale`] does so for the bursts of laboratories.

use {
    super::{
        Configuration, HourRange,
        calendar::{DayKind, LocalTime},
        configuration::BaseScope,
        profile::{DAILY_PATTERN, consumption},
        slots::{DAY, INTERVAL_HOURS, hour_of},
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
    /// What runs in the peak hours, relative to the base. Of the brief's zones fitted to its sample of ENG_001.
    pub peak: f64,
    /// What runs outside the peak hours, relative to the base. An assumption.
    pub floor: f64,
    /// Whether its level is that of the brief's table.
    pub follows_table: bool,
    /// How many people use it.
    pub people: u64,
    /// Which share of its load is theirs, and which share of them comes in semester breaks. Assumptions.
    pub presence_share: f64,
    /// See [`Self::presence_share`].
    pub present_in_breaks: f64,
    /// Whether its meters have bursts, as those of laboratories do.
    pub has_bursts: bool,
}

/// Hours over which a zone fills before its peak and empties after it.
const RAMP_HOURS: f64 = 1.0;
/// How much of a weekday's rise above the night level a weekend sees. An assumption.
const WEEKEND_USE: f64 = 0.3;
/// What a closed day takes of the night level: servers, fridges and standby. An assumption.
const HOLIDAY_LEVEL: f64 = 0.85;

/// The least share of its usual load that a meter counts. An assumption.
const STANDBY: f64 = 0.3;

/// Usual energy of each interval of each kind of day, kWh, for a meter of each zone.
pub(super) struct LoadTables {
    zones: Vec<Zone>,
    kilowatt_hours: Vec<[[f64; DAY]; DayKind::ALL.len()]>,
}

impl LoadTables {
    pub(super) fn new(configuration: &Configuration) -> Self {
        let (loads, brief) = (configuration.zone_loads(), configuration.brief_zone_loads());
        let day = |load: &ZoneLoad, kind: DayKind| {
            let scale = scale(configuration, load);
            std::array::from_fn(|slot| energy(configuration, &brief, load, kind, slot) * scale)
        };
        Self {
            zones: loads.iter().map(|load| load.zone).collect(),
            kilowatt_hours: loads.iter().map(|load| DayKind::ALL.map(|kind| day(load, kind))).collect(),
        }
    }

    fn of(&self, zone: Zone) -> Option<&[[f64; DAY]; DayKind::ALL.len()]> {
        let index = self.zones.iter().position(|&known| known == zone)?;
        self.kilowatt_hours.get(index)
    }

    /// The greatest usual energy of an interval, kWh.
    pub(super) fn greatest(&self, zone: Zone) -> f64 {
        self.of(zone).into_iter().flatten().flatten().copied().fold(0.0, f64::max)
    }
}

/// What meters consume.
pub(super) struct LoadModel {
    tables: LoadTables,
    /// What a meter's connection carries in an interval, Wh.
    most: u32,
}

impl LoadModel {
    pub(super) fn new(configuration: &Configuration) -> Self {
        Self { tables: LoadTables::new(configuration), most: configuration.load_limit() }
    }

    /// A meter's energy in an interval, Wh: its zone's times a factor, and so many kWh more. All meters' zones have a table.
    pub(super) fn energy(&self, zone: Zone, local: &LocalTime, factor: f64, more: f64) -> u32 {
        let usual = self.tables.of(zone).map_or(0.0, |table| table[local.kind as usize][local.slot]);
        // A quiet laboratory has less than its mean, but never nothing: fridges and servers run.
        watt_hours((usual * factor + more).max(usual * STANDBY)).min(self.most)
    }
}

/// The brief's zones, whose loads add up to its table.
const BRIEF_ZONES: f64 = 3.0;

/// What a meter of a zone takes, as a share of what it takes with `per_meter`: 1 there. With `per_zone` 4 / 15 for the brief's
/// three zones of five meters, and 0 for a zone without meters.
pub(super) fn scale(configuration: &Configuration, load: &ZoneLoad) -> f64 {
    let meters = configuration.meters_of(load.zone);
    match configuration.engineering_department.smart_meters.base_scope {
        BaseScope::PerMeter => 1.0,
        BaseScope::PerZone if meters == 0 => 0.0,
        BaseScope::PerZone if load.follows_table => 1.0 / (INTERVAL_HOURS * (BRIEF_ZONES * meters as f64)),
        BaseScope::PerZone => 1.0 / meters as f64,
    }
}

/// Meters of the brief's laboratories, and their base, kWh an interval: their bursts are of the size that [`super::behaviour`] says.
const LABORATORY_METERS: f64 = 5.0;
const LABORATORY_BASE: f64 = 4.2;

/// How large a zone's bursts are: they grow with its base. They do not grow with its meters: with `per_zone`, more than five share those
/// of five.
pub(super) fn burst_scale(configuration: &Configuration, load: &ZoneLoad) -> f64 {
    if !load.has_bursts {
        return 0.0;
    }
    let of_scope = match configuration.engineering_department.smart_meters.base_scope {
        BaseScope::PerMeter => 1.0,
        BaseScope::PerZone => (LABORATORY_METERS / configuration.meters_of(load.zone).max(1) as f64).min(1.0),
    };
    of_scope * (load.base / LABORATORY_BASE)
}

/// Energy of one interval for a meter of a zone with `per_meter`, kWh.
fn energy(configuration: &Configuration, brief: &[ZoneLoad], load: &ZoneLoad, kind: DayKind, slot: usize) -> f64 {
    let hour = hour_of(slot);
    let open = configuration.operating_hours(kind).contains(hour);
    let used = match kind {
        DayKind::Weekday => true,
        DayKind::Weekend => open,
        DayKind::Holiday => false,
    };
    let shape = |load: &ZoneLoad| load.base * if used { shape(load, hour + INTERVAL_HOURS / 2.0) } else { load.floor };
    if !load.follows_table {
        return match kind {
            DayKind::Weekday => shape(load),
            DayKind::Weekend => {
                let floor = load.base * load.floor;
                floor + (shape(load) - floor) * WEEKEND_USE
            }
            DayKind::Holiday => shape(load) * HOLIDAY_LEVEL,
        };
    }
    let table = consumption().mean(hour, INTERVAL_HOURS);
    let night = DAILY_PATTERN[0].2;
    let mean = match kind {
        DayKind::Weekday => {
            if open {
                table
            } else {
                night
            }
        }
        DayKind::Weekend if open => night + (table - night) * WEEKEND_USE,
        DayKind::Weekend => night,
        DayKind::Holiday => night * HOLIDAY_LEVEL,
    };
    // The brief's own zones add up to the table; none of their bases and shapes is 0.
    let total: f64 = brief.iter().map(shape).sum();
    let share = shape(load) / total;
    mean * INTERVAL_HOURS * share * BRIEF_ZONES
}

/// The peak in the peak hours, the floor outside, with a smooth ramp on both sides.
fn shape(load: &ZoneLoad, hour: f64) -> f64 {
    if load.peak_hours == HourRange::CLOSED {
        return load.floor;
    }
    let smooth = |x: f64| {
        let x = x.clamp(0.0, 1.0);
        x * x * (3.0 - 2.0 * x)
    };
    let rise = smooth((hour - (load.peak_hours.from() - RAMP_HOURS)) / RAMP_HOURS);
    let fall = smooth((load.peak_hours.to() + RAMP_HOURS - hour) / RAMP_HOURS);
    load.floor + (load.peak - load.floor) * rise.min(fall)
}
