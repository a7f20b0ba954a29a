//! Apportions one array over the meters, in integer Wh whose sum is exactly the array's.

use {
    super::{
        MeterProfile,
        configuration::{Policy, SmartMeters},
    },
    campus_energy_sdk::apportion::apportion,
    rust_decimal::{Decimal, prelude::ToPrimitive},
    std::collections::BTreeMap,
};

/// Who gets the array's energy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apportioning {
    /// Fixed weights, one for each meter.
    Static(Vec<u64>),
    /// By what each meter consumes in the interval, evenly where none consumes; but a meter gets `most` Wh at the most, and
    /// the others what is above.
    ProRata {
        /// Wh in an interval.
        most: u32,
    },
}

/// A meter may generate half as much again as its share of the whole array: shares move when an inverter is out of service.
const HEADROOM: (u64, u64) = (3, 2);
/// With [`Apportioning::ProRata`], a meter gets at most so many times an equal share.
const PRO_RATA_SHARES: u64 = 4;
/// Static shares are counted in parts of this.
const SHARE_PARTS: u64 = 1_000_000_000_000;

impl Apportioning {
    /// The configuration's, of an array that generates at most `array` Wh in an interval.
    #[must_use]
    pub fn new(section: &SmartMeters, meters: &[MeterProfile], array: u32) -> Self {
        let weight_of = |is: &dyn Fn(usize) -> bool| (0..meters.len()).map(|index| u64::from(is(index))).collect();
        match section.apportioning {
            Policy::Host => Self::Static(weight_of(&|index| index == 0)),
            Policy::ZoneHosts => {
                Self::Static(weight_of(&|index| index == 0 || meters[index].zone != meters[index - 1].zone))
            }
            Policy::Static => Self::Static(weights(&section.static_shares, meters)),
            Policy::ProRata => Self::pro_rata(array, meters.len()),
        }
    }

    /// Splits an interval's energy (Wh).
    #[must_use]
    pub fn apportion(&self, total: u32, consumed: &[u32]) -> Vec<u32> {
        match self {
            Self::Static(weights) => apportion(total, weights),
            Self::ProRata { most } => {
                let weights: Vec<u64> = consumed.iter().map(|&energy| energy.into()).collect();
                apportion_within(total, &weights, *most)
            }
        }
    }

    /// By consumption, of an array that generates at most `array` Wh in an interval.
    #[must_use]
    pub fn pro_rata(array: u32, meters: usize) -> Self {
        let equal = u64::from(array).div_ceil((meters as u64).max(1));
        Self::ProRata { most: u32::try_from(equal * PRO_RATA_SHARES).unwrap_or(array).min(array) }
    }

    /// The most that [`Self::apportion`] gives each of `meters` meters of an array that generates at most `array` Wh in an interval.
    #[must_use]
    pub fn greatest_parts(&self, array: u32, meters: usize) -> Vec<u32> {
        match self {
            Self::Static(weights) => {
                let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
                let part = |&weight: &u64| {
                    let product = u128::from(array) * u128::from(weight);
                    u32::try_from(product.div_ceil(sum.max(1))).unwrap_or(array).min(array)
                };
                weights.iter().map(part).collect()
            }
            Self::ProRata { most } => vec![(*most).min(array); meters],
        }
    }

    /// The most that each of `meters` meters can get of an array that generates at most `array` Wh in an interval. One whose
    /// share is nothing gets nothing.
    #[must_use]
    pub fn limits(&self, array: u32, meters: usize) -> Vec<u32> {
        match self {
            Self::Static(weights) => {
                let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
                let limit = |&weight: &u64| {
                    let (times, over) = HEADROOM;
                    let product = u128::from(array) * u128::from(weight) * u128::from(times);
                    let share = product.div_ceil((sum * u128::from(over)).max(1));
                    u32::try_from(share).unwrap_or(array).min(array)
                };
                weights.iter().map(limit).collect()
            }
            Self::ProRata { most } => vec![*most; meters],
        }
    }
}

/// Shares as integer weights. They are at most 1, and what is beyond the twelfth decimal does not count.
fn weights(shares: &BTreeMap<String, Decimal>, meters: &[MeterProfile]) -> Vec<u64> {
    let weight = |meter: &MeterProfile| {
        let share = shares.get(&meter.id.to_string()).copied().unwrap_or_default();
        (share * Decimal::from(SHARE_PARTS)).to_u64().unwrap_or(0)
    };
    meters.iter().map(weight).collect()
}

/// Like [`apportion`], but no part is above `most`: what would be goes to the others, by their weights. Where the parts cannot
/// hold the total, each has `most` and the rest is split evenly.
fn apportion_within(total: u32, weights: &[u64], most: u32) -> Vec<u32> {
    let mut parts = apportion(total, weights);
    loop {
        let above: u32 = parts.iter().map(|part| part.saturating_sub(most)).sum();
        if above == 0 {
            return parts;
        }
        parts.iter_mut().for_each(|part| *part = (*part).min(most));
        let room: Vec<u64> =
            parts.iter().zip(weights).map(|(&part, &weight)| if part < most { weight.max(1) } else { 0 }).collect();
        let full = room.iter().all(|&weight| weight == 0);
        let more = apportion(above, if full { weights } else { &room });
        parts.iter_mut().zip(more).for_each(|(part, more)| *part += more);
        if full {
            return parts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pro_rata_goes_by_consumption() {
        assert_eq!(Apportioning::ProRata { most: 9 }.apportion(9, &[1, 2]), [3, 6]);
    }

    #[test]
    fn no_part_is_above_the_most() {
        let within = |most| Apportioning::ProRata { most };
        assert_eq!(within(5).apportion(9, &[1, 8]), [4, 5]);
        assert_eq!(within(4).apportion(10, &[0, 1, 9]), [3, 3, 4]);
        assert_eq!(within(4).apportion(12, &[0, 1, 9]), [4, 4, 4]);
        assert_eq!(within(3).apportion(11, &[0, 1, 1]), [3, 4, 4], "more than fits is not lost");
    }

    #[test]
    fn a_meter_is_limited_to_its_share() {
        assert_eq!(Apportioning::Static(vec![1, 0]).limits(12_500, 2), [12_500, 0], "the host has the whole array");
        assert_eq!(Apportioning::Static(vec![1, 1, 0, 1]).limits(12_500, 4), [6_250, 6_250, 0, 6_250]);
        assert_eq!(Apportioning::pro_rata(12_500, 15).limits(12_500, 15), [3_336; 15]);
        assert_eq!(Apportioning::pro_rata(12_500, 2).limits(12_500, 2), [12_500; 2]);
    }

    proptest! {
        /// No meter gets more than its limit, and nothing of the array is lost.
        #[test]
        fn every_part_is_within_its_limit(
            array in 1..1_000_000_u32,
            part in 0..=1_000_000_u32,
            weights in prop::collection::vec(0..1_000_u64, 1..40),
            consumed in prop::collection::vec(0..20_000_u32, 40),
        ) {
            let (total, meters) = (part.min(array), weights.len());
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            for apportioning in [Apportioning::Static(weights.clone()), Apportioning::pro_rata(array, meters)] {
                let parts = apportioning.apportion(total, &consumed[..meters]);
                prop_assert_eq!(parts.iter().sum::<u32>(), total);
                let greatest = apportioning.greatest_parts(array, meters);
                for ((part, limit), greatest) in parts.iter().zip(apportioning.limits(array, meters)).zip(greatest) {
                    prop_assert!(*part <= greatest && greatest <= limit, "{} of {}, {}", part, greatest, limit);
                }
            }
        }
    }
}
