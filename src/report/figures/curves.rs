//! Small multiples over training: one panel per rule, one line per λ.

mod panel;

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Frame, add_hints, draw_floor};
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, draw_caption, draw_title, left, px,
};
use super::data::{Data, Point, Rules};
use super::room::{spread, width};
use super::scale::Ruler;
use crate::config::Role;
use panel::{Curve, Measure, Panel, label_places};

/// Pixels of a line's label and of its letters, and of a panel around its chart.
const LABEL: f64 = 14.0;
const LETTERS: u32 = 11;
const ABOVE_AND_BELOW: u32 = 80;
const BESIDE: f64 = 76.0;
/// Panels of a figure, at most.
const MOST_PANELS: usize = 24;
const MOST_NORMS: usize = 60;

/// A panel per rule (and role), a line per λ.
pub struct Curves {
    title: &'static str,
    notes: Vec<String>,
    axis: &'static str,
    panels: Vec<Panel>,
    columns: usize,
    panel_size: (u32, u32),
    floor: Option<f64>,
    caption: String,
}

/// What a figure shows of every rule.
struct Subject {
    title: &'static str,
    note: &'static str,
    axis: &'static str,
    solid: Measure,
    dashed: Option<Measure>,
    /// Smallest reach of its axis, see [`Ruler`].
    unit: f64,
    floor: Option<f64>,
}

impl Curves {
    /// Train loss dashed, val loss solid; `None` where no run has a curve.
    pub fn loss(data: &Data) -> Option<Self> {
        Curves::of_rules(
            data,
            Subject {
                title: "Loss over training",
                note: "solid: val, dashed: train",
                axis: "loss (nats per token)",
                solid: |row| row.val_loss,
                dashed: Some(|row| row.train_loss),
                unit: data.reach(),
                floor: data.floor,
            },
        )
    }

    /// Val − train loss.
    pub fn gap(data: &Data) -> Option<Self> {
        Curves::of_rules(
            data,
            Subject {
                title: "Generalization gap over training",
                note: "val − train loss",
                axis: "gap (nats per token)",
                solid: |row| row.gap,
                dashed: None,
                unit: data.reach(),
                floor: None,
            },
        )
    }

    /// Gradient norm over weight norm, which Defazio 2025 expects to rise towards the end under
    /// AdamW.
    pub fn gradient_ratio(data: &Data) -> Option<Self> {
        Curves::of_rules(
            data,
            Subject {
                title: "Gradient norm over weight norm",
                note: "gradient before clipping, mean of the steps since the last evaluation",
                axis: "gradient / weight norm",
                solid: |row| Some(f64::from(row.grad_norm?) / f64::from(row.weight_norm?)),
                dashed: None,
                unit: 0.0,
                floor: None,
            },
        )
    }

    fn of_rules(data: &Data, subject: Subject) -> Option<Self> {
        let Subject { title, note, axis, solid, dashed, unit, floor } = subject;
        let rules = data.rules(MOST_PANELS);
        let panels = rules.shown.iter().zip(rules.names());
        let panels: Vec<Panel> =
            panels.map(|(group, name)| Panel::new(data, group, name, solid, dashed)).collect();
        let mut figure = Curves {
            title,
            notes: vec![note.to_owned()],
            axis,
            columns: panels.len().clamp(1, 2),
            panels,
            panel_size: (440, 330),
            floor: None,
            caption: data.caption.clone(),
        };
        let (steps, values) = figure.ranges(&figure.panels, unit, floor)?;
        figure.floor = floor.filter(|floor| values.contains(floor));
        for panel in &mut figure.panels {
            (panel.steps, panel.values) = (steps.clone(), values.clone());
        }
        figure.add_notes(&rules);
        Some(figure)
    }

    /// Weight norms: a row of panels per rule, a column per role; `None` where no run has any.
    pub fn weight_norms(data: &Data) -> Option<Self> {
        let measures: [(Role, Measure); 6] = [
            (Role::Embedding, |row| row.weight_norm_embedding.map(f64::from)),
            (Role::Attention, |row| row.weight_norm_attention.map(f64::from)),
            (Role::Mlp, |row| row.weight_norm_mlp.map(f64::from)),
            (Role::Head, |row| row.weight_norm_head.map(f64::from)),
            (Role::Norm, |row| row.weight_norm_norm.map(f64::from)),
            (Role::Bias, |row| row.weight_norm_bias.map(f64::from)),
        ];
        let has =
            |measure: &Measure| data.curves.values().flatten().any(|row| measure(row).is_some());
        let measures: Vec<(Role, Measure)> =
            measures.into_iter().filter(|(_, measure)| has(measure)).collect();
        let rules = data.rules(MOST_NORMS.checked_div(measures.len())?);
        let mut panels = Vec::new();
        for (group, name) in rules.shown.iter().zip(rules.names()) {
            for (role, measure) in &measures {
                panels.push(Panel::new(data, group, format!("{name}: {role}"), *measure, None));
            }
        }
        let mut figure = Curves {
            title: "Weight norm by role",
            notes: vec!["every panel has its own scale".to_owned()],
            axis: "norm",
            columns: measures.len(),
            panels,
            panel_size: (300, 220),
            floor: None,
            caption: data.caption.clone(),
        };
        let ranges = |panel| figure.ranges(std::slice::from_ref(panel), 0.0, None);
        let ranges: Vec<_> = figure.panels.iter().map(ranges).collect();
        let any = ranges.iter().flatten().next()?.clone();
        for (panel, own) in figure.panels.iter_mut().zip(ranges) {
            (panel.steps, panel.values) = own.unwrap_or_else(|| any.clone());
        }
        figure.add_notes(&rules);
        Some(figure)
    }

    /// How to read the figure, and what is not in it.
    fn add_notes(&mut self, rules: &Rules) {
        let (most_labels, notes) = (self.most_labels(), &mut self.notes);
        let mut note = |text: &str| notes.push(text.to_owned());
        note("mean over seeds, band: their range");
        let most = self.panels.iter().map(|panel| panel.curves.len()).max().unwrap_or(0);
        match most > most_labels {
            true => note("numbers on the right: some of the λ"),
            false => note("numbers on the right: λ"),
        }
        if self.floor.is_some() {
            note("grey: the floor that no model can beat");
        }
        if self
            .panels
            .iter()
            .any(|panel| panel.curves.iter().any(|one| !one.arrow(panel).is_empty()))
        {
            note("arrow: ends beyond the axis");
        }
        let left_out: usize = self.panels.iter().map(|panel| panel.left_out).max().unwrap_or(0);
        if left_out > 0 {
            note(&format!("… up to {left_out} more λ a rule in summary.csv"));
        }
        self.notes.extend(rules.left_out());
    }

    /// Axes for these panels: all steps with room for the labels beside the lines, and the values after
    /// the steep start, as the curve with the lowest val loss rules them.
    fn ranges(
        &self,
        panels: &[Panel],
        unit: f64,
        floor: Option<f64>,
    ) -> Option<(Range<f64>, Range<f64>)> {
        let curves = || panels.iter().flat_map(|panel| &panel.curves);
        let points = || curves().flat_map(|curve| curve.solid.0.iter().chain(&curve.dashed.0));
        let last = points().map(|point| point.step).fold(1.0, f64::max);
        let lowest = curves().min_by(|a, b| a.rank.total_cmp(&b.rank))?;
        let ruler = Ruler::of_curve(lowest.solid.means().map(|(_, value)| value), unit)?;
        let settled = points().filter(|point| point.step >= last * 0.15);
        let ends = |point: &Point| [point.low, point.high];
        let values = ruler.range(settled.flat_map(ends))?;
        let values = floor.map_or(values.clone(), |floor| Ruler::with_level(values, floor));
        let widest = curves().map(|curve| width(&curve.label, LETTERS)).fold(0.0, f64::max);
        // An arrow may come before the label.
        let label = widest + 2.0 * f64::from(LETTERS);
        let chart = f64::from(self.panel_size.0) - BESIDE;
        let right = (label / (chart - label)).max(0.17);
        Some((0.0..last * (1.0 + right), values))
    }
}

impl Figure for Curves {
    fn size(&self) -> (u32, u32) {
        let lines = self.panels.len().div_ceil(self.columns) as u32;
        let width = (self.panel_size.0 * self.columns as u32).max(880);
        (width, self.panel_size.1 * lines + TITLE + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, &self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        draw_title(&header, self.title, &self.notes)?;
        let lines = self.panels.len().div_ceil(self.columns);
        for (panel, area) in self.panels.iter().zip(body.split_evenly((lines, self.columns))) {
            self.draw_panel(&area, panel, hints)?;
        }
        Ok(())
    }
}

impl Curves {
    fn chart_height(&self) -> f64 {
        f64::from(self.panel_size.1 - ABOVE_AND_BELOW)
    }

    /// Labels that have room below each other.
    fn most_labels(&self) -> usize {
        (self.chart_height() / LABEL) as usize
    }

    fn draw_panel<DB: Backend>(
        &self,
        area: &Area<DB>,
        panel: &Panel,
        hints: &mut Hints,
    ) -> Result<()> {
        let Panel { title, steps, values, .. } = panel;
        let frame = Frame { title, axis: self.axis, margin: 8, y_labels: 6 };
        let mut chart = frame.draw(area, (steps.clone(), values.clone()))?;
        draw_floor(&mut chart, steps, self.floor)?;
        for curve in &panel.curves {
            curve.draw(&mut chart, values)?;
            let name = format!("{title}, λ = {}", curve.label);
            add_hints(hints, &chart, &name, &curve.solid, values);
        }
        let labelled = spread(panel.curves.len(), self.most_labels());
        let labelled: Vec<&Curve> = labelled.into_iter().map(|one| &panel.curves[one]).collect();
        for (curve, place) in
            labelled.iter().zip(label_places(&labelled, values, LABEL / self.chart_height()))
        {
            let label = format!("{}{}", curve.arrow(panel), curve.label);
            chart.draw_series([Text::new(label, place, left(LETTERS, curve.colour))])?;
        }
        Ok(())
    }
}
