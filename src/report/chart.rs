//! What a page's figures are drawn from: the arms of an experiment, their runs as they stand, and curves, as columns.

mod arms;
mod curves;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::config::AnalysisTerms;
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::{Analysis, Warning};

use super::summary::Summary;
use super::words;

pub use arms::{Arm, Chart};
pub use curves::{Curves, Grids};

/// Runs of an experiment as columns, one value a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunColumns {
    /// Places among all runs.
    pub at: Vec<usize>,
    pub status: Vec<&'static str>,
    /// Steps taken.
    pub step: Vec<usize>,
    /// Steps that it is to take.
    pub steps: Vec<usize>,
    pub val: Vec<Option<f64>>,
    pub train: Vec<Option<f64>>,
    pub test: Vec<Option<f64>>,
    pub best: Vec<Option<f64>>,
    /// More about the status: seconds since it was heard of, the step at which it diverged, why it failed or is damaged.
    pub detail: Vec<String>,
}

/// A run as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// `done`, `training`, `quiet`, `waiting`, `diverged`, `failed` or `damaged`.
    pub status: &'static str,
    pub step: usize,
    pub steps: usize,
    /// Losses: at the end, and before it the last that was measured.
    pub val: Option<f64>,
    pub train: Option<f64>,
    pub test: Option<f64>,
    /// Lowest val loss so far.
    pub best: Option<f64>,
    pub detail: String,
}

impl Standing {
    /// As a finished experiment's files tell it.
    pub fn of(row: &RunRow) -> Self {
        let status = match row.status {
            Status::Unfinished if row.steps == 0 => "waiting",
            Status::Unfinished => "quiet",
            ended => ended.name(),
        };
        let detail = match row.status {
            Status::Diverged => format!("at step {}", row.steps),
            _ => String::new(),
        };
        Standing {
            status,
            step: row.steps,
            steps: row.steps,
            val: row.val_loss,
            train: row.train_loss,
            test: row.test_loss,
            best: row.best_val_loss,
            detail,
        }
    }
}

impl RunColumns {
    pub fn add(&mut self, at: usize, run: &Standing) {
        self.at.push(at);
        self.status.push(run.status);
        self.step.push(run.step);
        self.steps.push(run.steps);
        self.val.push(run.val);
        self.train.push(run.train);
        self.test.push(run.test);
        self.best.push(run.best);
        self.detail.push(run.detail.clone());
    }
}

/// What is told of an experiment, by the sentences of its report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Told {
    pub short: Vec<String>,
    pub verdicts: Vec<String>,
    pub fine_print: String,
    pub warnings: Vec<String>,
    /// Runs that have ended, and all.
    pub ended: usize,
    pub runs: usize,
    /// The smallest difference that matters, where it is known: what only counts the text is the measure of it.
    pub epsilon: Option<f64>,
}

/// What the runs that have ended say. Statistics know of those that have not: no arm is judged before its seeds have
/// ended.
pub fn tell(rows: &[RunRow], terms: &AnalysisTerms) -> Told {
    // A run that several arms share is one.
    let count = |is: fn(&RunRow) -> bool| {
        let ids: BTreeSet<&str> =
            rows.iter().filter(|row| is(row)).map(|row| row.run.as_str()).collect();
        ids.len()
    };
    let ended = count(|row| row.status != Status::Unfinished);
    let told = Told { ended, runs: count(|_| true), ..Told::default() };
    if !rows.iter().any(|row| row.status == Status::Done) {
        return told;
    }
    let mut analysis = Analysis::on(rows, terms);
    // How many have not ended is told beside it, and they may be training at this moment.
    analysis.warnings.retain(|warning| !matches!(warning, Warning::Unfinished { .. }));
    let Summary { verdicts, fine_print, warnings, epsilon, .. } = Summary::of(&analysis, None, &[]);
    // The sentences on how to read verdicts need verdicts.
    let fine_print = if verdicts.is_empty() { String::new() } else { fine_print };
    Told { short: words::in_short(&analysis), verdicts, fine_print, warnings, epsilon, ..told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask};
    use crate::stats::tests::row;

    fn rows(seeds: u64) -> Vec<RunRow> {
        let arm = |lambda: f64, loss: f64| {
            let run = move |seed: u64| {
                let own = (0.01 + 1e-4 * lambda) * seed as f64;
                row(Form::AdamW, Mask::Matrices, lambda, seed, loss + own)
            };
            (0..seeds).map(run)
        };
        arm(0.0, 2.0).chain(arm(1.0, 1.5)).collect()
    }

    #[test]
    fn nothing_is_judged_before_every_seed_of_both_arms_has_ended() {
        let terms = AnalysisTerms::default();
        let whole = tell(&rows(3), &terms);
        let analysis = Analysis::on(&rows(3), &terms);
        assert_eq!(whole.verdicts, Summary::of(&analysis, None, &[]).verdicts);
        assert!(whole.verdicts.iter().any(|one| one.contains("lower than without decay")));
        assert!(tell(&rows(2), &terms).verdicts.is_empty());
        for place in [0, 5] {
            let mut open = rows(3);
            let RunRow { status, val_loss, .. } = &mut open[place];
            (*status, *val_loss) = (Status::Unfinished, None);
            let told = tell(&open, &terms);
            assert_eq!((told.verdicts.len(), told.ended, told.runs), (0, 5, 6));
            assert!(!told.warnings.iter().any(|one| one.contains("have not ended")), "{told:?}");
        }
        let none: Vec<RunRow> =
            rows(3).into_iter().map(|row| RunRow { status: Status::Unfinished, ..row }).collect();
        assert_eq!(tell(&none, &terms), Told { runs: 6, ..Told::default() });
    }
}
