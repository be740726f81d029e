use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::fused::{FusedOps, Steps, is_fused};
use super::kernels::sublayer::Inner;
use super::primitives;

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

/// `x + out · inner(into · norm(x))` for `[lanes, rows, channels]`: a sublayer with its residual connection, the norm
/// before it (Xiong et al. 2020).
pub fn sublayer(x: Tensor<3>, inner: Inner, of: Sublayer) -> Tensor<3> {
    if !is_fused(&x.device()) {
        return primitives::sublayer(x, inner, of);
    }
    let Sublayer { gain, centred, eps, matrices, biases } = of;
    let steps = Steps { inner, centred, eps: eps as f32 };
    let (x, gain) = (x.into_dispatch(), gain.into_dispatch());
    let [into, out] = matrices.map(Tensor::into_dispatch);
    Tensor::from_dispatch(match biases {
        None => Dispatch::sublayer(x, gain, into, out, steps),
        Some(Biases { norm, matrices: [into_bias, out_bias] }) => Dispatch::biased_sublayer(
            x,
            gain,
            norm.into_dispatch(),
            into,
            into_bias.into_dispatch(),
            out,
            out_bias.into_dispatch(),
            steps,
        ),
    })
}
