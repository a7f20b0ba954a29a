//! For which share of the time the building takes at least so much: with and without the array.

use {
    super::{ChartError, Series, short, style::*},
    plotters::prelude::*,
};

/// Draws it.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        if series.starts.is_empty() {
            return nothing(area, "No intervals");
        }
        let load = series.total_load();
        let net: Vec<f64> = load.iter().zip(&series.generation).map(|(load, generation)| load - generation).collect();
        let [load, net] = [load, net].map(duration);
        let most = load.iter().map(|(_, power)| *power).fold(0.0, f64::max);
        let least = net.iter().map(|(_, power)| *power).fold(0.0, f64::min);
        let curves = [(load, "load", DEEP_BLUE), (net, "load less generation", ORANGE)];
        let legend: Vec<_> = curves.iter().map(|(_, name, colour)| (name.to_string(), *colour, Mark::Line)).collect();
        let mut chart = ChartBuilder::on(&head(area, "Load and net load, sorted by size", &legend)?)
            .margin_top(8)
            .margin_right(MARGIN)
            .x_label_area_size(BELOW)
            .y_label_area_size(BESIDE)
            .build_cartesian_2d(0.0..100.0, least * 1.08..above(most))?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style((FONT, LABEL))
            .axis_desc_style((FONT, DESCRIPTION))
            .x_desc("share of the time, %")
            .y_desc("mean power, kW")
            .y_label_formatter(&|power| short(*power).to_string())
            .x_label_formatter(&|share| format!("{share:.0}"))
            .draw()?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (100.0, 0.0)], GREY))?;
        for (points, _, colour) in curves {
            chart.draw_series(LineSeries::new(points, colour.stroke_width(3)))?;
        }
        Ok(())
    })
}

/// Points of a curve, at most: more cannot be seen.
const MOST_POINTS: usize = 1_000;

/// Sorted by size, against the share of the time.
fn duration(mut power: Vec<f64>) -> Vec<(f64, f64)> {
    power.sort_by(|left, right| right.total_cmp(left));
    let step = power.len().div_ceil(MOST_POINTS).max(1);
    let last = power.len() - 1;
    let share = |at: usize| at as f64 * 100.0 / last.max(1) as f64;
    let mut points: Vec<(f64, f64)> = (0..=last).step_by(step).map(|at| (share(at), power[at])).collect();
    points.push((100.0, power[last]));
    points
}
