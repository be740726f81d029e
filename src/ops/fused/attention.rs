use std::sync::Arc;

use super::values::{dims, numbers, tensor};
use crate::ops::kernels::attention::{Heads, Scale, backward, forward};
use crate::ops::node::{Operation, Values};

/// Causal attention from packed rows.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Its heads.
    pub heads: Heads,
}

impl Operation<1> for Attention {
    /// The packed rows, and what turns their scores into weights.
    type Saved = (Values, Arc<[Scale]>);

    fn forward(&self, [packed]: [Values; 1]) -> (Values, Self::Saved) {
        let [lanes, rows, _] = dims(&packed);
        let (outputs, scales) = forward(&numbers(&packed), &self.heads);
        (tensor(outputs, [lanes, rows, self.heads.channels()]), (packed, scales.into()))
    }

    fn backward(
        &self,
        (packed, scales): Self::Saved,
        gradient: Values,
        _: [bool; 1],
    ) -> [Option<Values>; 1] {
        let of_packed = backward(&numbers(&packed), &scales, &numbers(&gradient), &self.heads);
        [Some(tensor(of_packed, dims::<3>(&packed)))]
    }
}
