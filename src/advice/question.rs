//! The question as a toy can answer it: a spec with the rules' λ at the run's total decay and tokens a parameter.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::rules::{Said, speaking};
use super::run::Run;
use crate::config::{ModelShape, Named, OptimizerKind, plain, to_three_digits};
use crate::published::{Algorithm, Fall};

/// Characters that the built-in grammar writes.
const VOCABULARY: usize = 51;
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
    Question { spec: spec(run, toy, optimizer, &arms), seconds: seconds(toy) }
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
        to_three_digits(kappa / (self.lr * self.steps as f64))
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
        asked.push((own, format!("λ = {} as given", plain(own))));
    }
    if asked.is_empty() {
        asked.push((0.1, "the constant 0.1".to_owned()));
    }
    let mut arms: BTreeMap<String, (f64, Vec<String>)> = BTreeMap::new();
    for (weight_decay, who) in asked {
        let kappa = to_three_digits(run.kappa(weight_decay));
        arms.entry(plain(kappa)).or_insert((kappa, Vec::new())).1.push(who);
    }
    let mut arms: Vec<_> = arms.into_values().filter(|(kappa, _)| *kappa > 0.0).collect();
    arms.sort_by(|a, b| a.0.total_cmp(&b.0));
    arms
}

fn spec(run: &Run, toy: &Toy, optimizer: OptimizerKind, arms: &[(f64, Vec<String>)]) -> String {
    let [layers, heads, channels, context] = toy.shape;
    let mut text = String::new();
    let mut line =
        |words: std::fmt::Arguments<'_>| writeln!(text, "{words}").expect("a string takes all");
    line(format_args!(
        "# What the rules for λ say of {:.4e} parameters and {:.4e} tokens, at toy scale: {} parameters",
        run.params, run.tokens, toy.params
    ));
    line(format_args!(
        "# with the same {} tokens a parameter, {} epochs and total decay κ = ηλT. What holds here need not",
        plain(to_three_digits(run.tokens_per_param())),
        plain(to_three_digits(toy.epochs))
    ));
    line(format_args!("# hold at scale; nothing here depends on width, context or the real text."));
    line(format_args!(
        "\nname = \"ask\"\nquestion = \"Which rule for weight decay is right for my run, at toy scale?\""
    ));
    let seeds: Vec<String> = (0..SEEDS).map(|seed| seed.to_string()).collect();
    line(format_args!("seeds = [{}]", seeds.join(", ")));
    line(format_args!(
        "\n[data]\nsource = \"grammar\"\ntrain = {}\nval = 10000\ntest = 10000",
        toy.train
    ));
    let is_read_once = toy.epochs <= 1.0;
    line(format_args!("order = \"{}\"", if is_read_once { "sequential" } else { "random" }));
    line(format_args!(
        "\n[model]\nlayers = {layers}\nheads = {heads}\nchannels = {channels}\ncontext = {context}"
    ));
    line(format_args!(
        "\n[train]\noptimizer = \"{}\"\nsteps = {}\nbatch = {}\nlr = {}",
        optimizer.name(),
        toy.steps,
        toy.batch,
        plain(toy.lr)
    ));
    schedule(run, toy).iter().for_each(|one| line(format_args!("{one}")));
    line(format_args!(
        "eval_every = {}\neval_windows = 128\nlog_every = {}",
        (toy.steps / 8).max(1),
        (toy.steps / 50).max(1)
    ));
    line(format_args!(
        "\n[[arm]]\nform = \"none\"\n\n[[arm]]\nform = \"adamw\"\nmask = \"matrices\"\nweight_decay = ["
    ));
    for (kappa, who) in arms {
        line(format_args!(
            "  {},  # κ = {}: {}",
            plain(toy.weight_decay(*kappa)),
            plain(*kappa),
            who.join(", ")
        ));
    }
    line(format_args!("]"));
    text
}

/// Rows of `[train]` for the learning rate over the run.
fn schedule(run: &Run, toy: &Toy) -> Vec<String> {
    let share = |steps: f64| (steps / run.steps() * toy.steps as f64).round();
    let warmup = share(run.lr.warmup).min(toy.steps as f64 / 2.0);
    let ratio = plain(run.lr.min_ratio);
    let (shape, ratio, hold) = match run.lr.fall {
        Some(Fall::Linear) => ("linear", ratio, 0.0),
        Some(Fall::Constant) => ("linear", "1".to_owned(), 0.0),
        Some(Fall::Wsd) => ("linear", ratio, (0.8 * toy.steps as f64 - warmup).max(0.0).round()),
        Some(Fall::InverseSqrt) => ("inverse-sqrt", ratio, 0.0),
        Some(Fall::Cosine) => ("cosine", ratio, 0.0),
        None => ("cosine", "0.1".to_owned(), 0.0),
    };
    let mut rows = vec![
        format!("schedule = \"{shape}\""),
        format!("min_lr_ratio = {ratio}"),
        format!("warmup = {warmup}"),
    ];
    if hold > 0.0 {
        rows.push(format!("hold = {hold}"));
    }
    rows
}
