use std::sync::Arc;

use super::values::{dims, numbers, tensor};
use crate::ops::kernels::loss::{backward, forward};
use crate::ops::node::{Operation, Values};

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
