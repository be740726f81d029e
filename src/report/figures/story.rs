//! Overfitting with and without decay, for someone who sees one figure only.

use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::axes::{Chart, Frame, add_hints};
use super::canvas::{
    Area, Backend, CAPTION, Figure, Hints, TITLE, draw_caption, draw_title, left, line, px,
    range_with_floor,
};
use super::data::{Data, Series};
use super::palette::{self, INK};
use crate::config::Form;
use crate::report::{format, words};
use crate::stats::{Analysis, Cell, Comparison, Group, Kind};

const SIZE: (u32, u32) = (880, 400);

/// No decay beside the rule and λ with the lowest val loss.
pub struct Story<'a> {
    title: String,
    panels: Vec<Panel>,
    floor: Option<f64>,
    caption: &'a str,
}

struct Panel {
    title: String,
    colour: RGBColor,
    train: Series,
    val: Series,
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
        let title = title(&data.analysis, group, best)?;
        Some(Story { title, panels, floor: data.floor, caption: &data.caption })
    }
}

/// What the figure shows: no more than the verdict on the same arm.
fn title(analysis: &Analysis, group: &Group, best: &Cell) -> Option<String> {
    let baseline = group.baseline.as_ref()?;
    let gaps = [baseline.mean(|run| run.gap)?, best.mean(|run| run.gap)?];
    let loss = best.paired(baseline, |run| run.val_loss)?;
    let told = analysis.told_against_none(&group.side(best));
    let kind = told.map_or(Kind::NoTest, Comparison::kind);
    Some(words::story_title(&group.rule, gaps, loss, kind))
}

impl Panel {
    fn new(data: &Data, title: String, form: Form, cell: &Cell) -> Self {
        Panel {
            title,
            colour: palette::form(form),
            train: data.series(cell, |row| row.train_loss),
            val: data.series(cell, |row| row.val_loss),
        }
    }

    fn draw<DB: Backend>(
        &self,
        area: &Area<DB>,
        (steps, values): (Range<f64>, Range<f64>),
        hints: &mut Hints,
    ) -> Result<()> {
        let (title, axis) = (&self.title, "loss (nats per token)");
        let frame = Frame { title, axis, margin: 10, y_labels: 11 };
        let mut chart = frame.draw(area, (steps, values.clone()))?;
        self.draw_lines(&mut chart)?;
        for (name, series) in [("val", &self.val), ("train", &self.train)] {
            let Some((step, value)) = series.means().last() else { continue };
            let label = format!("{name} {}", format::fixed(value, 2));
            let label = Text::new(label, (step * 1.015, value), left(12, self.colour));
            chart.draw_series([label])?;
            add_hints(hints, &chart, &format!("{title}, {name}"), series, &values);
        }
        if let Some(((step, val), (_, train))) =
            self.val.means().last().zip(self.train.means().last())
        {
            let middle = (step * 0.80, (val + train) / 2.0);
            let gap = format!("gap {}", format::fixed(val - train, 2));
            chart.draw_series([Text::new(gap, middle, left(13, INK))])?;
        }
        Ok(())
    }

    /// Train, val, and the gap between them.
    fn draw_lines<DB: Backend>(&self, chart: &mut Chart<DB>) -> Result<()> {
        let down = self.train.means().collect::<Vec<_>>().into_iter().rev();
        let between: Vec<(f64, f64)> = self.val.means().chain(down).collect();
        chart.draw_series([Polygon::new(between, self.colour.mix(0.12).filled())])?;
        let (dash, space) = (px(5) as u32, px(4) as u32);
        let dashed = line(self.colour, 0.9, 2);
        chart.draw_series(DashedLineSeries::new(self.train.means(), dash, space, dashed))?;
        chart.draw_series(LineSeries::new(self.val.means(), line(self.colour, 1.0, 3)))?;
        Ok(())
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
        let note = "solid: val, dashed: train, shaded: the generalization gap; means over seeds";
        draw_title(&header, &self.title, note)?;
        let points = || {
            let series = self.panels.iter().flat_map(|panel| [&panel.train, &panel.val]);
            series.flat_map(|series| series.means())
        };
        let last = points().map(|(step, _)| step).fold(1.0, f64::max);
        let settled = points().filter(|(step, _)| *step >= last * 0.1).map(|(_, value)| value);
        let values = range_with_floor(settled, self.floor)?;
        for (panel, area) in self.panels.iter().zip(body.split_evenly((1, 2))) {
            panel.draw(&area, (0.0..last * 1.2, values.clone()), hints)?;
        }
        Ok(())
    }
}
