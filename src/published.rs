//! What published models say of their training: one TOML file per model, every field with its source
//! or with what is assumed in its place. Data, not code: nothing here knows a model by name.

mod claims;
mod fact;
mod transfer;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::decay::{Form, Mask, timescale_steps, total_decay};
use crate::run::{Family, OptimizerKind, Recipe};
use crate::schedule::{LrShape, Schedule};

pub use claims::known_and_repeated;
pub use fact::{Basis, Fact};
pub use transfer::{NoMatch, Transfer};

/// The files, in the order of the table.
const FILES: [&str; 18] = [
    include_str!("published/gpt-1.toml"),
    include_str!("published/gpt-2.toml"),
    include_str!("published/gpt-3.toml"),
    include_str!("published/llama-1.toml"),
    include_str!("published/llama-2.toml"),
    include_str!("published/palm.toml"),
    include_str!("published/grok-1.toml"),
    include_str!("published/mistral.toml"),
    include_str!("published/mixtral.toml"),
    include_str!("published/opt.toml"),
    include_str!("published/bloom.toml"),
    include_str!("published/pythia.toml"),
    include_str!("published/gpt-neox.toml"),
    include_str!("published/olmo-1.toml"),
    include_str!("published/olmo-2.toml"),
    include_str!("published/smollm.toml"),
    include_str!("published/deepseek-v3.toml"),
    include_str!("published/nanogpt.toml"),
];

/// A published model: what is said of its weight decay, and its recipe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// As written in a spec.
    pub name: String,
    /// As people call it.
    pub model: String,
    /// Whether it belongs to the values table, or is further reading.
    pub in_table: bool,
    /// λ that is repeated for it, for the rows of that table.
    pub claim: Option<f64>,
    /// What becomes of that claim at the source.
    pub evidence: Evidence,
    /// What the source says, in a sentence.
    pub finding: String,
    /// The source.
    pub source: String,
    /// What a run of any size can take over.
    pub recipe: PublishedRecipe,
    /// The run that the model comes from.
    pub original: Original,
}

/// What becomes of a claim at its primary source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The source says so.
    Documented,
    /// The source says something else.
    Contradicted,
    /// The source says nothing.
    Undisclosed,
}

impl Evidence {
    /// As written in tables.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Documented => "documented",
            Evidence::Contradicted => "contradicted",
            Evidence::Undisclosed => "undisclosed",
        }
    }

    /// A mark for it, where colour is not enough.
    pub fn mark(self) -> &'static str {
        match self {
            Evidence::Documented => "●",
            Evidence::Contradicted => "✗",
            Evidence::Undisclosed => "○",
        }
    }
}

/// The part of a recipe that does not depend on the size of the model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedRecipe {
    /// The nearest family here.
    pub family: Fact<Family>,
    /// What turns gradients into updates.
    pub optimizer: Fact<OptimizerKind>,
    /// The form of decay.
    pub form: Fact<Form>,
    /// What decays.
    pub mask: Fact<Mask>,
    /// λ; missing for the form without one.
    pub weight_decay: Option<Fact<f64>>,
    /// β1 and β2; the second is 0 for Adafactor, which has one of its own.
    pub betas: Fact<[f64; 2]>,
    /// ε.
    pub eps: Fact<f64>,
    /// Bound on the global gradient norm, 0 for none.
    pub clip: Fact<f64>,
    /// How the learning rate falls.
    pub schedule: Fact<LrShape>,
    /// Last learning rate over the peak.
    pub min_lr_ratio: Fact<f64>,
    /// Peak learning rate, where it is relative to the size of a parameter and so the same for any
    /// model.
    pub lr: Option<Fact<f64>>,
    /// Steps of warm-up, where the recipe has none.
    pub warmup: Option<Fact<usize>>,
}

/// The run behind a published model. What is missing was not disclosed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// Peak learning rate.
    pub lr: Option<Fact<f64>>,
    /// Optimizer steps.
    pub steps: Option<Fact<usize>>,
    /// Tokens of a step, of the largest batch where it grew.
    pub batch_tokens: Option<Fact<f64>>,
    /// Steps of warm-up.
    pub warmup: Option<Fact<usize>>,
    /// Steps at the peak after the warm-up.
    pub hold: Option<Fact<usize>>,
    /// Step at which the fall of the learning rate would end, where that is not the last step.
    pub fall_ends: Option<Fact<usize>>,
    /// Why there is no total decay, for a run that does not disclose enough.
    pub undisclosed: Option<String>,
}

static ALL: LazyLock<Vec<Published>> = LazyLock::new(|| {
    FILES.iter().map(|text| toml::from_str(text).expect("the tests read every file")).collect()
});

impl Published {
    /// Every model, those of the values table first.
    pub fn all() -> &'static [Published] {
        &ALL
    }

    /// The model with this name.
    pub fn find(name: &str) -> Option<&'static Published> {
        Published::all().iter().find(|published| published.name == name)
    }

    /// λ of the recipe, 0 for the form without one.
    pub fn coefficient(&self) -> f64 {
        self.recipe.weight_decay.as_ref().map_or(0.0, |fact| fact.value)
    }

    /// The original's learning rate over its steps, and their number; `None` where the source does
    /// not disclose them.
    pub fn original_schedule(&self) -> Option<(Schedule, usize)> {
        let original = &self.original;
        let (lr, steps) = (documented(&original.lr)?, documented(&original.steps)?);
        let schedule = Schedule {
            steps: documented(&original.fall_ends).unwrap_or(steps),
            lr,
            warmup: documented(&original.warmup).unwrap_or(0),
            hold: documented(&original.hold).unwrap_or(0),
            shape: self.recipe.schedule.value,
            min_lr_ratio: self.recipe.min_lr_ratio.value,
        };
        let known = self.recipe.schedule.is_documented() && self.decay_is_documented();
        known.then_some((schedule, steps))
    }

    fn decay_is_documented(&self) -> bool {
        let lambda = self.recipe.weight_decay.as_ref();
        self.recipe.form.is_documented() && lambda.is_none_or(Fact::is_documented)
    }

    /// Total decay Λ of the original.
    pub fn total_decay(&self) -> Option<f64> {
        let (schedule, steps) = self.original_schedule()?;
        total_decay(self.recipe.form.value, self.coefficient(), &schedule, steps)
    }

    /// Timescale τ of the original at its peak learning rate, in steps.
    pub fn timescale_steps(&self) -> Option<f64> {
        let lr = documented(&self.original.lr).filter(|_| self.decay_is_documented())?;
        let schedule = Schedule { lr, ..Recipe::DEFAULT.lr_schedule() };
        timescale_steps(self.recipe.form.value, self.coefficient(), &schedule)
    }

    /// Puts what the recipe says into another; what it does not say stays.
    pub fn apply(&self, recipe: &mut Recipe) {
        let own = &self.recipe;
        recipe.optimizer = own.optimizer.value;
        recipe.betas = own.betas.value;
        recipe.eps = own.eps.value;
        recipe.clip = own.clip.value;
        recipe.schedule = own.schedule.value;
        recipe.min_lr_ratio = own.min_lr_ratio.value;
        recipe.lr = own.lr.as_ref().map_or(recipe.lr, |fact| fact.value);
        recipe.warmup = own.warmup.as_ref().map_or(recipe.warmup, |fact| fact.value);
    }

    /// Steps of `steps` that go at the peak learning rate: the original's share.
    pub fn hold(&self, steps: usize) -> usize {
        let phases = documented(&self.original.hold).zip(documented(&self.original.steps));
        let share = phases.map_or(0.0, |(hold, all)| hold as f64 / all as f64);
        (share * steps as f64).round() as usize
    }

    /// Keys of the recipe whose values the source does not disclose.
    pub fn assumed(&self) -> Vec<&'static str> {
        const KEYS: [&str; 9] = [
            "optimizer",
            "form",
            "mask",
            "weight_decay",
            "betas",
            "eps",
            "clip",
            "schedule",
            "min_lr_ratio",
        ];
        let is_assumed = |key: &&str| matches!(self.basis(key), Some(Basis::Assumed(_)));
        KEYS.into_iter().filter(is_assumed).collect()
    }

    /// Where the value of a key comes from.
    pub fn basis(&self, key: &str) -> Option<&Basis> {
        let own = &self.recipe;
        match key {
            "family" => Some(&own.family.basis),
            "optimizer" => Some(&own.optimizer.basis),
            "form" => Some(&own.form.basis),
            "mask" => Some(&own.mask.basis),
            "weight_decay" => own.weight_decay.as_ref().map(|fact| &fact.basis),
            "betas" => Some(&own.betas.basis),
            "eps" => Some(&own.eps.basis),
            "clip" => Some(&own.clip.basis),
            "schedule" => Some(&own.schedule.basis),
            "min_lr_ratio" => Some(&own.min_lr_ratio.basis),
            "lr" => own.lr.as_ref().map(|fact| &fact.basis),
            "warmup" => own.warmup.as_ref().map(|fact| &fact.basis),
            "hold" => self.original.hold.as_ref().map(|fact| &fact.basis),
            _ => None,
        }
    }
}

fn documented<T: Copy>(fact: &Option<Fact<T>>) -> Option<T> {
    fact.as_ref().filter(|fact| fact.is_documented()).map(|fact| fact.value)
}

#[cfg(test)]
mod tests;
