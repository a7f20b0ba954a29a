//! Histogram of the clear-sky index by day.

use {
    super::{
        ChartError, Series,
        axes::{Axes, Grid, Ticks},
        style::*,
    },
    plotters::prelude::*,
};

/// Width of a bar.
const WIDTH: f64 = 0.05;
/// Bars: the sky of the simulation goes up to 1.1.
const BARS: usize = 23;

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        let known: Vec<f64> = series.clear_sky_index.iter().flatten().copied().collect();
        if known.is_empty() {
            return nothing(area, "No sky was simulated by day");
        }
        let shares = shares(&known);
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let axes = Axes {
            x: Ticks::values(0.0..BARS as f64 * WIDTH, 12),
            y: Ticks::power(0.0, shares.iter().copied().fold(0.0, f64::max), 8),
            across: Some("clear-sky index: irradiance as a share of a cloudless sky's"),
            upwards: "share of the daylight, %",
            beside: BESIDE,
            margin: MARGIN,
            grid: Grid::Both,
        };
        let legend =
            [("intervals of the day".to_string(), SKY, Mark::Area), (format!("mean {mean:.2}"), VERMILION, Mark::Line)];
        let body = head(area, BESIDE, &format!("Clear-sky index, {}", series.span()), &legend)?;
        let mut chart = axes.draw(&body)?;
        for (bar, share) in shares.iter().enumerate() {
            let (left, right) = (bar as f64 * WIDTH, (bar + 1) as f64 * WIDTH);
            chart.draw_series([Rectangle::new([(left, 0.0), (right, *share)], SKY.filled())])?;
            chart.draw_series([Rectangle::new([(left, 0.0), (right, *share)], WHITE)])?;
        }
        let most = shares.iter().copied().fold(0.0, f64::max);
        chart.draw_series(LineSeries::new([(mean, 0.0), (mean, most)], VERMILION.stroke_width(3)))?;
        Ok(())
    })
}

/// Per cent of the values in each bar; what is beyond the last one is in the last one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a bar
fn shares(known: &[f64]) -> [f64; BARS] {
    let mut shares = [0.0; BARS];
    for index in known {
        // An index on the edge belongs to the bar above, whatever its last bit.
        let bar = ((index / WIDTH + 1e-9).max(0.0) as usize).min(BARS - 1);
        shares[bar] += 100.0 / known.len() as f64;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_on_an_edge_belong_to_the_bar_above() {
        let shares = shares(&[0.0, 0.15, 0.999, 1.0, 7.0]);
        for bar in [0, 3, 19, 20, 22] {
            assert!((shares[bar] - 20.0).abs() < 1e-9, "{bar}: {shares:?}");
        }
    }
}
