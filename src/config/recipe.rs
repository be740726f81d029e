//! The training recipe: one row per hyperparameter, from which everything else follows.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use super::key::{Identity, Key, Kind, Range, Section};
use super::value::{Field, Value};
use super::{LrShape, Named, OptimizerKind, Schedule};

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
            Identity::WhenUsed => recipe.optimizer.reads(self.key.name),
            Identity::Not(_) => false,
        }
    }
}

/// Makes the recipe, its defaults and its rows of the key table from one list.
macro_rules! hyperparameters {
    ($(
        #[doc = $doc:literal]
        $name:ident: $type:ty = $default:expr, $unit:literal, $kind:expr, $example:literal, $identity:expr;
    )*) => {
        /// The training recipe apart from decay.
        #[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
        #[serde(default)]
        pub struct Recipe {
            $(#[doc = $doc] pub $name: $type,)*
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
                    name: stringify!($name),
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

// name: type = default, unit, type and range, another value as an example, part of a run's identity.
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
    /// β1 and β2 of the optimizer.
    betas: [f64; 2] = [0.9, 0.95], "", Kind::Pair(Range::Beta), "[0.9, 0.99]", Identity::Always;
    /// Added to the root of the second moment, outside of it.
    eps: f64 = 1e-8, "", Kind::Number(Range::Positive), "1e-6", Identity::Always;
    /// Bound on the norm of a run's gradient over all parameters; 0 turns clipping off.
    clip: f64 = 1.0, "", Kind::Number(Range::ZeroIsOff), "0.5", Identity::Always;
    /// Steps between evaluations.
    eval_every: usize = 50, "steps", Kind::Count(1, usize::MAX), "100", Identity::Always;
    /// Windows of each split that an evaluation reads.
    eval_windows: usize = 128, "windows", Kind::Count(1, 1_000_000), "64", Identity::Always;
    /// Steps between rows of the curve.
    log_every: usize = 1, "steps", Kind::Count(1, usize::MAX), "10", Identity::Always;
    /// What turns gradients into updates.
    optimizer: OptimizerKind = OptimizerKind::Adam, "", Kind::Name(OptimizerKind::names), "lion",
        Identity::UnlessDefault;
    /// How the learning rate falls from its peak.
    schedule: LrShape = LrShape::Cosine, "", Kind::Name(LrShape::names), "linear",
        Identity::UnlessDefault;
    /// Steps at the peak learning rate after the warm-up.
    hold: usize = 0, "steps", Kind::Count(0, usize::MAX), "100", Identity::UnlessDefault;
    /// Weight of the gradients before in the average of `sgd`; 0 for none.
    momentum: f64 = 0.9, "", Kind::Number(Range::Beta), "0.95", Identity::WhenUsed;
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
    /// The learning rate over the run.
    pub fn lr_schedule(&self) -> Schedule {
        Schedule {
            steps: self.steps,
            lr: self.lr,
            warmup: self.warmup,
            hold: self.hold,
            shape: self.schedule,
            min_lr_ratio: self.min_lr_ratio,
        }
    }

    /// The same recipe under one name: what the optimizer does not read is as if it was never said.
    pub fn normalised(mut self) -> Recipe {
        let optimizer = self.optimizer;
        for row in HYPERPARAMETERS.iter().filter(|row| !optimizer.reads(row.key.name)) {
            row.set(&mut self, &(row.get)(&Recipe::DEFAULT));
        }
        // Adafactor's β2 follows from the step.
        if self.optimizer == OptimizerKind::Adafactor {
            self.betas[1] = 0.0;
        }
        self
    }

    /// The rows in which it differs from another, with their values in this one.
    pub fn differences(&self, other: &Recipe) -> Vec<(&'static str, Value)> {
        let rows = HYPERPARAMETERS.iter().filter(|row| (row.get)(self) != (row.get)(other));
        rows.map(|row| (row.key.name, (row.get)(self))).collect()
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
