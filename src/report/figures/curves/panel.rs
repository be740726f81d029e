use std::ops::Range;
use std::sync::Arc;

use anyhow::Result;
use plotters::prelude::*;

use super::super::axes::Chart;
use super::super::canvas::{line, px};
use super::super::data::{Data, Series, lambdas};
use super::super::palette;
use super::super::room::spread;
use super::super::scale::{area, pieces};
use crate::record::CurveRow;
use crate::stats::{Cell, Group};

/// Lines of a panel, at most.
const MOST_LINES: usize = 40;

/// The curves of one rule.
pub struct Panel {
    pub title: String,
    pub curves: Vec<Curve>,
    /// λ that have no line.
    pub left_out: usize,
    pub steps: Range<f64>,
    pub values: Range<f64>,
}

/// The runs of one λ.
pub struct Curve {
    pub label: String,
    pub colour: RGBColor,
    /// Val loss of its arm at the last step.
    pub rank: f64,
    pub solid: Series,
    pub dashed: Series,
}

/// A number of an evaluation.
pub type Measure = Arc<dyn Fn(&CurveRow) -> Option<f64> + Send + Sync>;

impl Panel {
    pub fn new(
        data: &Data,
        group: &Group,
        title: String,
        solid: &Measure,
        dashed: Option<&Measure>,
    ) -> Self {
        let all = data.cells(group);
        let shown = lines_of(group, &all);
        let cells: Vec<&Cell> = shown.into_iter().map(|place| all[place]).collect();
        let last = (cells.len().max(2) - 1) as f64;
        let curve = |(place, (cell, label)): (usize, (&&Cell, String))| Curve {
            label,
            colour: palette::ramp(place as f64 / last),
            rank: cell.mean(|run| run.val_loss).unwrap_or(f64::INFINITY),
            solid: data.series(cell, |row| row.val_loss.and(solid(row))),
            dashed: dashed.map_or_else(Series::default, |dashed| data.series(cell, &**dashed)),
        };
        let curves = cells.iter().zip(lambdas(&cells)).enumerate().map(curve);
        let curves: Vec<Curve> = curves.filter(|curve| !curve.solid.0.is_empty()).collect();
        let left_out = all.len() - cells.len();
        Panel { title, curves, left_out, steps: 0.0..1.0, values: 0.0..1.0 }
    }
}

/// The places of the cells that have a line: the best, and of the others as many as can be told apart.
fn lines_of(group: &Group, cells: &[&Cell]) -> Vec<usize> {
    let best = group
        .best()
        .and_then(|best| cells.iter().position(|cell| cell.weight_decay == best.weight_decay));
    let mut places = spread(cells.len(), MOST_LINES);
    places.extend(best);
    places.sort_unstable();
    places.dedup();
    places
}

impl Curve {
    pub fn draw(&self, chart: &mut Chart, values: &Range<f64>) -> Result<()> {
        let band = area(self.solid.band(), values);
        chart.draw_series([Polygon::new(band, self.colour.mix(0.16).filled())])?;
        let (dash, space) = (px(4) as u32, px(3) as u32);
        for piece in pieces(self.dashed.means(), values) {
            let style = line(self.colour, 0.65, 1);
            chart.draw_series(DashedLineSeries::new(piece, dash, space, style))?;
        }
        for piece in pieces(self.solid.means(), values) {
            chart.draw_series(LineSeries::new(piece, line(self.colour, 1.0, 2)))?;
        }
        if let Some((step, value)) = self.hidden(values) {
            let inwards = if value >= values.end { px(8) } else { -px(8) };
            let edge = (step, value.clamp(values.start, values.end));
            let triangle = vec![(0, 0), (px(5), inwards), (-px(5), inwards)];
            let mark = EmptyElement::at(edge) + Polygon::new(triangle, self.colour.filled());
            chart.draw_series([mark])?;
        }
        Ok(())
    }

    /// The last point of a dashed line of which the axis shows nothing.
    pub fn hidden(&self, values: &Range<f64>) -> Option<(f64, f64)> {
        let is_shown = self.dashed.means().any(|(_, value)| values.contains(&value));
        self.dashed.means().last().filter(|_| !is_shown)
    }

    fn end(&self) -> (f64, f64) {
        self.solid.means().last().unwrap_or_default()
    }

    /// Where the curve ends, if that is beyond the panel's axis.
    pub fn arrow(&self, panel: &Panel) -> &'static str {
        match self.end().1 {
            end if end > panel.values.end => "↑ ",
            end if end < panel.values.start => "↓ ",
            _ => "",
        }
    }
}

/// Where each curve's label goes: beside its end, moved apart so that no two overlap and none
/// leaves the panel; `apart` is the least distance as a share of the axis.
pub fn label_places(curves: &[&Curve], values: &Range<f64>, apart: f64) -> Vec<(f64, f64)> {
    let ends: Vec<(f64, f64)> = curves.iter().map(|curve| curve.end()).collect();
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|a, b| ends[*a].1.total_cmp(&ends[*b].1));
    let apart = (values.end - values.start) * apart;
    let mut places = ends.clone();
    let mut lowest = values.start + apart / 2.0;
    for index in &order {
        lowest = ends[*index].1.max(lowest);
        places[*index] = (ends[*index].0 * 1.015, lowest);
        lowest += apart;
    }
    let mut highest = values.end - apart / 2.0;
    for index in order.iter().rev() {
        highest = places[*index].1.min(highest);
        places[*index].1 = highest;
        highest -= apart;
    }
    places
}
