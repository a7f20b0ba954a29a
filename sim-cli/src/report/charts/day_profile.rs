//! The day: zones one above the other, and the array.

use {
    super::{ChartError, INTERVAL_HOURS, Series, short, style::*},
    chrono::Timelike,
    plotters::prelude::*,
};

/// Intervals of a day.
const SLOTS: usize = 96;

/// Draws it: of one day as it was, of several the mean.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        if series.starts.is_empty() {
            return nothing(area, "No intervals");
        }
        let slots: Vec<usize> =
            series.starts.iter().map(|start| (start.hour() * 4 + start.minute() / 15) as usize % SLOTS).collect();
        let generation = mean(&slots, &series.generation);
        // The sum up to each zone, the last one first: what is drawn later covers what is beneath it.
        let mut sum = vec![0.0; generation.len()];
        let mut stacked: Vec<(usize, &str, Vec<f64>)> = Vec::new();
        for (place, (zone, load)) in series.load.iter().enumerate() {
            sum = sum.iter().zip(mean(&slots, load)).map(|(sum, load)| sum + load).collect();
            stacked.push((place, zone, sum.clone()));
        }
        let most = generation.iter().chain(&sum).copied().fold(0.0, f64::max);
        let text = match series.days() {
            1 => format!("Load by zone and generation on {}", series.starts[0].date()),
            days => format!("Load by zone and generation: mean of {days} days"),
        };
        let ticks: Vec<f64> = (0..=8).map(|tick| f64::from(tick) * 3.0).collect();
        let zones = stacked.iter().map(|(place, zone, _)| (zone.replace('_', " "), zone_colour(*place), Mark::Area));
        let legend: Vec<_> = zones.chain([("generation".into(), VERMILION, Mark::Line)]).collect();
        let mut chart = ChartBuilder::on(&head(area, &text, &legend)?)
            .margin_top(8)
            .margin_right(MARGIN)
            .x_label_area_size(BELOW)
            .y_label_area_size(BESIDE)
            .build_cartesian_2d(Ticks { end: 24.0, at: ticks }, 0.0..above(most))?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style((FONT, LABEL))
            .axis_desc_style((FONT, DESCRIPTION))
            .x_desc(format!("local time ({})", series.time_zone))
            .y_desc("mean power, kW")
            .y_label_formatter(&|power| short(*power).to_string())
            .x_label_formatter(&|hour| format!("{hour:02.0}:00"))
            .draw()?;
        let points = |values: &[f64]| -> Vec<(f64, f64)> {
            let middle = |(slot, value): (usize, &f64)| ((slot as f64 + 0.5) * INTERVAL_HOURS, *value);
            values.iter().enumerate().map(middle).collect()
        };
        for (place, _, top) in stacked.iter().rev() {
            let colour = zone_colour(*place);
            chart.draw_series(AreaSeries::new(points(top), 0.0, colour).border_style(colour))?;
        }
        chart.draw_series(LineSeries::new(points(&generation), VERMILION.stroke_width(3)))?;
        Ok(())
    })
}

/// The mean of each interval of the day.
fn mean(slots: &[usize], values: &[f64]) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; SLOTS], vec![0_u32; SLOTS]);
    for (&slot, value) in slots.iter().zip(values) {
        sums[slot] += value;
        counts[slot] += 1;
    }
    sums.into_iter().zip(counts).map(|(sum, count)| sum / f64::from(count.max(1))).collect()
}
