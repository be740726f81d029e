//! Runs that theory says are one: how far apart their curves lie, beside what seeds alone would do.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Form, Role, plain};
use crate::random::{below, stream};
use crate::results::{CurveCsvRow, Draw, MechanismRow, RunRow};
use crate::stats::{FEWEST_SEEDS, Quantity};

/// With fewer places that two lines share there is no curve to compare.
const FEWEST_PLACES: usize = 3;
/// Places are the same where they are no further apart, in steps or in decades.
const SAME_PLACE: f64 = 1e-6;
/// All signs of so many seeds are tried; of more, as many draws of signs.
const ALL_SIGNS: usize = 12;

/// What would be one curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A loss over τ in epochs, whatever batch and data (Wang & Aitchison 2024).
    Timescale,
    /// A loss over the product ηλ, whatever η.
    Product,
    /// A loss over training under decay and without it at the same η/‖w‖.
    EffectiveRate,
}

/// Lines that a claim says are one, and how well they are.
#[derive(Clone, Debug)]
pub struct Collapse {
    pub claim: Claim,
    /// Of the runs: the form, or for data sizes nothing.
    pub subject: String,
    pub lines: Vec<Line>,
    /// `None` where the lines share too little.
    pub coincidence: Option<Coincidence>,
}

/// A loss over what a claim says it goes by.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    /// By rising place: the loss of every seed, in nats per token.
    pub places: Vec<Place>,
}

/// Where a line has losses.
#[derive(Clone, Debug)]
pub struct Place {
    pub at: f64,
    pub losses: BTreeMap<Draw, f64>,
}

/// How well lines are one, over the places that all have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coincidence {
    /// Root mean square of the distances of the lines from their common mean, in nats per token.
    pub apart: f64,
    /// The same if only seeds set them apart.
    pub by_seeds: f64,
    /// Chance of lines as far apart if only seeds set them apart: signs of whole seeds are flipped.
    pub p: f64,
    /// Seeds that every line has.
    pub seeds: usize,
    /// Places that were compared.
    pub places: usize,
}

impl Place {
    pub fn mean(&self) -> f64 {
        self.losses.values().sum::<f64>() / self.losses.len() as f64
    }
}

impl Line {
    /// The losses at a place, if the line has it. Nothing is interpolated: the bend of a curve between two places
    /// would be taken for a difference.
    fn at(&self, place: f64) -> Option<&BTreeMap<Draw, f64>> {
        let is_it = |one: &&Place| (one.at - place).abs() <= SAME_PLACE;
        self.places.iter().find(is_it).map(|one| &one.losses)
    }

    fn draws(&self) -> BTreeSet<Draw> {
        let mut places = self.places.iter().map(|place| place.losses.keys().copied().collect());
        let first: BTreeSet<Draw> = places.next().unwrap_or_default();
        places.fold(first, |common, next: BTreeSet<Draw>| &common & &next)
    }
}

impl Coincidence {
    /// Of two lines or more, seed by seed: what a seed shifts in all of them alike sets none apart.
    pub fn of(lines: &[Line]) -> Option<Self> {
        let shared = |place: &&Place| lines.iter().all(|line| line.at(place.at).is_some());
        let places = lines.first()?.places.iter().filter(shared);
        let places: Vec<f64> = places.map(|place| place.at).collect();
        let mut draws = lines.iter().map(Line::draws);
        let first = draws.next()?;
        let draws: Vec<Draw> =
            draws.fold(first, |common, next| &common & &next).into_iter().collect();
        if lines.len() < 2 || places.len() < FEWEST_PLACES || draws.len() < FEWEST_SEEDS {
            return None;
        }
        let deviations = draws.iter().map(|draw| deviations(lines, &places, draw));
        let deviations: Vec<Vec<f64>> = deviations.collect::<Option<_>>()?;
        let apart = root_mean_square(&mean(&deviations, &vec![1.0; draws.len()]));
        let places = places.len();
        let p = share_as_far(&deviations, apart);
        Some(Coincidence { apart, by_seeds: by_seeds(&deviations), p, seeds: draws.len(), places })
    }

    /// Whether seeds alone do not set lines so far apart, at a level.
    pub fn is_told_apart(&self, alpha: f64) -> bool {
        self.p <= alpha
    }
}

/// Every line's distance from their mean at every place, for one seed.
fn deviations(lines: &[Line], places: &[f64], draw: &Draw) -> Option<Vec<f64>> {
    let mut all = Vec::new();
    for place in places {
        let losses: Vec<f64> =
            lines.iter().map(|line| line.at(*place)?.get(draw).copied()).collect::<Option<_>>()?;
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        all.extend(losses.into_iter().map(|loss| loss - mean));
    }
    Some(all)
}

/// Over seeds, each with its sign.
fn mean(deviations: &[Vec<f64>], signs: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; deviations[0].len()];
    for (seed, sign) in deviations.iter().zip(signs) {
        sums.iter_mut().zip(seed).for_each(|(sum, deviation)| *sum += sign * deviation);
    }
    sums.into_iter().map(|sum| sum / deviations.len() as f64).collect()
}

fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// What the mean over seeds would be of deviations without a mean: their standard error.
fn by_seeds(deviations: &[Vec<f64>]) -> f64 {
    let n = deviations.len() as f64;
    let means = mean(deviations, &vec![1.0; deviations.len()]);
    let squares = deviations.iter().flat_map(|seed| {
        seed.iter().zip(&means).map(|(deviation, mean)| (deviation - mean).powi(2))
    });
    (squares.sum::<f64>() / (n - 1.0) / n / means.len() as f64).sqrt()
}

/// Share of the choices of signs of seeds that set lines as far apart.
fn share_as_far(deviations: &[Vec<f64>], apart: f64) -> f64 {
    let is_as_far =
        |signs: &[f64]| root_mean_square(&mean(deviations, signs)) >= apart * (1.0 - 1e-12);
    let seeds = deviations.len();
    if seeds <= ALL_SIGNS {
        // The first keeps its sign: flipping all changes nothing.
        let choices = 1_usize << (seeds - 1);
        let signs = |choice: usize| -> Vec<f64> {
            (0..seeds).map(|seed| if choice << 1 >> seed & 1 == 1 { -1.0 } else { 1.0 }).collect()
        };
        let as_far = (0..choices).filter(|choice| is_as_far(&signs(*choice))).count();
        return as_far as f64 / choices as f64;
    }
    let mut random = stream("signs of seeds", &[]);
    let draws = 1 << (ALL_SIGNS - 1);
    let mut signs = || -> Vec<f64> {
        (0..seeds).map(|_| if below(&mut random, 2) == 1 { -1.0 } else { 1.0 }).collect()
    };
    let as_far = (0..draws).filter(|_| is_as_far(&signs())).count();
    // The signs that were found are one of the choices.
    (as_far + 1) as f64 / (draws + 1) as f64
}

impl Collapse {
    /// The claims that an experiment has runs for. `loss` is the one that is reported.
    pub fn all(
        runs: &[RunRow],
        mechanism: &[MechanismRow],
        curves: &BTreeMap<String, Vec<CurveCsvRow>>,
        loss: Quantity,
    ) -> Vec<Self> {
        let timescale = by_setting(runs, loss, &timescales(mechanism), is_other_batch, |run| {
            format!("{} tokens, η = {}", tokens_per_step(run), run.lr)
        });
        let product = |run: &RunRow| Some(run.lr * run.weight_decay?);
        let product =
            by_setting(runs, loss, &product, is_other_rate, |run| format!("η = {}", run.lr));
        let over = [(Claim::Timescale, timescale), (Claim::Product, product)];
        let over = over.into_iter().filter_map(|(claim, found)| {
            let (subject, lines) = found.into_iter().max_by_key(|(_, lines)| lines.len())?;
            (lines.len() > 1).then(|| Collapse::new(claim, subject.title().to_owned(), lines))
        });
        over.chain(matched(runs, curves)).collect()
    }

    /// Loss over τ in epochs of several experiments, a line for each: what each τ costs against the best of its
    /// line, since other data have other losses.
    ///
    /// # Errors
    /// The name of the first that has no line.
    pub fn of_experiments(
        experiments: &[(String, Vec<RunRow>, Vec<MechanismRow>)],
    ) -> Result<Self, String> {
        let line = |(name, runs, mechanism): &(String, Vec<RunRow>, Vec<MechanismRow>)| {
            let (loss, place) = (Quantity::reported(runs), timescales(mechanism));
            let found = by_setting(runs, loss, &place, |keys| keys.is_empty(), |_| name.clone());
            let line = found.into_values().flatten().next();
            line.map(Line::over_its_best).ok_or_else(|| name.clone())
        };
        let lines = experiments.iter().map(line).collect::<Result<_, _>>()?;
        Ok(Collapse::new(Claim::Timescale, String::new(), lines))
    }

    fn new(claim: Claim, subject: String, lines: Vec<Line>) -> Self {
        let coincidence = Coincidence::of(&lines);
        Collapse { claim, subject, lines, coincidence }
    }
}

impl Line {
    /// What every place costs a seed against the place of the lowest mean.
    fn over_its_best(self) -> Self {
        let best = self.places.iter().min_by(|a, b| a.mean().total_cmp(&b.mean()));
        let best = best.map(|place| place.losses.clone()).unwrap_or_default();
        let over = |place: Place| {
            let losses = place.losses.into_iter();
            let losses = losses.filter_map(|(draw, loss)| Some((draw, loss - best.get(&draw)?)));
            Place { at: place.at, losses: losses.collect() }
        };
        Line { label: self.label, places: self.places.into_iter().map(over).collect() }
    }
}

/// Whether runs that differ from `[train]` in these keys have a line over ηλ.
fn is_other_rate(keys: &[&str]) -> bool {
    keys.iter().all(|key| *key == "lr")
}

/// Whether they have one over τ in epochs: other batches, whose steps and learning rates may go with them.
fn is_other_batch(keys: &[&str]) -> bool {
    let goes_with = ["batch", "accumulate", "steps", "warmup", "hold", "eval_every", "lr"];
    let is_batch = |key: &&str| ["batch", "accumulate"].contains(key);
    keys.is_empty() || (keys.iter().any(is_batch) && keys.iter().all(|key| goes_with.contains(key)))
}

fn tokens_per_step(run: &RunRow) -> usize {
    run.tokens / run.steps.max(1)
}

/// τ in epochs of a run.
fn timescales(mechanism: &[MechanismRow]) -> impl Fn(&RunRow) -> Option<f64> {
    let of_matrices = mechanism.iter().filter(|row| row.role == Role::Mlp);
    let known: BTreeMap<String, f64> =
        of_matrices.filter_map(|row| Some((row.run.clone(), row.timescale_epochs?))).collect();
    move |run| known.get(&run.run).copied()
}

/// What orders lines, and the label of one.
type Rank = (u64, String);
/// By the bits of a positive number.
type Places = BTreeMap<u64, Place>;

/// The lines of every form, each over the logarithm of what `place` gives, of the runs that have one by the keys in
/// which they differ from `[train]`.
fn by_setting(
    runs: &[RunRow],
    loss: Quantity,
    place: &impl Fn(&RunRow) -> Option<f64>,
    has_line: impl Fn(&[&str]) -> bool,
    label: impl Fn(&RunRow) -> String,
) -> BTreeMap<Form, Vec<Line>> {
    let mut found: BTreeMap<Form, BTreeMap<Rank, Places>> = BTreeMap::new();
    let is_shown = |run: &&RunRow| {
        let words = run.variant.split(' ').filter_map(|word| word.split_once('='));
        let keys: Vec<&str> = words.map(|(key, _)| key).collect();
        let is_plain = run.transfer.is_none() && run.treatment.is_empty();
        run.is_done() && is_plain && has_line(&keys)
    };
    for run in runs.iter().filter(is_shown) {
        let (Some(at), Some(value)) = (place(run), loss.of(run)) else { continue };
        if at <= 0.0 || !value.is_finite() {
            continue;
        }
        // By batch and learning rate: positive numbers are in the order of their bits.
        let rank = tokens_per_step(run) as f64 + run.lr;
        let line =
            found.entry(run.form).or_default().entry((rank.to_bits(), label(run))).or_default();
        let at =
            line.entry(at.to_bits()).or_insert(Place { at: at.log10(), losses: BTreeMap::new() });
        at.losses.entry(run.draw()).or_insert(value);
    }
    let lines = |lines: BTreeMap<Rank, Places>| {
        let line = |((_, label), places): (Rank, Places)| Line {
            label,
            places: places.into_values().collect(),
        };
        lines.into_iter().map(line).filter(|line| line.places.len() >= FEWEST_PLACES).collect()
    };
    found.into_iter().map(|(form, of_form)| (form, lines(of_form))).collect()
}

/// Val loss over training of AdamW and of the runs without decay at its η/‖w‖, for every λ that both have.
fn matched(runs: &[RunRow], curves: &BTreeMap<String, Vec<CurveCsvRow>>) -> Vec<Collapse> {
    let mut cells: BTreeMap<u64, [Vec<&RunRow>; 2]> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.is_done() && run.variant.is_empty()) {
        let side = match run.form {
            Form::AdamW => 0,
            Form::Matched => 1,
            _ => continue,
        };
        let lambda = run.weight_decay.unwrap_or_default().to_bits();
        cells.entry(lambda).or_default()[side].push(run);
    }
    let line = |label: &str, runs: &[&RunRow]| {
        let mut places: BTreeMap<usize, Place> = BTreeMap::new();
        for run in runs {
            for row in curves.get(&run.run).into_iter().flatten() {
                let Some(loss) = row.row.val_loss.filter(|loss| loss.is_finite()) else { continue };
                let step = row.row.step;
                let new = || Place { at: step as f64, losses: BTreeMap::new() };
                places.entry(step).or_insert_with(new).losses.insert(run.draw(), loss);
            }
        }
        Line { label: label.to_owned(), places: places.into_values().collect() }
    };
    let both = cells.into_iter().filter(|(_, sides)| sides.iter().all(|side| !side.is_empty()));
    let collapse = |(lambda, [decayed, matched]): (u64, [Vec<&RunRow>; 2])| {
        let lines = vec![line("AdamW", &decayed), line("no decay, same η/‖w‖", &matched)];
        let lambda = plain(f64::from_bits(lambda));
        Collapse::new(Claim::EffectiveRate, format!("λ = {lambda}"), lines)
    };
    both.map(collapse).collect()
}
