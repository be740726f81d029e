//! Overfitting with and without decay, for someone who sees one figure only.

mod panel;

use std::ops::Range;

use anyhow::Result;

use super::canvas::{Area, Hints};
use super::data::Data;
use super::drawn::Figure;
use super::grid::Grid;
use super::lettering::Lettering;
use super::levels::Lines;
use super::scale::Ruler;
use crate::config::Form;
use crate::report::{format, words};
use crate::stats::{Analysis, Cell, Contender, GapChange, Group, Point};
use panel::Panel;

const GRID: Grid = Grid { panel: (440, 400), columns: 2, lots: 1, each: 2 };
/// The steep start of a run, as a share of its steps: it does not rule the axis.
const SETTLED: f64 = 0.1;
/// How far the axis reaches beyond the last step, for the labels there, and with an arrow before them.
const ACROSS: [f64; 2] = [1.32, 1.47];

/// No decay beside the rule and λ with the lowest val loss.
pub struct Story {
    lettering: Lettering,
    panels: [Panel; 2],
    steps: Range<f64>,
    values: Range<f64>,
    levels: Lines,
}

impl Story {
    /// The figure; `None` where there is nothing to set beside no decay.
    pub fn new(data: &Data) -> Option<Self> {
        let (group, best) = data.analysis.best()?;
        let (none, at) = without_decay(&data.analysis, group, best)?;
        let label = words::arm(&group.side(best));
        let panels = [
            Panel::new(data, format!("No decay{at}"), Form::None, none),
            Panel::new(data, label, group.rule.form, best),
        ];
        let all = || panels.iter().flat_map(Panel::points);
        let last = all().map(|point| point.step).fold(1.0, f64::max);
        let ruler = Ruler::of_curve(panels[1].val.means().map(|(_, value)| value), 0.0)?;
        let settled = all().filter(|point| point.step >= last * SETTLED);
        let ends = settled.flat_map(|point| [point.low, point.high]);
        let (values, levels) = Lines::with_range(data, ruler, ends)?;
        let ends_beyond = panels.iter().any(|panel| panel.ends_beyond(&values));
        let notes = notes(&panels, &values, &levels, ends_beyond);
        let title = title(&data.analysis, (group, best), none)?;
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        let steps = 0.0..last * ACROSS[usize::from(ends_beyond)];
        Some(Story { lettering, panels, steps, values, levels })
    }
}

/// No decay as the best arm is held against it, and the values of what is tuned there: at the best arm's own learning rate
/// it may be another than the one that verdicts are told of.
fn without_decay<'a>(
    analysis: &'a Analysis,
    group: &'a Group,
    best: &Cell,
) -> Option<(&'a Cell, String)> {
    let is_best = |point: &Point| point.cell.is_of_same_runs(best);
    let contender = analysis.contenders.iter().find(|one| one.points.iter().any(is_best));
    match contender.and_then(Contender::best_without_decay) {
        Some(none) => Some((&none.cell, words::at_others(&none.side.at))),
        None => Some((group.baseline.as_ref()?, String::new())),
    }
}

/// What the figure shows: no more than the verdict on the same arm.
fn title(analysis: &Analysis, (group, best): (&Group, &Cell), none: &Cell) -> Option<String> {
    let may_be_best = |cell: &&Cell| cell.is_treated() && group.may_be_best(cell);
    let candidates = group.cells.iter().filter(may_be_best).count();
    let gap = GapChange::between(none, best, candidates)?;
    Some(words::story_title(&group.rule, gap, analysis.told_against_none(&group.side(best))))
}

/// How to read it; where the curves start and end, if the axis does not show that.
fn notes(panels: &[Panel], values: &Range<f64>, levels: &Lines, ends_beyond: bool) -> Vec<String> {
    let mut notes = vec!["solid: val, dashed: train, light area: the gap".to_owned()];
    let has_bands = panels.iter().flat_map(Panel::points).any(|point| point.low < point.high);
    notes.extend(has_bands.then(|| "bands: their range over seeds".to_owned()));
    notes.push(if has_bands { "◇ lowest mean val" } else { "◇ lowest val" }.to_owned());
    if panels.iter().any(Panel::is_tested) {
        let stopped = if has_bands { "stopped (mean of the seeds' steps)" } else { "stopped" };
        notes.push(format!("■ test, {stopped} and last"));
    }
    let starts = panels.iter().filter_map(|panel| panel.start_above(values));
    let start = starts.fold(f64::NEG_INFINITY, f64::max);
    if start.is_finite() {
        notes.push(format!("▲ starts at {}", format::fixed(start, 2)));
    }
    notes.extend(levels.notes());
    notes.extend(ends_beyond.then(|| "arrow: ends beyond the axis".to_owned()));
    notes
}

impl Figure for Story {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        GRID.size()
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        for (panel, area) in self.panels.iter().zip(GRID.areas(body)) {
            let axes = (self.steps.clone(), self.values.clone());
            panel.draw(&area, axes, &self.levels, hints)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mask;
    use crate::results::RunRow;
    use crate::stats::tests::row;

    /// Three seeds at one point of a rule that tunes λ and the learning rate.
    fn point(weight_decay: f64, lr: f64, loss: f64) -> Vec<RunRow> {
        let run = |seed: u64| RunRow {
            lr,
            run: format!("{weight_decay} {lr} {seed}"),
            variant: format!("lr={lr}"),
            setting: format!("{lr}"),
            base: "base".to_owned(),
            axes: format!("lr={lr}"),
            tuned: "weight_decay lr".to_owned(),
            ..row(Form::AdamW, Mask::Matrices, weight_decay, seed, loss + 0.01 * seed as f64)
        };
        (0..3).map(run).collect()
    }

    #[test]
    fn no_decay_is_drawn_at_the_learning_rate_that_the_verdict_is_told_of() {
        // No decay is best at 0.004, and decay at 0.016.
        let runs = [
            point(0.0, 0.004, 2.0),
            point(0.0, 0.016, 2.2),
            point(1.0, 0.004, 1.9),
            point(1.0, 0.016, 1.6),
        ];
        let analysis = Analysis::of(&runs.concat());
        let (group, best) = analysis.best().unwrap();
        assert_eq!(best.runs[0].lr, 0.016);
        let (none, at) = without_decay(&analysis, group, best).unwrap();
        assert_eq!((none.runs[0].lr, at.as_str()), (0.004, ", lr = 0.004"));
        let title = title(&analysis, (group, best), none).unwrap();
        assert!(title.ends_with("gap 1.01 to 0.61"), "{title}");
    }
}
