//! The leaves of every family: the only modules that own parameters. Each is told the role of its weight
//! where a mask depends on it.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor};

use super::weights::FirstWeights;
use crate::config::Role;
use crate::ops::{self, Biases, Sublayer};

/// A learned table.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[lanes, vocabulary, channels]`.
    pub weight: Param<Tensor<3>>,
    row_by_row: bool,
}

impl Embedding {
    /// Drawn from N(0, `std`²).
    pub fn new(first: &FirstWeights, name: &str, size: [usize; 2], std: f64) -> Self {
        let weight = first.normal(&format!("{name}.weight"), Role::Embedding, size, std);
        Embedding { weight, row_by_row: first.row_by_row() }
    }

    /// For one pass that reads it once.
    pub fn table(&self) -> Table {
        Table { weight: self.weight.val(), row_by_row: self.row_by_row }
    }

    /// For one pass that also scores against it; see [`ops::shared`].
    pub fn tied(&self) -> Table {
        Table { weight: ops::shared(self.weight.val()), ..self.table() }
    }
}

/// An [`Embedding`] in one pass.
pub struct Table {
    weight: Tensor<3>,
    row_by_row: bool,
}

impl Table {
    /// See [`ops::embedding`].
    pub fn rows(&self, stacked_index: Tensor<1, Int>) -> Tensor<3> {
        ops::embedding(self.weight.clone(), stacked_index)
    }

    /// As a tied head; see [`ops::scores`].
    pub fn scores(self, x: Tensor<3>) -> Tensor<3> {
        match self.row_by_row {
            true => ops::scores_by_row(x, self.weight),
            false => ops::scores(x, self.weight),
        }
    }
}

/// A matrix product with a bias.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[lanes, in, out]`.
    pub weight: Param<Tensor<3>>,
    /// `[lanes, out]`.
    pub bias: Param<Tensor<2>>,
    row_by_row: bool,
}

impl Linear {
    /// Weights from N(0, `std`²), bias 0.
    pub fn new(first: &FirstWeights, name: &str, role: Role, size: [usize; 2], std: f64) -> Self {
        Self::packed(first, name, role, size, 1, std)
    }

    /// The same of several matrices side by side.
    pub fn packed(
        first: &FirstWeights,
        name: &str,
        role: Role,
        size: [usize; 2],
        parts: usize,
        std: f64,
    ) -> Self {
        Linear {
            weight: first.normal_parts(&format!("{name}.weight"), role, size, parts, std),
            bias: first.constant(&format!("{name}.bias"), Role::Bias, size[1], 0.0),
            row_by_row: first.row_by_row(),
        }
    }

    /// See [`ops::linear`].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let (weight, bias) = (self.weight.val(), Some(self.bias.val()));
        match self.row_by_row {
            true => ops::linear_by_row(x, weight, bias),
            false => ops::linear(x, weight, bias),
        }
    }
}

/// A matrix product without a bias, kept in weight files as `[out, in]`.
#[derive(Module, Debug)]
pub struct Projection {
    /// `[lanes, in, out]`.
    pub weight: Param<Tensor<3>>,
    /// Whether no row's bits may depend on the rows beside it.
    pub row_by_row: bool,
}

impl Projection {
    /// Drawn from N(0, `std`²).
    pub fn new(first: &FirstWeights, name: &str, role: Role, size: [usize; 2], std: f64) -> Self {
        let weight = first.normal(&format!("{name}.weight"), role, size, std);
        Projection { weight, row_by_row: first.row_by_row() }
    }

    /// See [`ops::linear`].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        match self.row_by_row {
            true => ops::linear_by_row(x, self.weight.val(), None),
            false => ops::linear(x, self.weight.val(), None),
        }
    }

    /// What several projections make of the same rows, packed side by side: one product where rows are many and a copy
    /// of the weights is little.
    pub fn forward_packed<const N: usize>(projections: [&Self; N], x: Tensor<3>) -> Tensor<3> {
        if projections[0].row_by_row {
            let parts = projections.map(|projection| projection.forward(x.clone()));
            return ops::side_by_side(parts);
        }
        ops::linear(x, Self::packed_weight(projections), None)
    }

    /// Their weights side by side, `[lanes, in, out of all]`.
    pub fn packed_weight<const N: usize>(projections: [&Self; N]) -> Tensor<3> {
        ops::side_by_side(projections.map(|projection| projection.weight.val()))
    }
}

/// Root-mean-square normalisation.
#[derive(Module, Debug)]
pub struct RmsNorm {
    /// Gain, `[lanes, channels]`.
    pub weight: Param<Tensor<2>>,
    eps: f64,
}

impl RmsNorm {
    /// Gain 1.
    pub fn new(first: &FirstWeights, name: &str, channels: usize, eps: f64) -> Self {
        RmsNorm {
            weight: first.constant(&format!("{name}.weight"), Role::Norm, channels, 1.0),
            eps,
        }
    }

    /// With the matrices that follow on it: what [`ops::sublayer`] is given.
    pub fn before(&self, matrices: [Tensor<3>; 2]) -> Sublayer {
        Sublayer { gain: self.weight.val(), centred: false, eps: self.eps, matrices, biases: None }
    }

    /// See [`ops::rms_norm`].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        ops::rms_norm(x, self.weight.val(), self.eps)
    }
}

/// Layer normalisation with a gain alone.
#[derive(Module, Debug)]
pub struct GainNorm {
    /// Gain, `[lanes, channels]`.
    pub weight: Param<Tensor<2>>,
    eps: f64,
}

impl GainNorm {
    /// Gain 1.
    pub fn new(first: &FirstWeights, name: &str, channels: usize, eps: f64) -> Self {
        GainNorm {
            weight: first.constant(&format!("{name}.weight"), Role::Norm, channels, 1.0),
            eps,
        }
    }

    /// See [`ops::layer_norm`].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        ops::layer_norm(x, self.weight.val(), None, self.eps)
    }
}

/// Layer normalisation with gain and bias.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// Gain, `[lanes, channels]`; named as in weight files.
    pub weight: Param<Tensor<2>>,
    /// `[lanes, channels]`.
    pub bias: Param<Tensor<2>>,
    eps: f64,
}

impl LayerNorm {
    /// Gain 1, bias 0.
    pub fn new(first: &FirstWeights, name: &str, channels: usize, eps: f64) -> Self {
        LayerNorm {
            weight: first.constant(&format!("{name}.weight"), Role::Norm, channels, 1.0),
            bias: first.constant(&format!("{name}.bias"), Role::Norm, channels, 0.0),
            eps,
        }
    }

    /// With the matrices that follow on it: what [`ops::sublayer`] is given.
    pub fn before(&self, linears: [&Linear; 2]) -> Sublayer {
        let of_matrices = linears.map(|linear| linear.bias.val());
        Sublayer {
            gain: self.weight.val(),
            centred: true,
            eps: self.eps,
            matrices: linears.map(|linear| linear.weight.val()),
            biases: Some(Biases { norm: self.bias.val(), matrices: of_matrices }),
        }
    }

    /// See [`ops::layer_norm`].
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        ops::layer_norm(x, self.weight.val(), Some(self.bias.val()), self.eps)
    }
}
