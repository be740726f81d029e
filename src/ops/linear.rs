//! Products of rows and matrices.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::embedding::add_positions;
use super::fused::{FusedOps, FusedReading, is_fused};
use super::primitives;

/// `x · w + b`: `[lanes, rows, in] × [lanes, in, out] + [lanes, out] → [lanes, rows, out]`.
pub fn linear(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<2>>) -> Tensor<3> {
    match (is_fused(&x.device()), bias) {
        (false, bias) => primitives::linear(x, weight, bias),
        (true, Some(bias)) => Tensor::from_dispatch(Dispatch::linear(
            x.into_dispatch(),
            weight.into_dispatch(),
            bias.into_dispatch(),
        )),
        (true, None) => Tensor::from_dispatch(Dispatch::product(
            x.into_dispatch(),
            weight.into_dispatch(),
            false,
        )),
    }
}

/// Scores against every row of a table, as a tied head has them: `[lanes, rows, channels] ×
/// [lanes, vocabulary, channels] → [lanes, rows, vocabulary]`.
pub fn scores(x: Tensor<3>, table: Tensor<3>) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::scores(x, table);
    }
    Tensor::from_dispatch(Dispatch::product(x.into_dispatch(), table.into_dispatch(), true))
}

/// [`linear`] where no row's bits may depend on the rows beside it, and few rows are multiplied: weights are read from
/// memory once. Without autodiff.
pub fn linear_by_row(x: Tensor<3>, weight: Tensor<3>, bias: Option<Tensor<2>>) -> Tensor<3> {
    let product = match is_fused(&x.device()) {
        true => by_row(x, weight, false),
        false => primitives::linear(x, weight, None),
    };
    match bias {
        // A bias is one position that every row stands at.
        Some(bias) => add_positions(product, bias.unsqueeze_dim(1), 1),
        None => product,
    }
}

/// [`scores`] in the same way.
pub fn scores_by_row(x: Tensor<3>, table: Tensor<3>) -> Tensor<3> {
    match is_fused(&x.device()) {
        true => by_row(x, table, true),
        false => primitives::scores(x, table),
    }
}

fn by_row(x: Tensor<3>, weight: Tensor<3>, turned: bool) -> Tensor<3> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::each_row(x, weight, turned))
}
