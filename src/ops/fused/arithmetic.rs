use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, backend_extension};
use wane_kernels::arithmetic::{self, Pair, Single};

use crate::ops::values::{Values, changed, dims, numbers, own};

/// Arithmetic number by number; no gradients flow through it.
#[backend_extension(Flex)]
pub trait FusedArithmetic: Backend {
    fn pairs(a: FloatTensor<Self>, b: FloatTensor<Self>, of: Pair) -> FloatTensor<Self>;
    fn singles(a: FloatTensor<Self>, of: Single) -> FloatTensor<Self>;
    fn with_each(a: FloatTensor<Self>, b: FloatTensor<Self>, of: Pair) -> FloatTensor<Self>;
    fn with_number(a: FloatTensor<Self>, b: f32, of: Pair) -> FloatTensor<Self>;
    fn plus_diagonal(matrices: FloatTensor<Self>, number: f32) -> FloatTensor<Self>;
    fn in_order(values: FloatTensor<Self>) -> FloatTensor<Self>;
    fn replace_lanes(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        lanes: Vec<bool>,
    ) -> FloatTensor<Self>;
}

impl FusedArithmetic for Flex {
    fn pairs(a: Values, b: Values, of: Pair) -> Values {
        changed(a, |a| arithmetic::pairs(a, &numbers(&b), of))
    }

    fn singles(a: Values, of: Single) -> Values {
        changed(a, |a| arithmetic::singles(a, of))
    }

    fn with_each(a: Values, b: Values, of: Pair) -> Values {
        changed(a, |a| arithmetic::with_each(a, &numbers(&b), of))
    }

    fn with_number(a: Values, b: f32, of: Pair) -> Values {
        changed(a, |a| arithmetic::with_each(a, &[b], of))
    }

    fn plus_diagonal(matrices: Values, number: f32) -> Values {
        let [_, _, size] = dims(&matrices);
        changed(matrices, |matrices| arithmetic::plus_diagonal(matrices, size, number))
    }

    fn in_order(values: Values) -> Values {
        own(values)
    }

    fn replace_lanes(a: Values, b: Values, lanes: Vec<bool>) -> Values {
        changed(a, |a| arithmetic::replace_lanes(a, &numbers(&b), &lanes))
    }
}
