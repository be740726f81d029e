//! Small multiples over training: one panel per rule, one line per λ.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, draw_png, line, px, range_with_floor, text};
use super::palette::{self, FAINT, INK};
use crate::decay::Form;
use crate::report::{CurveCsvRow, Group, RunRow, group_by_rule};

/// What the panels show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CurveFigure {
    /// Train loss dashed, val loss solid.
    Loss,
    /// Val − train.
    Gap,
}

const PANEL: (u32, u32) = (440, 330);
const HEADER: u32 = 66;

/// Mean over seeds at each step.
type Line = Vec<(f64, f64)>;

struct Curve {
    label: String,
    colour: RGBColor,
    solid: Line,
    dashed: Line,
}

struct Panel {
    title: String,
    curves: Vec<Curve>,
}

/// Draws the figure.
pub fn draw(path: &Path, figure: CurveFigure, runs: &[RunRow], rows: &[CurveCsvRow]) -> Result<()> {
    let groups: Vec<Group> =
        group_by_rule(runs).into_iter().filter(|group| group.key.form != Form::None).collect();
    let groups = if groups.is_empty() { group_by_rule(runs) } else { groups };
    let by_run = curves_by_run(rows);
    let panels: Vec<Panel> = groups.iter().map(|group| panel(figure, group, &by_run)).collect();
    let floor = runs.iter().find_map(|run| run.val_floor).filter(|_| figure == CurveFigure::Loss);
    let columns = panels.len().min(2);
    let lines = panels.len().div_ceil(columns);
    let size = (PANEL.0 * columns.max(2) as u32, PANEL.1 * lines as u32 + HEADER);
    let (steps, values) = ranges(&panels, floor)?;
    draw_png(path, size, |area| {
        let (header, body) = area.split_vertically(px(HEADER));
        draw_header(&header, figure, floor.filter(|floor| values.contains(floor)))?;
        for (panel, area) in panels.iter().zip(body.split_evenly((lines, columns))) {
            draw_panel(&area, panel, figure, floor, steps.clone(), values.clone())?;
        }
        Ok(())
    })
}

fn curves_by_run(rows: &[CurveCsvRow]) -> BTreeMap<&str, Vec<&CurveCsvRow>> {
    let mut by_run: BTreeMap<&str, Vec<&CurveCsvRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.val_loss.is_some()) {
        by_run.entry(&row.run).or_default().push(row);
    }
    by_run
}

fn panel(figure: CurveFigure, group: &Group, by_run: &BTreeMap<&str, Vec<&CurveCsvRow>>) -> Panel {
    let undecayed = group.cells.iter().any(|cell| cell.weight_decay == Some(0.0));
    let baseline = group.baseline.as_ref().filter(|_| !undecayed);
    let cells: Vec<_> = baseline.into_iter().chain(&group.cells).collect();
    let curves = cells.iter().enumerate().map(|(place, cell)| {
        let mean = |of: fn(&CurveCsvRow) -> Option<f64>| {
            mean_over_seeds(cell.runs.iter().filter_map(|run| by_run.get(run.run.as_str())), of)
        };
        let (solid, dashed) = match figure {
            CurveFigure::Loss => (mean(|row| row.val_loss), mean(|row| row.train_loss)),
            CurveFigure::Gap => (mean(|row| row.gap), Line::new()),
        };
        Curve {
            label: cell.weight_decay.map_or("η²".to_owned(), |value| value.to_string()),
            colour: palette::ramp(place as f64 / (cells.len().max(2) - 1) as f64),
            solid,
            dashed,
        }
    });
    Panel { title: group.key.label(), curves: curves.collect() }
}

fn mean_over_seeds<'a>(
    runs: impl Iterator<Item = &'a Vec<&'a CurveCsvRow>>,
    of: fn(&CurveCsvRow) -> Option<f64>,
) -> Line {
    let mut sums: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for row in runs.flatten() {
        if let Some(value) = of(row) {
            let (sum, count) = sums.entry(row.step).or_default();
            *sum += value;
            *count += 1;
        }
    }
    sums.into_iter().map(|(step, (sum, count))| (step as f64, sum / count as f64)).collect()
}

/// Shared axes: all steps, and the values after the steep start.
fn ranges(panels: &[Panel], floor: Option<f64>) -> Result<(Range<f64>, Range<f64>)> {
    let lines = || {
        let curves = panels.iter().flat_map(|panel| &panel.curves);
        curves.flat_map(|curve| [&curve.solid, &curve.dashed])
    };
    let last = lines().flatten().map(|(step, _)| *step).fold(1.0, f64::max);
    let settled =
        lines().flatten().filter(|(step, _)| *step >= last * 0.15).map(|(_, value)| *value);
    Ok((0.0..last * 1.17, range_with_floor(settled, floor)?))
}

fn draw_header(area: &Area, figure: CurveFigure, floor: Option<f64>) -> Result<()> {
    let (title, lines) = match figure {
        CurveFigure::Loss => ("Loss over training", "solid: val, dashed: train"),
        CurveFigure::Gap => ("Generalization gap over training", "val − train loss"),
    };
    let mut note = format!("{lines}; mean over seeds, nats per token; numbers on the right: λ");
    if floor.is_some() {
        note += "; grey line: the floor that no model can beat";
    }
    area.draw(&Text::new(title, (px(14), px(12)), text(18, INK)))?;
    area.draw(&Text::new(note, (px(14), px(40)), text(12, INK)))?;
    Ok(())
}

fn draw_panel(
    area: &Area,
    panel: &Panel,
    figure: CurveFigure,
    floor: Option<f64>,
    steps: Range<f64>,
    values: Range<f64>,
) -> Result<()> {
    let mut chart = ChartBuilder::on(area)
        .margin(px(8))
        .caption(&panel.title, text(14, INK))
        .x_label_area_size(px(34))
        .y_label_area_size(px(52))
        .build_cartesian_2d(steps.clone(), values.clone())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(line(FAINT, 0.7, 1))
        .light_line_style(WHITE)
        .axis_style(line(INK, 1.0, 1))
        .label_style(text(11, INK))
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|value| format!("{value:.2}"))
        .x_desc("optimizer step")
        .y_desc(if figure == CurveFigure::Loss {
            "loss (nats per token)"
        } else {
            "gap (nats per token)"
        })
        .axis_desc_style(text(11, INK))
        .draw()?;
    if let Some(floor) = floor.filter(|floor| values.contains(floor)) {
        let ends = [(steps.start, floor), (steps.end, floor)];
        chart.draw_series(LineSeries::new(ends, line(INK, 0.35, 2)))?;
    }
    for curve in &panel.curves {
        let dashed = curve.dashed.iter().copied();
        chart.draw_series(DashedLineSeries::new(
            dashed,
            px(4) as u32,
            px(3) as u32,
            line(curve.colour, 0.65, 1),
        ))?;
        chart.draw_series(LineSeries::new(
            curve.solid.iter().copied(),
            line(curve.colour, 1.0, 2),
        ))?;
    }
    let style = |colour| text(11, colour).pos(Pos::new(HPos::Left, VPos::Center));
    for (curve, (step, value)) in panel.curves.iter().zip(label_places(panel, &values)) {
        chart.draw_series([Text::new(curve.label.clone(), (step, value), style(curve.colour))])?;
    }
    Ok(())
}

/// Where each curve's label goes: beside its end, moved apart so that no two overlap and none
/// leaves the panel.
fn label_places(panel: &Panel, values: &Range<f64>) -> Vec<(f64, f64)> {
    let end = |curve: &Curve| curve.solid.last().copied().unwrap_or((0.0, values.start));
    let ends: Vec<(f64, f64)> = panel.curves.iter().map(end).collect();
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|a, b| ends[*a].1.total_cmp(&ends[*b].1));
    let apart = (values.end - values.start) * 0.055;
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
