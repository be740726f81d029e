use std::sync::Arc;

use wane_kernels::loss::{backward, forward, smoothing, smoothing_gradient};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// Cross-entropy, averaged by lane.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    /// The right token of every row.
    pub targets: Arc<[usize]>,
}

impl Operation<1> for CrossEntropy {
    /// The logits, and the logarithm of each row's sum of exponentials.
    type Saved = (Values, Arc<[f32]>);

    fn forward(&self, [logits]: [Values; 1]) -> (Values, Self::Saved) {
        let [lanes, _, vocabulary] = dims(&logits);
        let (means, sums) = forward(&numbers(&logits), vocabulary, &self.targets, lanes);
        (tensor(means, [lanes]), (logits, sums.into()))
    }

    fn backward(
        &self,
        (logits, sums): Self::Saved,
        gradient: Values,
        _: [bool; 1],
    ) -> [Option<Values>; 1] {
        let shape: [usize; 3] = dims(&logits);
        let of_means = numbers(&gradient);
        let of_logits = backward(&numbers(&logits), shape[2], &self.targets, &sums, &of_means);
        [Some(tensor(of_logits, shape))]
    }
}

/// What label smoothing adds to it.
#[derive(Clone, Debug)]
pub struct Smoothing {
    /// The right token of every row.
    pub targets: Arc<[usize]>,
    /// The share of every target that is spread over the vocabulary, `[lanes]`.
    pub shares: Arc<[f32]>,
}

impl Operation<1> for Smoothing {
    type Saved = [usize; 3];

    fn forward(&self, [logits]: [Values; 1]) -> (Values, [usize; 3]) {
        let shape: [usize; 3] = dims(&logits);
        let added = smoothing(&numbers(&logits), shape[2], &self.targets, &self.shares);
        (tensor(added, [shape[0]]), shape)
    }

    fn backward(&self, shape: [usize; 3], gradient: Values, _: [bool; 1]) -> [Option<Values>; 1] {
        let of_added = numbers(&gradient);
        let of_logits = smoothing_gradient(shape[2], &self.targets, &self.shares, &of_added);
        [Some(tensor(of_logits, shape))]
    }
}
