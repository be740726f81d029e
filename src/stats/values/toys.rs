//! The toys behind the values table: recipes whose runs are the same are one.

use std::collections::BTreeMap;

use super::against::{Against, differences};
use super::{Carried, ValuesRow, ValuesTable, unique};
use crate::published::Transfer;
use crate::results::Draw;
use crate::stats::groups::Cell;
use crate::stats::inference::{Estimate, holm, t_cdf};
use crate::stats::quantity::Quantity;

impl ValuesTable {
    /// The rows at a transfer, those of the same runs as one: the toys that there are, those of a family together.
    pub fn toys(&self, transfer: Transfer) -> Vec<Toy<'_>> {
        let mut toys: Vec<Toy> = Vec::new();
        for row in &self.rows {
            let Some(carried) = row.carried(transfer) else { continue };
            let runs = |cell: &Cell| -> Vec<String> {
                cell.runs.iter().map(|run| run.run.clone()).collect()
            };
            let own = [Some(&carried.cell), row.none.as_ref()].map(|cell| cell.map(runs));
            let same = |toy: &&mut Toy| {
                let other = [Some(&toy.carried.cell), toy.rows[0].none.as_ref()];
                other.map(|cell| cell.map(runs)) == own
            };
            match toys.iter_mut().find(same) {
                Some(toy) => toy.rows.push(row),
                None => toys.push(Toy { rows: vec![row], carried }),
            }
        }
        // In the order in which families come first; the sort is stable.
        let families = unique(toys.iter().map(|toy| toy.carried.run().family));
        let place = |toy: &Toy| families.iter().position(|one| *one == toy.carried.run().family);
        toys.sort_by_key(place);
        toys
    }

    /// What a λ does at its raw value, over all toys that have it, against everything that it is held against: one
    /// family, in which each is corrected for the others.
    pub fn pooled(&self, weight_decay: f64, loss: Quantity) -> Vec<Pooled> {
        let all = [Against::Final, Against::Stopped, Against::BothStopped];
        let own = self.toys_at(weight_decay);
        let found = all.into_iter().filter_map(|against| {
            let (difference, toys) = over_toys(&own, loss, against)?;
            Some(Pooled { against, difference, toys, all: own.len(), p_holm: None })
        });
        let mut found: Vec<Pooled> = found.collect();
        let p: Vec<Option<f64>> = found.iter().map(|one| p_of(&one.difference)).collect();
        found.iter_mut().zip(holm(&p)).for_each(|(one, p)| one.p_holm = p);
        found
    }

    /// The toys that have a λ at its raw value.
    fn toys_at(&self, weight_decay: f64) -> Vec<Toy<'_>> {
        let mut toys = self.toys(Transfer::Raw);
        toys.retain(|toy| toy.carried.run().weight_decay == Some(weight_decay));
        toys
    }
}

/// By seed the mean over toys of the loss against no decay, each toy counted once; and how many toys it is over: those with
/// runs on either side that did not reach their end are left out.
fn over_toys(toys: &[Toy], loss: Quantity, against: Against) -> Option<(Estimate, usize)> {
    let differences: Vec<BTreeMap<Draw, f64>> =
        toys.iter().filter_map(|toy| toy.differences(loss, against)).collect();
    let mut draws: Vec<Draw> = differences.first()?.keys().copied().collect();
    draws.retain(|draw| differences.iter().all(|one| one.contains_key(draw)));
    let mean = |draw: &Draw| {
        differences.iter().map(|one| one[draw]).sum::<f64>() / differences.len() as f64
    };
    let by_seed: Vec<f64> = draws.iter().map(mean).collect();
    Some((Estimate::of(&by_seed)?, differences.len()))
}

/// p of no difference by Student's t-test; `None` where the seeds do not tell it.
fn p_of(difference: &Estimate) -> Option<f64> {
    let Estimate { mean, sd, half_width, n } = *difference;
    half_width?;
    let error = sd.filter(|sd| *sd > 0.0)? / (n as f64).sqrt();
    Some(2.0 * t_cdf(-(mean / error).abs(), n as f64 - 1.0))
}

/// What a λ does over all toys.
#[derive(Clone, Copy, Debug)]
pub struct Pooled {
    pub against: Against,
    /// In nats per token, by seed the mean over toys.
    pub difference: Estimate,
    /// How many toys it is over, and how many have the λ.
    pub toys: usize,
    pub all: usize,
    /// After Holm's correction over all that the λ is held against.
    pub p_holm: Option<f64>,
}

/// Published recipes whose runs are the same at a transfer.
#[derive(Clone, Debug)]
pub struct Toy<'a> {
    /// The rows that it answers for, one at least.
    pub rows: Vec<&'a ValuesRow>,
    pub carried: &'a Carried,
}

impl Toy<'_> {
    /// Whether runs of it ended no better than by knowing how often each token occurs.
    pub fn is_collapsed(&self) -> bool {
        self.carried.cell.is_collapsed()
    }

    /// Whether every run of it reached its end, with decay and without.
    pub fn is_complete(&self) -> bool {
        self.carried.cell.is_complete() && self.rows[0].none.as_ref().is_none_or(Cell::is_complete)
    }

    fn differences(&self, loss: Quantity, against: Against) -> Option<BTreeMap<Draw, f64>> {
        differences(&self.carried.cell, self.rows[0].none.as_ref()?, loss, against)
    }
}
