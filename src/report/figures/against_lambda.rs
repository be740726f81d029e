//! A number at the last step against λ: a line per rule, a point per seed.

mod line;

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{self, Area, Hints, px, text};
use super::data::{Data, Rules};
use super::drawn::Figure;
use super::lambda_axis::{Edge, LambdaAxis, draw_ticks};
use super::lettering::Lettering;
use super::levels::Lines;
use super::markers::Taken;
use super::palette::{FAINT, INK};
use super::regret::Regret;
use super::room::{fit_name, width};
use super::scale::{Ruler, tick};
use crate::config::Form;
use crate::plural::counted;
use crate::report::words;
use crate::stats::{Cell, Group, Quantity};
use line::Line;

const SIZE: (u32, u32) = (880, 440);
/// Rules that are told apart, at most, columns of their names, and the room of a name's line.
const MOST_RULES: usize = 24;
const MOST_COLUMNS: u32 = 4;
/// Of more rules long names are shortened: one a line, they would take more room than the chart.
const MOST_LINES: usize = 6;
const LEGEND_LINE: u32 = 22;
const KEY: u32 = 48;
/// So few arms have no half that rules the axis.
const FEW: usize = 2;
/// Numbers at the vertical axis, about.
const Y_LABELS: usize = 11;

/// What is different about the points of a search.
const SEARCHED: &str = "what the search tried, each λ on the seeds that it was worth";

/// Arms are chosen on val, whatever is drawn.
const HOLLOW: &str = "hollow: never the best, as a run did not reach its end or collapsed on val";

/// Val loss or gap against λ.
pub struct AgainstLambda<'a> {
    lettering: Lettering,
    lines: Vec<Line<'a>>,
    scale: Scale,
    levels: Option<Lines>,
}

/// What is shown of every arm, and the axes.
struct Scale {
    quantity: Quantity,
    axis: LambdaAxis,
    values: Range<f64>,
}

impl<'a> AgainstLambda<'a> {
    /// The figure of one quantity; `None` where no arm has a λ or no run reached its end.
    pub fn new(data: &'a Data, quantity: Quantity) -> Option<Self> {
        let has_lambda = |group: &&Group| {
            group.cells.iter().any(|cell| cell.weight_decay.is_some_and(|value| value > 0.0))
        };
        let is_none = |group: &&Group| group.rule.form == Form::None;
        let all = data.tried().into_iter();
        let (all, others): (Vec<&Group>, Vec<&Group>) =
            all.partition(|one| has_lambda(one) || is_none(one));
        if !all.iter().any(has_lambda) {
            return None;
        }
        let rules = Rules::of(all, MOST_RULES);
        let runs = || rules.shown.iter().flat_map(|one| &one.cells).flat_map(|cell| &cell.runs);
        let values = runs().filter(|run| run.is_done()).filter_map(|run| quantity.of(run));
        let (values, levels) = ruled(data, quantity, &rules.shown, values)?;
        let scale = Scale {
            quantity,
            axis: LambdaAxis::of(runs().map(|run| run.weight_decay.unwrap_or(0.0))),
            values,
        };
        let lines = Line::of_rules(&rules, &scale);
        let mut notes = vec![reading(quantity)];
        notes.extend(data.found.as_ref().map(|_| searched(data)));
        notes.extend(levels.iter().flat_map(Lines::notes));
        notes.extend(exceptions(&lines, &scale).into_iter().map(str::to_owned));
        notes.extend(rules.left_out().into_iter().chain(without_lambda(&others)));
        let title = words::last_step_title(quantity);
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        Some(AgainstLambda { lettering, lines, scale, levels })
    }

    fn columns(&self) -> u32 {
        let widest = self.lines.iter().map(|one| width(&one.name, 12)).fold(0.0, f64::max);
        let fewest = if self.lines.len() > MOST_LINES && self.are_apart(2) { 2 } else { 1 };
        (SIZE.0 / (KEY + widest as u32)).clamp(fewest, MOST_COLUMNS)
    }

    /// Whether no two names read the same in so many columns.
    fn are_apart(&self, columns: u32) -> bool {
        let room = f64::from(SIZE.0 / columns - KEY);
        let names: BTreeSet<String> =
            self.lines.iter().map(|one| fit_name(&one.name, 12, room)).collect();
        names.len() == self.lines.len()
    }

    fn legend(&self) -> u32 {
        LEGEND_LINE * (self.lines.len() as u32).div_ceil(self.columns())
    }

    /// Above the chart, where it covers nothing.
    fn draw_legend(&self, area: &Area) -> Result<()> {
        let columns = self.columns();
        let wide = SIZE.0 / columns;
        for (index, one) in self.lines.iter().enumerate() {
            let (column, row) = (index as u32 % columns, index as u32 / columns);
            let place = (px(14 + column * wide), px(row * LEGEND_LINE + 10));
            one.look.draw_key(area, fit_name(&one.name, 12, f64::from(wide - KEY)), place)?;
        }
        Ok(())
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
    let means: Vec<f64> = groups.iter().flat_map(|group| &group.cells).filter_map(mean).collect();
    let none = groups.iter().filter_map(|group| mean(group.baseline.as_ref()?));
    let few = means.iter().copied().filter(|_| means.len() <= FEW);
    let furthest = 4.0 * data.reach();
    let seen = none.chain(few).filter(|mean| mean.abs() <= furthest);
    let undecayed = data.analysis.baseline.and_then(|baseline| baseline.sd);
    let seeds = undecayed.unwrap_or_else(|| spread_of_half(quantity, groups));
    let values = values.chain(means.iter().copied());
    if quantity == Quantity::Gap {
        // The lowest gap is not the best.
        let ruler = Ruler::of_bulk(means.iter().copied(), seen, seeds)?;
        return Some((ruler.range(values)?, None));
    }
    let ruler = Ruler::of_arms(means.iter().copied(), seen, seeds)?;
    let (range, levels) = Lines::with_range(data, ruler, values)?;
    Some((range, Some(levels)))
}

/// How far apart the seeds of half of the arms lie, at most, as their standard deviation.
fn spread_of_half(quantity: Quantity, groups: &[&Group]) -> f64 {
    let sd = |cell: &Cell| cell.estimate(|run| quantity.of(run))?.sd;
    let mut all: Vec<f64> = groups.iter().flat_map(|group| &group.cells).filter_map(sd).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// Rules that have no place across.
fn without_lambda(others: &[&Group]) -> Option<String> {
    let count = others.len();
    (count > 0).then(|| format!("{} without a λ above 0: not drawn", counted(count, "rule")))
}

/// Points the reader to `regret`, which there is where λ was searched alone.
fn searched(data: &Data) -> String {
    let compared = if Regret::holds_every_rule(data) { ": compare in `regret`" } else { "" };
    format!("{SEARCHED}{compared}")
}

fn reading(quantity: Quantity) -> String {
    let minima = match quantity {
        Quantity::Gap => "",
        _ => "; ring: lowest mean val loss",
    };
    format!("small: seeds, large: their mean with its 95% interval{minima}")
}

/// What the markers mean of arms that are beyond the axis or cannot be the best.
fn exceptions(lines: &[Line], scale: &Scale) -> Vec<&'static str> {
    let told = [
        (lines.iter().any(|one| one.goes_beyond(scale)), "triangle at the edge: beyond the axis"),
        (lines.iter().any(|one| one.is_cut(scale)), "seeds and intervals end at the axis's edge"),
        (lines.iter().any(Line::has_hollow), HOLLOW),
        (lines.iter().any(Line::has_empty), "×: no run reached its end"),
    ];
    told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).collect()
}

impl Scale {
    fn draw_mesh(&self, chart: &mut Chart) -> Result<()> {
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .bold_line_style(canvas::line(FAINT, 0.7, 1))
            .light_line_style(WHITE)
            .axis_style(canvas::line(INK, 1.0, 1))
            .label_style(text(12, INK))
            .y_labels(Y_LABELS)
            .y_label_formatter(&|value| tick(*value, &self.values, Y_LABELS))
            .x_desc("weight decay λ (logarithmic, with a place for 0)")
            .y_desc(format!("{} (nats per token)", words::quantity(self.quantity)))
            .axis_desc_style(text(12, INK))
            .draw()?;
        Ok(())
    }

    /// Where an arm is across.
    fn x(&self, cell: &Cell) -> f64 {
        self.axis.at(cell.weight_decay.unwrap_or(0.0))
    }

    fn is_beyond(&self, value: f64) -> bool {
        !self.values.contains(&value)
    }
}

impl Figure for AgainstLambda<'_> {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        (SIZE.0, SIZE.1 + self.legend())
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        let (legend, area) = body.split_vertically(px(self.legend()));
        self.draw_legend(&legend)?;
        let Scale { axis, values, .. } = &self.scale;
        let across = axis.start()..axis.end;
        let mut chart = ChartBuilder::on(&area)
            .margin(px(12))
            .x_label_area_size(px(46))
            .y_label_area_size(px(58))
            .build_cartesian_2d(across.clone(), values.clone())?;
        self.scale.draw_mesh(&mut chart)?;
        draw_ticks(&area, &chart, &axis.ticks, (Edge::Below(values.start), 12))?;
        if let Some(levels) = &self.levels {
            levels.draw(&mut chart, &across)?;
        }
        let mut taken = Taken::default();
        let mut draw = |one: &Line| one.draw(&mut chart, &self.scale, &mut taken, hints);
        self.lines.iter().try_for_each(&mut draw)
    }
}

#[cfg(test)]
mod tests;
