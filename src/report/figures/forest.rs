//! Differences from no decay with their intervals, one line per arm.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, centred, draw_caption, draw_title, left, line, px,
};
use super::data::Data;
use super::markers::Look;
use super::palette::{self, FAINT, INK};
use super::room::{fit, width};
use super::scale::Ruler;
use crate::report::{format, words};
use crate::stats::{Carried, Comparison, Quantity, Rule, ValuesRow};

/// Width of the plot, of the numbers beside it, height of a row and of the axis.
const PLOT: u32 = 380;
const NUMBERS: u32 = 250;
const ROW: u32 = 20;
const AXIS: u32 = 44;
/// Widest column of names, and rows that anyone reads.
const WIDEST_NAMES: u32 = 520;
const MOST_ROWS: usize = 60;

/// Paired differences of val loss.
pub struct Forest<'a> {
    title: &'static str,
    notes: Vec<String>,
    /// Width of the rows' names.
    names: u32,
    rows: Vec<Row<'a>>,
    range: Range<f64>,
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
        let all: Vec<&Comparison> = all.iter().filter(own).collect();
        let names = names(&all);
        let rows = all.into_iter().zip(names).map(|(comparison, name)| {
            let colour = Look::of(&comparison.left.rule, &data.analysis.groups).colour;
            Row { name, colour, comparison }
        });
        let mut forest = Forest::new(data, rows.collect())?;
        forest.title = "Val loss against no decay";
        Some(forest)
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
        let mut forest = Forest::new(data, rows)?;
        forest.title = "Published values of λ at toy scale: val loss against no decay";
        forest
            .notes
            .insert(0, "● documented, ✗ contradicted by its paper, ○ undisclosed".to_owned());
        Some(forest)
    }

    fn new(data: &'a Data, mut rows: Vec<Row<'a>>) -> Option<Self> {
        let mut notes =
            ["paired by seed, 95% intervals", "filled: p < 0.05 after Holm's correction"]
                .map(str::to_owned)
                .to_vec();
        let more = rows.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            keep_lowest(&mut rows);
            notes.push(format!("the lowest {MOST_ROWS}; … {more} more in summary.csv"));
        }
        let range = range(&rows, data.reach())?;
        if rows.iter().any(|row| !range.contains(&row.comparison.difference.mean)) {
            notes.push("arrows: beyond the axis".to_owned());
        }
        let widest = rows.iter().map(|row| width(&row.name, 12)).fold(0.0, f64::max);
        let names = (widest.ceil() as u32 + 30).clamp(250, WIDEST_NAMES);
        for row in &mut rows {
            row.name = fit(&row.name, 12, f64::from(names - 30));
        }
        Some(Forest { title: "", notes, names, rows, range, caption: &data.caption })
    }

    fn width(&self) -> u32 {
        self.names + PLOT + NUMBERS
    }

    fn draw_axis<DB: Backend>(&self, area: &Area<DB>, place: impl Fn(f64) -> i32) -> Result<()> {
        let bottom = px(ROW * self.rows.len() as u32 + 6);
        let ticks = ticks(&self.range);
        let decimals = decimals(&ticks);
        for tick in ticks {
            let x = place(tick);
            let style = if tick == 0.0 { line(INK, 0.8, 1) } else { line(FAINT, 0.8, 1) };
            area.draw(&PathElement::new([(x, 0), (x, bottom)], style))?;
            let label = if tick == 0.0 { "0".to_owned() } else { format::signed(tick, decimals) };
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
        let (base_x, base_y) = area.get_base_pixel();
        let mut hint = |x: i32| hints.add((base_x + x, base_y + y), format!("{name}: {numbers}"));
        if !self.range.contains(&mean) {
            let end = mean.clamp(self.range.start, self.range.end);
            let (tip, back) = (place(end), if mean > end { px(9) } else { -px(9) });
            let arrow = [(tip, y), (tip - back, y - px(5)), (tip - back, y + px(5))];
            area.draw(&Polygon::new(arrow, colour.filled()))?;
            hint(tip);
            return Ok(());
        }
        let inside = |value: f64| place(value.clamp(self.range.start, self.range.end));
        let ends = [(inside(low(row)), y), (inside(high(row)), y)];
        area.draw(&PathElement::new(ends, line(*colour, 0.9, 2)))?;
        let square = |half: i32| [(place(mean) - half, y - half), (place(mean) + half, y + half)];
        area.draw(&Rectangle::new(square(px(5)), colour.filled()))?;
        // Filled where the corrected p is below 5%: not by colour alone.
        if !row.is_distinguishable() {
            area.draw(&Rectangle::new(square(px(3)), WHITE.filled()))?;
        }
        hint(place(mean));
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
        draw_title(&header, self.title, &self.notes)?;
        let (start, plot) = (px(self.names), px(PLOT));
        let span = self.range.end - self.range.start;
        let place =
            |value: f64| start + ((value - self.range.start) / span * f64::from(plot)) as i32;
        self.draw_axis(&body, place)?;
        for (index, row) in self.rows.iter().enumerate() {
            let y = px(ROW * index as u32 + ROW / 2 + 3);
            self.draw_row(&body, row, y, place, hints)?;
        }
        Ok(())
    }
}

/// Rule and λ of each comparison's left side.
fn names(all: &[&Comparison]) -> Vec<String> {
    let rules: Vec<&Rule> = all.iter().map(|one| &one.left.rule).collect();
    let mut distinct: Vec<&Rule> = Vec::new();
    for rule in &rules {
        if !distinct.contains(rule) {
            distinct.push(rule);
        }
    }
    let labels = words::labels(&distinct);
    let known: Vec<f64> = all.iter().filter_map(|one| one.left.weight_decay).collect();
    let mut known = format::labels(&known).into_iter();
    let name = |one: &&Comparison| {
        let place = distinct.iter().position(|rule| **rule == one.left.rule).unwrap_or_default();
        let lambda = one.left.weight_decay.and_then(|_| known.next());
        labels[place].clone() + &lambda.map_or(String::new(), |text| format!("   λ = {text}"))
    };
    all.iter().map(name).collect()
}

/// Keeps the rows with the lowest differences, in their order.
fn keep_lowest(rows: &mut Vec<Row>) {
    let mut means: Vec<f64> = rows.iter().map(|row| row.comparison.difference.mean).collect();
    means.sort_by(f64::total_cmp);
    let last = means[MOST_ROWS - 1];
    rows.retain(|row| row.comparison.difference.mean <= last);
    rows.truncate(MOST_ROWS);
}

/// The differences and their intervals, without those far from 0 and from the others.
fn range(rows: &[Row], reach: f64) -> Option<Range<f64>> {
    let means = rows.iter().map(|row| row.comparison.difference.mean);
    let near = Ruler { centre: 0.0, reach }.range(means)?;
    let inside =
        || rows.iter().map(|row| row.comparison).filter(|row| near.contains(&row.difference.mean));
    let clipped = |value: f64| value.clamp(near.start - 2.0 * reach, near.end + 2.0 * reach);
    let lowest = inside().map(|row| clipped(low(row))).fold(0.0, f64::min);
    let highest = inside().map(|row| clipped(high(row))).fold(0.0, f64::max);
    // Too much decay costs so much that its arms would squeeze all others: they become arrows.
    let end = if lowest < 0.0 { highest.min(-2.0 * lowest) } else { highest };
    let air = (end - lowest).max(1e-6) * 0.06;
    Some(lowest - air..end + air)
}

/// Decimals that tell neighbouring ticks apart, at least two.
fn decimals(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(1.0, f64::min);
    (-step.log10().floor()).clamp(2.0, 9.0) as usize
}

fn low(row: &Comparison) -> f64 {
    row.difference.mean - row.difference.half_width.unwrap_or(0.0)
}

fn high(row: &Comparison) -> f64 {
    row.difference.mean + row.difference.half_width.unwrap_or(0.0)
}

fn numbers(row: &Comparison) -> String {
    let p =
        row.judgement.p_holm.map_or(String::new(), |p| format!("   {}", format::p_in_column(p)));
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
