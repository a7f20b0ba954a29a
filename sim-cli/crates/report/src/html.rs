//! A self-contained HTML page.

use std::fmt::Write;

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

const STYLE: &str = "
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --text: #1b1f24; --quiet: #57606a; --line: #d8dee4; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --card: #1f242a; --text: #e6e9ec; --quiet: #9aa4ae; --line: #39414a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1280px; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.9rem; }
h2 { margin: 0 0 .5rem; font-size: 1.2rem; }
header p { margin: .25rem 0 1.5rem; color: var(--quiet); }
header .sentence { max-width: 60rem; margin-top: -.75rem; color: var(--text); font-size: 1.15rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .75rem; margin: 0; }
.facts div, figure, .table { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; }
dt { color: var(--quiet); font-size: .9rem; }
dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dd small { display: block; font-size: .85rem; color: var(--quiet); }
figure, .table { margin: 1.25rem 0 0; }
figcaption { color: var(--quiet); margin-top: .5rem; }
.picture { background: #fff; border-radius: .25rem; overflow-x: auto; }
.picture svg { display: block; width: 100%; min-width: 900px; height: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
th, td { text-align: right; padding: .3rem .6rem; border-top: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-top: 0; color: var(--quiet); font-weight: 500; }
@media print { figure, .table { break-inside: avoid; } }
";

/// The HTML of the page. It has no script and loads nothing.
#[must_use]
pub fn page(page: &Page) -> String {
    let Page { title, subtitle, sentence, facts, tables, figures } = page;
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}: {1}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n<p>{1}</p>\n<p class=\"sentence\">{2}</p>\n</header>\n<main>\n",
        escaped(title),
        escaped(subtitle),
        escaped(sentence)
    );
    html.push_str("<dl class=\"facts\">\n");
    for (name, value, unit) in facts {
        let [name, value, unit] = [name, value, unit].map(|text| escaped(text));
        // Writing to memory does not fail.
        let _ = writeln!(html, "<div><dt>{name}</dt><dd>{value}<small>{unit}</small></dd></div>");
    }
    html.push_str("</dl>\n");
    figures.iter().for_each(|own| figure(&mut html, own));
    tables.iter().for_each(|own| table(&mut html, own));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn figure(html: &mut String, figure: &Figure) {
    let (title, caption) = (escaped(&figure.title), escaped(&figure.caption));
    // The picture comes from the library, which escapes its texts.
    let label = format!("<svg role=\"img\" aria-label=\"{title}. {caption}\" ");
    let svg = figure.svg.replacen("<svg ", &label, 1);
    let _ = writeln!(
        html,
        "<figure>\n<h2>{title}</h2>\n<div class=\"picture\">{svg}</div>\n<figcaption>{caption}</figcaption>\n</figure>"
    );
}

fn table(html: &mut String, table: &Table) {
    let _ = writeln!(html, "<div class=\"table\">\n<table>\n<caption>{}</caption>", escaped(&table.caption));
    if table.header.iter().any(|name| !name.is_empty()) {
        let header: String =
            table.header.iter().map(|name| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
        let _ = writeln!(html, "<thead><tr>{header}</tr></thead>");
    }
    html.push_str("<tbody>\n");
    for row in &table.rows {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        let _ = writeln!(html, "<tr>{cells}</tr>");
    }
    html.push_str("</tbody>\n</table>\n</div>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
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
        });
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;&quot;&#39;&amp;").count(), 13);
        assert!(html.contains("<svg role=\"img\" aria-label=\"A picture. &lt;script&gt;"));
        assert!(!html.contains("http"), "nothing from elsewhere");
    }
}
