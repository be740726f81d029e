//! What published rules say of a run, as words and as JSON.

mod json;
mod why_not;

use super::format::{self, count, magnitude, three_digits};
use super::tables::{align_right, broken, new_table, set_close};
use crate::advice::{Hindsight, Kind, Run, Said, WhyNot, equivalents, spread};
use crate::config::total_decay;
use crate::published::{Kin, Status};

pub use json::advice_json;

/// Columns of running text.
const WIDTH: usize = 108;

/// The whole advice for a terminal.
pub fn advice(run: &Run, said: &[Said]) -> String {
    let mut parts = vec![broken(&described(run), WIDTH), rules(said)];
    parts.push(broken(&agreement(said), WIDTH));
    parts.extend(reasons(said));
    parts.push(broken(&hindsight_note(run, said), WIDTH));
    if let Some(weight_decay) = run.weight_decay {
        parts.push(broken(&amounts(run, weight_decay), WIDTH));
        if weight_decay > 0.0 {
            parts.push(elsewhere(run, weight_decay));
        }
    }
    parts.push(sources(said));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn described(run: &Run) -> String {
    let epochs = match run.epochs() {
        1.0 => "read once".to_owned(),
        epochs => format!("{} epochs", three_digits(epochs)),
    };
    let fall = run.lr.fall.map_or("schedule not given".to_owned(), |fall| {
        let end = match run.lr.min_ratio {
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

/// Rules for this optimizer that give a number, those whose range the run lies in first.
fn shown(said: &[Said]) -> impl Iterator<Item = &Said> + Clone {
    let has_number = |one: &&Said| one.weight_decay.is_some() && !is_for_others(one);
    let numbered = said.iter().filter(has_number);
    numbered.clone().filter(|one| one.applies()).chain(numbered.filter(|one| !one.applies()))
}

fn is_for_others(one: &Said) -> bool {
    one.why_not.iter().any(|why| matches!(why, WhyNot::Optimizer(_)))
}

fn rules(said: &[Said]) -> String {
    let mut table = new_table(&["rule", "λ", "in range", "tuned λ that it recovers", "rests on"]);
    for one in shown(said) {
        table.add_row([
            one.rule.name.clone(),
            lambda(one),
            if one.applies() { "yes" } else { "no" }.to_owned(),
            one.hindsight.map_or(format::MISSING.to_owned(), recovered),
            rests_on(one.rule.status).to_owned(),
        ]);
    }
    align_right(&mut table, [1]);
    set_close(&mut table);
    table.to_string()
}

fn lambda(one: &Said) -> String {
    match (one.weight_decay, one.band) {
        (Some(_), Some([low, high])) => format!("{} to {}", three_digits(low), three_digits(high)),
        (Some(value), None) => three_digits(value),
        (None, _) => format::MISSING.to_owned(),
    }
}

fn recovered(one: Hindsight) -> String {
    let own = if one.is_in_sample { ", its own" } else { "" };
    format!(
        "{} of {} within 2×, median {}×{own}",
        one.within_two,
        one.runs,
        three_digits(one.median)
    )
}

fn rests_on(status: Status) -> &'static str {
    match status {
        Status::Primary => "its authors",
        Status::SecondHand => "second hand",
        Status::Unverified => "unverified",
        Status::Inferred => "inferred",
    }
}

/// How far apart the rules are; never their mean.
fn agreement(said: &[Said]) -> String {
    let applying = said.iter().filter(|one| one.applies() && one.weight_decay.is_some()).count();
    match (spread(said), applying) {
        (None, _) => "No rule was fitted on runs like this one: every number above is carried beyond its range.".to_owned(),
        (Some([only, _]), 1) => format!("One rule was fitted on runs like this one: λ = {}.", three_digits(only)),
        (Some([low, high]), count) => format!(
            "{count} rules were fitted on runs like this one: λ = {} to {}, a factor of {} apart. They are not \
             averaged: they disagree about what is held fixed.",
            three_digits(low),
            three_digits(high),
            three_digits(high / low)
        ),
    }
}

/// Why rules are out of their range, cannot say, or are for others.
fn reasons(said: &[Said]) -> Vec<String> {
    let lines = |title: &str, picked: Vec<&Said>| {
        let line = |one: &&Said| {
            let why: Vec<String> =
                one.why_not.iter().map(|why| why_not::words(one.rule, why)).collect();
            broken(&format!("{}: {}", one.rule.name, why.join("; ")), WIDTH - 2)
                .replace('\n', "\n    ")
        };
        let lines: Vec<String> = picked.iter().map(|one| format!("  {}", line(one))).collect();
        (!lines.is_empty()).then(|| format!("{title}\n{}", lines.join("\n")))
    };
    let out = shown(said).filter(|one| !one.applies()).collect();
    let silent =
        said.iter().filter(|one| one.weight_decay.is_none() && !is_for_others(one)).collect();
    let others: Vec<&str> =
        said.iter().filter(|one| is_for_others(one)).map(|one| one.rule.name.as_str()).collect();
    let others = (!others.is_empty())
        .then(|| broken(&format!("For other optimizers: {}.", others.join("; ")), WIDTH));
    [lines("Out of range", out), lines("Cannot say", silent), others]
        .into_iter()
        .flatten()
        .collect()
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
    format!("Recovered: of up to {runs} public runs whose λ was searched and that {what}.")
}

/// What a λ amounts to.
fn amounts(run: &Run, weight_decay: f64) -> String {
    if weight_decay == 0.0 {
        return "λ = 0 as given: no decay.".to_owned();
    }
    let kappa = run.kappa(weight_decay);
    let schedule = run.schedule();
    let total = schedule.and_then(|schedule| {
        let share = total_decay(crate::config::Form::AdamW, 1.0, &schedule, schedule.steps)?;
        Some(weight_decay * share / schedule.steps as f64 * run.steps())
    });
    let total = total.map_or(String::new(), |total| {
        format!(" With the schedule the total decay λ Σ η_t is {}.", three_digits(total))
    });
    let averaging = (1.0 - run.beta1) / (1.0 + run.beta1);
    let rotation = (2.0 * run.lr.peak * weight_decay * averaging).sqrt();
    let turn = match run.optimizer {
        crate::published::Algorithm::AdamW => format!(
            " In balance a step turns weights whose size does not matter by {} radians (Kosson et al. 2024).",
            three_digits(rotation)
        ),
        _ => String::new(),
    };
    format!(
        "λ = {} as given: κ = ηλT = {}, and weights remember τ = 1/(ηλ) = {} steps: {} of the run, {} epochs.{total}{turn}",
        format::number(weight_decay),
        three_digits(kappa),
        count((run.steps() / kappa).round() as usize),
        three_digits(kappa.recip()),
        three_digits(run.epochs() / kappa)
    )
}

fn elsewhere(run: &Run, weight_decay: f64) -> String {
    let mut table = new_table(&["the same decay as", "coefficient", "used by", ""]);
    for one in equivalents(run, weight_decay) {
        let value = one.weight_decay.map_or(format::MISSING.to_owned(), three_digits);
        table.add_row([one.form.to_owned(), value, one.users.to_owned(), one.note.to_owned()]);
    }
    align_right(&mut table, [1]);
    set_close(&mut table);
    table.set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.to_string()
}

fn sources(said: &[Said]) -> String {
    let line = |one: &Said| {
        let text = format!("{}: λ = {}. {}.", one.rule.name, one.rule.formula, one.rule.source);
        format!("  {}", broken(&text, WIDTH - 2).replace('\n', "\n    "))
    };
    let lines: Vec<String> = shown(said).map(line).collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("Rules and their sources\n{}", lines.join("\n")),
    }
}
