use burn::module::{Module, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, TensorData};

use super::*;
use crate::config::tests::example;
use crate::config::{Decay, Form, Group, Mask, Named, NormControl, OptimizerKind, Role};
use crate::model::{FirstWeights, Gpt2, LaneStart, lane_weights};
use crate::record::{LaneState, LaneWeights};

mod changes;
mod equilibrium;
mod singles;
mod trajectories;

const STEPS: usize = 12;
const VOCABULARY: usize = 11;

pub(super) fn run_with(form: Form, mask: Mask, weight_decay: f64) -> RunConfig {
    let mut run = example();
    run.recipe.steps = STEPS;
    run.decay = Decay { form, mask: Some(mask), weight_decay: Some(weight_decay) };
    run
}

fn model(lanes: usize, device: &Device) -> (Gpt2, Vec<Parameter>) {
    let starts = (0..lanes).map(|_| LaneStart::Seed(1)).collect();
    let first = FirstWeights::new(starts, device);
    let model = Gpt2::new(&example().model, VOCABULARY, &first);
    (model, first.into_parameters())
}

/// Gradients that every lane shares, drawn anew for each step.
struct Drawn {
    gradients: GradientsParams,
    step: usize,
}

impl burn::module::ModuleVisitor for Drawn {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let mut shape = param.val().dims();
        let lanes = std::mem::replace(&mut shape[0], 1);
        let count: usize = shape.iter().product();
        let key = [self.step.to_le_bytes(), count.to_le_bytes()];
        let mut rng = crate::random::stream("test gradients", &[&key[0], &key[1]]);
        let values = crate::random::normals(&mut rng, 0.1, count);
        let device = param.val().device().without_autodiff();
        let one = Tensor::<D>::from_data(TensorData::new(values, shape), &device);
        self.gradients.register(param.id, one.repeat_dim(0, lanes));
    }
}

fn drawn(model: &Gpt2, step: usize) -> GradientsParams {
    let mut drawn = Drawn { gradients: GradientsParams::new(), step };
    model.visit(&mut drawn);
    drawn.gradients
}

/// Weights of every lane after some steps on drawn gradients.
fn trained(runs: &[RunConfig]) -> Vec<LaneWeights> {
    trained_with(runs, RunConfig::group)
}

fn trained_with(runs: &[RunConfig], groups: Grouping) -> Vec<LaneWeights> {
    let device = Device::flex().autodiff();
    let (mut model, parameters) = model(runs.len(), &device);
    let mut optimizer = LaneOptimizer::with_groups(&parameters, runs, groups);
    for step in 1..=STEPS {
        let gradients = drawn(&model, step);
        model = optimizer.step(model, gradients, step, false).model;
    }
    (0..runs.len()).map(|lane| lane_weights(&model, &parameters, lane).unwrap()).collect()
}

/// A matrix inside a block and its state after a step.
pub(super) fn applied(
    step: &StepCoefficients,
    weight: Tensor<2>,
    gradient: Tensor<2>,
    state: Option<Slots>,
    parameter: &ParameterShape,
) -> (Tensor<2>, Slots) {
    let (weight, state, _) = step.of(Role::Mlp).apply(weight, gradient, state, parameter, false);
    (weight, state)
}

/// A vector of so many numbers.
pub(super) fn vector(elements: usize) -> ParameterShape {
    let (name, role) = ("vector".to_owned(), Role::Norm);
    ParameterShape { name, role, shape: vec![elements], parts: 1 }
}

/// A matrix inside a block.
pub(super) fn matrix(size: [usize; 2]) -> ParameterShape {
    let (name, role) = ("matrix".to_owned(), Role::Mlp);
    ParameterShape { name, role, shape: size.to_vec(), parts: 1 }
}

/// Forms that can be lanes of one cohort.
fn free_forms() -> impl Iterator<Item = Form> {
    Form::ALL.iter().copied().filter(|form| form.norm_control() == NormControl::Free)
}

#[test]
fn no_coefficient_makes_every_form_bit_identical_to_none() {
    let none = RunConfig { decay: Decay::NONE, ..run_with(Form::AdamW, Mask::Global, 0.0) };
    let reference = trained(&[none]).remove(0);
    for form in free_forms().filter(|form| form.takes_weight_decay()) {
        for mask in Mask::ALL.iter().copied() {
            let alone = trained(&[run_with(form, mask, 0.0)]).remove(0);
            assert_eq!(alone, reference, "{form} {mask}");
            // Beside a lane that does decay, the decaying branches are taken.
            let beside = trained(&[run_with(form, mask, 0.0), run_with(form, mask, 0.5)]);
            assert_eq!(beside[0], reference, "{form} {mask} beside a decaying lane");
            assert_ne!(beside[1], reference, "{form} {mask} with decay");
        }
    }
}

#[test]
fn a_penalty_in_the_loss_and_in_the_gradient_are_one_without_a_clip() {
    let unclipped = |form| {
        let mut run = run_with(form, Mask::Matrices, 0.3);
        run.recipe.clip = 0.0;
        run
    };
    let lanes = trained(&[unclipped(Form::L2Loss), unclipped(Form::L2)]);
    assert_eq!(lanes[0], lanes[1]);
    let clipped = trained(&[
        run_with(Form::L2Loss, Mask::Matrices, 0.3),
        run_with(Form::L2, Mask::Matrices, 0.3),
    ]);
    assert_ne!(clipped[0], clipped[1], "the clip tells them apart");
}

#[test]
fn a_lane_does_not_depend_on_its_neighbours() {
    let mut lanes: Vec<RunConfig> = free_forms()
        .flat_map(|form| [(form, Mask::Matrices), (form, Mask::Global)])
        .map(|(form, mask)| run_with(form, mask, 0.2))
        .collect();
    lanes[1].recipe.clip = 0.0;
    lanes[2].recipe.lr = 1e-2;
    lanes[3].recipe.betas = [0.8, 0.99];
    lanes[4].recipe.eps = 1e-3;
    let together = trained(&lanes);
    for (lane, run) in lanes.iter().enumerate() {
        let alone = trained(std::slice::from_ref(run)).remove(0);
        assert_eq!(alone, together[lane], "{:?}", run.decay);
    }
}

/// Trains one lane as `run` says and as an optimizer of Burn's does, and expects the same weights. The
/// run must not clip.
pub(super) fn assert_matches_burn(run: &RunConfig, mut burns: ModuleOptimizer) {
    let schedule = run.recipe.lr_schedule();
    let (mut theirs, parameters) = model(1, &Device::flex().autodiff());
    for step in 1..=STEPS {
        let gradients = drawn(&theirs, step);
        theirs = burns.step(schedule.lr_at(step), theirs, gradients);
    }
    let theirs = lane_weights(&theirs, &parameters, 0).unwrap();
    let ours = trained(std::slice::from_ref(run)).remove(0);
    for (name, ours) in &ours {
        for (a, b) in ours.iter().zip(&theirs[name]) {
            // 1e-6 of the weight, or of what twelve steps can move where it is near zero.
            let scale = b.abs().max(3e-2);
            assert!((a - b).abs() <= 1e-6 * scale, "{:?} {name}: {a} against {b}", run.decay);
        }
    }
}

/// A run without a clip under another optimizer.
pub(super) fn run_of(optimizer: OptimizerKind, form: Form, weight_decay: f64) -> RunConfig {
    let mut run = run_with(form, Mask::Global, weight_decay);
    (run.recipe.clip, run.recipe.optimizer) = (0.0, optimizer);
    run
}

#[test]
fn a_role_may_have_its_own_rule_learning_rate_and_coefficient() {
    let groups: Grouping = |run, role| match role {
        Role::Embedding => Group {
            recipe: Recipe { optimizer: OptimizerKind::Sgd, lr: 1e-1, ..run.recipe },
            weight_decay: 0.7,
        },
        _ => run.group(role),
    };
    let adam = run_of(OptimizerKind::Adam, Form::AdamW, 0.2);
    let mut sgd = run_of(OptimizerKind::Sgd, Form::AdamW, 0.7);
    sgd.recipe.lr = 1e-1;
    let mixed = trained_with(std::slice::from_ref(&adam), groups).remove(0);
    let [of_adam, of_sgd] = [adam, sgd].map(|run| trained(&[run]).remove(0));
    for (name, weights) in &mixed {
        let expected =
            if name.starts_with("wte") || name.starts_with("wpe") { &of_sgd } else { &of_adam };
        assert!(weights == &expected[name], "{name}");
    }
    assert_ne!(of_adam["wte.weight"], of_sgd["wte.weight"]);
}

#[test]
fn lanes_of_every_rule_are_bit_identical_alone_and_among_others() {
    for optimizer in OptimizerKind::ALL.iter().copied() {
        let run = |form, weight_decay| run_of(optimizer, form, weight_decay);
        let mut lanes = vec![
            run(Form::AdamW, 0.0),
            run(Form::Cautious, 0.5),
            run(Form::L2, 0.1),
            run(Form::Corrected, 0.5),
        ];
        lanes[1].recipe.clip = 1.0;
        lanes[3].recipe.lr = 1e-2;
        lanes[3].recipe.momentum = 0.5;
        let together = trained(&lanes);
        for (run, among) in lanes.iter().zip(&together) {
            let alone = trained(std::slice::from_ref(run)).remove(0);
            assert!(alone == *among, "{optimizer:?} {:?}", run.decay);
        }
    }
}

/// Takes the last steps of every rule from a state that was read back.
#[test]
fn a_state_that_is_read_back_goes_on_bit_for_bit() {
    let device = Device::flex();
    for optimizer in OptimizerKind::ALL.iter().copied() {
        let runs = [run_of(optimizer, Form::AdamW, 0.3)];
        let (mut model, parameters) = model(1, &device.clone().autodiff());
        let mut ours = LaneOptimizer::new(&parameters, &runs);
        for step in 1..=STEPS {
            if step == STEPS / 2 {
                let state = ours.lane_state(0).unwrap();
                let slots: Vec<&str> = state.keys().map(String::as_str).collect();
                let mut known: Vec<&str> = Vec::new();
                for one in parameters.iter().flat_map(|one| runs[0].state_of(&one.shape)) {
                    known.push(one.0);
                }
                known.sort();
                known.dedup();
                assert_eq!(slots, known);
                ours =
                    LaneOptimizer::new(&parameters, &runs).with_states(&[&state], &device).unwrap();
            }
            let gradients = drawn(&model, step);
            model = ours.step(model, gradients, step, false).model;
        }
        let weights = lane_weights(&model, &parameters, 0).unwrap();
        assert!(weights == trained(&runs).remove(0), "{optimizer:?}");
    }
}

#[test]
fn a_state_with_a_missing_a_foreign_or_a_misshapen_slot_is_refused_with_its_name() {
    let device = Device::flex();
    let runs = [run_of(OptimizerKind::Adam, Form::AdamW, 0.3)];
    let (model, parameters) = model(1, &device.clone().autodiff());
    let mut ours = LaneOptimizer::new(&parameters, &runs);
    ours.step(model.clone(), drawn(&model, 1), 1, false);
    let whole = ours.lane_state(0).unwrap();
    let refused = |change: fn(&mut LaneState)| {
        let mut state = whole.clone();
        change(&mut state);
        let optimizer = LaneOptimizer::new(&parameters, &runs);
        optimizer.with_states(&[&state], &device).err().expect("it is refused").to_string()
    };
    let missing = refused(|state| drop(state.remove("second")));
    assert!(missing.contains("no `second` of `wte.weight`"), "{missing}");
    let foreign = refused(|state| {
        let values = state["first"].clone();
        state.insert("momentum".into(), values);
    });
    assert!(
        foreign.contains("`momentum` of") && foreign.contains("it keeps first, second"),
        "{foreign}"
    );
    let stranger = refused(|state| {
        state.get_mut("first").unwrap().insert("h.9.ln_1.bias".into(), vec![0.0]);
    });
    assert!(stranger.contains("`first` of `h.9.ln_1.bias`"), "{stranger}");
    let short = refused(|state| {
        state.get_mut("first").unwrap().get_mut("wte.weight").unwrap().truncate(87)
    });
    assert!(short.contains("87 numbers in `first` of `wte.weight`, expected 88"), "{short}");
}

/// The test vector of the paper's Algorithm 1: where u is 0 or has the sign of w, w decays.
#[test]
fn cautious_decay_acts_where_update_times_weight_is_not_negative() {
    let weights = [1.0_f32, -1.0, 1.0, -1.0, 0.5, -0.5];
    let updates = [0.1_f32, -0.1, -0.1, 0.1, 0.0, 0.0];
    let decays = [1.0_f32, 1.0, 0.0, 0.0, 1.0, 1.0];
    // Without momentum an update of SGD is the learning rate times the gradient.
    let mut run = run_of(OptimizerKind::Sgd, Form::Cautious, 0.5);
    (run.recipe.lr, run.recipe.warmup, run.recipe.momentum) = (1.0, 1, 0.0);
    let device = Device::flex();
    let step = StepCoefficients::new(std::slice::from_ref(&run), RunConfig::group, 1, &device);
    let row = |values: [f32; 6]| Tensor::<1>::from_floats(values, &device).reshape([1, -1]);
    let (after, _) = applied(&step, row(weights), row(updates), None, &vector(6));
    let after: Vec<f32> = after.try_into_vec_as().unwrap();
    for (index, after) in after.into_iter().enumerate() {
        let expected = weights[index] * (1.0 - 0.5 * decays[index]) - updates[index];
        assert_eq!(after, expected, "coordinate {index}");
    }
}

#[test]
fn the_clip_bounds_the_norm_over_all_parameters_of_each_lane() {
    let device = Device::flex().autodiff();
    let (model, _) = model(2, &device);
    let gradients = LaneGradients(drawn(&model, 1));
    let norms: Vec<f32> = gradients.norms(&model).read().unwrap();
    assert!(norms[0] > 1.0, "the drawn gradients are large enough to clip");
    let mut runs =
        [run_with(Form::AdamW, Mask::Global, 0.0), run_with(Form::AdamW, Mask::Global, 0.0)];
    runs[1].recipe.clip = 0.0;
    let mut step = StepCoefficients::new(&runs, RunConfig::group, 1, &device.without_autodiff());
    step.set_clip(&gradients.norms(&model));
    let ones = Tensor::<1>::ones([2], &Device::flex());
    let factors: Vec<f32> = step.of(Role::Bias).clip_factor.times(ones).try_into_vec_as().unwrap();
    assert!((factors[0] - 1.0 / norms[0]).abs() < 1e-6);
    assert_eq!(factors[1], 1.0);
}

#[test]
fn the_clip_has_the_same_bits_from_norms_on_the_host_and_on_the_device() {
    let device = Device::flex();
    let norms = [0.0, 0.3, 1.0, 7.25, f32::MAX, f32::INFINITY, f32::NAN];
    let clips = [1.0, 0.0, 0.7, 1.0, 2.0, 1.0, 1.0];
    let run = |clip| {
        let mut run = run_with(Form::AdamW, Mask::Global, 0.0);
        run.recipe.clip = clip;
        run
    };
    let runs = clips.map(run);
    let factors = |norms: LaneNumbers| {
        let mut step = StepCoefficients::new(&runs, RunConfig::group, 1, &device);
        step.set_clip(&norms);
        step.of(Role::Mlp).clip_factor.on_host(clips.len())
    };
    let on_device = LaneNumbers::on_device(Tensor::<1>::from_floats(norms, &device));
    let [host, device] = [LaneNumbers::Host(norms.to_vec()), on_device].map(factors);
    let bits = |factors: Vec<f32>| factors.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(host[..3], [1.0, 1.0, 0.7 / (1.0 + 1e-6)]);
    assert_eq!(bits(host), bits(device));
}

#[test]
fn norms_are_those_of_all_weights_of_a_lane() {
    let device = Device::flex();
    let (model, parameters) = model(2, &device);
    let norms: Vec<f32> = weight_norms(&model, &parameters).all.read().unwrap();
    let weights = lane_weights(&model, &parameters, 1).unwrap();
    let squares: f64 = weights.values().flatten().map(|value| f64::from(*value).powi(2)).sum();
    assert!((f64::from(norms[1]) - squares.sqrt()).abs() < 1e-5 * squares.sqrt());
}

#[test]
fn the_norms_of_the_roles_make_up_the_norm_of_all() {
    let (model, parameters) = model(2, &Device::flex());
    let norms = weight_norms(&model, &parameters);
    let squares = |norms: LaneNumbers| norms.read().unwrap().into_iter().map(|norm| norm * norm);
    assert_eq!(norms.by_role.len(), Role::ALL.len() - 1, "a tied head is the embedding");
    let mut sums = [0.0; 2];
    for (_, norm) in norms.by_role {
        sums.iter_mut().zip(squares(norm)).for_each(|(sum, square)| *sum += square);
    }
    for (sum, all) in sums.iter().zip(squares(norms.all)) {
        assert!((sum - all).abs() < 1e-4 * all, "{sum} and {all}");
    }
}
