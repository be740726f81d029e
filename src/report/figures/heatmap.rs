//! Val loss over learning rate and λ.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axes::Chart;
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, draw_caption, draw_title, line, px, text,
};
use super::data::Data;
use super::palette::{self, INK};
use crate::config::{Form, Mask};
use crate::report::{format, words};
use crate::stats::{Cell, Group};

const PANEL: (u32, u32) = (440, 380);
/// Tiles that are framed as the best.
const BEST: usize = 10;

/// A row of panels per rule: on the axes (η, λ) and on (η, ηλ).
pub struct HeatMap<'a> {
    surfaces: Vec<Surface>,
    losses: Range<f64>,
    caption: &'a str,
}

struct Surface {
    title: String,
    tiles: Vec<Tile>,
    /// Mean val loss of the last tile that is still among the best.
    threshold: f64,
}

/// One learning rate and one λ.
struct Tile {
    lr: f64,
    weight_decay: f64,
    /// Mean val loss, where every run reached its end.
    loss: Option<f64>,
    may_be_best: bool,
}

impl Tile {
    fn of(group: &Group, cell: &Cell) -> Self {
        Tile {
            lr: cell.runs[0].lr,
            weight_decay: cell.weight_decay.unwrap_or(0.0),
            loss: cell.mean(|run| run.val_loss).filter(|_| cell.is_complete()),
            may_be_best: group.may_be_best(cell),
        }
    }

    fn up(&self) -> f64 {
        self.lr.log10()
    }

    fn lambda(&self) -> f64 {
        self.weight_decay.log10()
    }

    fn product(&self) -> f64 {
        (self.weight_decay * self.lr).log10()
    }

    fn is_framed(&self, threshold: f64) -> bool {
        self.may_be_best && self.loss.is_some_and(|loss| loss <= threshold)
    }
}

impl<'a> HeatMap<'a> {
    /// The figure; `None` where no rule was tried at several learning rates and several λ.
    pub fn new(data: &'a Data) -> Option<Self> {
        let mut rules: BTreeMap<(Form, Option<Mask>), Vec<Tile>> = BTreeMap::new();
        for group in data.analysis.own_groups() {
            for cell in group.cells.iter().filter(|cell| cell.weight_decay > Some(0.0)) {
                let tile = Tile::of(group, cell);
                rules.entry((group.rule.form, group.rule.mask)).or_default().push(tile);
            }
        }
        let surfaces: Vec<Surface> =
            rules.into_iter().filter_map(|(rule, tiles)| Surface::of(rule, tiles)).collect();
        let tiles = surfaces.iter().flat_map(|surface| &surface.tiles);
        let losses: Vec<f64> = tiles.filter_map(|tile| tile.loss).collect();
        let low = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let high = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let caption = &data.caption;
        (low < high).then_some(HeatMap { surfaces, losses: low..high, caption })
    }
}

impl Surface {
    fn of((form, mask): (Form, Option<Mask>), tiles: Vec<Tile>) -> Option<Self> {
        let distinct = |of: fn(&Tile) -> f64| {
            let mut values: Vec<f64> = tiles.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values.len()
        };
        if distinct(|tile| tile.lr) < 2 || distinct(|tile| tile.weight_decay) < 2 {
            return None;
        }
        let candidates = tiles.iter().filter(|tile| tile.may_be_best);
        let mut losses: Vec<f64> = candidates.filter_map(|tile| tile.loss).collect();
        losses.sort_by(f64::total_cmp);
        let last = BEST.min(losses.len()).checked_sub(1);
        let threshold = last.map_or(f64::NEG_INFINITY, |last| losses[last]);
        Some(Surface { title: words::decay_label(form, mask), tiles, threshold })
    }
}

impl Figure for HeatMap<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL.0 * 2, PANEL.1 * self.surfaces.len() as u32 + TITLE + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        let note =
            format!("mean over seeds, nats per token; framed: the {BEST} lowest of each rule");
        draw_title(&header, "Val loss over peak learning rate η and λ", &note)?;
        let areas = body.split_evenly((self.surfaces.len(), 2));
        for (surface, areas) in self.surfaces.iter().zip(areas.chunks(2)) {
            let [left, right] = [("λ", Tile::lambda as Coordinate), ("ηλ", Tile::product)];
            let losses = &self.losses;
            Panel::new(surface, losses, left).draw(&areas[0], hints)?;
            Panel::new(surface, losses, right).draw(&areas[1], hints)?;
        }
        Ok(())
    }
}

/// The place of a tile on an axis, as a logarithm.
type Coordinate = fn(&Tile) -> f64;

/// A surface on one pair of axes.
struct Panel<'a> {
    surface: &'a Surface,
    /// Of all surfaces, for the colours.
    losses: &'a Range<f64>,
    axis: &'static str,
    across: Coordinate,
    /// Of a tile, in decades.
    width: f64,
    height: f64,
}

impl<'a> Panel<'a> {
    fn new(
        surface: &'a Surface,
        losses: &'a Range<f64>,
        (axis, across): (&'static str, Coordinate),
    ) -> Self {
        let width = spacing(&surface.tiles, Tile::lambda);
        let height = spacing(&surface.tiles, Tile::up);
        Panel { surface, losses, axis, across, width, height }
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let x = bounds(self.surface.tiles.iter().map(self.across), self.width);
        let y = bounds(self.surface.tiles.iter().map(Tile::up), self.height);
        let mut chart = ChartBuilder::on(area)
            .margin(px(10))
            .caption(format!("{} on (η, {})", self.surface.title, self.axis), text(14, INK))
            .x_label_area_size(px(40))
            .y_label_area_size(px(56))
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_labels(0)
            .y_labels(0)
            .axis_style(line(INK, 1.0, 1))
            .x_desc(format!("{} (logarithmic)", self.axis))
            .y_desc("peak learning rate η")
            .axis_desc_style(text(11, INK))
            .draw()?;
        self.draw_ticks(area, &chart, (x.start, y.start))?;
        for tile in &self.surface.tiles {
            self.draw_tile(&mut chart, tile, hints)?;
        }
        let framed = |tile: &&Tile| tile.is_framed(self.surface.threshold);
        for tile in self.surface.tiles.iter().filter(framed) {
            self.draw_frame(&mut chart, tile)?;
        }
        Ok(())
    }

    /// The tried values as numbers; plotters' own ticks would be the logarithms.
    fn draw_ticks<DB: Backend>(
        &self,
        area: &Area<DB>,
        chart: &Chart<DB>,
        (x_start, y_start): (f64, f64),
    ) -> Result<()> {
        let (left, top) = area.get_base_pixel();
        let number = |value: f64| format::two_digits(10f64.powf(value));
        for value in distinct(self.surface.tiles.iter().map(Tile::up)) {
            let (x, y) = chart.backend_coord(&(x_start, value));
            let style = text(10, INK).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(number(value), (x - left - px(5), y - top), style))?;
        }
        let columns = distinct(self.surface.tiles.iter().map(self.across));
        let every = columns.len().div_ceil(8);
        for value in columns.into_iter().step_by(every) {
            let (x, y) = chart.backend_coord(&(value, y_start));
            let place = (x - left, y - top + px(5));
            area.draw(&Text::new(number(value), place, centred(10, INK)))?;
        }
        Ok(())
    }

    fn draw_tile<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        tile: &Tile,
        hints: &mut Hints,
    ) -> Result<()> {
        let (x, y) = ((self.across)(tile), tile.up());
        let (dx, dy) = (self.width / 2.0, self.height / 2.0);
        let span = self.losses.end - self.losses.start;
        let share = tile.loss.map(|loss| (loss - self.losses.start) / span);
        let colour = share.map_or(WHITE, palette::ramp);
        let corners = [(x - dx, y - dy), (x + dx, y + dy)];
        chart.draw_series([Rectangle::new(corners, colour.filled())])?;
        let ink = if share.is_some_and(|share| share < 0.45) { WHITE } else { INK };
        let label = tile.loss.map_or(format::MISSING.to_owned(), |loss| format::fixed(loss, 2));
        let style = text(10, ink).pos(Pos::new(HPos::Center, VPos::Center));
        chart.draw_series([Text::new(label.clone(), (x, y), style)])?;
        let hint =
            format!("{}: η = {}, λ = {}: {label}", self.surface.title, tile.lr, tile.weight_decay);
        hints.add(chart.backend_coord(&(x, y)), hint);
        Ok(())
    }

    fn draw_frame<DB: Backend>(&self, chart: &mut Chart<DB>, tile: &Tile) -> Result<()> {
        let (x, y) = ((self.across)(tile), tile.up());
        let (dx, dy) = (self.width * 0.46, self.height * 0.46);
        let (left, right, low, high) = (x - dx, x + dx, y - dy, y + dy);
        let frame = [(left, low), (right, low), (right, high), (left, high), (left, low)];
        chart.draw_series([PathElement::new(frame, line(RGBColor(213, 94, 0), 1.0, 2))])?;
        Ok(())
    }
}

/// The smallest distance of two values of a grid.
fn spacing(tiles: &[Tile], of: impl Fn(&Tile) -> f64) -> f64 {
    let values = distinct(tiles.iter().map(of));
    values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
}

fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
    values
}

fn bounds(values: impl Iterator<Item = f64>, spacing: f64) -> Range<f64> {
    let values = distinct(values);
    values[0] - spacing * 0.6..values[values.len() - 1] + spacing * 0.6
}
