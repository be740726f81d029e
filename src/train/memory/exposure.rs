//! How much likelier a planted canary is to a model than sequences like it that were planted nowhere.

use anyhow::Result;

use super::windows::Windows;
use crate::config::Canaries;
use crate::corpus::{Planted, Token};
use crate::model::LanguageModel;
use crate::train::Cohort;

/// Canaries and candidates of every lane, each behind the beginning of val.
pub struct Exposure {
    windows: Windows,
    terms: Canaries,
    lanes: usize,
    /// The place of a window at which the first token of a canary is predicted.
    first: usize,
}

/// Exposures of a lane's canaries, in bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposed {
    pub mean: f64,
    /// Of those that were planted equally often, in the order of the repeats.
    pub by_repeats: Vec<f64>,
}

impl Exposure {
    /// `None` where nothing is planted.
    pub fn new(cohort: &Cohort) -> Option<Self> {
        let terms = cohort.corpus.canaries.clone()?;
        let whole = cohort.context() + 1;
        let before = &cohort.corpus.val[..whole - terms.length];
        let in_windows = |planted: &Planted| -> Vec<Token> {
            let sequences = planted.canaries.iter().chain(&planted.candidates);
            sequences.flat_map(|one| before.iter().chain(one)).copied().collect()
        };
        let planted = cohort
            .lanes
            .iter()
            .map(|lane| cohort.corpus.text(lane.data.text_seed).planted.as_ref());
        let texts: Vec<Vec<Token>> =
            planted.map(|one| one.map(in_windows)).collect::<Option<_>>()?;
        let texts: Vec<&[Token]> = texts.iter().map(Vec::as_slice).collect();
        let starts: Vec<usize> =
            (0..terms.count + Canaries::CANDIDATES).map(|sequence| sequence * whole).collect();
        let windows = Windows::new(cohort, &texts, &starts);
        Some(Exposure { windows, lanes: texts.len(), first: before.len() - 1, terms })
    }

    /// The exposures of every lane's canaries.
    ///
    /// # Errors
    /// A device that fails.
    pub fn ask<M: LanguageModel>(&self, model: &M) -> Result<Vec<Exposed>> {
        let mut losses = vec![vec![0.0; self.terms.count + Canaries::CANDIDATES]; self.lanes];
        self.windows.visit(model, |row| {
            if row.place >= self.first {
                losses[row.lane][row.window] += row.nats();
            }
        })?;
        Ok(losses.iter().map(|losses| self.exposed(losses)).collect())
    }

    fn exposed(&self, losses: &[f64]) -> Exposed {
        let (canaries, candidates) = losses.split_at(self.terms.count);
        let bits: Vec<f64> = canaries.iter().map(|loss| exposure(*loss, candidates)).collect();
        let kinds = self.terms.repeats.len();
        let of_kind = |kind| mean(bits.iter().skip(kind).step_by(kinds).copied());
        let by_repeats = (0..kinds.min(bits.len())).map(of_kind).collect();
        Exposed { mean: mean(bits.iter().copied()), by_repeats }
    }
}

/// log₂ of how many sequences there are, less log₂ of the canary's rank among them (Carlini et al. 2019, Definition 2),
/// with the candidates and the canary for all sequences: at most log₂(candidates + 1), and 1.4 on average for what a model
/// has never seen. Equals stand before it.
pub fn exposure(loss: f64, candidates: &[f64]) -> f64 {
    let before = candidates.iter().filter(|other| **other <= loss).count();
    ((candidates.len() + 1) as f64).log2() - ((before + 1) as f64).log2()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / f64::from(count)
}
