//! What people read: tables on the terminal, and a page with everything on it. Made from an
//! experiment's files alone.

mod across;
mod advice;
pub mod assets;
mod audit;
pub mod chart;
mod claims;
mod compare;
mod explain;
pub mod figures;
mod format;
mod html;
mod judged;
pub mod literature;
mod owned;
mod page;
mod prepared;
mod published;
mod screen;
mod search;
mod summary;
mod tables;
mod values;
pub mod words;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::config::Role;
use crate::exit::usage;
use crate::files::{create_folder, csv_of, json_of, make_folder_atomically, write_atomically};
use crate::report::figures::{Data, Drawing, draw_all};
use crate::results::{
    Experiment, ManifestRow, check_manifest, lost_mechanism, read_csv, read_experiment,
};
use claims::ClaimRow;
use summary::Summary;

pub use across::across_experiments;
pub use advice::{advice, advice_json};
pub use audit::{audit_json, audit_screen, audit_unmet};
pub use compare::compare;
pub use judged::{answer as judged_answer, json as judged_json, write as write_judged};
pub use owned::{check_is_ours, check_own, is_ours, is_table};
pub use prepared::prepared;
pub use published::{published_details, published_markdown, published_table};
pub use screen::{
    Canvas, Plot, Told, answer, answer_below, manifest_table, settings_table, status_table,
};
pub use search::decisions;
pub use tables::broken;
pub use words::{needed as seeds_needed, power as detectable};

pub struct Report {
    /// The answer, for the terminal.
    pub answer: String,
    /// λ against loss, for terminals that are wide enough.
    pub plot: Option<Plot>,
    pub page: PathBuf,
    /// All other files that were written.
    pub files: Vec<PathBuf>,
}

/// The page of a report.
pub const PAGE: &str = "report.html";

/// A file that is ready to be written, by its path in the folder.
type Ready = (PathBuf, Vec<u8>);

/// Writes `summary.csv`, `summary.json`, the figures and `report.html` of an experiment from its
/// other files into `out`, which may be the experiment's own folder. Nothing is written before all of it
/// is made.
///
/// # Errors
/// A file that is missing or damaged, or a folder that cannot be written; the message names it.
pub fn write(folder: &Path, out: &Path) -> Result<Report> {
    let (experiment, manifest, data) = usage(read(folder))?;
    let summary = Summary::of(&data.analysis, data.memorisation.as_ref(), &data.claims);
    let drawings = draw_all(&data)
        .with_context(|| format!("cannot draw the figures of {}", folder.display()))?;
    let html = page::page(&experiment, &data, &summary, &drawings, &manifest)?;
    let drawn: Vec<&str> = drawings.iter().map(|drawing| drawing.name).collect();
    // The page first: by it a folder is known to hold a report, also where nothing more can be written.
    let mut ready = vec![(PathBuf::from(PAGE), html.into_bytes())];
    ready.extend(numbers(&data, &summary)?);
    for Drawing { name, svg, png, .. } in drawings {
        let stem = Path::new(FIGURES).join(name);
        // By its words a drawing is known to be ours, and one in pixels by that beside it.
        ready.push((stem.with_extension("svg"), svg.into_bytes()));
        ready.push((stem.with_extension("png"), png));
    }
    put(out, &ready, |out| forget(out, &data, &drawn))?;
    let question = experiment.question.map(|question| format!("{question}\n\n"));
    let mechanism = words::mechanism(&data.analysis, &data.mechanism, &data.collapses);
    let by_heart = words::by_heart(&data.analysis, data.memorisation.as_ref());
    let lost = lost_mechanism(folder).then(|| LOST_MECHANISM.to_owned());
    let given =
        words::given_weights(&data.analysis, &data.runs, &data.curves, experiment.init.as_deref());
    let told = given.into_iter().chain(mechanism).chain(by_heart).chain(lost);
    let told: Vec<String> = told.collect();
    let claims = claims::screen(&data.claims).map_or(String::new(), |told| format!("{told}\n\n"));
    let above = question.unwrap_or_default() + &claims;
    let answer = answer_below(&data.analysis, &told, above.lines().count());
    let answer = above + &answer;
    let files = ready.iter().skip(1).map(|(path, _)| out.join(path)).collect();
    Ok(Report { answer, plot: Plot::of(&data), page: out.join(PAGE), files })
}

const LOST_MECHANISM: &str = "What its steps did to the weights is not told: mechanism.csv is missing; write it anew \
                              with `wane collect SPEC`.";

/// Writes the files of a report. A folder that is not there yet is made whole or not at all.
fn put(out: &Path, ready: &[Ready], forget: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let fill = |folder: &Path| -> Result<()> {
        let (page, others) = ready.split_at(1);
        let write = |(path, contents): &Ready| write_atomically(&folder.join(path), contents);
        page.iter().try_for_each(write)?;
        create_folder(&folder.join(FIGURES))?;
        forget(folder)?;
        others.iter().try_for_each(write)
    };
    if std::fs::symlink_metadata(out).is_err() {
        let cannot = || format!("cannot write the report {}", out.display());
        return make_folder_atomically(out, fill).with_context(cannot);
    }
    check_writable(out)?;
    fill(out)
}

/// Takes away the report of an experiment whose numbers are about to be replaced: beside others it would mislead.
///
/// # Errors
/// A file that cannot be removed; the message names it.
pub fn withdraw(folder: &Path) -> Result<()> {
    let beside = FILES.iter().filter(|name| **name != FIGURES).copied();
    let files = [PAGE].into_iter().chain(beside).map(|name| folder.join(name));
    files.chain(drawings(folder)).try_for_each(remove_file)
}

/// What a report writes beside its page, and takes away where it is not made.
pub const FILES: [&str; 6] =
    ["summary.csv", "summary.json", "claims.csv", "table.md", "table.csv", FIGURES];

/// The folder of the figures.
pub const FIGURES: &str = "figures";

/// Tells what each λ of an experiment amounted to for the weights of a role, by arm or by run.
///
/// # Errors
/// A file that is missing or damaged; the message names it.
pub fn explain(folder: &Path, role: Role, every_run: bool) -> Result<String> {
    usage(check_is_whole(folder, &["experiment.json", "runs.csv", "curves.csv"]))?;
    let data = usage(Data::read(folder))?;
    usage(explain::explain(&data, &folder_name(folder), role, every_run))
}

/// That the files are there without which nothing can be told.
fn check_is_whole(folder: &Path, files: &[&str]) -> Result<()> {
    let is_missing = |name: &&&str| !folder.join(name).is_file();
    let missing: Vec<&str> = files.iter().filter(is_missing).copied().collect();
    // What says of which experiment the others are is not written over unasked.
    let (replace, spec) = match missing.contains(&"experiment.json") {
        true => (" --replace", ""),
        false => ("", "; its spec stands in experiment.json"),
    };
    ensure!(
        missing.is_empty(),
        "{} does not hold {}: where its runs are still in .runs beside it, `wane collect SPEC{replace}` writes them, and \
         else `wane sweep SPEC{replace}` does{spec}. `wane view` shows what there is",
        folder.display(),
        missing.join(" and ")
    );
    Ok(())
}

fn folder_name(folder: &Path) -> String {
    // `.` has no name of its own.
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn read(folder: &Path) -> Result<(Experiment, Vec<ManifestRow>, Data)> {
    check_is_whole(folder, &["experiment.json", "runs.csv", "curves.csv", "manifest.csv"])?;
    let experiment = read_experiment(folder)?;
    let manifest = read_csv(&folder.join("manifest.csv"))?;
    let data = Data::read(folder)?;
    check_manifest(folder, &data.runs, &manifest)?;
    Ok((experiment, manifest, data))
}

/// The tables of numbers.
fn numbers(data: &Data, summary: &Summary) -> Result<Vec<Ready>> {
    let mut ready = vec![
        ("summary.csv".into(), csv_of(&summary.arms)?),
        ("summary.json".into(), json_of(summary)?),
    ];
    if !data.claims.is_empty() {
        ready.push(("claims.csv".into(), csv_of(&ClaimRow::all(&data.claims))?));
    }
    if let Some(table) = &data.analysis.values {
        let text = values::markdown(table, data.analysis.loss, &summary.fine_print);
        ready.push(("table.csv".into(), csv_of(&values::csv_rows(table))?));
        ready.push(("table.md".into(), format!("{}\n", text.trim_end()).into_bytes()));
    }
    Ok(ready)
}

/// Removes what earlier runs left here and these do not make: a figure beside a page that does not know it misleads.
fn forget(out: &Path, data: &Data, drawn: &[&str]) -> Result<()> {
    let claims: &[&str] = if data.claims.is_empty() { &["claims.csv"] } else { &[] };
    let values: &[&str] =
        if data.analysis.values.is_none() { &["table.md", "table.csv"] } else { &[] };
    let tables = claims.iter().chain(values).map(|name| out.join(name));
    let others: Vec<&str> =
        figures::NAMES.into_iter().filter(|name| !drawn.contains(name)).collect();
    tables.chain(drawings_of(out, &others)).try_for_each(remove_file)
}

/// The files of all figures that there may be.
pub fn drawings(folder: &Path) -> impl Iterator<Item = PathBuf> {
    drawings_of(folder, &figures::NAMES)
}

/// The files of figures.
fn drawings_of(folder: &Path, names: &[&str]) -> impl Iterator<Item = PathBuf> {
    let stem = |name: &&str| folder.join(FIGURES).join(name);
    let stems: Vec<PathBuf> = names.iter().map(stem).collect();
    stems.into_iter().flat_map(|stem| [stem.with_extension("png"), stem.with_extension("svg")])
}

/// Removes a file if it is there.
fn remove_file(path: PathBuf) -> Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
}

/// One message for a folder that takes no files, not one for each of them.
fn check_writable(folder: &Path) -> Result<()> {
    create_folder(folder)?;
    tempfile::tempfile_in(folder).map(drop).with_context(|| {
        format!("cannot write into the folder {}; choose another with --out", folder.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_report_is_taken_away_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join(FIGURES)).unwrap();
        let drawn = Path::new(FIGURES).join(figures::NAMES[0]).with_extension("svg");
        let own = [Path::new(PAGE), Path::new("summary.csv"), &drawn];
        let others = ["runs.csv", "notes.md", "figures/mine.svg"].map(Path::new);
        for name in own.iter().chain(&others) {
            std::fs::write(folder.join(name), "").unwrap();
        }
        withdraw(folder).unwrap();
        assert!(own.iter().all(|name| !folder.join(name).exists()));
        assert!(others.iter().all(|name| folder.join(name).exists()));
        withdraw(folder).unwrap();
    }
}
