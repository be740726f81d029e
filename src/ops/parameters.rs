//! The parameters of a sublayer.

use burn::tensor::Tensor;

/// The parameters of a sublayer, and how it normalises.
#[derive(Clone, Debug)]
pub struct Sublayer {
    /// Gain of the norm, `[lanes, channels]`.
    pub gain: Tensor<2>,
    /// Whether the norm takes a row's mean away (LayerNorm) or not (RMSNorm).
    pub centred: bool,
    /// Added to its variance.
    pub eps: f64,
    /// The matrices into the sublayer and out of it, `[lanes, channels, inside]` and `[lanes, hidden, channels]`.
    pub matrices: [Tensor<3>; 2],
    /// Where there are any.
    pub biases: Option<Biases>,
}

/// The biases of a sublayer.
#[derive(Clone, Debug)]
pub struct Biases {
    /// Of the norm, `[lanes, channels]`.
    pub norm: Tensor<2>,
    /// Of the first matrix, `[lanes, inside]`, and of the second, `[lanes, channels]`.
    pub matrices: [Tensor<2>; 2],
}
