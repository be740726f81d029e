//! The reported loss over learning rate and λ.

mod panel;

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;

use super::canvas::{Area, Hints};
use super::data::Data;
use super::drawn::Figure;
use super::grid::Grid;
use super::lettering::Lettering;
use super::scale::Ruler;
use crate::config::{Form, Mask};
use crate::report::{format, words};
use crate::stats::{Cell, Group, Quantity};
use panel::{Coordinate, Panel};

const PANEL: (u32, u32) = (440, 380);
/// Tiles that are framed as the best, at most.
const BEST: usize = 10;
/// Rules that have panels, at most.
const MOST_SURFACES: usize = 12;

/// A row of panels per rule: on the axes (η, λ) and on (η, ηλ).
pub struct HeatMap {
    lettering: Lettering,
    surfaces: Vec<Surface>,
    /// What the colours span.
    losses: Range<f64>,
}

struct Surface {
    title: String,
    tiles: Vec<Tile>,
    /// Lowest mean val loss: by it rules and tiles are ranked, whatever is shown.
    lowest: f64,
    /// Mean val loss of the last tile that is still among the best.
    threshold: f64,
}

/// One learning rate and one λ.
struct Tile {
    lr: f64,
    weight_decay: f64,
    /// Mean of the reported loss, where every run reached its end.
    loss: Option<f64>,
    /// Mean val loss.
    rank: Option<f64>,
    /// Whether a run that ended no better than token frequencies on val keeps it from being its rule's best.
    is_collapsed: bool,
}

impl Tile {
    fn of(group: &Group, cell: &Cell, loss: Quantity) -> Self {
        let mean = |of: Quantity| cell.mean(|run| of.of(run)).filter(|_| cell.is_complete());
        Tile {
            lr: cell.runs[0].lr,
            weight_decay: cell.weight_decay.unwrap_or(0.0),
            loss: mean(loss),
            rank: mean(loss.chooser()),
            is_collapsed: cell.is_complete() && !group.may_be_best(cell),
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
        !self.is_collapsed && self.rank.is_some_and(|rank| rank <= threshold)
    }
}

impl HeatMap {
    /// The figure; `None` where no rule was tried at several learning rates and several λ.
    pub fn new(data: &Data) -> Option<Self> {
        let mut rules: BTreeMap<(Form, Option<Mask>, String), Vec<Tile>> = BTreeMap::new();
        for group in data.analysis.own_groups() {
            for cell in group.cells.iter().filter(|cell| cell.weight_decay > Some(0.0)) {
                let (tile, rule) = (Tile::of(group, cell, data.analysis.loss), &group.rule);
                let key = (rule.form, rule.mask, beside_lr(&rule.variant));
                rules.entry(key).or_default().push(tile);
            }
        }
        let mut surfaces: Vec<Surface> =
            rules.into_iter().filter_map(|(rule, tiles)| Surface::of(rule, tiles)).collect();
        let more = surfaces.len().saturating_sub(MOST_SURFACES);
        if more > 0 {
            surfaces.sort_by(|a, b| a.lowest.total_cmp(&b.lowest));
            surfaces.truncate(MOST_SURFACES);
        }
        let tiles = surfaces.iter().flat_map(|surface| &surface.tiles);
        let losses: Vec<f64> = tiles.filter_map(|tile| tile.loss).collect();
        let centre = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let near = Ruler { centre, reach: data.reach() }.range(losses.iter().copied())?;
        let inside = losses.iter().copied().filter(|loss| near.contains(loss));
        let high = inside.fold(f64::NEG_INFINITY, f64::max);
        let mut notes = vec![
            "mean over seeds, nats per token; no decay has no place on the axes".to_owned(),
            framed(surfaces.iter().flat_map(|one| &one.tiles).any(|tile| tile.is_collapsed)),
        ];
        if surfaces.iter().flat_map(|one| &one.tiles).any(|tile| tile.loss.is_none()) {
            notes.push(format!("{}: a run did not reach its end", format::MISSING));
        }
        if losses.iter().any(|loss| *loss > high) {
            notes.push("↑: beyond the colours".to_owned());
        }
        if more > 0 {
            notes.push(format!("the best {MOST_SURFACES} rules; … {more} more in summary.csv"));
        }
        let title = words::surface_title(&data.analysis);
        let lettering = Lettering { title, notes, caption: data.caption.clone() };
        (centre < high).then_some(HeatMap { lettering, surfaces, losses: centre..high })
    }

    /// A row for each surface: on (η, λ) and on (η, ηλ).
    fn grid(&self) -> Grid {
        Grid::of_lots(PANEL, self.surfaces.len(), 2)
    }
}

/// Which tiles are framed: an arm that may not be its rule's best is none of them, low as its loss may be.
fn framed(has_collapsed: bool) -> String {
    let of = match has_collapsed {
        true => " among arms without a run that collapsed on val (with one: †)",
        false => "",
    };
    format!("framed: of each rule the best half by val loss{of}, {BEST} at most")
}

/// What a variant says beside the learning rate, which has an axis.
fn beside_lr(variant: &str) -> String {
    let words = variant.split(' ').filter(|word| !word.starts_with("lr="));
    words.collect::<Vec<_>>().join(" ")
}

impl Surface {
    fn of((form, mask, variant): (Form, Option<Mask>, String), tiles: Vec<Tile>) -> Option<Self> {
        let distinct = |of: fn(&Tile) -> f64| {
            let mut values: Vec<f64> = tiles.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values.len()
        };
        if distinct(|tile| tile.lr) < 2 || distinct(|tile| tile.weight_decay) < 2 {
            return None;
        }
        let candidates = tiles.iter().filter(|tile| !tile.is_collapsed);
        let mut ranks: Vec<f64> = candidates.filter_map(|tile| tile.rank).collect();
        ranks.sort_by(f64::total_cmp);
        // Frames around all tiles would tell none from the others.
        let last = BEST.min(ranks.len().div_ceil(2)).checked_sub(1);
        let threshold = last.map_or(f64::NEG_INFINITY, |last| ranks[last]);
        let lowest = ranks.first().copied().unwrap_or(f64::INFINITY);
        let mut title = words::decay_label(form, mask);
        if !variant.is_empty() {
            title += &format!(", {variant}");
        }
        Some(Surface { title, tiles, lowest, threshold })
    }
}

impl Figure for HeatMap {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        self.grid().size()
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        let mut areas = self.grid().areas(body);
        for surface in &self.surfaces {
            for axis in [("λ", Tile::lambda as Coordinate), ("ηλ", Tile::product)] {
                let Some(area) = areas.next() else { return Ok(()) };
                Panel::new(surface, &self.losses, axis).draw(&area, hints)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::RunRow;
    use crate::stats::group_by_rule;
    use crate::stats::tests::arm;

    #[test]
    fn a_low_arm_with_a_run_that_collapsed_is_marked_and_not_framed() {
        let at = |lr: f64, weight_decay: f64, loss: f64, spread: f64| {
            let own = move |row: RunRow| RunRow {
                lr,
                setting: format!("{lr}"),
                val_unigram: Some(2.4),
                ..row
            };
            arm(Form::AdamW, Mask::Matrices, weight_decay, loss, spread).into_iter().map(own)
        };
        let mut runs: Vec<RunRow> = at(0.001, 0.1, 2.0, 0.01).collect();
        runs.extend(at(0.001, 1.0, 1.9, 0.01));
        runs.extend(at(0.003, 0.1, 1.8, 0.01));
        // The lowest of all, of 0.5, 1.5 and 2.5.
        runs.extend(at(0.003, 1.0, 1.5, 1.0));
        let groups = group_by_rule(&runs);
        let of = |group: &Group| -> Vec<Tile> {
            group.cells.iter().map(|cell| Tile::of(group, cell, Quantity::ValLoss)).collect()
        };
        let rule = (Form::AdamW, Some(Mask::Matrices), String::new());
        let surface = Surface::of(rule, groups.iter().flat_map(of).collect()).unwrap();
        let are = |keep: &dyn Fn(&Tile) -> bool| -> Vec<(f64, f64)> {
            let kept = surface.tiles.iter().filter(|tile| keep(tile));
            kept.map(|tile| (tile.lr, tile.weight_decay)).collect()
        };
        assert_eq!(are(&|tile| tile.is_collapsed), [(0.003, 1.0)]);
        assert_eq!(are(&|tile| tile.is_framed(surface.threshold)), [(0.001, 1.0), (0.003, 0.1)]);
        assert!(framed(true).contains('†') && !framed(false).contains('†'));
    }
}
