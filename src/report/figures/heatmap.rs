//! Val loss over learning rate and λ.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, draw_caption, draw_title, line, px, text,
};
use super::data::Data;
use super::palette::{self, INK};
use crate::config::{Form, Mask};
use crate::stats::{Cell, Group, GroupKey};

const PANEL: (u32, u32) = (440, 380);
/// Cells that are marked as the best.
const BEST: usize = 10;

/// A row of panels per rule: on the axes (η, λ) and on (η, ηλ).
pub struct HeatMap<'a> {
    rules: Vec<Rule>,
    losses: Range<f64>,
    caption: &'a str,
}

struct Rule {
    title: String,
    cells: Vec<Tile>,
    /// Mean val loss of the last cell that is still among the best.
    threshold: f64,
}

/// One learning rate and one λ.
struct Tile {
    lr: f64,
    weight_decay: f64,
    loss: Option<f64>,
}

impl<'a> HeatMap<'a> {
    /// The figure; `None` where no rule was tried at several learning rates and several λ.
    pub fn new(data: &'a Data) -> Option<Self> {
        let mut rules: BTreeMap<(Form, Option<Mask>), Vec<&Cell>> = BTreeMap::new();
        let own = |group: &&Group| !group.is_published();
        for group in data.analysis.groups.iter().filter(own) {
            for cell in group.cells.iter().filter(|cell| cell.weight_decay > Some(0.0)) {
                rules.entry((group.key.form, group.key.mask)).or_default().push(cell);
            }
        }
        let rules: Vec<Rule> =
            rules.into_iter().filter_map(|(rule, cells)| Rule::of(rule, &cells)).collect();
        let losses: Vec<f64> =
            rules.iter().flat_map(|rule| &rule.cells).filter_map(|tile| tile.loss).collect();
        let low = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let high = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let caption = &data.caption;
        (low < high).then_some(HeatMap { rules, losses: low..high, caption })
    }
}

impl Rule {
    fn of((form, mask): (Form, Option<Mask>), cells: &[&Cell]) -> Option<Self> {
        let title = GroupKey { form, mask, variant: String::new() }.label();
        let tile = |cell: &&Cell| Tile {
            lr: cell.runs[0].lr,
            weight_decay: cell.weight_decay.unwrap_or(0.0),
            loss: cell.estimate(|run| run.val_loss).filter(|_| cell.is_complete()).map(|e| e.mean),
        };
        let cells: Vec<Tile> = cells.iter().map(tile).collect();
        let distinct = |of: fn(&Tile) -> f64| {
            let mut values: Vec<f64> = cells.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values.len()
        };
        if distinct(|tile| tile.lr) < 2 || distinct(|tile| tile.weight_decay) < 2 {
            return None;
        }
        let mut losses: Vec<f64> = cells.iter().filter_map(|tile| tile.loss).collect();
        losses.sort_by(f64::total_cmp);
        let threshold = losses.get(BEST.min(losses.len()).checked_sub(1)?).copied()?;
        Some(Rule { title, cells, threshold })
    }
}

impl Figure for HeatMap<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL.0 * 2, PANEL.1 * self.rules.len() as u32 + TITLE + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        let note =
            format!("mean over seeds, nats per token; framed: the {BEST} lowest of each rule");
        draw_title(&header, "Val loss over peak learning rate η and λ", &note)?;
        let areas = body.split_evenly((self.rules.len(), 2));
        for (rule, areas) in self.rules.iter().zip(areas.chunks(2)) {
            let lambda = |tile: &Tile| tile.weight_decay.log10();
            self.draw_panel(&areas[0], rule, "λ", lambda, hints)?;
            let product = |tile: &Tile| (tile.weight_decay * tile.lr).log10();
            self.draw_panel(&areas[1], rule, "ηλ", product, hints)?;
        }
        Ok(())
    }
}

impl HeatMap<'_> {
    fn draw_panel<DB: Backend>(
        &self,
        area: &Area<DB>,
        rule: &Rule,
        axis: &str,
        across: impl Fn(&Tile) -> f64,
        hints: &mut Hints,
    ) -> Result<()> {
        let up = |tile: &Tile| tile.lr.log10();
        let (width, height) =
            (spacing(&rule.cells, |t| t.weight_decay.log10()), spacing(&rule.cells, up));
        let x = bounds(rule.cells.iter().map(&across), width);
        let y = bounds(rule.cells.iter().map(up), height);
        let mut chart = ChartBuilder::on(area)
            .margin(px(10))
            .caption(format!("{} on (η, {axis})", rule.title), text(14, INK))
            .x_label_area_size(px(40))
            .y_label_area_size(px(56))
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_labels(0)
            .y_labels(0)
            .axis_style(line(INK, 1.0, 1))
            .x_desc(format!("{axis} (logarithmic)"))
            .y_desc("peak learning rate η")
            .axis_desc_style(text(11, INK))
            .draw()?;
        let base = area.get_base_pixel();
        for value in distinct(rule.cells.iter().map(up)) {
            let (at, y) = chart.backend_coord(&(x.start, value));
            let style = text(10, INK).pos(Pos::new(HPos::Right, VPos::Center));
            let place = (at - base.0 - px(5), y - base.1);
            area.draw(&Text::new(number(10f64.powf(value)), place, style))?;
        }
        let columns = distinct(rule.cells.iter().map(&across));
        let every = columns.len().div_ceil(8);
        for value in columns.into_iter().step_by(every) {
            let (at, low) = chart.backend_coord(&(value, y.start));
            let place = (at - base.0, low - base.1 + px(5));
            area.draw(&Text::new(number(10f64.powf(value)), place, centred(10, INK)))?;
        }
        for tile in &rule.cells {
            let (cx, cy) = (across(tile), up(tile));
            let corners =
                [(cx - width / 2.0, cy - height / 2.0), (cx + width / 2.0, cy + height / 2.0)];
            let share = tile
                .loss
                .map(|loss| (loss - self.losses.start) / (self.losses.end - self.losses.start));
            let colour = share.map_or(WHITE, palette::ramp);
            chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            let ink = if share.is_some_and(|share| share < 0.45) { WHITE } else { INK };
            let label = tile.loss.map_or("–".to_owned(), |loss| format!("{loss:.2}"));
            let style = text(10, ink).pos(Pos::new(HPos::Center, VPos::Center));
            chart.draw_series([Text::new(label.clone(), (cx, cy), style)])?;
            let text =
                format!("{}: η = {}, λ = {}: {label}", rule.title, tile.lr, tile.weight_decay);
            hints.add(chart.backend_coord(&(cx, cy)), text);
        }
        for tile in rule.cells.iter().filter(|tile| tile.loss.is_some_and(|l| l <= rule.threshold))
        {
            let (cx, cy) = (across(tile), up(tile));
            let (dx, dy) = (width * 0.46, height * 0.46);
            let (left, right, low, high) = (cx - dx, cx + dx, cy - dy, cy + dy);
            let frame = [(left, low), (right, low), (right, high), (left, high), (left, low)];
            chart.draw_series([PathElement::new(frame, line(RGBColor(213, 94, 0), 1.0, 2))])?;
        }
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

/// A number to two digits, without an exponent where that is short.
fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.1e}").parse().unwrap_or(value);
    if (1e-4..1e4).contains(&rounded) { rounded.to_string() } else { format!("{rounded:e}") }
}
