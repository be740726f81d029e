//! Small multiples over training: one panel per rule, one line per λ.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Chart, Frame, add_hints, draw_floor};
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, draw_caption, draw_title, left, line, px,
    range_with_floor,
};
use super::data::{Data, Point, Series};
use super::palette;
use crate::config::Role;
use crate::report::{format, words};
use crate::results::CurveCsvRow;
use crate::stats::{Cell, Group};

/// Pixels of a line's label, and of a panel's height around its chart.
const LABEL: f64 = 14.0;
const AROUND: u32 = 80;
/// Panels of weight norms, at most.
const MOST_PANELS: usize = 60;

/// A panel per rule (and role), a line per λ.
pub struct Curves {
    title: &'static str,
    note: String,
    axis: &'static str,
    panels: Vec<Panel>,
    columns: usize,
    panel_size: (u32, u32),
    floor: Option<f64>,
    /// Whether all panels share one vertical axis.
    shared: bool,
    caption: String,
}

struct Panel {
    title: String,
    curves: Vec<Curve>,
}

struct Curve {
    label: String,
    colour: RGBColor,
    solid: Series,
    dashed: Series,
}

type Measure = fn(&CurveCsvRow) -> Option<f64>;

impl Curves {
    /// Train loss dashed, val loss solid.
    pub fn loss(data: &Data) -> Self {
        let panel = |group: &&Group| {
            Panel::new(
                data,
                group,
                words::label(&group.rule),
                |row| row.val_loss,
                Some(|row| row.train_loss),
            )
        };
        let mut figure = Curves::new(data, data.rules().iter().map(panel).collect());
        figure.title = "Loss over training";
        figure.note = "solid: val, dashed: train".to_owned();
        figure.axis = "loss (nats per token)";
        figure.floor = data.floor;
        figure
    }

    /// Val − train loss.
    pub fn gap(data: &Data) -> Self {
        let panel = |group: &&Group| {
            Panel::new(data, group, words::label(&group.rule), |row| row.gap, None)
        };
        let mut figure = Curves::new(data, data.rules().iter().map(panel).collect());
        figure.title = "Generalization gap over training";
        figure.note = "val − train loss".to_owned();
        figure.axis = "gap (nats per token)";
        figure
    }

    /// Gradient norm over weight norm, which Defazio 2025 expects to rise towards the end under
    /// AdamW.
    pub fn gradient_ratio(data: &Data) -> Self {
        let ratio: Measure = |row| Some(f64::from(row.grad_norm?) / f64::from(row.weight_norm?));
        let panel =
            |group: &&Group| Panel::new(data, group, words::label(&group.rule), ratio, None);
        let mut figure = Curves::new(data, data.rules().iter().map(panel).collect());
        figure.title = "Gradient norm over weight norm";
        figure.note =
            "gradient before clipping, mean of the steps since the last evaluation".to_owned();
        figure.axis = "gradient / weight norm";
        figure
    }

    /// Weight norms: a row of panels per rule, a column per role; `None` where those would be more
    /// than anyone looks at.
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
        if data.rules().len() * measures.len() > MOST_PANELS {
            return None;
        }
        let mut panels = Vec::new();
        for group in data.rules() {
            for (role, measure) in measures.iter().copied() {
                let title = format!("{}: {role}", words::label(&group.rule));
                panels.push(Panel::new(data, group, title, measure, None));
            }
        }
        let mut figure = Curves::new(data, panels);
        figure.title = "Weight norm by role";
        figure.note = "every panel has its own scale".to_owned();
        figure.axis = "norm";
        (figure.columns, figure.panel_size, figure.shared) =
            (measures.len().max(1), (300, 220), false);
        Some(figure)
    }

    fn new(data: &Data, panels: Vec<Panel>) -> Self {
        Curves {
            title: "",
            note: String::new(),
            axis: "",
            columns: panels.len().clamp(1, 2),
            panels,
            panel_size: (440, 330),
            floor: None,
            shared: true,
            caption: data.caption.clone(),
        }
    }

    fn full_note(&self, floor: Option<f64>) -> String {
        let mut note =
            format!("{}; mean over seeds, band: their range; numbers on the right: λ", self.note);
        if floor.is_some() {
            note += "; grey: the floor that no model can beat";
        }
        note
    }
}

impl Figure for Curves {
    fn size(&self) -> (u32, u32) {
        let lines = self.panels.len().div_ceil(self.columns) as u32;
        let width = self.panel_size.0 * self.columns.max(2) as u32;
        (width, self.panel_size.1 * lines + TITLE + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, &self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        let all = ranges(self.panels.iter(), self.floor)?;
        let floor = self.floor.filter(|floor| all.1.contains(floor));
        draw_title(&header, self.title, &self.full_note(floor))?;
        let lines = self.panels.len().div_ceil(self.columns);
        for (panel, area) in self.panels.iter().zip(body.split_evenly((lines, self.columns))) {
            let (steps, values) = match self.shared {
                true => all.clone(),
                false => ranges(std::iter::once(panel), None)?,
            };
            let apart = LABEL / f64::from(self.panel_size.1 - AROUND);
            draw_panel(&area, panel, (self.axis, apart), floor, (steps, values), hints)?;
        }
        Ok(())
    }
}

impl Panel {
    fn new(
        data: &Data,
        group: &Group,
        title: String,
        solid: Measure,
        dashed: Option<Measure>,
    ) -> Self {
        let cells = data.cells(group);
        let last = (cells.len().max(2) - 1) as f64;
        let curve = |(place, cell): (usize, &Cell)| Curve {
            label: format::lambda(cell.runs[0].form, cell.weight_decay),
            colour: palette::ramp(place as f64 / last),
            solid: data.series(cell, |row| row.val_loss.and(solid(row))),
            dashed: dashed.map_or_else(Series::default, |dashed| data.series(cell, dashed)),
        };
        let curves = cells.into_iter().enumerate().map(curve);
        Panel { title, curves: curves.filter(|curve| !curve.solid.0.is_empty()).collect() }
    }
}

/// Shared axes: all steps, and the values after the steep start.
fn ranges<'a>(
    panels: impl Iterator<Item = &'a Panel>,
    floor: Option<f64>,
) -> Result<(Range<f64>, Range<f64>)> {
    let points: Vec<Point> = panels
        .flat_map(|panel| &panel.curves)
        .flat_map(|curve| curve.solid.0.iter().chain(&curve.dashed.0))
        .copied()
        .collect();
    let last = points.iter().map(|point| point.step).fold(1.0, f64::max);
    let settled = points.iter().filter(|point| point.step >= last * 0.15);
    let values = range_with_floor(settled.flat_map(|point| [point.low, point.high]), floor)?;
    Ok((0.0..last * 1.17, values))
}

fn draw_panel<DB: Backend>(
    area: &Area<DB>,
    panel: &Panel,
    (axis, apart): (&str, f64),
    floor: Option<f64>,
    (steps, values): (Range<f64>, Range<f64>),
    hints: &mut Hints,
) -> Result<()> {
    let frame = Frame { title: &panel.title, axis, margin: 8, y_labels: 6 };
    let mut chart = frame.draw(area, (steps.clone(), values.clone()))?;
    draw_floor(&mut chart, &steps, floor)?;
    for curve in &panel.curves {
        curve.draw(&mut chart)?;
        let name = format!("{}, λ = {}", panel.title, curve.label);
        add_hints(hints, &chart, &name, &curve.solid, &values);
    }
    for (curve, place) in panel.curves.iter().zip(label_places(panel, &values, apart)) {
        chart.draw_series([Text::new(curve.label.clone(), place, left(11, curve.colour))])?;
    }
    Ok(())
}

impl Curve {
    fn draw<DB: Backend>(&self, chart: &mut Chart<DB>) -> Result<()> {
        let band = Polygon::new(self.solid.band(), self.colour.mix(0.16).filled());
        chart.draw_series([band])?;
        let (dash, space) = (px(4) as u32, px(3) as u32);
        let style = line(self.colour, 0.65, 1);
        chart.draw_series(DashedLineSeries::new(self.dashed.means(), dash, space, style))?;
        chart.draw_series(LineSeries::new(self.solid.means(), line(self.colour, 1.0, 2)))?;
        Ok(())
    }
}

/// Where each curve's label goes: beside its end, moved apart so that no two overlap and none
/// leaves the panel; `apart` is the least distance as a share of the axis.
fn label_places(panel: &Panel, values: &Range<f64>, apart: f64) -> Vec<(f64, f64)> {
    let end = |curve: &Curve| curve.solid.means().last().unwrap_or((0.0, values.start));
    let ends: Vec<(f64, f64)> = panel.curves.iter().map(end).collect();
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
