//! A figure as pixels and as vectors.

use std::sync::Once;

use anyhow::{Context, Result};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ColorType, ImageEncoder};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::canvas::{Area, Hints, SCALE};
use super::lettering::{self, Lettering};
use super::sheet::Sheet;
use super::shrink::to_a_third;

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
