//! One training run: everything that its numbers depend on, and the name that this gives it.

mod data;
mod decay;
mod families;
pub mod keys;
mod optimizer;
mod recipe;
mod schedule;
mod shape;
mod value;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use data::{Order, RunData, Split, Start};
pub use decay::{Decay, Form, Mask, Moment, Rates, Role, timescale_steps, total_decay};
pub use families::{Family, ParameterShape};
pub use optimizer::OptimizerKind;
pub use recipe::{HYPERPARAMETERS, Hyperparameter, Recipe};
pub use schedule::{LrShape, Schedule};
pub use shape::{ModelShape, SHAPE_KEYS};
pub use value::{Named, Value, plain};

/// Version of the arithmetic of a run. Raised by hand whenever the same configuration gives different
/// numbers on purpose, so that old records are not taken for new ones; for the runs alone that do.
pub fn numerics(decay: &Decay) -> u32 {
    match decay.form {
        // 3: cautious decay acts where u · w is 0 too, and corrected decay on hidden linears alone.
        Form::Cautious | Form::Corrected => 3,
        _ => 2,
    }
}

/// Everything that a run's numbers depend on, resolved. Names, folders, backends and the grouping
/// into cohorts are left out on purpose: they must not change the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// [`numerics`] of the program.
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
            rules: Role::ALL.map(|role| self.group(role).optimizer),
        }
    }

    /// How the parameters of a role are updated.
    pub fn group(&self, _role: Role) -> Group {
        Group {
            optimizer: self.recipe.optimizer,
            lr: self.recipe.lr,
            weight_decay: self.decay.coefficient(),
        }
    }
}

/// A parameter group: what updates the parameters of one role.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// The rule.
    pub optimizer: OptimizerKind,
    /// Peak learning rate.
    pub lr: f64,
    /// λ.
    pub weight_decay: f64,
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
    rules: [OptimizerKind; 6],
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
            numerics: 2,
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
        for form in Form::ALL.iter().copied().filter(|form| form.takes_weight_decay()) {
            for mask in Mask::ALL.iter().copied() {
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
