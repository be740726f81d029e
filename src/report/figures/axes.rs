//! Charts over the steps of training or over another number, and what several charts have in common.

use std::ops::Range;

use anyhow::Result;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::canvas::{Area, Hints, SCALE, line, px, text};
use super::data::Series;
use super::palette::{FAINT, INK};
use super::room;
use super::scale::tick;
use super::sheet::Sheet;
use crate::report::format;

/// A chart with two linear axes.
pub type Chart<'a, 'b> = ChartContext<'a, Sheet<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// What a chart shows from left to right.
#[derive(Clone, Copy)]
pub struct Across {
    pub name: &'static str,
    /// A number at the axis.
    pub tick: fn(f64) -> String,
    /// Whether places are logarithms: what draws the chart writes the numbers that were tried at them.
    pub is_logarithmic: bool,
}

impl Across {
    pub const fn linear(name: &'static str, tick: fn(f64) -> String) -> Self {
        Across { name, tick, is_logarithmic: false }
    }

    pub const fn logarithmic(name: &'static str, tick: fn(f64) -> String) -> Self {
        Across { name, tick, is_logarithmic: true }
    }
}

/// Steps of training.
pub const STEPS: Across = Across::linear("optimizer step", format::number);

/// How a chart is framed.
pub struct Frame<'a> {
    pub title: &'a str,
    pub across: Across,
    /// What the vertical axis shows.
    pub axis: &'a str,
    /// Around the chart, in pixels of the final figure.
    pub margin: u32,
    /// Numbers at the vertical axis, about.
    pub y_labels: usize,
}

/// Sizes of a title: a long one is smaller before it is cut, since what tells panels apart may be its middle.
const TITLE: Range<u32> = 9..15;

impl Frame<'_> {
    /// An empty chart over these places and values.
    pub fn draw<'a, 'b>(
        &self,
        area: &'a Area<'b>,
        (places, values): (Range<f64>, Range<f64>),
    ) -> Result<Chart<'a, 'b>> {
        let width = f64::from(area.dim_in_pixel().0 / SCALE);
        let room = width - f64::from(2 * self.margin);
        let points = TITLE.rev().find(|points| room::width(self.title, *points) <= room);
        let points = points.unwrap_or(TITLE.start);
        let title = room::fit_name(self.title, points, room);
        let (shown, labels) = (values.clone(), self.y_labels);
        let mut chart = ChartBuilder::on(area)
            .margin(px(self.margin))
            .caption(title, text(points, INK))
            .x_label_area_size(px(self.margin + 26))
            .y_label_area_size(px(self.margin + 44))
            .build_cartesian_2d(places, values)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(line(FAINT, 0.7, 1))
            .light_line_style(WHITE)
            .axis_style(line(INK, 1.0, 1))
            .label_style(text(11, INK))
            .x_labels(if self.across.is_logarithmic { 0 } else { 6 })
            .y_labels(self.y_labels)
            .x_label_formatter(&|place| (self.across.tick)(*place))
            .y_label_formatter(&|value| tick(*value, &shown, labels))
            .x_desc(self.across.name)
            .y_desc(self.axis)
            .axis_desc_style(text(11, INK))
            .draw()?;
        Ok(chart)
    }
}

/// Tells the means of a series, as far as the chart shows them, where a pointer rests on them.
pub fn add_hints(
    hints: &mut Hints,
    chart: &Chart,
    name: &str,
    series: &Series,
    shown: &Range<f64>,
) {
    for (step, value) in series.means().filter(|(_, value)| shown.contains(value)) {
        let hint = format!("{name}, step {step}: {}", format::fixed(value, 4));
        hints.add(chart.backend_coord(&(step, value)), hint);
    }
}

/// Tells steps at places of two losses.
pub fn add_step_hints(
    hints: &mut Hints,
    chart: &Chart,
    name: &str,
    places: impl Iterator<Item = (f64, (f64, f64))>,
) {
    for (step, (train, val)) in places {
        let [shown_train, shown_val] = [train, val].map(|loss| format::fixed(loss, 4));
        let hint = format!("{name}, step {step}: train {shown_train}, val {shown_val}");
        hints.add(chart.backend_coord(&(train, val)), hint);
    }
}
