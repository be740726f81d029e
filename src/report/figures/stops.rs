//! What every arm ends with beside what it would have had if stopped at its best step, and what a rule has at a
//! horizon of its own.

mod rows;

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::canvas::{Area, Hints, centred, left, line, px};
use super::data::Data;
use super::drawn::Figure;
use super::lettering::Lettering;
use super::levels::Lines;
use super::palette::{FAINT, INK};
use super::room::{fit_name, width};
use super::scale::{Ruler, tick};
use crate::report::words;
use crate::stats::Quantity;
use rows::{Row, rows};

/// Width of the plot, of the numbers beside it, height of a row and of the axis.
const PLOT: u32 = 420;
const NUMBERS: u32 = 190;
const ROW: u32 = 20;
const AXIS: u32 = 48;
/// Narrowest and widest column of names.
const NAMES: (u32, u32) = (250, 520);
const TICKS: usize = 6;

/// A row per arm: the stopped loss hollow, the final one filled.
pub struct Stops {
    lettering: Lettering,
    names: u32,
    rows: Vec<Row>,
    range: Range<f64>,
    levels: Lines,
    /// Of no decay, stopped: what decay has to beat.
    stopped: Option<f64>,
    loss: Quantity,
}

impl Stops {
    /// The figure; `None` where no run reached its end.
    pub fn new(data: &Data) -> Option<Self> {
        let (mut rows, all) = rows(data);
        let mut none = rows.iter().filter(|row| row.is_none());
        // Of several settings none is what the others have to beat.
        let stopped = none.next().filter(|_| none.next().is_none()).and_then(|row| row.stopped);
        let values = || rows.iter().flat_map(Row::losses);
        let seen = stopped.into_iter().filter(|loss| loss.abs() <= 4.0 * data.reach());
        let least = data.analysis.baseline.and_then(|baseline| baseline.sd).unwrap_or(0.0);
        let ruler = Ruler::of_arms(rows.iter().map(|row| row.last), seen, least)?;
        let (range, levels) = Lines::with_range(data, ruler, values())?;
        let mut notes = reading(&rows, stopped);
        if values().any(|value| !range.contains(&value)) {
            notes.push("arrow: beyond the axis".to_owned());
        }
        notes.extend(levels.notes());
        if all > rows.len() {
            notes.push(format!("{} of {all} arms", rows.len()));
        }
        notes.extend(data.without_end());
        let widest = rows.iter().map(|row| width(&row.name, 12)).fold(0.0, f64::max);
        let names = (widest.ceil() as u32 + 30).clamp(NAMES.0, NAMES.1);
        for row in &mut rows {
            row.name = fit_name(&row.name, 12, f64::from(names - 30));
        }
        let (title, caption) = (words::stopping_title(&data.analysis), data.caption.clone());
        let lettering = Lettering { title, notes, caption };
        Some(Stops { lettering, names, rows, range, levels, stopped, loss: data.analysis.loss })
    }

    /// Where a loss is, at the nearer edge where it is beyond.
    fn place(&self, value: f64) -> i32 {
        let value = value.clamp(self.range.start, self.range.end);
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        px(self.names) + (share * f64::from(px(PLOT))) as i32
    }

    /// On which side of the axis a loss is: 0 for on it.
    fn side(&self, value: f64) -> i32 {
        i32::from(value >= self.range.end) - i32::from(value < self.range.start)
    }

    fn draw_axis(&self, area: &Area) -> Result<()> {
        let bottom = px(ROW * self.rows.len() as u32 + 6);
        let step = (self.range.end - self.range.start) / TICKS as f64;
        let power = 10f64.powf(step.log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = round.into_iter().find(|round| *round >= step).unwrap_or(step);
        let first = (self.range.start / step).ceil();
        let ticks = (0..=TICKS).map(|index| (first + index as f64) * step);
        for value in ticks.filter(|value| self.range.contains(value)) {
            let x = self.place(value);
            area.draw(&PathElement::new([(x, 0), (x, bottom)], line(FAINT, 0.7, 1)))?;
            let label = tick(value, &self.range, TICKS);
            area.draw(&Text::new(label, (x, bottom + px(4)), centred(11, INK)))?;
        }
        for (is_floor, level) in self.levels.shown() {
            let (x, step) = (self.place(level), if is_floor { bottom } else { px(6) });
            for y in (0..bottom).step_by(step.max(1) as usize) {
                let end = if is_floor { bottom } else { y + px(2) };
                area.draw(&PathElement::new([(x, y), (x, end)], line(INK, 0.4, 2)))?;
            }
        }
        if let Some(stopped) = self.stopped.filter(|value| self.range.contains(value)) {
            let x = self.place(stopped);
            area.draw(&PathElement::new([(x, 0), (x, bottom)], line(BLACK, 1.0, 1)))?;
        }
        let what = format!("{} (nats per token)", words::quantity(self.loss));
        let middle = px(self.names + PLOT / 2);
        area.draw(&Text::new(what, (middle, bottom + px(22)), centred(11, INK)))?;
        Ok(())
    }

    fn draw_row(&self, area: &Area, row: &Row, y: i32, hints: &mut Hints) -> Result<()> {
        area.draw(&Text::new(row.name.clone(), (px(14), y), left(12, INK)))?;
        let numbers = row.numbers();
        area.draw(&Text::new(numbers.clone(), (px(self.names + PLOT + 16), y), left(12, INK)))?;
        let (base_x, base_y) = area.get_base_pixel();
        let hint = format!("{}: {numbers}", row.name);
        hints.add((base_x + self.place(row.last), base_y + y), hint);
        row.draw(area, y, |loss| (self.place(loss), self.side(loss)))
    }
}

/// How to read the marks.
fn reading(rows: &[Row], stopped: Option<f64>) -> Vec<String> {
    let mut notes = vec!["dot: last step, ring: stopped at the lowest val loss".to_owned()];
    notes.extend(stopped.map(|_| "black line: no decay, stopped".to_owned()));
    if rows.iter().any(|row| row.stopped.is_none()) {
        notes.push("◆ at the best horizon of its own".to_owned());
    }
    notes
}

impl Figure for Stops {
    fn lettering(&self) -> &Lettering {
        &self.lettering
    }

    fn size(&self) -> (u32, u32) {
        (self.names + PLOT + NUMBERS, ROW * self.rows.len() as u32 + AXIS)
    }

    fn draw(&self, body: &Area, hints: &mut Hints) -> Result<()> {
        self.draw_axis(body)?;
        for (index, row) in self.rows.iter().enumerate() {
            self.draw_row(body, row, px(ROW * index as u32 + ROW / 2 + 3), hints)?;
        }
        Ok(())
    }
}
