use anyhow::Result;
use plotters::prelude::*;

use super::super::axes::Chart;
use super::super::canvas::{Hints, line, px};
use super::super::data::Rules;
use super::super::markers::{Look, Taken};
use super::Scale;
use crate::report::{format, words};
use crate::stats::{Cell, Group, Quantity};

/// From so many λ on markers are smaller.
const CROWD: usize = 60;

/// A rule at every λ.
pub struct Line<'a> {
    group: &'a Group,
    pub name: String,
    pub look: Look,
    means: Vec<Mean<'a>>,
}

/// The runs of one λ as a point.
#[derive(Clone, Copy)]
struct Mean<'a> {
    cell: &'a Cell,
    at: (f64, f64),
    half_width: Option<f64>,
}

impl<'a> Line<'a> {
    pub fn of_rules(rules: &Rules<'a>, scale: &Scale) -> Vec<Self> {
        let of = |(group, name): (&&'a Group, String)| Line {
            group,
            name,
            look: Look::of(&group.rule, rules.shown.iter().copied()),
            means: group.cells.iter().filter_map(|cell| Mean::of(cell, scale)).collect(),
        };
        rules.shown.iter().zip(rules.names()).map(of).collect()
    }

    /// Whether a mean is beyond the axis.
    pub fn goes_beyond(&self, scale: &Scale) -> bool {
        self.means.iter().any(|mean| scale.is_beyond(mean.at.1))
    }

    /// Whether a seed or an interval reaches beyond the axis of an arm that is not beyond it as a whole.
    pub fn is_cut(&self, scale: &Scale) -> bool {
        let seeds = |mean: &Mean| {
            let values = || mean.cell.done().filter_map(|run| scale.quantity.of(run));
            values().any(|value| scale.is_beyond(value))
                && !values().chain([mean.at.1]).all(|value| scale.is_beyond(value))
        };
        let ends = |mean: &Mean| {
            let half = mean.half_width.unwrap_or(0.0);
            [-half, half].iter().any(|half| scale.is_beyond(mean.at.1 + half))
        };
        let is_inside = |mean: &Mean| !scale.is_beyond(mean.at.1);
        self.means.iter().any(|mean| seeds(mean) || is_inside(mean) && ends(mean))
    }

    /// Whether an arm with results can never be the best.
    pub fn has_hollow(&self) -> bool {
        let cells = &self.group.cells;
        cells.iter().any(|cell| !self.group.may_be_best(cell) && cell.done().next().is_some())
    }

    /// Whether no run of an arm reached its end.
    pub fn has_empty(&self) -> bool {
        self.empty().next().is_some()
    }

    fn empty(&self) -> impl Iterator<Item = &Cell> {
        self.group.cells.iter().filter(|cell| cell.done().next().is_none())
    }

    pub fn draw(
        &self,
        chart: &mut Chart,
        scale: &Scale,
        taken: &mut Taken,
        hints: &mut Hints,
    ) -> Result<()> {
        let inside = || self.means.iter().filter(|mean| !scale.is_beyond(mean.at.1));
        inside().try_for_each(|mean| mean.draw_interval(chart, self.look.colour, scale))?;
        for mean in &self.means {
            let (x, y) = mean.at;
            let shown = (x, y.clamp(scale.values.start, scale.values.end));
            hints.add(chart.backend_coord(&shown), self.hint(mean, scale.quantity));
        }
        self.draw_seeds(chart, scale)?;
        // A line to a mean beyond the axis would show a slope that nobody measured.
        for piece in self.means.split(|mean| scale.is_beyond(mean.at.1)) {
            self.look.draw_line(chart, &piece.iter().map(|mean| mean.at).collect::<Vec<_>>())?;
        }
        let radius = if self.means.len() > CROWD { 3 } else { 5 };
        let filled = self.look.colour.filled();
        self.look.draw_markers(chart, inside().map(|mean| mean.at), (radius, filled))?;
        let hollow = inside().filter(|mean| !self.group.may_be_best(mean.cell));
        self.look.draw_markers(chart, hollow.map(|mean| mean.at), (radius - 2, WHITE.filled()))?;
        self.draw_exceptions(chart, scale, taken)
    }

    fn draw_seeds(&self, chart: &mut Chart, scale: &Scale) -> Result<()> {
        let of_cell = |cell: &'a Cell| {
            let values = cell.done().filter_map(|run| scale.quantity.of(run));
            values.map(|value| (scale.x(cell), value))
        };
        let seeds = self.group.cells.iter().flat_map(of_cell);
        let seeds = seeds.filter(|(_, value)| !scale.is_beyond(*value));
        let radius = if self.group.cells.len() > CROWD { 2 } else { 3 };
        self.look.draw_markers(chart, seeds, (radius, self.look.colour.mix(0.4).filled()))
    }

    /// Means beyond the axis, arms without any, and the best.
    fn draw_exceptions(&self, chart: &mut Chart, scale: &Scale, taken: &mut Taken) -> Result<()> {
        for mean in self.means.iter().filter(|mean| scale.is_beyond(mean.at.1)) {
            self.look.draw_beyond(chart, mean.at, &scale.values, taken)?;
        }
        let empty = self.empty();
        let crosses = empty.map(|cell| (scale.x(cell), scale.values.start));
        let cross = |at| Cross::new(at, px(4), line(self.look.colour, 1.0, 2));
        chart.draw_series(crosses.map(cross))?;
        let best = self.group.best().filter(|_| scale.quantity != Quantity::Gap);
        let best = best.and_then(|best| Mean::of(best, scale));
        let best = best.filter(|best| !scale.is_beyond(best.at.1));
        let ring = |mean: Mean| Circle::new(mean.at, px(9), line(self.look.colour, 1.0, 2));
        chart.draw_series(best.map(ring))?;
        Ok(())
    }

    fn hint(&self, mean: &Mean, quantity: Quantity) -> String {
        let lambda = mean.cell.weight_decay.map_or_else(|| "0".to_owned(), format::exact);
        let (name, what) = (&self.name, words::quantity(quantity));
        format!("{name}, λ = {lambda}: {what} {}", format::fixed(mean.at.1, 4))
    }
}

impl<'a> Mean<'a> {
    fn of(cell: &'a Cell, scale: &Scale) -> Option<Self> {
        let estimate = cell.estimate(|run| scale.quantity.of(run))?;
        let at = (scale.x(cell), estimate.mean);
        Some(Mean { cell, at, half_width: estimate.half_width })
    }

    fn draw_interval(&self, chart: &mut Chart, colour: RGBColor, scale: &Scale) -> Result<()> {
        let ((x, y), Some(half)) = (self.at, self.half_width) else { return Ok(()) };
        let values = &scale.values;
        let ends = [y - half, y + half].map(|end| (x, end.clamp(values.start, values.end)));
        chart.draw_series(LineSeries::new(ends, line(colour, 0.6, 1)))?;
        Ok(())
    }
}
