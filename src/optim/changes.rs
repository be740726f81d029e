//! What a step did to the weights: sums over every tensor, and what a curve tells of them by role.

use burn::tensor::Tensor;

use crate::config::{Equilibrium, ParameterShape, Rates, Role, RunConfig};
use crate::ops::kernels::update::SUMS;
use crate::ops::{self, Arithmetic, LaneNumbers};
use crate::record::OfRole;

/// The [sums](SUMS) of one tensor, by passes over it. Before, after, gradient before clipping, update
/// without decay and what decoupled decay took are `[lanes, elements]`; without the last it took nothing.
pub fn sums(
    before: Tensor<2>,
    after: Tensor<2>,
    gradient: Tensor<2>,
    update: Tensor<2>,
    taken: Option<Tensor<2>>,
) -> LaneNumbers {
    let change = after.minus(before.clone());
    let of_gradient = ops::squares(gradient.clone());
    let of_taken = taken.map_or_else(|| of_gradient.zeros_like(), ops::squares);
    LaneNumbers::on_device(Tensor::<1>::stack::<2>(
        vec![
            ops::squares(before.clone()),
            ops::squares(change.clone()),
            ops::dots(before.clone(), change),
            of_gradient,
            ops::dots(gradient, before),
            ops::squares(update),
            of_taken,
        ],
        1,
    ))
}

/// What one step did to one tensor.
struct TensorChange {
    /// Of `w` after it, squared.
    squares_after: f64,
    /// Of `Δw`, squared.
    squares_of_change: f64,
    /// What only a tensor has that was not 0 before.
    turn: Option<Turn>,
}

/// A step as seen from where the weights were.
struct Turn {
    /// Of `w` before the step.
    norm: f64,
    rotation: f64,
    relative_update: f64,
    gradient_cosine: Option<f64>,
    decay_share: Option<f64>,
}

impl TensorChange {
    /// From its sums, read from the device.
    fn new(sums: &[f32], rates: &Rates, clip_factor: f64) -> Self {
        let sums: [f32; SUMS] = sums.try_into().expect("a tensor has all sums");
        let [weight, change, along, ..] = sums.map(f64::from);
        TensorChange {
            squares_after: not_below_0(weight + 2.0 * along + change),
            squares_of_change: change,
            turn: (weight > 0.0).then(|| Turn::new(sums.map(f64::from), rates, clip_factor)),
        }
    }
}

impl Turn {
    fn new(sums: [f64; SUMS], rates: &Rates, clip_factor: f64) -> Self {
        let [weight, change, along, gradient, pull, update, taken] = sums;
        let norm = weight.sqrt();
        // By the part of the change that stands upright on the weights: the cosine of a small angle is 1.
        let upright = not_below_0(change - along * along / weight).sqrt();
        let loss = Gradient::of_loss(gradient, pull, weight, rates.before_clip);
        let (decay, rest) = match (rates.before_clip, rates.after_clip) {
            (0.0, 0.0) => (taken.sqrt(), update.sqrt()),
            (0.0, lambda) => (lambda * norm, clip_factor * loss.norm),
            (lambda, _) => (lambda * norm, loss.norm),
        };
        Turn {
            norm,
            rotation: upright.atan2(norm + along / norm),
            relative_update: change.sqrt() / norm,
            gradient_cosine: loss.cosine(norm),
            decay_share: (decay + rest > 0.0).then(|| decay / (decay + rest)),
        }
    }
}

/// The least share of the squares of `λ w` that those of the loss's gradient have to be: where decay is taken out of sums
/// in 32 bits, less is what rounding left.
const LEAST: f64 = 1e-4;

/// The gradient of the loss alone.
struct Gradient {
    norm: f64,
    /// `g · w`.
    along: f64,
    /// Whether it is more than rounding left.
    is_known: bool,
}

impl Gradient {
    /// From sums of a gradient that holds `λ w` as well.
    fn of_loss(squares: f64, along: f64, weight: f64, lambda: f64) -> Self {
        let decay = lambda * lambda * weight;
        let squares = squares - 2.0 * lambda * along + decay;
        Gradient {
            norm: not_below_0(squares).sqrt(),
            along: along - lambda * weight,
            is_known: squares > LEAST * decay,
        }
    }

    /// With weights of this norm.
    fn cosine(&self, norm: f64) -> Option<f64> {
        self.is_known.then(|| (self.along / (self.norm * norm)).clamp(-1.0, 1.0))
    }
}

/// What a curve tells of a step of one lane: of every role, and the relative update of every block. `sums` are
/// those of all parameters one after the other, `grad_norm` is the norm of the whole gradient.
pub fn told(
    lane: &RunConfig,
    parameters: &[ParameterShape],
    step: usize,
    grad_norm: f32,
    sums: &[f32],
) -> ([OfRole; Role::ALL.len()], Vec<f32>) {
    let (clip, norm) = (lane.recipe.clip, f64::from(grad_norm) + 1e-6);
    let clip_factor = if clip > 0.0 { (clip / norm).min(1.0) } else { 1.0 };
    let terms = Role::ALL.map(|role| Terms::of(lane, role, step));
    let change = |(parameter, sums): (_, &[f32])| {
        let parameter: &ParameterShape = parameter;
        let rates = &terms[parameter.role as usize].rates;
        (parameter, TensorChange::new(sums, rates, clip_factor))
    };
    let changes: Vec<(&ParameterShape, TensorChange)> =
        parameters.iter().zip(sums.chunks(SUMS)).map(change).collect();
    let roles = Role::ALL.map(|role| {
        let is_own = |one: &&(&ParameterShape, TensorChange)| one.0.role == role;
        of_role(changes.iter().filter(is_own), &terms[role as usize])
    });
    (roles, by_block(&changes))
}

/// What a step does to a role, apart from gradients.
struct Terms {
    rates: Rates,
    /// η_t; `None` where the form sets it by norms.
    lr: Option<f64>,
    balance: Option<Equilibrium>,
}

impl Terms {
    fn of(lane: &RunConfig, role: Role, step: usize) -> Self {
        let group = lane.group(role);
        let schedule = group.recipe.lr_schedule();
        Terms {
            rates: lane.decay.rates(group.weight_decay, &schedule, role, step),
            lr: (!lane.decay.sets_norms(role)).then(|| schedule.lr_at(step)),
            balance: Equilibrium::at(lane, role, step),
        }
    }
}

/// Of the tensors of one role.
fn of_role<'a>(
    tensors: impl Iterator<Item = &'a (&'a ParameterShape, TensorChange)> + Clone,
    terms: &Terms,
) -> OfRole {
    let elements: usize = tensors.clone().map(|(parameter, _)| parameter.elements()).sum();
    if elements == 0 {
        return OfRole::default();
    }
    let mean_of = |of: &dyn Fn(&Turn) -> Option<f64>| {
        mean(tensors.clone().filter_map(|(_, change)| of(change.turn.as_ref()?)))
    };
    let rms = |of: fn(&TensorChange) -> f64| {
        let sum: f64 = tensors.clone().map(|(_, change)| of(change)).sum();
        finite((sum / elements as f64).sqrt())
    };
    OfRole {
        weight_norm: None,
        rotation: mean_of(&|turn| Some(turn.rotation)),
        equilibrium_rotation: terms.balance.and_then(|balance| finite(balance.rotation)),
        update_rms: rms(|change| change.squares_of_change),
        weight_rms: rms(|change| change.squares_after),
        relative_update: mean_of(&|turn| Some(turn.relative_update)),
        effective_lr: mean_of(&|turn| Some(terms.lr? / turn.norm.powi(2))),
        gradient_cosine: mean_of(&|turn| turn.gradient_cosine),
        decay_share: mean_of(&|turn| turn.decay_share),
    }
}

/// Mean relative update of the weight matrices of every block, the first first; nothing where a block has only
/// matrices that were 0.
fn by_block(changes: &[(&ParameterShape, TensorChange)]) -> Vec<f32> {
    let Some(last) = changes.iter().filter_map(|(parameter, _)| parameter.block()).max() else {
        return Vec::new();
    };
    let of_block = |block: usize| {
        let members = changes.iter().filter(|(parameter, _)| {
            parameter.block() == Some(block) && parameter.role.is_hidden_linear()
        });
        mean(members.filter_map(|(_, change)| Some(change.turn.as_ref()?.relative_update)))
    };
    (0..=last).map(of_block).collect::<Option<_>>().unwrap_or_default()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f32> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64).and_then(finite)
}

/// What rounding took below 0; what is no number stays none.
fn not_below_0(value: f64) -> f64 {
    if value < 0.0 { 0.0 } else { value }
}

fn finite(value: f64) -> Option<f32> {
    Some(value as f32).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cosine of a gradient that decay was added to, by sums in 32 bits.
    fn cosine(gradient: [f64; 3], weights: [f64; 3], lambda: f64) -> Option<f64> {
        let whole = [0, 1, 2].map(|i| (gradient[i] + lambda * weights[i]) as f32);
        let sum = |of: &dyn Fn(usize) -> f32| f64::from((0..3).map(of).sum::<f32>());
        let weights = weights.map(|one| one as f32);
        let squares = sum(&|i| weights[i] * weights[i]);
        let (own, along) = (sum(&|i| whole[i] * whole[i]), sum(&|i| whole[i] * weights[i]));
        Gradient::of_loss(own, along, squares, lambda).cosine(squares.sqrt())
    }

    #[test]
    fn the_cosine_of_the_losss_gradient_is_told_where_decay_leaves_more_than_rounding_of_it() {
        let (gradient, weights) = ([0.3, -0.1, 0.2], [1.1, 0.9, 1.3]);
        let dot = |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| a[i] * b[i]).sum::<f64>();
        let exact =
            dot(gradient, weights) / (dot(gradient, gradient) * dot(weights, weights)).sqrt();
        for scale in [1.0, 0.1, 0.02] {
            let told = cosine(gradient.map(|one| scale * one), weights, 0.1).unwrap();
            assert!((told - exact).abs() < 1e-2, "{scale}: {told} for {exact}");
        }
        for scale in [1e-4, 1e-6, 0.0] {
            assert_eq!(cosine(gradient.map(|one| scale * one), weights, 0.1), None, "{scale}");
        }
        assert_eq!(cosine([0.0; 3], weights, 0.0), None);
        assert!(cosine(weights, weights, 0.0).is_some_and(|one| (0.999..=1.0).contains(&one)));
    }
}
