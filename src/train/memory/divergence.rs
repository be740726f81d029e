//! How far a model is from the true distribution of the next token, where that is known.

use anyhow::Result;

use super::windows::{Row, Windows};
use crate::corpus::evaluation_windows;
use crate::model::LanguageModel;
use crate::train::Cohort;

/// The evaluation windows of test, and the truth behind every token of them.
pub struct Divergence {
    windows: Windows,
    lanes: usize,
    context: usize,
    /// Probabilities of all tokens at every place, window by window.
    truth: Vec<Vec<f64>>,
}

impl Divergence {
    /// `None` without test tokens, or where the truth is not known.
    pub fn new(cohort: &Cohort) -> Option<Self> {
        let (corpus, context) = (cohort.corpus, cohort.context());
        let test = Some(corpus.test.as_slice()).filter(|test| !test.is_empty())?;
        let of_tokens = corpus.test_truth()?;
        let starts = evaluation_windows(
            test.len(),
            context,
            cohort.recipe().eval_windows,
            cohort.corpus.stride,
        );
        let places = starts.iter().flat_map(|start| &of_tokens[start + 1..=start + context]);
        let truth = places.cloned().collect();
        let lanes = cohort.lanes.len();
        let windows = Windows::new(cohort, &vec![test; lanes], &starts);
        Some(Divergence { windows, lanes, context, truth })
    }

    /// The mean divergence of every lane, in nats per token.
    ///
    /// # Errors
    /// A device that fails.
    pub fn ask<M: LanguageModel>(&self, model: &M) -> Result<Vec<f64>> {
        let mut sums = vec![0.0; self.lanes];
        self.windows.visit(model, |row| {
            let place = row.window * self.context + row.place;
            sums[row.lane] += divergence(&self.truth[place], &row);
        })?;
        Ok(sums.into_iter().map(|sum| sum / self.truth.len() as f64).collect())
    }
}

/// Kullback–Leibler divergence Σ p (ln p − ln q) of the scores' softmax q from the truth p, in nats.
fn divergence(truth: &[f64], row: &Row) -> f64 {
    let log_total = row.log_total();
    let of = |(p, score): (&f64, &f32)| p * (p.ln() + log_total - f64::from(*score));
    truth.iter().zip(row.scores).filter(|(p, _)| **p > 0.0).map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_itself_is_no_distance_away_and_a_guess_as_far_as_the_entropy_is_from_its_highest()
    {
        let truth = [0.5, 0.25, 0.25, 0.0];
        let of = |scores: &[f32]| {
            divergence(&truth, &Row { lane: 0, window: 0, place: 0, scores, target: 0 })
        };
        let ln = |share: f64| share.ln() as f32 + 3.0;
        assert!(of(&[ln(0.5), ln(0.25), ln(0.25), -90.0]).abs() < 1e-6);
        let entropy = 1.5 * 2f64.ln();
        assert!((of(&[7.0; 4]) - (4f64.ln() - entropy)).abs() < 1e-12);
    }
}
