//! The weights that runs started from, where they were given.

use std::collections::BTreeMap;
use std::path::Path;

use super::levels::decimals;
use crate::report::format;
use crate::results::{Curves, RunRow};
use crate::stats::Analysis;

/// What given weights are before the first step, and how often training made them no better: without it nothing would tell
/// that all of it only hurt. Their test loss is known where a run was best with them.
pub fn given_weights(
    analysis: &Analysis,
    runs: &[RunRow],
    curves: &Curves,
    init: Option<&str>,
) -> Option<String> {
    let given: BTreeMap<&str, &RunRow> = runs
        .iter()
        .filter(|run| run.starts_from_weights() && run.is_done())
        .map(|run| (run.run.as_str(), run))
        .collect();
    let at_start = |run: &&str| curves.get(*run)?.iter().find(|row| row.row.step == 0);
    let losses = given.keys().filter_map(at_start).filter_map(|row| row.row.val_loss);
    let val = range(losses, decimals(analysis))?;
    let unchanged: Vec<_> = given.values().filter(|run| run.best_step == Some(0)).collect();
    let test = unchanged.iter().filter_map(|run| run.stopped_test_loss);
    let test =
        range(test, decimals(analysis)).map_or(String::new(), |test| format!(", test loss {test}"));
    let kept = match unchanged.len() {
        0 => String::new(),
        count => {
            format!(" In {count} of {} runs no later evaluation has a lower val loss.", given.len())
        }
    };
    let whose = init.map_or("given weights".to_owned(), file_name);
    Some(format!(
        "Every run starts from {whose}: val loss {val}{test}, before the first step.{kept}"
    ))
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// One number where all are the same as they are told, else from the least to the most.
fn range(losses: impl Iterator<Item = f64> + Clone, decimals: usize) -> Option<String> {
    let least = losses.clone().min_by(f64::total_cmp)?;
    let most = losses.max_by(f64::total_cmp)?;
    let [least, most] = [least, most].map(|loss| format::fixed(loss, decimals));
    Some(if least == most { least } else { format!("{least} to {most}") })
}
