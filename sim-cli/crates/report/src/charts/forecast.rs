//! The morning's forecast with its error bands, and the measured generation.

use {
    super::{
        ChartError, INTERVAL_HOURS, Series,
        axes::{Axes, Grid, Ticks},
        style::*,
    },
    plotters::prelude::*,
};

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        let Some(fan) = &series.fan else { return nothing(area, "No forecast: no sky was simulated") };
        let powers = fan.actual.iter().chain(fan.quantiles.iter().flatten());
        let across = format!("local time of day ({})", series.time_zone);
        let axes = Axes {
            x: Ticks { range: 0.0..24.0, at: (0..=8).map(|tick| (f64::from(tick) * 3.0, clock(tick * 3))).collect() },
            y: Ticks::power(0.0, powers.copied().filter(|power| power.is_finite()).fold(0.0, f64::max), 8),
            across: Some(&across),
            upwards: "mean power of the array, kW",
            beside: BESIDE,
            margin: MARGIN,
            grid: Grid::Both,
        };
        let [wide, narrow] = [SKY.mix(0.35), SKY.mix(0.8)];
        let light = |share: f64| {
            let part = |colour: u8| 255.0 - (255.0 - f64::from(colour)) * share;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a colour
            RGBColor(part(SKY.0) as u8, part(SKY.1) as u8, part(SKY.2) as u8)
        };
        let legend = [
            ("80 % of such days".to_string(), light(0.35), Mark::Area),
            ("50 %".into(), light(0.8), Mark::Area),
            (format!("median ({})", fan.model), DEEP_BLUE, Mark::Line),
            ("what came".into(), VERMILION, Mark::Line),
        ];
        let date = fan.date.format("%-d %b %Y");
        let told = clock(u32::try_from(fan.origin + 1).unwrap_or(0) / 4);
        let body = head(area, BESIDE, &format!("Forecast of {told} for {date}"), &legend)?;
        let mut chart = axes.draw(&body)?;
        // Through the middle of each interval.
        let hour = |at: usize| (at as f64 + 0.5) * INTERVAL_HOURS;
        let told = |place: usize| {
            fan.quantiles.iter().enumerate().map(move |(ahead, powers)| (hour(fan.origin + 1 + ahead), powers[place]))
        };
        for (low, high, colour) in [(0, 4, wide), (1, 3, narrow)] {
            let outline: Vec<_> = told(low).chain(told(high).collect::<Vec<_>>().into_iter().rev()).collect();
            chart.draw_series([Polygon::new(outline, colour.filled())])?;
        }
        chart.draw_series(LineSeries::new(told(2), DEEP_BLUE.stroke_width(3)))?;
        let came: Vec<_> = fan.actual.iter().enumerate().map(|(at, power)| (hour(at), *power)).collect();
        chart.draw_series(LineSeries::new(came.clone(), WHITE.stroke_width(6)))?;
        chart.draw_series(LineSeries::new(came, VERMILION.stroke_width(3)))?;
        Ok(())
    })
}

fn clock(hour: u32) -> String {
    format!("{hour:02}:00")
}
