use std::sync::Arc;

use super::values::{dims, numbers, tensor};
use crate::kernels::attention::{Heads, backward, forward};
use crate::ops::node::{Operation, Values};

/// Causal attention from packed rows.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Its heads.
    pub heads: Heads,
}

impl Operation<1> for Attention {
    /// The packed rows, and the logarithm of each row's and head's sum of exponentials.
    type Saved = (Values, Arc<[f32]>);

    fn forward(&self, [packed]: [Values; 1]) -> (Values, Self::Saved) {
        let [lanes, rows, _] = dims(&packed);
        let (outputs, sums) = forward(&numbers(&packed), &self.heads);
        (tensor(outputs, [lanes, rows, self.heads.channels()]), (packed, sums.into()))
    }

    fn backward(
        &self,
        (packed, sums): Self::Saved,
        gradient: Values,
        _: [bool; 1],
    ) -> [Option<Values>; 1] {
        let of_packed = backward(&numbers(&packed), &sums, &numbers(&gradient), &self.heads);
        [Some(tensor(of_packed, dims::<3>(&packed)))]
    }
}
