//! Differences from no decay, a line each: verdicts with the interval that they rest on, arms with their
//! seeds.

mod axis;
mod rows;

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{Area, Hints, centred, left, line, px};
use super::data::Data;
use super::drawn::Figure;
use super::lettering::Lettering;
use super::palette::{FAINT, INK};
use super::room::{fit, fit_name, width};
use crate::judge::Case;
use crate::report::{format, words};
use crate::stats::Kind;
use crate::stats::claims::Effect;
use axis::{decimals, range, ticks};
use rows::{Line, Row};

/// Width of the plot, height of a row and of the axis.
const PLOT: u32 = 380;
const ROW: u32 = 22;
const AXIS: u32 = 44;
/// Left of a row's name, which stands below its heading's.
const INDENT: u32 = 26;
/// How far from 0 the axis of claims goes at least, in effects that matter.
const REACH_OF_CLAIMS: f64 = 3.0;
/// Narrowest and widest column of the numbers beside the plot, and how much of it they leave free.
const NUMBERS: (u32, u32) = (280, 420);
const BESIDE: u32 = 20;
/// Narrowest and widest column of names.
const NAMES: (u32, u32) = (290, 520);
/// Widest column of claims: they are sentences.
const CLAIMS: u32 = 800;

/// Why the bar of what is lower or higher may hold 0.
const CORRECTIONS: &str =
    "verdicts by Holm, bars by Bonferroni, a little wider: that of a filled one may reach 0";

/// Paired differences of the reported loss.
pub struct Forest {
    lettering: Lettering,
    /// Width of the rows' names, and of their numbers.
    names: u32,
    numbers: u32,
    lines: Vec<Line>,
    range: Range<f64>,
    /// What the axis counts.
    axis: String,
    /// Places that are marked beside 0.
    marks: Vec<f64>,
}

/// How much room a figure takes.
struct Shape {
    /// How far from 0 differences may lie that belong together.
    reach: f64,
    /// What is marked, on an axis that holds it, where something is equivalent by it.
    epsilon: Option<f64>,
    /// Narrowest and widest column of names.
    names: (u32, u32),
}

impl Shape {
    fn of(reach: f64) -> Self {
        Shape { reach, epsilon: None, names: NAMES }
    }
}

impl Forest {
    /// What is told of every rule, and every arm; `None` where nothing is compared with no decay.
    pub fn of_arms(data: &Data) -> Option<Self> {
        let (lines, left_out) = rows::of_arms(data);
        let mut forest = Forest::of_data(data, words::differences_title(&data.analysis), lines)?;
        forest.lettering.notes.extend(left_out.into_iter().chain(data.without_end()));
        Some(forest)
    }

    /// The values table: every published recipe at its raw λ, then at the λ that matches its total
    /// decay. `None` where no such recipe was trained.
    pub fn of_values(data: &Data) -> Option<Self> {
        let table = data.analysis.values.as_ref()?;
        let (lines, left_out) = rows::of_values(table);
        let mut forest = Forest::of_data(data, words::values_title(&data.analysis), lines)?;
        let evidence = "names: ● documented, ✗ contradicted by its paper, ○ undisclosed";
        forest.lettering.notes.insert(0, evidence.to_owned());
        forest.lettering.notes.extend(left_out);
        Some(forest)
    }

    /// Pairs of arms that others trained; `None` where there is none.
    pub fn of_judged(case: &Case, caption: String) -> Option<Self> {
        let (lines, left_out) = rows::of_judged(case);
        let sizes = case
            .contests
            .iter()
            .map(|one| one.difference.mean.abs())
            .filter(|size| size.is_finite());
        let reach = sizes.fold(f64::MIN_POSITIVE, f64::max);
        let axis = format!("{0} of the left − {0} of the right", case.quantity);
        let shape = Shape { epsilon: case.terms.epsilon, ..Shape::of(reach) };
        let mut forest = Forest::new(lines, shape, words::judged_title(case), caption, axis)?;
        forest.lettering.notes.extend(left_out);
        Some(forest)
    }

    /// Claims in units of the smallest effect that matters to each; `None` where none was tested.
    pub fn of_claims(
        claims: Vec<(String, Effect)>,
        title: String,
        notes: Vec<String>,
        caption: String,
    ) -> Option<Self> {
        let rows = claims.into_iter().map(|(name, effect)| rows::of_claim(name, &effect));
        let lines = rows.map(Line::Row).collect();
        let axis = "effect over the smallest that matters; right of 0 as claimed, what is to be equal between the lines";
        let shape = Shape { names: (NAMES.0, CLAIMS), ..Shape::of(REACH_OF_CLAIMS) };
        let mut forest = Forest::new(lines, shape, title, caption, axis.to_owned())?;
        let clipped = forest.lettering.notes.pop().filter(|note| note.starts_with("arrows"));
        forest.lettering.notes = notes.into_iter().chain(clipped).collect();
        forest.marks = vec![-1.0, 1.0];
        Some(forest)
    }

    /// Of an experiment.
    fn of_data(data: &Data, title: String, lines: Vec<Line>) -> Option<Self> {
        let loss = words::quantity(data.analysis.loss);
        let axis = format!("{loss} − {loss} without decay (nats per token); left of 0 is better");
        let epsilon = data.analysis.epsilon.as_ref().map(|one| one.value);
        let shape = Shape { epsilon, ..Shape::of(data.reach()) };
        Forest::new(lines, shape, title, data.caption.clone(), axis)
    }

    fn new(
        mut lines: Vec<Line>,
        Shape { reach, epsilon, names }: Shape,
        title: String,
        caption: String,
        axis: String,
    ) -> Option<Self> {
        let rows: Vec<&Row> = lines.iter().filter_map(Line::row).collect();
        let is_equivalent = rows.iter().any(|row| row.is_verdict && row.kind == Kind::Equivalent);
        let epsilon = epsilon.filter(|_| is_equivalent);
        let range = axis::holding(range(&rows, reach)?, epsilon);
        let mut notes = notes(&rows, &range);
        notes.extend(epsilon.map(|one| format!("thin lines: ε = {}", format::three_digits(one))));
        let marks = epsilon.map_or(Vec::new(), |one| vec![-one, one]);
        let widest = |texts: &dyn Fn(&Row) -> f64| {
            rows.iter().map(|row| texts(row)).fold(0.0, f64::max).ceil() as u32
        };
        let widest_name = widest(&|row| width(&row.name, 12));
        let names = (widest_name + INDENT + 16).clamp(names.0, names.1);
        let numbers = widest(&|row| width(&row.numbers(), 12)) + BESIDE;
        let numbers = numbers.clamp(NUMBERS.0, NUMBERS.1);
        for row in lines.iter_mut().filter_map(Line::row_mut) {
            row.name = fit_name(&row.name, 12, f64::from(names - INDENT - 16));
        }
        let lettering = Lettering { title, notes, caption };
        Some(Forest { lettering, names, numbers, lines, range, axis, marks })
    }

    /// Where a difference is, at the nearer edge where it is beyond.
    fn place(&self, value: f64) -> i32 {
        let span = self.range.end - self.range.start;
        let value = value.clamp(self.range.start, self.range.end);
        px(self.names) + ((value - self.range.start) / span * f64::from(px(PLOT))) as i32
    }

    fn draw_axis(&self, area: &Area) -> Result<()> {
        let bottom = px(ROW * self.lines.len() as u32 + 6);
        let ticks = ticks(&self.range);
        let decimals = decimals(&ticks);
        for tick in ticks {
            let x = self.place(tick);
            let style = if tick == 0.0 { line(INK, 0.8, 1) } else { line(FAINT, 0.8, 1) };
            area.draw(&PathElement::new([(x, 0), (x, bottom)], style))?;
            let label = if tick == 0.0 { "0".to_owned() } else { format::signed(tick, decimals) };
            area.draw(&Text::new(label, (x, bottom + px(4)), centred(11, INK)))?;
        }
        for mark in self.marks.iter().filter(|mark| self.range.contains(mark)) {
            let x = self.place(*mark);
            area.draw(&PathElement::new([(x, 0), (x, bottom)], line(INK, 0.35, 1)))?;
        }
        let middle = self.place((self.range.start + self.range.end) / 2.0);
        area.draw(&Text::new(self.axis.clone(), (middle, bottom + px(22)), centred(11, INK)))?;
        Ok(())
    }

    fn draw_row(&self, area: &Area, row: &Row, y: i32, hints: &mut Hints) -> Result<()> {
        area.draw(&Text::new(row.name.clone(), (px(INDENT), y), left(12, INK)))?;
        let numbers = row.numbers();
        let shown = fit(&numbers, 12, f64::from(self.numbers - BESIDE));
        area.draw(&Text::new(shown, (px(self.names + PLOT + 14), y), left(12, INK)))?;
        let mean = row.difference.mean;
        let (base_x, base_y) = area.get_base_pixel();
        let hint = format!("{}: {numbers}", row.name);
        hints.add((base_x + self.place(mean), base_y + y), hint);
        self.draw_seeds(area, row, y)?;
        if !self.range.contains(&mean) {
            return self.draw_arrow(area, row, (mean, y), 9);
        }
        let [low, high] = row.ends();
        let ends = [(self.place(low), y), (self.place(high), y)];
        area.draw(&PathElement::new(ends, line(row.colour, 0.9, row.thickness())))?;
        for end in [low, high] {
            if !self.range.contains(&end) {
                self.draw_arrow(area, row, (end, y), 6)?;
            }
        }
        row.draw_marker(area, (self.place(mean), y))
    }

    /// A dot a seed, below the bar that it is part of.
    fn draw_seeds(&self, area: &Area, row: &Row, y: i32) -> Result<()> {
        for difference in &row.by_seed {
            let at = (self.place(*difference), y + px(7));
            match self.range.contains(difference) {
                true => area.draw(&Circle::new(at, px(2), row.colour.mix(0.5).filled()))?,
                false => self.draw_arrow(area, row, (*difference, y + px(7)), 4)?,
            }
        }
        Ok(())
    }

    /// At the edge that a value lies beyond, pointing there.
    fn draw_arrow(&self, area: &Area, row: &Row, (value, y): (f64, i32), size: u32) -> Result<()> {
        let (tip, half) = (self.place(value), px(size / 2 + 1));
        let back = if value >= self.range.end { tip - px(size) } else { tip + px(size) };
        let arrow = [(tip, y), (back, y - half), (back, y + half)];
        area.draw(&Polygon::new(arrow, row.colour.filled()))?;
        Ok(())
    }
}

/// How to read rows on an axis.
fn notes(rows: &[&Row], range: &Range<f64>) -> Vec<String> {
    let any = |holds: &dyn Fn(&Row) -> bool| rows.iter().any(|row| holds(row));
    let is_beyond = |row: &Row| row.by_seed.iter().any(|one| !range.contains(one));
    let notes = [
        (
            any(&|row| row.is_verdict),
            "bars: all tests of a family at once; filled: lower or higher, ◆ equivalent",
        ),
        (
            any(&|row| !row.is_verdict && row.told.is_some()),
            "thin bars: no test, its own 95% interval",
        ),
        (
            any(&|row| row.is_verdict && row.has_other_points),
            "°: some seeds are judged at other points",
        ),
        (any(&Row::is_decided_across_zero), CORRECTIONS),
        (
            any(&|row| axis::is_clipped(row, range) || is_beyond(row)),
            "arrows: goes on beyond the axis",
        ),
    ];
    let told = notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note.to_owned());
    dots(rows, range).into_iter().chain(told).collect()
}

/// What the dots are, and how many have no place.
fn dots(rows: &[&Row], range: &Range<f64>) -> Option<String> {
    let mut seeds = rows.iter().flat_map(|row| &row.by_seed).peekable();
    seeds.peek()?;
    let beyond = seeds.filter(|one| !range.contains(one)).count();
    let told = if beyond > 0 { format!(", {beyond} beyond the axis") } else { String::new() };
    Some(format!("dots: seeds, paired{told}"))
}

impl Figure for Forest {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        (self.names + PLOT + self.numbers, ROW * self.lines.len() as u32 + AXIS)
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        self.draw_axis(body)?;
        for (index, line) in self.lines.iter().enumerate() {
            let y = px(ROW * index as u32 + ROW / 2 + 3);
            match line {
                Line::Row(row) => self.draw_row(body, row, y, hints)?,
                Line::Heading(text) => {
                    body.draw(&Text::new(text.clone(), (px(14), y), left(12, INK)))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
