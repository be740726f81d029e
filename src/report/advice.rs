//! What published rules say of a run, as words and as JSON.

mod json;
mod why_not;

use super::format::{self, count, magnitude, three_digits};
use super::tables::{align_right, broken, new_table, set_close};
use crate::advice::{Hindsight, Kept, Kind, Run, Said, WhyNot, equivalents, speaking, spread};
use crate::config::{Form, total_decay};
use crate::published::{Algorithm, Fall, Kin, Quantity, Status};

pub use json::advice_json;

/// Columns of running text.
const WIDTH: usize = 108;

/// The whole advice for a terminal; with `with_sources` the formula, the source and the basis of every rule too.
pub fn advice(run: &Run, said: &[Said], with_sources: bool) -> String {
    let mut parts = vec![broken(&described(run), WIDTH), rules(said)];
    parts.push(broken(&agreement(said), WIDTH));
    parts.extend(carried(run, said));
    parts.extend(reasons(said));
    parts.push(broken(&hindsight_note(run, said), WIDTH));
    if let Some(weight_decay) = run.weight_decay {
        parts.push(broken(&amounts(run, weight_decay), WIDTH));
        if weight_decay > 0.0 {
            parts.push(elsewhere(run, weight_decay));
        }
    }
    parts.push(if with_sources { sources(said) } else { String::new() });
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn described(run: &Run) -> String {
    let epochs = match run.epochs() {
        1.0 if run.unique_tokens.is_none() => "taken as read once".to_owned(),
        1.0 => "read once".to_owned(),
        epochs => format!("{} epochs", three_digits(epochs)),
    };
    let fall = run.lr.fall.map_or("schedule not given".to_owned(), |fall| {
        let end = match run.lr.min_ratio {
            _ if fall == Fall::InverseSqrt => String::new(),
            1.0 => String::new(),
            0.0 => " to 0".to_owned(),
            ratio => format!(" to {} of it", three_digits(ratio)),
        };
        format!("{fall}{end}")
    });
    format!(
        "{} parameters, {} tokens ({} a parameter, {epochs}), {} tokens a step: {} steps of {}, peak learning rate \
         {}, {fall}.",
        magnitude(run.params),
        magnitude(run.tokens),
        three_digits(run.tokens_per_param()),
        count(run.batch as usize),
        count(run.steps().round() as usize),
        run.optimizer.title(),
        format::number(run.lr.peak)
    )
}

/// Rules for this optimizer that give a number of their own, those whose range the run lies in first. Where there are
/// none, those for others that public runs of this optimizer can be held against.
fn shown(said: &[Said]) -> Vec<&Said> {
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

fn rules(said: &[Said]) -> String {
    let header = ["rule", "λ", "in range", "recovers", "median", "rests on", "source"];
    let mut table = new_table(&header);
    for one in shown(said) {
        let [recovered, median] =
            one.hindsight.map_or([format::MISSING, format::MISSING].map(str::to_owned), recovered);
        table.add_row([
            one.rule.name.clone(),
            lambda(one),
            covers(one).to_owned(),
            recovered,
            median,
            rests_on(one.rule.status).to_owned(),
            short_source(&one.rule.source).to_owned(),
        ]);
    }
    align_right(&mut table, [1, 3, 4]);
    set_close(&mut table);
    without_trailing_blanks(&table.to_string())
}

fn without_trailing_blanks(table: &str) -> String {
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
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
        (true, false) => "default",
    }
}

/// Runs within a factor of two, and the median of the rule's λ over the tuned.
fn recovered(one: Hindsight) -> [String; 2] {
    let own = if one.is_in_sample { " own" } else { "" };
    let within = format!("{}/{}{own}", one.within_two, one.runs);
    [within, format!("{:.2}×", one.median)]
}

fn rests_on(status: Status) -> &'static str {
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

/// How far apart the rules are; never their mean.
fn agreement(said: &[Said]) -> String {
    match (spread(said), speaking(said).filter(|one| one.rule.fitted).count()) {
        (None, _) => "No rule was fitted on runs like this one: numbers above are defaults, or carried beyond their range."
            .to_owned(),
        (Some([only, _]), 1) => {
            format!("One rule was fitted on runs like this one: λ = {}.", three_digits(only))
        }
        (Some([low, high]), count) => format!(
            "{count} rules were fitted on runs like this one: λ = {} to {}, a factor of {} apart. They are not \
             averaged: they disagree about what is held fixed.",
            three_digits(low),
            three_digits(high),
            three_digits(high / low)
        ),
    }
}

/// What rules make of the λ of a smaller run that was tuned.
fn carried(run: &Run, said: &[Said]) -> Option<String> {
    let has_number =
        |one: &&Said| one.rule.carries_over() && one.weight_decay.is_some() && !is_for_others(one);
    let one = |one: &Said| format!("{} {}", one.rule.name, lambda(one));
    let all: Vec<String> = said.iter().filter(has_number).map(one).collect();
    let base = run.base.weight_decay.or(run.weight_decay)?;
    let told = format!(
        "If λ = {} was tuned on the base run, rules carry it over as: {}.",
        format::number(base),
        all.join("; ")
    );
    (!all.is_empty()).then(|| broken(&told, WIDTH))
}

/// Why rules are out of their range, cannot say, or are for others.
fn reasons(said: &[Said]) -> Vec<String> {
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

/// What the column of recovered λ stands on.
fn hindsight_note(run: &Run, said: &[Said]) -> String {
    let Some(runs) = said.iter().filter_map(|one| Some(one.hindsight?.runs)).max() else {
        return format!(
            "No public run of {} in such epochs has a λ that was searched: nothing tells which rule was right.",
            run.optimizer.title()
        );
    };
    let kind = Kind::of(run);
    let what = match (kind.has_many_epochs, kind.kin) {
        (true, _) => {
            "read a text many times (Kim et al. 2025). Rules for one epoch are far too low there"
        }
        (false, Kin::Adam) => {
            "read a text once under an optimizer of Adam's kind (Wen et al. 2025, Qiu et al. 2025). Most tried \
             λ = 0, 0.1 and 0.2 alone: that 0.1 recovers them says as much of what was tried as of what is best, \
             and a rule between 0 and 0.1 is not refuted there"
        }
        (false, Kin::Matrix) => {
            "read a text once under Muon, Scion or SOAP (Wen et al. 2025, Qiu et al. 2025). Most tried λ = 0, 0.1 \
             and 0.2 alone"
        }
        (false, Kin::Alone(_)) => "read a text once under this optimizer (Wen et al. 2025)",
    };
    format!(
        "Recovers: within a factor of two, of up to {runs} public runs whose λ was searched and that {what}. Median: the \
         rule's λ over the tuned one."
    )
}

/// What a λ amounts to.
fn amounts(run: &Run, weight_decay: f64) -> String {
    if weight_decay == 0.0 {
        return "λ = 0 as given: no decay.".to_owned();
    }
    let kappa = run.kappa(weight_decay);
    let schedule = run.schedule();
    let total = schedule.and_then(|schedule| {
        let share = total_decay(Form::AdamW, 1.0, &schedule, schedule.steps)?;
        Some(weight_decay * share / schedule.steps as f64 * run.steps())
    });
    let total = total.map_or(String::new(), |total| {
        format!(" With the schedule the total decay λ Σ η_t is {}.", three_digits(total))
    });
    let averaging = (1.0 - run.beta1) / (1.0 + run.beta1);
    let rotation = (2.0 * run.lr.peak * weight_decay * averaging).sqrt();
    let turn = match run.optimizer {
        Algorithm::AdamW => format!(
            " In balance a step turns weights whose size does not matter by {} radians (Kosson et al. 2024).",
            three_digits(rotation)
        ),
        _ => String::new(),
    };
    format!(
        "λ = {} as given: κ = ηλT = {}; weights are averages over τ = 1/(ηλ) = {} steps: {} of the run, {} epochs.{total}{turn}",
        format::number(weight_decay),
        three_digits(kappa),
        count((run.steps() / kappa).round() as usize),
        three_digits(kappa.recip()),
        three_digits(run.epochs() / kappa)
    )
}

fn elsewhere(run: &Run, weight_decay: f64) -> String {
    let mut table = new_table(&["the same decay as", "coefficient", ""]);
    for one in equivalents(run, weight_decay) {
        let value = one.weight_decay.map_or(format::MISSING.to_owned(), three_digits);
        let note = match one.kept {
            Kept::EveryStep => "",
            Kept::TotalEarlier => "; the same total, more of it early",
            Kept::TotalLater => "; the same total, more of it late",
            Kept::NeedsSchedule => "; give --schedule",
            Kept::Nothing => "",
        };
        table.add_row([one.form.to_owned(), value, format!("{}{note}", one.users)]);
    }
    align_right(&mut table, [1]);
    set_close(&mut table);
    without_trailing_blanks(&table.to_string())
}

fn sources(said: &[Said]) -> String {
    let line = |one: &Said| {
        let rule = one.rule;
        let text = format!(
            "{}: λ = {}; {}{}. {} ({}: {})",
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
