//! What published rules say of a run, as words and as JSON.

mod agreement;
mod hindsight;
mod json;
mod rules;
mod why_not;

use super::format::{self, magnitude, three_digits, whole};
use super::tables::{align_right, broken, new_table, set_close, trimmed};
use crate::advice::{Kept, Run, Said, equivalents};
use crate::config::{Form, total_decay};
use crate::published::{Algorithm, Fall};
use agreement::agreement;
use hindsight::hindsight;
use rules::{WIDTH, carried, reasons, rules, sources};

pub use json::advice_json;

/// A last learning rate of this share of the peak is that of a schedule that does not fall.
const ALL_BUT_CONSTANT: f64 = 0.9;
/// Decay that takes a smaller share of the weights than this over the run is none to speak of.
const NEXT_TO_NOTHING: f64 = 0.02;

/// The whole advice for a terminal; with `with_sources` the formula, the source and the basis of every rule too.
pub fn advice(run: &Run, said: &[Said], with_sources: bool) -> String {
    let mut parts = vec![broken(&described(run), WIDTH), rules(said)];
    parts.push(broken(&agreement(said), WIDTH));
    parts.extend(carried(run, said));
    parts.extend(reasons(said));
    parts.push(broken(&hindsight(run, said), WIDTH));
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
    let fall = run.lr.fall.map_or("schedule not given".to_owned(), |fall| fallen(run, fall));
    format!(
        "{} parameters, {} tokens ({} a parameter, {epochs}), {} tokens a step: {} steps of {}, peak learning rate \
         {}, {fall}.",
        magnitude(run.params),
        magnitude(run.tokens),
        three_digits(run.tokens_per_param()),
        whole(run.batch),
        whole(run.steps()),
        run.optimizer.title(),
        format::number(run.lr.peak)
    )
}

/// How the learning rate falls, and where that ends if not with the run.
fn fallen(run: &Run, fall: Fall) -> String {
    let end = match run.lr.min_ratio {
        _ if fall == Fall::InverseSqrt => String::new(),
        1.0 => String::new(),
        0.0 => " to 0".to_owned(),
        ratio => format!(" to {} of it", three_digits(ratio)),
    };
    let (shape, last) = (shape(run, fall), run.last_ratio().unwrap_or(1.0));
    match run.fall_ends_elsewhere() {
        None => format!("{shape}{end}"),
        Some(ends) if ends < run.steps() => {
            format!("{shape}{end} by step {}, then constant", whole(ends))
        }
        Some(ends) if last >= ALL_BUT_CONSTANT => {
            format!("all but constant: its {fall}{end} ends at step {}, after the run", whole(ends))
        }
        Some(ends) => format!(
            "{shape}{end} at step {}, after the run, which ends at {} of it",
            whole(ends),
            three_digits(last)
        ),
    }
}

/// A schedule with the shape that is taken for it where its name leaves that open.
fn shape(run: &Run, fall: Fall) -> String {
    let start = match run.lr.warmup.round() {
        warmup if warmup >= 1.0 => format!("the end of warm-up, step {},", whole(warmup)),
        _ => "step 1".to_owned(),
    };
    match fall {
        Fall::Wsd => {
            format!("wsd, falling over the last {}%", three_digits(100.0 * run.lr.wsd_fall))
        }
        Fall::InverseSqrt => format!(
            "inverse-sqrt: falling with the root of the steps from {start} on; a learning rate that is held at its \
             peak first is not in it"
        ),
        other => other.to_string(),
    }
}

/// What a λ amounts to.
fn amounts(run: &Run, weight_decay: f64) -> String {
    if weight_decay == 0.0 {
        return "This run's λ = 0: no decay.".to_owned();
    }
    let kappa = run.kappa(weight_decay);
    let schedule = run.schedule();
    let total = schedule.and_then(|(schedule, steps)| {
        let share = total_decay(Form::AdamW, 1.0, &schedule, steps)?;
        Some(weight_decay * share / steps as f64 * run.steps())
    });
    let total = total.map_or(String::new(), |total| {
        format!(" With the schedule the total decay λ Σ η_t is {}.", three_digits(total))
    });
    let averaging = (1.0 - run.beta1) / (1.0 + run.beta1);
    let rotation = (2.0 * run.lr.peak * weight_decay * averaging).sqrt();
    let turn = match run.optimizer {
        Algorithm::AdamW if kappa >= NEXT_TO_NOTHING => format!(
            " In balance a step turns weights whose size does not matter by {} radians (Kosson et al. 2024).",
            three_digits(rotation)
        ),
        _ => String::new(),
    };
    format!(
        "This run's λ = {}: κ = ηλT = {}; {}{total}{turn}",
        format::number(weight_decay),
        three_digits(kappa),
        averaged(run, kappa)
    )
}

/// Over what the weights are averages, against the length of the run.
fn averaged(run: &Run, kappa: f64) -> String {
    let (steps, times) = (whole(run.steps() / kappa), kappa.recip());
    if kappa < NEXT_TO_NOTHING {
        return format!(
            "τ = 1/(ηλ) = {steps} steps is {} times the run, so that this decay does practically nothing.",
            whole(times)
        );
    }
    let share = if times > 1.0 { " times the run" } else { " of the run" };
    format!(
        "weights are averages over τ = 1/(ηλ) = {steps} steps: {}{share}, {} epochs.",
        three_digits(times),
        three_digits(run.passes() / kappa)
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
    trimmed(&table)
}
