//! What a search found, from the runs that had a part in finding it.

use std::collections::{BTreeMap, BTreeSet};

use super::contenders::Contender;
use super::groups::Rule;
use super::optimum::{Optimum, Regret, Tried};
use super::point::Point;
use super::surface::{Ridge, Surface, TriedPair};
use crate::config::{Stage, is_treatment};
use crate::record::Status;
use crate::results::{Draw, RunRow};

/// A search, rule by rule. Its losses are those on val, which it chose by.
#[derive(Clone, Debug)]
pub struct Search {
    pub rules: Vec<FoundRule>,
    /// No decay, where a value beside it was searched, such as a learning rate.
    pub without_decay: Vec<FoundRule>,
    /// Whether fresh seeds have judged what was found.
    pub is_confirmed: bool,
}

/// What was found of one rule.
#[derive(Clone, Debug)]
pub struct FoundRule {
    pub rule: Rule,
    pub found: Vec<Found>,
    /// The direction in which two searched values may change together at little cost.
    pub ridge: Option<Ridge>,
    /// What was tried.
    pub tried: Contender,
}

/// The best value of one searched key.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The searched key.
    pub axis: String,
    /// What was confirmed, 0 for no decay; before that, what its losses estimate.
    pub best: f64,
    /// The 95% interval; 0 and +∞ where it is open.
    pub interval: [f64; 2],
    /// Whether both ends of the range are beaten.
    pub is_interior: bool,
    /// All that one axis tells; missing where several values were searched together.
    pub optimum: Option<Optimum>,
    pub predicted_loss: Option<f64>,
    pub runs: usize,
}

impl Search {
    /// Of the rows of a search; `None` for a grid.
    pub fn of(rows: &[RunRow], epsilon: Option<f64>, is_confirmed: bool) -> Option<Self> {
        let explored: Vec<RunRow> = rows.iter().filter(|row| row.is_explored()).cloned().collect();
        if explored.is_empty() {
            return None;
        }
        let seeds = seeds(&explored);
        let searched = |one: &Contender| !axes(one).is_empty();
        let contenders = Contender::of(&explored, false).into_iter().filter(searched);
        let judged = is_confirmed.then(|| Judged::of(rows));
        let of = |one| FoundRule::of(one, judged.as_ref(), &seeds, epsilon.unwrap_or(0.0));
        let without_decay = Contender::without_decay_of(&explored).into_iter().map(of).collect();
        Some(Search { rules: contenders.map(of).collect(), without_decay, is_confirmed })
    }

    /// What was found of every rule, and then of no decay.
    pub fn all(&self) -> impl Iterator<Item = &FoundRule> {
        self.rules.iter().chain(&self.without_decay)
    }
}

/// The rows of a search that is not over, of the seeds that every point has: a search asks for more seeds of the good
/// ones, so that those lack runs first. What has not begun is left out; rows of a grid are all kept.
pub fn so_far(rows: &[RunRow]) -> Vec<RunRow> {
    let has_ended = |row: &RunRow| matches!(row.status, Status::Done | Status::Diverged);
    let mut points: BTreeMap<String, BTreeSet<Draw>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_explored() && has_ended(row)) {
        points.entry(point_of(row)).or_default().insert(row.draw());
    }
    let common = points.into_values().reduce(|common, own| &common & &own).unwrap_or_default();
    if common.is_empty() {
        return rows.to_vec();
    }
    let is_kept =
        |row: &&RunRow| !row.is_explored() || has_ended(row) && common.contains(&row.draw());
    rows.iter().filter(is_kept).cloned().collect()
}

/// All but the seed.
fn point_of(row: &RunRow) -> String {
    let RunRow { form, mask, weight_decay, setting, variant, treatment, axes, base, .. } = row;
    format!("{form} {mask:?} {weight_decay:?} {setting} {variant} {treatment} {axes} {base}")
}

impl FoundRule {
    /// `judged` holds what fresh seeds were trained on, once they were.
    fn of(tried: Contender, judged: Option<&Judged>, seeds: &[Draw], epsilon: f64) -> Self {
        let axes = axes(&tried);
        let confirmed = judged.and_then(|judged| judged.confirmed(&tried));
        let (found, ridge) = match &axes[..] {
            [axis] => {
                let ends_here = judged.is_some() && ends_at_none(axis) && !tried.none.is_empty();
                // Where no decay does as well as what was found, that is not trained again.
                let best = match confirmed {
                    Some(point) => point.side.value(axis),
                    None => ends_here.then_some(0.0),
                };
                let found = along(axis, &tried, seeds, epsilon);
                (Vec::from_iter(found.map(|found| found.confirmed_at(best))), None)
            }
            [first, second] => over([first, second], &tried, confirmed, seeds, epsilon),
            _ => (Vec::new(), None),
        };
        FoundRule { rule: tried.rule.clone(), found, ridge, tried }
    }

    /// What it does against overfitting beside a searched key.
    pub fn beside(&self, axis: &str) -> Vec<&str> {
        self.tried.treatments().into_iter().filter(|key| *key != axis).collect()
    }

    /// What was found for λ.
    pub fn weight_decay(&self) -> Option<&Found> {
        self.found.iter().find(|found| found.axis == "weight_decay")
    }
}

impl Found {
    /// With the value that was confirmed as the best: the search decided by all of its means near the best.
    fn confirmed_at(self, best: Option<f64>) -> Self {
        let Some(best) = best else { return self };
        let [low, high] = self.interval;
        let is_near = self.optimum.as_ref().is_none_or(|optimum| optimum.within.holds(best));
        let predicted_loss = self.predicted_loss.filter(|_| is_near);
        Found { best, interval: [low.min(best), high.max(best)], predicted_loss, ..self }
    }

    /// The value with the lowest mean of the search's seeds, where the best lies elsewhere, and by these means not within
    /// ε of it.
    pub fn lowest_elsewhere(&self) -> Option<f64> {
        let optimum = self.optimum.as_ref()?;
        optimum.lowest().filter(|lowest| *lowest != self.best && !optimum.within.holds(self.best))
    }

    /// What a value costs against the best, where the search tells it.
    pub fn regret_at(&self, value: f64) -> Option<Regret> {
        self.optimum.as_ref()?.regret_at(value)
    }
}

/// Whether no decay and nothing beside it is where an axis ends.
pub fn ends_at_none(axis: &str) -> bool {
    axis == "weight_decay" || is_treatment(axis)
}

/// The answer along one axis.
fn along(axis: &str, tried: &Contender, seeds: &[Draw], epsilon: f64) -> Option<Found> {
    let of = |point: &Point| {
        let value = point.side.value(axis)?;
        Some(Tried { value, losses: losses(point, seeds) })
    };
    let points: Vec<Tried> = tried.points.iter().filter_map(of).collect();
    let none = tried.none.first().filter(|_| ends_at_none(axis));
    let none = none.map(|point| losses(point, seeds));
    let optimum = Optimum::of(&points, none.as_deref(), epsilon)?;
    Some(Found {
        axis: axis.to_owned(),
        best: optimum.best,
        interval: optimum.interval,
        is_interior: optimum.is_interior(),
        predicted_loss: Some(optimum.predicted_loss),
        runs: optimum.runs,
        optimum: Some(optimum),
    })
}

/// The answer over two axes: a response surface through the points near the best.
fn over(
    axes: [&String; 2],
    tried: &Contender,
    confirmed: Option<&Point>,
    seeds: &[Draw],
    epsilon: f64,
) -> (Vec<Found>, Option<Ridge>) {
    let pair = |point: &Point| {
        let values = [point.side.value(axes[0])?, point.side.value(axes[1])?];
        Some(TriedPair { values, losses: losses(point, seeds) })
    };
    let pairs: Vec<TriedPair> = tried.points.iter().filter_map(pair).collect();
    let runs = pairs.iter().map(|pair| pair.losses.len()).sum();
    let Some(surface) = Surface::of(&pairs, epsilon) else { return (Vec::new(), None) };
    let values = |point: &Point| {
        let [first, second] = axes.map(|axis| point.side.value(axis));
        first.zip(second).map(|(first, second)| [first, second])
    };
    // What the search found by the points near its best is what it judged.
    let best = confirmed.and_then(values).or(surface.best).or_else(|| values(tried.best()?));
    let found = [0, 1].into_iter().filter_map(|axis| {
        let at = best?[axis];
        let [low, high] = surface.intervals[axis];
        let is_open = ends_at_none(axes[axis]) && !is_below_none(tried);
        let interval = [if is_open { 0.0 } else { low.min(at) }, high.max(at)];
        Some(Found {
            axis: axes[axis].clone(),
            best: at,
            interval,
            is_interior: surface.best.is_some() && interval[0] > 0.0 && interval[1].is_finite(),
            optimum: None,
            predicted_loss: surface.predicted_loss.filter(|_| best == surface.best),
            runs,
        })
    });
    (found.collect(), Some(surface.ridge))
}

/// Whether the best point is lower than no decay, where that was trained, at 95%.
fn is_below_none(tried: &Contender) -> bool {
    let (Some(best), Some(none)) = (tried.best(), tried.none.first()) else { return true };
    let differences = best.cell.paired(&none.cell, |run| run.val_loss);
    differences.is_some_and(|one| one.half_width.is_some_and(|half| one.mean + half < 0.0))
}

/// Val losses from the first seed on, as long as they are there; +∞ where a run diverged.
fn losses(point: &Point, seeds: &[Draw]) -> Vec<f64> {
    let of = |seed: &Draw| {
        let run = point.cell.runs.iter().find(|run| run.draw() == *seed)?;
        match run.status {
            Status::Diverged => Some(f64::INFINITY),
            _ => run.val_loss,
        }
    };
    seeds.iter().map_while(of).collect()
}

/// The seeds in the order in which the search took them up.
fn seeds(rows: &[RunRow]) -> Vec<Draw> {
    let mut seeds: Vec<Draw> = Vec::new();
    for row in rows {
        if !seeds.contains(&row.draw()) {
            seeds.push(row.draw());
        }
    }
    seeds
}

/// What fresh seeds judged.
struct Judged {
    contenders: Vec<Contender>,
    /// Runs by the searched keys that they are at, as `tuned` has them. A given arm may be at the same values, and has the
    /// same runs.
    searched: BTreeSet<(String, String)>,
}

impl Judged {
    fn of(rows: &[RunRow]) -> Self {
        let judged = rows.iter().filter(|row| row.stage == Some(Stage::Confirm));
        let judged: Vec<RunRow> = judged.cloned().collect();
        let searched = judged.iter().map(|row| (row.tuned.clone(), row.run.clone())).collect();
        let without_decay = Contender::without_decay_of(&judged);
        let contenders = Contender::of(&judged, true).into_iter().chain(without_decay).collect();
        Judged { contenders, searched }
    }

    /// The point at which what was found for a rule was judged.
    fn confirmed(&self, tried: &Contender) -> Option<&Point> {
        let own = self.contenders.iter().find(|one| one.rule == tried.rule)?;
        let tuned = tuned(tried.points.first()?);
        let is_found = |point: &&Point| {
            let mut runs = point.cell.runs.iter();
            runs.any(|run| self.searched.contains(&(tuned.to_owned(), run.run.clone())))
        };
        let mut points = own.points.iter().filter(is_found);
        points.next().filter(|_| points.next().is_none())
    }
}

/// The keys that a rule searched.
fn axes(contender: &Contender) -> Vec<String> {
    let tuned = contender.points.first().map_or("", tuned);
    tuned.split(' ').filter(|key| !key.is_empty()).map(str::to_owned).collect()
}

/// The keys that a point was searched in, as its runs have them.
fn tuned(point: &Point) -> &str {
    point.cell.runs.first().map_or("", |run| run.tuned.as_str())
}
