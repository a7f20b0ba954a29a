//! The quantile of a list of numbers.

/// The value below which a share (0 to 1) of sorted values lies, linear between two of them; 0 where there are none.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place among them
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (place as usize, place.fract());
    sorted[low] + part * (sorted[(low + 1).min(last)] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_values() {
        let values = [10.0, 20.0, 40.0];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&values, share)), [10.0, 15.0, 20.0, 30.0, 40.0]);
        assert_eq!((quantile(&[7.0], 0.99), quantile(&[], 0.5)), (7.0, 0.0));
        assert_eq!((quantile(&values, -1.0), quantile(&values, 2.0)), (10.0, 40.0));
    }
}
