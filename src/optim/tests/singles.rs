//! Rules on single matrices, against what others make of the same gradients.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

/// The gradient of a step, from 1, as in the fixtures.
fn gradient(size: [usize; 2], step: usize, masked: bool) -> Vec<f32> {
    let (step, least) = (step as f64, size[0].min(size[1]));
    let number = |index: usize| {
        let i = index as f64;
        let phase = 0.37 * i + (0.037 + 0.003 * step) * i * i + 1.1 * step;
        let value = (1.0 + 0.1 * step) * phase.cos() + 0.3 * (1.7 * i * step + 0.2).sin();
        let is_outside = index / size[1] >= least || index % size[1] >= least;
        if masked && is_outside { 0.0 } else { value as f32 }
    };
    (0..size[0] * size[1]).map(number).collect()
}

fn first_weights([inputs, outputs]: [usize; 2]) -> Vec<f32> {
    (0..inputs * outputs).map(|i| (0.1 * (0.7 * i as f64 + 0.3).sin()) as f32).collect()
}

fn row(values: Vec<f32>) -> Tensor<2> {
    let shape = [1, values.len()];
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

fn furthest(a: &[f32], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
}

/// Weights after every step of a run without warm-up, clip and fall of the learning rate.
fn steps(
    run: &RunConfig,
    size: [usize; 2],
    count: usize,
    masked: bool,
    mut after: impl FnMut(usize, &mut Slots),
) -> Vec<Vec<f32>> {
    let (mut weight, mut state) = (row(first_weights(size)), None);
    let mut all = Vec::new();
    for step in 1..=count {
        let coefficients = StepCoefficients::new(
            std::slice::from_ref(run),
            RunConfig::group,
            step,
            &Device::flex(),
        );
        let gradient = row(gradient(size, step, masked));
        let (next, mut kept) = applied(&coefficients, weight, gradient, state, &matrix(size));
        after(step, &mut kept);
        (weight, state) = (next.clone(), Some(kept));
        all.push(next.try_into_vec_as().unwrap());
    }
    all
}

fn flat(optimizer: OptimizerKind, form: Form, weight_decay: f64, lr: f64) -> RunConfig {
    let mut run = run_of(optimizer, form, weight_decay);
    (run.recipe.lr, run.recipe.warmup, run.recipe.min_lr_ratio) = (lr, 0, 1.0);
    run
}

#[derive(Deserialize)]
struct MuonFixture {
    shape: [usize; 2],
    exact: Vec<f64>,
    torch: Vec<f64>,
}

#[test]
fn muon_is_what_it_is_in_float64_and_as_near_to_pytorchs_as_bfloat16_lets_it() {
    let text = include_str!("../../../tests/fixtures/pytorch/muon-torch.json");
    let fixtures: Vec<MuonFixture> = serde_json::from_str(text).unwrap();
    let mut run = flat(OptimizerKind::Muon, Form::AdamW, 0.1, 2e-2);
    run.recipe.momentum = 0.95;
    for MuonFixture { shape, exact, torch } in fixtures {
        let ours = steps(&run, shape, 10, false, |_, _| {}).pop().unwrap();
        assert!(furthest(&ours, &exact) < 1e-6, "{shape:?}: {}", furthest(&ours, &exact));
        let rounding = exact.iter().zip(&torch).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(rounding < 1e-3, "{rounding}");
        assert!(furthest(&ours, &torch) < 1.01 * rounding, "{shape:?}");
    }
}

#[test]
fn muon_treats_matrices_that_are_kept_side_by_side_as_matrices() {
    let run = flat(OptimizerKind::Muon, Form::None, 0.0, 1e-2);
    let (size, parts) = ([4, 6], 3);
    let coefficients =
        StepCoefficients::new(std::slice::from_ref(&run), RunConfig::group, 1, &Device::flex());
    let step = |gradient: Vec<f32>, size: [usize; 2], parts: usize| -> Vec<f32> {
        let zeros = vec![0.0; gradient.len()];
        let parameter = ParameterShape { parts, ..matrix(size) };
        let (after, _) = applied(&coefficients, row(zeros), row(gradient), None, &parameter);
        after.try_into_vec_as().unwrap()
    };
    let gradient = gradient(size, 1, false);
    let together = step(gradient.clone(), size, parts);
    let width = size[1] / parts;
    for part in 0..parts {
        let of = |values: &[f32]| -> Vec<f32> {
            values.chunks(size[1]).flat_map(|row| row[part * width..][..width].to_vec()).collect()
        };
        assert_eq!(of(&together), step(of(&gradient), [size[0], width], 1), "part {part}");
    }
}

#[derive(Deserialize)]
struct SoapFixture {
    shape: [usize; 2],
    masked: bool,
    weights: BTreeMap<String, Vec<f64>>,
    left: Option<Vec<f64>>,
    right: Option<Vec<f64>>,
}

#[test]
fn soap_follows_its_authors_definition_in_float64() {
    let text = include_str!("../../../tests/fixtures/soap/soap.json");
    let fixtures: Vec<SoapFixture> = serde_json::from_str(text).unwrap();
    assert_eq!(fixtures.len(), 6);
    let mut run = flat(OptimizerKind::Soap, Form::None, 0.0, 3e-3);
    (run.recipe.betas, run.recipe.precondition_every) = ([0.95, 0.95], 3);
    for fixture in fixtures {
        let given = fixture.left.as_ref().zip(fixture.right.as_ref());
        let axes = |values: &[f64]| row(values.iter().map(|value| *value as f32).collect());
        let ours = steps(&run, fixture.shape, 12, fixture.masked, |step, state| {
            if let Some((left, right)) = given.filter(|_| step == 1) {
                (state[4], state[5]) = (axes(left), axes(right));
            }
        });
        for (step, theirs) in &fixture.weights {
            let distance = furthest(&ours[step.parse::<usize>().unwrap() - 1], theirs);
            assert!(
                distance < 2e-6,
                "{:?} {} step {step}: {distance}",
                fixture.shape,
                fixture.masked
            );
        }
    }
}

#[test]
fn a_gradient_of_zero_leaves_muon_and_soap_finite() {
    for optimizer in [OptimizerKind::Muon, OptimizerKind::Soap] {
        let run = flat(optimizer, Form::None, 0.0, 1e-2);
        let size = [4, 6];
        let (mut weight, mut state) = (row(first_weights(size)), None);
        for step in 1..=12 {
            let coefficients = StepCoefficients::new(
                std::slice::from_ref(&run),
                RunConfig::group,
                step,
                &Device::flex(),
            );
            let (next, kept) =
                applied(&coefficients, weight, row(vec![0.0; 24]), state, &matrix(size));
            (weight, state) = (next, Some(kept));
        }
        assert_eq!(weight.try_into_vec_as::<f32>().unwrap(), first_weights(size), "{optimizer:?}");
    }
}

#[test]
fn soap_comes_to_an_end_where_a_run_diverges() {
    let run = flat(OptimizerKind::Soap, Form::None, 0.0, 1e-2);
    let size = [4, 6];
    for broken in [f32::NAN, f32::INFINITY, 1e30] {
        let (mut weight, mut state) = (row(first_weights(size)), None);
        for step in 1..=12 {
            let coefficients = StepCoefficients::new(
                std::slice::from_ref(&run),
                RunConfig::group,
                step,
                &Device::flex(),
            );
            let gradient = row(vec![broken; 24]);
            let (next, kept) = applied(&coefficients, weight, gradient, state, &matrix(size));
            (weight, state) = (next, Some(kept));
        }
        let values: Vec<f32> = weight.try_into_vec_as().unwrap();
        let is_lost = values.iter().all(|value| !value.is_finite());
        assert!(is_lost || broken.is_finite(), "{broken}: {values:?}");
    }
}
