//! The surplus of each meter.

use {
    super::{
        ChartError, Series,
        axes::{Axes, Grid, Ticks},
        style::*,
    },
    plotters::{
        prelude::*,
        style::text_anchor::{HPos, Pos, VPos},
    },
};

/// Pixels of a meter's row.
const ROW: u32 = 26;
/// Rows, at least.
const FEWEST: usize = 4;
/// Pixels of title, legend and axis.
const FRAME: u32 = 64 + EDGE * 2 + BELOW;
/// Pixels of a name, at most.
const LONGEST: u32 = 260;

/// Draws the chart as SVG.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    let rows = series.surplus.len();
    let height = FRAME + ROW * u32::try_from(rows.max(FEWEST)).unwrap_or(0);
    picture((SIZE.0, height), |area| {
        if rows == 0 {
            return nothing(area, "No meters");
        }
        let zones = zones(series);
        let legend: Vec<_> = zones.iter().map(|(zone, colour)| (zone.replace('_', " "), *colour, Mark::Area)).collect();
        let names: Vec<String> = series.surplus.iter().map(|meter| shortened(&meter.name, LABEL, LONGEST)).collect();
        let beside = names.iter().map(|name| width(name, LABEL)).max().unwrap_or(0) + 24;
        let values = figures(series);
        let right = values.iter().map(|value| width(value, LABEL)).max().unwrap_or(0) + 10;
        let axes = Axes {
            x: across(series, f64::from(right) / f64::from(SIZE.0 - EDGE - beside - MARGIN)),
            y: upwards(&names),
            across: Some("surplus over the run, kWh"),
            upwards: "",
            beside,
            margin: MARGIN,
            grid: Grid::Upright,
        };
        let body = head(area, beside, &format!("Surplus by meter, {}", series.span()), &legend)?;
        let mut chart = axes.draw(&body)?;
        let style = (FONT, LABEL).into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
        for (row, (meter, value)) in series.surplus.iter().zip(&values).enumerate() {
            let (middle, end) = (-(row as f64) - 0.5, meter.kilowatt_hours.max(0.0));
            let colour = zones.iter().find(|(zone, _)| *zone == meter.zone).map_or(GREY, |(_, colour)| *colour);
            let bar = Rectangle::new([(0.0, middle - 0.34), (end, middle + 0.34)], colour.filled());
            chart.draw_series([bar])?;
            let label = Text::new(value.clone(), (6, 0), style.clone());
            chart.draw_series([EmptyElement::at((end, middle)) + label])?;
        }
        Ok(())
    })
}

/// The meters' zones with the colours that the other pictures give them.
fn zones(series: &Series) -> Vec<(&str, RGBColor)> {
    let known = series.load.iter().map(|(zone, _)| zone.as_str());
    let mut all: Vec<&str> = Vec::new();
    for zone in known.chain(series.surplus.iter().map(|meter| meter.zone.as_str())) {
        if !all.contains(&zone) {
            all.push(zone);
        }
    }
    let used = |zone: &str| series.surplus.iter().any(|meter| meter.zone == zone);
    let coloured = all.iter().enumerate().map(|(place, zone)| (*zone, zone_colour(place)));
    coloured.filter(|(zone, _)| used(zone)).collect()
}

/// The figures at the bars' ends: as many decimals as the largest one needs.
fn figures(series: &Series) -> Vec<String> {
    let decimals = match most(series) {
        ..10.0 => 3,
        ..100.0 => 2,
        ..1_000.0 => 1,
        _ => 0,
    };
    series.surplus.iter().map(|meter| format!("{:.decimals$}", meter.kilowatt_hours)).collect()
}

fn most(series: &Series) -> f64 {
    series.surplus.iter().map(|meter| meter.kilowatt_hours).fold(0.0, f64::max)
}

/// From zero to the largest surplus, and a share of the width for the figure at its bar's end.
fn across(series: &Series, room: f64) -> Ticks {
    let most = most(series);
    Ticks::values(0.0..if most > 0.0 { most / (1.0 - room).max(0.5) } else { 1.0 }, 8)
}

/// From the top down; a bar is no higher where there are few.
fn upwards(names: &[String]) -> Ticks {
    let at = names.iter().enumerate().map(|(row, name)| (-(row as f64) - 0.5, name.clone()));
    Ticks { range: -(names.len().max(FEWEST) as f64)..0.0, at: at.collect() }
}

#[cfg(test)]
mod tests {
    use super::{super::MeterSurplus, *};

    fn meter(name: &str, zone: &str, kilowatt_hours: f64) -> MeterSurplus {
        MeterSurplus { name: name.into(), zone: zone.into(), kilowatt_hours }
    }

    #[test]
    fn zones_keep_their_colours() {
        let load = ["classroom", "laboratory"].map(|zone| (zone.to_string(), Vec::new())).to_vec();
        let surplus = vec![meter("a", "workshop", 1.0), meter("b", "laboratory", 2.0)];
        let series = Series { load, surplus, ..Series::default() };
        assert_eq!(zones(&series), [("laboratory", zone_colour(1)), ("workshop", zone_colour(2))]);
    }

    #[test]
    fn figures_have_the_decimals_that_the_largest_needs() {
        let figures = |surplus: [f64; 2]| {
            let surplus = surplus.map(|kilowatt_hours| meter("a", "b", kilowatt_hours)).to_vec();
            figures(&Series { surplus, ..Series::default() }).join(" ")
        };
        assert_eq!(figures([0.0312, 0.0]), "0.031 0.000");
        assert_eq!(figures([31.25, 4.987]), "31.25 4.99");
        assert_eq!(figures([12_345.6, 0.9]), "12346 1");
    }

    #[test]
    fn many_meters_make_a_high_picture_and_hostile_names_are_escaped() {
        let surplus = (0..120).map(|number| meter(&format!("<b>&\"{number}"), "<i>", 1.0)).collect();
        let svg = draw(&Series { surplus, ..Series::default() }).unwrap();
        assert!(svg.contains(&format!("viewBox=\"0 0 1200 {}\"", FRAME + 120 * ROW)));
        assert!(!svg.contains("<b>") && !svg.contains("<i>") && svg.contains("&lt;b&gt;&amp;"));
    }
}
