//! Self-consumption and self-sufficiency by battery size.

use {
    super::{
        ChartError, Series, StorageSize,
        axes::{Axes, Grid, Ticks},
        style::*,
    },
    plotters::prelude::*,
};

/// A curve: its name, its colour, the share it shows.
type Curve = (&'static str, RGBColor, fn(&StorageSize) -> f64);

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        let Some(largest) = series.storage.last().filter(|_| series.storage.len() > 1) else {
            return nothing(area, "No intervals");
        };
        let axes = Axes {
            x: Ticks::values(0.0..largest.capacity, 10),
            y: Ticks::values(0.0..100.0, 10),
            across: Some("battery that the building would have, kWh"),
            upwards: "share, %",
            beside: BESIDE,
            margin: MARGIN,
            grid: Grid::Both,
        };
        let curves: [Curve; 2] = [
            ("self-consumption: generation used in the building", ORANGE, |size| size.self_consumption),
            ("self-sufficiency: load not from the grid", DEEP_BLUE, |size| size.self_sufficiency),
        ];
        let legend = curves.map(|(name, colour, _)| (name.to_string(), colour, Mark::Points));
        let title = format!("Self-consumption and self-sufficiency by battery size, {}", series.span());
        let body = head(area, BESIDE, &title, &legend)?;
        let mut chart = axes.draw(&body)?;
        for (_, colour, share) in curves {
            let points: Vec<_> = series.storage.iter().map(|size| (size.capacity, share(size) * 100.0)).collect();
            chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
            chart.draw_series(points.into_iter().map(|point| Circle::new(point, 4, colour.filled())))?;
        }
        Ok(())
    })
}
