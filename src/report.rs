//! What people read: tables on the terminal, and a page with everything on it. Made from an
//! experiment's files alone.

mod compare;
pub mod figures;
mod format;
mod page;
mod published;
mod screen;
mod summary;
mod tables;
mod values;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files::{json_of, write_atomically};
use crate::report::figures::{Data, draw_all};
use crate::results::{ManifestRow, read_csv, read_experiment, write_csv};
use summary::Summary;

pub use compare::compare;
pub use published::{published_details, published_markdown, published_table};
pub use screen::{answer, manifest_table, settings_table, status_table};

pub struct Report {
    /// The answer, for the terminal.
    pub answer: String,
    pub page: PathBuf,
    /// All other files that were written.
    pub files: Vec<PathBuf>,
}

/// Writes `summary.csv`, `summary.json`, the figures and `report.html` of an experiment from its
/// other files.
///
/// # Errors
/// A file that is missing or cannot be written; the message names it.
pub fn write(folder: &Path) -> Result<Report> {
    let experiment = read_experiment(folder)?;
    let data = Data::read(folder)?;
    let summary = Summary::of(&data.analysis);
    let mut files = vec![folder.join("summary.csv"), folder.join("summary.json")];
    write_csv(&files[0], &summary.arms)?;
    write_atomically(&files[1], &json_of(&summary)?)?;
    if let Some(table) = &data.analysis.values {
        let [csv, markdown] = [folder.join("table.csv"), folder.join("table.md")];
        write_csv(&csv, &values::csv_rows(table))?;
        let text = values::markdown(table, &summary.fine_print);
        write_atomically(&markdown, format!("{}\n", text.trim_end()).as_bytes())?;
        files.extend([csv, markdown]);
    }
    let (drawn, drawings) = draw_all(folder, &data)
        .with_context(|| format!("cannot draw the figures of {}", folder.display()))?;
    files.extend(drawn);
    let manifest: Vec<ManifestRow> = read_csv(&folder.join("manifest.csv"))?;
    let page = folder.join("report.html");
    let html = page::page(&experiment, &data, &summary, &drawings, &manifest);
    write_atomically(&page, html.as_bytes())?;
    let question = experiment.question.map(|question| format!("{question}\n\n"));
    let answer = format!("{}{}", question.unwrap_or_default(), answer(&data.analysis));
    Ok(Report { answer, page, files })
}
