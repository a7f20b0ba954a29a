//! What all pictures have in common: size, fonts, colours.

use {
    super::ChartError,
    plotters::{
        coord::{
            Shift,
            ranged1d::{DefaultFormatting, KeyPointHint},
        },
        prelude::*,
    },
    std::ops::Range,
};

/// Pixels of a picture.
pub(super) const SIZE: (u32, u32) = (1_200, 480);
/// Font of everything.
pub(super) const FONT: &str = "sans-serif";
/// Pixels of a tick's label.
pub(super) const LABEL: u32 = 15;
/// Pixels of an axis's description and of a legend.
pub(super) const DESCRIPTION: u32 = 16;
/// Pixels of a title.
pub(super) const TITLE: u32 = 20;
/// Room for the labels beneath and beside a picture.
pub(super) const BELOW: u32 = 52;
pub(super) const BESIDE: u32 = 72;
/// Room right of a picture, for half a label.
pub(super) const MARGIN: u32 = 36;

/// The palette of Okabe and Ito, which people who see few colours can tell apart.
pub(super) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(super) const SKY: RGBColor = RGBColor(86, 180, 233);
pub(super) const TEAL: RGBColor = RGBColor(0, 158, 115);
pub(super) const PURPLE: RGBColor = RGBColor(204, 121, 167);
pub(super) const DEEP_BLUE: RGBColor = RGBColor(0, 114, 178);
pub(super) const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub(super) const GREY: RGBColor = RGBColor(110, 110, 110);
pub(super) const GRID: RGBColor = RGBColor(225, 225, 225);

/// A zone's colour, by its place among the zones.
pub(super) fn zone_colour(place: usize) -> RGBColor {
    [SKY, PURPLE, TEAL, GREY][place % 4]
}

/// An area of a picture.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws a picture of this size.
pub(super) fn picture(
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    // The backend writes a size, which would not let the page scale it.
    let size = format!("width=\"{}\" height=\"{}\" ", size.0, size.1);
    Ok(svg.replacen(&size, "", 1).replacen("<svg ", "<svg font-family=\"sans-serif\" ", 1))
}

/// Pixels of the head: a title, and a legend beneath it.
const HEAD: u32 = 58;
/// Pixels of a legend's mark, and of a letter in a legend's text.
const MARK: i32 = 22;
const LETTER: i32 = 9;

/// How a legend shows what it names.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Area,
    Line,
    Dashes,
    Dot,
}

/// Writes a title and a legend, where no curve is; what is left beneath them.
pub(super) fn head<'a>(
    area: &Area<'a>,
    title: &str,
    legend: &[(String, RGBColor, Mark)],
) -> Result<Area<'a>, ChartError> {
    let (head, body) = area.split_vertically(if legend.is_empty() { HEAD - 26 } else { HEAD });
    let left = i32::try_from(BESIDE).unwrap_or(0);
    head.draw(&Text::new(title.to_string(), (left, 6), (FONT, TITLE)))?;
    let mut x = left;
    for (name, colour, mark) in legend {
        let (y, end) = (44, x + MARK);
        match mark {
            Mark::Area => head.draw(&Rectangle::new([(x, y - 6), (end, y + 6)], colour.filled()))?,
            Mark::Line => head.draw(&PathElement::new([(x, y), (end, y)], colour.stroke_width(3)))?,
            Mark::Dashes => {
                for from in [x, x + 9, x + 18] {
                    head.draw(&PathElement::new([(from, y), (from + 5, y)], colour.stroke_width(2)))?;
                }
            }
            Mark::Dot => head.draw(&Circle::new((x + MARK / 2, y), 5, colour.filled()))?,
        }
        head.draw(&Text::new(name.clone(), (end + 6, y - 8), (FONT, DESCRIPTION)))?;
        x = end + 30 + LETTER * i32::try_from(name.len()).unwrap_or(0);
    }
    Ok(body)
}

/// Says in the middle of a picture that there is nothing to be seen.
pub(super) fn nothing(area: &Area, text: &str) -> Result<(), ChartError> {
    use plotters::style::text_anchor::{HPos, Pos, VPos};
    let (width, height) = area.dim_in_pixel();
    let style = (FONT, TITLE).into_text_style(area).color(&GREY).pos(Pos::new(HPos::Center, VPos::Center));
    let middle = (i32::try_from(width / 2).unwrap_or(0), i32::try_from(height / 2).unwrap_or(0));
    area.draw(&Text::new(text.to_string(), middle, style))?;
    Ok(())
}

/// A little more than the largest value, so that nothing touches the frame.
pub(super) fn above(largest: f64) -> f64 {
    if largest > 0.0 { largest * 1.08 } else { 1.0 }
}

/// An axis from zero whose ticks are where one says: hours and days do not come in tens.
pub(super) struct Ticks {
    /// Where it ends.
    pub(super) end: f64,
    /// Where the ticks are.
    pub(super) at: Vec<f64>,
}

impl Ranged for Ticks {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    #[allow(clippy::cast_possible_truncation)] // pixels
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (value / self.end.max(f64::MIN_POSITIVE) * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.at.clone()
    }

    fn range(&self) -> Range<f64> {
        0.0..self.end
    }
}
