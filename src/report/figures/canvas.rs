use std::fmt::Write;
use std::io::Cursor;
use std::sync::Once;

use anyhow::{Context, Result};
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::lettering::{self, Lettering};
use super::shrink::to_a_third;

/// Figures are drawn this many times larger and scaled down: plotters smooths no thick line. What
/// scales them down knows no other number.
pub const SCALE: u32 = 3;

/// What can be drawn on.
pub trait Backend: DrawingBackend<ErrorType: 'static> {}

impl<DB: DrawingBackend<ErrorType: 'static>> Backend for DB {}

/// The area of a figure while it is drawn.
pub type Area<DB> = DrawingArea<DB, Shift>;

/// A figure, drawn alike as pixels and as vectors.
pub trait Figure {
    /// What is written around its body.
    fn lettering(&self) -> &Lettering;

    /// Width and height of its body in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws its body.
    ///
    /// # Errors
    /// Nothing finite to draw.
    fn draw<DB: Backend>(&self, body: &Area<DB>, hints: &mut Hints) -> Result<()>;
}

/// Width and height of a figure with its words.
fn size(figure: &impl Figure) -> (u32, u32) {
    let (width, height) = figure.size();
    (width, height + figure.lettering().above(width) + lettering::BELOW)
}

fn draw<DB: Backend>(figure: &impl Figure, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
    area.fill(&WHITE)?;
    figure.draw(&figure.lettering().draw(area)?, hints)?;
    area.present()?;
    Ok(())
}

/// What to say when a pointer rests on a place of a figure.
#[derive(Default)]
pub struct Hints(Vec<((i32, i32), String)>);

impl Hints {
    /// Adds one at a place in pixels of the drawing.
    pub fn add(&mut self, place: (i32, i32), text: String) {
        self.0.push((place, text));
    }

    fn svg(&self) -> String {
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

/// A figure as PNG.
pub fn png(figure: &impl Figure) -> Result<Vec<u8>> {
    register_fonts();
    let (width, height) = size(figure);
    let (wide, high) = (width * SCALE, height * SCALE);
    let mut white = vec![255; (wide * high * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut white, (wide, high)).into_drawing_area();
        draw(figure, &area, &mut Hints::default())?;
    }
    let small = to_a_third(&white, width as usize, height as usize);
    drop(white);
    let small =
        RgbImage::from_raw(width, height, small).context("the buffer has the figure's size")?;
    let mut png = Cursor::new(Vec::new());
    small.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// A figure as SVG.
pub fn svg(figure: &impl Figure) -> Result<String> {
    register_fonts();
    let (width, height) = size(figure);
    let (wide, high) = (width * SCALE, height * SCALE);
    let mut text = String::new();
    let mut hints = Hints::default();
    {
        let area = SVGBackend::with_string(&mut text, (wide, high)).into_drawing_area();
        draw(figure, &area, &mut hints)?;
    }
    // Drawn large like the pixels; the view box scales it to its size.
    let drawn = format!("width=\"{wide}\" height=\"{high}\"");
    let shown = format!("width=\"{width}\" height=\"{height}\"");
    let end = text.rfind("</svg>").context("plotters writes a whole SVG")?;
    text.insert_str(end, &hints.svg());
    Ok(text.replacen(&drawn, &shown, 1).replace("sans-serif", "DejaVu Sans, Verdana, sans-serif"))
}

/// The embedded typeface, so that figures look the same on a machine without fonts.
fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
        let _ = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
    });
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
