use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, backend_extension};
use wane_kernels::each_row::products;

use super::linear::sizes;
use crate::ops::values::{Values, numbers, tensor};

/// What reading text on needs beside the operations of training; no gradients flow through it.
#[backend_extension(Flex)]
pub trait FusedReading: Backend {
    fn each_row(x: FloatTensor<Self>, weight: FloatTensor<Self>, turned: bool)
    -> FloatTensor<Self>;
}

impl FusedReading for Flex {
    fn each_row(x: Values, weight: Values, turned: bool) -> Values {
        let sizes = sizes(&x, &weight, turned);
        let product = products(&numbers(&x), &numbers(&weight), &sizes);
        tensor(product, [sizes.lanes, sizes.rows, sizes.outputs])
    }
}
