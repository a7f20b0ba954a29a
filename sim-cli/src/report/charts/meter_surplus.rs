//! What each meter had left.

use {
    super::{ChartError, Series, short, style::*},
    plotters::{
        prelude::*,
        style::text_anchor::{HPos, Pos, VPos},
    },
};

/// Pixels of a meter's row.
const ROW: u32 = 26;
/// Pixels of title and axis.
const FRAME: u32 = 120;

/// Draws it.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    let rows = series.surplus.len();
    let height = FRAME + ROW * u32::try_from(rows).unwrap_or(0).max(4);
    picture((SIZE.0, height), |area| {
        if rows == 0 {
            return nothing(area, "No meters");
        }
        let most = series.surplus.iter().map(|meter| meter.kilowatt_hours).fold(0.0, f64::max);
        let mut zones: Vec<&str> = Vec::new();
        for meter in &series.surplus {
            if !zones.contains(&meter.zone.as_str()) {
                zones.push(&meter.zone);
            }
        }
        let named = zones.iter().enumerate();
        let legend: Vec<_> =
            named.map(|(number, zone)| (zone.replace('_', " "), zone_colour(number), Mark::Area)).collect();
        let mut chart = ChartBuilder::on(&head(area, "Surplus by meter", &legend)?)
            .margin_right(MARGIN)
            .x_label_area_size(BELOW)
            .y_label_area_size(BESIDE + 20)
            // Room for the figure at the longest bar's end.
            .build_cartesian_2d(0.0..above(most) * 1.05, (0..rows).into_segmented())?;
        // From the top down.
        let name = |place: usize| series.surplus.iter().rev().nth(place).map_or("", |meter| meter.name.as_str());
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style((FONT, LABEL))
            .axis_desc_style((FONT, DESCRIPTION))
            .x_desc("surplus, kWh")
            .x_label_formatter(&|energy| short(*energy).to_string())
            .y_labels(rows)
            .y_label_formatter(&|segment| match segment {
                SegmentValue::CenterOf(place) => name(*place).to_string(),
                _ => String::new(),
            })
            .draw()?;
        for (number, zone) in zones.iter().enumerate() {
            let colour = zone_colour(number);
            let own = series.surplus.iter().rev().enumerate().filter(|(_, meter)| meter.zone == *zone);
            let bar = |(place, meter): (usize, &super::MeterSurplus)| {
                let corners =
                    [(0.0, SegmentValue::Exact(place)), (meter.kilowatt_hours, SegmentValue::Exact(place + 1))];
                let mut bar = Rectangle::new(corners, colour.filled());
                bar.set_margin(4, 4, 0, 0);
                bar
            };
            chart.draw_series(own.map(bar))?;
        }
        let style = (FONT, LABEL).into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
        chart.draw_series(series.surplus.iter().rev().enumerate().map(|(place, meter)| {
            let end = EmptyElement::at((meter.kilowatt_hours, SegmentValue::CenterOf(place)));
            end + Text::new(short(meter.kilowatt_hours).to_string(), (6, 0), style.clone())
        }))?;
        Ok(())
    })
}
