//! Val loss at the last step against λ: a line per rule, a point per seed.

use std::f64::consts::TAU;
use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, draw_png, line, px, range_with_floor, text};
use super::palette::{self, FAINT, INK};
use crate::decay::Mask;
use crate::report::{Group, RunRow, group_by_rule};

const SIZE: (u32, u32) = (880, 440);
const HEADER: u32 = 64;
const LEGEND_COLUMNS: usize = 4;
const LEGEND_LINE: u32 = 22;
/// Distance of the slot for λ = 0 from the smallest λ, in decades.
const ZERO_SLOT: f64 = 0.7;

/// Draws the figure.
pub fn draw(path: &Path, runs: &[RunRow]) -> Result<()> {
    let groups: Vec<Group> = group_by_rule(runs)
        .into_iter()
        .filter(|group| group.cells.iter().any(|cell| cell.weight_decay.is_some()))
        .collect();
    let axis = Axis::of(runs);
    let losses = runs.iter().filter_map(|run| run.val_loss);
    let floor = runs.iter().find_map(|run| run.val_floor);
    let losses = range_with_floor(losses, floor)?;
    let floor = floor.filter(|floor| losses.contains(floor));
    let header = HEADER + LEGEND_LINE * groups.len().div_ceil(LEGEND_COLUMNS) as u32;
    draw_png(path, (SIZE.0, SIZE.1 + header), |area| {
        let (top, body) = area.split_vertically(px(header));
        draw_header(&top, &groups, floor)?;
        draw_chart(&body, &groups, &axis, losses, floor)
    })
}

/// log10 λ with a slot of its own for 0.
struct Axis {
    zero: f64,
    ticks: Vec<(f64, String)>,
    end: f64,
}

impl Axis {
    fn of(runs: &[RunRow]) -> Self {
        let mut positive: Vec<f64> =
            runs.iter().filter_map(|run| run.weight_decay).filter(|value| *value > 0.0).collect();
        positive.sort_by(f64::total_cmp);
        positive.dedup();
        let low = positive.first().map_or(0.0, |value| value.log10());
        let high = positive.last().map_or(0.0, |value| value.log10());
        let decades = (low.ceil() as i32)..=(high.floor() as i32);
        let tick = |power: i32| (f64::from(power), 10f64.powi(power).to_string());
        let mut ticks: Vec<(f64, String)> = decades.map(tick).collect();
        if ticks.is_empty() {
            ticks = positive.iter().map(|value| (value.log10(), value.to_string())).collect();
        }
        let zero = low - ZERO_SLOT;
        ticks.push((zero, "0".to_owned()));
        Axis { zero, ticks, end: high + 0.25 }
    }

    fn place(&self, weight_decay: f64) -> f64 {
        if weight_decay > 0.0 { weight_decay.log10() } else { self.zero }
    }
}

fn draw_chart(
    area: &Area,
    groups: &[Group],
    axis: &Axis,
    losses: std::ops::Range<f64>,
    floor: Option<f64>,
) -> Result<()> {
    let steps = axis.zero - 0.25..axis.end;
    let mut chart = ChartBuilder::on(area)
        .margin(px(12))
        .x_label_area_size(px(46))
        .y_label_area_size(px(58))
        .build_cartesian_2d(steps.clone(), losses.clone())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .bold_line_style(line(FAINT, 0.7, 1))
        .light_line_style(WHITE)
        .axis_style(line(INK, 1.0, 1))
        .label_style(text(12, INK))
        .y_label_formatter(&|value| format!("{value:.2}"))
        .x_desc("weight decay λ (logarithmic, with a place for 0)")
        .y_desc("val loss (nats per token)")
        .axis_desc_style(text(12, INK))
        .draw()?;
    let centred = text(12, INK).pos(Pos::new(HPos::Center, VPos::Top));
    let (left, top) = area.get_base_pixel();
    for (place, label) in &axis.ticks {
        let (x, y) = chart.backend_coord(&(*place, losses.start));
        let (x, y) = (x - left, y - top);
        area.draw(&PathElement::new([(x, y), (x, y + px(4))], line(INK, 1.0, 1)))?;
        area.draw(&Text::new(label.clone(), (x, y + px(7)), centred.clone()))?;
    }
    if let Some(floor) = floor {
        let ends = [(steps.start, floor), (steps.end, floor)];
        chart.draw_series(LineSeries::new(ends, line(INK, 0.35, 2)))?;
    }
    for group in groups {
        draw_group(&mut chart, group, axis)?;
    }
    Ok(())
}

type Chart<'a, 'b> = ChartContext<
    'a,
    BitMapBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn draw_group<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>, group: &Group, axis: &Axis) -> Result<()> {
    let colour = palette::form(group.key.form);
    let mask = group.key.mask;
    let place = |value: Option<f64>| axis.place(value.unwrap_or(0.0));
    let means = group
        .cells
        .iter()
        .filter_map(|cell| Some((place(cell.weight_decay), cell.spread(|run| run.val_loss)?.mean)));
    let means: Vec<(f64, f64)> = means.collect();
    let seeds = group.cells.iter().flat_map(|cell| &cell.runs);
    let points = seeds.filter_map(|run| Some((place(run.weight_decay), run.val_loss?)));
    let marker = |radius, style: ShapeStyle| {
        move |at| EmptyElement::at(at) + Polygon::new(outline(mask, radius), style)
    };
    chart.draw_series(points.map(marker(3, colour.mix(0.45).filled())))?;
    chart.draw_series(means.iter().copied().map(marker(5, colour.filled())))?;
    if is_solid(mask) {
        chart.draw_series(LineSeries::new(means, line(colour, 1.0, 2)))?;
    } else {
        let (dash, space) = (px(6) as u32, px(4) as u32);
        chart.draw_series(DashedLineSeries::new(means, dash, space, line(colour, 1.0, 2)))?;
    }
    Ok(())
}

fn is_solid(mask: Option<Mask>) -> bool {
    mask == Some(Mask::Matrices)
}

/// Title, how to read the figure, and a key to the rules above the chart, where it covers nothing.
fn draw_header(area: &Area, groups: &[Group], floor: Option<f64>) -> Result<()> {
    let title = "Val loss at the last step against λ";
    area.draw(&Text::new(title, (px(14), px(12)), text(18, INK)))?;
    let mut note = "small points: seeds, large points and lines: their mean".to_owned();
    if floor.is_some() {
        note += "; grey line: the floor that no model can beat";
    }
    area.draw(&Text::new(note, (px(14), px(40)), text(12, INK)))?;
    for (place, group) in groups.iter().enumerate() {
        let column = (place % LEGEND_COLUMNS) as u32 * (SIZE.0 / LEGEND_COLUMNS as u32);
        let row = HEADER + (place / LEGEND_COLUMNS) as u32 * LEGEND_LINE;
        draw_key(area, group, (px(14 + column), px(row + 8)))?;
    }
    Ok(())
}

fn draw_key(area: &Area, group: &Group, (x, y): (i32, i32)) -> Result<()> {
    let colour = palette::form(group.key.form);
    let strokes: &[(u32, u32)] =
        if is_solid(group.key.mask) { &[(0, 26)] } else { &[(0, 8), (18, 26)] };
    for (start, end) in strokes {
        let ends = [(x + px(*start), y), (x + px(*end), y)];
        area.draw(&PathElement::new(ends, line(colour, 1.0, 2)))?;
    }
    let marker: Vec<(i32, i32)> =
        outline(group.key.mask, 5).iter().map(|(dx, dy)| (x + px(13) + dx, y + dy)).collect();
    area.draw(&Polygon::new(marker, colour.filled()))?;
    let style = text(12, INK).pos(Pos::new(HPos::Left, VPos::Center));
    area.draw(&Text::new(group.key.label(), (x + px(34), y), style))?;
    Ok(())
}

/// The outline that stands for a mask, in pixels around its middle: matrices a disc, linear a
/// triangle, no-embeddings a diamond, global a square.
fn outline(mask: Option<Mask>, radius: u32) -> Vec<(i32, i32)> {
    let (corners, turn) = match mask {
        Some(Mask::Matrices) | None => (24, 0.0),
        Some(Mask::Linear) => (3, 0.75),
        Some(Mask::NoEmbeddings) => (4, 0.0),
        Some(Mask::Global) => (4, 0.125),
    };
    let corner = |index: i32| {
        let angle = TAU * (f64::from(index) / f64::from(corners) + turn);
        let radius = f64::from(px(radius));
        ((radius * angle.cos()).round() as i32, (radius * angle.sin()).round() as i32)
    };
    (0..corners).map(corner).collect()
}
