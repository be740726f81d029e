//! What the terminal shows: the answer of an experiment, and the tables of other subcommands.

mod detail;
mod plot;
mod verdicts;

use serde::{Deserialize, Serialize};

use super::tables::{align_right, broken, new_table, set_width};
use super::{format, values, words};
use crate::config::{DecaySchedule, Named, Role};
use crate::experiment::Setting;
use crate::plural::counted;
use crate::results::ManifestRow;
use crate::stats::{Analysis, Found, FoundRule, Rule, Warning};

use detail::{Detail, LEVELS};

pub use plot::{Canvas, Plot};

/// Warnings that are shown, at most.
const MOST_WARNINGS: usize = 3;
/// Columns that sentences are broken to: the tables take as many.
const COLUMNS: usize = 110;
/// Lines of a screen, without those that name the files. More are told where less would hide a claim, an alarm or a warning.
const LINES: usize = 40;
/// Lines of a warning that is always told whole.
const NEVER_CUT: usize = 2;
/// In place of the end of a warning.
const MORE: &str = "… (whole in the report)";

/// The answer on one screen: the best arm, what else is told of it (through what its decay acts, what it knows by heart), each rule at its best point with its verdicts,
/// rules against each other, how to read it, warnings.
pub fn answer(analysis: &Analysis, more: &[String]) -> String {
    answer_below(analysis, more, 0)
}

/// The same below so many lines of its screen; where nothing fits what hides the least of what is shortest.
pub fn answer_below(analysis: &Analysis, more: &[String], above: usize) -> String {
    let mut all = Vec::new();
    for detail in LEVELS {
        let told = told_in(analysis, more, detail);
        if above + told.lines().count() <= LINES {
            return told;
        }
        all.push(told);
    }
    // Of several the first.
    all.into_iter().min_by_key(|told| told.lines().count()).unwrap_or_default()
}

fn told_in(analysis: &Analysis, more: &[String], detail: Detail) -> String {
    if let Some(sentence) = words::no_result(analysis) {
        return broken(&sentence, COLUMNS);
    }
    let alarms = words::alarms(analysis);
    let mut parts: Vec<String> =
        alarms.iter().map(|alarm| broken(&format!("warning: {alarm}"), COLUMNS)).collect();
    parts.extend(
        analysis.values.iter().map(|table| values::screen(table, analysis.loss, detail.toys)),
    );
    if analysis.own_groups().next().is_some() {
        let levels = words::levels(analysis).filter(|_| detail.has_levels);
        let told = [words::headline(analysis), levels, words::gap(analysis)];
        parts.push(lines(told.into_iter().flatten().chain(more.iter().cloned())));
        parts.push(verdicts::rules(analysis, detail.rules));
        parts.push(lines(words::lone(analysis).into_iter()));
        parts.extend(optima_table(analysis));
        parts.extend(verdicts::pairs(analysis, detail.pairs));
    }
    let reading = match detail.is_brief {
        true => words::reading_in_brief(analysis),
        false => words::reading(analysis),
    };
    parts.push(broken(&reading, COLUMNS));
    parts.push(lines(warnings(analysis, detail.warning).into_iter()));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// What a call answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The answer of an experiment; empty where no run has ended.
    pub answer: String,
    /// λ against loss.
    pub plot: Option<Plot>,
    /// Where everything is.
    pub files: String,
}

impl Told {
    /// All of it, the plot where there is a place to draw it.
    pub fn text(&self, canvas: Option<Canvas>) -> String {
        let drawn = self.plot.as_ref().zip(canvas).map(|(plot, canvas)| plot.drawn(canvas));
        let parts = [Some(self.answer.clone()), drawn, Some(self.files.clone())];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("\n\n")
    }
}

/// The first few of those that do not stand above the answer, each in so many lines.
fn warnings(analysis: &Analysis, most: usize) -> Vec<String> {
    let rest: Vec<_> = analysis.warnings.iter().filter(|one| !one.is_alarm()).collect();
    let shown = rest.iter().take(MOST_WARNINGS);
    let told = |warning: &&Warning| cut(&format!("warning: {}", words::warning(warning)), most);
    let mut lines: Vec<String> = shown.map(told).collect();
    let more = rest.len() - lines.len();
    lines.extend((more > 0).then(|| format!("{} in the report", counted(more, "more warning"))));
    lines
}

/// The beginning of a warning that takes more than so many lines: its whole sentences that fit, else its words. Of two lines
/// nothing is cut: their end says what to do.
fn cut(warning: &str, most: usize) -> String {
    let whole = broken(warning, COLUMNS);
    if whole.lines().count() <= most.max(NEVER_CUT) {
        return warning.to_owned();
    }
    let fits = |told: &String| broken(told, COLUMNS).lines().count() <= most;
    let sentences = warning.match_indices(". ").map(|(end, _)| &warning[..=end]);
    let told = sentences.map(|told| format!("{told} {MORE}")).filter(fits).last();
    told.unwrap_or_else(|| cut_between_words(&whole, most))
}

fn cut_between_words(whole: &str, most: usize) -> String {
    let mut words: Vec<&str> = whole.lines().take(most).flat_map(|line| line.split(' ')).collect();
    let told = |words: &[&str]| format!("{} {MORE}", words.join(" "));
    while !words.is_empty() && broken(&told(&words), COLUMNS).lines().count() > most {
        words.pop();
    }
    told(&words)
}

fn lines(sentences: impl Iterator<Item = String>) -> String {
    sentences.map(|sentence| broken(&sentence, COLUMNS)).collect::<Vec<_>>().join("\n")
}

/// Per rule of which λ alone was searched what was found, and what it costs to miss it; other values in sentences.
fn optima_table(analysis: &Analysis) -> Option<String> {
    let search = analysis.search.as_ref()?;
    let common = format!("cost of λ = {}", words::COMMON);
    let within = analysis.epsilon.map_or("within ε".to_owned(), |epsilon| {
        format!("within ε = {}", format::three_digits(epsilon.value))
    });
    let mut table =
        new_table(&["form", "mask", "λ*", "95%", &within, "cost of none", &common, "runs"]);
    for (rule, found) in search.rules.iter().filter_map(|rule| Some((rule, lambda_alone(rule)?))) {
        let cost = |value: f64| {
            found.regret_at(value).map_or(format::MISSING.to_owned(), |one| words::cost(&one))
        };
        let within = found.optimum.as_ref().map(words::within);
        table.add_row([
            form(&rule.rule),
            rule.rule.mask.map_or(String::new(), |mask| mask.name().to_owned()),
            words::best_value(found),
            words::range(found.interval),
            within.map_or(format::MISSING.to_owned(), words::range),
            cost(0.0),
            cost(words::COMMON),
            found.runs.to_string(),
        ]);
    }
    set_width(&mut table, verdicts::WIDEST);
    let mut told = Vec::new();
    if !table.is_empty() {
        told.push(table.to_string());
        told.push(lines(words::confirmed_elsewhere(analysis).into_iter()));
    }
    let others = words::optima_of(analysis, |rule| lambda_alone(rule).is_none());
    told.push(lines(others.into_iter()));
    told.retain(|one| !one.is_empty());
    (!told.is_empty()).then(|| told.join("\n"))
}

/// What was found for λ, where nothing was searched beside it.
fn lambda_alone(rule: &FoundRule) -> Option<&Found> {
    rule.weight_decay().filter(|_| rule.found.len() == 1)
}

/// A form, on a second line the setting where rules of several are searched.
fn form(rule: &Rule) -> String {
    let (name, setting) = (rule.form.name(), words::variant(rule));
    if setting.is_empty() { name.to_owned() } else { format!("{name}\n{setting}") }
}

/// What has become of each run: identity, arm, seed, state, detail.
pub fn status_table(rows: Vec<[String; 5]>) -> String {
    let mut table = new_table(&["run", "arm", "seed", "state", ""]);
    table.add_rows(rows);
    table.to_string()
}

/// Every value of one arm and where it comes from.
pub fn settings_table(title: &str, settings: Vec<Setting>) -> String {
    let mut table = new_table(&["key", "value", "from"]);
    table.add_rows(settings.into_iter().map(|one| [one.key, one.value, one.origin]));
    format!("{title}\n{table}")
}

/// What one arm decays: a line per parameter and the totals.
pub fn manifest_table(title: &str, rows: &[ManifestRow]) -> String {
    let mut table =
        new_table(&["parameter", "role", "shape", "elements", "optimizer", "lr ×", "decayed"]);
    for row in rows {
        let decayed = match (row.decayed, row.coefficient) {
            (false, _) => "no".to_owned(),
            (true, Some(coefficient)) => format!("λ = {}", format::exact(coefficient)),
            (true, None) => "yes".to_owned(),
        };
        let schedule = row.decay_schedule.filter(|one| *one != DecaySchedule::Constant);
        let decayed = match schedule {
            Some(schedule) => format!("{decayed}, {}", schedule.name()),
            None => decayed,
        };
        table.add_row([
            row.parameter.clone(),
            row.role.to_string(),
            row.shape.clone(),
            row.elements.to_string(),
            row.optimizer.name().to_owned(),
            row.lr_factor.map_or_else(String::new, format::number),
            decayed,
        ]);
    }
    align_right(&mut table, [3, 5]);
    format!("{title}\n{table}\n{}", totals(rows))
}

fn totals(rows: &[ManifestRow]) -> String {
    let sum = |keep: &dyn Fn(&&ManifestRow) -> bool| -> usize {
        rows.iter().filter(keep).map(|row| row.elements).sum()
    };
    let (all, decayed) = (sum(&|_| true), sum(&|row| row.decayed));
    let roles: Vec<String> = Role::ALL
        .into_iter()
        .map(|role| (role, sum(&|row| row.role == role)))
        .filter(|(_, elements)| *elements > 0)
        .map(|(role, elements)| format!("{role} {elements}"))
        .collect();
    format!(
        "{decayed} of {all} elements decay ({}%), {} do not. By role: {}.",
        format::fixed(100.0 * decayed as f64 / all as f64, 1),
        all - decayed,
        roles.join(", ")
    )
}

#[cfg(test)]
mod tests;
