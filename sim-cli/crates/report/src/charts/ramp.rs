//! Colours for powers. The ramp has few stops, so that the library has to draw only lines and areas.

use plotters::style::RGBColor;

/// Colours in equal steps, and the powers that the first and the last one stand for.
pub(super) struct Ramp {
    stops: &'static [RGBColor],
    least: f64,
    most: f64,
}

/// Dark to bright, told apart in grey too: viridis.
const VIRIDIS: [RGBColor; 9] = [
    RGBColor(68, 1, 84),
    RGBColor(71, 44, 122),
    RGBColor(59, 81, 139),
    RGBColor(44, 113, 142),
    RGBColor(33, 144, 141),
    RGBColor(39, 173, 129),
    RGBColor(92, 200, 99),
    RGBColor(170, 220, 50),
    RGBColor(253, 231, 37),
];
/// The palette's blue and vermilion, and nearly white between them.
const AROUND_ZERO: [RGBColor; 5] = [
    RGBColor(0, 73, 128),
    RGBColor(86, 160, 215),
    RGBColor(247, 247, 247),
    RGBColor(235, 145, 75),
    RGBColor(150, 50, 0),
];
/// Colours that are told apart, at most: equal neighbours are drawn as one.
const STEPS: f64 = 64.0;

impl Ramp {
    /// For powers from zero on.
    pub(super) fn upwards(most: f64) -> Self {
        Self { stops: &VIRIDIS, least: 0.0, most: if most > 0.0 { most } else { 1.0 } }
    }

    /// For powers of either sign: as strong a colour for as much power.
    pub(super) fn around_zero(least: f64, most: f64) -> Self {
        let largest = most.max(-least);
        let largest = if largest > 0.0 { largest } else { 1.0 };
        Self { stops: &AROUND_ZERO, least: -largest, most: largest }
    }

    /// A power's colour.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between the stops
    pub(super) fn colour(&self, power: f64) -> RGBColor {
        let share = ((power - self.least) / (self.most - self.least)).clamp(0.0, 1.0);
        let place = (share * STEPS).round() / STEPS * (self.stops.len() - 1) as f64;
        let (from, part) = (place.floor(), place.fract());
        let (low, high) = (self.stops[from as usize], self.stops[(from as usize + 1).min(self.stops.len() - 1)]);
        let mix = |low: u8, high: u8| (f64::from(low) + (f64::from(high) - f64::from(low)) * part).round() as u8;
        RGBColor(mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_zero_have_their_colours() {
        let ramp = Ramp::around_zero(-5.0, 20.0);
        assert_eq!([-20.0, 0.0, 20.0].map(|power| ramp.colour(power)), [0, 2, 4].map(|stop| AROUND_ZERO[stop]));
        let ramp = Ramp::upwards(8.0);
        assert_eq!([-1.0, 0.0, 4.0, 9.0].map(|power| ramp.colour(power)), [0, 0, 4, 8].map(|stop| VIRIDIS[stop]));
        for power in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            Ramp::upwards(0.0).colour(power);
        }
    }
}
