use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::super::axes::{Chart, Frame, STEPS, add_hints};
use super::super::canvas::{Area, Hints, left, line, px};
use super::super::data::{Data, Point, Series};
use super::super::levels::Lines;
use super::super::palette::{self, INK};
use super::super::room::width;
use super::super::scale::{area, pieces};
use crate::config::Form;
use crate::report::format;
use crate::results::RunRow;
use crate::stats::Cell;

/// Width of a panel's chart, and the height of a label as a share of it.
const CHART: f64 = 366.0;
const LABEL: f64 = 15.0 / 320.0;

/// One arm over training.
pub struct Panel {
    title: String,
    colour: RGBColor,
    train: Series,
    pub val: Series,
    /// The reported loss at the best step and at the last, where that is on test.
    reported: Vec<(f64, f64)>,
    /// The first step at which its runs may be stopped.
    first_stop: f64,
}

impl Panel {
    pub fn new(data: &Data, title: String, form: Form, cell: &Cell) -> Self {
        Panel {
            title,
            colour: palette::form(form),
            train: data.series(cell, |row| row.train_loss),
            val: data.series(cell, |row| row.val_loss),
            reported: reported(data, cell),
            first_stop: first_stop(&cell.runs),
        }
    }

    /// Of both curves.
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        self.train.0.iter().chain(&self.val.0)
    }

    /// Whether its loss on test is known.
    pub fn is_tested(&self) -> bool {
        !self.reported.is_empty()
    }

    /// Step and mean of the lowest val loss at which its runs may be stopped.
    fn turn(&self) -> Option<(f64, f64)> {
        let counted = self.val.means().filter(|(step, _)| *step >= self.first_stop);
        counted.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The first val loss, where the axis does not show it.
    pub fn start_above(&self, values: &Range<f64>) -> Option<f64> {
        self.val.means().next().map(|(_, first)| first).filter(|first| *first > values.end)
    }

    pub fn draw(
        &self,
        area: &Area,
        (steps, values): (Range<f64>, Range<f64>),
        levels: &Lines,
        hints: &mut Hints,
    ) -> Result<()> {
        let (title, axis) = (&self.title, "loss (nats per token)");
        let frame = Frame { title, across: STEPS, axis, margin: 10, y_labels: 11 };
        let mut chart = frame.draw(area, (steps.clone(), values.clone()))?;
        levels.draw(&mut chart, &steps)?;
        self.draw_lines(&mut chart, &values)?;
        self.draw_marks(&mut chart, &values)?;
        for (name, series) in [("val", &self.val), ("train", &self.train)] {
            add_hints(hints, &chart, &format!("{title}, {name}"), series, &values);
        }
        let Some(((step, val), (_, train))) = self.ends() else { return Ok(()) };
        let apart = (values.end - values.start) * LABEL;
        let [val_at, train_at] = label_places([val, train], &values, apart);
        for (name, value, at) in [("val", val, val_at), ("train", train, train_at)] {
            let label = format!("{}{name} {}", arrow(value, &values), format::fixed(value, 2));
            let label = Text::new(label, (step * 1.05, at), left(12, self.colour));
            chart.draw_series([label])?;
        }
        let middle = ((val + train) / 2.0).clamp(values.start + apart, values.end - apart);
        let gap = format!("gap {}", format::fixed(val - train, 2));
        let share = 1.0 - (width(&gap, 13) + 4.0) / CHART * (steps.end / step);
        chart.draw_series([Text::new(gap, (step * share, middle), left(13, INK))])?;
        Ok(())
    }

    fn ends(&self) -> Option<((f64, f64), (f64, f64))> {
        self.val.means().last().zip(self.train.means().last())
    }

    pub fn ends_beyond(&self, values: &Range<f64>) -> bool {
        let is_beyond = |((_, val), (_, train))| !values.contains(&val) || !values.contains(&train);
        self.ends().is_some_and(is_beyond)
    }

    /// Train, val, and the gap between them.
    fn draw_lines(&self, chart: &mut Chart, values: &Range<f64>) -> Result<()> {
        for series in [&self.train, &self.val] {
            let band = area(series.band(), values);
            chart.draw_series([Polygon::new(band, self.colour.mix(0.2).filled())])?;
        }
        let down = self.train.means().collect::<Vec<_>>().into_iter().rev();
        let between = area(self.val.means().chain(down).collect(), values);
        chart.draw_series([Polygon::new(between, self.colour.mix(0.12).filled())])?;
        let (dash, space) = (px(5) as u32, px(4) as u32);
        for piece in pieces(self.train.means(), values) {
            let dashed = line(self.colour, 0.9, 2);
            chart.draw_series(DashedLineSeries::new(piece, dash, space, dashed))?;
        }
        for piece in pieces(self.val.means(), values) {
            chart.draw_series(LineSeries::new(piece, line(self.colour, 1.0, 3)))?;
        }
        Ok(())
    }
}

impl Panel {
    /// Where the val loss turns, what test says there and at the end, and where the curve comes from.
    fn draw_marks(&self, chart: &mut Chart, values: &Range<f64>) -> Result<()> {
        let is_shown = |at: &(f64, f64)| values.contains(&at.1);
        if let Some(at) = self.turn().filter(is_shown) {
            let far = px(7);
            let diamond = vec![(far, 0), (0, far), (-far, 0), (0, -far), (far, 0)];
            let mark = EmptyElement::at(at)
                + Polygon::new(diamond.clone(), WHITE.filled())
                + PathElement::new(diamond, line(self.colour, 1.0, 2));
            chart.draw_series([mark])?;
        }
        for at in self.reported.iter().copied().filter(is_shown) {
            let half = px(3);
            let square = Rectangle::new([(-half, -half), (half, half)], INK.filled());
            chart.draw_series([EmptyElement::at(at) + square])?;
        }
        if self.start_above(values).is_some() {
            let triangle = vec![(0, 0), (px(6), px(9)), (-px(6), px(9))];
            let arrow = Polygon::new(triangle, self.colour.filled());
            chart.draw_series([EmptyElement::at((0.0, values.end)) + arrow])?;
        }
        Ok(())
    }
}

/// The start where a run is best there. Older versions took given weights for no place to stop: what they measured is of a
/// later one.
fn first_stop(runs: &[RunRow]) -> f64 {
    if runs.iter().any(|run| run.best_step == Some(0)) { 0.0 } else { 1.0 }
}

/// Mean test losses of a cell: at the mean best step, and at the last.
fn reported(data: &Data, cell: &Cell) -> Vec<(f64, f64)> {
    let loss = data.analysis.loss;
    if !loss.is_on_test() {
        return Vec::new();
    }
    let best = cell.mean(|run| run.best_step.map(|step| step as f64));
    let last = cell.mean(|run| Some(run.steps as f64));
    let stopped = cell.mean(|run| loss.stopped().of(run));
    let end = cell.mean(|run| loss.of(run));
    [best.zip(stopped), last.zip(end)].into_iter().flatten().collect()
}

fn arrow(value: f64, values: &Range<f64>) -> &'static str {
    match value {
        value if value > values.end => "↑ ",
        value if value < values.start => "↓ ",
        _ => "",
    }
}

/// Beside the ends of two lines, on the axis and at least `apart` from each other.
fn label_places([a, b]: [f64; 2], values: &Range<f64>, apart: f64) -> [f64; 2] {
    let half = apart / 2.0;
    let inside = |value: f64| value.clamp(values.start + half, values.end - half);
    let (a, b) = (inside(a), inside(b));
    if (a - b).abs() >= apart {
        return [a, b];
    }
    let middle = f64::midpoint(a, b).clamp(values.start + apart, values.end - apart);
    if a < b { [middle - half, middle + half] } else { [middle + half, middle - half] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mask;
    use crate::stats::tests::row;

    #[test]
    fn the_start_is_where_a_curve_turns_only_if_a_run_says_so() {
        // Of given weights, as new and as older programs write it.
        let run = |best_step| RunRow {
            model_seed: None,
            data_seed: Some(0),
            best_step,
            ..row(Form::AdamW, Mask::Matrices, 1.0, 0, 2.0)
        };
        assert_eq!(first_stop(&[run(Some(20)), run(Some(0))]), 0.0);
        assert_eq!(first_stop(&[run(Some(20)), run(Some(40))]), 1.0);
        assert_eq!(first_stop(&[run(None)]), 1.0);
    }
}
