//! The question as a toy can answer it: a spec with the rules' λ at the run's total decay and tokens a parameter.

use std::collections::BTreeMap;

use super::rules::{Said, speaking};
use super::run::Run;
use crate::config::{LrShape, ModelShape, Named, OptimizerKind, plain, to_digits};
use crate::published::Algorithm;

const TEMPLATE: &str = include_str!("question/ask.toml");

/// By how much the λ beside all rules are lower and higher.
const BESIDE: f64 = 4.0;

/// Characters that the built-in grammar writes.
const VOCABULARY: usize = 51;
/// A longer text is one for all seeds: it takes seconds to write.
const LARGEST_TEXT: usize = 500_000;
/// Seeds of every arm.
const SEEDS: usize = 5;
/// Seconds that a sweep may take on two cores, by estimate.
const SECONDS: f64 = 600.0;
/// Steps that a toy should have at least, for its schedule to be one.
const STEPS: f64 = 1500.0;

/// Layers, heads, channels and context of the toys, the largest first.
const SHAPES: [[usize; 4]; 5] =
    [[2, 4, 64, 64], [2, 4, 48, 32], [2, 2, 32, 32], [1, 2, 32, 32], [1, 2, 16, 16]];

/// A spec that asks which λ is best.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The spec, ready for `wane sweep`.
    pub spec: String,
    /// Seconds that it takes on two cores, roughly.
    pub seconds: f64,
    /// What the toy has otherwise than the run; the spec says it too.
    pub notes: Vec<String>,
}

/// The numbers of a toy.
struct Toy {
    shape: [usize; 4],
    params: usize,
    steps: usize,
    batch: usize,
    lr: f64,
    /// Tokens of the text.
    train: usize,
    epochs: f64,
}

/// The spec that tests at toy scale what the rules say of a run: equal κ = ηλT, tokens a parameter and epochs.
pub fn question(run: &Run, said: &[Said]) -> Question {
    let (optimizer, lr) = trained(run.optimizer);
    let arms = arms(run, said);
    let runs = ((arms.len() + 1) * SEEDS) as f64;
    let toys = SHAPES.map(|shape| Toy::of(run, shape, lr));
    let seconds = |toy: &Toy| toy.seconds() * runs;
    let fitting = toys.iter().find(|toy| seconds(toy) <= SECONDS);
    let toy = fitting.unwrap_or(&toys[toys.len() - 1]);
    let notes = notes(run, optimizer);
    let spec = spec(run, toy, optimizer, &arms).replace("{{notes}}", &commented(&notes));
    Question { spec, seconds: seconds(toy), notes }
}

/// What the toy has in the place of what the run has.
fn notes(run: &Run, optimizer: OptimizerKind) -> Vec<String> {
    let own = run.optimizer;
    let is_same = own == Algorithm::AdamW || own.name() == optimizer.name();
    let other = format!("{} is not trained here: the toy has {}", own.title(), optimizer.name());
    let unknown = "the run's schedule is not known: the toy's learning rate falls along a cosine to 0.1 of the peak";
    let ends = run.fall_ends_elsewhere().map(|ends| {
        let toys = match ends < run.steps() {
            true => "the toy's over all of it".to_owned(),
            false => "the toy's to what the run's has come to at its end".to_owned(),
        };
        let [ends, steps] = [ends, run.steps()].map(|steps| plain(steps.round()));
        format!("the run's learning rate falls until step {ends} of {steps}, {toys}")
    });
    let notes =
        [(!is_same).then_some(other), run.lr.fall.is_none().then(|| unknown.to_owned()), ends];
    notes.into_iter().flatten().collect()
}

/// Lines of a spec that only people read.
fn commented(notes: &[String]) -> String {
    notes.iter().map(|note| format!("# {note}.\n")).collect()
}

impl Toy {
    fn of(run: &Run, shape: [usize; 4], lr: f64) -> Self {
        let [layers, heads, channels, context] = shape;
        let params = ModelShape::gpt2(layers, heads, channels, context).parameter_count(VOCABULARY);
        let tokens = run.tokens_per_param() * params as f64;
        let batch = (tokens / (STEPS * context as f64)).round().clamp(4.0, 64.0) as usize;
        let steps = (tokens / (batch * context) as f64).round().max(20.0) as usize;
        let read = (steps * batch * context) as f64;
        let train = ((read / run.epochs()).ceil() as usize).max(4 * context) + context + 1;
        Toy { shape, params, steps, batch, lr, train, epochs: run.epochs() }
    }

    /// Of one run on two cores; fitted to the experiments of this project.
    fn seconds(&self) -> f64 {
        let tokens = (self.steps * self.batch * self.shape[3]) as f64;
        tokens * (6.0 * self.params as f64 / 1.2e11 + 1.2e-6)
    }

    /// λ with this κ.
    fn weight_decay(&self, kappa: f64) -> f64 {
        to_digits(kappa / (self.lr * self.steps as f64), 3)
    }
}

/// The optimizer that is trained in the place of the run's, and a learning rate that suits a toy.
fn trained(algorithm: Algorithm) -> (OptimizerKind, f64) {
    match algorithm {
        Algorithm::Sgd => (OptimizerKind::Sgd, 0.1),
        Algorithm::Lion => (OptimizerKind::Lion, 3e-4),
        Algorithm::Muon | Algorithm::Scion => (OptimizerKind::Muon, 3e-3),
        Algorithm::Soap | Algorithm::Shampoo | Algorithm::Kron => (OptimizerKind::Soap, 3e-3),
        Algorithm::Adafactor => (OptimizerKind::Adafactor, 1e-2),
        _ => (OptimizerKind::Adam, 3e-3),
    }
}

/// κ of the λ to be tried, to three digits, with who says so.
fn arms(run: &Run, said: &[Said]) -> Vec<(f64, Vec<String>)> {
    let said = speaking(said).filter_map(|one| Some((one.weight_decay?, one.rule.name.clone())));
    let mut asked: Vec<(f64, String)> = said.collect();
    if let Some(own) = run.weight_decay.filter(|own| *own > 0.0) {
        asked.push((own, format!("this run's λ = {}", plain(own))));
    }
    if asked.is_empty() {
        asked.push((0.1, "the constant 0.1".to_owned()));
    }
    // Rules are often so close that no toy tells them apart: it can tell whether the best lies among them.
    let lambdas = asked.iter().map(|(weight_decay, _)| *weight_decay);
    let low = lambdas.clone().fold(f64::INFINITY, f64::min) / BESIDE;
    let high = lambdas.fold(0.0, f64::max) * BESIDE;
    asked.extend([
        (low, format!("{BESIDE} times below them")),
        (high, format!("{BESIDE} times above them")),
    ]);
    let mut arms: BTreeMap<String, (f64, Vec<String>)> = BTreeMap::new();
    for (weight_decay, who) in asked {
        let kappa = to_digits(run.kappa(weight_decay), 3);
        arms.entry(plain(kappa)).or_insert((kappa, Vec::new())).1.push(who);
    }
    let mut arms: Vec<_> = arms.into_values().filter(|(kappa, _)| *kappa > 0.0).collect();
    arms.sort_by(|a, b| a.0.total_cmp(&b.0));
    arms
}

fn spec(run: &Run, toy: &Toy, optimizer: OptimizerKind, arms: &[(f64, Vec<String>)]) -> String {
    let [layers, heads, channels, context] = toy.shape;
    let seeds: Vec<String> = (0..SEEDS).map(|seed| seed.to_string()).collect();
    let arm = |(kappa, who): &(f64, Vec<String>)| {
        format!(
            "  {},  # κ = {}: {}\n",
            plain(toy.weight_decay(*kappa)),
            plain(*kappa),
            who.join(", ")
        )
    };
    let Fallen { shape, min_ratio, hold, warmup } = Fallen::of(run, toy);
    let parts = [
        ("run", format!("{:.3e} parameters and {:.3e} tokens", run.params, run.tokens)),
        ("toy", toy.params.to_string()),
        ("per_param", plain(to_digits(run.tokens_per_param(), 3))),
        ("epochs", plain(to_digits(toy.epochs, 3))),
        ("seeds", seeds.join(", ")),
        ("train", toy.train.to_string()),
        ("texts", if toy.train > LARGEST_TEXT { "fixed" } else { "per-seed" }.to_owned()),
        ("order", if toy.epochs <= 1.0 { "sequential" } else { "random" }.to_owned()),
        ("layers", layers.to_string()),
        ("heads", heads.to_string()),
        ("channels", channels.to_string()),
        ("context", context.to_string()),
        ("optimizer", optimizer.name().to_owned()),
        ("steps", toy.steps.to_string()),
        ("batch", toy.batch.to_string()),
        ("lr", plain(toy.lr)),
        ("schedule", shape.name().to_owned()),
        ("min_lr_ratio", plain(min_ratio)),
        ("warmup", warmup.to_string()),
        ("hold", hold.to_string()),
        ("eval_every", (toy.steps / 8).max(1).to_string()),
        ("log_every", (toy.steps / 50).max(1).to_string()),
        ("arms", arms.iter().map(arm).collect()),
    ];
    parts.iter().fold(TEMPLATE.to_owned(), |text, (name, part)| {
        text.replace(&format!("{{{{{name}}}}}"), part)
    })
}

/// The learning rate of the run over the steps of a toy.
struct Fallen {
    shape: LrShape,
    min_ratio: f64,
    hold: usize,
    warmup: usize,
}

impl Fallen {
    fn of(run: &Run, toy: &Toy) -> Self {
        let Some((schedule, taken)) = run.schedule() else {
            return Fallen { shape: LrShape::Cosine, min_ratio: 0.1, hold: 0, warmup: 0 };
        };
        let steps = |own: usize| (own as f64 / taken as f64 * toy.steps as f64).round() as usize;
        let warmup = steps(schedule.warmup).min(toy.steps / 2);
        // A fall that goes on after the run is one to where the run ends.
        let goes_on = run.fall_ends_elsewhere().is_some_and(|ends| ends > run.steps());
        let last = run.last_ratio().filter(|_| goes_on).map(|ratio| to_digits(ratio, 3));
        Fallen {
            shape: schedule.shape,
            min_ratio: last.unwrap_or(schedule.min_lr_ratio),
            hold: steps(schedule.hold).min(toy.steps - warmup - 1),
            warmup,
        }
    }
}
