//! A line through points, whole or in dashes.

use anyhow::Result;
use plotters::prelude::*;

use super::axes::Chart;
use super::canvas::{Area, line, px};

#[derive(Clone, Copy)]
pub struct Stroke {
    pub colour: RGBColor,
    /// Pixels drawn and left out by turns, in the final figure; `None` for a whole line.
    pub dashes: Option<(u32, u32)>,
}

impl Stroke {
    pub fn draw(
        self,
        chart: &mut Chart,
        points: impl IntoIterator<Item = (f64, f64), IntoIter: Clone>,
    ) -> Result<()> {
        let (points, style) = (points.into_iter(), line(self.colour, 1.0, 2));
        match self.dashes {
            None => chart.draw_series(LineSeries::new(points, style))?,
            Some((dash, space)) => {
                let (dash, space) = (px(dash) as u32, px(space) as u32);
                chart.draw_series(DashedLineSeries::new(points, dash, space, style))?
            }
        };
        Ok(())
    }

    /// A piece of it in a legend, so many pixels long.
    pub fn draw_key(self, area: &Area, (x, y): (i32, i32), length: u32) -> Result<()> {
        let (dash, space) = self.dashes.unwrap_or((length, 0));
        for start in (0..length).step_by((dash + space) as usize) {
            let ends = [(x + px(start), y), (x + px((start + dash).min(length)), y)];
            area.draw(&PathElement::new(ends, line(self.colour, 1.0, 2)))?;
        }
        Ok(())
    }
}
