//! A number at the last step against λ: a line per rule, a point per seed.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Chart, draw_floor};
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, decimals, draw_caption, draw_title,
    line, px, range_with_floor, text,
};
use super::data::Data;
use super::markers::Look;
use super::palette::{self, FAINT, INK};
use crate::report::{format, words};
use crate::results::RunRow;
use crate::stats::{Cell, Group, Quantity};

const SIZE: (u32, u32) = (880, 440);
const LEGEND_COLUMNS: usize = 4;
const LEGEND_LINE: u32 = 22;
/// Distance of the slot for λ = 0 from the smallest λ, in decades.
const ZERO_SLOT: f64 = 0.7;

/// Val loss or gap against λ.
pub struct AgainstLambda<'a> {
    quantity: Quantity,
    groups: Vec<&'a Group>,
    axis: Axis,
    values: Range<f64>,
    floor: Option<f64>,
    caption: &'a str,
}

/// log10 λ with a slot of its own for 0.
struct Axis {
    zero: f64,
    ticks: Vec<(f64, String)>,
    end: f64,
}

impl<'a> AgainstLambda<'a> {
    /// The figure of one quantity; `None` where no arm has a λ.
    ///
    /// # Errors
    /// Nothing finite to draw.
    pub fn new(data: &'a Data, quantity: Quantity) -> Result<Option<Self>> {
        let has_lambda = |group: &&Group| {
            group.cells.iter().any(|cell| cell.weight_decay.is_some_and(|value| value > 0.0))
        };
        let groups: Vec<&Group> = data.analysis.own_groups().filter(has_lambda).collect();
        if groups.is_empty() {
            return Ok(None);
        }
        let runs = || data.runs.iter().filter(|run| run.transfer.is_none());
        let values = runs().filter_map(|run| quantity.of(run));
        let floor = data.floor.filter(|_| quantity == Quantity::ValLoss);
        let values = range_with_floor(values, floor)?;
        let floor = floor.filter(|floor| values.contains(floor));
        let (axis, caption) = (Axis::of(runs()), &data.caption);
        Ok(Some(AgainstLambda { quantity, groups, axis, values, floor, caption }))
    }

    fn header(&self) -> u32 {
        TITLE + LEGEND_LINE * self.groups.len().div_ceil(LEGEND_COLUMNS) as u32
    }

    /// Title, how to read the figure, and a key above the chart, where it covers nothing.
    fn draw_header<DB: Backend>(&self, area: &Area<DB>) -> Result<()> {
        let (title, minima) = match self.quantity {
            Quantity::ValLoss => ("Val loss at the last step against λ", "; ring: lowest mean"),
            Quantity::Gap => ("Generalization gap at the last step against λ", ""),
        };
        let mut note = format!("small: seeds, large: their mean with its 95% interval{minima}");
        if self.floor.is_some() {
            note += "; grey line: the floor that no model can beat";
        }
        draw_title(area, title, &note)?;
        if let Some(note) = self.exceptions() {
            area.draw(&Text::new(note, (px(14), px(53)), text(12, INK)))?;
        }
        for (index, group) in self.groups.iter().enumerate() {
            let column = (index % LEGEND_COLUMNS) as u32 * (SIZE.0 / LEGEND_COLUMNS as u32);
            let row = TITLE + (index / LEGEND_COLUMNS) as u32 * LEGEND_LINE;
            let place = (px(14 + column), px(row + 6));
            look(group).draw_key(area, words::label(&group.rule), place)?;
        }
        Ok(())
    }

    /// What the markers mean of arms that cannot be the best; `None` where every arm can.
    fn exceptions(&self) -> Option<String> {
        let has = |is: &dyn Fn(&Group, &Cell) -> bool| {
            self.groups.iter().any(|group| group.cells.iter().any(|cell| is(group, cell)))
        };
        let hollow = has(&|group, cell| !group.may_be_best(cell) && cell.done().next().is_some())
            .then_some("hollow: a run did not reach its end or collapsed");
        let crosses =
            has(&|_, cell| cell.done().next().is_none()).then_some("×: no run reached its end");
        let notes: Vec<&str> = hollow.into_iter().chain(crosses).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    fn draw_group<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        group: &Group,
        hints: &mut Hints,
    ) -> Result<()> {
        let look = look(group);
        let at = |value: Option<f64>| self.axis.at(value.unwrap_or(0.0));
        let means: Vec<Mean> = group.cells.iter().filter_map(|cell| self.mean(cell)).collect();
        means.iter().try_for_each(|mean| mean.draw_interval(chart, look.colour))?;
        for mean in &means {
            hints.add(chart.backend_coord(&mean.at), self.hint(group, mean));
        }
        let seeds = group.cells.iter().flat_map(Cell::done);
        let seeds = seeds.filter_map(|run| Some((at(run.weight_decay), self.quantity.of(run)?)));
        look.draw_markers(chart, seeds, (3, look.colour.mix(0.4).filled()))?;
        let points: Vec<(f64, f64)> = means.iter().map(|mean| mean.at).collect();
        look.draw_line(chart, &points)?;
        look.draw_markers(chart, points, (5, look.colour.filled()))?;
        let hollow = means.iter().filter(|mean| !group.may_be_best(mean.cell));
        look.draw_markers(chart, hollow.map(|mean| mean.at), (3, WHITE.filled()))?;
        let empty = group.cells.iter().filter(|cell| cell.done().next().is_none());
        let crosses = empty.map(|cell| (at(cell.weight_decay), self.values.start));
        let cross = |at| Cross::new(at, px(4), line(look.colour, 1.0, 2));
        chart.draw_series(crosses.map(cross))?;
        let best = group.best().filter(|_| self.quantity == Quantity::ValLoss);
        let ring = |mean: Mean| Circle::new(mean.at, px(9), line(look.colour, 1.0, 2));
        chart.draw_series(best.and_then(|best| self.mean(best)).map(ring))?;
        Ok(())
    }

    fn mean<'c>(&self, cell: &'c Cell) -> Option<Mean<'c>> {
        let estimate = cell.estimate(|run| self.quantity.of(run))?;
        let at = (self.axis.at(cell.weight_decay.unwrap_or(0.0)), estimate.mean);
        Some(Mean { cell, at, half_width: estimate.half_width })
    }

    fn draw_ticks<DB: Backend>(&self, area: &Area<DB>, chart: &Chart<DB>) -> Result<()> {
        let (left, top) = area.get_base_pixel();
        for (value, label) in &self.axis.ticks {
            let (x, y) = chart.backend_coord(&(*value, self.values.start));
            let (x, y) = (x - left, y - top);
            area.draw(&PathElement::new([(x, y), (x, y + px(4))], line(INK, 1.0, 1)))?;
            area.draw(&Text::new(label.clone(), (x, y + px(7)), centred(12, INK)))?;
        }
        Ok(())
    }

    fn hint(&self, group: &Group, mean: &Mean) -> String {
        let lambda = mean.cell.weight_decay.unwrap_or(0.0);
        let (label, what) = (words::label(&group.rule), words::quantity(self.quantity));
        format!("{label}, λ = {lambda}: {what} {}", format::fixed(mean.at.1, 4))
    }
}

/// A cell as a point of the figure.
struct Mean<'a> {
    cell: &'a Cell,
    at: (f64, f64),
    half_width: Option<f64>,
}

impl Mean<'_> {
    fn draw_interval<DB: Backend>(&self, chart: &mut Chart<DB>, colour: RGBColor) -> Result<()> {
        let ((x, y), Some(half)) = (self.at, self.half_width) else { return Ok(()) };
        let ends = [(x, y - half), (x, y + half)];
        chart.draw_series(LineSeries::new(ends, line(colour, 0.6, 1)))?;
        Ok(())
    }
}

fn look(group: &Group) -> Look {
    Look { mask: group.rule.mask, colour: palette::form(group.rule.form) }
}

impl Figure for AgainstLambda<'_> {
    fn size(&self) -> (u32, u32) {
        (SIZE.0, SIZE.1 + self.header() + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (top, area) = area.split_vertically(px(self.header()));
        self.draw_header(&top)?;
        let across = self.axis.zero - 0.25..self.axis.end;
        let decimals = decimals(&self.values);
        let mut chart = ChartBuilder::on(&area)
            .margin(px(12))
            .x_label_area_size(px(46))
            .y_label_area_size(px(58))
            .build_cartesian_2d(across.clone(), self.values.clone())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .bold_line_style(line(FAINT, 0.7, 1))
            .light_line_style(WHITE)
            .axis_style(line(INK, 1.0, 1))
            .label_style(text(12, INK))
            .y_label_formatter(&|value| format::fixed(*value, decimals))
            .x_desc("weight decay λ (logarithmic, with a place for 0)")
            .y_desc(format!("{} (nats per token)", words::quantity(self.quantity)))
            .axis_desc_style(text(12, INK))
            .draw()?;
        self.draw_ticks(&area, &chart)?;
        draw_floor(&mut chart, &across, self.floor)?;
        self.groups.iter().try_for_each(|group| self.draw_group(&mut chart, group, hints))
    }
}

impl Axis {
    fn of<'a>(runs: impl Iterator<Item = &'a RunRow>) -> Self {
        let mut positive: Vec<f64> =
            runs.filter_map(|run| run.weight_decay).filter(|value| *value > 0.0).collect();
        positive.sort_by(f64::total_cmp);
        positive.dedup();
        let low = positive.first().map_or(0.0, |value| value.log10());
        let high = positive.last().map_or(0.0, |value| value.log10());
        let decades = (low.ceil() as i32)..=(high.floor() as i32);
        let tick = |power: i32| (f64::from(power), 10f64.powi(power).to_string());
        let mut ticks: Vec<(f64, String)> = decades.map(tick).collect();
        if ticks.len() < 2 {
            ticks = positive.iter().map(|value| (value.log10(), value.to_string())).collect();
        }
        let zero = low - ZERO_SLOT;
        ticks.push((zero, "0".to_owned()));
        Axis { zero, ticks, end: high + 0.25 }
    }

    fn at(&self, weight_decay: f64) -> f64 {
        if weight_decay > 0.0 { weight_decay.log10() } else { self.zero }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Form, Mask};
    use crate::report::figures::canvas;
    use crate::stats::Analysis;
    use crate::stats::tests::{experiment, row};

    fn svg(runs: Vec<RunRow>) -> String {
        let (analysis, curves) = (Analysis::of(&runs), BTreeMap::new());
        let data = Data { runs, analysis, curves, floor: None, caption: String::new() };
        let figure = AgainstLambda::new(&data, Quantity::ValLoss).unwrap().unwrap();
        canvas::svg(&figure).unwrap()
    }

    #[test]
    fn arms_with_runs_that_did_not_end_are_marked() {
        let whole = svg(experiment());
        assert!(!whole.contains("hollow:") && !whole.contains("×:"));
        let mut runs = experiment();
        runs.push(row(Form::AdamW, Mask::Matrices, 1.0, 3, f64::NAN));
        assert!(svg(runs.clone()).contains("hollow: a run did not reach its end"));
        runs.push(row(Form::AdamW, Mask::Matrices, 9.0, 0, f64::NAN));
        assert!(svg(runs).contains("×: no run reached its end"));
    }
}
