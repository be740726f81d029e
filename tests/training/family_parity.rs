//! Every family computes what an independent PyTorch implementation computes from the same weights;
//! `tests/fixtures/families/make.py` wrote what is expected.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use burn::module::{ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use serde::Deserialize;

use wane::backend::{Backend, DeviceKind};
use wane::config::{
    ByRole, Decay, Family, Form, InitialWeights, LrShape, Mask, ModelShape, Named, OptimizerKind,
    Order, Recipe, RunConfig, RunData, Split, Start,
};

use wane::corpus::TokenBlock;
use wane::model::{
    FirstWeights, LaneStart, LanguageModel, Parameter, Purpose, Tokens, WithModel, read_weights,
    with_model, write_weights,
};
use wane::optim::LaneOptimizer;
use wane::record::LaneWeights;

use crate::common::fixture;

const VOCABULARY: usize = 11;
const CONTEXT: usize = 12;
const LOGITS: f32 = 1e-4;
const GRADIENTS: f32 = 1e-3;

#[derive(Deserialize)]
struct Expected {
    tokens: Vec<Vec<u16>>,
    loss: f32,
    logits: Vec<f32>,
    gradients: BTreeMap<String, Vec<f32>>,
}

fn shape(family: Family) -> ModelShape {
    let mut shape = ModelShape { family, ..ModelShape::gpt2(2, 4, 16, CONTEXT) };
    if family != Family::Gpt2 {
        shape.hidden = Some(24);
        shape.kv_heads = Some(match family {
            Family::Llama => 4,
            Family::Palm => 1,
            _ => 2,
        });
    }
    shape.window = (family == Family::Mistral).then_some(5);
    if matches!(family, Family::Mixtral | Family::Grok) {
        (shape.experts, shape.active_experts) = (Some(4), Some(2));
    }
    shape
}

fn purpose(shape: &ModelShape) -> Purpose<'_> {
    Purpose { shape, vocabulary: VOCABULARY, tokenizer: None, text: None }
}

fn weights_in(path: &Path, shape: &ModelShape) -> LaneWeights {
    let initial = InitialWeights { path: path.to_owned(), crop: false };
    read_weights(&initial, purpose(shape)).unwrap().weights
}

/// What our model makes of the same: loss, logits, gradients by name in the layout of the parameters.
struct Computed {
    loss: Vec<f32>,
    logits: Vec<f32>,
    gradients: BTreeMap<String, Vec<f32>>,
}

struct Compute<'a>(&'a Tokens);

impl WithModel for Compute<'_> {
    type Output = Computed;

    fn run<M: LanguageModel>(self, model: M, parameters: Vec<Parameter>) -> Computed {
        let logits = model.logits(self.0).inner().try_into_vec_as().unwrap();
        let losses = model.loss(self.0);
        let loss = losses.clone().inner().try_into_vec_as().unwrap();
        let gradients = GradientsParams::from_grads(losses.sum().backward(), &model);
        let mut reader = Reader { gradients: &gradients, parameters, found: BTreeMap::new() };
        model.visit(&mut reader);
        let gradients = reader.found;
        Computed { loss, logits, gradients }
    }
}

struct Reader<'a> {
    gradients: &'a GradientsParams,
    parameters: Vec<Parameter>,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(param.id).expect("every parameter has a gradient");
        let parameter = self.parameters.iter().find(|one| one.id == param.id).unwrap();
        let values = gradient.narrow(0, 0, 1).try_into_vec_as().unwrap();
        self.found.insert(parameter.shape.name.clone(), values);
    }
}

fn expected_of(family: Family) -> Expected {
    let text = fs::read_to_string(fixture(&format!("families/{}.json", family.name()))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Two lanes with the same weights and tokens.
fn two_lanes(family: Family, expected: &Expected, device: &Device) -> (FirstWeights, Tokens) {
    let shape = shape(family);
    let path = fixture(&format!("families/{}.safetensors", family.name()));
    let weights = Arc::new(weights_in(&path, &shape));
    let device = device.clone().autodiff();
    let lane = LaneStart::Weights(weights);
    let first = FirstWeights::new(vec![lane.clone(), lane], &device);
    let row = |which: fn(&[u16]) -> &[u16]| -> Vec<u16> {
        expected.tokens.iter().flat_map(|row| which(row).to_vec()).collect()
    };
    let inputs = row(|row| &row[..CONTEXT]);
    let block = TokenBlock { inputs, targets: row(|row| &row[1..]) };
    (first, Tokens::new(&[block.clone(), block], VOCABULARY, CONTEXT, &device))
}

fn assert_close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (place, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance, "{what} at {place}: {a} and {b}");
    }
}

/// A matrix that PyTorch keeps as `[out, in]`, as `[in, out]`.
fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]))
        .collect()
}

/// With kernels and, where ndarray is in this build, with Burn's primitives alone.
fn devices() -> Vec<Device> {
    let on_cpu = |backend: &Backend| backend.kind() == DeviceKind::Cpu && backend.is_built();
    Backend::ALL.into_iter().filter(on_cpu).map(|backend| backend.open().unwrap()).collect()
}

fn assert_matches_pytorch(family: Family) {
    devices().iter().for_each(|device| assert_matches_pytorch_on(family, device));
}

fn assert_matches_pytorch_on(family: Family, device: &Device) {
    let name = family.name();
    let expected = expected_of(family);
    let (first, tokens) = two_lanes(family, &expected, device);
    let computed = with_model(&shape(family), VOCABULARY, first, Compute(&tokens));
    for lane in 0..2 {
        assert!((computed.loss[lane] - expected.loss).abs() < LOGITS, "{:?}", computed.loss);
        let size = expected.logits.len();
        let logits = &computed.logits[lane * size..(lane + 1) * size];
        assert_close(&format!("{name}: logits"), logits, &expected.logits, LOGITS);
    }
    let mut theirs: BTreeMap<&str, &Vec<f32>> = BTreeMap::new();
    for (key, values) in &expected.gradients {
        theirs.insert(key.strip_prefix("transformer.").unwrap_or(key), values);
    }
    assert!(computed.gradients.keys().all(|key| theirs.contains_key(key.as_str())), "{name}");
    for (key, ours) in &computed.gradients {
        let theirs = theirs[key.as_str()];
        let is_turned =
            ["_proj.weight", "gate.weight", "lm_head.weight"].iter().any(|end| key.ends_with(end))
                || key.contains(".experts.");
        let columns =
            if key.ends_with("down_proj.weight") || key.ends_with("w2.weight") { 24 } else { 16 };
        let theirs = match is_turned && family != Family::Gpt2 {
            true => turned(theirs, columns),
            false => theirs.clone(),
        };
        let largest = theirs.iter().fold(1e-3_f32, |largest, value| largest.max(value.abs()));
        assert_close(&format!("{name}: gradient of {key}"), ours, &theirs, GRADIENTS * largest);
    }
}

#[test]
fn gpt2_matches_hugging_face() {
    assert_matches_pytorch(Family::Gpt2);
}

#[test]
fn llama_matches_hugging_face() {
    assert_matches_pytorch(Family::Llama);
}

#[test]
fn mistral_with_its_window_and_shared_heads_matches_hugging_face() {
    assert_matches_pytorch(Family::Mistral);
}

#[test]
fn mixtral_with_its_experts_matches_hugging_face() {
    assert_matches_pytorch(Family::Mixtral);
}

#[test]
fn palm_with_its_parallel_blocks_matches_pytorch() {
    assert_matches_pytorch(Family::Palm);
}

#[test]
fn grok_with_its_experts_matches_pytorch() {
    assert_matches_pytorch(Family::Grok);
}

/// PaLM under its own optimizer, two lanes of it: the losses of every step.
struct Adafactor<'a> {
    tokens: &'a Tokens,
    lanes: [RunConfig; 2],
}

impl WithModel for Adafactor<'_> {
    type Output = Vec<Vec<f32>>;

    fn run<M: LanguageModel>(self, mut model: M, parameters: Vec<Parameter>) -> Vec<Vec<f32>> {
        let mut optimizer = LaneOptimizer::new(&parameters, &self.lanes);
        let mut losses = Vec::new();
        for step in 1..=self.lanes[0].recipe.steps {
            let loss = model.loss(self.tokens);
            losses.push(loss.clone().inner().try_into_vec_as().unwrap());
            let gradients = GradientsParams::from_grads(loss.sum().backward(), &model);
            model = optimizer.step(model, gradients, step, false).model;
        }
        losses
    }
}

#[test]
fn palm_trains_under_adafactor_with_squared_learning_rate_decay_as_in_pytorch() {
    #[derive(Deserialize)]
    struct Trajectory {
        peak: f64,
        hold: usize,
        losses: Vec<f32>,
    }
    let text = fs::read_to_string(fixture("families/palm-adafactor.json")).unwrap();
    let expected: Trajectory = serde_json::from_str(&text).unwrap();
    let run = palm_run(expected.losses.len(), expected.peak, expected.hold);
    let mut other = run.clone();
    (other.decay, other.recipe.lr) = (Decay::NONE, 3e-3);
    for device in devices() {
        let (first, tokens) = two_lanes(Family::Palm, &expected_of(Family::Palm), &device);
        let work = Adafactor { tokens: &tokens, lanes: [run.clone(), other.clone()] };
        let losses = with_model(&shape(Family::Palm), VOCABULARY, first, work);
        for (step, (ours, theirs)) in losses.iter().zip(&expected.losses).enumerate() {
            assert!((ours[0] - theirs).abs() < LOGITS, "step {step}: {} and {theirs}", ours[0]);
        }
        assert!(losses.last().unwrap()[0] < losses[0][0] - 0.1);
    }
}

fn palm_run(steps: usize, lr: f64, hold: usize) -> RunConfig {
    let split = Split { train: 100, val: 100, order: Order::Random, test: 0 };
    RunConfig {
        numerics: 2,
        model: shape(Family::Palm),
        data: RunData {
            digest: String::new(),
            vocabulary: VOCABULARY,
            split,
            seed: 0,
            text_seed: None,
            canaries: None,
        },
        start: Start::Seed(0),
        recipe: Recipe {
            lr,
            hold,
            steps,
            warmup: 0,
            min_lr_ratio: 0.0,
            betas: [0.9, 0.0],
            optimizer: OptimizerKind::Adafactor,
            schedule: LrShape::InverseSqrt,
            ..Recipe::DEFAULT
        },
        decay: Decay { form: Form::LrPower, mask: Some(Mask::Global), weight_decay: None },
        by_role: ByRole::NONE,
    }
}

#[test]
fn weights_survive_their_file_in_every_family() {
    let folder = tempfile::tempdir().unwrap();
    for family in Family::ALL.iter().copied() {
        let shape = shape(family);
        let theirs = fixture(&format!("families/{}.safetensors", family.name()));
        let weights = weights_in(&theirs, &shape);
        let ours = folder.path().join(family.name());
        write_weights(&ours, &weights, purpose(&shape), None).unwrap();
        assert!(weights_in(&ours, &shape) == weights, "{}", family.name());
    }
}
