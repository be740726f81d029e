//! What is told of a step is what happened to the weights.

use super::*;
use crate::optim::changes::told;
use crate::record::OfRole;

/// Trains one lane and hands every step to `look`: the run, the weights before and after, the gradients of the loss,
/// and what is told.
fn watched(run: &RunConfig, mut look: impl FnMut(&Watched)) {
    let runs = std::slice::from_ref(run);
    let (mut model, parameters) = model(1, &Device::flex().autodiff());
    let shapes: Vec<ParameterShape> = parameters.iter().map(|one| one.shape.clone()).collect();
    let mut optimizer = LaneOptimizer::new(&parameters, runs);
    let weights = |model: &Gpt2| lane_weights(model, &parameters, 0).unwrap();
    for step in 1..=STEPS {
        let (before, gradients) = (weights(&model), drawn(&model, step));
        let of_loss = gradients_of(&model, &parameters, &gradients);
        let stepped = optimizer.step(model, gradients, step, true);
        model = stepped.model;
        let sums: Vec<f32> = stepped.changes.unwrap().read().unwrap();
        let norm = stepped.norms.read().unwrap()[0];
        let (roles, layers) = told(run, &shapes, step, norm, &sums);
        let after = weights(&model);
        look(&Watched { run, step, norm, shapes: &shapes, before, after, of_loss, roles, layers });
    }
}

struct Watched<'a> {
    run: &'a RunConfig,
    step: usize,
    norm: f32,
    shapes: &'a [ParameterShape],
    before: LaneWeights,
    after: LaneWeights,
    of_loss: LaneWeights,
    roles: [OfRole; 6],
    layers: Vec<f32>,
}

/// The gradients of a lane, by name.
fn gradients_of(
    model: &Gpt2,
    parameters: &[Parameter],
    gradients: &GradientsParams,
) -> LaneWeights {
    struct Collect<'a>(&'a GradientsParams, HashMap<ParamId, Vec<f32>>);
    impl burn::module::ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).unwrap();
            self.1.insert(param.id, gradient.try_into_vec_as().unwrap());
        }
    }
    let mut found = Collect(gradients, HashMap::new());
    model.visit(&mut found);
    parameters
        .iter()
        .map(|one| (one.shape.name.clone(), found.1.remove(&one.id).unwrap()))
        .collect()
}

/// In float64.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}

impl Watched<'_> {
    /// Names of the tensors of a role that have a direction.
    fn tensors(&self, role: Role) -> Vec<&str> {
        let of_role = self.shapes.iter().filter(|shape| shape.role == role);
        let names = of_role.map(|shape| shape.name.as_str());
        names.filter(|name| norm(&self.before[*name]) > 0.0).collect()
    }

    /// Before, after, and what changed.
    fn of(&self, name: &str) -> (&[f32], &[f32], Vec<f32>) {
        let (before, after) = (&self.before[name], &self.after[name]);
        (before, after, after.iter().zip(before).map(|(after, before)| after - before).collect())
    }

    fn mean(&self, role: Role, of: impl Fn(&str) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.tensors(role).into_iter().map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn assert_told(&self) {
        for role in Role::ALL {
            let told = &self.roles[role as usize];
            let lr = self.run.group(role).recipe.lr_schedule().lr_at(self.step);
            let angle = |name: &str| {
                let (before, after, _) = self.of(name);
                let (a, b) = (norm(before), norm(after));
                // 2 atan2(|a/‖a‖ − b/‖b‖|, |a/‖a‖ + b/‖b‖|), which is exact for small angles (Kahan).
                let side = |sign: f64| {
                    let terms = before.iter().zip(after);
                    let part = |(x, y): (&f32, &f32)| {
                        (f64::from(*x) / a + sign * f64::from(*y) / b).powi(2)
                    };
                    terms.map(part).sum::<f64>().sqrt()
                };
                2.0 * side(-1.0).atan2(side(1.0))
            };
            let relative = |name: &str| norm(&self.of(name).2) / norm(self.of(name).0);
            let cosine = |name: &str| {
                let (w, g) = (self.of(name).0, &self.of_loss[name]);
                dot(w, g) / (norm(w) * norm(g))
            };
            let effective = self.mean(role, |name| lr / dot(self.of(name).0, self.of(name).0));
            let effective = effective.filter(|_| !self.run.decay.sets_norms(role));
            let expected = [
                // Of a step that lies along the weights, what is upright is lost in rounding.
                (told.rotation, self.mean(role, angle), 1e-3),
                (told.relative_update, self.mean(role, relative), 1e-5),
                (told.gradient_cosine, self.mean(role, cosine), 1e-4),
                (told.effective_lr, effective, 1e-5),
            ];
            for (measure, (told, expected, tolerance)) in expected.into_iter().enumerate() {
                assert_near(told, expected, tolerance, &format!("{role} {measure}"), self);
            }
            let of_role = || self.shapes.iter().filter(|shape| shape.role == role);
            let count: usize = of_role().map(ParameterShape::elements).sum();
            let rms = |of: &dyn Fn(&str) -> f64| {
                let sum: f64 = of_role().map(|shape| of(&shape.name)).sum();
                (count > 0).then(|| (sum / count as f64).sqrt())
            };
            let after = rms(&|name| dot(self.of(name).1, self.of(name).1));
            let change = rms(&|name| dot(&self.of(name).2, &self.of(name).2));
            assert_near(told.weight_rms, after, 1e-5, &format!("{role} weights"), self);
            assert_near(told.update_rms, change, 1e-5, &format!("{role} update"), self);
        }
    }
}

fn assert_near(told: Option<f32>, expected: Option<f64>, tolerance: f64, of: &str, at: &Watched) {
    let near = match (told, expected) {
        (Some(told), Some(expected)) => {
            (f64::from(told) - expected).abs() <= tolerance * expected.abs().max(1e-3)
        }
        (None, None) => true,
        _ => false,
    };
    let Watched { run, step, .. } = at;
    assert!(near, "{:?} step {step} {of}: {told:?}, expected {expected:?}", run.decay);
}

#[test]
fn rotations_sizes_and_cosines_are_those_of_the_weights_before_and_after() {
    for optimizer in OptimizerKind::ALL.iter().copied() {
        for form in [Form::None, Form::AdamW, Form::Cautious, Form::L2, Form::TargetNorm] {
            let mut run = run_of(optimizer, form, 0.3);
            run.decay.mask = Some(Mask::Matrices);
            watched(&run, |at| at.assert_told());
        }
    }
    watched(&run_of(OptimizerKind::Adam, Form::Hyperball, 0.0), |at| at.assert_told());
}

#[test]
fn measuring_changes_no_bit_of_a_weight() {
    for optimizer in OptimizerKind::ALL.iter().copied() {
        for form in [Form::AdamW, Form::Cautious, Form::L2] {
            let run = run_with(form, Mask::Global, 0.3);
            let run = RunConfig { recipe: Recipe { optimizer, ..run.recipe }, ..run };
            let mut last = LaneWeights::new();
            watched(&run, |at| last = at.after.clone());
            assert_eq!(last, trained(&[run]).remove(0), "{optimizer:?} {form}");
        }
    }
}

/// The part of decay by the definition of every kind of form.
#[test]
fn the_share_of_decay_is_that_of_its_part_of_the_step_or_of_the_gradient() {
    let lambda = 0.3;
    for form in [Form::None, Form::AdamW, Form::L2, Form::L2Loss] {
        let mut run = run_with(form, Mask::Matrices, lambda);
        run.recipe.clip = 0.5;
        watched(&run, |at| {
            let lr = run.recipe.lr_schedule().lr_at(at.step);
            let clip = (0.5 / (f64::from(at.norm) + 1e-6)).min(1.0);
            let share = |name: &str| {
                let (before, _, change) = at.of(name);
                let (decay, rest) = match form {
                    Form::None => (0.0, 1.0),
                    Form::AdamW => {
                        let taken: Vec<f32> =
                            before.iter().map(|w| w * (lr * lambda) as f32).collect();
                        let rest: Vec<f32> = change
                            .iter()
                            .zip(&taken)
                            .map(|(change, taken)| change + taken)
                            .collect();
                        (norm(&taken), norm(&rest))
                    }
                    Form::L2 => (lambda * norm(before), clip * norm(&at.of_loss[name])),
                    _ => (lambda * norm(before), norm(&at.of_loss[name])),
                };
                decay / (decay + rest)
            };
            let told = at.roles[Role::Mlp as usize].decay_share;
            assert_near(told, at.mean(Role::Mlp, share), 1e-3, "share", at);
            assert_eq!(at.roles[Role::Norm as usize].decay_share, Some(0.0), "not in the mask");
        });
    }
}

/// What the kernel adds up in the pass that updates is what passes over tensors add up.
#[test]
fn the_sums_of_the_kernel_are_those_of_the_primitives() {
    use crate::optim::changes::sums;
    let run = run_of(OptimizerKind::Adam, Form::Cautious, 30.0);
    let size = [53, 61];
    let count = size[0] * size[1];
    let mut rng = crate::random::stream("sums", &[]);
    let mut row = |std| -> Tensor<2> {
        let values = crate::random::normals(&mut rng, std, count);
        Tensor::from_data(TensorData::new(values, [1, count]), &Device::flex())
    };
    let (weight, gradient) = (row(0.1), row(0.01));
    let step =
        StepCoefficients::new(std::slice::from_ref(&run), RunConfig::group, 4, &Device::flex());
    let role = step.of(Role::Mlp);
    let (after, _, fused) = role.apply(weight.clone(), gradient.clone(), None, &matrix(size), true);
    // From zeros the step of Adam is known: by the sign of g, whatever its size.
    let update = {
        let recipe = run_of(OptimizerKind::Adam, Form::None, 0.0).recipe;
        let [beta_1, beta_2] = recipe.betas.map(|beta| f64::from(beta as f32));
        let correct = |beta: f64| (1.0 - beta) / (1.0 - beta.powi(4));
        let size = correct(beta_1) / correct(beta_2).sqrt() * recipe.lr_schedule().lr_at(4);
        gradient.clone().sign() * size
    };
    let agree = (update.clone().sign() * weight.clone().sign()).greater_equal_scalar(0.0).float();
    let lr = run_of(OptimizerKind::Adam, Form::None, 0.0).recipe.lr_schedule().lr_at(4);
    let taken = agree * weight.clone() * (30.0 * lr);
    let passes = sums(weight, after, gradient, update, Some(taken));
    let [fused, passes]: [Vec<f32>; 2] = [fused.unwrap(), passes].map(|sums| sums.read().unwrap());
    for (place, (fused, passes)) in fused.iter().zip(&passes).enumerate() {
        assert!((fused - passes).abs() <= 2e-4 * passes.abs(), "{place}: {fused} {passes}");
        assert!(*passes != 0.0);
    }
}

#[test]
fn the_relative_update_of_a_block_is_that_of_its_matrices() {
    watched(&run_with(Form::AdamW, Mask::Matrices, 0.3), |at| {
        assert_eq!(at.layers.len(), at.run.model.layers);
        let matrices = at.shapes.iter().filter(|one| one.role.is_hidden_linear());
        let relative: Vec<f64> =
            matrices.map(|one| norm(&at.of(&one.name).2) / norm(at.of(&one.name).0)).collect();
        let mean = relative.iter().sum::<f64>() / relative.len() as f64;
        assert!((f64::from(at.layers[0]) - mean).abs() < 1e-5 * mean);
    });
}
