//! Pages that are one file and need no network, filled from templates: what is put into one is text, and stays text.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use super::figures::{Drawing, escape};

/// Templates by name; that their names end in `.html` escapes everything that is put into them.
const TEMPLATES: [(&str, &str); 3] = [
    ("parts.html", include_str!("page/parts.html")),
    ("report.html", include_str!("page/report.html")),
    ("judged.html", include_str!("page/judged.html")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in TEMPLATES {
        environment
            .add_template(name, text)
            .expect("the templates of this program are well-formed");
    }
    environment
});

/// Fills a template.
///
/// # Errors
/// A place in the template that has no value.
pub fn fill(template: &str, values: &impl Serialize) -> Result<String> {
    let filled = ENVIRONMENT
        .get_template(template)
        .and_then(|template| template.render(Value::from(Serde(values))));
    let filled = filled.with_context(|| format!("cannot fill the page {template}"))?;
    Ok(filled.trim_start().to_owned())
}

/// A figure as a template shows it.
#[derive(Debug, Serialize)]
pub struct Shown {
    name: &'static str,
    alternative: &'static str,
    svg: String,
}

impl Shown {
    pub fn of(drawing: &Drawing) -> Self {
        let Drawing { name, alternative, svg, .. } = drawing;
        // A page may hold no XML declaration: everything before the root goes.
        let svg = svg.find("<svg").map_or("", |start| &svg[start..]);
        let label = format!("<svg role=\"img\" aria-label=\"{}\"", escape(alternative));
        Shown { name, alternative, svg: svg.replacen("<svg", &label, 1) }
    }
}

/// Whether a page in a file shows the figure of this name.
pub fn shows(page: &Path, name: &str) -> bool {
    std::fs::read_to_string(page)
        .is_ok_and(|page| page.contains(&format!("<figure id=\"{name}\">")))
}

/// A table that the page's script sorts by its headers and filters by its field.
#[derive(Debug, Serialize)]
pub struct Table {
    id: &'static str,
    /// What its rows are.
    name: &'static str,
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<R: Into<Vec<String>>>(
        (id, name): (&'static str, &'static str),
        header: &[&'static str],
        rows: impl Iterator<Item = R>,
    ) -> Self {
        Table { id, name, header: header.to_vec(), rows: rows.map(Into::into).collect() }
    }
}

/// JSON within a script of a page, which no text of it can end.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn json_in_script(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(verdict: &str) -> String {
        let table = || Table::new(("t", "rows"), &["a"], [[verdict.to_owned()]].into_iter());
        let values = serde_json::json!({
            "title": verdict, "style": "", "script": "", "short": [verdict], "verdicts": [verdict],
            "fine_print": "", "remarks": [], "figures": [], "comparisons": table(), "arms": table(),
            "command": verdict,
        });
        fill("judged.html", &values).unwrap()
    }

    #[test]
    fn markup_in_the_data_stays_text() {
        let page = page("<b> & \"c\" {{ title }}");
        let as_text = "&lt;b&gt; &amp; &quot;c&quot; {{ title }}";
        assert!(!page.contains("<b>") && page.starts_with("<!doctype html>"), "{page}");
        for place in [
            format!("<title>{as_text}</title>"),
            format!("<li>{as_text}</li>"),
            format!("<td>{as_text}</td>"),
        ] {
            assert!(page.contains(&place), "{place} in {page}");
        }
    }

    #[test]
    fn tables_and_their_filters_have_names() {
        let page = page("a");
        for part in ["Filter rows <input", "<table id=\"t\" aria-label=\"rows\">"] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(page.contains("<output id=\"t-left\" role=\"status\">"), "{page}");
    }

    #[test]
    fn a_template_without_a_value_is_an_error_that_names_it() {
        let error = format!("{:#}", fill("judged.html", &serde_json::json!({})).unwrap_err());
        assert!(error.contains("judged.html") && error.contains("undefined"), "{error}");
    }

    #[test]
    fn numbers_of_a_page_end_no_script() {
        let json = json_in_script(&["</script><!--"]).unwrap();
        assert!(!json.contains('<'));
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), ["</script><!--"]);
    }
}
