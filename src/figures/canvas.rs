use std::io::Cursor;
use std::path::Path;
use std::sync::Once;

use anyhow::{Context, Result, anyhow};
use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use crate::files::{create_folder, write_atomically};

/// Figures are drawn this many times larger and scaled down: plotters smooths no thick line.
pub const SCALE: u32 = 3;

/// The area of a figure while it is drawn.
pub type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Draws a figure of `width` × `height` pixels and writes it as a PNG file.
///
/// # Errors
/// A drawing that fails, or a folder that cannot be written.
pub fn draw_png(
    path: &Path,
    (width, height): (u32, u32),
    draw: impl FnOnce(&Area) -> Result<()>,
) -> Result<()> {
    register_fonts();
    let (wide, high) = (width * SCALE, height * SCALE);
    let mut pixels = vec![255; (wide * high * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (wide, high)).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area).with_context(|| format!("drawing {}", path.display()))?;
        area.present()?;
    }
    let large =
        RgbImage::from_raw(wide, high, pixels).context("the buffer has the figure's size")?;
    let mut png = Cursor::new(Vec::new());
    resize(&large, width, height, FilterType::Triangle).write_to(&mut png, ImageFormat::Png)?;
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    write_atomically(path, png.get_ref())
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

/// A line style of `width` pixels in the final figure.
pub fn line(colour: RGBColor, opacity: f64, width: u32) -> ShapeStyle {
    colour.mix(opacity).stroke_width(width * SCALE)
}

/// Pixels of the final figure as pixels of the drawing.
pub fn px(pixels: u32) -> i32 {
    (pixels * SCALE) as i32
}

/// The smallest range that holds all values, with a little air; an error where there are none.
pub fn range_of(values: impl Iterator<Item = f64>) -> Result<std::ops::Range<f64>> {
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

/// [`range_of`] the values, and of the floor as well where that lies near them: an axis that
/// reached down to a far one would squeeze what it shows.
pub fn range_with_floor(
    values: impl Iterator<Item = f64>,
    floor: Option<f64>,
) -> Result<std::ops::Range<f64>> {
    let range = range_of(values)?;
    let near = |floor: &f64| range.start - floor < 0.25 * (range.end - range.start);
    match floor.filter(near) {
        Some(floor) => range_of([range.start, range.end, floor].into_iter()),
        None => Ok(range),
    }
}
