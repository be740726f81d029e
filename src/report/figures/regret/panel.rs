use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::super::axes::Chart;
use super::super::canvas::{Area, Hints, centred, left, line, px, text};
use super::super::data::Data;
use super::super::lambda_axis::{Edge, LambdaAxis, Tick, draw_ticks};
use super::super::markers::Taken;
use super::super::palette::{FAINT, INK};
use super::super::room::fit_name;
use super::super::scale::tick;
use super::line::Line;
use super::{PANEL, Scale};
use crate::config::{Form, to_digits};
use crate::report::format;

/// A rule's line in the key.
pub const KEY_LINE: u32 = 18;
/// Room above a chart for Λ.
const ABOVE: u32 = 58;
const MARGIN: u32 = 10;
const Y_LABELS: usize = 7;

/// The rules of a form.
pub struct Panel {
    pub form: Form,
    pub lines: Vec<Line>,
    axis: LambdaAxis,
    /// Λ at the λ that stands for it, where each stands for one.
    totals: Vec<Tick>,
}

impl Panel {
    pub fn new(data: &Data, form: Form) -> Self {
        let own = || data.runs.iter().filter(|run| run.form == form && run.transfer.is_none());
        let axis = LambdaAxis::of(own().filter_map(|run| run.weight_decay));
        let pairs = own().filter_map(|run| Some((run.weight_decay?, run.total_decay?)));
        let totals = totals(pairs)
            .into_iter()
            .map(|(lambda, total)| (axis.at(lambda), format::number(to_digits(total, 2))));
        Panel { form, lines: Vec::new(), totals: totals.collect(), axis }
    }

    pub fn draw(&self, area: &Area, scale: &Scale, hints: &mut Hints) -> Result<()> {
        let (header, area) = area.split_vertically(px(24 + scale.key));
        self.draw_key(&header)?;
        let across = self.axis.start()..self.axis.end;
        let values = &scale.values;
        let mut chart = ChartBuilder::on(&area)
            .margin(px(MARGIN))
            .margin_top(px(ABOVE - MARGIN))
            .x_label_area_size(px(42))
            .y_label_area_size(px(54))
            .build_cartesian_2d(across.clone(), values.clone())?;
        if let Some(epsilon) = scale.epsilon {
            let band = [(across.start, values.start), (across.end, epsilon.min(values.end))];
            chart.draw_series([Rectangle::new(band, INK.mix(0.09).filled())])?;
        }
        draw_mesh(&mut chart, values)?;
        draw_ticks(&area, &chart, &self.axis.ticks, (Edge::Below(values.start), 11))?;
        self.draw_totals(&area, &chart, values)?;
        let mut taken = Taken::default();
        for (place, line) in self.lines.iter().enumerate() {
            line.draw(&mut chart, &self.axis, values, (place, &mut taken))?;
            line.add_hints(hints, &chart, &self.axis, values);
        }
        Ok(())
    }

    /// The form and its rules.
    fn draw_key(&self, area: &Area) -> Result<()> {
        area.draw(&Text::new(self.form.title(), (px(14), px(12)), left(14, INK)))?;
        for (place, line) in self.lines.iter().enumerate() {
            let at = (px(14), px(32 + KEY_LINE * place as u32));
            line.look.draw_key(area, fit_name(&line.name, 12, f64::from(PANEL.0 - 70)), at)?;
        }
        Ok(())
    }

    /// Λ above the chart.
    fn draw_totals(&self, area: &Area, chart: &Chart, values: &Range<f64>) -> Result<()> {
        if self.totals.is_empty() {
            return Ok(());
        }
        draw_ticks(area, chart, &self.totals, (Edge::Above(values.end), 11))?;
        let (base_x, base_y) = area.get_base_pixel();
        let at = |x: f64| {
            let (x, y) = chart.backend_coord(&(x, values.end));
            (x - base_x, y - base_y)
        };
        let (middle, top) = at((self.axis.start() + self.axis.end) / 2.0);
        area.draw(&Text::new("total decay Λ", (middle, top - px(34)), centred(11, INK)))?;
        let ends = [at(self.axis.start()), at(self.axis.end)];
        area.draw(&PathElement::new(ends, line(INK, 1.0, 1)))?;
        Ok(())
    }
}

/// λ with its Λ, by rising λ. At several learning rates or horizons a λ stands for several Λ: then there is
/// no one axis of it.
fn totals(pairs: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut totals: Vec<(f64, f64)> =
        pairs.filter(|(lambda, total)| *lambda > 0.0 && *total > 0.0).collect();
    totals.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    totals.dedup();
    let is_one = totals.windows(2).all(|pair| pair[0].0 != pair[1].0);
    if is_one { totals } else { Vec::new() }
}

fn draw_mesh(chart: &mut Chart, values: &Range<f64>) -> Result<()> {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .bold_line_style(line(FAINT, 0.7, 1))
        .light_line_style(WHITE.mix(0.0))
        .axis_style(line(INK, 1.0, 1))
        .label_style(text(11, INK))
        .y_labels(Y_LABELS)
        .y_label_formatter(&|value| tick(*value, values, Y_LABELS))
        .x_desc("weight decay λ")
        .y_desc("nats per token above the best")
        .axis_desc_style(text(11, INK))
        .draw()?;
    Ok(())
}
