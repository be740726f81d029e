use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::axes::Chart;
use super::super::canvas::{Area, Hints, SCALE, centred, line, px, text};
use super::super::palette::{self, INK};
use super::super::room::{fit_name, thinned, width};
use super::super::scale::tick;
use super::{PANEL, Surface, Tile};
use crate::config::to_digits;
use crate::report::format;

/// Tiles are no narrower than this share of their mean distance.
const UNEVEN: f64 = 0.5;
/// Places that differ by less are one.
const SAME: f64 = 1e-6;
/// How much of a tile a frame leaves free at each side.
const INSET: f64 = 0.04;
/// Colours that the numbers on tiles tell apart.
const STEPS: usize = 5;

/// The place of a tile on an axis, as a logarithm.
pub type Coordinate = fn(&Tile) -> f64;

/// A surface on one pair of axes.
pub struct Panel<'a> {
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
    pub fn new(
        surface: &'a Surface,
        losses: &'a Range<f64>,
        (axis, across): (&'static str, Coordinate),
    ) -> Self {
        let width = spacing(&surface.tiles, Tile::lambda);
        let height = spacing(&surface.tiles, Tile::up);
        Panel { surface, losses, axis, across, width, height }
    }

    pub fn draw(&self, area: &Area, hints: &mut Hints) -> Result<()> {
        let x = bounds(self.surface.tiles.iter().map(self.across), self.width);
        let y = bounds(self.surface.tiles.iter().map(Tile::up), self.height);
        let title = format!("{} on (η, {})", self.surface.title, self.axis);
        let mut chart = ChartBuilder::on(area)
            .margin(px(10))
            .caption(fit_name(&title, 14, f64::from(PANEL.0 - 20)), text(14, INK))
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
    fn draw_ticks(&self, area: &Area, chart: &Chart, (x_start, y_start): (f64, f64)) -> Result<()> {
        let (left, top) = area.get_base_pixel();
        let at = |x: f64, y: f64| {
            let (x, y) = chart.backend_coord(&(x, y));
            (x - left, y - top)
        };
        let pixels = |drawn: i32| f64::from(drawn) / f64::from(SCALE);
        let rows = distinct(self.surface.tiles.iter().map(Tile::up));
        let rooms: Vec<_> = rows.iter().map(|row| (pixels(at(x_start, *row).1), 12.0)).collect();
        let names = numbers(&rows);
        for index in thinned(&rooms, 2.0) {
            let (x, y) = at(x_start, rows[index]);
            let style = text(10, INK).pos(Pos::new(HPos::Right, VPos::Center));
            area.draw(&Text::new(names[index].clone(), (x - px(5), y), style))?;
        }
        let columns = distinct(self.surface.tiles.iter().map(self.across));
        let names = numbers(&columns);
        let room =
            |(column, name): (&f64, &String)| (pixels(at(*column, y_start).0), width(name, 10));
        let rooms: Vec<_> = columns.iter().zip(&names).map(room).collect();
        for index in thinned(&rooms, 6.0) {
            let (x, y) = at(columns[index], y_start);
            area.draw(&Text::new(names[index].clone(), (x, y + px(5)), centred(10, INK)))?;
        }
        Ok(())
    }

    /// Where a tile begins and ends. No tile covers a part of another.
    fn corners(&self, tile: &Tile) -> [(f64, f64); 2] {
        let tiles = &self.surface.tiles;
        let row = tiles.iter().filter(|one| (one.up() - tile.up()).abs() < SAME);
        let (left, right) = around((self.across)(tile), self.width, row.map(self.across));
        let (low, high) = around(tile.up(), self.height, tiles.iter().map(Tile::up));
        [(left, low), (right, high)]
    }

    fn draw_tile(&self, chart: &mut Chart, tile: &Tile, hints: &mut Hints) -> Result<()> {
        let span = self.losses.end - self.losses.start;
        let share = tile.loss.map(|loss| (loss - self.losses.start) / span);
        let colour = share.map_or(WHITE, palette::ramp);
        let corners = self.corners(tile);
        chart.draw_series([Rectangle::new(corners, colour.filled())])?;
        let loss =
            tile.loss.map_or(format::MISSING.to_owned(), |loss| tick(loss, self.losses, STEPS));
        let collapsed = if tile.is_collapsed { "†" } else { "" };
        let label = match share {
            Some(share) if share > 1.0 => format!("↑{collapsed}"),
            _ => format!("{loss}{collapsed}"),
        };
        let [a, b] = corners.map(|corner| chart.backend_coord(&corner));
        let (wide, high) = ((b.0 - a.0).abs() / px(1), (b.1 - a.1).abs() / px(1));
        let fits = |label: &str| f64::from(wide) > width(label, 10) + 2.0 && high > 11;
        if let Some(label) =
            [label.as_str(), collapsed].into_iter().find(|one| !one.is_empty() && fits(one))
        {
            let ink = if share.is_some_and(|share| share < 0.45) { WHITE } else { INK };
            let style = text(10, ink).pos(Pos::new(HPos::Center, VPos::Center));
            let [(left, low), (right, high)] = corners;
            let middle = ((left + right) / 2.0, (low + high) / 2.0);
            chart.draw_series([Text::new(label.to_owned(), middle, style)])?;
        }
        let (lr, lambda) = (format::exact(tile.lr), format::exact(tile.weight_decay));
        let hint = format!("{}: η = {lr}, λ = {lambda}: {loss}{collapsed}", self.surface.title);
        hints.add(chart.backend_coord(&((self.across)(tile), tile.up())), hint);
        Ok(())
    }

    fn draw_frame(&self, chart: &mut Chart, tile: &Tile) -> Result<()> {
        let [(left, low), (right, high)] = self.corners(tile);
        let (dx, dy) = ((right - left) * INSET, (high - low) * INSET);
        let (left, right, low, high) = (left + dx, right - dx, low + dy, high - dy);
        let frame = [(left, low), (right, low), (right, high), (left, high), (left, low)];
        chart.draw_series([PathElement::new(frame, line(RGBColor(213, 94, 0), 1.0, 2))])?;
        Ok(())
    }
}

/// As far as a tile reaches from its place: half of its size, and at most halfway to the next.
fn around(place: f64, size: f64, others: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut start, mut end) = (place - size / 2.0, place + size / 2.0);
    for other in others.filter(|other| (other - place).abs() >= SAME) {
        let halfway = (place + other) / 2.0;
        match other < place {
            true => start = start.max(halfway),
            false => end = end.min(halfway),
        }
    }
    (start, end)
}

/// The distance of two values of a grid: the smallest, where the values are a grid at all.
fn spacing(tiles: &[Tile], of: impl Fn(&Tile) -> f64) -> f64 {
    let values = distinct(tiles.iter().map(of));
    let smallest = values.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let mean = (values[values.len() - 1] - values[0]) / (values.len() - 1).max(1) as f64;
    if smallest > mean * UNEVEN { smallest } else { mean * UNEVEN }
}

/// Numbers at places on a logarithmic axis, to two digits or as many as tell them apart: a product is
/// known to six.
fn numbers(places: &[f64]) -> Vec<String> {
    let to = |digits: usize| -> Vec<f64> {
        places.iter().map(|place| to_digits(10f64.powf(*place), digits)).collect()
    };
    let differ = |values: &Vec<f64>| values.windows(2).all(|pair| pair[0] != pair[1]);
    format::labels(&(2..6).map(to).find(differ).unwrap_or_else(|| to(6)))
}

fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < SAME);
    values
}

fn bounds(values: impl Iterator<Item = f64>, spacing: f64) -> Range<f64> {
    let values = distinct(values);
    values[0] - spacing * 0.6..values[values.len() - 1] + spacing * 0.6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tile_of_uneven_places_covers_a_part_of_another() {
        let places = [-3.0, -2.52, -1.0, 1.0];
        let size = 1.0;
        let tiles = places.map(|place| around(place, size, places.into_iter()));
        assert!(tiles.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{tiles:?}");
        assert_eq!(tiles[3], (0.5, 1.5));
        let apart = places.iter().zip(tiles);
        assert!(apart.clone().all(|(place, (start, end))| start < *place && *place < end));
    }
}
