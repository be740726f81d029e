use std::sync::Arc;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};

use super::*;
use crate::corpus::TokenBlock;
use crate::decay::Role;
use crate::run::tests::example;

const VOCABULARY: usize = 11;

fn shape() -> ModelShape {
    ModelShape { layers: 2, ..example().model }
}

fn model(seeds: &[u64], device: &Device) -> Gpt2 {
    let lanes = seeds.iter().map(|seed| LaneStart::Seed(*seed)).collect();
    Gpt2::new(&shape(), VOCABULARY, &FirstWeights::new(lanes, device))
}

fn tokens(lanes: usize, device: &Device) -> Tokens {
    let context = shape().context;
    let text: Vec<u16> = (0..60).map(|place| (place * place + place / 3) % 11).collect();
    let block = TokenBlock::cut(&text, &[0, 7, 20], context);
    Tokens::new(&vec![block; lanes], VOCABULARY, context, device)
}

#[test]
fn the_parameters_are_named_as_hugging_face_names_them_and_counted_right() {
    let parameters = parameters(&model(&[0], &Device::flex()));
    let find = |name: &str| parameters.iter().find(|parameter| parameter.name == name).unwrap();
    assert_eq!(parameters.len(), 2 + 2 * 12 + 2);
    assert_eq!(find("wte.weight").role, Role::Embedding);
    assert_eq!(find("wpe.weight").shape, [6, 8]);
    assert_eq!(find("h.1.attn.c_attn.weight").shape, [8, 24]);
    assert_eq!(find("h.1.attn.c_attn.weight").role, Role::Attention);
    assert_eq!(find("h.0.mlp.c_proj.weight").role, Role::Mlp);
    assert_eq!(find("h.0.mlp.c_proj.bias").role, Role::Bias);
    assert_eq!(find("h.0.ln_2.bias").role, Role::Norm);
    assert_eq!(find("ln_f.weight").role, Role::Norm);
    let elements: usize = parameters.iter().map(Parameter::elements).sum();
    assert_eq!(elements, parameter_count(&shape(), VOCABULARY));
}

#[test]
fn first_weights_depend_on_seed_and_name_alone() {
    let device = Device::flex();
    let together = model(&[3, 5], &device);
    let alone = model(&[5], &device);
    let (a, b) = (lane_weights(&together, 1).unwrap(), lane_weights(&alone, 0).unwrap());
    assert_eq!(a, b);
    assert_ne!(a["wte.weight"], lane_weights(&together, 0).unwrap()["wte.weight"]);
    assert_ne!(a["h.0.ln_1.weight"], a["h.0.ln_1.bias"]);
}

#[test]
fn residual_projections_start_smaller() {
    let shape = ModelShape { channels: 64, heads: 4, layers: 8, ..shape() };
    let first = FirstWeights::new(vec![LaneStart::Seed(0)], &Device::flex());
    let weights = lane_weights(&Gpt2::new(&shape, VOCABULARY, &first), 0).unwrap();
    let spread = |name: &str| {
        let values = &weights[name];
        let squares: f64 = values.iter().map(|value| f64::from(*value).powi(2)).sum();
        (squares / values.len() as f64).sqrt()
    };
    assert!((spread("h.3.attn.c_attn.weight") - 0.02).abs() < 1e-3);
    assert!((spread("h.3.attn.c_proj.weight") - 0.02 / 4.0).abs() < 3e-4);
    assert!((spread("h.3.mlp.c_proj.weight") - 0.02 / 4.0).abs() < 3e-4);
}

#[test]
fn an_untrained_model_is_as_good_as_guessing() {
    let device = Device::flex();
    let losses: Vec<f32> =
        model(&[0, 1], &device).loss(&tokens(2, &device)).try_into_vec_as().unwrap();
    for loss in losses {
        assert!((loss - (VOCABULARY as f32).ln()).abs() < 0.05, "{loss}");
    }
}

#[test]
fn no_position_sees_its_future() {
    let device = Device::flex();
    let model = model(&[0], &device);
    let context = shape().context;
    let logits = |last: u16| -> Vec<f32> {
        let mut text: Vec<u16> = vec![1, 2, 3, 4, 5, 6, 7];
        text[context - 1] = last;
        let tokens =
            Tokens::new(&[TokenBlock::cut(&text, &[0], context)], VOCABULARY, context, &device);
        model.logits(&tokens).try_into_vec_as().unwrap()
    };
    let (a, b) = (logits(6), logits(9));
    let before_last = (context - 1) * VOCABULARY;
    assert_eq!(a[..before_last], b[..before_last]);
    assert_ne!(a[before_last..], b[before_last..]);
}

/// Adds `by` to one number of one parameter.
struct Nudge<'a> {
    target: &'a str,
    place: usize,
    by: f32,
    path: Vec<String>,
}

impl ModuleMapper for Nudge<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.path.join(".") != self.target {
            return param;
        }
        param.map(|tensor| {
            let device = tensor.device();
            let shape = tensor.shape();
            let mut values: Vec<f32> = tensor.try_into_vec_as().unwrap();
            values[self.place] += self.by;
            Tensor::from_data(burn::tensor::TensorData::new(values, shape), &device)
        })
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let device = Device::flex().autodiff();
    let model = scaled(model(&[0], &device), 12.0);
    let tokens = tokens(1, &device);
    let grads =
        burn::optim::GradientsParams::from_grads(model.loss(&tokens).sum().backward(), &model);
    let loss = |target: &str, place: usize, by: f32| -> f64 {
        let mut nudge = Nudge { target, place, by, path: Vec::new() };
        let nudged = model.clone().map(&mut nudge);
        f64::from(nudged.loss(&tokens).into_scalar::<f32>())
    };
    for parameter in parameters(&model) {
        let gradient: Vec<f32> = match parameter.shape.len() {
            1 => grads.get::<2>(parameter.id).unwrap().try_into_vec_as().unwrap(),
            _ => grads.get::<3>(parameter.id).unwrap().try_into_vec_as().unwrap(),
        };
        let place = gradient.len() * 2 / 5;
        let step = 3e-2;
        let (up, down) = (loss(&parameter.name, place, step), loss(&parameter.name, place, -step));
        let difference = (up - down) / (2.0 * f64::from(step));
        let error = (f64::from(gradient[place]) - difference).abs();
        assert!(
            error < 2e-4 + 0.02 * difference.abs(),
            "{}: {} against {difference}",
            parameter.name,
            gradient[place]
        );
    }
}

/// Weights of the size they have after training, where attention is not flat any more.
fn scaled(model: Gpt2, factor: f64) -> Gpt2 {
    struct Scale(f64);
    impl ModuleMapper for Scale {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if D == 3 {
                param.map(|tensor| (tensor * self.0).detach().require_grad())
            } else {
                param
            }
        }
    }
    model.map(&mut Scale(factor))
}

#[test]
fn weights_survive_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let weights = lane_weights(&model(&[4, 7], &Device::flex()), 1).unwrap();
    write_weights(&path, weights.clone(), &shape(), VOCABULARY).unwrap();
    let read = read_weights(&path, &shape(), VOCABULARY).unwrap();
    assert_eq!(read, weights);
    let first = FirstWeights::new(
        vec![LaneStart::Seed(1), LaneStart::Weights(Arc::new(read))],
        &Device::flex(),
    );
    let model = Gpt2::new(&shape(), VOCABULARY, &first);
    assert_eq!(lane_weights(&model, 1).unwrap(), weights);
}

#[test]
fn a_weight_file_of_another_shape_is_refused_with_the_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let weights = lane_weights(&model(&[0], &Device::flex()), 0).unwrap();
    write_weights(&path, weights, &shape(), VOCABULARY).unwrap();
    let refused = |shape: ModelShape, vocabulary: usize| {
        format!("{:#}", read_weights(&path, &shape, vocabulary).unwrap_err())
    };
    let error = refused(shape(), 12);
    assert!(
        error.contains("`wte.weight`") && error.contains("[11, 8]") && error.contains("[12, 8]"),
        "{error}"
    );
    let error = refused(ModelShape { layers: 3, ..shape() }, VOCABULARY);
    assert!(error.contains("`h.2.attn.c_attn.bias` is missing"), "{error}");
    let error = refused(ModelShape { layers: 1, ..shape() }, VOCABULARY);
    assert!(error.contains("`h.1.attn.c_attn.bias` belongs to no parameter"), "{error}");
    std::fs::write(&path, b"no safetensors").unwrap();
    let error = refused(shape(), VOCABULARY);
    assert!(error.contains("weights.safetensors") && error.contains("safetensors file"), "{error}");
}
