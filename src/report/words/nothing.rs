//! Where there is no result.

use crate::config::to_digits;
use crate::plural::counted;
use crate::record::Status;
use crate::report::format;
use crate::results::RunRow;
use crate::stats::Analysis;

/// Why there is nothing to answer with, and what to try; `None` where a run reached its end.
pub fn no_result(analysis: &Analysis) -> Option<String> {
    let cells = analysis.groups.iter().flat_map(|group| &group.cells);
    let runs: Vec<&RunRow> = cells.flat_map(|cell| &cell.runs).collect();
    if runs.iter().any(|run| run.is_done()) {
        return None;
    }
    let of = |status| runs.iter().copied().filter(move |run| run.status == status);
    let all = counted(runs.len(), "run");
    let mut parts = vec![match of(Status::Done).count() {
        0 => format!("No result: none of {all} reached its end."),
        ended => format!(
            "No result: {ended} of {all} reached the last step, but with no val or test loss that is a finite number; a \
             smaller learning rate may keep it finite, unless a file was changed."
        ),
    }];
    parts.extend(diverged(of(Status::Diverged)));
    parts.extend(match of(Status::Failed).count() {
        0 => None,
        count => Some(format!("{count} failed; `wane status` tells why.")),
    });
    parts.extend(match of(Status::Unfinished).count() {
        0 => None,
        count => Some(format!("{count} have not ended; sweep again to go on.")),
    });
    Some(parts.join(" "))
}

/// How many diverged and when, and a learning rate to try.
fn diverged<'a>(runs: impl Iterator<Item = &'a RunRow>) -> Option<String> {
    let runs: Vec<&RunRow> = runs.collect();
    let steps = runs.iter().map(|run| run.steps);
    let steps = match (steps.clone().min()?, steps.max()?) {
        (first, last) if first == last => format!("at step {first}"),
        (first, last) => format!("at steps {first} to {last}"),
    };
    let lowest = runs.iter().map(|run| run.lr).fold(f64::INFINITY, f64::min);
    let lower = format::number(to_digits(lowest / 10.0, 2));
    Some(format!(
        "{} diverged, {steps}, at peak learning rates from {}. Try a lower one, such as lr = {lower}, \
         or a longer warmup.",
        runs.len(),
        format::number(lowest)
    ))
}
