mod epsilon;
mod reader;

use std::sync::Arc;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;

use super::*;
use crate::config::tests::example;
use crate::config::{InitialWeights, Named, ParameterShape};
use crate::corpus::TokenBlock;
use crate::record::LaneWeights;

const VOCABULARY: usize = 11;

fn shape() -> ModelShape {
    ModelShape { layers: 2, ..example().model }
}

fn made(seeds: &[u64], device: &Device) -> (Gpt2, Vec<Parameter>) {
    let lanes = seeds.iter().map(|seed| LaneStart::Seed(*seed)).collect();
    let first = FirstWeights::new(lanes, device);
    (Gpt2::new(&shape(), VOCABULARY, &first), first.into_parameters())
}

fn model(seeds: &[u64], device: &Device) -> Gpt2 {
    made(seeds, device).0
}

fn weights_of(seeds: &[u64], lane: usize) -> LaneWeights {
    let (model, parameters) = made(seeds, &Device::flex());
    lane_weights(&model, &parameters, lane).unwrap()
}

fn purpose(shape: &ModelShape, vocabulary: usize) -> Purpose<'_> {
    Purpose { shape, vocabulary, tokenizer: None, text: None }
}

fn read(
    path: &std::path::Path,
    shape: &ModelShape,
    vocabulary: usize,
) -> anyhow::Result<LaneWeights> {
    let initial = InitialWeights { path: path.to_owned(), crop: false };
    read_weights(&initial, purpose(shape, vocabulary)).map(|read| read.weights)
}

fn tokens(lanes: usize, device: &Device) -> Tokens {
    let context = shape().context;
    let text: Vec<u16> = (0..60).map(|place| (place * place + place / 3) % 11).collect();
    let block = TokenBlock::cut(&text, &[0, 7, 20], context);
    Tokens::new(&vec![block; lanes], VOCABULARY, context, device)
}

/// A model beside the list of its parameters.
struct Listed;

impl WithModel for Listed {
    type Output = (Vec<ParamId>, Vec<Parameter>);

    fn run<M: LanguageModel>(self, model: M, parameters: Vec<Parameter>) -> Self::Output {
        (burn::module::list_param_ids(&model), parameters)
    }
}

proptest! {
    #[test]
    fn every_family_is_built_with_the_parameters_that_its_shape_lists(
        family in prop::sample::select(Family::ALL.to_vec()),
        (layers, heads, half_head) in (1usize..4, 1usize..5, 1usize..4),
        (context, vocabulary) in (2usize..9, 1usize..9),
        shares in any::<bool>(),
    ) {
        let channels = 2 * half_head * heads;
        let mut shape = ModelShape { family, ..ModelShape::gpt2(layers, heads, channels, context) };
        if family.facts().keys.contains(&"kv_heads") {
            shape.kv_heads = shares.then_some(1);
        }
        (family.facts().imply)(&mut shape);
        let first = FirstWeights::new(vec![LaneStart::Seed(0)], &Device::flex());
        let (visited, made) = with_model(&shape, vocabulary, first, Listed);
        let named: Vec<ParameterShape> = visited
            .iter()
            .map(|id| made.iter().find(|one| one.id == *id).unwrap().shape.clone())
            .collect();
        prop_assert_eq!(named, shape.parameters(vocabulary));
        prop_assert_eq!(visited.len(), made.len());
    }
}

#[test]
fn first_weights_depend_on_seed_and_name_alone() {
    let (a, b) = (weights_of(&[3, 5], 1), weights_of(&[5], 0));
    assert_eq!(a, b);
    assert_ne!(a["wte.weight"], weights_of(&[3, 5], 0)["wte.weight"]);
    assert_ne!(a["h.0.ln_1.weight"], a["h.0.ln_1.bias"]);
}

#[test]
fn residual_projections_start_smaller() {
    let shape = ModelShape { channels: 64, heads: 4, layers: 8, ..shape() };
    let first = FirstWeights::new(vec![LaneStart::Seed(0)], &Device::flex());
    let model = Gpt2::new(&shape, VOCABULARY, &first);
    let weights = lane_weights(&model, &first.into_parameters(), 0).unwrap();
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
    let (model, parameters) = made(&[0], &device);
    let model = scaled(model, 12.0);
    let tokens = tokens(1, &device);
    let grads =
        burn::optim::GradientsParams::from_grads(model.loss(&tokens).sum().backward(), &model);
    let loss = |target: &str, place: usize, by: f32| -> f64 {
        let mut nudge = Nudge { target, place, by, path: Vec::new() };
        let nudged = model.clone().map(&mut nudge);
        f64::from(nudged.loss(&tokens).into_scalar::<f32>())
    };
    for parameter in parameters {
        let gradient: Vec<f32> = match parameter.shape.shape.len() {
            1 => grads.get::<2>(parameter.id).unwrap().try_into_vec_as().unwrap(),
            _ => grads.get::<3>(parameter.id).unwrap().try_into_vec_as().unwrap(),
        };
        let place = gradient.len() * 2 / 5;
        let step = 3e-2;
        let (up, down) =
            (loss(&parameter.shape.name, place, step), loss(&parameter.shape.name, place, -step));
        let difference = (up - down) / (2.0 * f64::from(step));
        let error = (f64::from(gradient[place]) - difference).abs();
        assert!(
            error < 2e-4 + 0.02 * difference.abs(),
            "{}: {} against {difference}",
            parameter.shape.name,
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
    let weights = weights_of(&[4, 7], 1);
    write_weights(&path, &weights, purpose(&shape(), VOCABULARY), None).unwrap();
    let read = read(&path, &shape(), VOCABULARY).unwrap();
    assert_eq!(read, weights);
    let first = FirstWeights::new(
        vec![LaneStart::Seed(1), LaneStart::Weights(Arc::new(read))],
        &Device::flex(),
    );
    let model = Gpt2::new(&shape(), VOCABULARY, &first);
    assert_eq!(lane_weights(&model, &first.into_parameters(), 1).unwrap(), weights);
}

#[test]
fn weights_that_were_changed_since_they_were_written_are_told_by_their_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let (weights, run) = (weights_of(&[0], 0), example().id());
    let shape = shape();
    let purpose = purpose(&shape, VOCABULARY);
    let change_last_byte = || {
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
    };
    write_weights(&path, &weights, purpose, Some((&run, 7))).unwrap();
    check_weights(&path).unwrap();
    change_last_byte();
    let error = format!("{:#}", check_weights(&path).unwrap_err());
    assert!(error.contains("weights.safetensors is damaged"), "{error}");
    change_last_byte();
    check_weights(&path).unwrap();
    // What has no checksum, as older versions wrote it.
    write_weights(&path, &weights, purpose, None).unwrap();
    change_last_byte();
    check_weights(&path).unwrap();
}

#[test]
fn a_weight_file_of_another_shape_is_refused_with_the_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let weights = weights_of(&[0], 0);
    write_weights(&path, &weights, purpose(&shape(), VOCABULARY), None).unwrap();
    let refused = |shape: ModelShape, vocabulary: usize| {
        format!("{:#}", read(&path, &shape, vocabulary).unwrap_err())
    };
    let error = refused(shape(), 12);
    assert!(
        error.contains("`wte.weight`") && error.contains("[11, 8]") && error.contains("[12, 8]"),
        "{error}"
    );
    let error = refused(ModelShape { layers: 3, ..shape() }, VOCABULARY);
    assert!(error.contains("`h.2.ln_1.weight` (and 11 more) is missing"), "{error}");
    assert!(error.contains("the file has 2 layers, and model.layers = 3"), "{error}");
    let error = refused(ModelShape { layers: 1, ..shape() }, VOCABULARY);
    assert!(error.contains("`h.1.attn.c_attn.bias` (and 11 more) belongs to no"), "{error}");
    assert!(error.contains("the file has 2 layers, and model.layers = 1"), "{error}");
    std::fs::write(&path, b"no safetensors").unwrap();
    let error = refused(shape(), VOCABULARY);
    assert!(error.contains("weights.safetensors") && error.contains("safetensors file"), "{error}");
}
