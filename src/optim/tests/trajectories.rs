//! Closed forms: where the gradient is 0, decay alone moves a weight; where a norm is held, it stays.

use super::*;
use crate::config::DecaySchedule;

const LR: f64 = 1e-2;
const LAMBDA: f64 = 0.5;
const LENGTH: usize = 200;

/// A run of SGD without momentum, clip and warm-up, whose learning rate stays.
fn run(form: Form, schedule: DecaySchedule) -> RunConfig {
    let mut run = run_of(OptimizerKind::Sgd, form, LAMBDA);
    run.decay.mask = Some(Mask::Matrices);
    run.recipe.steps = LENGTH;
    (run.recipe.lr, run.recipe.warmup, run.recipe.min_lr_ratio) = (LR, 0, 1.0);
    (run.recipe.momentum, run.recipe.decay_schedule) = (0.0, schedule);
    run
}

/// A matrix after some steps; `gradient` gives that of each step, from 1.
fn moved(
    run: &RunConfig,
    first: &[f32],
    size: [usize; 2],
    steps: usize,
    gradient: impl Fn(usize) -> Vec<f32>,
) -> Vec<f32> {
    let row = |values: Vec<f32>| -> Tensor<2> {
        let shape = [1, values.len()];
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    };
    let (mut weight, mut state) = (row(first.to_vec()), None);
    for step in 1..=steps {
        let runs = std::slice::from_ref(run);
        let coefficients = StepCoefficients::new(runs, RunConfig::group, step, &Device::flex());
        let gradient = row(gradient(step));
        let (next, kept) = applied(&coefficients, weight, gradient, state, &matrix(size));
        (weight, state) = (next, Some(kept));
    }
    weight.try_into_vec_as().unwrap()
}

fn zeros(count: usize) -> impl Fn(usize) -> Vec<f32> {
    move |_| vec![0.0; count]
}

/// What is left of a weight after all steps, if each takes `rate` of it away.
fn left(rate: impl Fn(f64) -> f64) -> f64 {
    (0..LENGTH).map(|passed| 1.0 - rate(passed as f64)).product()
}

/// λ of nanochat, of slowrun and of ADANA over `LENGTH` steps, `t` from 0, as their authors write them.
fn authors(schedule: DecaySchedule, t: f64) -> f64 {
    let length = LENGTH as f64;
    match schedule {
        DecaySchedule::Constant => LAMBDA,
        DecaySchedule::Cosine => LAMBDA * 0.5 * (1.0 + (std::f64::consts::PI * t / length).cos()),
        DecaySchedule::Linear => LAMBDA * (1.0 - t / length),
        DecaySchedule::LogTime => LAMBDA / (1.0 + (t + 1.0) / (length / 10.0)),
        DecaySchedule::HoldDecayRamp => {
            let (first, second) = (0.125 * length, 0.5 * length);
            let (low, end) = (0.125 * LAMBDA, 1.5625 * LAMBDA);
            if t <= first {
                LAMBDA
            } else if t <= second {
                LAMBDA + (low - LAMBDA) * (t - first) / (second - first)
            } else {
                low + (end - low) * (t - second) / (length - second)
            }
        }
    }
}

#[test]
fn without_a_gradient_a_weight_shrinks_as_the_authors_of_each_schedule_say() {
    for schedule in DecaySchedule::ALL.iter().copied() {
        for form in [Form::AdamW, Form::Independent, Form::Corrected, Form::CorrectedAll] {
            let mut run = run(form, schedule);
            if schedule == DecaySchedule::HoldDecayRamp {
                run.recipe.decay_end = 1.5625;
            }
            // λ of independent decay is a share of the weight itself.
            let scale = if form == Form::Independent { LR } else { 1.0 };
            run.decay.weight_decay = Some(LAMBDA * scale);
            let after = moved(&run, &[2.0, -3.0], [1, 2], LENGTH, zeros(2));
            let expected = left(|t| LR * authors(schedule, t));
            for (after, first) in after.into_iter().zip([2.0, -3.0]) {
                let share = f64::from(after) / first / expected;
                // A float32 product of 200 factors.
                assert!((share - 1.0).abs() < 3e-5, "{form} {schedule:?}: {share}");
            }
        }
    }
}

#[test]
fn cautious_decay_acts_on_what_has_no_gradient_under_every_schedule() {
    for schedule in [DecaySchedule::Cosine, DecaySchedule::LogTime] {
        let run = run(Form::Cautious, schedule);
        let after = moved(&run, &[2.0], [1, 1], LENGTH, zeros(1));
        let expected = 2.0 * left(|t| LR * authors(schedule, t));
        assert!((f64::from(after[0]) / expected - 1.0).abs() < 3e-5, "{schedule:?}");
    }
}

/// ‖w‖ − R shrinks like a weight of AdamW's, and the direction stays.
#[test]
fn decay_towards_a_norm_brings_it_there_from_above_and_from_below() {
    for target in [0.0, 0.5, 2.0] {
        let mut run = run(Form::TargetNorm, DecaySchedule::Constant);
        run.recipe.target_norm = target;
        let after = moved(&run, &[3.0, 4.0], [1, 2], LENGTH, zeros(2));
        let norm = 5.0 * (target + (1.0 - target) * left(|_| LR * LAMBDA));
        for (after, first) in after.into_iter().zip([0.6, 0.8]) {
            let share = f64::from(after) / (first * norm);
            assert!((share - 1.0).abs() < 1e-4, "target {target}: {share}");
        }
    }
}

#[test]
fn a_target_of_nothing_is_adamw() {
    let gradient = |step: usize| -> Vec<f32> {
        (0..6).map(|index| ((step * 7 + index * 3) as f32).sin()).collect()
    };
    let first: Vec<f32> = (0..6).map(|index| 1.0 + index as f32).collect();
    let mut towards_nothing = run(Form::TargetNorm, DecaySchedule::Constant);
    towards_nothing.recipe.target_norm = 0.0;
    let towards_nothing = moved(&towards_nothing, &first, [2, 3], 50, gradient);
    let adamw = moved(&run(Form::AdamW, DecaySchedule::Constant), &first, [2, 3], 50, gradient);
    for (a, b) in towards_nothing.iter().zip(&adamw) {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{a} and {b}");
    }
}

/// The first step of AdamH, from its authors' formula: lr 0.02, ε 1e-8.
#[test]
fn hyperball_takes_its_authors_first_step() {
    let mut run = run(Form::Hyperball, DecaySchedule::Constant);
    run.decay.weight_decay = None;
    (run.recipe.optimizer, run.recipe.lr, run.recipe.eps) = (OptimizerKind::Adam, 0.02, 1e-8);
    let after = moved(&run, &[0.6, -0.8, 0.3, 0.1], [2, 2], 1, |_| vec![0.1, -0.2, 0.3, 0.05]);
    let expected = [0.599_773_24, -0.803_254_54, 0.294_551_29, 0.091_070_00];
    for (after, expected) in after.iter().zip(expected) {
        assert!((f64::from(*after) - expected).abs() < 1e-6, "{after}, expected {expected}");
    }
}

#[test]
fn hyperball_keeps_the_norm_of_every_matrix_to_a_millionth() {
    let size = [24, 36];
    let count = size[0] * size[1];
    let first: Vec<f32> = (0..count).map(|index| 0.1 * (index as f32 * 0.7).sin()).collect();
    let gradient = move |step: usize| -> Vec<f32> {
        (0..count).map(|index| ((step * 31 + index * 17) as f32).sin()).collect()
    };
    let norm = |values: &[f32]| -> f64 {
        values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
    };
    for optimizer in OptimizerKind::ALL.iter().copied() {
        let mut run = run(Form::Hyperball, DecaySchedule::Constant);
        (run.recipe.optimizer, run.decay.weight_decay) = (optimizer, None);
        let after = moved(&run, &first, size, LENGTH, gradient);
        let share = norm(&after) / norm(&first);
        assert!((share - 1.0).abs() < 1e-6, "{optimizer:?}: {share}");
        assert_ne!(after, first);
    }
}

/// The average of all steps' weights is what the weights say: each counts β times as much as the next.
#[test]
fn averages_of_weights_are_weighted_by_their_age_and_forget_the_first() {
    let mut run = run(Form::AdamW, DecaySchedule::Constant);
    run.recipe.ema = 0.9;
    let runs = [run];
    let device = Device::flex();
    let (mut weight, mut state) = (Tensor::<2>::from_floats([[2.0]], &device), None);
    let (mut sum, mut total) = (0.0, 0.0);
    for step in 1..=20 {
        let coefficients = StepCoefficients::new(&runs, RunConfig::group, step, &device);
        let gradient = Tensor::<2>::from_floats([[(step as f32).cos()]], &device);
        let (next, kept) = applied(&coefficients, weight, gradient, state, &matrix([1, 1]));
        let value = f64::from(next.clone().into_scalar::<f32>());
        (sum, total) = (0.9 * sum + value, 0.9 * total + 1.0);
        let average = f64::from(kept.last().unwrap().clone().into_scalar::<f32>());
        assert!((average - sum / total).abs() < 1e-6, "step {step}: {average}");
        (weight, state) = (next, Some(kept));
    }
}

/// Where a loss knows a weight's direction alone, decay acts through η/‖w‖ and through nothing else (Kosson et al.
/// 2023; arXiv 2608.24814): with its twin's η/‖w‖ a run without decay takes the same way.
#[test]
fn a_matched_run_goes_the_way_of_its_twin_where_only_the_direction_of_a_weight_counts() {
    let twin = RunConfig {
        decay: Decay { weight_decay: Some(2.0), ..run(Form::AdamW, DecaySchedule::Constant).decay },
        ..run(Form::AdamW, DecaySchedule::Constant)
    };
    let mut matched = twin.clone();
    matched.decay.form = Form::Matched;
    let mut runs = [matched, twin];
    for run in &mut runs {
        (run.recipe.optimizer, run.recipe.eps) = (OptimizerKind::Adam, 1e-15);
    }
    let none = RunConfig { decay: Decay::NONE, ..runs[1].clone() };
    let ways = [way(&runs), way(&[none])].concat();
    let distance = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    };
    let [matched, twin, none] = [0, 1, 2].map(|lane| &ways[lane]);
    let (near, far) = (distance(matched, twin), distance(none, twin));
    assert!(far > 0.1, "decay turns the weight elsewhere: {far}");
    assert!(near < 0.15 * far, "{near} and {far}");
}

/// Directions of the weight of every lane after all steps; the gradient of a lane is that of a loss of its direction.
fn way(runs: &[RunConfig]) -> Vec<Vec<f64>> {
    const SIZE: [usize; 2] = [3, 4];
    const COUNT: usize = SIZE[0] * SIZE[1];
    let device = Device::flex();
    let lanes = runs.len();
    let first: Vec<f32> = (0..COUNT).map(|index| (0.9 * index as f32 + 0.4).sin()).collect();
    let first = TensorData::new(first.repeat(lanes), [lanes, COUNT]);
    let (mut weight, mut state) = (Tensor::<2>::from_data(first, &device), None);
    let mut directions = Vec::new();
    for step in 1..=LENGTH {
        let values: Vec<f32> = weight.clone().try_into_vec_as().unwrap();
        directions = values.chunks(COUNT).map(direction).collect();
        let gradients = values.chunks(COUNT).flat_map(|values| gradient(values, step)).collect();
        let gradients = TensorData::new::<f32, _>(gradients, [lanes, COUNT]);
        let coefficients = StepCoefficients::new(runs, RunConfig::group, step, &device);
        let gradients = Tensor::from_data(gradients, &device);
        let (next, kept) = applied(&coefficients, weight, gradients, state, &matrix(SIZE));
        (weight, state) = (next, Some(kept));
    }
    directions
}

fn direction(values: &[f32]) -> Vec<f64> {
    let norm = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    values.iter().map(|value| f64::from(*value) / norm).collect()
}

/// Of `c(t) · w/‖w‖`: what of c is across w, over ‖w‖.
fn gradient(values: &[f32], step: usize) -> Vec<f32> {
    let along = direction(values);
    let pull: Vec<f64> = (0..values.len())
        .map(|index| (index as f64 * 1.3).cos() + (step as f64 * 0.7 + index as f64 * 2.1).sin())
        .collect();
    let share: f64 = along.iter().zip(&pull).map(|(a, b)| a * b).sum();
    let norm = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    let across = along.iter().zip(&pull).map(|(along, pull)| (pull - share * along) / norm);
    across.map(|value| value as f32).collect()
}
