//! One training run: everything that its numbers depend on, and the name that this gives it.

mod model;
mod recipe;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::corpus::{Order, Split};
use crate::decay::{Form, Mask};

pub use model::{Family, ModelShape};
pub use recipe::{OptimizerKind, Recipe};

/// Version of the arithmetic. Raised by hand whenever the same configuration gives different
/// numbers on purpose, so that old records are not taken for new ones.
pub const NUMERICS: u32 = 2;

/// How a run decays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// The rule.
    pub form: Form,
    /// What it acts on; `None` for the form that decays nothing.
    pub mask: Option<Mask>,
    /// λ; `None` for the forms without one.
    pub weight_decay: Option<f64>,
}

impl Decay {
    /// No decay at all.
    pub const NONE: Decay = Decay { form: Form::None, mask: None, weight_decay: None };

    /// Form, mask and λ in one line.
    pub fn label(&self) -> String {
        let mut words = vec![self.form.name().to_owned()];
        words.extend(self.mask.map(|mask| mask.name().to_owned()));
        words.extend(self.weight_decay.map(|value| format!("λ={value}")));
        words.join(" ")
    }

    /// λ as a number, 0 where there is none.
    pub fn coefficient(&self) -> f64 {
        self.weight_decay.unwrap_or(0.0)
    }

    /// The same decay under one name: λ = 0 is no decay, whatever the form and the mask.
    pub fn normalised(self) -> Decay {
        match self.weight_decay {
            Some(0.0) => Decay::NONE,
            _ => self,
        }
    }
}

/// Where the first weights come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Drawn from a seed.
    Seed(u64),
    /// Read from a safetensors file with this SHA-256.
    Weights(String),
}

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunData {
    /// [`Corpus::digest`](crate::corpus::Corpus::digest).
    pub digest: String,
    /// Number of different tokens.
    pub vocabulary: usize,
    /// Sizes and order.
    pub split: Split,
    /// Seed of the order.
    pub seed: u64,
}

/// Everything that a run's numbers depend on, resolved. Names, folders, backends and the grouping
/// into cohorts are left out on purpose: they must not change the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// [`NUMERICS`] of the program.
    pub numerics: u32,
    /// Model shape.
    pub model: ModelShape,
    /// Data.
    pub data: RunData,
    /// First weights.
    pub start: Start,
    /// Recipe.
    pub recipe: Recipe,
    /// Decay, normalised.
    pub decay: Decay,
}

impl RunConfig {
    /// The run's identity: the first 16 hex digits of the SHA-256 of its JSON.
    pub fn id(&self) -> RunId {
        let json = serde_json::to_string(self).expect("a run's configuration is plain data");
        let hash = Sha256::digest(json.as_bytes());
        RunId(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// What the runs of one cohort must share.
    pub fn cohort_key(&self) -> CohortKey {
        CohortKey {
            model: self.model,
            digest: self.data.digest.clone(),
            order: self.data.split.order,
            steps: self.recipe.steps,
            batch: self.recipe.batch,
            eval_every: self.recipe.eval_every,
            eval_windows: self.recipe.eval_windows,
            log_every: self.recipe.log_every,
            optimizer: self.recipe.optimizer,
        }
    }
}

/// The shape of a cohort: runs with equal keys train together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CohortKey {
    model: ModelShape,
    digest: String,
    order: Order,
    steps: usize,
    batch: usize,
    eval_every: usize,
    eval_windows: usize,
    log_every: usize,
    optimizer: OptimizerKind,
}

/// A run's identity, 16 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(String);

impl RunId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small run for tests.
    pub(crate) fn example() -> RunConfig {
        RunConfig {
            numerics: NUMERICS,
            model: ModelShape::gpt2(1, 2, 8, 6),
            data: RunData {
                digest: "0".repeat(64),
                vocabulary: 11,
                split: Split { train: 300, val: 200, order: Order::Random },
                seed: 0,
            },
            start: Start::Seed(0),
            recipe: Recipe {
                steps: 4,
                batch: 2,
                warmup: 1,
                eval_every: 2,
                eval_windows: 4,
                ..Recipe::DEFAULT
            },
            decay: Decay { form: Form::AdamW, mask: Some(Mask::Matrices), weight_decay: Some(0.1) },
        }
    }

    #[test]
    fn identities_are_pinned() {
        let with = |change: fn(&mut RunConfig)| {
            let mut run = example();
            change(&mut run);
            run.id().to_string()
        };
        assert_eq!(with(|_| {}), "759f5046220b4770");
        assert_eq!(with(|run| run.decay = Decay::NONE), "223d546b737453e9");
        assert_eq!(with(|run| run.start = Start::Weights("ab".into())), "8e04b7f5be93b426");
        assert_eq!(with(|run| run.recipe.lr = 0.1 + 0.2), "95e897785c193685");
        assert_eq!(with(|run| run.data.split.order = Order::Sequential), "966239910181c744");
    }

    #[test]
    fn every_field_changes_the_identity() {
        let base = example();
        let changed: [fn(&mut RunConfig); 7] = [
            |run| run.numerics += 1,
            |run| run.model.layers += 1,
            |run| run.data.seed += 1,
            |run| run.start = Start::Seed(1),
            |run| run.recipe.eps = 1e-7,
            |run| run.decay.weight_decay = Some(0.2),
            |run| run.decay.mask = Some(Mask::Global),
        ];
        for change in changed {
            let mut other = base.clone();
            change(&mut other);
            assert_ne!(other.id(), base.id());
        }
    }

    #[test]
    fn no_coefficient_makes_all_forms_and_masks_one() {
        for form in Form::ALL.into_iter().filter(|form| form.takes_weight_decay()) {
            for mask in Mask::ALL {
                let decay = Decay { form, mask: Some(mask), weight_decay: Some(0.0) };
                assert_eq!(decay.normalised(), Decay::NONE);
            }
        }
    }

    #[test]
    fn a_configuration_survives_its_json() {
        let json = serde_json::to_string(&example()).unwrap();
        assert_eq!(serde_json::from_str::<RunConfig>(&json).unwrap(), example());
    }
}
