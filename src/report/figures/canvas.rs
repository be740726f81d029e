//! What figures are drawn on, in what lines and letters, and with what hints.

use std::fmt::Write;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::sheet::Sheet;

/// Figures are drawn this many times larger and scaled down: plotters smooths no thick line. What
/// scales them down knows no other number.
pub const SCALE: u32 = 3;

/// The area of a figure while it is drawn.
pub type Area<'a> = DrawingArea<Sheet<'a>, Shift>;

/// What to say when a pointer rests on a place of a figure.
#[derive(Default)]
pub struct Hints(Vec<((i32, i32), String)>);

impl Hints {
    /// Adds one at a place in pixels of the drawing.
    pub fn add(&mut self, place: (i32, i32), text: String) {
        self.0.push((place, text));
    }

    /// As markup.
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        for ((x, y), text) in &self.0 {
            let (radius, text) = (px(6), escape(text));
            let _ = writeln!(
                svg,
                "<circle class=\"hint\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"#000\" \
                 fill-opacity=\"0\"><title>{text}</title></circle>"
            );
        }
        svg
    }
}

/// Text inside markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text style of `points` pixels in the final figure.
pub fn text(points: u32, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", points * SCALE).into_font().color(&colour)
}

/// The same, anchored at its left and middle.
pub fn left(points: u32, colour: RGBColor) -> TextStyle<'static> {
    text(points, colour).pos(Pos::new(HPos::Left, VPos::Center))
}

/// The same, anchored at its middle and top.
pub fn centred(points: u32, colour: RGBColor) -> TextStyle<'static> {
    text(points, colour).pos(Pos::new(HPos::Center, VPos::Top))
}

/// A line style of `width` pixels in the final figure.
pub fn line(colour: RGBColor, opacity: f64, width: u32) -> ShapeStyle {
    colour.mix(opacity).stroke_width(width * SCALE)
}

/// Pixels of the final figure as pixels of the drawing.
pub fn px(pixels: u32) -> i32 {
    (pixels * SCALE) as i32
}
