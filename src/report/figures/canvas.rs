use std::fmt::Write;
use std::io::Cursor;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::{Context, Result, anyhow};
use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::palette::INK;
use crate::files::write_atomically;

/// Figures are drawn this many times larger and scaled down: plotters smooths no thick line.
pub const SCALE: u32 = 3;

/// What can be drawn on.
pub trait Backend: DrawingBackend<ErrorType: 'static> {}

impl<DB: DrawingBackend<ErrorType: 'static>> Backend for DB {}

/// The area of a figure while it is drawn.
pub type Area<DB> = DrawingArea<DB, Shift>;

/// A figure, drawn alike as pixels and as vectors.
pub trait Figure {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws it.
    ///
    /// # Errors
    /// Nothing finite to draw.
    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()>;
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

/// Writes a figure as `<stem>.png` and `<stem>.svg`.
///
/// # Errors
/// A drawing that fails, or a folder that cannot be written.
pub fn write(figure: &impl Figure, stem: &Path) -> Result<[PathBuf; 2]> {
    let files = [stem.with_extension("png"), stem.with_extension("svg")];
    let name = || format!("drawing {}", stem.display());
    write_atomically(&files[0], &png(figure).with_context(name)?)?;
    write_atomically(&files[1], svg(figure).with_context(name)?.as_bytes())?;
    Ok(files)
}

fn png(figure: &impl Figure) -> Result<Vec<u8>> {
    register_fonts();
    let (width, height) = figure.size();
    let (wide, high) = (width * SCALE, height * SCALE);
    let mut pixels = vec![255; (wide * high * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (wide, high)).into_drawing_area();
        area.fill(&WHITE)?;
        figure.draw(&area, &mut Hints::default())?;
        area.present()?;
    }
    let large =
        RgbImage::from_raw(wide, high, pixels).context("the buffer has the figure's size")?;
    let mut png = Cursor::new(Vec::new());
    resize(&large, width, height, FilterType::Triangle).write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// A figure as SVG.
pub fn svg(figure: &impl Figure) -> Result<String> {
    register_fonts();
    let (width, height) = figure.size();
    let (wide, high) = (width * SCALE, height * SCALE);
    let mut text = String::new();
    let mut hints = Hints::default();
    {
        let area = SVGBackend::with_string(&mut text, (wide, high)).into_drawing_area();
        area.fill(&WHITE)?;
        figure.draw(&area, &mut hints)?;
        area.present()?;
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

/// Height of what [`draw_title`] draws.
pub const TITLE: u32 = 66;

/// A title and how to read the figure.
pub fn draw_title<DB: Backend>(area: &Area<DB>, title: &str, note: &str) -> Result<()> {
    area.draw(&Text::new(title.to_owned(), (px(14), px(12)), text(18, INK)))?;
    area.draw(&Text::new(note.to_owned(), (px(14), px(40)), text(12, INK)))?;
    Ok(())
}

/// Height of what [`draw_caption`] draws.
pub const CAPTION: u32 = 24;

/// Where the figure comes from, at the bottom of `area`.
pub fn draw_caption<DB: Backend>(area: &Area<DB>, caption: &str) -> Result<()> {
    let (_, height) = area.dim_in_pixel();
    let place = (px(14), height as i32 - px(12));
    area.draw(&Text::new(caption.to_owned(), place, left(10, RGBColor(110, 110, 110))))?;
    Ok(())
}

/// The smallest range that holds all values, with a little air; an error where there are none.
pub fn range_of(values: impl Iterator<Item = f64>) -> Result<Range<f64>> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low > high {
        return Err(anyhow!("there is nothing finite to draw"));
    }
    let air = ((high - low) * 0.06).max(1e-6);
    Ok(low - air..high + air)
}

/// Decimals that tell the ticks of an axis apart.
pub fn decimals(range: &Range<f64>) -> usize {
    match range.end - range.start {
        span if span < 0.05 => 4,
        span if span < 0.5 => 3,
        _ => 2,
    }
}

/// [`range_of`] the values, and of the floor as well where that lies near them: an axis that
/// reached down to a far one would squeeze what it shows.
pub fn range_with_floor(
    values: impl Iterator<Item = f64>,
    floor: Option<f64>,
) -> Result<Range<f64>> {
    let range = range_of(values)?;
    let near = |floor: &f64| range.start - floor < 0.25 * (range.end - range.start);
    match floor.filter(near) {
        Some(floor) => range_of([range.start, range.end, floor].into_iter()),
        None => Ok(range),
    }
}
