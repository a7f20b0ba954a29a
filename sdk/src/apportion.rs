//! The apportioning of a whole number of Wh by weights, whose parts add up exactly.

/// Splits `total` by weights with the method of largest remainders, and evenly where all weights are zero. Ties go to the first. The
/// parts add up to `total` exactly.
#[must_use]
pub fn apportion(total: u32, weights: &[u64]) -> Vec<u32> {
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if sum == 0 {
        return if weights.is_empty() { Vec::new() } else { apportion(total, &vec![1; weights.len()]) };
    }
    let products: Vec<u128> = weights.iter().map(|&weight| u128::from(total) * u128::from(weight)).collect();
    // A quotient is at most `total`.
    let mut parts: Vec<u32> = products.iter().map(|product| u32::try_from(product / sum).unwrap_or(total)).collect();
    let given: u32 = parts.iter().sum();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&index| (core::cmp::Reverse(products[index] % sum), index));
    for &index in order.iter().take((total - given) as usize) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn largest_remainders_win_and_ties_go_to_the_first() {
        assert_eq!(apportion(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(apportion(100, &[50, 30, 21]), [49, 30, 21]);
        assert_eq!(apportion(7, &[0, 1]), [0, 7]);
        assert_eq!(apportion(7, &[0, 0]), [4, 3]);
    }

    proptest! {
        /// Invariant 3: the meters' generation is the array's, whatever the weights.
        #[test]
        fn the_parts_add_up(total: u32, weights in prop::collection::vec(any::<u64>(), 1..40)) {
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.iter().map(|&part| u64::from(part)).sum::<u64>(), u64::from(total));
            let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                if let Some(floor) = (u128::from(total) * u128::from(*weight)).checked_div(sum) {
                    prop_assert!((floor..=floor + 1).contains(&u128::from(*part)));
                }
            }
        }
    }
}
