//! A battery behind a meter, in integer Wh: energy in equals energy out, energy stored, and losses.
//!
//! It follows its own meter: a surplus charges it, a deficit discharges it, within its power and between its lowest and highest
//! charge. It keeps its state, so days must be simulated in order.

use {
    super::{MeterProfile, Metered, configuration::StorageSection},
    campus_energy_sdk::time::INTERVAL_SECONDS,
};

/// Parts of one in which efficiencies are given.
const PARTS: u64 = 1_000;

/// A battery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Battery {
    /// Its meter's place.
    meter: usize,
    /// Wh that it can take or give in an interval, at the meter.
    power: u64,
    /// Parts in a thousand that are left of what is charged, and of what is discharged.
    charging: u64,
    discharging: u64,
    least: u64,
    most: u64,
    /// Wh stored.
    stored: u64,
    /// What went through it, at the meter.
    flow: Flow,
}

/// What a battery took, gave and lost, Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Taken from the meter.
    pub charged: u64,
    /// Given to it.
    pub discharged: u64,
    /// Lost on both ways.
    pub lost: u64,
}

impl Battery {
    /// The battery of a configuration, if it has one, at its least charge.
    #[must_use]
    pub fn new(section: &StorageSection, meters: &[MeterProfile]) -> Option<Self> {
        let meter = meters.iter().position(|meter| meter.id.to_string() == section.meter)?;
        Some(Self::behind(meter, section))
    }

    fn behind(meter: usize, section: &StorageSection) -> Self {
        let per_mille = |share: f64| super::values::watt_hours(share);
        let hours = INTERVAL_SECONDS as f64 / 3_600.0;
        let capacity = u64::from(super::values::watt_hours(section.capacity_kwh));
        let part = |share: f64| capacity * u64::from(per_mille(share)) / PARTS;
        let least = part(section.minimum_state);
        Self {
            meter,
            power: super::values::watt_hours(section.power_kw * hours).into(),
            charging: per_mille(section.charging_efficiency).into(),
            discharging: per_mille(section.discharging_efficiency).into(),
            least,
            most: part(section.maximum_state),
            stored: least,
            flow: Flow::default(),
        }
    }

    /// A usual battery of this capacity, kWh, that is full in two hours, behind the first meter.
    #[must_use]
    pub fn of_capacity(capacity: f64) -> Self {
        let usual = StorageSection::default();
        Self::behind(0, &StorageSection { capacity_kwh: capacity, power_kw: capacity / 2.0, ..usual })
    }

    /// Wh stored.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.stored
    }

    /// What has gone through it.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// Lives through an interval: its meter counts what it takes as consumed, and so much less of what it gives.
    pub fn pass(&mut self, readings: &mut [Metered]) {
        let Some(reading) = readings.get_mut(self.meter) else { return };
        let (generated, consumed) = (u64::from(reading.generated), u64::from(reading.consumed));
        let changed = if generated > consumed {
            consumed + self.charge(generated - consumed)
        } else {
            consumed - self.discharge(consumed - generated)
        };
        // A surplus or deficit of a reading fits its type.
        reading.consumed = u32::try_from(changed).unwrap_or(u32::MAX);
    }

    /// Takes of a surplus what it can.
    fn charge(&mut self, surplus: u64) -> u64 {
        let room = (self.most - self.stored.min(self.most)) * PARTS / self.charging;
        let taken = surplus.min(self.power).min(room);
        let stored = taken * self.charging / PARTS;
        self.stored += stored;
        self.flow.charged += taken;
        self.flow.lost += taken - stored;
        taken
    }

    /// Gives of a deficit what it can.
    fn discharge(&mut self, deficit: u64) -> u64 {
        let available = self.stored.saturating_sub(self.least) * self.discharging / PARTS;
        let given = deficit.min(self.power).min(available);
        let drawn = (given * PARTS).div_ceil(self.discharging);
        self.stored -= drawn;
        self.flow.discharged += given;
        self.flow.lost += drawn - given;
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Configuration;
    use proptest::prelude::*;

    fn battery() -> Battery {
        let section = StorageSection { meter: "ENG_002".into(), ..StorageSection::default() };
        Battery::new(&section, &Configuration::load(None).unwrap().meters()).unwrap()
    }

    #[test]
    fn a_surplus_is_kept_for_the_evening() {
        let mut battery = battery();
        // 20 kWh, 10 kW, 95 % each way, 10 to 90 %.
        assert_eq!((battery.stored(), battery.power, battery.most), (2_000, 2_500, 18_000));
        let mut noon = [Metered::default(), Metered { generated: 3_000, consumed: 2_000 }];
        battery.pass(&mut noon);
        assert_eq!((noon[1].consumed, battery.stored()), (3_000, 2_950));
        let mut evening = [Metered::default(), Metered { generated: 0, consumed: 700 }];
        battery.pass(&mut evening);
        assert_eq!((evening[1].consumed, battery.stored()), (0, 2_950 - 737));
        battery.pass(&mut [Metered::default(), Metered { generated: 0, consumed: 5_000 }]);
        // What is left above the least, less what is lost.
        assert_eq!((battery.stored(), battery.flow().discharged), (2_000, 700 + 202));
    }

    proptest! {
        /// To the Wh, whatever comes; and never beyond its limits.
        #[test]
        fn what_goes_in_comes_out_or_stays_or_is_lost(readings in prop::collection::vec((0_u32..9_000, 0_u32..9_000), 1..200)) {
            let mut battery = battery();
            let begin = battery.stored();
            for (generated, consumed) in readings {
                let before = battery.flow();
                let mut own = [Metered::default(), Metered { generated, consumed }];
                battery.pass(&mut own);
                let after = battery.flow();
                let change = i64::from(own[1].consumed) - i64::from(consumed);
                let (charged, discharged) = (after.charged - before.charged, after.discharged - before.discharged);
                prop_assert_eq!(change, charged.cast_signed() - discharged.cast_signed());
                prop_assert!(charged <= battery.power && discharged <= battery.power);
                prop_assert!((battery.least..=battery.most).contains(&battery.stored()));
                let Flow { charged, discharged, lost } = after;
                prop_assert_eq!(begin + charged, battery.stored() + discharged + lost);
            }
        }
    }
}
