//! λ against loss in characters: a mark per arm and rule, for terminals.

mod drawing;

use serde::{Deserialize, Serialize};

use crate::config::Stage;
use crate::record::Status;
use crate::report::figures::{Data, Ruler, Rules};
use crate::report::words;
use crate::results::RunRow;
use crate::stats::{Cell, Group};
use drawing::Drawing;

/// Rules that are told apart, at most, and characters of their names.
const MOST_RULES: usize = 6;
const LONGEST_NAME: usize = 40;

/// The mean loss of every arm at its λ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Which loss it is.
    loss: String,
    /// Of the axis: an arm far above the others lies beyond it.
    range: [f64; 2],
    /// Of arms without decay.
    none: Vec<f64>,
    rules: Vec<Line>,
    /// Rules that are not shown.
    more: usize,
    /// Whether it is of what a search tried, on the seeds that found.
    is_search: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    name: String,
    arms: Vec<Arm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Arm {
    weight_decay: f64,
    /// `None` where a run diverged.
    loss: Option<f64>,
    /// Whether a search found it and fresh seeds judged it.
    is_confirmed: bool,
}

/// Where a plot is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    pub columns: usize,
    /// Whether it shows more than ASCII.
    pub is_unicode: bool,
}

impl Plot {
    /// Of rules that have a λ; `None` where fewer than three arms do.
    pub fn of(data: &Data) -> Option<Self> {
        let quantity = data.regret_loss();
        let diverged = |cell: &Cell| cell.runs.iter().any(|run| run.status == Status::Diverged);
        let mean = |cell: &Cell| {
            let mean = cell.mean(|run| quantity.of(run)).filter(|mean| mean.is_finite());
            mean.filter(|_| !diverged(cell))
        };
        let has_lambda = |cell: &&Cell| cell.weight_decay.is_some_and(|value| value > 0.0);
        let all: Vec<&Group> = data.tried();
        let all: Vec<&Group> = all
            .into_iter()
            .filter(|group| group.cells.iter().any(|one| has_lambda(&one)))
            .collect();
        let more = all.len().saturating_sub(MOST_RULES);
        let rules = Rules::of(all, MOST_RULES);
        let is_search = data.found.is_some();
        let line = |(group, name): (&&Group, String)| {
            let arm = |cell: &Cell| Arm {
                weight_decay: cell.weight_decay.unwrap_or(0.0),
                loss: mean(cell),
                is_confirmed: is_search && is_judged(data, group, cell),
            };
            let arms = group.cells.iter().filter(has_lambda).map(arm).collect();
            Line { name: shortened(name), arms }
        };
        let lines: Vec<Line> = rules.shown.iter().zip(rules.names()).map(line).collect();
        let of_none = |group: &&Group| {
            let own = group.cells.iter().find(|cell| cell.weight_decay == Some(0.0));
            own.and_then(mean).or(group.baseline.as_ref().and_then(mean))
        };
        let mut none: Vec<f64> = rules.shown.iter().filter_map(of_none).collect();
        none.sort_by(f64::total_cmp);
        none.dedup();
        let means = || lines.iter().flat_map(|line| &line.arms).filter_map(|arm| arm.loss);
        let ruler = Ruler::of_arms(means(), none.first().copied().into_iter(), 0.0)?;
        let range = ruler.range(means().chain(none.iter().copied()))?;
        let loss = words::quantity(quantity).to_owned();
        let count = lines.iter().map(|line| line.arms.len()).sum::<usize>() + none.len();
        (count >= 3).then_some(Plot {
            loss,
            range: [range.start, range.end],
            none,
            rules: lines,
            more,
            is_search,
        })
    }

    /// In lines.
    pub fn drawn(&self, canvas: Canvas) -> String {
        Drawing::new(self, canvas).text()
    }

    /// The arms that are pointed at: what a search found and fresh seeds judged, else the lowest.
    fn marked(&self) -> Vec<(Option<usize>, Arm)> {
        let arms = || {
            let rules = self.rules.iter().enumerate();
            rules.flat_map(|(rule, line)| line.arms.iter().map(move |arm| (Some(rule), *arm)))
        };
        match self.is_search {
            true => arms().filter(|(_, arm)| arm.is_confirmed && arm.loss.is_some()).collect(),
            false => self.lowest().into_iter().collect(),
        }
    }

    /// The arm with the lowest loss: of which rule, where any decays.
    fn lowest(&self) -> Option<(Option<usize>, Arm)> {
        let arms = self.rules.iter().enumerate();
        let arms =
            arms.flat_map(|(rule, line)| line.arms.iter().map(move |arm| (Some(rule), *arm)));
        let none = self.none.iter().map(|loss| Arm::none(*loss));
        let all = none.map(|arm| (None, arm)).chain(arms);
        all.filter(|(_, arm)| arm.loss.is_some())
            .min_by(|a, b| a.1.loss.unwrap_or_default().total_cmp(&b.1.loss.unwrap_or_default()))
    }
}

impl Arm {
    /// One without decay.
    fn none(loss: f64) -> Self {
        Arm { weight_decay: 0.0, loss: Some(loss), is_confirmed: false }
    }
}

/// Whether fresh seeds judged what a search tried.
fn is_judged(data: &Data, group: &Group, cell: &Cell) -> bool {
    let same = data.analysis.groups.iter().filter(|other| other.rule == group.rule);
    let mut arms = same.flat_map(|other| &other.cells);
    arms.any(|other| {
        let is_judged = |run: &RunRow| run.stage == Some(Stage::Confirm);
        other.weight_decay == cell.weight_decay && other.runs.iter().any(is_judged)
    })
}

/// As many characters as there is room for.
fn shortened(name: String) -> String {
    match name.chars().count() > LONGEST_NAME {
        true => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        false => name,
    }
}

#[cfg(test)]
mod tests;
