use std::fmt::Write;
use std::sync::Once;

use anyhow::{Context, Result};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ColorType, ImageEncoder};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::lettering::{self, Lettering};
use super::sheet::Sheet;
use super::shrink::to_a_third;

/// Figures are drawn this many times larger and scaled down: plotters smooths no thick line. What
/// scales them down knows no other number.
pub const SCALE: u32 = 3;

/// The area of a figure while it is drawn.
pub type Area<'a> = DrawingArea<Sheet<'a>, Shift>;

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
    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()>;
}

/// Width and height of a figure with its words.
fn size(figure: &impl Figure) -> (u32, u32) {
    let (width, height) = figure.size();
    (width, height + figure.lettering().above(width) + lettering::BELOW)
}

fn draw(figure: &impl Figure, area: &Area, hints: &mut Hints) -> Result<()> {
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

/// A figure as SVG and as PNG.
pub struct Drawn {
    pub svg: String,
    pub png: Vec<u8>,
}

impl Drawn {
    pub fn of(figure: &impl Figure) -> Result<Self> {
        register_fonts();
        let (width, height) = size(figure);
        let size = (width * SCALE, height * SCALE);
        let mut pixels = vec![0; (size.0 * size.1 * 3) as usize];
        let mut vectors = String::new();
        let mut hints = Hints::default();
        {
            let area = Sheet::new(&mut vectors, &mut pixels, size).into_drawing_area();
            draw(figure, &area, &mut hints)?;
        }
        let small = to_a_third(&pixels, width as usize, height as usize);
        drop(pixels);
        let svg = finished(vectors, &hints, (width, height))?;
        Ok(Drawn { svg, png: png(&small, (width, height))? })
    }
}

/// Compressed in the usual way and without filters, which areas of one colour do not need: half the bytes and the time of
/// the fast way with filters that is the encoder's own choice.
fn png(rgb: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::NoFilter)
        .write_image(rgb, width, height, ColorType::Rgb8)?;
    Ok(png)
}

/// With hints, and scaled to its size by the view box: it is drawn large like the pixels.
fn finished(mut svg: String, hints: &Hints, (width, height): (u32, u32)) -> Result<String> {
    let drawn = format!("width=\"{}\" height=\"{}\"", width * SCALE, height * SCALE);
    let shown = format!("width=\"{width}\" height=\"{height}\"");
    let end = svg.rfind("</svg>").context("plotters writes a whole SVG")?;
    svg.insert_str(end, &hints.svg());
    Ok(svg.replacen(&drawn, &shown, 1).replace("sans-serif", "DejaVu Sans, Verdana, sans-serif"))
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
