//! Load duration curves: the share of the time in which the building takes at least a power, with and without the array.

use {
    super::{
        ChartError, Series,
        axes::{Axes, Grid, Ticks},
        style::*,
    },
    plotters::prelude::*,
};

/// Points of a curve, at most: more cannot be seen.
const MOST_POINTS: usize = 1_000;

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        if series.starts.is_empty() {
            return nothing(area, "No intervals");
        }
        let [load, net] = [series.total_load(), series.net_import()].map(duration);
        let powers = || load.iter().chain(&net).map(|(_, power)| *power);
        let (least, most) = (powers().fold(0.0, f64::min), powers().fold(0.0, f64::max));
        let legend = [("load", DEEP_BLUE), ("net load: load less generation", ORANGE)]
            .map(|(name, colour)| (name.to_string(), colour, Mark::Line));
        let title = format!("Load duration and net-load duration, {}", series.span());
        let axes = Axes {
            x: Ticks::values(0.0..100.0, 10),
            y: Ticks::power(least, most, 8),
            across: Some("share of the time with at least this power, %"),
            upwards: "mean power, kW",
            beside: BESIDE,
            margin: MARGIN,
            grid: Grid::Both,
        };
        let body = head(area, BESIDE, &title, &legend)?;
        let mut chart = axes.draw(&body)?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (100.0, 0.0)], BLACK))?;
        // Without generation they are the same: both are to be seen.
        for (points, stroke) in [(load, DEEP_BLUE.stroke_width(5)), (net, ORANGE.stroke_width(3))] {
            chart.draw_series(LineSeries::new(points, stroke))?;
        }
        Ok(())
    })
}

/// Sorted by size, against the share of the time.
fn duration(mut power: Vec<f64>) -> Vec<(f64, f64)> {
    power.sort_by(|left, right| right.total_cmp(left));
    let Some((&least, last)) = power.last().zip(power.len().checked_sub(1)) else { return Vec::new() };
    let step = power.len().div_ceil(MOST_POINTS);
    let share = |at: usize| at as f64 * 100.0 / last.max(1) as f64;
    let mut points: Vec<(f64, f64)> = (0..=last).step_by(step).map(|at| (share(at), power[at])).collect();
    points.push((100.0, least));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_fall_from_the_most_to_the_least() {
        assert_eq!(duration(vec![1.0, 3.0, -2.0]), [(0.0, 3.0), (50.0, 1.0), (100.0, -2.0), (100.0, -2.0)]);
        assert_eq!(duration(vec![4.0]), [(0.0, 4.0), (100.0, 4.0)]);
        assert_eq!(duration(Vec::new()), []);
        let long = duration((0..35_040).map(f64::from).collect());
        assert!(long.len() <= MOST_POINTS + 1);
        assert_eq!((long.first(), long.last()), (Some(&(0.0, 35_039.0)), Some(&(100.0, 0.0))));
    }
}
