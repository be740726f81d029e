//! Differences from no decay with their intervals, one line per arm.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, draw_caption, draw_title, left, line, px,
};
use super::data::Data;
use super::palette::{self, FAINT, INK};
use crate::analysis::{Comparison, Quantity};

const WIDTH: u32 = 880;
const ROW: u32 = 20;
/// Columns: the arm's name, the plot, the numbers.
const NAMES: u32 = 250;
const NUMBERS: u32 = 250;
const AXIS: u32 = 44;

/// Paired differences of val loss.
pub struct Forest<'a> {
    rows: Vec<&'a Comparison>,
    range: Range<f64>,
    clipped: bool,
    caption: &'a str,
}

impl<'a> Forest<'a> {
    /// The figure; `None` where nothing is compared with no decay.
    pub fn new(data: &'a Data) -> Option<Self> {
        let all = &data.analysis.against_none;
        let rows: Vec<&Comparison> =
            all.iter().filter(|row| row.quantity == Quantity::ValLoss).collect();
        let lowest = rows.iter().map(|row| low(row)).fold(0.0, f64::min);
        let highest = rows.iter().map(|row| high(row)).fold(0.0, f64::max);
        // Too much decay costs so much that its arms would squeeze all others: they become arrows.
        let end = if lowest < 0.0 { highest.min(-2.0 * lowest) } else { highest };
        let air = (end - lowest).max(1e-6) * 0.06;
        let (range, clipped) = (lowest - air..end + air, end < highest);
        (!rows.is_empty()).then_some(Forest { rows, range, clipped, caption: &data.caption })
    }

    fn draw_axis<DB: Backend>(&self, area: &Area<DB>, place: impl Fn(f64) -> i32) -> Result<()> {
        let bottom = px(ROW * self.rows.len() as u32 + 6);
        for tick in ticks(&self.range) {
            let x = place(tick);
            let style = if tick == 0.0 { line(INK, 0.8, 1) } else { line(FAINT, 0.8, 1) };
            area.draw(&PathElement::new([(x, 0), (x, bottom)], style))?;
            let label = format!("{tick:+.2}").replace("+0.00", "0").replace('-', "−");
            area.draw(&Text::new(label, (x, bottom + px(4)), centred(11, INK)))?;
        }
        let what = "val loss − val loss without decay (nats per token); left of 0 is better";
        let middle = place((self.range.start + self.range.end) / 2.0);
        area.draw(&Text::new(what, (middle, bottom + px(22)), centred(11, INK)))?;
        Ok(())
    }

    fn draw_row<DB: Backend>(
        &self,
        area: &Area<DB>,
        row: &Comparison,
        y: i32,
        place: impl Fn(f64) -> i32,
        hints: &mut Hints,
    ) -> Result<()> {
        let colour = palette::form(row.left.key.form);
        let coefficient =
            row.left.weight_decay.map_or(String::new(), |value| format!("   λ = {value}"));
        let name = format!("{}{coefficient}", row.left.key.label());
        area.draw(&Text::new(name.clone(), (px(14), y), left(12, INK)))?;
        let numbers = numbers(row);
        let column = px(WIDTH - NUMBERS + 16);
        area.draw(&Text::new(numbers.clone(), (column, y), left(12, INK)))?;
        let mean = row.difference.mean;
        if mean > self.range.end {
            let (tip, back) = (place(self.range.end), px(9));
            let arrow = [(tip, y), (tip - back, y - px(5)), (tip - back, y + px(5))];
            area.draw(&Polygon::new(arrow, colour.filled()))?;
            return Ok(());
        }
        let inside = |value: f64| place(value.clamp(self.range.start, self.range.end));
        let ends = [(inside(low(row)), y), (inside(high(row)), y)];
        area.draw(&PathElement::new(ends, line(colour, 0.9, 2)))?;
        let half = if row.is_distinguishable() { px(5) } else { px(4) };
        let (x0, x1) = (place(mean) - half, place(mean) + half);
        let square = [(x0, y - half), (x1, y - half), (x1, y + half), (x0, y + half)];
        // Filled where the corrected p is below 5%: not by colour alone.
        let marker = if row.is_distinguishable() { colour.filled() } else { WHITE.filled() };
        area.draw(&Polygon::new(square, marker))?;
        let outline = square.into_iter().chain([square[0], square[1]]).collect::<Vec<_>>();
        area.draw(&PathElement::new(outline, line(colour, 1.0, 2)))?;
        let (left, top) = area.get_base_pixel();
        hints.add((left + place(mean), top + y), format!("{name}: {numbers}"));
        Ok(())
    }
}

impl Figure for Forest<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, TITLE + ROW * self.rows.len() as u32 + AXIS + 16 + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        let mut note =
            "paired by seed, 95% intervals; filled: p < 0.05 after Holm's correction".to_owned();
        if self.clipped {
            note += "; arrows: beyond the axis";
        }
        draw_title(&header, "Val loss against no decay", &note)?;
        let (start, width) = (px(NAMES), px(WIDTH - NAMES - NUMBERS));
        let span = self.range.end - self.range.start;
        let place =
            |value: f64| start + ((value - self.range.start) / span * f64::from(width)) as i32;
        self.draw_axis(&body, place)?;
        for (index, row) in self.rows.iter().enumerate() {
            let y = px(ROW * index as u32 + ROW / 2 + 3);
            self.draw_row(&body, row, y, place, hints)?;
        }
        Ok(())
    }
}

fn low(row: &Comparison) -> f64 {
    row.difference.mean - row.difference.half_width.unwrap_or(0.0)
}

fn high(row: &Comparison) -> f64 {
    row.difference.mean + row.difference.half_width.unwrap_or(0.0)
}

fn numbers(row: &Comparison) -> String {
    let mean = format!("{:+.3}", row.difference.mean).replace('-', "−");
    let half = row.difference.half_width.map_or(String::new(), |half| format!(" ± {half:.3}"));
    let p = match row.p_holm {
        Some(p) if p < 0.001 => "   p < 0.001".to_owned(),
        Some(p) => format!("   p = {p:.3}"),
        None => String::new(),
    };
    format!("{mean}{half}{p}")
}

/// Round numbers across a range, 0 among them.
fn ticks(range: &Range<f64>) -> Vec<f64> {
    let rough = (range.end - range.start) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = step.into_iter().find(|step| *step >= rough).unwrap_or(power);
    let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}
