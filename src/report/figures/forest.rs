//! Differences from no decay with their intervals, one line per arm.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, draw_caption, draw_title, left, line, px,
};
use super::data::Data;
use super::palette::{self, FAINT, INK};
use crate::report::{format, words};
use crate::stats::{Carried, Comparison, Quantity, Side, ValuesRow};

/// Width of the plot, of the numbers beside it, height of a row and of the axis.
const PLOT: u32 = 380;
const NUMBERS: u32 = 250;
const ROW: u32 = 20;
const AXIS: u32 = 44;

/// Paired differences of val loss.
pub struct Forest<'a> {
    title: &'static str,
    note: &'static str,
    /// Width of the rows' names.
    names: u32,
    rows: Vec<Row<'a>>,
    range: Range<f64>,
    clipped: bool,
    caption: &'a str,
}

/// One difference, under a name.
struct Row<'a> {
    name: String,
    colour: RGBColor,
    comparison: &'a Comparison,
}

impl<'a> Forest<'a> {
    /// Every arm; `None` where nothing is compared with no decay.
    pub fn of_arms(data: &'a Data) -> Option<Self> {
        let all = &data.analysis.against_none;
        let own =
            |row: &&Comparison| row.quantity == Quantity::ValLoss && !row.left.rule.in_values_table;
        let rows = all.iter().filter(own).map(|comparison| {
            let Side { rule, weight_decay } = &comparison.left;
            let coefficient = weight_decay.map_or(String::new(), |value| format!("   λ = {value}"));
            let name = format!("{}{coefficient}", words::label(rule));
            Row { name, colour: palette::form(rule.form), comparison }
        });
        let forest = Forest::new(data, rows.collect(), 250)?;
        Some(Forest { title: "Val loss against no decay", ..forest })
    }

    /// The values table: every published recipe at its raw λ and at the λ that matches its total
    /// decay. `None` where no such recipe was trained.
    pub fn of_values(data: &'a Data) -> Option<Self> {
        let row = |values: &ValuesRow, how: &str, carried: &'a Carried| {
            let run = carried.run();
            let lambda = format::lambda(run.form, run.weight_decay);
            let (title, mark) = (words::row_title(values), values.published.evidence.mark());
            let name = format!("{mark} {title}   {how} λ = {lambda}");
            let colour = palette::evidence(values.published.evidence);
            Some(Row { name, colour, comparison: carried.against_none.as_ref()? })
        };
        let mut rows = Vec::new();
        for values in &data.analysis.values.as_ref()?.rows {
            rows.extend(values.raw.as_ref().and_then(|raw| row(values, "raw", raw)));
            rows.extend(values.matched.as_ref().and_then(|one| row(values, "matched", one)));
        }
        Some(Forest {
            title: "Published values of λ at toy scale: val loss against no decay",
            note: "● documented, ✗ contradicted by its paper, ○ undisclosed; ",
            ..Forest::new(data, rows, 330)?
        })
    }

    fn new(data: &'a Data, rows: Vec<Row<'a>>, names: u32) -> Option<Self> {
        let lowest = rows.iter().map(|row| low(row.comparison)).fold(0.0, f64::min);
        let highest = rows.iter().map(|row| high(row.comparison)).fold(0.0, f64::max);
        // Too much decay costs so much that its arms would squeeze all others: they become arrows.
        let end = if lowest < 0.0 { highest.min(-2.0 * lowest) } else { highest };
        let air = (end - lowest).max(1e-6) * 0.06;
        let (range, clipped) = (lowest - air..end + air, end < highest);
        let (title, note, caption) = ("", "", &data.caption);
        let forest = Forest { title, note, names, rows, range, clipped, caption };
        (!forest.rows.is_empty()).then_some(forest)
    }

    fn width(&self) -> u32 {
        self.names + PLOT + NUMBERS
    }

    fn draw_axis<DB: Backend>(&self, area: &Area<DB>, place: impl Fn(f64) -> i32) -> Result<()> {
        let bottom = px(ROW * self.rows.len() as u32 + 6);
        for tick in ticks(&self.range) {
            let x = place(tick);
            let style = if tick == 0.0 { line(INK, 0.8, 1) } else { line(FAINT, 0.8, 1) };
            area.draw(&PathElement::new([(x, 0), (x, bottom)], style))?;
            let label = format::signed(tick, 2).replace("+0.00", "0");
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
        Row { name, colour, comparison: row }: &Row,
        y: i32,
        place: impl Fn(f64) -> i32,
        hints: &mut Hints,
    ) -> Result<()> {
        area.draw(&Text::new(name.clone(), (px(14), y), left(12, INK)))?;
        let numbers = numbers(row);
        let column = px(self.names + PLOT + 16);
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
        area.draw(&PathElement::new(ends, line(*colour, 0.9, 2)))?;
        let half = if row.is_distinguishable() { px(5) } else { px(4) };
        let (x0, x1) = (place(mean) - half, place(mean) + half);
        let square = [(x0, y - half), (x1, y - half), (x1, y + half), (x0, y + half)];
        // Filled where the corrected p is below 5%: not by colour alone.
        let marker = if row.is_distinguishable() { colour.filled() } else { WHITE.filled() };
        area.draw(&Polygon::new(square, marker))?;
        let outline = square.into_iter().chain([square[0], square[1]]).collect::<Vec<_>>();
        area.draw(&PathElement::new(outline, line(*colour, 1.0, 2)))?;
        let (left, top) = area.get_base_pixel();
        hints.add((left + place(mean), top + y), format!("{name}: {numbers}"));
        Ok(())
    }
}

impl Figure for Forest<'_> {
    fn size(&self) -> (u32, u32) {
        (self.width(), TITLE + ROW * self.rows.len() as u32 + AXIS + 16 + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        let mut note = self.note.to_owned();
        note += "paired by seed, 95% intervals; filled: p < 0.05 after Holm's correction";
        if self.clipped {
            note += "; arrows: beyond the axis";
        }
        draw_title(&header, self.title, &note)?;
        let (start, width) = (px(self.names), px(PLOT));
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
    let p = row.p_holm.map_or(String::new(), |p| format!("   {}", format::p_in_column(p)));
    format::difference(Some(row.difference), 3) + &p
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
