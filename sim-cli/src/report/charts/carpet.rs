//! Two carpets: a column a day, the day from midnight to midnight upwards, and the power as a colour.

use {
    super::{ChartError, Series, style::*, time_axis::TimeAxis},
    chrono::Timelike,
    plotters::prelude::*,
};

/// From how many days on an hour is one cell.
const LONG: usize = 32;
/// Columns, at most: more days share one.
const MOST_COLUMNS: usize = 400;
/// Pixels of the colour bar and its labels.
const BAR: u32 = 120;
/// Pixels of the whole picture.
const HEIGHT: u32 = 680;
/// Steps of the colour bar.
const STEPS: i32 = 60;

/// Draws it.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    // Cells touch: without smoothing no seam is seen between them.
    let svg = picture((SIZE.0, HEIGHT), |area| {
        let Some(first) = series.starts.first() else { return nothing(area, "No intervals") };
        let axis = TimeAxis::new(first.date(), series.days(), &series.time_zone);
        let import: Vec<f64> =
            series.total_load().iter().zip(&series.generation).map(|(load, sun)| load - sun).collect();
        let (upper, lower) = area.split_vertically(HEIGHT / 2);
        carpet(&upper, "Generation", series, &axis, &series.generation)?;
        carpet(&lower, "Load less generation: what the grid gives", series, &axis, &import)
    })?;
    Ok(svg.replacen("<svg ", "<svg shape-rendering=\"crispEdges\" ", 1))
}

fn carpet(area: &Area, name: &str, series: &Series, axis: &TimeAxis, power: &[f64]) -> Result<(), ChartError> {
    let (width, _) = area.dim_in_pixel();
    let (left, right) = head(area, name, &[])?.split_horizontally(width - BAR);
    let cells = cells(series, power);
    let range = || cells.iter().flatten().flatten().copied();
    let (least, most) = (range().fold(0.0, f64::min), range().fold(0.0, f64::max));
    let most = if most > least { most } else { least + 1.0 };
    let days = series.days();
    let ticks: Vec<f64> =
        if days <= 2 { (0..days).map(|day| day as f64 * 24.0 + 12.0).collect() } else { axis.ticks.clone() };
    let mut chart = ChartBuilder::on(&left)
        .margin_top(4)
        .margin_right(8)
        .x_label_area_size(BELOW)
        .y_label_area_size(BESIDE)
        .build_cartesian_2d(
            Ticks { end: axis.hours, at: ticks.clone() },
            Ticks { end: 24.0, at: vec![0.0, 6.0, 12.0, 18.0, 24.0] },
        )?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(ticks.len())
        .label_style((FONT, LABEL))
        .axis_desc_style((FONT, DESCRIPTION))
        .x_desc(if days <= 2 { format!("day ({})", series.time_zone) } else { axis.description.clone() })
        .y_desc("hour of the day")
        .x_label_formatter(&|hours| day_label(axis, series, *hours))
        .y_label_formatter(&|hour| format!("{hour:02.0}:00"))
        .draw()?;
    let (columns, rows) = (cells.len() as f64, cells.first().map_or(1, Vec::len) as f64);
    let cell = |(column, of_day): (usize, &Vec<Option<f64>>)| -> Vec<Rectangle<(f64, f64)>> {
        let side = axis.hours / columns;
        let x = column as f64 * side;
        let rectangle = |(row, power): (usize, &Option<f64>)| {
            let (y, high) = (row as f64 * 24.0 / rows, 24.0 / rows);
            let colour = ViridisRGB.get_color_normalized((*power)?, least, most);
            Some(Rectangle::new([(x, y), (x + side, y + high)], colour.filled()))
        };
        of_day.iter().enumerate().filter_map(rectangle).collect()
    };
    chart.draw_series(cells.iter().enumerate().flat_map(cell))?;
    colour_bar(&right, least, most)
}

/// A day's label in the middle of its column, where there are few; else the axis's own.
fn day_label(axis: &TimeAxis, series: &Series, hours: f64) -> String {
    if series.days() > 2 {
        return axis.label(hours);
    }
    let at = series.hours().iter().position(|own| *own >= hours);
    at.map_or_else(String::new, |at| series.starts[at].date().format("%a %-d %b %Y").to_string())
}

/// The power of each column and row; none where there was no interval.
fn cells(series: &Series, power: &[f64]) -> Vec<Vec<Option<f64>>> {
    let days = series.days();
    let rows = if days < LONG { 96 } else { 24 };
    let shared = days.div_ceil(MOST_COLUMNS);
    let mut sums = vec![vec![(0.0, 0_u32); rows]; days.div_ceil(shared)];
    for (interval, (start, power)) in series.starts.iter().zip(power).enumerate() {
        let column = series.day(interval) / shared;
        let row = (start.hour() * 60 + start.minute()) as usize * rows / (24 * 60);
        if let Some((sum, count)) = sums.get_mut(column).and_then(|of_day| of_day.get_mut(row)) {
            *sum += power;
            *count += 1;
        }
    }
    let mean = |(sum, count): (f64, u32)| (count > 0).then(|| sum / f64::from(count));
    sums.into_iter().map(|of_day| of_day.into_iter().map(mean).collect()).collect()
}

fn colour_bar(area: &Area, least: f64, most: f64) -> Result<(), ChartError> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(4)
        .margin_bottom(BELOW)
        .margin_right(14)
        .y_label_area_size(BESIDE)
        .build_cartesian_2d(0.0..1.0, least..most)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .y_labels(5)
        .label_style((FONT, LABEL))
        .axis_desc_style((FONT, DESCRIPTION))
        .y_desc("mean power, kW")
        .y_label_formatter(&|power| format!("{power:.0}"))
        .draw()?;
    let step = (most - least) / f64::from(STEPS);
    chart.draw_series((0..STEPS).map(|number| {
        let from = least + f64::from(number) * step;
        let colour = ViridisRGB.get_color_normalized(from, least, most);
        Rectangle::new([(0.0, from), (1.0, from + step)], colour.filled())
    }))?;
    Ok(())
}
