//! The effect of a battery behind the building's meter in a run, by its size.

use {super::charts::StorageSize, campus_energy_sdk::reading::Metered, campus_energy_simulation::Battery};

/// kWh that are tried, as shares of what the array gives on a mean day.
const SIZES: [f64; 13] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2];
/// kWh to which sizes are rounded.
const STEP: f64 = 5.0;

/// A run's intervals of the whole building, through batteries of rising size. Without generation there are none.
pub(super) fn sizes(building: &[Metered], days: usize) -> Vec<StorageSize> {
    let generated: u64 = building.iter().map(|metered| u64::from(metered.generated)).sum();
    let consumed: u64 = building.iter().map(|metered| u64::from(metered.consumed)).sum();
    if generated == 0 || consumed == 0 {
        return Vec::new();
    }
    let daily = generated as f64 / 1_000.0 / days.max(1) as f64;
    let mut capacities = SIZES.map(|share| (share * daily / STEP).round() * STEP).to_vec();
    capacities.dedup();
    capacities.into_iter().map(|capacity| size(building, capacity, generated, consumed)).collect()
}

fn size(building: &[Metered], capacity: f64, generated: u64, consumed: u64) -> StorageSize {
    let mut battery = Battery::of_capacity(capacity);
    let (mut exported, mut imported) = (0_u64, 0_u64);
    for &metered in building {
        let mut own = [metered];
        battery.pass(&mut own);
        let Metered { generated, consumed } = own[0];
        exported += u64::from(generated.saturating_sub(consumed));
        imported += u64::from(consumed.saturating_sub(generated));
    }
    // A battery only takes what would have been exported, and only gives what would have been imported.
    let share = |part: u64, of: u64| (of - part) as f64 / of as f64;
    StorageSize { capacity, self_consumption: share(exported, generated), self_sufficiency: share(imported, consumed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_battery_keeps_more_until_there_is_no_more() {
        // 10 kWh at noon, of which the building takes 2; it takes 6 more in the evening.
        let at = |generated, consumed| Metered { generated, consumed };
        let day = [vec![at(2_500, 500); 4], vec![at(0, 750); 8]].concat();
        let sizes = sizes(&day, 1);
        let none = sizes[0];
        assert_eq!((none.capacity, none.self_consumption, none.self_sufficiency), (0.0, 0.2, 0.25));
        for pair in sizes.windows(2) {
            assert!(pair[1].capacity > pair[0].capacity);
            assert!(pair[1].self_consumption >= pair[0].self_consumption);
            assert!(pair[1].self_sufficiency >= pair[0].self_sufficiency);
        }
        // 10 kWh take 5 in that hour and give 4.51 back.
        let ten = sizes.iter().find(|size| size.capacity == 10.0).unwrap();
        assert_eq!((ten.self_consumption, (ten.self_sufficiency * 100.0).round()), (0.7, 81.0));
        assert!(super::sizes(&[], 1).is_empty());
    }
}
