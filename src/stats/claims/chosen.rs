//! Which of several arms is the best, in words.

use crate::results::RunRow;

/// What tells the best of some arms from the others, a row of each, and whether it is at an end of its grid.
pub fn chosen(arms: &[&RunRow], best: &RunRow) -> String {
    let numbers: [(&str, fn(&RunRow) -> f64); 2] =
        [("λ", |run| run.weight_decay.unwrap_or(0.0)), ("lr", |run| run.lr)];
    let differ = |of: fn(&RunRow) -> f64| arms.iter().any(|run| of(run) != of(best));
    let mut told: Vec<String> = Vec::new();
    if arms.iter().any(|run| run.form != best.form) {
        told.push(best.form.to_string());
    }
    if arms.iter().any(|run| run.mask != best.mask) {
        told.extend(best.mask.map(|mask| mask.to_string()));
    }
    let varied = numbers.iter().filter(|(_, of)| differ(*of));
    told.extend(varied.clone().map(|(name, of)| format!("{name}={}", of(best))));
    let is_common = |word: &&str| arms.iter().all(|run| words(run).any(|one| one == *word));
    for word in words(best).filter(|word| !is_common(word)) {
        // What an arm does against overfitting stands among its differences too.
        if !told.iter().any(|one| one == word) {
            told.push(word.to_owned());
        }
    }
    let ends = varied.filter_map(|(name, of)| {
        let values = || arms.iter().map(|run| of(run));
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        match of(best) {
            value if value == most => Some(format!("largest {name}")),
            // Nothing is below no decay.
            value if value == least && value > 0.0 => Some(format!("smallest {name}")),
            _ => None,
        }
    });
    let ends: Vec<String> = ends.collect();
    match ends.is_empty() {
        true => told.join(" "),
        false => format!("{} ({} of its grid)", told.join(" "), ends.join(", ")),
    }
}

/// What else an arm differs in from its spec.
fn words(run: &RunRow) -> impl Iterator<Item = &str> {
    let all = run.variant.split_whitespace().chain(run.treatment.split_whitespace());
    all.filter(|word| !word.starts_with("lr="))
}
