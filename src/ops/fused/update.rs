use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, backend_extension};
use wane_kernels::dots::{dots, squares};
use wane_kernels::update::{ChangeSums, LaneStep, Parameter, adafactor, adam};

use crate::ops::values::{Values, dims, numbers, own, tensor};

/// What an optimizer does to whole parameters; no gradients flow through it.
#[backend_extension(Flex)]
pub trait FusedUpdates: Backend {
    fn squares(values: FloatTensor<Self>) -> Vec<f32>;
    fn dots(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
    fn adam_step(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        steps: Arc<[LaneStep]>,
        measured: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, ChangeSums);
    fn adafactor_step(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        steps: Arc<[LaneStep]>,
        least: f32,
        measured: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, ChangeSums);
}

impl FusedUpdates for Flex {
    fn squares(values: Values) -> Vec<f32> {
        let [lanes] = dims(&values);
        squares(&numbers(&values), lanes)
    }

    fn dots(a: Values, b: Values) -> Values {
        let [lanes] = dims(&a);
        tensor(dots(&numbers(&a), &numbers(&b), lanes), [lanes])
    }

    fn adam_step(
        weight: Values,
        gradient: Values,
        first: Values,
        second: Values,
        steps: Arc<[LaneStep]>,
        measured: bool,
    ) -> (Values, Values, Values, ChangeSums) {
        updated([weight, first, second], &gradient, |parameter| adam(parameter, &steps, measured))
    }

    fn adafactor_step(
        weight: Values,
        gradient: Values,
        first: Values,
        second: Values,
        steps: Arc<[LaneStep]>,
        least: f32,
        measured: bool,
    ) -> (Values, Values, Values, ChangeSums) {
        updated([weight, first, second], &gradient, |parameter| {
            adafactor(parameter, &steps, least, measured)
        })
    }
}

/// Updates in place what nobody else holds.
fn updated(
    tensors: [Values; 3],
    gradient: &Values,
    update: impl FnOnce(Parameter) -> ChangeSums,
) -> (Values, Values, Values, ChangeSums) {
    let [mut weight, mut first, mut second] = tensors.map(own);
    let sums = update(Parameter {
        weight: weight.storage_mut(),
        gradient: &numbers(gradient),
        first: first.storage_mut(),
        second: second.storage_mut(),
    });
    (weight, first, second, sums)
}
