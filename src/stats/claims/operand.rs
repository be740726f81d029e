//! The arms of a claim with what each of their runs measured.

use std::collections::BTreeMap;

use super::WhyNot;
use super::chosen::chosen;
use super::measured::{Measurements, chooser};
use crate::config::{Measured, Term};
use crate::record::Status;
use crate::results::{Draw, RunRow};
use crate::stats::contrast::{Scores, lowest};

/// Every sum of one of these and one of those.
pub fn added(sums: &[Scores], own: &[Scores]) -> Vec<Scores> {
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect();
    let pairs = sums.iter().flat_map(|a| own.iter().map(move |b| (a, b)));
    pairs
        .map(|(a, b)| Scores { choose: sum(&a.choose, &b.choose), score: sum(&a.score, &b.score) })
        .collect()
}

/// The arms of a term with what each run measured.
pub struct Operand {
    pub weight: f64,
    arms: Vec<Arm>,
    /// Of several arms the best, in words.
    pub chosen: Option<String>,
}

/// By seed, the val loss that chooses and the quantity.
type Arm = BTreeMap<Draw, (f64, f64)>;

/// Whether every arm of a term whose runs reached their end has one that collapsed. Then no other term leaves such arms
/// out: those without would be held against all runs of this one, and be lower where nothing differs.
pub fn only_collapsed(term: &Term, measurements: &Measurements) -> bool {
    let lots = term.arms.iter().map(|arm| measurements.runs(arm));
    let mut complete = lots.filter(|runs| runs.iter().all(|run| run.is_done())).peekable();
    complete.peek().is_some() && complete.all(|runs| !is_sound(&runs))
}

fn is_sound(runs: &[&RunRow]) -> bool {
    !runs.iter().any(|run| run.is_collapsed_on_val())
}

impl Operand {
    pub fn of(
        term: &Term,
        quantity: Measured,
        measurements: &Measurements,
        accepts_collapsed: bool,
    ) -> Result<Self, WhyNot> {
        let lots: Vec<Vec<&RunRow>> = term.arms.iter().map(|arm| measurements.runs(arm)).collect();
        let is_complete = |(runs, ids): &(&Vec<&RunRow>, &Vec<String>)| {
            runs.len() == ids.len() && runs.iter().all(|run| run.is_done())
        };
        let complete: Vec<&Vec<&RunRow>> =
            lots.iter().zip(&term.arms).filter(is_complete).map(|(runs, _)| runs).collect();
        let has_ended = |run: &&RunRow| matches!(run.status, Status::Done | Status::Diverged);
        let all_have = lots
            .iter()
            .zip(&term.arms)
            .all(|(runs, ids)| runs.len() == ids.len() && runs.iter().all(has_ended));
        // The best of several arms is not known before all of them are.
        if complete.is_empty() || !all_have {
            return Err(why_not(&lots, term));
        }
        // Of several arms none is the best that has collapsed, unless all of a side have.
        let may_be_best = |runs: &&Vec<&RunRow>| accepts_collapsed || is_sound(runs);
        let kept: Vec<&Vec<&RunRow>> = complete.into_iter().filter(may_be_best).collect();
        let arm = |runs: &Vec<&RunRow>| -> Arm {
            let value = |run: &&RunRow| {
                let measured = measurements.value(run, quantity, term.at)?;
                Some((run.draw(), (chooser(run, quantity)?, measured)))
            };
            runs.iter().filter_map(value).collect()
        };
        let arms: Vec<Arm> = kept.iter().copied().map(arm).collect();
        let sum = |arm: &Arm| arm.values().map(|(choose, _)| choose).sum::<f64>();
        let best = lowest(arms.len(), |place| sum(&arms[place]));
        // Of all: one whose runs diverged is of the grid too.
        let rows: Vec<&RunRow> = lots.iter().filter_map(|runs| runs.first().copied()).collect();
        let chosen = (term.arms.len() > 1).then(|| chosen(&rows, kept[best][0]));
        Ok(Operand { weight: term.weight, arms, chosen })
    }

    pub fn has_values(&self) -> bool {
        self.arms.iter().any(|arm| !arm.is_empty())
    }

    pub fn scores(&self, seeds: &[Draw]) -> Vec<Scores> {
        let times = self.weight.abs();
        let of = |arm: &Arm| Scores {
            choose: seeds.iter().map(|seed| times * arm[seed].0).collect(),
            score: seeds.iter().map(|seed| times * arm[seed].1).collect(),
        };
        self.arms.iter().map(of).collect()
    }
}

fn why_not(lots: &[Vec<&RunRow>], term: &Term) -> WhyNot {
    let runs = || lots.iter().flatten();
    let diverged = runs().filter(|run| run.status == Status::Diverged).count();
    let asked: usize = term.arms.iter().map(Vec::len).sum();
    let done = runs().filter(|run| run.is_done()).count();
    match asked - done - diverged {
        0 => WhyNot::Diverged(diverged),
        missing => WhyNot::Missing(missing),
    }
}

/// The seeds that all arms of all terms have.
pub fn common(operands: &[Operand]) -> Vec<Draw> {
    let mut arms = operands.iter().flat_map(|one| &one.arms);
    let Some(first) = arms.next() else { return Vec::new() };
    let mut seeds: Vec<Draw> = first.keys().copied().collect();
    arms.for_each(|arm| seeds.retain(|seed| arm.contains_key(seed)));
    seeds
}
