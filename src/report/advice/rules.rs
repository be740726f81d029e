//! Rules with their λ, and why some of them should not be asked.

use super::super::format::{self, magnitude, three_digits};
use super::super::tables::{align_right, broken, new_table, set_close, trimmed};
use super::why_not;
use crate::advice::{Hindsight, Run, Said, WhyNot};
use crate::published::{Quantity, Status};

/// Columns of running text.
pub const WIDTH: usize = 108;
/// Characters of a rule's name in a line of the table.
const NAME: usize = 24;
/// Learning rates that differ by a smaller share are one.
const SAME_RATE: f64 = 0.005;

/// Rules for this optimizer that give a number of their own, those whose range the run lies in first. Where there are
/// none, those for others that public runs of this optimizer can be held against.
pub fn shown(said: &[Said]) -> Vec<&Said> {
    let is_own = |one: &&Said| {
        one.rule.repeats.is_none() && !one.rule.carries_over() && one.weight_decay.is_some()
    };
    let all = || said.iter().filter(is_own);
    let mut shown: Vec<&Said> = all().filter(|one| !is_for_others(one)).collect();
    if shown.is_empty() {
        shown = all().filter(|one| one.hindsight.is_some()).collect();
    }
    shown.sort_by_key(|one| !one.applies());
    shown
}

fn is_for_others(one: &Said) -> bool {
    one.why_not.iter().any(|why| matches!(why, WhyNot::Optimizer(_)))
}

pub fn rules(said: &[Said]) -> String {
    let header = ["rule", "λ", "in range", "recovers", "median", "rests on", "source"];
    let (mut table, shown) = (new_table(&header), shown(said));
    if shown.is_empty() {
        return String::new();
    }
    for one in shown {
        let of_runs = one.hindsight.map(|found| recovered(found, one.rule.fitted));
        let [recovered, median] = of_runs.unwrap_or([format::MISSING; 2].map(str::to_owned));
        table.add_row([
            broken(&one.rule.name, NAME),
            cell(one),
            covers(one).to_owned(),
            recovered,
            median,
            rests_on(one.rule.status).to_owned(),
            short_source(&one.rule.source).to_owned(),
        ]);
    }
    align_right(&mut table, [1, 3, 4]);
    set_close(&mut table);
    trimmed(&table)
}

/// λ with what it is not to be read without: in parentheses where the run lies outside of what the rule was found on.
fn cell(one: &Said) -> String {
    let peak = if one.rule.falls_with_lr { " at the peak" } else { "" };
    let value = format!("{}{peak}", lambda(one));
    if one.applies() { value } else { format!("({value})") }
}

fn lambda(one: &Said) -> String {
    match (one.weight_decay, one.band) {
        (Some(_), Some([low, high])) => format!("{} to {}", three_digits(low), three_digits(high)),
        (Some(value), None) => three_digits(value),
        (None, _) => format::MISSING.to_owned(),
    }
}

/// Whether the run lies where the rule was found.
fn covers(one: &Said) -> &'static str {
    match (one.applies(), one.rule.fitted) {
        (false, _) => "no",
        (true, true) => "yes",
        (true, false) if one.rule.is_joined() => "joined",
        (true, false) => "not fitted",
    }
}

/// Runs within a factor of two, in brackets those in the range in which the rule was fitted, and the median of the rule's
/// λ over the tuned.
fn recovered(one: Hindsight, is_fitted: bool) -> [String; 2] {
    let star = if one.is_in_sample { "*" } else { "" };
    let of_all = format!("{}/{}{star}", one.within_two, one.runs);
    let inside = match is_fitted {
        true => format!(" ({}/{})", one.inside_within_two, one.inside),
        false => String::new(),
    };
    [of_all + &inside, format!("{:.2}×", one.median)]
}

pub fn rests_on(status: Status) -> &'static str {
    match status {
        Status::Primary => "its authors",
        Status::SecondHand => "second hand",
        Status::Unverified => "unverified",
        Status::Inferred => "inferred",
    }
}

/// The number of a paper, or the first words of another source.
fn short_source(source: &str) -> &str {
    const PAPER: &str = "arXiv 0000.00000";
    let paper = source.find("arXiv ").and_then(|start| source.get(start..start + PAPER.len()));
    paper.unwrap_or_else(|| source.split([',', ';']).next().unwrap_or(source))
}

/// What rules make of the λ of a smaller run that was tuned.
pub fn carried(run: &Run, said: &[Said]) -> Option<String> {
    let has_number =
        |one: &&Said| one.rule.carries_over() && one.weight_decay.is_some() && !is_for_others(one);
    let one =
        |one: &Said| format!("{} {}{}", one.rule.name, lambda(one), beside_its_rate(run, one));
    let all: Vec<String> = said.iter().filter(has_number).map(one).collect();
    let base = run.base.weight_decay.or(run.weight_decay)?;
    let told = format!(
        "If λ = {} was tuned on the base run, rules carry it over as: {}.",
        format::number(base),
        all.join("; ")
    );
    (!all.is_empty()).then(|| broken(&told, WIDTH))
}

/// The learning rate that a rule carries along with λ: at another one its λ takes another share of weights in a step.
fn beside_its_rate(run: &Run, one: &Said) -> String {
    let is_rate = |gives: Quantity| gives == Quantity::Lr;
    let mut companions = one.rule.also.iter().filter(|also| also.is_for(run.optimizer));
    if !companions.any(|also| is_rate(also.gives)) {
        return String::new();
    }
    let Some((_, rate)) = one.also.iter().find(|(gives, _)| is_rate(*gives)) else {
        return " at the learning rate that it carries over too (give --base-lr)".to_owned();
    };
    let (own, told) = (run.lr.peak, format!(" at η = {}", three_digits(*rate)));
    match one.weight_decay.filter(|_| (own / rate - 1.0).abs() > SAME_RATE) {
        Some(value) => format!(
            "{told} ({} at this run's {}, which keeps ηλ)",
            three_digits(value * rate / own),
            format::number(own)
        ),
        None => told,
    }
}

/// Why rules are out of their range, cannot say, or are for others.
pub fn reasons(said: &[Said]) -> Vec<String> {
    let why = |one: &Said| -> String {
        let why: Vec<String> =
            one.why_not.iter().map(|why| why_not::words(one.rule, why)).collect();
        why.join("; ")
    };
    let line = |one: &Said| {
        let text = format!("{}: {}", one.rule.name, why(one));
        format!("  {}", broken(&text, WIDTH - 2).replace('\n', "\n    "))
    };
    let shown = shown(said);
    let out: Vec<String> = shown.iter().copied().filter(|one| !one.applies()).map(line).collect();
    let is_silent = |one: &&Said| one.weight_decay.is_none() && !is_for_others(one);
    let silent =
        said.iter().filter(is_silent).map(|one| format!("{} ({})", one.rule.name, why(one)));
    let is_shown = |one: &Said| shown.iter().any(|own| own.rule.id == one.rule.id);
    let others = said.iter().filter(|one| is_for_others(one) && !is_shown(one));
    let others = others.map(|one| one.rule.name.clone());
    let mut parts = Vec::new();
    if !out.is_empty() {
        parts.push(format!("Out of range\n{}", out.join("\n")));
    }
    let paragraphs =
        [("Cannot say", silent.collect::<Vec<_>>()), ("For other optimizers", others.collect())];
    let told = paragraphs.iter().filter(|(_, names)| !names.is_empty());
    parts.extend(
        told.map(|(title, names)| broken(&format!("{title}: {}.", names.join("; ")), WIDTH)),
    );
    parts
}

/// Formula, source and basis of every rule.
pub fn sources(said: &[Said]) -> String {
    let line = |one: &Said| {
        let rule = one.rule;
        let counts = rule.counts.as_ref().map_or(String::new(), |counts| format!(" N: {counts}."));
        let text = format!(
            "{}: λ = {}; {}{}.{counts} {} ({}: {})",
            rule.name,
            rule.formula,
            rule.says,
            beside(one),
            rule.source,
            rests_on(rule.status),
            rule.basis
        );
        format!("  {}", broken(&text, WIDTH - 2).replace('\n', "\n    "))
    };
    let lines: Vec<String> = said.iter().map(line).collect();
    format!("Rules and their sources\n{}", lines.join("\n"))
}

/// The learning rate and the batch that its authors set for such a run.
fn beside(one: &Said) -> String {
    let text = |(gives, value): &(Quantity, f64)| match gives {
        Quantity::Lr => format!("; here with η = {}", three_digits(*value)),
        _ => format!("; here with {} tokens a step", magnitude(*value)),
    };
    one.also.iter().map(text).collect()
}
