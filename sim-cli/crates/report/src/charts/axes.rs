//! Axes whose ticks are given: hours and days do not come in tens, and the library's labels are rounded until they repeat.

use {
    super::{ChartError, style::*},
    plotters::{
        coord::ranged1d::{DefaultFormatting, KeyPointHint},
        prelude::*,
    },
    std::ops::Range,
};

/// An axis with its ticks and their labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    /// The range of values on the axis.
    pub(super) range: Range<f64>,
    /// Where the ticks are, and what they are called.
    pub(super) at: Vec<(f64, String)>,
}

impl Ticks {
    /// An axis of round values, `most` of them at most.
    pub(super) fn values(range: Range<f64>, most: u32) -> Self {
        let width = range.end - range.start;
        let range = if width.is_finite() && width > 0.0 { range } else { 0.0..1.0 };
        let least = (range.end - range.start) / f64::from(most);
        let ten = 10_f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0].map(|step| step * ten).into_iter().find(|step| *step >= least);
        let step = step.unwrap_or(10.0 * ten);
        let decimals = (0..9).find(|digits| is_whole(step * 10_f64.powi(*digits))).unwrap_or(9);
        let decimals = usize::try_from(decimals).unwrap_or(0);
        let first = (range.start / step).ceil();
        let at = (0..=most)
            // Minus zero is not to be read anywhere.
            .map(|tick| (first + f64::from(tick)) * step + 0.0)
            .take_while(|value| *value <= range.end)
            .map(|value| (value, format!("{value:.decimals$}")))
            .collect();
        Self { range, at }
    }

    /// An axis from zero, or from the least value below it, with room above the largest.
    pub(super) fn power(least: f64, most: f64, count: u32) -> Self {
        let least = least.min(0.0) * 1.08;
        let most = if most > 0.0 { most * 1.08 } else { 0.0 };
        Self::values(least..if most > least { most } else { 1.0 }, count)
    }

    fn label(&self, value: f64) -> String {
        self.at.iter().find(|(at, _)| *at == value).map_or_else(String::new, |(_, label)| label.clone())
    }
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6 && value.round() > 0.0
}

/// Pixels that are in no picture.
const FAR: f64 = 100_000.0;

impl Ranged for Ticks {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    #[allow(clippy::cast_possible_truncation)] // pixels
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        // Far outside is outside: the library adds to it.
        limit.0 + (share * f64::from(limit.1 - limit.0)).round().clamp(-FAR, FAR) as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.at.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Which lines are drawn beneath the curves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    Both,
    Upright,
    None,
}

/// What surrounds a chart.
pub(super) struct Axes<'t> {
    pub(super) x: Ticks,
    pub(super) y: Ticks,
    /// What the axes show; without `across`, the horizontal one has no labels.
    pub(super) across: Option<&'t str>,
    pub(super) upwards: &'t str,
    /// Pixels for labels on the left, and for nothing on the right.
    pub(super) beside: u32,
    pub(super) margin: u32,
    pub(super) grid: Grid,
}

/// A chart with such axes.
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Ticks, Ticks>>;

impl Axes<'_> {
    /// Draws them.
    pub(super) fn draw<'a, 'b>(self, area: &'a Area<'b>) -> Result<Chart<'a, 'b>, ChartError> {
        let (x, y) = (self.x.clone(), self.y.clone());
        let mut chart = ChartBuilder::on(area)
            .margin_top(EDGE)
            .margin_left(EDGE)
            .margin_bottom(if self.across.is_some() { EDGE } else { 0 })
            .margin_right(self.margin)
            .x_label_area_size(if self.across.is_some() { BELOW } else { 0 })
            .y_label_area_size(self.beside)
            .build_cartesian_2d(self.x, self.y)?;
        let grid = self.grid;
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GREY)
            .label_style((FONT, LABEL))
            .axis_desc_style((FONT, DESCRIPTION))
            .x_labels(x.at.len())
            .y_labels(y.at.len())
            .x_desc(self.across.unwrap_or_default())
            .y_desc(self.upwards);
        if grid == Grid::None {
            mesh.disable_x_mesh();
        }
        if grid != Grid::Both {
            mesh.disable_y_mesh();
        }
        mesh.x_label_formatter(&|value| x.label(*value)).y_label_formatter(&|value| y.label(*value)).draw()?;
        Ok(chart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(range: Range<f64>) -> Vec<String> {
        Ticks::values(range, 8).at.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_are_round_and_differ() {
        assert_eq!(labels(0.0..120.0), ["0", "20", "40", "60", "80", "100", "120"]);
        assert_eq!(labels(-0.05..0.1), ["-0.04", "-0.02", "0.00", "0.02", "0.04", "0.06", "0.08", "0.10"]);
        assert_eq!(labels(2.15..2.45).last().unwrap(), "2.45");
        for largest in [1e-6, 0.03, 0.7, 9.0, 1_234.0, 8e8] {
            let mut labels = labels(0.0..largest);
            let count = labels.len();
            labels.dedup();
            assert!(labels.len() == count && count > 3, "{labels:?}");
        }
    }

    #[test]
    fn ranges_without_width_have_an_axis_too() {
        for range in [0.0..0.0, 1.0..0.0, f64::NAN..1.0, 0.0..f64::INFINITY] {
            assert_eq!(Ticks::values(range, 4).range, 0.0..1.0);
        }
        assert_eq!(Ticks::power(0.0, 0.0, 4).range, 0.0..1.0);
        assert_eq!(Ticks::power(-10.0, -1.0, 4).range, -10.8..0.0);
    }
}
