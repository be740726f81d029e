//! What is written around a figure: its title and how to read it above, where it comes from below.

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{Area, SCALE, left, px, text};
use super::palette::INK;
use super::room;

/// Height of what stands below a figure's body.
pub const BELOW: u32 = 24;
/// Height of the title with the air around it, and of a line of notes.
const TITLE: u32 = 36;
const LINE: u32 = 15;
/// Left and right of every line.
const MARGIN: u32 = 14;
/// Lines of notes that there is always room for.
const LINES: usize = 2;

/// The words of a figure.
pub struct Lettering {
    pub title: String,
    /// How to read it, and what is not in it.
    pub notes: Vec<String>,
    /// Experiment, seeds and program.
    pub caption: String,
}

impl Lettering {
    /// Height of what stands above the body of a figure of this width.
    pub fn above(&self, width: u32) -> u32 {
        TITLE + LINE * self.lines(width).len().max(LINES) as u32
    }

    fn lines(&self, width: u32) -> Vec<String> {
        room::lines(&self.notes, 12, room(width))
    }

    /// Writes it; what is left of the area is for the body.
    pub fn draw<'a>(&self, area: &Area<'a>) -> Result<Area<'a>> {
        let (width, height) = area.dim_in_pixel();
        let width = width / SCALE;
        let (area, below) = area.split_vertically(height as i32 - px(BELOW));
        self.draw_caption(&below, width)?;
        let (above, body) = area.split_vertically(px(self.above(width)));
        self.draw_title(&above, width)?;
        Ok(body)
    }

    fn draw_title(&self, area: &Area, width: u32) -> Result<()> {
        let room = room(width);
        let fits = |points: &u32| room::width(&self.title, *points) <= room;
        let points = (12..=18).rev().find(fits).unwrap_or(12);
        let title = room::fit(&self.title, points, room);
        area.draw(&Text::new(title, (px(MARGIN), px(12)), text(points, INK)))?;
        for (index, line) in self.lines(width).into_iter().enumerate() {
            let place = (px(MARGIN), px(TITLE + 2 + LINE * index as u32));
            area.draw(&Text::new(line, place, text(12, INK)))?;
        }
        Ok(())
    }

    fn draw_caption(&self, area: &Area, width: u32) -> Result<()> {
        let caption = room::fit(&self.caption, 10, room(width));
        let (_, height) = area.dim_in_pixel();
        let place = (px(MARGIN), height as i32 - px(12));
        area.draw(&Text::new(caption, place, left(10, RGBColor(110, 110, 110))))?;
        Ok(())
    }
}

/// For a line in a figure of this width.
fn room(width: u32) -> f64 {
    f64::from(width - 2 * MARGIN)
}
