//! Parts of a page that is one file and needs no network.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::figures::{Drawing, escape};

pub const STYLE: &str = include_str!("page.css");
/// Sorts and filters tables.
pub const SCRIPT: &str = include_str!("page.js");

/// Puts every part in the place of its `{{name}}`, once, so that a part's own text is left alone.
pub fn fill(template: &str, parts: &[(&str, String)]) -> String {
    let parts: BTreeMap<&str, &String> = parts.iter().map(|(name, text)| (*name, text)).collect();
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        page += parts.get(name).map_or("", |text| text.as_str());
        page += rest;
    }
    page
}

pub fn paragraphs(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("<p>{}</p>", escape(sentence))).collect()
}

pub fn list(items: &[String]) -> String {
    if items.is_empty() {
        return "<p>None.</p>".to_owned();
    }
    let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
    format!("<ul>{items}</ul>")
}

pub fn figure(drawing: &Drawing) -> String {
    let alternative = escape(drawing.alternative);
    // A page may hold no XML declaration: everything before the root goes.
    let svg = drawing.svg.find("<svg").map_or("", |start| &drawing.svg[start..]);
    let svg = svg.replacen("<svg", &format!("<svg role=\"img\" aria-label=\"{alternative}\""), 1);
    format!("<figure id=\"{}\">{svg}<figcaption>{alternative}</figcaption></figure>", drawing.name)
}

/// A table that the page's script sorts by its headers and filters by its field.
pub fn table<R: AsRef<[String]>>(
    id: &str,
    header: &[&str],
    rows: impl Iterator<Item = R>,
) -> String {
    let mut html = format!(
        "<label>Filter <input type=\"search\" data-table=\"{id}\"></label>\
         <div class=\"wide\"><table id=\"{id}\"><thead><tr>"
    );
    for name in header {
        let _ = write!(
            html,
            "<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">{}</button></th>",
            escape(name)
        );
    }
    html += "</tr></thead><tbody>";
    for row in rows {
        let cells: String =
            row.as_ref().iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        let _ = write!(html, "<tr>{cells}</tr>");
    }
    html + "</tbody></table></div>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_looks_like_a_place_is_left_alone() {
        let parts = [("a", "{{b}}".to_owned()), ("b", "no".to_owned())];
        assert_eq!(fill("1 {{a}} 2 {{b}} 3 {{c}}", &parts), "1 {{b}} 2 no 3 ");
    }

    #[test]
    fn markup_in_the_data_stays_text() {
        assert_eq!(
            list(&["<b> & \"c\"".to_owned()]),
            "<ul><li>&lt;b&gt; &amp; &quot;c&quot;</li></ul>"
        );
    }
}
