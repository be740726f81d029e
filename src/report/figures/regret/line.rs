use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::super::axes::Chart;
use super::super::canvas::{Backend, Hints, line, px};
use super::super::data::Data;
use super::super::lambda_axis::LambdaAxis;
use super::super::markers::{Look, Taken};
use crate::report::{format, words};
use crate::stats::{Cell, Contender, Estimate, Point, Rule};

/// A rule at every λ.
pub struct Line {
    pub name: String,
    pub look: Look,
    /// λ and regret.
    pub points: Vec<(f64, Estimate)>,
    best: f64,
    /// The smallest and the largest λ that cost no more than ε.
    within: Option<[f64; 2]>,
}

impl Line {
    /// `None` where the rule was tried at one λ.
    pub fn of(data: &Data, contender: &Contender) -> Option<Self> {
        let loss = data.analysis.loss;
        let best = contender.best()?;
        let none = contender.best_without_decay().into_iter();
        let all = lowest_by_lambda(&contender.points).into_iter().chain(none);
        let mut points: Vec<(f64, Estimate)> = all
            .filter_map(|point| Some((point.side.weight_decay?, contender.regret(point, loss)?)))
            .filter(|(_, regret)| regret.mean.is_finite())
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rules: Vec<&Rule> = data.analysis.contenders.iter().map(|one| &one.rule).collect();
        let place = rules.iter().position(|rule| **rule == contender.rule)?;
        let within = contender.within(data.analysis.epsilon.map(|one| one.value), loss);
        (points.len() > 1).then_some(Line {
            name: words::labels(&rules).swap_remove(place),
            look: Look::of(&contender.rule, &data.analysis.groups),
            points,
            best: best.side.weight_decay?,
            within,
        })
    }

    /// `place` is that of the rule among those of its panel.
    pub fn draw<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        axis: &LambdaAxis,
        values: &Range<f64>,
        (place, taken): (usize, &mut Taken),
    ) -> Result<()> {
        let at = |(lambda, regret): &(f64, Estimate)| (axis.at(*lambda), regret.mean);
        let is_beyond = |point: &(f64, Estimate)| !values.contains(&point.1.mean);
        let inside = || self.points.iter().filter(|point| !is_beyond(point));
        for (lambda, regret) in inside() {
            let half = regret.half_width.unwrap_or(0.0);
            let ends = [regret.mean - half, regret.mean + half];
            let ends = ends.map(|end| (axis.at(*lambda), end.clamp(values.start, values.end)));
            chart.draw_series(LineSeries::new(ends, line(self.look.colour, 0.6, 1)))?;
        }
        for piece in self.points.split(is_beyond) {
            self.look.draw_line(chart, &piece.iter().map(at).collect::<Vec<_>>())?;
        }
        self.look.draw_markers(chart, inside().map(at), (5, self.look.colour.filled()))?;
        for point in self.points.iter().filter(|point| is_beyond(point)) {
            self.look.draw_beyond(chart, at(point), values, taken)?;
        }
        let best = self.points.iter().find(|point| point.0 == self.best).map(at);
        let ring = |at| Circle::new(at, px(9), line(self.look.colour, 1.0, 2));
        chart.draw_series(best.map(ring))?;
        self.draw_within(chart, axis, values, place)
    }

    /// A bar over the λ that cost no more than ε.
    fn draw_within<DB: Backend>(
        &self,
        chart: &mut Chart<DB>,
        axis: &LambdaAxis,
        values: &Range<f64>,
        place: usize,
    ) -> Result<()> {
        let Some([low, high]) = self.within else { return Ok(()) };
        let height = (values.end - values.start) * (0.015 + 0.02 * place as f64);
        // Of one λ it is as short as can still be seen.
        let least = (axis.end - axis.start()) * 0.02;
        let ends = [(low, -least), (high, least)]
            .map(|(lambda, air)| (axis.at(lambda) + air, values.start + height));
        chart.draw_series(LineSeries::new(ends, line(self.look.colour, 1.0, 4)))?;
        Ok(())
    }

    /// Tells every regret where a pointer rests on it.
    pub fn add_hints<DB: Backend>(
        &self,
        hints: &mut Hints,
        chart: &Chart<DB>,
        axis: &LambdaAxis,
        values: &Range<f64>,
    ) {
        for (lambda, regret) in &self.points {
            let shown = regret.mean.clamp(values.start, values.end);
            let (lambda_told, told) =
                (format::exact(*lambda), format::difference(Some(*regret), 4));
            let hint = format!("{}, λ = {lambda_told}: {told}", self.name);
            hints.add(chart.backend_coord(&(axis.at(*lambda), shown)), hint);
        }
    }
}

/// Of the points at each λ the one with the lowest val loss: a rule may tune more than λ.
fn lowest_by_lambda(points: &[Point]) -> Vec<&Point> {
    let loss = |cell: &Cell| cell.mean(|run| run.val_loss).unwrap_or(f64::INFINITY);
    let mut lowest: Vec<&Point> = Vec::new();
    for point in points.iter().filter(|point| point.is_eligible) {
        let lambda = point.side.weight_decay;
        match lowest.iter_mut().find(|known| known.side.weight_decay == lambda) {
            Some(known) if loss(&point.cell) < loss(&known.cell) => *known = point,
            Some(_) => {}
            None => lowest.push(point),
        }
    }
    lowest
}
