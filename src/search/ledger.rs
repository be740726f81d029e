//! What a replayed search has asked for, and what it was told.

use std::collections::BTreeMap;

use super::view::View;
use super::{Axis, Best, Decision, Known, Leader, Next, Place, Point, Terms, Wanted, Why};
use crate::config::Stage;

/// Why the procedure does not go on.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Losses are missing.
    Missing(Next),
    MostRuns,
}

/// Keeps a search honest: it sees the losses that it asked for and no others.
pub struct Ledger<'a> {
    pub axes: &'a [Axis],
    pub terms: &'a Terms,
    known: &'a Known,
    asked: BTreeMap<Place, usize>,
    none_seeds: usize,
    log: Vec<Decision>,
    best: Best,
}

impl<'a> Ledger<'a> {
    pub fn new(axes: &'a [Axis], terms: &'a Terms, known: &'a Known) -> Self {
        let (asked, log) = (BTreeMap::new(), Vec::new());
        Ledger { axes, terms, known, asked, none_seeds: 0, log, best: Best::Nothing }
    }

    /// Asks for points on a number of seeds, and with them for no decay.
    pub fn ask(&mut self, stage: Stage, points: &[(Place, usize)], why: Why) -> Result<(), Stop> {
        let new = |(place, seeds): &&(Place, usize)| self.seeds_of(place) < *seeds;
        let new: Vec<(Place, usize)> = points.iter().filter(new).cloned().collect();
        let costs: usize = new.iter().map(|(place, seeds)| seeds - self.seeds_of(place)).sum();
        if self.runs() + costs > self.terms.most_runs {
            return Err(Stop::MostRuns);
        }
        let none_seeds = self.none_wanted(stage);
        let wanted: Vec<Wanted> =
            new.iter().map(|(place, seeds)| self.wanted(place, *seeds)).collect();
        self.note(stage, why, wanted.clone(), none_seeds);
        self.none_seeds = self.none_seeds.max(none_seeds);
        self.asked.extend(new);
        self.told(stage, wanted)
    }

    /// Writes down a decision that trains nothing.
    pub fn conclude(&mut self, stage: Stage, why: Why) {
        self.note(stage, why, Vec::new(), 0);
    }

    /// What is known, once everything that was asked for is there.
    pub fn view(&self) -> View<'a> {
        let losses = |(place, seeds): (&Place, &usize)| {
            Some((place.clone(), self.known.losses(place, *seeds)?))
        };
        let none = self.known.none(self.none_seeds).filter(|none| !none.is_empty());
        let points = self.asked.iter().filter_map(losses).collect();
        View::new(self.axes, points, none, self.known_epsilon().unwrap_or(0.0))
    }

    pub fn known_epsilon(&self) -> Option<f64> {
        match self.terms.epsilon.asks_for_none() {
            true => Some(self.terms.epsilon.value(&self.known.none(self.terms.bracket_seeds)?)),
            false => Some(self.terms.epsilon.value(&[])),
        }
    }

    pub fn seeds_of(&self, place: &Place) -> usize {
        self.asked.get(place).copied().unwrap_or(0)
    }

    pub fn asked(&self) -> Vec<Wanted> {
        self.asked.iter().map(|(place, seeds)| self.wanted(place, *seeds)).collect()
    }

    /// What it would confirm by what was known at its last decision.
    pub fn best(&self) -> Best {
        self.best.clone()
    }

    pub fn into_log(self) -> Vec<Decision> {
        self.log
    }

    /// The best of what is known when it has cost what it may.
    pub fn give_up(&mut self) -> Best {
        self.conclude(Stage::Confirm, Why::MostRuns);
        self.best()
    }

    fn runs(&self) -> usize {
        self.asked.values().sum()
    }

    fn none_wanted(&self, stage: Stage) -> usize {
        let is_an_end = self.axes.iter().any(|axis| axis.ends_at_zero);
        match stage {
            _ if !is_an_end && !self.terms.epsilon.asks_for_none() => 0,
            Stage::Bracket => self.terms.bracket_seeds,
            _ => self.terms.refine_seeds,
        }
    }

    fn wanted(&self, place: &Place, seeds: usize) -> Wanted {
        Wanted { point: Point::of(place, self.axes), seeds }
    }

    fn note(&mut self, stage: Stage, why: Why, points: Vec<Wanted>, none_seeds: usize) {
        let view = self.view();
        let leader = view.leader().map(|(place, loss)| Leader {
            point: Point::of(place, self.axes),
            loss,
            seeds: self.seeds_of(place),
        });
        self.best = view.recommended();
        self.log.push(Decision { stage, runs: self.runs(), leader, why, points, none_seeds });
    }

    /// Goes on if everything that was asked for is known.
    fn told(&self, stage: Stage, wanted: Vec<Wanted>) -> Result<(), Stop> {
        let is_missing = |one: &Wanted| self.known.losses(&one.point.place, one.seeds).is_none();
        let points: Vec<Wanted> = wanted.into_iter().filter(is_missing).collect();
        let none_seeds = match self.known.none(self.none_seeds) {
            Some(_) => 0,
            None => self.none_seeds,
        };
        match points.is_empty() && none_seeds == 0 {
            true => Ok(()),
            false => Err(Stop::Missing(Next::Train { stage, points, none_seeds })),
        }
    }
}
