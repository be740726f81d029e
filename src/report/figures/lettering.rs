//! What is written around a figure: its title and how to read it above, where it comes from below.

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{Area, Backend, SCALE, left, px, text};
use super::palette::INK;
use super::room;

/// Heights of what stands above a figure's body and below it.
pub const ABOVE: u32 = 66;
pub const BELOW: u32 = 24;
/// Left and right of every line.
const MARGIN: u32 = 14;
/// Lines of notes that there is room for.
const MOST_LINES: usize = 2;

/// The words of a figure.
pub struct Lettering {
    pub title: String,
    /// How to read it, and what is not in it.
    pub notes: Vec<String>,
    /// Experiment, seeds and program.
    pub caption: String,
}

impl Lettering {
    /// Writes it; what is left of the area is for the body.
    pub fn draw<DB: Backend>(&self, area: &Area<DB>) -> Result<Area<DB>> {
        let (width, height) = area.dim_in_pixel();
        let room = f64::from(width / SCALE - 2 * MARGIN);
        let (area, below) = area.split_vertically(height as i32 - px(BELOW));
        self.draw_caption(&below, room)?;
        let (above, body) = area.split_vertically(px(ABOVE));
        self.draw_title(&above, room)?;
        Ok(body)
    }

    fn draw_title<DB: Backend>(&self, area: &Area<DB>, room: f64) -> Result<()> {
        let fits = |points: &u32| room::width(&self.title, *points) <= room;
        let points = (12..=18).rev().find(fits).unwrap_or(12);
        let title = room::fit(&self.title, points, room);
        area.draw(&Text::new(title, (px(MARGIN), px(12)), text(points, INK)))?;
        let lines = room::lines(&self.notes, 12, room).into_iter().take(MOST_LINES);
        for (index, line) in lines.enumerate() {
            let place = (px(MARGIN), px(38 + 15 * index as u32));
            area.draw(&Text::new(line, place, text(12, INK)))?;
        }
        Ok(())
    }

    fn draw_caption<DB: Backend>(&self, area: &Area<DB>, room: f64) -> Result<()> {
        let caption = room::fit(&self.caption, 10, room);
        let (_, height) = area.dim_in_pixel();
        let place = (px(MARGIN), height as i32 - px(12));
        area.draw(&Text::new(caption, place, left(10, RGBColor(110, 110, 110))))?;
        Ok(())
    }
}
