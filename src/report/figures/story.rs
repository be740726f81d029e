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
use crate::stats::{Analysis, Cell, GapChange, Group};
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
        let baseline = group.baseline.as_ref()?;
        let label = words::arm(&group.side(best));
        let panels = [
            Panel::new(data, "No decay".to_owned(), Form::None, baseline),
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
        let title = title(&data.analysis, group, best)?;
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        let steps = 0.0..last * ACROSS[usize::from(ends_beyond)];
        Some(Story { lettering, panels, steps, values, levels })
    }
}

/// What the figure shows: no more than the verdict on the same arm.
fn title(analysis: &Analysis, group: &Group, best: &Cell) -> Option<String> {
    let may_be_best = |cell: &&Cell| cell.is_treated() && group.may_be_best(cell);
    let candidates = group.cells.iter().filter(may_be_best).count();
    let gap = GapChange::between(group.baseline.as_ref()?, best, candidates)?;
    Some(words::story_title(&group.rule, gap, analysis.told_against_none(&group.side(best))))
}

/// How to read it; where the curves start and end, if the axis does not show that.
fn notes(panels: &[Panel], values: &Range<f64>, levels: &Lines, ends_beyond: bool) -> Vec<String> {
    let mut notes = vec!["solid: val, dashed: train, bands: their range over seeds".to_owned()];
    notes.push("◇ lowest val".to_owned());
    if panels.iter().any(Panel::is_tested) {
        notes.push("■ test".to_owned());
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
