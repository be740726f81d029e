use std::sync::Arc;

use wane_kernels::attention::{Heads, Kept, backward, forward, output};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// Causal attention from packed rows.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Its heads.
    pub heads: Heads,
    /// Constant factors of its weights, where some are dropped.
    pub factors: Option<Arc<Vec<f32>>>,
}

impl Operation<1> for Attention {
    /// The packed rows, and what is kept of their weights.
    type Saved = (Values, Arc<Kept>);

    fn forward(&self, [packed]: [Values; 1]) -> (Values, Self::Saved) {
        let [lanes, rows, _] = dims(&packed);
        let (outputs, kept) =
            forward(&numbers(&packed), &self.heads, self.factors.as_deref().map(Vec::as_slice));
        (tensor(outputs, [lanes, rows, self.heads.channels()]), (packed, kept.into()))
    }

    fn output(&self, [packed]: [Values; 1]) -> Values {
        let [lanes, rows, _] = dims(&packed);
        let outputs =
            output(&numbers(&packed), &self.heads, self.factors.as_deref().map(Vec::as_slice));
        tensor(outputs, [lanes, rows, self.heads.channels()])
    }

    fn backward(
        &self,
        (packed, kept): Self::Saved,
        gradient: Values,
        _: [bool; 1],
    ) -> [Option<Values>; 1] {
        let factors = self.factors.as_deref().map(Vec::as_slice);
        let (packed_numbers, gradient) = (numbers(&packed), numbers(&gradient));
        let of_packed = backward(&packed_numbers, &kept, &gradient, &self.heads, factors);
        [Some(tensor(of_packed, dims::<3>(&packed)))]
    }
}
