//! A number at the last step against λ: a line per rule, a point per seed.

mod axis;

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, SCALE, TITLE, centred, draw_caption, draw_title, line,
    px, text,
};
use super::data::{Data, Rules};
use super::levels::Lines;
use super::markers::Look;
use super::palette::{FAINT, INK};
use super::room::{fit, thinned, width};
use super::scale::{Ruler, tick};
use crate::report::{format, words};
use crate::stats::{Cell, Group, Quantity};
pub use axis::Axis;

const SIZE: (u32, u32) = (880, 440);
/// Rules that are told apart, at most, columns of their names, and the room of a name's line.
const MOST_RULES: usize = 24;
const MOST_COLUMNS: u32 = 4;
const LEGEND_LINE: u32 = 22;
const KEY: u32 = 48;
/// From so many λ on markers are smaller.
const CROWD: usize = 60;
/// Numbers at the vertical axis, about.
const Y_LABELS: usize = 11;

/// Val loss or gap against λ.
pub struct AgainstLambda<'a> {
    quantity: Quantity,
    groups: Vec<&'a Group>,
    names: Vec<String>,
    looks: Vec<Look>,
    columns: u32,
    /// What is not shown.
    left_out: Option<String>,
    axis: Axis,
    values: Range<f64>,
    levels: Option<Lines>,
    caption: &'a str,
}

impl<'a> AgainstLambda<'a> {
    /// The figure of one quantity; `None` where no arm has a λ or no run reached its end.
    pub fn new(data: &'a Data, quantity: Quantity) -> Option<Self> {
        let has_lambda = |group: &&Group| {
            group.cells.iter().any(|cell| cell.weight_decay.is_some_and(|value| value > 0.0))
        };
        let all: Vec<&Group> = data.analysis.own_groups().filter(has_lambda).collect();
        let rules = Rules::of(all, MOST_RULES);
        let (groups, names, left_out) = (rules.shown.clone(), rules.names(), rules.left_out());
        let runs = || groups.iter().flat_map(|group| &group.cells).flat_map(|cell| &cell.runs);
        let values = runs().filter(|run| run.is_done()).filter_map(|run| quantity.of(run));
        let (values, levels) = ruled(data, quantity, &groups, values)?;
        let looks = groups.iter().map(|group| Look::of(&group.rule, groups.iter().copied()));
        let looks = looks.collect();
        let widest = names.iter().map(|name| width(name, 12)).fold(0.0, f64::max);
        let columns = (SIZE.0 / (KEY + widest as u32)).clamp(1, MOST_COLUMNS);
        let (axis, caption) = (Axis::of(runs()), &data.caption);
        Some(AgainstLambda {
            quantity,
            groups,
            names,
            looks,
            columns,
            left_out,
            axis,
            values,
            levels,
            caption,
        })
    }

    fn header(&self) -> u32 {
        TITLE + LEGEND_LINE * (self.groups.len() as u32).div_ceil(self.columns)
    }

    /// Title, how to read the figure, and a key above the chart, where it covers nothing.
    fn draw_header<DB: Backend>(&self, area: &Area<DB>) -> Result<()> {
        let title = words::last_step_title(self.quantity);
        let minima = match self.quantity {
            Quantity::Gap => "",
            _ => "; ring: lowest mean val loss",
        };
        let mut notes =
            vec![format!("small: seeds, large: their mean with its 95% interval{minima}")];
        notes.extend(self.levels.iter().flat_map(Lines::notes));
        notes.extend(self.exceptions().into_iter().map(str::to_owned));
        notes.extend(self.left_out.clone());
        draw_title(area, &title, &notes)?;
        let wide = SIZE.0 / self.columns;
        for (index, (look, name)) in self.looks.iter().zip(&self.names).enumerate() {
            let (column, row) = (index as u32 % self.columns, index as u32 / self.columns);
            let place = (px(14 + column * wide), px(TITLE + row * LEGEND_LINE + 6));
            look.draw_key(area, fit(name, 12, f64::from(wide - KEY)), place)?;
        }
        Ok(())
    }

    /// What the markers mean of arms that are beyond the axis or cannot be the best.
    fn exceptions(&self) -> Vec<&'static str> {
        let has = |is: &dyn Fn(&Group, &Cell) -> bool| {
            self.groups.iter().any(|group| group.cells.iter().any(|cell| is(group, cell)))
        };
        let beyond = has(&|_, cell| self.mean(cell).is_some_and(|mean| self.is_beyond(&mean)))
            .then_some("triangle at the edge: beyond the axis");
        let hollow = has(&|group, cell| !group.may_be_best(cell) && cell.done().next().is_some())
            .then_some("hollow: a run did not reach its end or collapsed");
        let crosses =
            has(&|_, cell| cell.done().next().is_none()).then_some("×: no run reached its end");
        beyond.into_iter().chain(hollow).chain(crosses).collect()
    }

    fn is_beyond(&self, mean: &Mean) -> bool {
        !self.values.contains(&mean.at.1)
    }

    fn draw_group<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        place: usize,
        hints: &mut Hints,
    ) -> Result<()> {
        let (group, look) = (self.groups[place], self.looks[place]);
        let at = |value: Option<f64>| self.axis.at(value.unwrap_or(0.0));
        let means: Vec<Mean> = group.cells.iter().filter_map(|cell| self.mean(cell)).collect();
        let (beyond, inside): (Vec<Mean>, Vec<Mean>) =
            means.iter().partition(|mean| self.is_beyond(mean));
        inside.iter().try_for_each(|mean| mean.draw_interval(chart, look.colour, &self.values))?;
        for mean in &means {
            hints.add(chart.backend_coord(&self.shown(mean)), self.hint(place, mean));
        }
        let seeds = group.cells.iter().flat_map(Cell::done);
        let seeds = seeds.filter_map(|run| Some((at(run.weight_decay), self.quantity.of(run)?)));
        let seeds = seeds.filter(|(_, value)| self.values.contains(value));
        let small = if group.cells.len() > CROWD { 2 } else { 3 };
        look.draw_markers(chart, seeds, (small, look.colour.mix(0.4).filled()))?;
        // A line to a mean beyond the axis would show a slope that nobody measured.
        for piece in means.split(|mean| self.is_beyond(mean)) {
            look.draw_line(chart, &piece.iter().map(|mean| mean.at).collect::<Vec<_>>())?;
        }
        let points = inside.iter().map(|mean| mean.at);
        let radius = if means.len() > CROWD { 3 } else { 5 };
        look.draw_markers(chart, points, (radius, look.colour.filled()))?;
        let hollow = inside.iter().filter(|mean| !group.may_be_best(mean.cell));
        look.draw_markers(chart, hollow.map(|mean| mean.at), (radius - 2, WHITE.filled()))?;
        for mean in &beyond {
            look.draw_beyond(chart, mean.at, &self.values)?;
        }
        let empty = group.cells.iter().filter(|cell| cell.done().next().is_none());
        let crosses = empty.map(|cell| (at(cell.weight_decay), self.values.start));
        let cross = |at| Cross::new(at, px(4), line(look.colour, 1.0, 2));
        chart.draw_series(crosses.map(cross))?;
        let best = group.best().filter(|_| self.quantity != Quantity::Gap);
        let best = best.and_then(|best| self.mean(best)).filter(|best| !self.is_beyond(best));
        let ring = |mean: Mean| Circle::new(mean.at, px(9), line(look.colour, 1.0, 2));
        chart.draw_series(best.map(ring))?;
        Ok(())
    }

    /// Where a mean is drawn: at the edge, if it lies beyond.
    fn shown(&self, mean: &Mean) -> (f64, f64) {
        (mean.at.0, mean.at.1.clamp(self.values.start, self.values.end))
    }

    fn mean<'c>(&self, cell: &'c Cell) -> Option<Mean<'c>> {
        let estimate = cell.estimate(|run| self.quantity.of(run))?;
        let at = (self.axis.at(cell.weight_decay.unwrap_or(0.0)), estimate.mean);
        Some(Mean { cell, at, half_width: estimate.half_width })
    }

    fn draw_ticks<DB: Backend>(&self, area: &Area<DB>, chart: &Chart<DB>) -> Result<()> {
        let (left, top) = area.get_base_pixel();
        let place = |value: f64| {
            let (x, y) = chart.backend_coord(&(value, self.values.start));
            (x - left, y - top)
        };
        let room = |(value, label): &(f64, String)| {
            (f64::from(place(*value).0) / f64::from(SCALE), width(label, 12))
        };
        let shown = thinned(&self.axis.ticks.iter().map(room).collect::<Vec<_>>(), 8.0);
        for (value, label) in shown.into_iter().map(|index| &self.axis.ticks[index]) {
            let (x, y) = place(*value);
            area.draw(&PathElement::new([(x, y), (x, y + px(4))], line(INK, 1.0, 1)))?;
            area.draw(&Text::new(label.clone(), (x, y + px(7)), centred(12, INK)))?;
        }
        Ok(())
    }

    fn hint(&self, place: usize, mean: &Mean) -> String {
        let lambda = mean.cell.weight_decay.map_or_else(|| "0".to_owned(), format::exact);
        let (label, what) = (&self.names[place], words::quantity(self.quantity));
        format!("{label}, λ = {lambda}: {what} {}", format::fixed(mean.at.1, 4))
    }
}

/// The axis as the arms that matter rule it, and the levels of a loss.
fn ruled(
    data: &Data,
    quantity: Quantity,
    groups: &[&Group],
    values: impl Iterator<Item = f64> + Clone,
) -> Option<(Range<f64>, Option<Lines>)> {
    let mean = |cell: &Cell| cell.mean(|run| quantity.of(run));
    let means = groups.iter().flat_map(|group| &group.cells).filter_map(mean);
    let none = groups.iter().filter_map(|group| mean(group.baseline.as_ref()?));
    let none = none.filter(|mean| mean.abs() <= 4.0 * data.reach());
    let seeds = data.analysis.baseline.and_then(|baseline| baseline.sd).unwrap_or(0.0);
    let ruler = Ruler::of_arms(means, none, seeds)?;
    if quantity == Quantity::Gap {
        return Some((ruler.range(values)?, None));
    }
    let (range, levels) = Lines::with_range(data, ruler, values)?;
    Some((range, Some(levels)))
}

/// A cell as a point of the figure.
#[derive(Clone, Copy)]
struct Mean<'a> {
    cell: &'a Cell,
    at: (f64, f64),
    half_width: Option<f64>,
}

impl Mean<'_> {
    fn draw_interval<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        colour: RGBColor,
        values: &Range<f64>,
    ) -> Result<()> {
        let ((x, y), Some(half)) = (self.at, self.half_width) else { return Ok(()) };
        let ends = [y - half, y + half].map(|end| (x, end.clamp(values.start, values.end)));
        chart.draw_series(LineSeries::new(ends, line(colour, 0.6, 1)))?;
        Ok(())
    }
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
        let across = self.axis.start()..self.axis.end;
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
            .y_labels(Y_LABELS)
            .y_label_formatter(&|value| tick(*value, &self.values, Y_LABELS))
            .x_desc("weight decay λ (logarithmic, with a place for 0)")
            .y_desc(format!("{} (nats per token)", words::quantity(self.quantity)))
            .axis_desc_style(text(12, INK))
            .draw()?;
        self.draw_ticks(&area, &chart)?;
        if let Some(levels) = &self.levels {
            levels.draw(&mut chart, &across)?;
        }
        (0..self.groups.len()).try_for_each(|place| self.draw_group(&mut chart, place, hints))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Form, Mask};
    use crate::report::figures::canvas;
    use crate::results::RunRow;
    use crate::stats::Analysis;
    use crate::stats::tests::{experiment, row};

    fn svg(runs: Vec<RunRow>) -> String {
        let (analysis, curves) = (Analysis::of(&runs), BTreeMap::new());
        let data = Data { runs, analysis, curves, floor: None, caption: String::new() };
        let figure = AgainstLambda::new(&data, Quantity::ValLoss).unwrap();
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
