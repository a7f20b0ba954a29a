//! Energy by month.

use {
    super::{
        ChartError, INTERVAL_HOURS, Series,
        axes::{Axes, Grid, Ticks},
        style::*,
        value,
    },
    chrono::Datelike,
    plotters::prelude::*,
};

/// Bars of a month, and how they are called.
const BARS: [(&str, RGBColor); 3] =
    [("generated", ORANGE), ("consumed", DEEP_BLUE), ("traded between participants", TEAL)];
/// Months of which each has a label.
const LABELLED: usize = 24;

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        let months = months(series);
        if months.is_empty() {
            return nothing(area, "No intervals");
        }
        let count = months.len() as f64;
        let most = months.iter().flat_map(|(_, energies)| energies).copied().fold(0.0, f64::max);
        let every = months.len().div_ceil(LABELLED);
        let labels = months.iter().enumerate().step_by(every);
        let at = labels.map(|(place, (name, _))| (place as f64 + 0.5, name.clone())).collect();
        let axes = Axes {
            x: Ticks { range: 0.0..count, at },
            y: Ticks::power(0.0, most, 8),
            across: Some("month"),
            upwards: "energy, kWh",
            beside: BESIDE,
            margin: MARGIN,
            grid: Grid::Both,
        };
        let legend = BARS.map(|(name, colour)| (name.to_string(), colour, Mark::Area));
        let body = head(area, BESIDE, &format!("Energy by month, {}", series.span()), &legend)?;
        let mut chart = axes.draw(&body)?;
        for (place, (_, energies)) in months.iter().enumerate() {
            for (bar, (energy, (_, colour))) in energies.iter().zip(BARS).enumerate() {
                let left = place as f64 + 0.14 + 0.24 * bar as f64;
                chart.draw_series([Rectangle::new([(left, 0.0), (left + 0.24, *energy)], colour.filled())])?;
            }
        }
        Ok(())
    })
}

/// Generated, consumed and traded, kWh, month by month.
fn months(series: &Series) -> Vec<(String, [f64; 3])> {
    let load = series.total_load();
    let mut months: Vec<(String, [f64; 3])> = Vec::new();
    let mut current = None;
    for (at, start) in series.starts.iter().enumerate() {
        let month = (start.year(), start.month());
        if current != Some(month) {
            current = Some(month);
            months.push((start.format("%b %Y").to_string(), [0.0; 3]));
        }
        let energies =
            [value(&series.generation, at) * INTERVAL_HOURS, load[at] * INTERVAL_HOURS, value(&series.volume, at)];
        if let Some((_, sums)) = months.last_mut() {
            sums.iter_mut().zip(energies).for_each(|(sum, energy)| *sum += energy);
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn an_interval_belongs_to_the_month_it_begins_in() {
        let at = |day, hour| NaiveDate::from_ymd_opt(2025, 1, day).unwrap().and_hms_opt(hour, 45, 0).unwrap();
        let next = NaiveDate::from_ymd_opt(2025, 2, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        let series = Series {
            starts: vec![at(31, 22), at(31, 23), next],
            generation: vec![4.0, 8.0, 12.0],
            load: vec![("a".into(), vec![1.0; 3]), ("b".into(), vec![3.0; 3])],
            volume: vec![0.5, 0.25, 2.0],
            ..Series::default()
        };
        assert_eq!(months(&series), [("Jan 2025".into(), [3.0, 2.0, 0.75]), ("Feb 2025".into(), [3.0, 1.0, 2.0])]);
    }
}
