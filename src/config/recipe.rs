//! The training recipe: one row per hyperparameter, from which everything else follows.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::key::{Identity, Key, Kind, Range, Section};
use super::value::{Field, Value};
use super::{DecaySchedule, LambdaSchedule, LrShape, MuonScale, Named, OptimizerKind, Schedule};

/// A hyperparameter: its key, and how to read and set it in a recipe.
pub struct Hyperparameter {
    /// Its row of the key table.
    pub key: Key,
    /// Its value in a recipe.
    pub get: fn(&Recipe) -> Value,
    set: fn(&mut Recipe, &Value),
}

impl Hyperparameter {
    /// Sets it in a recipe.
    ///
    /// # Panics
    /// For a value of another kind than the key's.
    pub fn set(&self, recipe: &mut Recipe, value: &Value) {
        (self.set)(recipe, value);
    }

    /// Whether the JSON of a recipe, and so a run's identity, holds it. What came after the first release
    /// is left out where it has no effect, so that older runs keep their identity.
    fn is_written(&self, recipe: &Recipe) -> bool {
        match self.key.identity {
            Identity::Always => true,
            Identity::UnlessDefault => (self.get)(recipe) != (self.get)(&Recipe::DEFAULT),
            Identity::WhenUsed => recipe.reads(self.key.name),
            Identity::Not(_) => false,
        }
    }
}

/// A field as a spec writes it.
macro_rules! written {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $key:literal) => {
        $key
    };
}

/// Makes the recipe, its defaults and its rows of the key table from one list.
macro_rules! hyperparameters {
    ($(
        #[doc = $doc:literal]
        $name:ident $(as $key:literal)?: $type:ty = $default:expr, $unit:literal, $kind:expr,
            $example:literal, $identity:expr;
    )*) => {
        /// The training recipe apart from decay.
        #[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
        #[serde(default)]
        pub struct Recipe {
            $(#[doc = $doc] $(#[serde(rename = $key)])? pub $name: $type,)*
        }

        impl Recipe {
            /// What `[train]` leaves out.
            pub const DEFAULT: Recipe = Recipe { $($name: $default,)* };
        }

        /// The keys of `[train]`, in the order of a spec.
        pub const HYPERPARAMETERS: &[Hyperparameter] = &[
            $(Hyperparameter {
                key: Key {
                    section: Section::Train,
                    name: written!($name $($key)?),
                    kind: $kind,
                    unit: $unit,
                    doc: $doc,
                    example: $example,
                    identity: $identity,
                },
                get: |recipe| recipe.$name.to_value(),
                set: |recipe, value| {
                    recipe.$name = Field::from_value(value).expect("the key table checks kinds");
                },
            },)*
        ];
    };
}

// name, its key in a spec where that is another: type = default, unit, type and range, another value as an example, part of a run's identity.
hyperparameters! {
    /// Optimizer steps.
    steps: usize = 500, "steps", Kind::Count(1, 1_000_000_000), "600", Identity::Always;
    /// Windows of text in a batch.
    batch: usize = 8, "windows", Kind::Count(1, 1_000_000), "16", Identity::Always;
    /// Batches whose gradients a step averages.
    accumulate: usize = 1, "batches", Kind::Count(1, 1_000_000), "2", Identity::UnlessDefault;
    /// Peak learning rate.
    lr: f64 = 3e-3, "", Kind::Number(Range::Positive), "1e-3", Identity::Always;
    /// Steps of linear warm-up.
    warmup: usize = 25, "steps", Kind::Count(0, usize::MAX), "50", Identity::Always;
    /// Last learning rate, as a share of the peak.
    min_lr_ratio: f64 = 0.1, "", Kind::Number(Range::Share), "0.0", Identity::Always;
    /// β1 and β2 of the optimizer; 0.95/0.95 under `soap` unless given.
    betas: [f64; 2] = [0.9, 0.95], "", Kind::Pair(Range::Beta), "[0.9, 0.99]", Identity::Always;
    /// Added to the root of the second moment, outside of it.
    eps: f64 = 1e-8, "", Kind::Number(Range::Positive), "1e-6", Identity::Always;
    /// Bound on the norm of a run's gradient over all parameters; 0 turns clipping off.
    clip: f64 = 1.0, "", Kind::Number(Range::ZeroIsOff), "0.5", Identity::Always;
    /// Steps between evaluations.
    eval_every: usize = 50, "steps", Kind::Count(1, usize::MAX), "100", Identity::Always;
    /// Windows of each split that an evaluation reads, evenly spaced; fewer where they would read all of it.
    eval_windows: usize = 128, "windows", Kind::Count(1, 1_000_000), "64", Identity::Always;
    /// Steps between rows of the curve.
    log_every: usize = 1, "steps", Kind::Count(1, usize::MAX), "10", Identity::Always;
    /// Whether those rows tell what the step did to the weights of every role: rotation, sizes, the part of decay.
    log_updates: bool = true, "", Kind::Flag, "false", Identity::UnlessDefault;
    /// Prompts from train, and as many from val, whose greedy continuations every evaluation compares with the text; 0 for none.
    verbatim_prompts: usize = 0, "prompts", Kind::Count(0, 1_000_000), "8", Identity::UnlessDefault;
    /// Tokens of such a prompt.
    verbatim_after: usize = 16, "tokens", Kind::Count(1, 1_000_000), "8", Identity::UnlessDefault;
    /// Tokens that a continuation must have in common with the text to be verbatim.
    verbatim_tokens: usize = 16, "tokens", Kind::Count(1, 1_000_000), "8", Identity::UnlessDefault;
    /// Tokens at the start of the train text that a run reads; 0 for all of them.
    read_tokens: usize = 0, "tokens", Kind::Count(0, 2_000_000_000), "600", Identity::UnlessDefault;
    /// What turns gradients into updates.
    optimizer: OptimizerKind = OptimizerKind::Adam, "", Kind::Name(OptimizerKind::names), "lion",
        Identity::UnlessDefault;
    /// How the learning rate falls from its peak.
    schedule: LrShape = LrShape::Cosine, "", Kind::Name(LrShape::names), "linear",
        Identity::UnlessDefault;
    /// Steps at the peak learning rate after the warm-up.
    hold: usize = 0, "steps", Kind::Count(0, usize::MAX), "100", Identity::UnlessDefault;
    /// Weight of the gradients before in the average of `sgd`, and of `muon` (0.95 unless given); 0 for none.
    momentum: f64 = 0.9, "", Kind::Number(Range::Beta), "0.8", Identity::WhenUsed;
    /// How far an orthogonal update of `muon` goes.
    muon_scale: MuonScale = MuonScale::Moonlight, "", Kind::Name(MuonScale::names), "keller-jordan",
        Identity::UnlessDefault;
    /// Weight of the past in the averages of `soap` by which it chooses its axes.
    shampoo_beta: f64 = 0.95, "", Kind::Number(Range::Beta), "0.9", Identity::UnlessDefault;
    /// Steps between choices of `soap` of its axes.
    precondition_every: usize = 10, "steps", Kind::Count(1, usize::MAX), "5",
        Identity::UnlessDefault;
    /// Peak learning rate of what `muon` and `soap` leave to Adam; `lr` where it is missing.
    adam_lr as "adam.lr": f64 = 3e-3, "", Kind::Number(Range::Positive), "1e-3",
        Identity::WhenUsed;
    /// β1 and β2 of what `muon` and `soap` leave to Adam; 0.9/0.95 where they are missing, whatever `betas` says.
    adam_betas as "adam.betas": [f64; 2] = [0.9, 0.95], "", Kind::Pair(Range::Beta),
        "[0.8, 0.99]", Identity::UnlessDefault;
    /// ε of what `muon` and `soap` leave to Adam; 1e-8 where it is missing, whatever `eps` says.
    adam_eps as "adam.eps": f64 = 1e-8, "", Kind::Number(Range::Positive), "1e-6",
        Identity::UnlessDefault;
    /// How λ changes over the run.
    decay_schedule: DecaySchedule = DecaySchedule::Constant, "", Kind::Name(DecaySchedule::names),
        "cosine", Identity::UnlessDefault;
    /// λ at the end of the run, as a share of the first; 1.5625 under `hold-decay-ramp` unless given.
    decay_end: f64 = 0.0, "", Kind::Number(Range::NotNegative), "0.5", Identity::UnlessDefault;
    /// Steps in which λ falls to half its coefficient under `log-time`, as a share of the run.
    decay_timescale: f64 = 0.1, "", Kind::Number(Range::Positive), "0.5", Identity::UnlessDefault;
    /// Ends of the hold and of the fall of λ under `hold-decay-ramp`, as shares of the run.
    decay_turns: [f64; 2] = [0.125, 0.5], "", Kind::Pair(Range::Beta), "[0.2, 0.6]",
        Identity::UnlessDefault;
    /// λ at the end of that fall, as a share of the first.
    decay_low: f64 = 0.125, "", Kind::Number(Range::NotNegative), "0.5", Identity::UnlessDefault;
    /// Norm that the form `target-norm` draws a parameter to, as a share of its first.
    target_norm: f64 = 1.0, "", Kind::Number(Range::NotNegative), "0.5", Identity::UnlessDefault;
    /// Share of the numbers that dropout takes away, of embeddings, attention and residual branches.
    dropout: f64 = 0.0, "", Kind::Number(Range::Beta), "0.1", Identity::UnlessDefault;
    /// Share of the windows that skip the last residual branch; fewer skip those before it.
    stochastic_depth: f64 = 0.0, "", Kind::Number(Range::Beta), "0.2", Identity::UnlessDefault;
    /// Share of every target that label smoothing spreads over the vocabulary.
    label_smoothing: f64 = 0.0, "", Kind::Number(Range::Beta), "0.1", Identity::UnlessDefault;
    /// Weight of the past in the average over steps of the weights that is evaluated; 0 for the last weights.
    ema: f64 = 0.0, "", Kind::Number(Range::Beta), "0.99", Identity::UnlessDefault;
}

/// Keys that stand beside decay against overfitting; without effect at their defaults.
pub const RIVALS: [&str; 4] = ["dropout", "stochastic_depth", "label_smoothing", "ema"];

/// Keys that say more of how weight decay acts.
pub const DECAY_TERMS: [&str; 6] =
    ["decay_schedule", "decay_end", "decay_timescale", "decay_turns", "decay_low", "target_norm"];

/// Keys that say more of what is measured of verbatim continuations.
const VERBATIM_TERMS: [&str; 2] = ["verbatim_after", "verbatim_tokens"];

/// Whether a key says more of how decay acts, or what stands beside it: arms that differ in such keys alone answer
/// one question.
pub fn is_treatment(key: &str) -> bool {
    RIVALS.contains(&key) || DECAY_TERMS.contains(&key)
}

/// What is measured of verbatim continuations: a greedy continuation of a prompt is verbatim where it is the text for so
/// many tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verbatim {
    /// Prompts of each split.
    pub prompts: usize,
    /// Tokens of a prompt.
    pub after: usize,
    /// Tokens that must be those of the text.
    pub tokens: usize,
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe::DEFAULT
    }
}

impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for row in HYPERPARAMETERS.iter().filter(|row| row.is_written(self)) {
            map.serialize_entry(row.key.name, &(row.get)(self))?;
        }
        map.end()
    }
}

impl Recipe {
    /// The learning rate and λ over the run.
    pub fn lr_schedule(&self) -> Schedule {
        Schedule {
            steps: self.steps,
            lr: self.lr,
            warmup: self.warmup,
            hold: self.hold,
            shape: self.schedule,
            min_lr_ratio: self.min_lr_ratio,
            lambda: LambdaSchedule {
                kind: self.decay_schedule,
                end: self.decay_end,
                timescale: self.decay_timescale,
                turns: self.decay_turns,
                low: self.decay_low,
            },
        }
    }

    /// Whether it reads a key of `[train]`, under its optimizer, its schedule of λ and what it measures.
    pub fn reads(&self, key: &str) -> bool {
        self.optimizer.reads(key) && self.decay_schedule.reads(key) && self.measures(key)
    }

    /// Whether it measures what a key says more of; so it is with keys that say nothing of that.
    pub fn measures(&self, key: &str) -> bool {
        self.verbatim_prompts > 0 || !VERBATIM_TERMS.contains(&key)
    }

    /// The same recipe under one name: what nothing in it reads is as if it was never said.
    pub fn normalised(mut self) -> Recipe {
        let said = self;
        self.reset(|key| !said.reads(key));
        // Adafactor's β2 follows from the step.
        if self.optimizer == OptimizerKind::Adafactor {
            self.betas[1] = 0.0;
        }
        self
    }

    /// Sets keys back to their defaults.
    pub fn reset(&mut self, which: impl Fn(&str) -> bool) {
        for row in HYPERPARAMETERS.iter().filter(|row| which(row.key.name)) {
            row.set(self, &(row.get)(&Recipe::DEFAULT));
        }
    }

    /// The rows in which it differs from another, with their values in this one.
    pub fn differences(&self, other: &Recipe) -> Vec<(&'static str, Value)> {
        let rows = HYPERPARAMETERS.iter().filter(|row| (row.get)(self) != (row.get)(other));
        rows.map(|row| (row.key.name, (row.get)(self))).collect()
    }

    /// What is measured of verbatim continuations, if anything.
    pub fn verbatim(&self) -> Option<Verbatim> {
        let Recipe { verbatim_prompts, verbatim_after, verbatim_tokens, .. } = *self;
        (verbatim_prompts > 0).then_some(Verbatim {
            prompts: verbatim_prompts,
            after: verbatim_after,
            tokens: verbatim_tokens,
        })
    }

    /// Whether the splits are evaluated after `step`.
    pub fn evaluates(&self, step: usize) -> bool {
        step.is_multiple_of(self.eval_every) || step == self.steps
    }

    /// Whether the curve has a row for `step`.
    pub fn logs(&self, step: usize) -> bool {
        self.evaluates(step) || step.is_multiple_of(self.log_every)
    }
}
