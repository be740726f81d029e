use std::ops::Range;

use anyhow::Result;
use plotters::prelude::*;

use super::super::axes::Chart;
use super::super::canvas::{Hints, line, px};
use super::super::data::Data;
use super::super::lambda_axis::LambdaAxis;
use super::super::markers::{Look, Taken};
use crate::config::Form;
use crate::report::{format, words};
use crate::stats::{Cell, Contender, Estimate, FoundRule, Point as Tried, Regret, Rule};

/// No decay beside a rule that decays and does more.
pub const WITHOUT_RIVALS: &str = "no decay, without rivals";

/// A rule at every λ.
pub struct Line {
    pub form: Form,
    pub name: String,
    pub look: Look,
    /// By rising λ.
    pub points: Vec<Point>,
    best: f64,
    /// Mean val loss of its best, by which rules are ranked.
    pub lowest: f64,
    /// The bar below: the 95% interval of the best λ where a search tells it, else the λ that cost no more than
    /// ε.
    bar: Option<[f64; 2]>,
    /// Whether that interval has no upper end.
    pub is_open: bool,
}

/// What a λ costs.
pub struct Point {
    lambda: f64,
    pub regret: f64,
    /// The ends of its interval.
    pub ends: [f64; 2],
    /// Whether it is no decay without what stands beside the decay of the rule: no point of the rule's line.
    pub is_apart: bool,
}

impl Line {
    /// `None` where the rule was tried at one λ.
    pub fn of(data: &Data, contender: &Contender) -> Option<Self> {
        let loss = data.analysis.loss;
        let own = lowest_by_lambda(&contender.points);
        let has_zero = own.iter().any(|point| point.side.weight_decay == Some(0.0));
        let none = contender.best_without_decay().filter(|_| !has_zero);
        let is_apart = !contender.rule.treatment.is_empty();
        let own = own.into_iter().map(|point| (point, false));
        let all = own.chain(none.map(|point| (point, is_apart)));
        let of = |(point, is_apart): (&Tried, bool)| {
            let Estimate { mean: regret, half_width, .. } = contender.regret(point, loss)?;
            let half = half_width.unwrap_or(0.0);
            let lambda = point.side.weight_decay?;
            Some(Point { lambda, regret, ends: [regret - half, regret + half], is_apart })
        };
        let rules: Vec<&Rule> = data.analysis.contenders.iter().map(|one| &one.rule).collect();
        let best = contender.best()?;
        let best = (best.side.weight_decay?, best.cell.mean(|run| run.val_loss)?);
        let epsilon = data.analysis.epsilon.map(|one| one.value);
        let points: Vec<Point> = all.filter_map(of).collect();
        let bar = from_none(contender.within(epsilon, loss), &points, epsilon);
        Self::through(data, &contender.rule, &rules, points, best, bar)
    }

    /// What a search tells; `None` where it searched more than λ.
    pub fn found(data: &Data, found: &FoundRule) -> Option<Self> {
        let search = data.analysis.search.as_ref()?;
        let rules: Vec<&Rule> = search.rules.iter().map(|one| &one.rule).collect();
        let optimum = found.weight_decay()?.optimum.as_ref()?;
        let is_apart = |lambda: f64| lambda == 0.0 && !found.rule.treatment.is_empty();
        let of = |one: &Regret| Point {
            lambda: one.value,
            regret: one.regret,
            ends: one.band,
            is_apart: is_apart(one.value),
        };
        let points: Vec<Point> = optimum.curve.iter().map(of).collect();
        let lowest = points.iter().min_by(|a, b| a.regret.total_cmp(&b.regret))?.lambda;
        let best = (lowest, optimum.predicted_loss);
        Self::through(data, &found.rule, &rules, points, best, Some(optimum.interval))
    }

    /// `best` is the λ of the best and its val loss.
    fn through(
        data: &Data,
        rule: &Rule,
        rules: &[&Rule],
        mut points: Vec<Point>,
        (best, lowest): (f64, f64),
        bar: Option<[f64; 2]>,
    ) -> Option<Self> {
        points.retain(|point| point.regret.is_finite());
        points.sort_by(|a, b| a.lambda.total_cmp(&b.lambda));
        let place = rules.iter().position(|one| *one == rule)?;
        let highest = points.last()?.lambda;
        let is_open = bar.is_some_and(|[_, end]| end.is_infinite());
        (points.len() > 1).then_some(Line {
            form: rule.form,
            name: words::labels(rules).swap_remove(place),
            look: Look::of(rule, &data.analysis.groups),
            points,
            best,
            lowest,
            bar: bar.map(|ends| ends.map(|end| end.min(highest))),
            is_open,
        })
    }

    /// `place` is that of the rule among those of its panel.
    pub fn draw(
        &self,
        chart: &mut Chart,
        axis: &LambdaAxis,
        values: &Range<f64>,
        (place, taken): (usize, &mut Taken),
    ) -> Result<()> {
        let at = |point: &Point| (axis.at(point.lambda), point.regret);
        let is_beyond = |point: &Point| !values.contains(&point.regret);
        let inside = || self.points.iter().filter(|point| !is_beyond(point));
        for point in inside() {
            let ends =
                point.ends.map(|end| (axis.at(point.lambda), end.clamp(values.start, values.end)));
            chart.draw_series(LineSeries::new(ends, line(self.look.colour, 0.6, 1)))?;
        }
        for piece in self.points.split(|point| is_beyond(point) || point.is_apart) {
            self.look.draw_line(chart, &piece.iter().map(at).collect::<Vec<_>>())?;
        }
        let own = inside().filter(|point| !point.is_apart).map(at);
        self.look.draw_markers(chart, own, (5, self.look.colour.filled()))?;
        for place in inside().filter(|point| point.is_apart).map(at) {
            let circle = |style| Circle::new(place, px(5), style);
            let styles = [WHITE.filled(), line(self.look.colour, 1.0, 2)];
            chart.draw_series(styles.map(circle))?;
        }
        for point in self.points.iter().filter(|point| is_beyond(point)) {
            self.look.draw_beyond(chart, at(point), values, taken)?;
        }
        let best = self.points.iter().find(|point| point.lambda == self.best).map(at);
        let ring = |at| Circle::new(at, px(9), line(self.look.colour, 1.0, 2));
        chart.draw_series(best.map(ring))?;
        self.draw_bar(chart, axis, values, place)
    }

    fn draw_bar(
        &self,
        chart: &mut Chart,
        axis: &LambdaAxis,
        values: &Range<f64>,
        place: usize,
    ) -> Result<()> {
        let Some([low, high]) = self.bar else { return Ok(()) };
        let height = (values.end - values.start) * (0.015 + 0.02 * place as f64);
        // Of one λ it is as short as can still be seen.
        let least = (axis.end - axis.start()) * 0.02;
        let ends = [(low, -least), (high, least)]
            .map(|(lambda, air)| (axis.at(lambda) + air, values.start + height));
        chart.draw_series(LineSeries::new(ends, line(self.look.colour, 1.0, 4)))?;
        if self.is_open {
            let tip = vec![(0, -px(6)), (px(10), 0), (0, px(6))];
            let filled = self.look.colour.filled();
            chart.draw_series([EmptyElement::at(ends[1]) + Polygon::new(tip, filled)])?;
        }
        // Bars of one form have one colour.
        self.look.draw_markers(chart, [ends[0]], (4, self.look.colour.filled()))
    }

    /// Tells every regret where a pointer rests on it.
    pub fn add_hints(
        &self,
        hints: &mut Hints,
        chart: &Chart,
        axis: &LambdaAxis,
        values: &Range<f64>,
    ) {
        for Point { lambda, regret, ends, is_apart } in &self.points {
            let shown = regret.clamp(values.start, values.end);
            let interval = match ends[0] < ends[1] {
                true => format!(" {}", format::interval(*ends, 4)),
                false => String::new(),
            };
            let (lambda_told, told) = (format::exact(*lambda), format::signed(*regret, 4));
            let hint = match is_apart {
                true => format!("{WITHOUT_RIVALS}: {told}{interval}"),
                false => format!("{}, λ = {lambda_told}: {told}{interval}", self.name),
            };
            hints.add(chart.backend_coord(&(axis.at(*lambda), shown)), hint);
        }
    }
}

/// The λ within ε, from 0 where no decay is one of them.
fn from_none(bar: Option<[f64; 2]>, points: &[Point], epsilon: Option<f64>) -> Option<[f64; 2]> {
    let is_within = |point: &Point| {
        let is_none = point.lambda == 0.0 && !point.is_apart;
        is_none && epsilon.is_some_and(|epsilon| point.regret <= epsilon)
    };
    match points.iter().any(is_within) {
        true => Some([0.0, bar.map_or(0.0, |[_, high]| high)]),
        false => bar,
    }
}

/// Of the points at each λ the one with the lowest val loss: a rule may tune more than λ.
fn lowest_by_lambda(points: &[Tried]) -> Vec<&Tried> {
    let loss = |cell: &Cell| cell.mean(|run| run.val_loss).unwrap_or(f64::INFINITY);
    let mut lowest: Vec<&Tried> = Vec::new();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figures::fixture::data;
    use crate::stats::tests::experiment;

    #[test]
    fn a_bar_begins_at_no_decay_where_that_is_within_epsilon() {
        let point = |regret: f64, is_apart: bool| Point {
            lambda: 0.0,
            regret,
            ends: [regret, regret],
            is_apart,
        };
        let bar = |point: Point| from_none(Some([1.0, 3.0]), &[point], Some(0.05));
        assert_eq!(bar(point(0.04, false)), Some([0.0, 3.0]));
        assert_eq!(bar(point(0.06, false)), Some([1.0, 3.0]));
        assert_eq!(bar(point(0.04, true)), Some([1.0, 3.0]));
    }

    #[test]
    fn an_interval_without_an_upper_end_is_open_and_its_bar_ends_at_the_last_point() {
        let data = data(experiment());
        let rule = &data.analysis.contenders[0].rule;
        let line = |high: f64| {
            let point = |lambda| Point { lambda, regret: 0.0, ends: [0.0, 0.0], is_apart: false };
            let points = vec![point(0.0), point(3.0)];
            Line::through(&data, rule, &[rule], points, (0.0, 2.0), Some([0.0, high])).unwrap()
        };
        assert!(!line(1.0).is_open && line(f64::INFINITY).is_open);
        assert_eq!([line(1.0).bar, line(f64::INFINITY).bar], [Some([0.0, 1.0]), Some([0.0, 3.0])]);
    }
}
