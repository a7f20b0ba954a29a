//! Monotone cubic interpolation (PCHIP), after Fritsch and Carlson, SIAM Journal on Numerical Analysis 17 (1980), with
//! the weighted harmonic mean of Fritsch and Butland (1984) for the slopes.

/// A curve through knots that rises where they rise, falls where they fall, and never overshoots them.
pub(super) struct Pchip {
    knots: Vec<(f64, f64)>,
    slopes: Vec<f64>,
}

impl Pchip {
    /// The curve through at least two knots with rising abscissae; flat at both ends.
    pub(super) fn new(knots: Vec<(f64, f64)>) -> Self {
        let secant = |pair: &[(f64, f64)]| {
            let width = pair[1].0 - pair[0].0;
            (width, (pair[1].1 - pair[0].1) / width)
        };
        let secants: Vec<(f64, f64)> = knots.windows(2).map(secant).collect();
        let mut slopes = vec![0.0; knots.len()];
        for (slope, pair) in slopes.iter_mut().skip(1).zip(secants.windows(2)) {
            let [(h0, d0), (h1, d1)] = [pair[0], pair[1]];
            if d0 * d1 > 0.0 {
                let (w0, w1) = (2.0 * h1 + h0, h1 + 2.0 * h0);
                *slope = (w0 + w1) / (w0 / d0 + w1 / d1);
            }
        }
        Self { knots, slopes }
    }

    /// The curve at `x`; outside the knots, the nearest knot.
    pub(super) fn at(&self, x: f64) -> f64 {
        let right = self.knots.partition_point(|knot| knot.0 <= x);
        if right == 0 {
            return self.knots[0].1;
        }
        let Some(&(x1, y1)) = self.knots.get(right) else {
            return self.knots[right - 1].1;
        };
        let (x0, y0) = self.knots[right - 1];
        let (h, t) = (x1 - x0, (x - x0) / (x1 - x0));
        let (m0, m1) = (self.slopes[right - 1] * h, self.slopes[right] * h);
        let (t2, t3) = (t * t, t * t * t);
        y0 * (2.0 * t3 - 3.0 * t2 + 1.0) + m0 * (t3 - 2.0 * t2 + t) + y1 * (3.0 * t2 - 2.0 * t3) + m1 * (t3 - t2)
    }

    /// The mean from `x` to `x + width`, by Simpson's rule on four panels: exact for a cubic.
    pub(super) fn mean(&self, x: f64, width: f64) -> f64 {
        let step = width / 8.0;
        let weights = [1.0, 4.0, 2.0, 4.0, 2.0, 4.0, 2.0, 4.0, 1.0];
        let terms = weights.iter().zip(0_u8..).map(|(weight, index)| weight * self.at(x + f64::from(index) * step));
        terms.sum::<f64>() / 24.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> Pchip {
        Pchip::new(vec![(6.0, 0.0), (9.0, 15.2), (12.0, 42.5), (15.0, 28.3), (18.0, 5.8), (21.0, 0.0)])
    }

    #[test]
    fn it_passes_through_its_knots_and_stays_between_them() {
        let curve = curve();
        for pair in curve.knots.windows(2) {
            let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
            assert!((curve.at(x0) - y0).abs() < 1e-12 && (curve.at(x1) - y1).abs() < 1e-12);
            let values: Vec<f64> = (0..=100).map(|i| curve.at(x0 + (x1 - x0) * f64::from(i) / 100.0)).collect();
            let rising = y1 > y0;
            assert!(values.windows(2).all(|v| if rising { v[0] <= v[1] + 1e-12 } else { v[0] + 1e-12 >= v[1] }));
        }
        assert_eq!([curve.at(0.0), curve.at(23.0)], [0.0, 0.0]);
    }

    #[test]
    fn the_mean_is_the_integral() {
        let curve = curve();
        let fine: f64 = (0..90_000).map(|i| curve.at(6.0 + (f64::from(i) + 0.5) / 6_000.0)).sum::<f64>() / 90_000.0;
        let quarters: f64 = (0..60).map(|i| curve.mean(6.0 + f64::from(i) / 4.0, 0.25)).sum::<f64>() / 60.0;
        assert!((fine - quarters).abs() < 1e-6, "{fine} {quarters}");
    }
}
