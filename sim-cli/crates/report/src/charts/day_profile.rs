//! The day's power: the zones stacked, and the array as a line.

use {
    super::{
        ChartError, INTERVAL_HOURS, Series,
        axes::{Axes, Grid, Ticks},
        style::*,
    },
    chrono::Timelike,
    plotters::prelude::*,
    std::ops::Range,
};

/// Intervals of a day.
const SLOTS: usize = 96;

/// Draws the chart as SVG: one day as measured, or the mean of several days.
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
        let runs = runs(&slots);
        let generation = mean(&slots, &series.generation);
        // The sum up to each zone.
        let mut sum = vec![0.0; SLOTS];
        let mut stacked: Vec<Vec<f64>> = Vec::new();
        for (_, load) in &series.load {
            sum = sum.iter().zip(mean(&slots, load)).map(|(sum, load)| sum + load).collect();
            stacked.push(sum.clone());
        }
        let most = generation.iter().chain(&sum).copied().fold(0.0, f64::max);
        let across = format!("local time of day ({})", series.time_zone);
        let axes = Axes {
            x: Ticks { range: 0.0..24.0, at: (0..=8).map(|tick| (f64::from(tick) * 3.0, clock(tick * 3))).collect() },
            y: Ticks::power(0.0, most, 8),
            across: Some(&across),
            upwards: "mean power, kW",
            beside: BESIDE,
            margin: MARGIN,
            grid: Grid::Both,
        };
        let body = head(area, BESIDE, &title(series), &legend(series))?;
        let mut chart = axes.draw(&body)?;
        // The last one first: what is drawn later covers what is beneath it.
        for (place, top) in stacked.iter().enumerate().rev() {
            for run in &runs {
                let area = AreaSeries::new(points(run, top), 0.0, zone_colour(place).filled());
                chart.draw_series(area.border_style(WHITE))?;
            }
        }
        for run in &runs {
            // White beneath it: it crosses areas of every colour.
            let line = points(run, &generation);
            chart.draw_series(LineSeries::new(line.clone(), WHITE.stroke_width(6)))?;
            chart.draw_series(LineSeries::new(line, VERMILION.stroke_width(3)))?;
        }
        Ok(())
    })
}

fn clock(hour: u32) -> String {
    format!("{hour:02}:00")
}

fn title(series: &Series) -> String {
    let span = series.span();
    match series.days() {
        1 => format!("Load by zone and generation, {span}"),
        days => format!("Load by zone and generation: the mean day of {days} days, {span}"),
    }
}

fn legend(series: &Series) -> Vec<(String, RGBColor, Mark)> {
    let zones = series.load.iter().enumerate();
    let zones = zones.map(|(place, (zone, _))| (zone.replace('_', " "), zone_colour(place), Mark::Area));
    zones.chain([("generation".into(), VERMILION, Mark::Line)]).collect()
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

/// Where the day was measured at all: a run may have begun at noon.
fn runs(slots: &[usize]) -> Vec<Range<usize>> {
    let mut known = [false; SLOTS];
    slots.iter().for_each(|&slot| known[slot] = true);
    let mut runs: Vec<Range<usize>> = Vec::new();
    for slot in (0..SLOTS).filter(|&slot| known[slot]) {
        match runs.last_mut() {
            Some(run) if run.end == slot => run.end += 1,
            _ => runs.push(slot..slot + 1),
        }
    }
    runs
}

/// A run's curve, through the middle of each interval, from the beginning of its first to the end of its last.
fn points(run: &Range<usize>, values: &[f64]) -> Vec<(f64, f64)> {
    let hour = |slot: f64| slot * INTERVAL_HOURS;
    let middle = run.clone().map(|slot| (hour(slot as f64 + 0.5), values[slot]));
    let (first, last) = ((hour(run.start as f64), values[run.start]), (hour(run.end as f64), values[run.end - 1]));
    [first].into_iter().chain(middle).chain([last]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_not_zero() {
        assert_eq!(runs(&[40, 41, 42, 95, 0, 1]), [0..2, 40..43, 95..96]);
        assert_eq!(points(&(4..5), &[7.0; SLOTS]), [(1.0, 7.0), (1.125, 7.0), (1.25, 7.0)]);
    }

    #[test]
    fn several_days_give_their_mean() {
        let mean = mean(&[3, 4, 3], &[1.0, 5.0, 2.0]);
        assert_eq!((mean[3], mean[4], mean[5]), (1.5, 5.0, 0.0));
    }
}
