use burn::backend::Dispatch;
use burn::tensor::Tensor;
use wane_kernels::sublayer::Inner;

use super::fused::{FusedOps, Steps, is_fused};
use super::parameters::{Biases, Sublayer};
use super::primitives;

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
