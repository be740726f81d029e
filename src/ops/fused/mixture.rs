use wane_kernels::mixture::{self, Router};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// How much of every expert a token takes.
#[derive(Clone, Debug)]
pub struct ExpertWeights {
    /// Experts that it takes.
    pub active: usize,
    /// Whether what it takes adds up to 1.
    pub normalised: bool,
}

impl Operation<1> for ExpertWeights {
    /// The softmax of the scores, and the weights.
    type Saved = [Values; 2];

    fn forward(&self, [scores]: [Values; 1]) -> (Values, Self::Saved) {
        let shape: [usize; 3] = dims(&scores);
        let both = mixture::forward(&numbers(&scores), &self.router(shape));
        let [shares, weights] = both.map(|values| tensor(values, shape));
        (weights.clone(), [shares, weights])
    }

    fn backward(
        &self,
        [shares, weights]: Self::Saved,
        gradient: Values,
        _: [bool; 1],
    ) -> [Option<Values>; 1] {
        let shape: [usize; 3] = dims(&weights);
        let forward = [&numbers(&shares)[..], &numbers(&weights)[..]];
        let of_scores = mixture::backward(forward, &numbers(&gradient), &self.router(shape));
        [Some(tensor(of_scores, shape))]
    }
}

impl ExpertWeights {
    fn router(&self, [_, _, parts]: [usize; 3]) -> Router {
        Router { parts, active: self.active, normalised: self.normalised }
    }
}
