//! The arms of a claim with what each of their runs measured.

use std::collections::BTreeMap;

use super::WhyNot;
use super::chosen::chosen as name;
use super::measured::Measurements;
use crate::config::{Measured, Term};
use crate::record::Status;
use crate::results::{Draw, RunRow};
use crate::stats::scores::{Scores, lowest};

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
    /// Of several arms the words that tell each from the others.
    names: Vec<String>,
}

/// By seed, the val loss that chooses and the quantity.
type Arm = BTreeMap<Draw, (f64, f64)>;

/// Whether every arm of a term that could be the best has a run that collapsed. Then no other term leaves such arms out:
/// those without would be held against all runs of this one, and be lower where nothing differs.
pub fn only_collapsed(term: &Term, quantity: Measured, measurements: &Measurements) -> bool {
    let complete = complete(term, quantity, measurements);
    !complete.is_empty() && !complete.iter().any(|runs| is_sound(runs))
}

fn is_sound(runs: &[&RunRow]) -> bool {
    !runs.iter().any(|run| run.is_collapsed_on_val())
}

/// The runs of the arms of a term, all of whose runs ended and have the numbers that are asked for: one without would be
/// held against others over fewer seeds.
fn complete<'a>(
    term: &Term,
    quantity: Measured,
    measurements: &Measurements<'a>,
) -> Vec<Vec<&'a RunRow>> {
    let has_all = |run: &&RunRow| measurements.pair(run, quantity, term.at).is_some();
    let lots = term.arms.iter().map(|ids| (ids.len(), measurements.runs(ids)));
    let whole = lots.filter(|(asked, runs)| runs.len() == *asked && runs.iter().all(has_all));
    whole.map(|(_, runs)| runs).collect()
}

impl Operand {
    pub fn of(
        term: &Term,
        quantity: Measured,
        measurements: &Measurements,
        accepts_collapsed: bool,
    ) -> Result<Self, WhyNot> {
        let lots: Vec<Vec<&RunRow>> = term.arms.iter().map(|arm| measurements.runs(arm)).collect();
        let pair = |run: &RunRow| measurements.pair(run, quantity, term.at);
        if let Some(why_not) = why_not(term, &lots, |run| pair(run).is_some()) {
            return Err(why_not);
        }
        // Of several arms none is the best that has collapsed, unless all of a side have.
        let may_be_best = |runs: &Vec<&RunRow>| accepts_collapsed || is_sound(runs);
        let mut kept = complete(term, quantity, measurements);
        kept.retain(may_be_best);
        let arm = |runs: &Vec<&RunRow>| -> Arm {
            runs.iter().filter_map(|run| Some((run.draw(), pair(run)?))).collect()
        };
        // Of all: one whose runs diverged is of the grid too.
        let rows: Vec<&RunRow> = lots.iter().filter_map(|runs| runs.first().copied()).collect();
        let of_several = kept.iter().filter(|_| term.arms.len() > 1);
        let names = of_several.map(|runs| name(&rows, runs[0])).collect();
        Ok(Operand { weight: term.weight, arms: kept.iter().map(arm).collect(), names })
    }

    /// Of several arms the best over these seeds, in words.
    pub fn chosen(&self, seeds: &[Draw]) -> Option<String> {
        let sum = |arm: &Arm| seeds.iter().map(|seed| arm[seed].0).sum::<f64>();
        self.names.get(lowest(self.arms.len(), |place| sum(&self.arms[place]))).cloned()
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

/// Why the best of the arms of a term is not known: it is not before all of them are.
fn why_not(
    term: &Term,
    lots: &[Vec<&RunRow>],
    has_all: impl Fn(&RunRow) -> bool,
) -> Option<WhyNot> {
    let asked: usize = term.arms.iter().map(Vec::len).sum();
    let count = |is_meant: &dyn Fn(&RunRow) -> bool| {
        lots.iter().flatten().filter(|run| is_meant(run)).count()
    };
    let diverged = count(&|run| run.status == Status::Diverged);
    let missing = asked - diverged - count(&|run| run.status == Status::Done);
    let measured_nothing = |runs: &Vec<&RunRow>| {
        runs.iter().all(|run| run.is_done()) && !runs.iter().any(|run| has_all(run))
    };
    let unmeasured = count(&|run| run.status == Status::Done && !has_all(run));
    let is_complete = |runs: &Vec<&RunRow>| runs.iter().all(|run| has_all(run));
    match (missing, unmeasured) {
        (1.., _) => Some(WhyNot::Missing(missing)),
        _ if lots.iter().any(measured_nothing) => Some(WhyNot::NotMeasured),
        (_, 1..) => Some(WhyNot::Unmeasured(unmeasured)),
        _ if lots.iter().any(is_complete) => None,
        _ => Some(WhyNot::Diverged(diverged)),
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
