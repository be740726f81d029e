//! Which of several arms is the best, in words.

use std::collections::BTreeSet;

use crate::results::RunRow;

/// A number of a run, and its name.
type Number = (&'static str, fn(&RunRow) -> f64);

const NUMBERS: [Number; 2] = [("λ", |run| run.weight_decay.unwrap_or(0.0)), ("lr", |run| run.lr)];

/// What tells the best of some arms from the others, a row of each, and whether it is at an end of its grid.
pub fn chosen(arms: &[&RunRow], best: &RunRow) -> String {
    let differs = |(_, of): &Number| arms.iter().any(|run| of(run) != of(best));
    let varied: Vec<Number> = NUMBERS.into_iter().filter(differs).collect();
    let mut told: Vec<String> = Vec::new();
    // A run without decay is of every form and mask at once.
    let decays = best.weight_decay.is_some_and(|weight_decay| weight_decay > 0.0);
    if decays && arms.iter().any(|run| run.form != best.form) {
        told.push(best.form.to_string());
    }
    if decays && arms.iter().any(|run| run.mask != best.mask) {
        told.extend(best.mask.map(|mask| mask.to_string()));
    }
    told.extend(varied.iter().map(|(name, of)| format!("{name}={}", of(best))));
    told.extend(own_words(arms, best));
    let ends: Vec<String> = varied.iter().filter_map(|number| end(arms, best, number)).collect();
    match ends.is_empty() {
        true => told.join(" "),
        false => format!("{} ({} of its grid)", told.join(" "), ends.join(", ")),
    }
}

/// The end of a grid at which the best stands. Nothing is below no decay.
fn end(arms: &[&RunRow], best: &RunRow, (name, of): &Number) -> Option<String> {
    let values = || arms.iter().map(|run| of(run));
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    match of(best) {
        value if value == most => Some(format!("largest {name}")),
        value if value == least && value > 0.0 => Some(format!("smallest {name}")),
        _ => None,
    }
}

/// In what else the best differs from others, each thing once: what an arm does against overfitting stands among its
/// differences too.
fn own_words(arms: &[&RunRow], best: &RunRow) -> BTreeSet<String> {
    let is_common = |word: &&str| arms.iter().all(|run| words(run).any(|one| one == *word));
    words(best).filter(|word| !is_common(word)).map(str::to_owned).collect()
}

fn words(run: &RunRow) -> impl Iterator<Item = &str> {
    let all = run.variant.split_whitespace().chain(run.treatment.split_whitespace());
    all.filter(|word| !word.starts_with("lr="))
}
