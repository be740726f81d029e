//! What tells rules apart beside their colour: the marker and the stroke of a mask.

use std::f64::consts::TAU;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{Area, Backend, left, line, px};
use super::palette::INK;
use crate::config::Mask;

/// A mask in the colour of a form.
#[derive(Clone, Copy)]
pub struct Look {
    pub mask: Option<Mask>,
    pub colour: RGBColor,
}

impl Look {
    /// Markers of `radius` pixels in the final figure.
    pub fn draw_markers<DB: Backend>(
        self,
        chart: &mut Chart<DB>,
        points: impl IntoIterator<Item = (f64, f64)>,
        (radius, style): (u32, ShapeStyle),
    ) -> Result<()> {
        let marker = |at| EmptyElement::at(at) + Polygon::new(outline(self.mask, radius), style);
        chart.draw_series(points.into_iter().map(marker))?;
        Ok(())
    }

    /// A line through points.
    pub fn draw_line<DB: Backend>(
        self,
        chart: &mut Chart<DB>,
        points: &[(f64, f64)],
    ) -> Result<()> {
        let (points, style) = (points.iter().copied(), line(self.colour, 1.0, 2));
        if self.is_solid() {
            chart.draw_series(LineSeries::new(points, style))?;
        } else {
            let (dash, space) = (px(6) as u32, px(4) as u32);
            chart.draw_series(DashedLineSeries::new(points, dash, space, style))?;
        }
        Ok(())
    }

    /// Its line and marker in a legend, before a name.
    pub fn draw_key<DB: Backend>(
        self,
        area: &Area<DB>,
        name: String,
        (x, y): (i32, i32),
    ) -> Result<()> {
        let strokes: &[(u32, u32)] = if self.is_solid() { &[(0, 26)] } else { &[(0, 8), (18, 26)] };
        for (start, end) in strokes {
            let ends = [(x + px(*start), y), (x + px(*end), y)];
            area.draw(&PathElement::new(ends, line(self.colour, 1.0, 2)))?;
        }
        let marker: Vec<(i32, i32)> =
            outline(self.mask, 5).iter().map(|(dx, dy)| (x + px(13) + dx, y + dy)).collect();
        area.draw(&Polygon::new(marker, self.colour.filled()))?;
        area.draw(&Text::new(name, (x + px(34), y), left(12, INK)))?;
        Ok(())
    }

    fn is_solid(self) -> bool {
        self.mask == Some(Mask::Matrices)
    }
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
