//! The arm of the best mean.

use super::arm::Arm;
use crate::stats::Estimate;

/// Arms that an error names.
const MOST_NAMED: usize = 5;

/// The arm with the best mean of those whose every run has a number: of the others it would be that of the runs that
/// went well.
pub fn best(arms: &[Arm], higher_is_better: bool) -> Option<usize> {
    let sign = if higher_is_better { -1.0 } else { 1.0 };
    let mean = |place: usize| Some(sign * Estimate::of(&arms[place].values())?.mean);
    let complete = (0..arms.len()).filter(|place| arms[*place].is_complete());
    let known = complete.filter_map(|place| Some((mean(place)?, place)));
    known.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, place)| place)
}

/// Why no arm is the best: all have runs without a number.
pub fn none_best(arms: &[Arm], quantity: &str) -> String {
    let lost =
        |arm: &Arm| format!("{}: {} of {}", arm.label(), arm.without, arm.without + arm.runs.len());
    let some: Vec<String> = arms.iter().take(MOST_NAMED).map(lost).collect();
    let more = if arms.len() > MOST_NAMED { ", …" } else { "" };
    format!(
        "every arm has runs without a finite {quantity} ({}{more}): no test; a run that diverged is an outcome",
        some.join(", ")
    )
}
