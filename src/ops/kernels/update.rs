//! One pass over a parameter for one optimizer step.

use super::blocks::each_chunk;
use super::simd::{fma, sum_of, vectorised};

/// Numbers of a block.
const BLOCK: usize = 1 << 15;

/// What a step does to the parameters of one role in one lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneStep {
    /// Factor that keeps the gradient's norm within its bound.
    pub clip_factor: f32,
    /// λ of L2 in the gradient.
    pub after_clip: f32,
    /// η_t.
    pub lr: f32,
    /// What decoupled decay leaves of a weight.
    pub keep: f32,
    /// Share taken away where update and weight do not have opposite signs.
    pub cautious: f32,
    /// What the update rule itself needs, in its order.
    pub numbers: Vec<f32>,
}

/// A [`LaneStep`] with the numbers of a rule that averages gradients and their squares.
#[derive(Clone, Copy)]
struct Step {
    clip_factor: f32,
    after_clip: f32,
    lr: f32,
    keep: f32,
    cautious: f32,
    /// β1 and 1 − β1.
    beta_1: [f32; 2],
    /// β2 and 1 − β2.
    beta_2: [f32; 2],
    /// 1 / (1 − β1ᵗ) and 1 / (1 − β2ᵗ).
    corrections: [f32; 2],
    eps: f32,
}

impl Step {
    fn of(lane: &LaneStep, [beta_1, rest_1, beta_2, rest_2]: [f32; 4]) -> Self {
        let LaneStep { clip_factor, after_clip, lr, keep, cautious, .. } = *lane;
        let (beta_1, beta_2) = ([beta_1, rest_1], [beta_2, rest_2]);
        let (corrections, eps) = ([1.0; 2], 0.0);
        Step { clip_factor, after_clip, lr, keep, cautious, beta_1, beta_2, corrections, eps }
    }

    fn of_adam(lane: &LaneStep) -> Self {
        let [beta_1, rest_1, beta_2, rest_2, correction_1, correction_2, eps] = numbers(lane);
        let corrections = [correction_1, correction_2];
        Step { corrections, eps, ..Step::of(lane, [beta_1, rest_1, beta_2, rest_2]) }
    }

    fn of_adafactor(lane: &LaneStep) -> Self {
        let [beta_1, rest_1, beta_2, rest_2, eps] = numbers(lane);
        Step { eps, ..Step::of(lane, [beta_1, rest_1, beta_2, rest_2]) }
    }
}

fn numbers<const N: usize>(lane: &LaneStep) -> [f32; N] {
    lane.numbers.as_slice().try_into().expect("a kernel gets the numbers of its rule")
}

/// A parameter `[lanes, …]` with its gradient and moments.
pub struct Parameter<'a> {
    /// Its values.
    pub weight: &'a mut [f32],
    /// Their gradient, before clipping.
    pub gradient: &'a [f32],
    /// Averages of gradients; of updates for Adafactor.
    pub first: &'a mut [f32],
    /// Averages of squared gradients.
    pub second: &'a mut [f32],
}

impl<'a> Parameter<'a> {
    /// Blocks of at most `size` numbers of one lane each, with the lane.
    fn blocks(self, lanes: usize, size: usize) -> Vec<(usize, Parameter<'a>)> {
        let lane_size = self.weight.len() / lanes;
        let Parameter { weight, gradient, first, second } = self;
        let lanes = weight
            .chunks_mut(lane_size)
            .zip(gradient.chunks(lane_size))
            .zip(first.chunks_mut(lane_size).zip(second.chunks_mut(lane_size)));
        let mut blocks = Vec::new();
        for (lane, ((weight, gradient), (first, second))) in lanes.enumerate() {
            let parts = weight
                .chunks_mut(size)
                .zip(gradient.chunks(size))
                .zip(first.chunks_mut(size).zip(second.chunks_mut(size)));
            blocks.extend(parts.map(|((weight, gradient), (first, second))| {
                (lane, Parameter { weight, gradient, first, second })
            }));
        }
        blocks
    }
}

/// A step of Adam (Kingma & Ba 2015) with every form of decay. A lane's numbers are β1, 1 − β1, β2,
/// 1 − β2, 1/(1 − β1ᵗ), 1/(1 − β2ᵗ), ε.
///
/// # Panics
/// For another count of numbers.
pub fn adam(parameter: Parameter, steps: &[LaneStep]) {
    let steps: Vec<Step> = steps.iter().map(Step::of_adam).collect();
    let mut blocks = parameter.blocks(steps.len(), BLOCK);
    each_chunk(&mut blocks, 1, |_, block| {
        let (lane, part) = &mut block[0];
        adam_block(part, &steps[*lane]);
    });
}

/// A step of Adafactor (Shazeer & Stern 2018) without factorization, with every form of decay;
/// `least` is the smallest unit of an update. A lane's numbers are β1, 1 − β1, β2, 1 − β2, ε.
///
/// # Panics
/// For another count of numbers.
pub fn adafactor(parameter: Parameter, steps: &[LaneStep], least: f32) {
    let steps: Vec<Step> = steps.iter().map(Step::of_adafactor).collect();
    let mut blocks = parameter.blocks(steps.len(), usize::MAX);
    each_chunk(&mut blocks, 1, |_, block| {
        let (lane, part) = &mut block[0];
        let squares = sum_of_squares(part.weight) / part.weight.len() as f64;
        adafactor_block(part, &steps[*lane], (squares.sqrt() as f32).max(least));
    });
}

/// Sum of squares of each lane of `[lanes, …]`.
pub fn squares(values: &[f32], lanes: usize) -> Vec<f32> {
    let size = values.len() / lanes;
    let mut sums = vec![0.0; lanes];
    each_chunk(&mut sums, 1, |lane, sum| {
        sum[0] = sum_of_squares(&values[lane * size..][..size]) as f32;
    });
    sums
}

/// In float32 over short pieces, in float64 over them.
fn sum_of_squares(values: &[f32]) -> f64 {
    const PIECE: usize = 1 << 12;
    let piece = |values: &[f32]| {
        let mut sum = 0.0;
        piece_of_squares(values, &mut sum);
        f64::from(sum)
    };
    values.chunks(PIECE).map(piece).sum()
}

vectorised! {
    /// Sum of squares.
    fn piece_of_squares(values: &[f32], sum: &mut f32) = piece_of_squares_body
}

#[inline(always)]
fn piece_of_squares_body<const BITS: usize>(values: &[f32], sum: &mut f32) {
    *sum = sum_of(values, values, fma::<BITS>);
}

vectorised! {
    fn adam_block(part: &mut Parameter, step: &Step) = adam_body
}

#[inline(always)]
fn adam_body<const BITS: usize>(part: &mut Parameter, step: &Step) {
    let [correction_1, correction_2] = step.corrections;
    let moments = part.first.iter_mut().zip(part.second.iter_mut());
    for ((weight, gradient), (first, second)) in
        part.weight.iter_mut().zip(part.gradient).zip(moments)
    {
        let gradient = gradient * step.clip_factor + *weight * step.after_clip;
        *first = *first * step.beta_1[0] + gradient * step.beta_1[1];
        *second = *second * step.beta_2[0] + gradient * gradient * step.beta_2[1];
        let direction = *first * correction_1 / ((*second * correction_2).sqrt() + step.eps);
        *weight = kept(*weight, direction * step.lr, step);
    }
}

vectorised! {
    fn adafactor_block(part: &mut Parameter, step: &Step, unit: f32) = adafactor_body
}

#[inline(always)]
fn adafactor_body<const BITS: usize>(part: &mut Parameter, step: &Step, unit: f32) {
    let moments = part.first.iter_mut().zip(part.second.iter_mut());
    for ((weight, gradient), (first, second)) in
        part.weight.iter_mut().zip(part.gradient).zip(moments)
    {
        let gradient = gradient * step.clip_factor + *weight * step.after_clip;
        *second = *second * step.beta_2[0] + gradient * gradient * step.beta_2[1];
        let direction = gradient / (second.sqrt() + step.eps);
        *first = *first * step.beta_1[0] + direction * unit * step.lr * step.beta_1[1];
        *weight = kept(*weight, *first, step);
    }
}

/// A weight after decay and update.
#[inline(always)]
fn kept(weight: f32, update: f32, step: &Step) -> f32 {
    // By signs, so that no product of small numbers becomes 0.
    let opposed = (update > 0.0) & (weight < 0.0) | (update < 0.0) & (weight > 0.0);
    let agrees = if opposed { 0.0 } else { step.cautious };
    (step.keep - agrees) * weight - update
}
