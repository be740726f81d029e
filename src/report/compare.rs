mod beside;
mod spec;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use comfy_table::Table;

use super::tables::new_table;
use super::{format, words};
use crate::config::AnalysisTerms;
use crate::results::{Experiment, RunRow, read_experiment, read_runs};
use crate::stats::{Analysis, Comparison, Opponent};

/// Two experiments side by side: what was asked differently, and which verdicts differ.
///
/// # Errors
/// A folder that holds no experiment; the message names the file.
pub fn compare(left: &Path, right: &Path) -> Result<String> {
    let experiments = [read_experiment(left)?, read_experiment(right)?];
    let analyses =
        [analysis(left, &experiments[0].analysis)?, analysis(right, &experiments[1].analysis)?];
    let names = [left.display().to_string(), right.display().to_string()];
    let mut parts = vec![differences(&experiments, &names)];
    let Verdicts { table, differ, alone } = verdicts(&analyses, &names);
    parts.push(table.to_string());
    let beside = beside::beside([left, right], &experiments, &names)?;
    let on_losses = if beside.is_some() { " on losses" } else { "" };
    let mut told = match differ {
        _ if analyses.iter().all(|one| one.headline.is_empty()) => {
            format!("Neither has a verdict{on_losses}.")
        }
        0 => format!("No verdict{on_losses} differs."),
        1 => format!("1 verdict{on_losses} differs."),
        count => format!("{count} verdicts{on_losses} differ."),
    };
    if alone > 0 {
        let are = if alone == 1 { "verdict is" } else { "verdicts are" };
        told += &format!(" {alone} {are} of one of them alone.");
    }
    parts.push(told);
    parts.extend(beside);
    parts.extend(analyses.iter().zip(&names).filter_map(|(one, name)| lacking(one, name)));
    Ok(parts.join("\n\n"))
}

/// That runs are missing which verdicts would rest on.
fn lacking(analysis: &Analysis, name: &str) -> Option<String> {
    // Arms share the runs without decay.
    let runs = || analysis.groups.iter().flat_map(|group| &group.cells).flat_map(|cell| &cell.runs);
    let count = |runs: &mut dyn Iterator<Item = &RunRow>| {
        runs.map(|run| run.run.as_str()).collect::<BTreeSet<_>>().len()
    };
    let (done, all) = (count(&mut runs().filter(|run| run.is_done())), count(&mut runs()));
    (done < all).then(|| format!("{name}: {done} of {all} runs reached their end."))
}

fn analysis(folder: &Path, terms: &AnalysisTerms) -> Result<Analysis> {
    let rows = read_runs(folder)?;
    ensure!(
        !rows.is_empty(),
        "{} holds no run; expected what `wane sweep` wrote",
        folder.join("runs.csv").display()
    );
    Ok(Analysis::on(&rows, terms))
}

/// What the two experiments do not share, each line with its side.
fn differences([left, right]: &[Experiment; 2], names: &[String; 2]) -> String {
    let describe = |experiment: &Experiment| -> Vec<String> {
        let origin = &experiment.provenance;
        let mut lines = vec![
            format!(
                "data: {} ({})",
                experiment.data,
                &experiment.digest.chars().take(12).collect::<String>()
            ),
            format!("program: wane {} ({})", origin.version, origin.commit),
            format!("backend: {} on {}", origin.backend, origin.adapter),
            format!("changes: {}", changes(&origin.command)),
        ];
        lines.extend(spec::lines(&experiment.spec));
        lines
    };
    let (a, b) = (describe(left), describe(right));
    let only = |these: &[String], those: &[String], name: &str| -> Vec<String> {
        let alone = these.iter().filter(|line| !those.contains(line));
        alone.map(|line| format!("{name}: {line}")).collect()
    };
    let lines = [only(&a, &b, &names[0]), only(&b, &a, &names[1])].concat();
    match lines.is_empty() {
        true if a != b => {
            "Specs say the same in another order; data and program are the same.".to_owned()
        }
        true => "Specs, data and program are the same.".to_owned(),
        false => lines.join("\n"),
    }
}

/// What a command line changed in its spec.
fn changes(command: &[String]) -> String {
    let mut kept = Vec::new();
    let mut words = command.iter();
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if ["--set", "--seeds", "--data", "--init"].contains(&name) {
            kept.push(word.clone());
            if !word.contains('=') {
                kept.extend(words.next().cloned());
            }
        }
    }
    if kept.is_empty() { "none".to_owned() } else { kept.join(" ") }
}

/// The verdicts of both, how many differ, and how many one of them alone has.
struct Verdicts {
    table: Table,
    differ: usize,
    alone: usize,
}

fn verdicts([left, right]: &[Analysis; 2], names: &[String; 2]) -> Verdicts {
    let mut table = new_table(&["loss of", "against", &names[0], &names[1], ""]);
    let (mut differ, mut alone) = (0, 0);
    let none = || format::MISSING.to_owned();
    let twin = |one: &Comparison, all: &Analysis| {
        let same = |other: &&Comparison| question(other) == question(one);
        all.headline.iter().find(same).cloned()
    };
    for comparison in &left.headline {
        let other = twin(comparison, right);
        let kind = Comparison::kind;
        let differs = other.as_ref().is_some_and(|other| kind(other) != kind(comparison));
        differ += usize::from(differs);
        alone += usize::from(other.is_none());
        let note = if differs { "differs" } else { "" }.to_owned();
        let [subject, object] = question(comparison);
        table.add_row([
            subject,
            object,
            told(comparison),
            other.as_ref().map_or(none(), told),
            note,
        ]);
    }
    for comparison in right.headline.iter().filter(|comparison| twin(comparison, left).is_none()) {
        let [subject, object] = question(comparison);
        alone += 1;
        table.add_row([subject, object, none(), told(comparison), String::new()]);
    }
    Verdicts { table, differ, alone }
}

/// The rules that a comparison is about.
fn question(comparison: &Comparison) -> [String; 2] {
    let right = match &comparison.right {
        Opponent::NoDecay => "no decay".to_owned(),
        Opponent::Stopped => "no decay, stopped".to_owned(),
        Opponent::Rule(side) => words::label(&side.rule),
        Opponent::Crossed(sides) => {
            let labels: Vec<String> = sides.iter().map(|side| words::label(&side.rule)).collect();
            labels.join(", ")
        }
    };
    [words::label(&comparison.left.rule), right]
}

/// What a comparison says, in a word and in numbers.
fn told(comparison: &Comparison) -> String {
    let word = words::kind(comparison.kind());
    let what = words::quantity(comparison.quantity);
    let mean = format::signed(comparison.difference.mean, 3);
    let interval =
        comparison.judgement.interval.map(|ends| format!(" {}", format::interval(ends, 3)));
    let lambda = words::at_lambda(comparison.left.weight_decay);
    format!("{word} ({what} {mean}{}{lambda})", interval.unwrap_or_default())
}
