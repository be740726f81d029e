use wane_kernels::activation::{Gate, gated, gated_gradient, gelu, gelu_gradient};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, own, tensor};

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
