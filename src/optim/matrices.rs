//! Parameters as the matrices that they are: rules that look at more than single numbers see each by itself,
//! also where a model keeps several side by side.

use burn::tensor::Tensor;

use crate::config::ParameterShape;
use crate::ops;

/// `[lanes, elements]` as `[lanes · parts, inputs, outputs]`.
pub fn split(values: Tensor<2>, parameter: &ParameterShape) -> Tensor<3> {
    let [parts, inputs, outputs] = parameter.matrices();
    let lanes = values.dims()[0];
    match parts {
        1 => values.reshape([lanes, inputs, outputs]),
        _ => values.reshape([lanes, inputs, parts, outputs]).swap_dims(1, 2).reshape([
            lanes * parts,
            inputs,
            outputs,
        ]),
    }
}

/// The reverse of [`split`].
pub fn join(matrices: Tensor<3>, parameter: &ParameterShape) -> Tensor<2> {
    let [parts, inputs, outputs] = parameter.matrices();
    let lanes = matrices.dims()[0] / parts;
    let rows = [lanes as i32, -1];
    match parts {
        1 => matrices.reshape(rows),
        _ => matrices.reshape([lanes, parts, inputs, outputs]).swap_dims(1, 2).reshape(rows),
    }
}

/// Frobenius norm of every matrix, `[lanes · parts, 1, 1]`.
pub fn norms(matrices: Tensor<3>) -> Tensor<3> {
    ops::squares(matrices).sqrt().reshape([-1, 1, 1])
}

/// A number for every matrix, `[lanes, parts]`, as `[lanes · parts, 1, 1]`.
pub fn as_factors(numbers: Tensor<2>) -> Tensor<3> {
    numbers.reshape([-1, 1, 1])
}
