use std::collections::HashMap;
use std::slice;

use rayon::prelude::*;

use super::contenders::Operand;
use super::contrast::Contrast;
use super::evidence::Evidence;
use super::groups::{Cell, Group, Side};
use super::inference::{Estimate, FEWEST_SEEDS};
use super::point::Point;
use super::quantity::Quantity;
use super::rotations::Rotations;
use super::scores::{Scores, chosen, chosen_by_all};
use super::verdict::{Judgement, Kind, Terms, judge};
use crate::config::TestFamily;
use crate::results::Draw;

/// What the left side of a comparison is set against.
#[derive(Clone, Debug, PartialEq)]
pub enum Opponent {
    /// No decay at its last step.
    NoDecay,
    /// No decay at the step of its lowest val loss.
    Stopped,
    /// Another rule.
    Rule(Side),
    /// For left A on one mask: what A gains by the mask against what B gains: A on the other mask, B on the
    /// one, B on the other.
    Crossed(Box<[Side; 3]>),
}

/// A difference between two rules, paired by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The family that it is corrected in; missing for single arms, which describe and claim nothing.
    pub family: Option<TestFamily>,
    pub quantity: Quantity,
    /// At the point that all seeds choose; where nothing is tested, at the one that its own seeds choose.
    pub left: Side,
    pub right: Opponent,
    /// Left − right in nats per token, each seed at the points that the others choose, with its own
    /// t-interval.
    pub difference: Estimate,
    /// The same by seed.
    pub by_seed: Vec<(u64, f64)>,
    /// Seeds whose other seeds choose another point than all of them do, on either side.
    pub elsewhere: usize,
    /// What it found.
    pub judgement: Judgement,
    /// Whether a difference, if any, is shown to be below ε.
    pub is_within_epsilon: bool,
    /// Whether it is one number in every seed, as between copies of runs: there is no test of that.
    pub is_copied: bool,
    /// Whether another comparison of the family is of the same runs under other names, and counts for both.
    pub is_repeated: bool,
}

impl Comparison {
    pub fn kind(&self) -> Kind {
        self.judgement.kind
    }

    /// Whether it is told to be lower or higher.
    pub fn is_distinguishable(&self) -> bool {
        matches!(self.kind(), Kind::Lower | Kind::Higher)
    }

    pub fn is_against_none(&self) -> bool {
        self.right == Opponent::NoDecay
    }

    /// The rules that the left side is set against; none where that is no decay.
    pub fn others(&self) -> &[Side] {
        match &self.right {
            Opponent::NoDecay | Opponent::Stopped => &[],
            Opponent::Rule(side) => slice::from_ref(side),
            Opponent::Crossed(sides) => &sides[..],
        }
    }
}

/// A comparison that has not been judged yet.
pub struct Asked {
    comparison: Comparison,
    contrast: Option<Contrast>,
    /// The runs on both sides.
    runs: [Vec<String>; 2],
}

/// What comparisons of one analysis share.
pub struct Court {
    pub terms: Terms,
    rotations: HashMap<usize, Rotations>,
}

impl Court {
    pub fn new(terms: Terms) -> Self {
        Court { terms, rotations: HashMap::new() }
    }

    fn contrast(&mut self, left: &[Scores], right: &[Scores], seeds: usize) -> Contrast {
        let is_choice = left.len() > 1 || right.len() > 1;
        let draw = || if is_choice { Rotations::of(seeds) } else { Rotations::draw(seeds, 0) };
        match is_choice {
            true => Contrast::new(left, right, self.rotations.entry(seeds).or_insert_with(draw)),
            false => Contrast::new(left, right, &draw()),
        }
    }

    /// Prepares a comparison of the points of some operands: those to be added, then those to be taken away,
    /// in pairs. `None` where no seed has both sides.
    pub fn ask(
        &mut self,
        family: Option<TestFamily>,
        right: Opponent,
        operands: [&[Operand]; 2],
    ) -> Option<Asked> {
        let quantity = operands[0][0].quantity;
        let seeds = common_seeds(operands);
        let all = || operands.iter().flat_map(|side| side.iter());
        let may_test =
            seeds.len() >= FEWEST_SEEDS && all().all(|operand| operand.eligible().next().is_some());
        // Seeds that lack a side of what is not tested say nothing of which point the other is best at.
        let left = match may_test {
            true => operands[0][0].chosen(&seeds),
            false => operands[0][0].chosen_alone(),
        };
        let left = left?.side.clone();
        let [plus, minus] = operands.map(|side| sums(side, &seeds));
        let contrast = may_test.then(|| self.contrast(&plus, &minus, seeds.len()));
        let (seeds, differences) = match &contrast {
            Some(contrast) => (seeds, contrast.differences().to_vec()),
            None => described(operands),
        };
        let difference = Estimate::of(&differences)?;
        let is_copied = contrast.is_some() && difference.is_constant(largest([&plus, &minus]));
        let contrast = contrast.filter(|_| !is_copied);
        let comparison = Comparison {
            family,
            quantity,
            left,
            right,
            difference,
            is_copied,
            elsewhere: if may_test { elsewhere(&plus, &minus) } else { 0 },
            by_seed: seeds.iter().map(|draw| draw.seed).zip(differences).collect(),
            judgement: Judgement::untested(0),
            is_within_epsilon: false,
            is_repeated: false,
        };
        Some(Asked { comparison, contrast, runs: operands.map(|side| run_names(side, quantity)) })
    }

    /// Judges a family. What is of the same runs as another under a second name is one test.
    pub fn judge(&self, asked: Vec<Asked>) -> Vec<Comparison> {
        let firsts = firsts(&asked);
        let is_test = |place: &usize| firsts[*place] == *place && asked[*place].contrast.is_some();
        let tested: Vec<usize> = (0..asked.len()).filter(is_test).collect();
        let evidence =
            |place: &usize| asked[*place].contrast.as_ref().map(|one| one as &dyn Evidence);
        let contrasts: Vec<&dyn Evidence> = tested.iter().filter_map(evidence).collect();
        let judged = judge(&contrasts, &self.terms);
        let known: HashMap<usize, Judgement> = tested.iter().copied().zip(judged).collect();
        let told = |(place, asked): (usize, Asked)| {
            let untested = || Judgement::untested(tested.len());
            let judgement = known.get(&firsts[place]).copied().unwrap_or_else(untested);
            let detailed = |contrast: &Contrast| judgement.with_details(contrast, &self.terms);
            Comparison {
                judgement: asked.contrast.as_ref().map_or(judgement, detailed),
                is_within_epsilon: judgement.is_within_epsilon(&self.terms),
                is_repeated: firsts[place] != place,
                ..asked.comparison
            }
        };
        asked.into_par_iter().enumerate().map(told).collect()
    }
}

/// For each question the first that is of the same runs.
fn firsts(asked: &[Asked]) -> Vec<usize> {
    let mut known: HashMap<&[Vec<String>; 2], usize> = HashMap::new();
    let places = asked.iter().enumerate();
    places.map(|(place, asked)| *known.entry(&asked.runs).or_insert(place)).collect()
}

/// Seeds that all operands have, whose arms may be chosen.
fn common_seeds(operands: [&[Operand]; 2]) -> Vec<Draw> {
    let mut all = operands.iter().flat_map(|side| side.iter());
    let mut seeds = all.next().map_or(Vec::new(), Operand::seeds);
    all.for_each(|operand| {
        let own = operand.seeds();
        seeds.retain(|seed| own.contains(seed));
    });
    seeds
}

/// The points of one operand, or the sums of the points of two.
fn sums(operands: &[Operand], seeds: &[Draw]) -> Vec<Scores> {
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect();
    let mut scores = operands[0].scores(seeds);
    for operand in &operands[1..] {
        let own = operand.scores(seeds);
        let pairs = scores.iter().flat_map(|a| own.iter().map(move |b| (a, b)));
        scores = pairs
            .map(|(a, b)| Scores {
                choose: sum(&a.choose, &b.choose),
                score: sum(&a.score, &b.score),
            })
            .collect();
    }
    scores
}

/// The largest of the numbers that are compared, of either sign.
fn largest(sides: [&[Scores]; 2]) -> f64 {
    let scores = sides.into_iter().flatten().flat_map(|one| &one.score);
    scores.fold(0.0, |largest, score| largest.max(score.abs()))
}

/// Seeds for which another point is chosen, on either side, than all seeds choose.
fn elsewhere(left: &[Scores], right: &[Scores]) -> usize {
    let places = |side: &[Scores]| {
        let by_all = chosen_by_all(side);
        chosen(side).into_iter().map(move |place| Some(place) != by_all)
    };
    places(left).zip(places(right)).filter(|(left, right)| *left || *right).count()
}

/// Seeds and differences between the points that each side's own seeds choose, for what cannot be tested.
fn described(operands: [&[Operand]; 2]) -> (Vec<Draw>, Vec<f64>) {
    let value = |side: &[Operand], seed: Draw| -> Option<f64> {
        let of = |operand: &Operand| {
            let cell = &operand.chosen_alone()?.cell;
            operand.quantity.of(cell.done().find(|run| run.draw() == seed)?)
        };
        side.iter().map(of).sum()
    };
    let Some(first) = operands[0][0].chosen_alone() else { return Default::default() };
    let difference =
        |seed: Draw| Some((seed, value(operands[0], seed)? - value(operands[1], seed)?));
    first.cell.done().filter_map(|run| difference(run.draw())).unzip()
}

/// Differences between two operands of a point each, by the seeds that both have.
pub fn common_differences(left: &Operand, right: &Operand) -> Vec<f64> {
    let run = |point: &Point, operand: &Operand, seed: Draw| {
        operand.quantity.of(point.cell.done().find(|run| run.draw() == seed)?)
    };
    let (Some(a), Some(b)) = (left.points.first(), right.points.first()) else { return Vec::new() };
    let difference = |seed: Draw| Some(run(a, left, seed)? - run(b, right, seed)?);
    a.cell.done().filter_map(|own| difference(own.draw())).collect()
}

fn run_names(operands: &[Operand], quantity: Quantity) -> Vec<String> {
    let cells = operands.iter().flat_map(|operand| &operand.points).map(|point| &point.cell);
    let runs = cells.flat_map(|cell| &cell.runs);
    let mut names: Vec<String> = runs.map(|run| format!("{} {quantity:?}", run.run)).collect();
    names.sort();
    names
}

/// A cell as the only point of an operand.
pub fn alone(side: Side, cell: &Cell, quantity: Quantity) -> Operand {
    let point = Point { side, cell: cell.clone(), is_eligible: cell.is_complete() };
    Operand { points: vec![point], quantity }
}

/// Every treated cell against no decay of the same setting, in the reported loss and in gap; each quantity is
/// a family. They describe arms, and nobody is told verdicts of them.
pub fn cells_against_none(groups: &[Group], loss: Quantity, court: &mut Court) -> Vec<Comparison> {
    let mut all = Vec::new();
    let mut quantities = vec![loss, Quantity::ValLoss, Quantity::Gap];
    quantities.dedup();
    for quantity in quantities {
        let mut family = Vec::new();
        for group in groups {
            let Some(none) = &group.baseline else { continue };
            for cell in group.cells.iter().filter(|cell| cell.is_treated()) {
                let operands = [(group.side(cell), cell), (group.side(none), none)]
                    .map(|(side, cell)| [alone(side, cell, quantity)]);
                let [left, right] = &operands;
                family.extend(court.ask(None, Opponent::NoDecay, [left, right]));
            }
        }
        all.extend(court.judge(family));
    }
    all
}
