//! The operations of [`ops`](super) on burn-flex: Burn's tensors around [kernels](crate::ops::kernels).

mod activation;
mod arithmetic;
mod attention;
mod embedding;
mod expert;
mod linear;
mod loss;
mod mixture;
mod norm;
mod reading;
mod stream;
mod sublayer;
mod update;

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend, Flex, backend_extension};
use burn::tensor::Device;
use wane_kernels::activation::Gate;
use wane_kernels::attention::Heads;

use super::node::{Operation, tracked};
use crate::ops::values::indices;
use activation::{Gated, Gelu};
use attention::Attention;
use embedding::{AddPositions, Embedding};
use expert::Expert;
use linear::{Linear, Product};
use loss::{CrossEntropy, Smoothing};
use mixture::ExpertWeights;
use norm::{LayerNorm, Norm};
use stream::{Add, Scaled, Shared, SideBySide};

pub use arithmetic::FusedArithmetic;
pub use reading::FusedReading;
pub use sublayer::Steps;
pub use update::FusedUpdates;

/// Whether kernels take the place of primitives on this device.
pub fn is_fused(device: &Device) -> bool {
    *device == Device::flex()
}

/// The operations that gradients flow through; see [`ops`](super) for what each means.
#[backend_extension(Autodiff, Flex)]
pub trait FusedOps: Backend {
    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    fn product(x: FloatTensor<Self>, weight: FloatTensor<Self>, turned: bool) -> FloatTensor<Self>;
    fn embedding(table: FloatTensor<Self>, index: IntTensor<Self>) -> FloatTensor<Self>;
    fn add_positions(x: FloatTensor<Self>, positions: FloatTensor<Self>) -> FloatTensor<Self>;
    fn layer_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        eps: f32,
    ) -> FloatTensor<Self>;
    fn norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        centred: bool,
        eps: f32,
    ) -> FloatTensor<Self>;
    fn gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;
    fn gated(packed: FloatTensor<Self>, gate: Gate) -> FloatTensor<Self>;
    fn attention(
        packed: FloatTensor<Self>,
        heads: Heads,
        factors: Option<Arc<Vec<f32>>>,
    ) -> FloatTensor<Self>;
    fn add(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
    fn shared(x: FloatTensor<Self>) -> FloatTensor<Self>;
    fn scaled(x: FloatTensor<Self>, factors: Arc<Vec<f32>>) -> FloatTensor<Self>;
    fn two_side_by_side(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
    fn three_side_by_side(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    fn expert_weights(
        scores: FloatTensor<Self>,
        active: usize,
        normalised: bool,
    ) -> FloatTensor<Self>;
    fn expert(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        into: FloatTensor<Self>,
        out: FloatTensor<Self>,
        gate: Gate,
        part: usize,
    ) -> FloatTensor<Self>;
    fn sublayer(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        into: FloatTensor<Self>,
        out: FloatTensor<Self>,
        steps: Steps,
    ) -> FloatTensor<Self>;
    // The macro copies the attribute to where nothing is to be expected.
    #[allow(clippy::too_many_arguments, reason = "Burn hands tensors on one by one")]
    fn biased_sublayer(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        into: FloatTensor<Self>,
        into_bias: FloatTensor<Self>,
        out: FloatTensor<Self>,
        out_bias: FloatTensor<Self>,
        steps: Steps,
    ) -> FloatTensor<Self>;
    fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self>;
    fn smoothing(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        shares: Arc<[f32]>,
    ) -> FloatTensor<Self>;
}

/// Both implementations of the trait from one list: without a graph, and as nodes of one.
macro_rules! operations {
    ($($name:ident($($input:ident),+; $($other:ident: $type:ty),*) = $operation:expr;)*) => {
        impl FusedOps for Flex {
            $(fn $name(
                $($input: FloatTensor<Self>,)+ $($other: $type),*
            ) -> FloatTensor<Self> {
                Operation::output(&$operation, [$($input),+])
            })*
        }

        impl<C: CheckpointStrategy> FusedOps for Autodiff<Flex, C> {
            $(fn $name(
                $($input: FloatTensor<Self>,)+ $($other: $type),*
            ) -> FloatTensor<Self> {
                tracked::<_, C, _>($operation, [$($input),+])
            })*
        }
    };
}

operations! {
    linear(x, weight, bias;) = Linear;
    product(x, weight; turned: bool) = Product { turned };
    embedding(table; index: IntTensor<Flex>) = Embedding { index: indices(&index) };
    add_positions(x, positions;) = AddPositions;
    layer_norm(x, gain, bias; eps: f32) = LayerNorm { eps };
    norm(x, gain; centred: bool, eps: f32) = Norm { centred, eps };
    gelu(x;) = Gelu;
    gated(packed; gate: Gate) = Gated { gate };
    attention(packed; heads: Heads, factors: Option<Arc<Vec<f32>>>) = Attention { heads, factors };
    add(a, b;) = Add;
    shared(x;) = Shared;
    scaled(x; factors: Arc<Vec<f32>>) = Scaled { factors };
    two_side_by_side(a, b;) = SideBySide;
    three_side_by_side(a, b, c;) = SideBySide;
    expert_weights(scores; active: usize, normalised: bool) = ExpertWeights { active, normalised };
    expert(x, weights, into, out; gate: Gate, part: usize) = Expert { gate, part };
    sublayer(x, gain, into, out; steps: Steps) = steps;
    biased_sublayer(x, gain, shift, into, into_bias, out, out_bias; steps: Steps) = steps;
    cross_entropy(logits; targets: IntTensor<Flex>) = CrossEntropy { targets: indices(&targets) };
    smoothing(logits; targets: IntTensor<Flex>, shares: Arc<[f32]>) = Smoothing {
        targets: indices(&targets),
        shares,
    };
}
