use std::path::Path;

use anyhow::Result;
use comfy_table::Table;

use super::tables::new_table;
use crate::results::{Experiment, RunRow, read_csv, read_experiment};
use crate::stats::{Analysis, Comparison};

/// Two experiments side by side: what was asked differently, and which verdicts differ.
///
/// # Errors
/// A folder that holds no experiment; the message names the file.
pub fn compare(left: &Path, right: &Path) -> Result<String> {
    let experiments = [read_experiment(left)?, read_experiment(right)?];
    let analyses = [analysis(left)?, analysis(right)?];
    let names = [left.display().to_string(), right.display().to_string()];
    let mut parts = vec![differences(&experiments, &names)];
    let (table, changed) = verdicts(&analyses, &names);
    parts.push(table.to_string());
    parts.push(match changed {
        0 => "No verdict differs.".to_owned(),
        1 => "1 verdict differs.".to_owned(),
        count => format!("{count} verdicts differ."),
    });
    Ok(parts.join("\n\n"))
}

fn analysis(folder: &Path) -> Result<Analysis> {
    let rows: Vec<RunRow> = read_csv(&folder.join("runs.csv"))?;
    Ok(Analysis::of(&rows))
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
        let code = |line: &str| line.split('#').next().unwrap_or("").trim().to_owned();
        lines.extend(experiment.spec.lines().map(code).filter(|line| !line.is_empty()));
        lines
    };
    let (a, b) = (describe(left), describe(right));
    let only = |these: &[String], those: &[String], name: &str| -> Vec<String> {
        let alone = these.iter().filter(|line| !those.contains(line));
        alone.map(|line| format!("{name}: {line}")).collect()
    };
    let lines = [only(&a, &b, &names[0]), only(&b, &a, &names[1])].concat();
    if lines.is_empty() {
        "Specs, data and program are the same.".to_owned()
    } else {
        lines.join("\n")
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

fn verdicts([left, right]: &[Analysis; 2], names: &[String; 2]) -> (Table, usize) {
    let mut table = new_table(&["val loss of", "against", &names[0], &names[1], ""]);
    let mut changed = 0;
    let twin = |one: &Comparison, all: &Analysis| {
        let same = |other: &&Comparison| question(other) == question(one);
        all.headline.iter().find(same).cloned()
    };
    for comparison in &left.headline {
        let other = twin(comparison, right);
        let [a, b] = [Some(comparison), other.as_ref()].map(|comparison| comparison.map(told));
        let differs = b.is_some() && a.as_ref().map(|a| a.0) != b.as_ref().map(|b| b.0);
        changed += usize::from(differs);
        let show = |told: Option<(&str, String)>| {
            told.map_or("–".to_owned(), |(word, numbers)| format!("{word} ({numbers})"))
        };
        let [subject, object] = question(comparison);
        table.add_row([
            subject,
            object,
            show(a),
            show(b),
            if differs { "differs" } else { "" }.to_owned(),
        ]);
    }
    for comparison in right.headline.iter().filter(|comparison| twin(comparison, left).is_none()) {
        let [subject, object] = question(comparison);
        let (word, numbers) = told(comparison);
        table.add_row([
            subject,
            object,
            "–".to_owned(),
            format!("{word} ({numbers})"),
            String::new(),
        ]);
    }
    (table, changed)
}

/// The rules that a comparison is about.
fn question(comparison: &Comparison) -> [String; 2] {
    let right = comparison.right.as_ref().map(|right| right.key.label());
    [comparison.left.key.label(), right.unwrap_or_else(|| "no decay".to_owned())]
}

/// What a comparison says, in a word and in numbers.
fn told(comparison: &Comparison) -> (&'static str, String) {
    let word = match comparison.p_holm {
        None => "no test",
        Some(_) if !comparison.is_distinguishable() => "not distinguishable",
        Some(_) if comparison.difference.mean < 0.0 => "lower",
        Some(_) => "higher",
    };
    let half =
        comparison.difference.half_width.map_or(String::new(), |half| format!(" ± {half:.3}"));
    let lambda =
        comparison.left.weight_decay.map_or(String::new(), |value| format!(", λ = {value}"));
    (word, format!("{:+.3}{half}{lambda}", comparison.difference.mean))
}
