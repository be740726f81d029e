//! What is published: models, one TOML file each, every field with its source or with what is assumed in its
//! place; [rules](LambdaRule) for λ; [public runs](PublicRun) to hold them against. Data, not code: nothing here
//! knows a model or a rule by name.

mod algorithm;
mod ceiling;
mod claims;
mod fact;
mod fall;
mod law;
mod public_runs;
mod rules;
mod transfer;
mod untested;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use toml::Value as Toml;

use crate::config::{
    Family, Form, HYPERPARAMETERS, LambdaSchedule, Mask, Recipe, Schedule, timescale_steps,
    total_decay,
};

pub use algorithm::{Algorithm, Kin};
pub use ceiling::Ceiling;
pub use claims::known_and_repeated;
pub use fact::{Basis, Fact};
pub use fall::Fall;
pub use law::{Law, Quantity};
pub use public_runs::{How, PublicRun};
pub use rules::{Companion, LambdaRule, Status};
pub use transfer::{NoMatch, Transfer};
pub use untested::{Untested, untested};

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
pub struct PublishedRecipe {
    /// The nearest family here.
    pub family: Fact<Family>,
    /// The form of decay.
    pub form: Fact<Form>,
    /// What decays.
    pub mask: Fact<Mask>,
    /// λ; missing for the form without one.
    pub weight_decay: Option<Fact<f64>>,
    /// What it says of `[train]`, by key. A peak learning rate is among them where it is relative to
    /// the size of a parameter and so the same for any model, a warm-up where there is none.
    #[serde(flatten)]
    pub hyperparameters: BTreeMap<String, Fact<Toml>>,
}

/// The run behind a published model. What is missing was not disclosed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Original {
    /// Parameters.
    pub params: Option<Fact<f64>>,
    /// How often the text was read.
    pub epochs: Option<Fact<f64>>,
    /// Peak learning rate.
    pub lr: Option<Fact<f64>>,
    /// Optimizer steps.
    pub steps: Option<Fact<usize>>,
    /// Tokens of a step, of the largest batch where it grew.
    pub batch_tokens: Option<Fact<f64>>,
    /// Tokens of the run, where they are not steps times tokens of a step: where the batch grew.
    pub tokens: Option<Fact<f64>>,
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
            shape: self.recipe().schedule,
            min_lr_ratio: self.recipe().min_lr_ratio,
            lambda: LambdaSchedule::CONSTANT,
        };
        let shape = self.recipe.hyperparameters.get("schedule");
        let known = shape.is_some_and(Fact::is_documented) && self.decay_is_documented();
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

    /// The same in epochs; where nothing is said of them, of a text that was read as often as is assumed.
    pub fn timescale_epochs(&self) -> Option<f64> {
        let steps = documented(&self.original.steps)?;
        let epochs = self.original.epochs.as_ref()?.value;
        Some(self.timescale_steps()? * epochs / steps as f64)
    }

    /// Puts what the recipe says into another; what it does not say stays.
    pub fn apply(&self, recipe: &mut Recipe) {
        for row in HYPERPARAMETERS {
            if let Some(fact) = self.recipe.hyperparameters.get(row.key.name) {
                row.set(recipe, &row.key.read(&fact.value).expect("the tests read every value"));
            }
        }
    }

    /// The recipe on top of the defaults.
    pub fn recipe(&self) -> Recipe {
        let mut recipe = Recipe::DEFAULT;
        self.apply(&mut recipe);
        recipe
    }

    /// Steps of `steps` that go at the peak learning rate: the original's share.
    pub fn hold(&self, steps: usize) -> usize {
        let phases = documented(&self.original.hold).zip(documented(&self.original.steps));
        let share = phases.map_or(0.0, |(hold, all)| hold as f64 / all as f64);
        (share * steps as f64).round() as usize
    }

    /// Share of the original's steps over which its learning rate fell after it was held at the peak; `None` where it
    /// was not held, or the source does not disclose it.
    pub fn fall_after_hold(&self) -> Option<f64> {
        let hold = documented(&self.original.hold).filter(|hold| *hold > 0)?;
        let (steps, warmup) =
            (documented(&self.original.steps)?, documented(&self.original.warmup));
        Some(1.0 - (warmup.unwrap_or(0) + hold) as f64 / steps as f64)
    }

    /// Keys of the recipe whose values the source does not disclose.
    pub fn assumed(&self) -> Vec<&'static str> {
        let own = ["optimizer", "form", "mask", "weight_decay"];
        let rest = HYPERPARAMETERS.iter().map(|row| row.key.name).filter(|key| !own.contains(key));
        let is_assumed = |key: &&str| matches!(self.basis(key), Some(Basis::Assumed(_)));
        own.into_iter().chain(rest).filter(is_assumed).collect()
    }

    /// Where the value of a key comes from.
    pub fn basis(&self, key: &str) -> Option<&Basis> {
        let own = &self.recipe;
        match key {
            "family" => Some(&own.family.basis),
            "form" => Some(&own.form.basis),
            "mask" => Some(&own.mask.basis),
            "weight_decay" => own.weight_decay.as_ref().map(|fact| &fact.basis),
            "hold" => self.original.hold.as_ref().map(|fact| &fact.basis),
            key => own.hyperparameters.get(key).map(|fact| &fact.basis),
        }
    }
}

fn documented<T: Copy>(fact: &Option<Fact<T>>) -> Option<T> {
    fact.as_ref().filter(|fact| fact.is_documented()).map(|fact| fact.value)
}

#[cfg(test)]
mod tests;
