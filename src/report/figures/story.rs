//! Overfitting with and without decay, for someone who sees one figure only.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Chart, Frame, add_hints};
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, draw_caption, draw_title, left, line, px,
};
use super::data::{Data, Series};
use super::levels::Lines;
use super::palette::{self, INK};
use super::room::width;
use super::scale::{Ruler, area, pieces};
use crate::config::Form;
use crate::report::{format, words};
use crate::stats::{Analysis, Cell, GapChange, Group};

const SIZE: (u32, u32) = (880, 400);
/// The steep start of a run, as a share of its steps: it does not rule the axis.
const SETTLED: f64 = 0.1;
/// Width of a panel's chart, and the height of a label as a share of it.
const CHART: f64 = 366.0;
const LABEL: f64 = 15.0 / 320.0;

/// No decay beside the rule and λ with the lowest val loss.
pub struct Story<'a> {
    title: String,
    panels: Vec<Panel>,
    last: f64,
    values: Range<f64>,
    levels: Lines,
    caption: &'a str,
}

struct Panel {
    title: String,
    colour: RGBColor,
    train: Series,
    val: Series,
    /// The reported loss at the best step and at the last, where that is on test.
    reported: Vec<(f64, f64)>,
}

impl<'a> Story<'a> {
    /// The figure; `None` where there is nothing to set beside no decay.
    pub fn new(data: &'a Data) -> Option<Self> {
        let (group, best) = data.analysis.best()?;
        let baseline = group.baseline.as_ref()?;
        let label = words::arm(&group.side(best));
        let panels = vec![
            Panel::new(data, "No decay".to_owned(), Form::None, baseline),
            Panel::new(data, label, group.rule.form, best),
        ];
        let points = || {
            let series = panels.iter().flat_map(|panel| [&panel.train, &panel.val]);
            series.flat_map(|series| series.means())
        };
        let last = points().map(|(step, _)| step).fold(1.0, f64::max);
        let ruler = Ruler::of_curve(panels[1].val.means().map(|(_, value)| value), 0.0)?;
        let all = panels.iter().flat_map(|panel| panel.train.0.iter().chain(&panel.val.0));
        let settled = all.filter(|point| point.step >= last * SETTLED);
        let ends = settled.flat_map(|point| [point.low, point.high]);
        let (values, levels) = Lines::with_range(data, ruler, ends)?;
        let title = title(&data.analysis, group, best)?;
        Some(Story { title, panels, last, values, levels, caption: &data.caption })
    }
}

/// What the figure shows: no more than the verdict on the same arm.
fn title(analysis: &Analysis, group: &Group, best: &Cell) -> Option<String> {
    let gap = GapChange::between(group.baseline.as_ref()?, best)?;
    Some(words::story_title(&group.rule, gap, analysis.told_against_none(&group.side(best))))
}

impl Panel {
    fn new(data: &Data, title: String, form: Form, cell: &Cell) -> Self {
        Panel {
            title,
            colour: palette::form(form),
            train: data.series(cell, |row| row.train_loss),
            val: data.series(cell, |row| row.val_loss),
            reported: reported(data, cell),
        }
    }

    /// Step and mean of the lowest val loss after the start.
    fn turn(&self) -> Option<(f64, f64)> {
        let trained = self.val.means().filter(|(step, _)| *step > 0.0);
        trained.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The first val loss, where the axis does not show it.
    fn start_above(&self, values: &Range<f64>) -> Option<f64> {
        self.val.means().next().map(|(_, first)| first).filter(|first| *first > values.end)
    }

    fn draw<DB: Backend>(
        &self,
        area: &Area<DB>,
        (steps, values): (Range<f64>, Range<f64>),
        levels: &Lines,
        hints: &mut Hints,
    ) -> Result<()> {
        let (title, axis) = (&self.title, "loss (nats per token)");
        let frame = Frame { title, axis, margin: 10, y_labels: 11 };
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
            let label = Text::new(label, (step * 1.03, at), left(12, self.colour));
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

    fn is_beyond(&self, values: &Range<f64>) -> bool {
        let is_beyond = |((_, val), (_, train))| !values.contains(&val) || !values.contains(&train);
        self.ends().is_some_and(is_beyond)
    }

    /// Train, val, and the gap between them.
    fn draw_lines<DB: Backend>(&self, chart: &mut Chart<DB>, values: &Range<f64>) -> Result<()> {
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
    fn draw_marks<DB: Backend>(&self, chart: &mut Chart<DB>, values: &Range<f64>) -> Result<()> {
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

impl Story<'_> {
    /// How to read it; where the curves start, if the axis does not show that.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec!["solid: val, dashed: train, bands: their range over seeds".to_owned()];
        notes.push("◇ lowest val".to_owned());
        if self.panels.iter().any(|panel| !panel.reported.is_empty()) {
            notes.push("■ test".to_owned());
        }
        let starts = self.panels.iter().filter_map(|panel| panel.start_above(&self.values));
        let start = starts.fold(f64::NEG_INFINITY, f64::max);
        if start.is_finite() {
            notes.push(format!("▲ starts at {}", format::fixed(start, 2)));
        }
        notes.extend(self.levels.notes());
        notes
    }
}

impl Figure for Story<'_> {
    fn size(&self) -> (u32, u32) {
        (SIZE.0, SIZE.1 + TITLE + CAPTION)
    }

    fn draw<DB: Backend>(&self, area: &Area<DB>, hints: &mut Hints) -> Result<()> {
        let (_, height) = area.dim_in_pixel();
        let (area, bottom) = area.split_vertically(height as i32 - px(CAPTION));
        draw_caption(&bottom, self.caption)?;
        let (header, body) = area.split_vertically(px(TITLE));
        let mut notes = self.notes();
        // Labels beside the ends take more room with an arrow.
        let mut across = 1.28;
        if self.panels.iter().any(|panel| panel.is_beyond(&self.values)) {
            notes.push("arrow: ends beyond the axis".to_owned());
            across = 1.43;
        }
        draw_title(&header, &self.title, &notes)?;
        for (panel, area) in self.panels.iter().zip(body.split_evenly((1, 2))) {
            panel.draw(
                &area,
                (0.0..self.last * across, self.values.clone()),
                &self.levels,
                hints,
            )?;
        }
        Ok(())
    }
}
