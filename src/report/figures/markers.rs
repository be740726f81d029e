//! What tells rules apart: the colour of a form, the marker and the stroke of a mask, and of rules that
//! differ in their recipe alone the shade, the stroke and the marker's notches.

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{Area, left, px};
use super::palette::{self, INK};
use super::stroke::Stroke;
use crate::config::Mask;
use crate::stats::{Group, Rule};

/// How a rule looks in every figure that shows several.
#[derive(Clone, Copy)]
pub struct Look {
    mask: Option<Mask>,
    pub colour: RGBColor,
    /// Which of the rules of its form and mask it is.
    variant: usize,
}

/// Pixels drawn and left out by turns, in the final figure, of the second rule of a form and mask and of
/// those after it.
const STROKES: [(u32, u32); 6] = [(2, 3), (12, 3), (4, 8), (1, 2), (8, 2), (3, 6)];
/// Width of a line in a legend.
const KEY: u32 = 26;

/// How many triangles each place at the edges of a chart has.
#[derive(Default)]
pub struct Taken(HashMap<(i32, i32), i32>);

impl Taken {
    fn next(&mut self, place: (i32, i32)) -> i32 {
        let count = self.0.entry(place).or_default();
        *count += 1;
        *count - 1
    }
}

impl Look {
    /// Of a rule among those that a figure shows.
    pub fn of<'a>(rule: &Rule, shown: impl IntoIterator<Item = &'a Group>) -> Self {
        let alike = shown.into_iter().filter(|group| {
            (group.rule.form, group.rule.mask) == (rule.form, rule.mask)
                && group.rule.in_values_table == rule.in_values_table
        });
        let variant = alike.take_while(|group| group.rule != *rule).count();
        let colour = palette::shade(palette::form(rule.form), variant);
        Look { mask: rule.mask, colour, variant }
    }

    /// Markers of `radius` pixels in the final figure.
    pub fn draw_markers(
        self,
        chart: &mut Chart,
        points: impl IntoIterator<Item = (f64, f64)>,
        (radius, style): (u32, ShapeStyle),
    ) -> Result<()> {
        let marker = |at| EmptyElement::at(at) + Polygon::new(self.outline(radius), style);
        chart.draw_series(points.into_iter().map(marker))?;
        Ok(())
    }

    /// A triangle at the edge that a point lies beyond, pointing there; beside those that are there already.
    pub fn draw_beyond(
        self,
        chart: &mut Chart,
        (x, y): (f64, f64),
        values: &Range<f64>,
        taken: &mut Taken,
    ) -> Result<()> {
        let back = if y > values.end { px(10) } else { -px(10) };
        let edge = (x, y.clamp(values.start, values.end));
        let beside = px(13) * taken.next(chart.backend_coord(&edge));
        let triangle = vec![(beside, 0), (beside + px(6), back), (beside - px(6), back)];
        let arrow = EmptyElement::at(edge) + Polygon::new(triangle, self.colour.filled());
        chart.draw_series([arrow])?;
        Ok(())
    }

    /// A line through points.
    pub fn draw_line(self, chart: &mut Chart, points: &[(f64, f64)]) -> Result<()> {
        self.stroke().draw(chart, points.iter().copied())
    }

    /// Its line and marker in a legend, before a name.
    pub fn draw_key(self, area: &Area, name: String, (x, y): (i32, i32)) -> Result<()> {
        self.stroke().draw_key(area, (x, y), KEY)?;
        let marker: Vec<(i32, i32)> =
            self.outline(5).iter().map(|(dx, dy)| (x + px(KEY / 2) + dx, y + dy)).collect();
        area.draw(&Polygon::new(marker, self.colour.filled()))?;
        area.draw(&Text::new(name, (x + px(34), y), left(12, INK)))?;
        Ok(())
    }

    fn stroke(self) -> Stroke {
        let dashes = match self.variant.checked_sub(1) {
            Some(other) => Some(STROKES[other % STROKES.len()]),
            None if self.mask == Some(Mask::Matrices) => None,
            None => Some((6, 4)),
        };
        Stroke { colour: self.colour, dashes }
    }

    /// The outline that stands for a rule, in pixels around its middle: matrices a disc, linear a
    /// triangle that points right, as one at an edge never does, no-embeddings a diamond, global a
    /// square; notched for all but the first recipe.
    fn outline(self, radius: u32) -> Vec<(i32, i32)> {
        let (corners, turn) = match (self.mask, self.variant) {
            (Some(Mask::Matrices) | None, 0) => (24, 0.0),
            (Some(Mask::Matrices) | None, _) => (8, 0.0),
            (Some(Mask::Linear), _) => (3, 0.0),
            (Some(Mask::NoEmbeddings), _) => (4, 0.0),
            (Some(Mask::Global), _) => (4, 0.125),
        };
        let radius = f64::from(px(radius));
        let at = |turns: f64, radius: f64| {
            let angle = TAU * (turns + turn);
            ((radius * angle.cos()).round() as i32, (radius * angle.sin()).round() as i32)
        };
        let corner = |index: i32| {
            let place = f64::from(index) / f64::from(corners);
            let notch = at(place + 0.5 / f64::from(corners), radius * 0.45);
            [Some(at(place, radius)), (self.variant > 0).then_some(notch)]
        };
        (0..corners).flat_map(corner).flatten().collect()
    }
}
