//! From burn-flex's tensors to slices and back.

use std::borrow::Cow;
use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::tensor::IntTensor;
use burn::tensor::{DType, TensorData};

use crate::ops::node::Values;

/// Sizes of a tensor of `D` axes.
pub fn dims<const D: usize>(values: &Values) -> [usize; D] {
    let shape = values.layout().shape();
    std::array::from_fn(|axis| shape[axis])
}

/// The numbers of a tensor in row-major order, copied only where they lie in another.
pub fn numbers(values: &Values) -> Cow<'_, [f32]> {
    match values.as_slice::<f32>() {
        Some(numbers) => Cow::Borrowed(numbers),
        None => {
            let numbers = values.clone().into_data().try_into_vec::<f32>();
            Cow::Owned(numbers.expect("training computes in float32"))
        }
    }
}

/// A tensor whose numbers can be changed: itself where nobody else holds it, else a copy.
pub fn own(values: Values) -> Values {
    let whole = values.layout().num_elements() == values.storage::<f32>().len();
    match values.is_contiguous() && whole {
        true => values,
        false => tensor(numbers(&values).into_owned(), values.layout().shape().to_vec()),
    }
}

/// Numbers as a tensor.
pub fn tensor(numbers: Vec<f32>, shape: impl Into<burn::tensor::Shape>) -> Values {
    Values::from_data(TensorData::new(numbers, shape))
}

/// The numbers of an integer tensor.
pub fn indices(values: &IntTensor<Flex>) -> Arc<[usize]> {
    let values = values.to_contiguous();
    match values.dtype() {
        DType::I32 => values.storage::<i32>().iter().map(|index| *index as usize).collect(),
        DType::I64 => values.storage::<i64>().iter().map(|index| *index as usize).collect(),
        other => panic!("indices are 32 or 64 bits wide, not {other:?}"),
    }
}
