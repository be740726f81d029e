//! Lines that say a step and losses in words.

use std::collections::BTreeMap;

use super::losses;
use super::numbers::{number_at, with_thousands};

/// Longer lines say no losses.
pub const LONGEST: usize = 4096;

/// Before a step.
const STEPS: [&str; 4] = ["step", "iter", "iteration", "it"];

/// The step of a line, and its losses; `None` where it says no step, or no loss.
pub fn of_line(line: &str) -> Option<BTreeMap<String, String>> {
    if line.len() > LONGEST {
        return None;
    }
    let lower = line.to_lowercase();
    let (at, step) = STEPS.iter().find_map(|word| number_of_step(&lower, word))?;
    let mut row = losses::of_line(&lower, at);
    (!row.is_empty()).then(|| {
        row.insert("step".to_owned(), step);
        row
    })
}

/// The number of a step that follows a word, which stands apart from letters; where the word begins comes first.
fn number_of_step(line: &str, word: &str) -> Option<(usize, String)> {
    line.match_indices(word).find_map(|(at, _)| {
        let is_part =
            line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        let number = || with_thousands(number_at(&line[at + word.len()..])?);
        (!is_part).then(number).flatten().map(|number| (at, number))
    })
}
