//! A self-contained HTML page, by the template `templates/report.html`.

use askama::Template;

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(path = "report.html")]
pub struct Page {
    /// Title.
    pub title: String,
    /// Subtitle: which run is reported.
    pub subtitle: String,
    /// It in one sentence.
    pub sentence: String,
    /// Name, value and unit of the key figures.
    pub facts: Vec<(String, String, String)>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Pictures.
    pub figures: Vec<Figure>,
}

/// A table; all columns but the first are figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Caption.
    pub caption: String,
    /// Column headings.
    pub header: Vec<String>,
    /// Rows, cell by cell.
    pub rows: Vec<Vec<String>>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Title.
    pub title: String,
    /// Caption: what the chart shows.
    pub caption: String,
    /// The chart as SVG.
    pub svg: String,
}

impl Table {
    fn has_header(&self) -> bool {
        self.header.iter().any(|name| !name.is_empty())
    }
}

impl Figure {
    /// The chart behind the begin of its first tag, which the template writes itself, with a description.
    fn drawing(&self) -> &str {
        self.svg.split_once("<svg ").map_or("", |(_, drawing)| drawing)
    }
}

/// The HTML of the page. It has no script and loads nothing; texts are escaped.
///
/// # Errors
/// Never, as long as the template only formats text.
pub fn page(page: &Page) -> askama::Result<String> {
    // The template engine drops the last line's end.
    page.render().map(|html| html + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_pictures_described() {
        let hostile = "<script>\"'&";
        let html = page(&Page {
            title: hostile.into(),
            subtitle: hostile.into(),
            sentence: hostile.into(),
            facts: vec![(hostile.into(), hostile.into(), hostile.into())],
            tables: vec![Table {
                caption: hostile.into(),
                header: vec![hostile.into()],
                rows: vec![vec![hostile.into()]],
            }],
            figures: vec![Figure {
                title: "A picture".into(),
                caption: hostile.into(),
                svg: "<svg viewBox=\"0 0 1 1\"></svg>".into(),
            }],
        })
        .unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("&#60;script&#62;&#34;&#39;&#38;").count(), 13);
        assert!(html.contains("<svg role=\"img\" aria-label=\"A picture. &#60;script&#62;"));
        assert!(html.contains("\" viewBox=\"0 0 1 1\"></svg></div>"), "{html}");
        assert!(!html.contains("http"), "nothing from elsewhere");
    }
}
