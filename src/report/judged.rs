//! The verdicts on runs that others trained: for the terminal, as JSON, and as a folder with a page.

mod headline;
mod numbers;
mod page;

use std::path::{Path, PathBuf};

use anyhow::Result;
use comfy_table::Table;

use super::format;
use super::tables::{align_right, broken, new_table, set_close, trimmed};
use super::words;
use super::{FIGURES, figures};
use crate::files::{create_folder, write_atomically};
use crate::judge::{Case, Contest, JudgedFamily, Test};
use crate::plural::counted;
use crate::stats::{Estimate, Kind};

use headline::headline;
pub use numbers::json;

/// Columns that sentences are broken to.
const COLUMNS: usize = 110;
/// Contests that the terminal shows, and arms.
const MOST: usize = 20;
/// Characters of an arm's name in a table.
const NAME: usize = 24;
/// What is told of a contest, and the place of its right side.
const HEADER: [&str; 8] =
    ["left", "right", "left − right", "interval", "verdict", "p", "runs", "test"];
const RIGHT: usize = 1;

/// The answer on one screen: arms with their means, verdicts, how to read them.
pub fn answer(case: &Case) -> String {
    let mut parts: Vec<String> =
        headline(case).iter().map(|paragraph| broken(paragraph, COLUMNS)).collect();
    parts.push(arms(case));
    for family in [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs] {
        let own: Vec<&Contest> = case.contests.iter().filter(|one| one.family == family).collect();
        if !own.is_empty() {
            parts.push(contests(family, &own, words::judged_decimals(case)));
        }
    }
    parts.push(broken(&words::judged_fine_print(case), COLUMNS));
    parts.join("\n\n")
}

fn arms(case: &Case) -> String {
    let decimals = words::judged_decimals(case);
    let mut table = new_table(&["arm", "runs", &case.quantity, "sd"]);
    for arm in case.arms.iter().take(MOST) {
        let estimate = Estimate::of(&arm.values());
        let without = if arm.without > 0 {
            format!(" of {}", arm.runs.len() + arm.without)
        } else {
            String::new()
        };
        table.add_row([
            broken(&arm.label(), NAME),
            format!("{}{without}", arm.runs.len()),
            format::mean(estimate, decimals),
            estimate
                .and_then(|one| one.sd)
                .map_or(format::MISSING.to_owned(), |sd| format::fixed(sd, decimals)),
        ]);
    }
    align_right(&mut table, [1]);
    set_close(&mut table);
    with_more(&table, case.arms.len(), "arm")
}

fn contests(family: JudgedFamily, own: &[&Contest], decimals: usize) -> String {
    let tests = own.iter().filter(|one| one.error.is_some()).count();
    // One opponent for all needs no column.
    let is_same = |first: &&&Contest| own.iter().all(|one| one.places[1] == first.places[1]);
    let only = own.first().filter(is_same).map(|one| &one.right);
    let only = only.filter(|_| family == JudgedFamily::AgainstBaseline);
    let asked = match only {
        Some(right) => format!("Against {right}"),
        None => words::judged_family(family).to_owned(),
    };
    let title = match tests == own.len() {
        true => format!("{asked} ({})", counted(tests, "test")),
        false => format!("{asked} ({}, {tests} of them tested)", counted(own.len(), "comparison")),
    };
    let columns: Vec<usize> =
        (0..HEADER.len()).filter(|place| only.is_none() || *place != RIGHT).collect();
    let mut table = new_table(&columns.iter().map(|place| HEADER[*place]).collect::<Vec<_>>());
    // What is decided comes first where there are too many.
    let mut shown = own.to_vec();
    if own.len() > MOST {
        shown.sort_by_key(|one| matches!(one.judgement.kind, Kind::Undecided | Kind::NoTest));
    }
    for one in shown.iter().take(MOST) {
        let cells = row(one, decimals);
        table.add_row(columns.iter().map(|place| broken(&cells[*place], NAME)));
    }
    align_right(&mut table, columns.iter().position(|place| *place == RIGHT + 1));
    set_close(&mut table);
    format!("{title}\n{}", with_more(&table, own.len(), "comparison"))
}

/// A contest as cells.
fn row(one: &Contest, decimals: usize) -> [String; HEADER.len()] {
    let judgement = &one.judgement;
    let more = match (judgement.kind, judgement.further_seeds) {
        (Kind::Undecided, Some(seeds)) => format!(" +{}", format::count(seeds)),
        (Kind::Undecided, None) => " +∞".to_owned(),
        _ => String::new(),
    };
    let [left, right] = one.runs;
    let runs = if one.test == Test::Paired {
        match one.unpaired {
            0 => format!("{left} pairs"),
            alone => format!("{left} pairs, {alone} out"),
        }
    } else {
        format!("{left}, {right}")
    };
    [
        one.left.clone(),
        one.right.clone(),
        Some(one.difference.mean)
            .filter(|mean| mean.is_finite())
            .map_or(format::MISSING.to_owned(), |mean| format::signed(mean, decimals)),
        judgement
            .interval
            .map_or(format::MISSING.to_owned(), |ends| format::interval(ends, decimals)),
        format!("{}{more}", words::kind(judgement.kind)),
        judgement.p_holm.map_or(String::new(), |p| {
            format::p(p).trim_start_matches("p ").trim_start_matches("= ").to_owned()
        }),
        runs,
        words::test_name(one.test).to_owned(),
    ]
}

fn with_more(table: &Table, all: usize, what: &str) -> String {
    let table = trimmed(table);
    let more = all.saturating_sub(MOST);
    match more {
        0 => table,
        more => format!("{table}\n{} with --json or --out", counted(more, &format!("more {what}"))),
    }
}

/// Writes `report.html`, `summary.json` and the forest plot into a folder of their own.
///
/// # Errors
/// A folder that cannot be written, or a drawing that fails.
pub fn write(case: &Case, out: &Path, command: &str) -> Result<Vec<PathBuf>> {
    let drawing = figures::judged(case)?;
    let mut ready = vec![
        (out.join("report.html"), page::page(case, drawing.as_ref(), command)?.into_bytes()),
        (out.join("summary.json"), json(case)?.into_bytes()),
    ];
    if let Some(drawing) = drawing {
        let stem = out.join(FIGURES).join(drawing.name);
        ready.push((stem.with_extension("svg"), drawing.svg.into_bytes()));
        ready.push((stem.with_extension("png"), drawing.png));
    }
    create_folder(&out.join(FIGURES))?;
    ready.iter().try_for_each(|(path, bytes)| write_atomically(path, bytes))?;
    Ok(ready.into_iter().map(|(path, _)| path).collect())
}

#[cfg(test)]
mod tests;
