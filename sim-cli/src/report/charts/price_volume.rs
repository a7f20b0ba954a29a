//! What auctions traded, and at which price.

use {
    super::{ChartError, INTERVAL_HOURS, Series, short, style::*, time_axis::TimeAxis},
    plotters::prelude::*,
};

/// From how many days on a day is one point.
const LONG: usize = 15;
/// Pixels of the upper part.
const UPPER: u32 = 320;

/// A point of the picture: an interval, or a day.
struct Point {
    /// Where it begins and ends, hours.
    span: (f64, f64),
    /// kWh.
    volume: f64,
    /// Lowest, mean and highest price.
    price: Option<(f64, f64, f64)>,
    /// Reference price.
    reference: f64,
}

/// Draws it: auction by auction, or day by day where there are many.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        let Some(first) = series.starts.first() else { return nothing(area, "No intervals") };
        let days = series.days();
        let axis = TimeAxis::new(first.date(), days, &series.time_zone);
        let points = points(series, days);
        let (upper, lower) = area.split_vertically(UPPER);
        prices(&upper, series, &axis, &points, days >= LONG)?;
        volumes(&lower, &axis, &points)?;
        if points.iter().all(|point| point.price.is_none()) {
            nothing(&upper, "Nothing was traded")?;
        }
        Ok(())
    })
}

fn points(series: &Series, days: usize) -> Vec<Point> {
    let hours = series.hours();
    let each = (0..hours.len()).map(|at| Point {
        span: (hours[at], hours[at] + INTERVAL_HOURS),
        volume: series.volume[at],
        price: series.price[at].map(|price| (price, price, price)),
        reference: series.reference[at],
    });
    if days < LONG {
        return each.collect();
    }
    let mut all: Vec<Vec<Point>> = (0..days).map(|_| Vec::new()).collect();
    for (interval, point) in each.enumerate() {
        all[series.day(interval)].push(point);
    }
    all.iter()
        .enumerate()
        .filter(|(_, of_day)| !of_day.is_empty())
        .map(|(day, of_day)| whole_day(day, of_day))
        .collect()
}

fn whole_day(day: usize, points: &[Point]) -> Point {
    let volume: f64 = points.iter().map(|point| point.volume).sum();
    let traded = || points.iter().filter_map(|point| point.price.map(|(price, ..)| (price, point.volume)));
    let value: f64 = traded().map(|(price, volume)| price * volume).sum();
    let least = traded().map(|(price, _)| price).fold(f64::INFINITY, f64::min);
    let most = traded().map(|(price, _)| price).fold(0.0, f64::max);
    Point {
        span: (day as f64 * 24.0, (day + 1) as f64 * 24.0),
        volume,
        price: (volume > 0.0).then(|| (least, value / volume, most)),
        reference: points.iter().map(|point| point.reference).sum::<f64>() / points.len() as f64,
    }
}

fn middle(point: &Point) -> f64 {
    f64::midpoint(point.span.0, point.span.1)
}

fn prices(area: &Area, series: &Series, axis: &TimeAxis, points: &[Point], daily: bool) -> Result<(), ChartError> {
    let names: [&str; 3] = if daily {
        ["Price and volume, day by day", "clearing price: mean, and lowest to highest", "reference price, mean"]
    } else {
        ["Price and volume of the auctions", "clearing price", "reference price"]
    };
    let legend = [
        (names[1], DEEP_BLUE, Mark::Dot),
        (names[2], GREY, Mark::Line),
        ("retail tariff", VERMILION, Mark::Dashes),
        ("feed-in tariff", TEAL, Mark::Dashes),
    ]
    .map(|(name, colour, mark)| (name.to_string(), colour, mark));
    let (feed_in, retail) = (series.feed_in, series.retail);
    let room = (retail - feed_in).max(1.0) * 0.12;
    let mut chart = ChartBuilder::on(&head(area, names[0], &legend)?)
        .margin_top(8)
        .margin_right(MARGIN)
        .y_label_area_size(BESIDE)
        .build_cartesian_2d(axis.ticks(), feed_in - room..retail + room)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .x_labels(axis.ticks.len())
        .label_style((FONT, LABEL))
        .axis_desc_style((FONT, DESCRIPTION))
        .y_desc("baht per kWh")
        .y_label_formatter(&|price| format!("{price:.1}"))
        .draw()?;
    for (tariff, colour) in [(retail, VERMILION), (feed_in, TEAL)] {
        let ends = [(0.0, tariff), (axis.hours, tariff)];
        chart.draw_series(DashedLineSeries::new(ends, 8, 6, colour.stroke_width(2)))?;
    }
    let reference = points.iter().map(|point| (middle(point), point.reference));
    chart.draw_series(LineSeries::new(reference, GREY.stroke_width(1)))?;
    let traded = || points.iter().filter_map(|point| point.price.map(|price| (middle(point), price)));
    if daily {
        chart.draw_series(traded().map(|(x, (least, _, most))| {
            PathElement::new([(x, least), (x, most)], DEEP_BLUE.mix(0.35).stroke_width(5))
        }))?;
    }
    // A line only from one auction that traded to the next.
    let mut run: Vec<(f64, f64)> = Vec::new();
    let mut runs = Vec::new();
    for point in points {
        match point.price {
            Some((_, mean, _)) => run.push((middle(point), mean)),
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    for run in runs {
        chart.draw_series(LineSeries::new(run, DEEP_BLUE.stroke_width(2)))?;
    }
    chart.draw_series(traded().map(|(x, (_, mean, _))| Circle::new((x, mean), 3, DEEP_BLUE.filled())))?;
    Ok(())
}

fn volumes(area: &Area, axis: &TimeAxis, points: &[Point]) -> Result<(), ChartError> {
    let most = points.iter().map(|point| point.volume).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .margin_right(MARGIN)
        .margin_top(8)
        .x_label_area_size(BELOW)
        .y_label_area_size(BESIDE)
        .build_cartesian_2d(axis.ticks(), 0.0..above(most))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .x_labels(axis.ticks.len())
        .y_labels(4)
        .label_style((FONT, LABEL))
        .axis_desc_style((FONT, DESCRIPTION))
        .x_desc(axis.description.clone())
        .y_desc("traded, kWh")
        .y_label_formatter(&|energy| short(*energy).to_string())
        .x_label_formatter(&|hours| axis.label(*hours))
        .draw()?;
    chart.draw_series(points.iter().filter(|point| point.volume > 0.0).map(|point| {
        let gap = (point.span.1 - point.span.0) * 0.1;
        Rectangle::new([(point.span.0 + gap, 0.0), (point.span.1 - gap, point.volume)], DEEP_BLUE.filled())
    }))?;
    Ok(())
}
