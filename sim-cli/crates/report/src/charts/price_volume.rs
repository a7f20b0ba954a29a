//! Prices and traded energy of the auctions.

use {
    super::{
        ChartError, Series,
        axes::{Axes, Chart, Grid, Ticks},
        market::{Point, points, runs},
        style::*,
        time_axis::TimeAxis,
    },
    plotters::{
        prelude::*,
        style::text_anchor::{HPos, Pos, VPos},
    },
};

/// From how many days on a day is one point.
const LONG: usize = 15;
/// Pixels of the upper part.
const UPPER: u32 = 316;
/// Pixels that a bar needs for a gap to the next.
const BROAD: f64 = 4.0;

/// Draws the chart as SVG: by auction, or by day for long runs.
///
/// # Errors
/// [`ChartError`].
pub fn draw(series: &Series) -> Result<String, ChartError> {
    picture(SIZE, |area| {
        let Some(axis) = TimeAxis::new(series) else { return nothing(area, "No intervals") };
        let daily = series.days() >= LONG;
        let points = points(series, daily);
        let (upper, lower) = area.split_vertically(UPPER);
        prices(&upper, series, &axis, &points, daily)?;
        volumes(&lower, &axis, &points, daily)?;
        if points.iter().all(|point| point.price.is_none()) {
            nothing(&lower, "Nothing was traded")?;
        }
        Ok(())
    })
}

fn prices(area: &Area, series: &Series, axis: &TimeAxis, points: &[Point], daily: bool) -> Result<(), ChartError> {
    let span = series.span();
    let (title, reference, clearing) = if daily {
        (format!("Price and volume by day, {span}"), "reference price, mean", "clearing price, mean by volume")
    } else {
        (format!("Price and volume of the auctions, {span}"), "reference price", "clearing price")
    };
    let band = daily.then(|| ("lowest to highest".to_string(), BAND, Mark::Area));
    let lines = [(clearing.to_string(), DEEP_BLUE, Mark::Points), (reference.to_string(), BLACK, Mark::Thin)];
    let legend: Vec<_> = lines.into_iter().chain(band).collect();
    let axes = Axes {
        x: axis.ticks(),
        y: price_axis(series, points),
        across: None,
        upwards: "baht per kWh",
        beside: BESIDE,
        margin: MARGIN,
        grid: Grid::Both,
    };
    let body = head(area, BESIDE, &title, &legend)?;
    let mut chart = axes.draw(&body)?;
    if daily {
        for run in runs(points) {
            chart.draw_series([Polygon::new(outline(run), BAND.filled())])?;
        }
    }
    let reference = points.iter().map(|point| (point.middle(), point.reference));
    chart.draw_series(LineSeries::new(reference, BLACK.stroke_width(1)))?;
    // Over the reference price, which is often the same.
    tariff(&mut chart, area, axis, (series.retail, "retail", VERMILION))?;
    tariff(&mut chart, area, axis, (series.feed_in, "feed-in", TEAL))?;
    let radius = match points.len() {
        ..=120 => 4,
        121..=250 => 3,
        _ => 2,
    };
    for run in runs(points) {
        let means = || run.iter().filter_map(|point| point.price.map(|(_, mean, _)| (point.middle(), mean)));
        chart.draw_series(LineSeries::new(means(), DEEP_BLUE.stroke_width(1)))?;
        chart.draw_series(means().map(|at| Circle::new(at, radius, DEEP_BLUE.filled())))?;
    }
    Ok(())
}

/// Where a day's prices were. Not half transparent: the grid must not be taken for a curve.
const BAND: RGBColor = RGBColor(191, 219, 236);

/// From tariff to tariff, and what lies beyond them; with room for the tariffs' names.
fn price_axis(series: &Series, points: &[Point]) -> Ticks {
    let traded = points.iter().filter_map(|point| point.price).flat_map(|(least, _, most)| [least, most]);
    let others = points.iter().map(|point| point.reference).chain([series.feed_in, series.retail]);
    let all = || traded.clone().chain(others.clone()).filter(|price| price.is_finite());
    let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let room = if most - least > 1e-3 { (most - least) * 0.14 } else { 0.5 };
    Ticks::values(least - room..most + room, 6)
}

/// A dashed line, named at its right end: above it, the lower one beneath.
fn tariff(
    chart: &mut Chart,
    area: &Area,
    axis: &TimeAxis,
    (price, name, colour): (f64, &str, RGBColor),
) -> Result<(), ChartError> {
    if !price.is_finite() {
        return Ok(());
    }
    let ends = [(0.0, price), (axis.hours, price)];
    chart.draw_series(DashedLineSeries::new(ends, 8, 6, colour.stroke_width(2)))?;
    let (upright, shift) = if name == "retail" { (VPos::Bottom, -3) } else { (VPos::Top, 3) };
    // Darker than the line: thin letters need more contrast.
    let ink = RGBColor(colour.0 / 5 * 4, colour.1 / 5 * 4, colour.2 / 5 * 4);
    let style = (FONT, LABEL).into_text_style(area).color(&ink).pos(Pos::new(HPos::Right, upright));
    let label = Text::new(format!("{name} tariff {price:.2}"), (-4, shift), style);
    chart.draw_series([EmptyElement::at((axis.hours, price)) + label])?;
    Ok(())
}

/// A band's outline, in steps: along the highest prices and back along the lowest.
fn outline(run: &[Point]) -> Vec<(f64, f64)> {
    let steps = run.iter().filter_map(|point| point.price.map(|(least, _, most)| (point.span, least, most)));
    let upper = steps.clone().flat_map(|((begin, end), _, most)| [(begin, most), (end, most)]);
    let lower = steps.rev().flat_map(|((begin, end), least, _)| [(end, least), (begin, least)]);
    upper.chain(lower).collect()
}

fn volumes(area: &Area, axis: &TimeAxis, points: &[Point], daily: bool) -> Result<(), ChartError> {
    let most = points.iter().map(|point| point.volume).fold(0.0, f64::max);
    let across = axis.description();
    let axes = Axes {
        x: axis.ticks(),
        y: Ticks::power(0.0, most, 4),
        across: Some(&across),
        upwards: if daily { "kWh per day" } else { "kWh traded" },
        beside: BESIDE,
        margin: MARGIN,
        grid: Grid::Both,
    };
    let mut chart = axes.draw(area)?;
    let pixel = axis.hours / f64::from(SIZE.0 - EDGE - BESIDE - MARGIN);
    chart.draw_series(points.iter().filter(|point| point.volume > 0.0).map(|point| {
        let width = point.span.1 - point.span.0;
        // Gaps of a pixel here and none there would be stripes that mean nothing; nor may a bar vanish.
        let (gap, width) = if width > BROAD * pixel { (width * 0.1, width) } else { (0.0, width.max(pixel)) };
        let corners = [(point.span.0 + gap, 0.0), (point.span.0 + width - gap, point.volume)];
        Rectangle::new(corners, DEEP_BLUE.filled())
    }))?;
    Ok(())
}
