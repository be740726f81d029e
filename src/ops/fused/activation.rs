use super::values::{dims, numbers, own, tensor};
use crate::ops::kernels::activation::{
    Gate, gated, gated_gradient, gelu, gelu_gradient, weighted, weighted_gradient,
};
use crate::ops::node::{Operation, Values};

/// GELU of every number.
#[derive(Clone, Debug)]
pub struct Gelu;

impl Operation<1> for Gelu {
    type Saved = Values;

    fn forward(&self, [x]: [Values; 1]) -> (Values, Values) {
        (tensor(gelu(&numbers(&x)), dims::<3>(&x)), x)
    }

    fn backward(&self, x: Values, gradient: Values, _: [bool; 1]) -> [Option<Values>; 1] {
        let mut gradient = own(gradient);
        gelu_gradient(&numbers(&x), gradient.storage_mut());
        [Some(gradient)]
    }
}

/// `gate(a) · b` for rows `[a | b]`.
#[derive(Clone, Debug)]
pub struct Gated {
    /// The gate.
    pub gate: Gate,
}

impl Operation<1> for Gated {
    type Saved = Values;

    fn forward(&self, [packed]: [Values; 1]) -> (Values, Values) {
        let [lanes, rows, both] = dims(&packed);
        let products = gated(&numbers(&packed), both / 2, self.gate);
        (tensor(products, [lanes, rows, both / 2]), packed)
    }

    fn backward(&self, packed: Values, gradient: Values, _: [bool; 1]) -> [Option<Values>; 1] {
        let shape: [usize; 3] = dims(&packed);
        let both = numbers(&packed);
        let of_packed = gated_gradient(&both, shape[2] / 2, self.gate, &numbers(&gradient));
        [Some(tensor(of_packed, shape))]
    }
}

/// Rows times one column of weights.
#[derive(Clone, Debug)]
pub struct Weighted {
    /// The column.
    pub part: usize,
}

impl Operation<2> for Weighted {
    type Saved = (Values, Values);

    fn forward(&self, [x, weights]: [Values; 2]) -> (Values, Self::Saved) {
        let shape: [usize; 3] = dims(&x);
        let parts = dims::<3>(&weights)[2];
        let product = weighted(&numbers(&x), shape[2], &numbers(&weights), parts, self.part);
        (tensor(product, shape), (x, weights))
    }

    fn backward(
        &self,
        (x, weights): Self::Saved,
        gradient: Values,
        _: [bool; 2],
    ) -> [Option<Values>; 2] {
        let (channels, shape) = (dims::<3>(&x)[2], dims::<3>(&weights));
        let mut gradient = own(gradient);
        let of_weights = weighted_gradient(
            &numbers(&x),
            channels,
            &numbers(&weights),
            (shape[2], self.part),
            gradient.storage_mut(),
        );
        [Some(gradient), Some(tensor(of_weights, shape))]
    }
}
