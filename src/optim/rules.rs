//! Update rules, a file for each.
//!
//! A rule turns a gradient into an update and brings the state that it keeps between steps up to date. It sees every parameter
//! as `[lanes, elements]`, after clipping and L2; what becomes of the update is not its concern.

mod adafactor;
mod adam;
mod lion;
mod muon;
mod sgd;
mod soap;

use std::sync::Arc;

use burn::backend::DispatchTensor;
use burn::tensor::Tensor;

use super::lanes::LaneValues;
use crate::config::{OptimizerKind, ParameterShape, Recipe};
use crate::ops::kernels::update::LaneStep;
use crate::ops::{Arithmetic, LaneNumbers};

/// What a rule keeps of a parameter between steps, `[lanes, …]` each, in the order of
/// [`OptimizerKind::slots`]; zeros before the first step.
pub type Slots = Vec<Tensor<2>>;

/// Updates a parameter in one pass over its memory, decay and subtraction included: weight, gradient
/// before clipping, both `[lanes, …]` of any rank, state, the step of every lane, and whether it is to be measured, give
/// weight, state and the [sums](crate::ops::kernels::update::SUMS) of what the step did.
pub type Fused = fn(
    DispatchTensor,
    DispatchTensor,
    Slots,
    &Arc<[LaneStep]>,
    bool,
) -> (DispatchTensor, Slots, Option<LaneNumbers>);

/// An update rule.
pub trait Rule: Sync {
    /// The numbers that it needs in step `step` (from 1) of a run, in an order of its own.
    fn numbers(&self, recipe: &Recipe, step: usize) -> Vec<f64>;

    /// What a step subtracts from a weight apart from decay, learning rate included; brings the state
    /// up to date.
    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2>;

    /// The same as a kernel, for devices that have them; `None` runs on Burn's primitives everywhere.
    fn fused(&self) -> Option<Fused> {
        None
    }
}

/// What a rule sees of a step.
pub struct RuleStep<'a> {
    /// η_t.
    pub lr: &'a LaneValues,
    /// The rule's own [numbers](Rule::numbers).
    pub numbers: &'a [LaneValues],
    /// The parameter before the step, `[lanes, elements]`.
    pub weight: &'a Tensor<2>,
    /// What it is.
    pub parameter: &'a ParameterShape,
    /// Counted from 1.
    pub step: usize,
    /// The recipe of the first lane, for what the lanes of a cohort share.
    pub shared: &'a Recipe,
}

impl RuleStep<'_> {
    /// The rule's own numbers, by lane.
    ///
    /// # Panics
    /// For another count than the rule gives.
    pub fn numbers<const N: usize>(&self) -> &[LaneValues; N] {
        self.numbers.try_into().expect("a rule reads as many numbers as it gives")
    }
}

/// The rule of an optimizer.
pub fn rule(kind: OptimizerKind) -> &'static dyn Rule {
    match kind {
        OptimizerKind::Adam => &adam::Adam,
        OptimizerKind::Adafactor => &adafactor::Adafactor,
        OptimizerKind::Sgd => &sgd::Sgd,
        OptimizerKind::Lion => &lion::Lion,
        OptimizerKind::Muon => &muon::Muon,
        OptimizerKind::Soap => &soap::Soap,
    }
}

/// A running average of `[lanes, elements]`: `β · before + (1 − β) · new`, with β and 1 − β by lane.
fn average(beta: &LaneValues, rest: &LaneValues, before: Tensor<2>, new: Tensor<2>) -> Tensor<2> {
    beta.times(before).plus(rest.times(new))
}

/// β and 1 − β as float32 has them: the weights of an average belong to one and the same β.
fn complement(beta: f64) -> [f64; 2] {
    let beta = f64::from(beta as f32);
    [beta, 1.0 - beta]
}
