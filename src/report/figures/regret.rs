//! What every λ costs against the best of its rule: a panel per form, with what does not matter as a band.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::against_lambda::Axis;
use super::axes::Chart;
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, draw_caption, draw_title, left, line,
    px, text,
};
use super::data::Data;
use super::markers::Look;
use super::palette::{FAINT, INK};
use super::room::{fit, thinned, width};
use super::scale::{Ruler, tick};
use crate::config::Form;
use crate::report::{format, words};
use crate::stats::{Cell, Contender, Estimate, Point, Rule};

const PANEL: (u32, u32) = (440, 380);
/// Room above a chart for Λ, and below for λ.
const ABOVE: u32 = 58;
const MARGIN: u32 = 10;
/// Rules of a panel, and a rule's line in its key.
const MOST_RULES: usize = 4;
const KEY_LINE: u32 = 18;
const Y_LABELS: usize = 7;

/// A panel per form, a line per rule.
pub struct Regret<'a> {
    title: String,
    panels: Vec<Panel>,
    notes: Vec<String>,
    values: Range<f64>,
    epsilon: Option<f64>,
    key: u32,
    caption: &'a str,
}

struct Panel {
    form: Form,
    axis: Axis,
    /// λ with the Λ that it stands for, where the form has one.
    totals: Vec<(f64, f64)>,
    lines: Vec<Line>,
}

/// A rule at every λ.
struct Line {
    name: String,
    look: Look,
    /// λ and regret.
    points: Vec<(f64, Estimate)>,
    best: f64,
    within: Option<[f64; 2]>,
}

impl<'a> Regret<'a> {
    /// The figure; `None` where no rule was tried at several λ.
    pub fn new(data: &'a Data) -> Option<Self> {
        let (loss, epsilon) = (data.analysis.loss, data.analysis.epsilon.map(|one| one.value));
        let mut panels: Vec<Panel> = Vec::new();
        let mut left_out = 0;
        for contender in &data.analysis.contenders {
            let Some(line) = Line::of(data, contender) else { continue };
            let form = contender.rule.form;
            let known = panels.iter().position(|panel| panel.form == form);
            let place = known.unwrap_or_else(|| {
                panels.push(Panel::new(data, form));
                panels.len() - 1
            });
            match panels[place].lines.len() < MOST_RULES {
                true => panels[place].lines.push(line),
                false => left_out += 1,
            }
        }
        let points = || panels.iter().flat_map(|panel| &panel.lines).flat_map(|line| &line.points);
        let means = || points().map(|(_, regret)| regret.mean);
        let seen = epsilon.map(|epsilon| 2.0 * epsilon);
        let ruler = Ruler::of_arms(means(), seen.into_iter(), 0.0)?;
        let range = ruler.range(means().chain(seen).chain([0.0]))?;
        let sd = data.analysis.baseline.and_then(|one| one.half_width).unwrap_or(0.0);
        let start = (-sd).clamp(-0.3 * range.end, 0.0).min(range.start);
        let values = start..range.end;
        let mut notes =
            vec!["mean over seeds with its 95% interval; ring: best by val loss".to_owned()];
        notes.extend(epsilon.map(|one| {
            format!("grey: within ε = {} of {}", format::three_digits(one), words::quantity(loss))
        }));
        if means().any(|mean| !values.contains(&mean)) {
            notes.push("triangle: beyond the axis".to_owned());
        }
        notes.push("bar at the bottom: λ within ε".to_owned());
        if left_out > 0 {
            notes.push(format!("… {left_out} more rules in summary.csv"));
        }
        let most = panels.iter().map(|panel| panel.lines.len()).max().unwrap_or(0) as u32;
        let (title, caption) = (words::regret_title(&data.analysis), &data.caption);
        Some(Regret { title, panels, notes, values, epsilon, key: most * KEY_LINE, caption })
    }

    fn columns(&self) -> usize {
        self.panels.len().clamp(1, 2)
    }

    fn panel_height(&self) -> u32 {
        PANEL.1 + self.key
    }

    fn draw_panel<DB: Backend>(
        &self,
        area: &Area<DB>,
        panel: &Panel,
        hints: &mut Hints,
    ) -> Result<()> {
        let (header, area) = area.split_vertically(px(24 + self.key));
        header.draw(&Text::new(panel.form.title(), (px(14), px(12)), left(14, INK)))?;
        for (place, line) in panel.lines.iter().enumerate() {
            let at = (px(14), px(32 + KEY_LINE * place as u32));
            line.look.draw_key(&header, fit(&line.name, 12, f64::from(PANEL.0 - 70)), at)?;
        }
        let across = panel.axis.start()..panel.axis.end;
        let values = &self.values;
        let mut chart = ChartBuilder::on(&area)
            .margin(px(MARGIN))
            .margin_top(px(ABOVE - MARGIN))
            .x_label_area_size(px(42))
            .y_label_area_size(px(54))
            .build_cartesian_2d(across.clone(), values.clone())?;
        if let Some(epsilon) = self.epsilon {
            let band = [(across.start, values.start), (across.end, epsilon.min(values.end))];
            chart.draw_series([Rectangle::new(band, INK.mix(0.09).filled())])?;
        }
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .bold_line_style(line(FAINT, 0.7, 1))
            .light_line_style(WHITE.mix(0.0))
            .axis_style(line(INK, 1.0, 1))
            .label_style(text(11, INK))
            .y_labels(Y_LABELS)
            .y_label_formatter(&|value| tick(*value, values, Y_LABELS))
            .x_desc("weight decay λ")
            .y_desc("nats per token above the best")
            .axis_desc_style(text(11, INK))
            .draw()?;
        panel.draw_ticks(&area, &chart, values)?;
        for (place, line) in panel.lines.iter().enumerate() {
            line.draw(&mut chart, &panel.axis, values, place)?;
            for (lambda, regret) in &line.points {
                let shown = regret.mean.clamp(values.start, values.end);
                let hint = format!(
                    "{}, λ = {}: {}",
                    line.name,
                    format::exact(*lambda),
                    format::difference(Some(*regret), 4)
                );
                hints.add(chart.backend_coord(&(panel.axis.at(*lambda), shown)), hint);
            }
        }
        Ok(())
    }
}

impl Panel {
    fn new(data: &Data, form: Form) -> Self {
        let own = || data.runs.iter().filter(|run| run.form == form && run.transfer.is_none());
        let mut totals: Vec<(f64, f64)> = own()
            .filter_map(|run| Some((run.weight_decay?, run.total_decay?)))
            .filter(|(lambda, total)| *lambda > 0.0 && *total > 0.0)
            .collect();
        totals.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
        // λ at several learning rates or horizons stand for several Λ: then there is no one axis of it.
        let is_one = totals.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1);
        totals.dedup();
        totals.retain(|_| is_one);
        Panel { form, axis: Axis::of(own()), totals, lines: Vec::new() }
    }

    /// λ below the chart, Λ above it.
    fn draw_ticks<DB: Backend>(
        &self,
        area: &Area<DB>,
        chart: &Chart<DB>,
        values: &Range<f64>,
    ) -> Result<()> {
        let (base_x, base_y) = area.get_base_pixel();
        let at = |x: f64, y: f64| {
            let place = chart.backend_coord(&(x, y));
            (place.0 - base_x, place.1 - base_y)
        };
        let totals = self.totals.iter().map(|(lambda, total)| {
            let digits = format!("{total:.1e}").parse().unwrap_or(*total);
            (self.axis.at(*lambda), format::number(digits))
        });
        let totals: Vec<(f64, String)> = totals.collect();
        for (ticks, edge, away) in [(&self.axis.ticks, values.start, 1), (&totals, values.end, -1)]
        {
            let room = |(value, label): &(f64, String)| {
                (f64::from(at(*value, edge).0) / f64::from(super::canvas::SCALE), width(label, 11))
            };
            let shown = thinned(&ticks.iter().map(room).collect::<Vec<_>>(), 8.0);
            for (value, label) in shown.into_iter().map(|index| &ticks[index]) {
                let (x, y) = at(*value, edge);
                let mark = [(x, y), (x, y + away * px(4))];
                area.draw(&PathElement::new(mark, line(INK, 1.0, 1)))?;
                let top = if away > 0 { y + px(6) } else { y - px(17) };
                area.draw(&Text::new(label.clone(), (x, top), centred(11, INK)))?;
            }
        }
        let (middle, top) = at((self.axis.start() + self.axis.end) / 2.0, values.end);
        let what = match totals.is_empty() {
            true => "",
            false => "total decay Λ",
        };
        if !what.is_empty() {
            area.draw(&Text::new(what, (middle, top - px(34)), centred(11, INK)))?;
            let ends = [at(self.axis.start(), values.end), at(self.axis.end, values.end)];
            area.draw(&PathElement::new(ends, line(INK, 1.0, 1)))?;
        }
        Ok(())
    }
}

impl Line {
    /// `None` where the rule was tried at one λ.
    fn of(data: &Data, contender: &Contender) -> Option<Self> {
        let loss = data.analysis.loss;
        let best = contender.best()?;
        let none = contender.best_without_decay().into_iter();
        let all = lowest_by_lambda(&contender.points).into_iter().chain(none);
        let mut points: Vec<(f64, Estimate)> = all
            .filter_map(|point| Some((point.side.weight_decay?, contender.regret(point, loss)?)))
            .filter(|(_, regret)| regret.mean.is_finite())
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rules: Vec<&Rule> = data.analysis.contenders.iter().map(|one| &one.rule).collect();
        let place = rules.iter().position(|rule| **rule == contender.rule)?;
        let within = contender.within(data.analysis.epsilon.map(|one| one.value), loss);
        (points.len() > 1).then_some(Line {
            name: words::labels(&rules).swap_remove(place),
            look: Look::of(&contender.rule, &data.analysis.groups),
            points,
            best: best.side.weight_decay?,
            within,
        })
    }

    fn draw<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        axis: &Axis,
        values: &Range<f64>,
        place: usize,
    ) -> Result<()> {
        let at = |(lambda, regret): &(f64, Estimate)| (axis.at(*lambda), regret.mean);
        let is_beyond = |point: &(f64, Estimate)| !values.contains(&point.1.mean);
        for (lambda, regret) in self.points.iter().filter(|point| !is_beyond(point)) {
            let half = regret.half_width.unwrap_or(0.0);
            let ends = [regret.mean - half, regret.mean + half];
            let ends = ends.map(|end| (axis.at(*lambda), end.clamp(values.start, values.end)));
            chart.draw_series(LineSeries::new(ends, line(self.look.colour, 0.6, 1)))?;
        }
        for piece in self.points.split(is_beyond) {
            self.look.draw_line(chart, &piece.iter().map(at).collect::<Vec<_>>())?;
        }
        let inside = self.points.iter().filter(|point| !is_beyond(point)).map(at);
        self.look.draw_markers(chart, inside, (5, self.look.colour.filled()))?;
        for point in self.points.iter().filter(|point| is_beyond(point)) {
            self.look.draw_beyond(chart, at(point), values)?;
        }
        let best = self.points.iter().find(|point| point.0 == self.best).map(at);
        let ring = |at| Circle::new(at, px(9), line(self.look.colour, 1.0, 2));
        chart.draw_series(best.map(ring))?;
        if let Some([low, high]) = self.within {
            let height = (values.end - values.start) * (0.015 + 0.02 * place as f64);
            let ends = [low, high].map(|lambda| (axis.at(lambda), values.start + height));
            chart.draw_series(LineSeries::new(ends, line(self.look.colour, 1.0, 4)))?;
        }
        Ok(())
    }
}

/// Of the points at each λ the one with the lowest val loss: a rule may tune more than λ.
fn lowest_by_lambda(points: &[Point]) -> Vec<&Point> {
    let loss = |cell: &Cell| cell.mean(|run| run.val_loss).unwrap_or(f64::INFINITY);
    let mut lowest: Vec<&Point> = Vec::new();
    for point in points.iter().filter(|point| point.is_eligible) {
        let lambda = point.side.weight_decay;
        match lowest.iter_mut().find(|known| known.side.weight_decay == lambda) {
            Some(known) if loss(&point.cell) < loss(&known.cell) => *known = point,
            Some(_) => {}
            None => lowest.push(point),
        }
    }
    lowest
}

impl Figure for Regret<'_> {
    fn size(&self) -> (u32, u32) {
        let lines = self.panels.len().div_ceil(self.columns()) as u32;
        let width = (PANEL.0 * self.columns() as u32).max(880);
        (width, self.panel_height() * lines + TITLE + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        draw_title(&header, &self.title, &self.notes)?;
        let lines = self.panels.len().div_ceil(self.columns());
        for (panel, area) in self.panels.iter().zip(body.split_evenly((lines, self.columns()))) {
            self.draw_panel(&area, panel, hints)?;
        }
        Ok(())
    }
}
