//! Parameters as the matrices that they are: rules that look at more than single numbers see each by itself,
//! also where a model keeps several side by side.

use burn::tensor::Tensor;

use crate::config::ParameterShape;
use crate::ops::kernels::arithmetic::Pair;
use crate::ops::{self, Arithmetic};

/// `[lanes, elements]` as `[lanes · parts, inputs, outputs]`.
pub fn split(values: Tensor<2>, parameter: &ParameterShape) -> Tensor<3> {
    let [parts, inputs, outputs] = parameter.matrices();
    let lanes = values.dims()[0];
    match parts {
        1 => values.reshape([lanes, inputs, outputs]),
        _ => {
            let values = values.reshape([lanes, inputs, parts, outputs]);
            ops::in_order(values.swap_dims(1, 2)).reshape([lanes * parts, inputs, outputs])
        }
    }
}

/// The reverse of [`split`].
pub fn join(matrices: Tensor<3>, parameter: &ParameterShape) -> Tensor<2> {
    let [parts, inputs, outputs] = parameter.matrices();
    let lanes = matrices.dims()[0] / parts;
    let rows = [lanes as i32, -1];
    match parts {
        1 => matrices.reshape(rows),
        _ => {
            let matrices = matrices.reshape([lanes, parts, inputs, outputs]);
            ops::in_order(matrices.swap_dims(1, 2)).reshape(rows)
        }
    }
}

/// Frobenius norm of every matrix, `[lanes · parts]`.
pub fn norms(matrices: Tensor<3>) -> Tensor<1> {
    ops::squares(matrices).sqrt()
}

/// Matrices times a number for each, `[lanes, parts]`.
pub fn scaled(matrices: Tensor<3>, factors: Tensor<2>) -> Tensor<3> {
    matrices.with_each(Pair::Times, factors.reshape([-1]))
}
