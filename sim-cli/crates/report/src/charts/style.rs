//! What all charts share: size, fonts, colours, title and legend.

use {
    super::ChartError,
    plotters::{
        coord::Shift,
        prelude::*,
        style::text_anchor::{HPos, Pos, VPos},
    },
};

/// Pixels of a picture.
pub(super) const SIZE: (u32, u32) = (1_200, 480);
/// Font of everything.
pub(super) const FONT: &str = "sans-serif";
/// Sizes that give about 14, 15 and 18 pixels: the backend rounds them, then divides by 1.24. Ticks' labels.
pub(super) const LABEL: f64 = 14.0 * POINTS;
/// Axes' descriptions and legends.
pub(super) const DESCRIPTION: f64 = 15.0 * POINTS;
/// Titles.
pub(super) const TITLE: f64 = 18.0 * POINTS;
const POINTS: f64 = 1.24;
/// Room for the labels beneath and beside a picture.
pub(super) const BELOW: u32 = 52;
pub(super) const BESIDE: u32 = 74;
/// Room at a picture's left and lower edge, so that no text touches them.
pub(super) const EDGE: u32 = 8;
/// Room right of a picture, for half a label.
pub(super) const MARGIN: u32 = 44;

/// The palette of Okabe and Ito, which people who see few colours can tell apart.
pub(super) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(super) const SKY: RGBColor = RGBColor(86, 180, 233);
pub(super) const TEAL: RGBColor = RGBColor(0, 158, 115);
pub(super) const YELLOW: RGBColor = RGBColor(240, 228, 66);
pub(super) const PURPLE: RGBColor = RGBColor(204, 121, 167);
pub(super) const DEEP_BLUE: RGBColor = RGBColor(0, 114, 178);
pub(super) const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub(super) const GREY: RGBColor = RGBColor(110, 110, 110);
pub(super) const GRID: RGBColor = RGBColor(225, 225, 225);

/// A zone's colour, by its place among the zones.
pub(super) fn zone_colour(place: usize) -> RGBColor {
    [SKY, PURPLE, TEAL, YELLOW, ORANGE, GREY][place % 6]
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
    // A third of a carpet would be what holds anyway.
    let svg = svg.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    Ok(svg.replacen("<svg ", "<svg font-family=\"sans-serif\" ", 1))
}

/// Pixels of the head: a title, and a legend beneath it.
const HEAD: u32 = 64;
/// Of them the legend's.
const LEGEND: u32 = 28;
/// Pixels of a legend's mark.
const MARK: i32 = 24;

/// How a legend shows what it names.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Area,
    Line,
    Thin,
    Points,
}

/// Writes a title and a legend, where no curve is; what is left beneath them. Both begin where the axis does.
pub(super) fn head<'a>(
    area: &Area<'a>,
    left: u32,
    title: &str,
    legend: &[(String, RGBColor, Mark)],
) -> Result<Area<'a>, ChartError> {
    let (head, body) = area.split_vertically(if legend.is_empty() { HEAD - LEGEND } else { HEAD });
    let left = pixels(left + EDGE);
    head.draw(&Text::new(title.to_string(), (left, 8), (FONT, TITLE)))?;
    let mut x = left;
    for (name, colour, mark) in legend {
        let (y, end) = (48, x + MARK);
        let line = |width| PathElement::new([(x, y), (end, y)], colour.stroke_width(width));
        match mark {
            Mark::Area => head.draw(&Rectangle::new([(x, y - 7), (end, y + 7)], colour.filled()))?,
            Mark::Line => head.draw(&line(3))?,
            Mark::Thin => head.draw(&line(1))?,
            Mark::Points => {
                head.draw(&line(1))?;
                head.draw(&Circle::new((x + MARK / 2, y), 4, colour.filled()))?;
            }
        }
        let style = (FONT, DESCRIPTION).into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
        head.draw(&Text::new(name.clone(), (end + 7, y), style))?;
        x = end + 35 + pixels(width(name, DESCRIPTION));
    }
    Ok(body)
}

/// Says in the middle of a picture that there is nothing to be seen, on white: there may be a grid.
pub(super) fn nothing(area: &Area, text: &str) -> Result<(), ChartError> {
    let (across, down) = area.dim_in_pixel();
    let (x, y, half) = (pixels(across / 2), pixels(down / 2), pixels(width(text, TITLE) / 2 + 8));
    area.draw(&Rectangle::new([(x - half, y - 14), (x + half, y + 14)], WHITE.filled()))?;
    let style = (FONT, TITLE).into_text_style(area).color(&GREY).pos(Pos::new(HPos::Center, VPos::Center));
    area.draw(&Text::new(text.to_string(), (x, y), style))?;
    Ok(())
}

/// About how many pixels a text takes: a viewer's own font may differ, and the library knows none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a line of text
pub(super) fn width(text: &str, size: f64) -> u32 {
    let letter = |letter: char| match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | ' ' | '.' | ',' | ':' | '(' | ')' | '-' => 0.33,
        'm' | 'w' | 'M' | 'W' | '%' => 0.88,
        'A'..='Z' => 0.72,
        ' '..='~' => 0.57,
        _ => 1.0,
    };
    (text.chars().map(letter).sum::<f64>() * size / POINTS).ceil() as u32
}

/// A text that takes no more than so many pixels: its beginning, if it is longer.
pub(super) fn shortened(text: &str, size: f64, most: u32) -> String {
    if width(text, size) <= most {
        return text.to_string();
    }
    let mut kept = text.to_string();
    while !kept.is_empty() && width(&kept, size) + 14 > most {
        kept.pop();
    }
    kept + "…"
}

/// Pixels as the library's coordinates.
pub(super) fn pixels(pixels: u32) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_shortened() {
        assert_eq!(shortened("ENG_001", LABEL, 100), "ENG_001");
        let short = shortened(&"ห้อง".repeat(40), LABEL, 100);
        assert!(short.ends_with('…') && width(&short, LABEL) <= 100);
    }
}
