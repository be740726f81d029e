//! Small multiples over training: one panel per rule, one line per λ.

mod panel;
mod subject;

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Frame, STEPS, add_hints};
use super::canvas::{Area, Hints, left};
use super::data::{Data, Point, Rules, UNTREATED};
use super::drawn::Figure;
use super::grid::Grid;
use super::lettering::Lettering;
use super::levels::Lines;
use super::room::{spread, width};
use super::scale::Ruler;
use crate::config::Role;
use panel::{Curve, Measure, Panel, label_places};
use subject::{Subject, by_role};

/// Pixels of a line's label and of its letters, and of a panel around its chart.
const LABEL: f64 = 14.0;
const LETTERS: u32 = 11;
const ABOVE_AND_BELOW: u32 = 80;
const BESIDE: f64 = 76.0;
/// Panels of a figure, at most.
const MOST_PANELS: usize = 24;
const MOST_NORMS: usize = 60;
const PANEL: (u32, u32) = (440, 330);
const NORM_PANEL: (u32, u32) = (300, 220);
/// The steep start of a run, as a share of its steps: it does not rule the axis.
const SETTLED: f64 = 0.15;

/// A panel per rule (and role), a line per λ.
pub struct Curves {
    lettering: Lettering,
    axis: &'static str,
    panels: Vec<Panel>,
    grid: Grid,
    levels: Option<Lines>,
}

impl Curves {
    /// Train loss dashed, val loss solid; `None` where no run has a curve.
    pub fn loss(data: &Data) -> Option<Self> {
        Curves::of_rules(data, Subject::loss(data))
    }

    /// Val − train loss.
    pub fn gap(data: &Data) -> Option<Self> {
        Curves::of_rules(data, Subject::gap())
    }

    /// Gradient norm over weight norm.
    pub fn gradient_ratio(data: &Data) -> Option<Self> {
        Curves::of_rules(data, Subject::gradient_ratio())
    }

    fn of_rules(data: &Data, subject: Subject) -> Option<Self> {
        let rules = data.rules(MOST_PANELS);
        let panels = rules.shown.iter().zip(rules.names());
        let mut panels: Vec<Panel> = panels
            .map(|(group, name)| {
                Panel::new(data, group, name, &subject.solid, subject.dashed.as_ref())
            })
            .collect();
        panels.retain(|panel| !panel.curves.is_empty());
        let (ruler, steps) = (ruler(&panels, subject.unit)?, steps(&panels, PANEL));
        let (values, levels) = match subject.has_levels {
            true => Lines::with_range(data, ruler, settled(&panels)).map(|(v, l)| (v, Some(l)))?,
            false => (ruler.range(settled(&panels))?, None),
        };
        for panel in &mut panels {
            (panel.steps, panel.values) = (steps.clone(), values.clone());
        }
        let grid = Grid::of_pairs(PANEL, panels.len());
        let lettering = subject.lettering(data);
        let mut figure = Curves { lettering, axis: subject.axis, panels, grid, levels };
        figure.add_notes(&rules);
        figure.lettering.notes.extend(data.without_end());
        Some(figure)
    }

    /// Weight norms: a row of panels per rule, a column per role; `None` where no run has any.
    pub fn weight_norms(data: &Data) -> Option<Self> {
        let measures = by_role(data, |role| role.weight_norm);
        let pairs = measures.into_iter().map(|(role, measure)| (role, measure, None));
        let title = "Weight norm by role".to_owned();
        Curves::of_roles(data, pairs.collect(), ("norm", title), Vec::new())
    }

    /// Rotation a step, and dashed that of balance; the same panels.
    pub fn rotation(data: &Data) -> Option<Self> {
        let mut measures = by_role(data, |role| role.rotation);
        measures.retain(|(role, _)| !matches!(role, Role::Norm | Role::Bias));
        let predicted = by_role(data, |role| role.equilibrium_rotation);
        let of = |role: Role| {
            let found = predicted.iter().find(|(other, _)| *other == role);
            found.map(|(_, measure)| measure.clone())
        };
        let pairs = measures.into_iter().map(|(role, measure)| (role, measure, of(role)));
        let title = "Rotation a step by role".to_owned();
        let notes = vec![
            "solid: measured, mean of the logged steps since the last evaluation".to_owned(),
            "dashed: in balance at the η_t and λ of the step (Kosson et al. 2024)".to_owned(),
            "the theory may hold for attention and mlp alone".to_owned(),
        ];
        Curves::of_roles(data, pairs.collect(), ("radians a step", title), notes)
    }

    fn of_roles(
        data: &Data,
        measures: Vec<(Role, Measure, Option<Measure>)>,
        (axis, title): (&'static str, String),
        mut notes: Vec<String>,
    ) -> Option<Self> {
        let rules = data.rules(MOST_NORMS.checked_div(measures.len())?);
        let mut panels = Vec::new();
        for (group, name) in rules.shown.iter().zip(rules.names()) {
            let panel = |(role, solid, dashed): &(Role, Measure, Option<Measure>)| {
                let title = format!("{name}: {role}");
                Panel::new(data, group, title, solid, dashed.as_ref())
            };
            let of_rule: Vec<Panel> = measures.iter().map(panel).collect();
            // A row of the figure.
            if of_rule.iter().any(|panel| !panel.curves.is_empty()) {
                panels.extend(of_rule);
            }
        }
        let axes = |panel: &Panel| {
            let own = std::slice::from_ref(panel);
            Some((steps(own, NORM_PANEL), ruler(own, Some(0.0))?.range(settled(own))?))
        };
        let axes: Vec<_> = panels.iter().map(axes).collect();
        let any = axes.iter().flatten().next()?.clone();
        for (panel, own) in panels.iter_mut().zip(axes) {
            (panel.steps, panel.values) = own.unwrap_or_else(|| any.clone());
        }
        let grid = Grid::of_lots(NORM_PANEL, panels.len() / measures.len(), measures.len());
        notes.insert(0, "every panel has its own scale".to_owned());
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        let mut figure = Curves { lettering, axis, panels, grid, levels: None };
        figure.add_notes(&rules);
        figure.lettering.notes.extend(data.without_end());
        Some(figure)
    }

    /// How to read the figure, and what is not in it.
    fn add_notes(&mut self, rules: &Rules) {
        let mut notes = vec!["mean over seeds, band: their range".to_owned()];
        let most = self.panels.iter().map(|panel| panel.curves.len()).max().unwrap_or(0);
        let some = if most > self.most_labels() { "some of the " } else { "" };
        notes.push(format!("numbers on the right: {some}λ"));
        if curves(&self.panels).any(|curve| curve.label == UNTREATED) {
            notes.push(format!("{UNTREATED}: no decay, without its rivals"));
        }
        notes.extend(self.levels.iter().flat_map(Lines::notes));
        let ends_beyond =
            |panel: &Panel| panel.curves.iter().any(|one| !one.arrow(panel).is_empty());
        if self.panels.iter().any(ends_beyond) {
            notes.push("arrow: ends beyond the axis".to_owned());
        }
        if self.panels.iter().any(goes_beyond) {
            notes.push("lines and bands go on beyond the axis".to_owned());
        }
        let is_hidden =
            |panel: &Panel| panel.curves.iter().any(|one| one.hidden(&panel.values).is_some());
        if self.panels.iter().any(is_hidden) {
            notes.push("triangle at an edge: all of a dashed line lies beyond it".to_owned());
        }
        let left_out = self.panels.iter().map(|panel| panel.left_out).max().unwrap_or(0);
        if left_out > 0 {
            notes.push(format!("… up to {left_out} more λ a rule in summary.csv"));
        }
        self.lettering.notes.extend(notes.into_iter().chain(rules.left_out()));
    }

    fn chart_height(&self) -> f64 {
        f64::from(self.grid.panel.1 - ABOVE_AND_BELOW)
    }

    /// Labels that have room below each other.
    fn most_labels(&self) -> usize {
        (self.chart_height() / LABEL) as usize
    }

    fn draw_panel(&self, area: &Area, panel: &Panel, hints: &mut Hints) -> Result<()> {
        let Panel { title, steps, values, .. } = panel;
        let frame = Frame { title, across: STEPS, axis: self.axis, margin: 8, y_labels: 6 };
        let mut chart = frame.draw(area, (steps.clone(), values.clone()))?;
        self.levels.iter().try_for_each(|levels| levels.draw(&mut chart, steps))?;
        for curve in &panel.curves {
            curve.draw(&mut chart, values)?;
            let name = format!("{title}, λ = {}", curve.label);
            add_hints(hints, &chart, &name, &curve.solid, values);
        }
        let labelled = spread(panel.curves.len(), self.most_labels());
        let labelled: Vec<&Curve> = labelled.into_iter().map(|one| &panel.curves[one]).collect();
        let places = label_places(&labelled, values, LABEL / self.chart_height());
        for (curve, place) in labelled.iter().zip(places) {
            let label = format!("{}{}", curve.arrow(panel), curve.label);
            chart.draw_series([Text::new(label, place, left(LETTERS, curve.colour))])?;
        }
        Ok(())
    }
}

fn curves(panels: &[Panel]) -> impl Iterator<Item = &Curve> {
    panels.iter().flat_map(|panel| &panel.curves)
}

fn points(panels: &[Panel]) -> impl Iterator<Item = &Point> {
    curves(panels).flat_map(|curve| curve.solid.0.iter().chain(&curve.dashed.0))
}

fn last_step(panels: &[Panel]) -> f64 {
    points(panels).map(|point| point.step).fold(1.0, f64::max)
}

/// All steps, with room for the labels beside the lines, in panels of a size.
fn steps(panels: &[Panel], size: (u32, u32)) -> Range<f64> {
    let widest = curves(panels).map(|curve| width(&curve.label, LETTERS)).fold(0.0, f64::max);
    // An arrow may come before the label.
    let label = widest + 2.0 * f64::from(LETTERS);
    let right = (label / (f64::from(size.0) - BESIDE - label)).max(0.17);
    0.0..last_step(panels) * (1.0 + right)
}

/// The curve with the lowest val loss rules the values, with half of all curves where there is no unit.
fn ruler(panels: &[Panel], unit: Option<f64>) -> Option<Ruler> {
    let lowest = curves(panels).min_by(|a, b| a.rank.total_cmp(&b.rank))?;
    let ruler = Ruler::of_curve(lowest.solid.means().map(|(_, value)| value), unit.unwrap_or(0.0))?;
    let half = || reach_of_half(panels, ruler.centre);
    let reach = if unit.is_none() { ruler.reach.max(half()) } else { ruler.reach };
    Some(Ruler { reach, ..ruler })
}

/// How far from a value half of the curves stay, with their ranges over seeds.
fn reach_of_half(panels: &[Panel], centre: f64) -> f64 {
    let first = last_step(panels) * SETTLED;
    let reach = |curve: &Curve| {
        let points = curve.solid.0.iter().filter(|point| point.step >= first);
        let away = |value: f64| (value - centre).abs();
        points.map(|point| away(point.low).max(away(point.high))).fold(0.0, f64::max)
    };
    let mut reaches: Vec<f64> = curves(panels).map(reach).collect();
    reaches.sort_by(f64::total_cmp);
    reaches.get(reaches.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// All values after the steep start.
fn settled(panels: &[Panel]) -> impl Iterator<Item = f64> {
    let first = last_step(panels) * SETTLED;
    let points = points(panels).filter(move |point| point.step >= first);
    points.flat_map(|point| [point.low, point.high])
}

/// Whether anything that is drawn after the steep start lies where its panel does not reach: a mean, or the band of a
/// solid line. A dashed line of which nothing is seen has a mark of its own.
fn goes_beyond(panel: &Panel) -> bool {
    let first = last_step(std::slice::from_ref(panel)) * SETTLED;
    let solid = panel.curves.iter().flat_map(|curve| &curve.solid.0);
    let banded =
        solid.flat_map(|point| [point.low, point.mean, point.high].map(|one| (point.step, one)));
    let is_seen = |curve: &&Curve| curve.hidden(&panel.values).is_none();
    let dashed = panel.curves.iter().filter(is_seen).flat_map(|curve| curve.dashed.means());
    banded.chain(dashed).any(|(step, value)| step >= first && !panel.values.contains(&value))
}

impl Figure for Curves {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        self.grid.size()
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        for (panel, area) in self.panels.iter().zip(self.grid.areas(body)) {
            self.draw_panel(&area, panel, hints)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
