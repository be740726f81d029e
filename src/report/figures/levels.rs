//! What a loss is measured against, as lines across a figure: the best model that counts, and the floor.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{line, px};
use super::data::Data;
use super::palette::INK;
use super::scale::Ruler;
use crate::report::{format, words};
use crate::stats::Reference;

/// Levels that a figure shows, and those that lie beyond its axis.
pub struct Lines {
    shown: Vec<(Reference, f64)>,
    beyond: Vec<(Reference, f64)>,
}

impl Lines {
    /// The axis of these values, which reaches to levels that lie near; and the levels.
    pub fn with_range(
        data: &Data,
        ruler: Ruler,
        values: impl Iterator<Item = f64>,
    ) -> Option<(Range<f64>, Self)> {
        let levels = &data.analysis.levels;
        let floor = levels.floor.or(data.floor).map(|level| (Reference::Floor, level));
        let counting = levels.best_counting();
        let mut all: Vec<(Reference, f64)> = counting.into_iter().chain(floor).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut range = ruler.range(values)?;
        for (_, level) in &all {
            range = Ruler::with_level(range, *level);
        }
        let (shown, beyond) = all.into_iter().partition(|(_, level)| range.contains(level));
        Some((range, Lines { shown, beyond }))
    }

    /// Across the chart: dashed what counts, whole the floor.
    pub fn draw(&self, chart: &mut Chart, across: &Range<f64>) -> Result<()> {
        for (reference, level) in &self.shown {
            let (ends, style) =
                ([across.start, across.end].map(|at| (at, *level)), line(INK, 0.4, 2));
            if *reference == Reference::Floor {
                chart.draw_series(LineSeries::new(ends, style))?;
            } else {
                let (dash, space) = (px(2) as u32, px(4) as u32);
                chart.draw_series(DashedLineSeries::new(ends, dash, space, style))?;
            }
        }
        Ok(())
    }

    /// Places and styles for figures whose losses run across: whether it is the floor, and the level.
    pub fn shown(&self) -> impl Iterator<Item = (bool, f64)> + '_ {
        self.shown.iter().map(|(reference, level)| (*reference == Reference::Floor, *level))
    }

    /// Names the lines.
    pub fn notes(&self) -> Vec<String> {
        let told = |all: &[(Reference, f64)]| {
            let one = |(reference, level): &(Reference, f64)| {
                format!("{} {}", words::reference(*reference), format::fixed(*level, 2))
            };
            all.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let note = |what: &str, all: &[(Reference, f64)]| {
            (!all.is_empty()).then(|| format!("{what}: {}", told(all)))
        };
        let notes = [note("grey", &self.shown), note("beyond the axis", &self.beyond)];
        notes.into_iter().flatten().collect()
    }
}
