//! One pass over a parameter for one optimizer step.

use super::blocks::each_chunk;
use super::dots::dot;
use super::simd::{WIDTH, fma, fold, vectorised};

/// Numbers of a block, and of the pieces of a block that stay in the cache while they are measured.
const BLOCK: usize = 1 << 15;
const PIECE: usize = 1 << 10;

/// Sums over the numbers of a tensor that say what a step did to it: of `w²`, `Δw²`, `w Δw`, `g²`, `g w`, `u²` and
/// `d²`, with `w` the weight before the step and `Δw` its change, `g` the gradient before clipping, `u` the update
/// without decay and `d` what decoupled decay took.
pub const SUMS: usize = 7;

/// Those sums of every lane, or nothing where they were not asked for.
pub type ChangeSums = Vec<[f32; SUMS]>;

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

/// A parameter `[lanes, …]`, or a part of it, with its gradient and moments.
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

    /// Pieces of at most `size` numbers.
    fn pieces(&mut self, size: usize) -> impl Iterator<Item = Parameter<'_>> {
        let moments = self.first.chunks_mut(size).zip(self.second.chunks_mut(size));
        let weights = self.weight.chunks_mut(size).zip(self.gradient.chunks(size));
        weights.zip(moments).map(|((weight, gradient), (first, second))| Parameter {
            weight,
            gradient,
            first,
            second,
        })
    }
}

/// A step of Adam (Kingma & Ba 2015) with every form of decay; measured or not, the weights have the same bits. A
/// lane's numbers are β1, 1 − β1, β2, 1 − β2, 1/(1 − β1ᵗ), 1/(1 − β2ᵗ), ε.
///
/// # Panics
/// For another count of numbers.
pub fn adam(parameter: Parameter, steps: &[LaneStep], measured: bool) -> ChangeSums {
    let steps: Vec<Step> = steps.iter().map(Step::of_adam).collect();
    updated(parameter, &steps, BLOCK, measured, |part, step, sums| {
        piecewise(part, step, sums, |piece, updates| adam_piece(piece, step, updates));
    })
}

/// A step of Adafactor (Shazeer & Stern 2018) without factorization, with every form of decay;
/// `least` is the smallest unit of an update. A lane's numbers are β1, 1 − β1, β2, 1 − β2, ε.
///
/// # Panics
/// For another count of numbers.
pub fn adafactor(
    parameter: Parameter,
    steps: &[LaneStep],
    least: f32,
    measured: bool,
) -> ChangeSums {
    let steps: Vec<Step> = steps.iter().map(Step::of_adafactor).collect();
    updated(parameter, &steps, usize::MAX, measured, |part, step, sums| {
        let squares = dot(part.weight, part.weight) / part.weight.len() as f64;
        let unit = (squares.sqrt() as f32).max(least);
        piecewise(part, step, sums, |piece, updates| {
            adafactor_piece(piece, step, unit, updates);
        });
    })
}

/// Sums of one block.
type BlockSums = Option<[f64; SUMS]>;

/// Updates every block, and adds up what was measured of those of a lane.
fn updated(
    parameter: Parameter,
    steps: &[Step],
    size: usize,
    measured: bool,
    update: impl Fn(&mut Parameter, &Step, &mut BlockSums) + Sync,
) -> ChangeSums {
    let blocks = parameter.blocks(steps.len(), size).into_iter();
    let mut blocks: Vec<_> =
        blocks.map(|(lane, part)| (lane, part, measured.then_some([0.0; SUMS]))).collect();
    each_chunk(&mut blocks, 1, |_, block| {
        let (lane, part, sums) = &mut block[0];
        update(part, &steps[*lane], sums);
    });
    if !measured {
        return Vec::new();
    }
    let mut lanes = vec![[0.0; SUMS]; steps.len()];
    for (lane, _, sums) in blocks {
        let sums = sums.into_iter().flatten();
        lanes[lane].iter_mut().zip(sums).for_each(|(sum, more)| *sum += more);
    }
    lanes.into_iter().map(|sums| sums.map(|sum| sum as f32)).collect()
}

/// Updates a block piece by piece, and measures each while it is in the cache.
fn piecewise(
    part: &mut Parameter,
    step: &Step,
    sums: &mut BlockSums,
    update: impl Fn(&mut Parameter, &mut [f32]),
) {
    let (mut before, mut updates) = ([0.0; PIECE], [0.0; PIECE]);
    for mut piece in part.pieces(PIECE) {
        let size = piece.weight.len();
        if sums.is_some() {
            before[..size].copy_from_slice(piece.weight);
        }
        update(&mut piece, &mut updates[..size]);
        if let Some(sums) = sums {
            let Parameter { weight, gradient, .. } = piece;
            add_sums(&before[..size], weight, gradient, &updates[..size], step, sums);
        }
    }
}

vectorised! {
    fn add_sums(
        before: &[f32],
        after: &[f32],
        gradient: &[f32],
        updates: &[f32],
        step: &Step,
        sums: &mut [f64; SUMS],
    ) = add_sums_body
}

#[inline(always)]
fn add_sums_body<const BITS: usize>(
    before: &[f32],
    after: &[f32],
    gradient: &[f32],
    updates: &[f32],
    step: &Step,
    sums: &mut [f64; SUMS],
) {
    let mut chunks = [[0.0; WIDTH]; SUMS];
    let ((before, before_rest), (after, after_rest)) = (before.as_chunks(), after.as_chunks());
    let ((gradient, gradient_rest), (updates, updates_rest)) =
        (gradient.as_chunks(), updates.as_chunks());
    let count = before.len();
    let (after, gradient, updates) = (&after[..count], &gradient[..count], &updates[..count]);
    for at in 0..count {
        let (before, after) = (&before[at], &after[at]);
        let (gradient, updates) = (&gradient[at], &updates[at]);
        add_products::<BITS, WIDTH>(before, after, gradient, updates, step, &mut chunks);
    }
    // All at once, as `fold` says of one.
    let mut piece = std::hint::black_box(chunks).map(|chunk| [fold(chunk, |a, b| a + b)]);
    let rests = before_rest.iter().zip(after_rest).zip(gradient_rest.iter().zip(updates_rest));
    for ((before, after), (gradient, update)) in rests {
        add_products::<BITS, 1>(&[*before], &[*after], &[*gradient], &[*update], step, &mut piece);
    }
    sums.iter_mut().zip(piece).for_each(|(sum, [piece])| *sum += f64::from(piece));
}

/// Adds what [`SUMS`] names to the sums in the same place of a chunk.
#[inline(always)]
fn add_products<const BITS: usize, const N: usize>(
    before: &[f32; N],
    after: &[f32; N],
    gradient: &[f32; N],
    updates: &[f32; N],
    step: &Step,
    sums: &mut [[f32; N]; SUMS],
) {
    let (mut changes, mut taken) = ([0.0; N], [0.0; N]);
    for place in 0..N {
        changes[place] = after[place] - before[place];
        taken[place] = (1.0 - left(before[place], updates[place], step)) * before[place];
    }
    // One by one: in a loop over the sums, these would lie in memory and not in the processor's own places.
    add_product::<BITS, N>(&mut sums[0], before, before);
    add_product::<BITS, N>(&mut sums[1], &changes, &changes);
    add_product::<BITS, N>(&mut sums[2], before, &changes);
    add_product::<BITS, N>(&mut sums[3], gradient, gradient);
    add_product::<BITS, N>(&mut sums[4], gradient, before);
    add_product::<BITS, N>(&mut sums[5], updates, updates);
    add_product::<BITS, N>(&mut sums[6], &taken, &taken);
}

#[inline(always)]
fn add_product<const BITS: usize, const N: usize>(sum: &mut [f32; N], a: &[f32; N], b: &[f32; N]) {
    for place in 0..N {
        sum[place] = fma::<BITS>(a[place], b[place], sum[place]);
    }
}

vectorised! {
    fn adam_piece(part: &mut Parameter, step: &Step, updates: &mut [f32]) = adam_body
}

#[inline(always)]
fn adam_body<const BITS: usize>(part: &mut Parameter, step: &Step, updates: &mut [f32]) {
    let [correction_1, correction_2] = step.corrections;
    let moments = part.first.iter_mut().zip(part.second.iter_mut());
    let weights = part.weight.iter_mut().zip(updates);
    for (((weight, update), gradient), (first, second)) in weights.zip(part.gradient).zip(moments) {
        let gradient = gradient * step.clip_factor + *weight * step.after_clip;
        *first = *first * step.beta_1[0] + gradient * step.beta_1[1];
        *second = *second * step.beta_2[0] + gradient * gradient * step.beta_2[1];
        let direction = *first * correction_1 / ((*second * correction_2).sqrt() + step.eps);
        *update = direction * step.lr;
        *weight = kept(*weight, *update, step);
    }
}

vectorised! {
    fn adafactor_piece(
        part: &mut Parameter,
        step: &Step,
        unit: f32,
        updates: &mut [f32],
    ) = adafactor_body
}

#[inline(always)]
fn adafactor_body<const BITS: usize>(
    part: &mut Parameter,
    step: &Step,
    unit: f32,
    updates: &mut [f32],
) {
    let moments = part.first.iter_mut().zip(part.second.iter_mut());
    let weights = part.weight.iter_mut().zip(updates);
    for (((weight, update), gradient), (first, second)) in weights.zip(part.gradient).zip(moments) {
        let gradient = gradient * step.clip_factor + *weight * step.after_clip;
        *second = *second * step.beta_2[0] + gradient * gradient * step.beta_2[1];
        let direction = gradient / (second.sqrt() + step.eps);
        *first = *first * step.beta_1[0] + direction * unit * step.lr * step.beta_1[1];
        *update = *first;
        *weight = kept(*weight, *update, step);
    }
}

/// A weight after decay and update.
#[inline(always)]
fn kept(weight: f32, update: f32, step: &Step) -> f32 {
    left(weight, update, step) * weight - update
}

/// The factor that decay leaves of a weight.
#[inline(always)]
fn left(weight: f32, update: f32, step: &Step) -> f32 {
    // By signs, so that no product of small numbers becomes 0.
    let opposed = (update > 0.0) & (weight < 0.0) | (update < 0.0) & (weight > 0.0);
    let agrees = if opposed { 0.0 } else { step.cautious };
    step.keep - agrees
}
