//! What many experiments say of the field's claims, on one page: made from their `claims.csv`, and from the comments above
//! their specs.

mod page;
mod relative;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::claims::ClaimRow;
use super::{figures, words};
use crate::config::AnalysisTerms;
use crate::exit::usage;
use crate::files::{create_folder, csv_of, write_atomically};
use crate::results::{check_written, read_csv, read_experiment};
use crate::stats::Estimate;
use crate::stats::claims::{Asked, Effect, Seen, Verdict, correct};
use relative::relative;

/// A claim, the experiment that asks it, and what is said of it among all others.
#[derive(Clone, Debug)]
pub struct Entry {
    pub experiment: String,
    /// Its figure, from the folder of the experiments.
    pub figure: String,
    pub row: ClaimRow,
    /// What its spec says of itself above everything else.
    pub about: String,
}

/// What was written, and what it says.
pub struct Literature {
    /// Verdicts in short, for the terminal.
    pub answer: String,
    pub files: Vec<PathBuf>,
}

/// Writes `literature.csv` and the figure of all claims into a folder of experiments, and the page `literature.md` into
/// `out`. The claims of all experiments are corrected together.
///
/// # Errors
/// A folder without claims, a file that is damaged, or a folder that cannot be written; the message names it.
pub fn write(folder: &Path, out: &Path) -> Result<Literature> {
    let entries = corrected(usage(read(folder))?);
    let caption = format!("{} claims · wane {}", entries.len(), env!("CARGO_PKG_VERSION"));
    let drawing = figures::literature(effects(&entries), caption)?;
    let csv: Vec<CsvRow> = entries.iter().map(CsvRow::of).collect();
    let mut ready = vec![(folder.join("literature.csv"), csv_of(&csv)?)];
    if let Some(drawing) = drawing {
        let stem = folder.join(drawing.name);
        ready.push((stem.with_extension("svg"), drawing.svg.into_bytes()));
        ready.push((stem.with_extension("png"), drawing.png));
    }
    create_folder(out)?;
    let page = page::page(&entries, &relative(out, folder)?);
    ready.push((out.join("literature.md"), page.into_bytes()));
    ready.iter().try_for_each(|(path, bytes)| write_atomically(path, bytes))?;
    let files = ready.into_iter().map(|(path, _)| path).collect();
    Ok(Literature { answer: page::answer(&entries), files })
}

/// The claims of every experiment in a folder, by the experiments' names.
fn read(folder: &Path) -> Result<Vec<Entry>> {
    let context = || format!("cannot read {}", folder.display());
    let mut names: Vec<String> = fs::read_dir(folder)
        .with_context(context)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| folder.join(name).join("claims.csv").is_file())
        .collect();
    names.sort();
    let mut entries = Vec::new();
    for experiment in names {
        check_written(&folder.join(&experiment))?;
        let rows: Vec<ClaimRow> = read_csv(&folder.join(&experiment).join("claims.csv"))?;
        // Beside its numbers where results are kept, among its figures where they were written.
        let figures = ["figures/claims.svg", "claims.svg"];
        let is_there = |figure: &&str| folder.join(&experiment).join(figure).is_file();
        let figure = figures.into_iter().find(is_there).unwrap_or("claims.svg");
        let figure = format!("{experiment}/{figure}");
        let about = about(&folder.join(&experiment));
        let entry = |row| Entry {
            experiment: experiment.clone(),
            figure: figure.clone(),
            row,
            about: about.clone(),
        };
        entries.extend(rows.into_iter().map(entry));
    }
    ensure!(
        !entries.is_empty(),
        "no experiment in {} has claims; expected a folder of experiments whose specs have [[claim]], such as \
         results/literature",
        folder.display()
    );
    Ok(entries)
}

/// What the spec of an experiment says of itself; empty where there is none.
fn about(experiment: &Path) -> String {
    read_experiment(experiment).map_or(String::new(), |one| points(&one.spec))
}

/// The comment at the top of a spec, a point for every line that begins with a word or two and a colon.
fn points(spec: &str) -> String {
    let begins = |line: &str| {
        line.split_once(": ").is_some_and(|(word, _)| {
            word.starts_with(char::is_uppercase) && word.split(' ').count() <= 2
        })
    };
    let mut points: Vec<String> = Vec::new();
    for line in spec.lines().map_while(|line| line.strip_prefix('#')).map(str::trim) {
        match points.last_mut().filter(|_| !begins(line)) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => points.push(format!("- {line}")),
        }
    }
    points.join("\n")
}

/// With the verdicts that hold for the claims of all experiments together.
fn corrected(mut entries: Vec<Entry>) -> Vec<Entry> {
    let alpha = AnalysisTerms::default().alpha;
    let of = |p: fn(&ClaimRow) -> Option<f64>| -> Vec<Option<f64>> {
        entries.iter().map(|entry| p(&entry.row)).collect()
    };
    let (p, p_against) = (of(|row| row.p), of(|row| row.p_against));
    let family_size = p.iter().flatten().count();
    let found = correct(&p, &p_against, alpha);
    for (Entry { row, .. }, corrected) in entries.iter_mut().zip(found) {
        row.p_holm = corrected.p_holm;
        row.p_against_holm = corrected.p_against_holm;
        row.verdict = corrected.verdict;
        among(row, family_size, alpha);
    }
    entries
}

/// The interval of a claim, and the seeds that would tell, where it is one of so many.
fn among(row: &mut ClaimRow, family_size: usize, alpha: f64) {
    let family_before = std::mem::replace(&mut row.family_size, family_size);
    if row.verdict != Verdict::CannotTell {
        row.cannot_tell.clear();
        row.seeds_needed = None;
    }
    let Some(observed) = row.observed else { return };
    let comparisons = row.comparisons;
    let asked = Asked { smallest: row.smallest, comparisons, family: family_size, alpha };
    let seen = Seen {
        expect: row.compared_expected,
        mean: observed,
        seeds: row.n,
        interval: interval(row),
    };
    let ends = asked.stretched(&seen, family_before);
    let [low, high] = ends.map(|end| Some(end).filter(|end| end.is_finite()));
    (row.ci95_low, row.ci95_high) = (low, high);
    if row.verdict == Verdict::CannotTell {
        // Of several comparisons the weakest is in the file: the others are taken to be no stronger.
        let all = vec![Seen { interval: ends, ..seen }; comparisons];
        row.seeds_needed = asked.further_seeds(&all);
        let needs = Some(row.needs.as_str()).filter(|needs| !needs.is_empty());
        row.cannot_tell = words::would_tell(row.seeds_needed, needs);
    }
}

/// The ends of an interval; what the seeds do not tell is without end.
fn interval(row: &ClaimRow) -> [f64; 2] {
    [row.ci95_low.unwrap_or(f64::NEG_INFINITY), row.ci95_high.unwrap_or(f64::INFINITY)]
}

fn estimate(row: &ClaimRow) -> Option<Estimate> {
    Some(Estimate { mean: row.observed?, sd: row.sd, half_width: None, n: row.n })
}

fn effects(entries: &[Entry]) -> Vec<(String, Effect)> {
    let effect = |Entry { experiment, row, .. }: &Entry| {
        let ends = interval(row);
        let effect =
            Effect::new(estimate(row)?, ends, row.smallest, row.compared_expected, row.verdict);
        let number: String = experiment.chars().take_while(char::is_ascii_digit).collect();
        Some((format!("{number} {}", row.text), effect))
    };
    entries.iter().filter_map(effect).collect()
}

/// A row of `literature.csv`: that of `claims.csv`, corrected over all claims.
#[derive(Serialize)]
struct CsvRow<'a> {
    experiment: &'a str,
    claim: usize,
    text: &'a str,
    source: &'a str,
    verdict: Verdict,
    n: usize,
    observed: Option<f64>,
    ci95_low: Option<f64>,
    ci95_high: Option<f64>,
    smallest: f64,
    p_holm: Option<f64>,
    p_against_holm: Option<f64>,
    family_size: usize,
    seeds_needed: Option<usize>,
    cannot_tell: &'a str,
    chosen: &'a str,
    collapsed: usize,
    warning: &'a str,
}

impl<'a> CsvRow<'a> {
    fn of(Entry { experiment, row, .. }: &'a Entry) -> Self {
        CsvRow {
            experiment,
            claim: row.claim,
            text: &row.text,
            source: &row.source,
            verdict: row.verdict,
            n: row.n,
            observed: row.observed,
            ci95_low: row.ci95_low,
            ci95_high: row.ci95_high,
            smallest: row.smallest,
            p_holm: row.p_holm,
            p_against_holm: row.p_against_holm,
            family_size: row.family_size,
            seeds_needed: row.seeds_needed,
            cannot_tell: &row.cannot_tell,
            chosen: &row.chosen,
            collapsed: row.collapsed,
            warning: &row.warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_told_by_the_points_of_its_first_comment() {
        let spec = "# Claimed: a thing, of\n# which: nothing.\n# Cannot show: more.\nname = 'a'\n# Not: this\n";
        assert_eq!(points(spec), "- Claimed: a thing, of which: nothing.\n- Cannot show: more.");
        assert_eq!(points("# One sentence\n# alone.\n\n# And: more"), "- One sentence alone.");
        assert_eq!(points("name = 'a'"), "");
    }
}
