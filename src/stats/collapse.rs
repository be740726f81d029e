//! Runs that theory says are one: how far apart their curves lie, beside what seeds alone would do.

mod coincidence;
mod lines;

use std::collections::{BTreeMap, BTreeSet};

use crate::results::{Curves, Draw, MechanismRow, RunRow};
use crate::stats::Quantity;

pub use coincidence::Coincidence;

/// Places are the same where they are no further apart, in steps or in decades.
const SAME_PLACE: f64 = 1e-6;

/// What would be one curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A loss over τ in epochs, whatever the batch (Wang & Aitchison 2024).
    Timescale,
    /// How a loss changes with τ in epochs, whatever the text: against its mean over the τ that all lines have, which no
    /// line has chosen for being low. Of text alone it speaks where all experiments are known to train one model.
    TimescaleCost { one_model: bool },
    /// A loss over the product ηλ, whatever η.
    Product,
    /// A loss over training under decay and without it at the same η/‖w‖.
    EffectiveRate,
}

/// Lines that a claim says are one, and how well they are.
#[derive(Clone, Debug)]
pub struct Collapse {
    pub claim: Claim,
    /// What all lines share: a form on a mask, and λ where it is one.
    pub subject: String,
    pub lines: Vec<Line>,
    /// `None` where the lines share too little.
    pub coincidence: Option<Coincidence>,
}

/// A loss over what a claim says it goes by.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    /// Training tokens of a step.
    pub tokens: usize,
    /// By rising place: the loss of every seed, in nats per token.
    pub places: Vec<Place>,
}

/// Where a line has losses.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// A step, or the decimal logarithm of τ or of ηλ.
    pub at: f64,
    pub losses: BTreeMap<Draw, f64>,
    /// What tells where a line is lowest: on test nothing is chosen.
    pub val: BTreeMap<Draw, f64>,
    /// The seeds whose runs ended no better than token frequencies.
    pub collapsed: BTreeSet<Draw>,
}

/// An experiment by its name: the rows of its `runs.csv` and of its `mechanism.csv`.
pub type Named = (String, Vec<RunRow>, Vec<MechanismRow>);

impl Place {
    pub fn mean(&self) -> f64 {
        self.losses.values().sum::<f64>() / self.losses.len() as f64
    }

    fn mean_val(&self) -> f64 {
        self.val.values().sum::<f64>() / self.val.len() as f64
    }
}

impl Line {
    /// The losses at a place, if the line has it. Nothing is interpolated: the bend of a curve between two places
    /// would be taken for a difference.
    fn at(&self, place: f64) -> Option<&BTreeMap<Draw, f64>> {
        let is_it = |one: &&Place| (one.at - place).abs() <= SAME_PLACE;
        self.places.iter().find(is_it).map(|one| &one.losses)
    }

    /// The seeds that it has at all of these places.
    fn draws(&self, places: &[f64]) -> BTreeSet<Draw> {
        let own = places.iter().filter_map(|place| self.at(*place));
        let mut own = own.map(|losses| losses.keys().copied().collect::<BTreeSet<Draw>>());
        let first = own.next().unwrap_or_default();
        own.fold(first, |common, next| &common & &next)
    }

    /// How many of its runs are no better than token frequencies, and how many it has.
    pub fn collapsed(&self) -> (usize, usize) {
        let runs = || {
            self.places.iter().flat_map(|place| place.losses.keys().map(move |draw| (place, draw)))
        };
        (runs().filter(|(place, draw)| place.collapsed.contains(draw)).count(), runs().count())
    }

    /// The place of its lowest mean val loss.
    pub fn best(&self) -> Option<&Place> {
        self.places.iter().min_by(|a, b| a.mean_val().total_cmp(&b.mean_val()))
    }

    /// What every place costs a seed against its mean over some places, all of which it has.
    fn over_its_mean(self, places: &[f64]) -> Self {
        let loss = |draw: &Draw, place: f64| self.at(place)?.get(draw).copied();
        let mean = |draw: &Draw| {
            let losses = places.iter().map(|place| loss(draw, *place));
            Some(losses.sum::<Option<f64>>()? / places.len() as f64)
        };
        let own = self.draws(places).into_iter().filter_map(|draw| Some((draw, mean(&draw)?)));
        let means: BTreeMap<Draw, f64> = own.collect();
        let over = |place: Place| {
            let losses = place.losses.iter();
            let losses = losses.filter_map(|(draw, loss)| Some((*draw, loss - means.get(draw)?)));
            Place { losses: losses.collect(), ..place }
        };
        let mut places: Vec<Place> = self.places.into_iter().map(over).collect();
        places.retain(|place| !place.losses.is_empty());
        Line { places, ..self }
    }
}

impl Collapse {
    /// The claims that an experiment has runs for. `loss` is the one that is reported.
    pub fn all(
        runs: &[RunRow],
        mechanism: &[MechanismRow],
        curves: &Curves,
        loss: Quantity,
    ) -> Vec<Self> {
        let over_timescale = lines::over_timescale(runs, mechanism, loss);
        let over_product = lines::over_product(runs, loss);
        let over = [(Claim::Timescale, over_timescale), (Claim::Product, over_product)];
        let over = over.into_iter().flat_map(|(claim, found)| {
            let several = found.into_iter().filter(|(_, lines)| lines.len() > 1);
            several.map(move |(subject, lines)| Collapse::new(claim, subject, lines))
        });
        let matched = lines::matched(runs, curves).into_iter();
        let matched =
            matched.map(|(subject, lines)| Collapse::new(Claim::EffectiveRate, subject, lines));
        over.chain(matched).collect()
    }

    /// What each τ in epochs costs several experiments: for every mask that all of them have under AdamW, a line for
    /// each. Masks are never mixed: what they decay differs, and so would the lines of runs that are the same.
    ///
    /// # Errors
    /// No mask that all have: then the subjects of each experiment, none where it has too few λ.
    pub fn of_experiments(
        experiments: &[Named],
        one_model: bool,
    ) -> Result<Vec<Self>, Vec<Vec<String>>> {
        // One loss for all: on test where each has one.
        let reported = experiments.iter().map(|(_, runs, _)| Quantity::reported(runs));
        let loss = match reported.into_iter().all(|loss| loss == Quantity::TestLoss) {
            true => Quantity::TestLoss,
            false => Quantity::ValLoss,
        };
        let of_each: Vec<BTreeMap<String, Line>> = experiments
            .iter()
            .map(|(_, runs, mechanism)| lines::of_spec(runs, mechanism, loss))
            .collect();
        let laid = |subject: &String| {
            let own = of_each.iter().map(|lines| lines.get(subject).cloned());
            let own = own
                .zip(experiments)
                .map(|(line, (name, ..))| Some(Line { label: name.clone(), ..line? }));
            let mut lines: Vec<Line> = own.collect::<Option<_>>()?;
            // Lines that share too little are drawn as they are.
            if Coincidence::of(&lines).is_some() {
                let places = shared_places(&lines);
                lines = lines.into_iter().map(|line| line.over_its_mean(&places)).collect();
            }
            let claim = Claim::TimescaleCost { one_model };
            Some(Collapse::new(claim, subject.clone(), lines))
        };
        let found: Vec<Self> =
            of_each.iter().take(1).flat_map(BTreeMap::keys).filter_map(laid).collect();
        let subjects = |lines: &BTreeMap<String, Line>| lines.keys().cloned().collect();
        if found.is_empty() { Err(of_each.iter().map(subjects).collect()) } else { Ok(found) }
    }

    fn new(claim: Claim, subject: String, lines: Vec<Line>) -> Self {
        let coincidence = Coincidence::of(&lines);
        Collapse { claim, subject, lines, coincidence }
    }
}

/// The places that all lines have.
fn shared_places(lines: &[Line]) -> Vec<f64> {
    let shared = |place: &&Place| lines.iter().all(|line| line.at(place.at).is_some());
    let places = lines.first().into_iter().flat_map(|line| &line.places);
    places.filter(shared).map(|place| place.at).collect()
}
