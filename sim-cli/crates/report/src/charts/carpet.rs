//! Two carpet plots: one column per day, the time of day upwards from midnight, and the power as a colour.

use {
    super::{
        ChartError, Series,
        axes::{Axes, Grid, Ticks},
        ramp::Ramp,
        style::*,
        time_axis::TimeAxis,
    },
    chrono::Timelike,
    plotters::{
        prelude::*,
        style::text_anchor::{HPos, Pos, VPos},
    },
    std::ops::Range,
};

/// From how many days on an hour is one cell.
const LONG: usize = 32;
/// Up to how many days the carpets are side by side.
const NARROW: usize = 3;
/// Columns, at most: more days share one.
const MOST_COLUMNS: usize = 400;
/// Pixels of the colour bar and its labels.
const BAR: u32 = 110;
/// Pixels of two carpets, one above the other.
const HEIGHT: u32 = 680;
/// Pixels of a step of the colour bar.
const STEP: usize = 3;
/// What was not measured.
const UNKNOWN: RGBColor = RGBColor(200, 200, 200);

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    let narrow = series.days() <= NARROW;
    let svg = picture(if narrow { SIZE } else { (SIZE.0, HEIGHT) }, |area| {
        let Some(axis) = TimeAxis::new(series) else { return nothing(area, "No intervals") };
        let (first, second) =
            if narrow { area.split_horizontally(SIZE.0 / 2) } else { area.split_vertically(HEIGHT / 2) };
        let generation = cells(series, &series.generation);
        let (_, most) = extremes(&generation);
        let span = series.span();
        carpet(&first, &format!("Generation, {span}"), &axis, &generation, (0.0..most, &Ramp::upwards(most)))?;
        let import = cells(series, &series.net_import());
        let (least, most) = extremes(&import);
        let ramp = Ramp::around_zero(least, most);
        carpet(&second, "Net import: load less generation (below zero: surplus)", &axis, &import, (least..most, &ramp))
    })?;
    // Cells touch: without smoothing no seam is seen between them.
    Ok(svg.replacen("<svg ", "<svg shape-rendering=\"crispEdges\" ", 1))
}

fn carpet(
    area: &Area,
    title: &str,
    axis: &TimeAxis,
    cells: &Cells,
    (range, ramp): (Range<f64>, &Ramp),
) -> Result<(), ChartError> {
    let (width, _) = area.dim_in_pixel();
    let (left, right) = head(area, BESIDE, title, &[])?.split_horizontally(width - BAR);
    let unknown = cells.columns.iter().flatten().any(Option::is_none);
    let across = axis.columns_description() + if unknown { "; grey: not measured" } else { "" };
    let axes = Axes {
        x: axis.columns(),
        y: Ticks { range: 0.0..24.0, at: (0..=4).map(|tick| (f64::from(tick) * 6.0, clock(tick * 6))).collect() },
        across: Some(&across),
        upwards: "local time of day",
        beside: BESIDE,
        margin: 8,
        grid: Grid::None,
    };
    let mut chart = axes.draw(&left)?;
    chart.draw_series([Rectangle::new([(0.0, 0.0), (axis.hours, 24.0)], UNKNOWN.filled())])?;
    for (column, of_day) in cells.columns.iter().enumerate() {
        let (from, side) = (column as f64 * cells.hours, 24.0 / of_day.len() as f64);
        let colours: Vec<_> = of_day.iter().map(|power| power.map(|power| ramp.colour(power))).collect();
        let mut row = 0;
        // Neighbours of one colour as one: nights are most of a year.
        for same in colours.chunk_by(PartialEq::eq) {
            let (low, high) = (row as f64 * side, (row + same.len()) as f64 * side);
            row += same.len();
            if let Some(colour) = same[0] {
                let corners = [(from, low), ((from + cells.hours).min(axis.hours), high)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            }
        }
    }
    colour_bar(&right, range, ramp)
}

fn clock(hour: u32) -> String {
    format!("{hour:02}:00")
}

/// The power of each column and row; none where there was no interval.
struct Cells {
    /// Hours of a column.
    hours: f64,
    columns: Vec<Vec<Option<f64>>>,
}

fn cells(series: &Series, power: &[f64]) -> Cells {
    let days = series.days();
    let rows = if days < LONG { 96 } else { 24 };
    let shared = days.div_ceil(MOST_COLUMNS).max(1);
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
    let columns = sums.into_iter().map(|of_day| of_day.into_iter().map(mean).collect()).collect();
    Cells { hours: shared as f64 * 24.0, columns }
}

/// The least and the largest power, zero among them.
fn extremes(cells: &Cells) -> (f64, f64) {
    let powers = || cells.columns.iter().flatten().flatten().copied().filter(|power| power.is_finite());
    (powers().fold(0.0, f64::min), powers().fold(0.0, f64::max))
}

/// The colours, beside their powers; it shows only those that there are.
fn colour_bar(area: &Area, range: Range<f64>, ramp: &Ramp) -> Result<(), ChartError> {
    let (_, height) = area.dim_in_pixel();
    let (top, bottom) = (pixels(EDGE), pixels(height - BELOW - EDGE));
    let ticks = Ticks::values(range, 6);
    let (left, right) = (12, 34);
    for y in (top..bottom).step_by(STEP) {
        let share = f64::from(bottom - y) / f64::from(bottom - top);
        let power = ticks.range.start + share * (ticks.range.end - ticks.range.start);
        area.draw(&Rectangle::new([(left, y), (right, (y + 3).min(bottom))], ramp.colour(power).filled()))?;
    }
    area.draw(&Rectangle::new([(left, top), (right, bottom)], GREY))?;
    let style = (FONT, LABEL).into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
    for (power, label) in &ticks.at {
        let y = ticks.map(power, (bottom, top));
        area.draw(&PathElement::new([(right, y), (right + 5, y)], GREY))?;
        area.draw(&Text::new(format!("{label} kW"), (right + 9, y), style.clone()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, TimeDelta};

    #[test]
    fn cells_are_means_and_gaps_stay_gaps() {
        let noon = NaiveDate::from_ymd_opt(2025, 3, 20).unwrap().and_hms_opt(12, 0, 0).unwrap();
        let starts = vec![noon, noon + TimeDelta::minutes(15), noon + TimeDelta::days(40)];
        let cells = cells(&Series { starts, ..Series::default() }, &[1.0, 2.0, 7.0]);
        assert_eq!((cells.columns.len(), cells.columns[0].len()), (41, 24));
        assert_eq!((cells.columns[0][12], cells.columns[0][13], cells.columns[40][12]), (Some(1.5), None, Some(7.0)));
    }
}
