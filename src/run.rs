//! One training run: everything that its numbers depend on, and the name that this gives it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::corpus::{Order, Split};
use crate::decay::{Form, Mask};
use crate::schedule::{LrShape, Schedule};

/// Version of the arithmetic. Raised by hand whenever the same configuration gives different
/// numbers on purpose, so that old records are not taken for new ones.
pub const NUMERICS: u32 = 2;

/// Model families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// GPT-2 and GPT-3: pre-LayerNorm, learned positions, GELU, biases, tied head.
    #[default]
    Gpt2,
    /// LLaMA 1 and 2: RMSNorm, rotary positions, SwiGLU, no biases, untied head.
    Llama,
    /// Mistral: LLaMA with grouped-query and sliding-window attention.
    Mistral,
    /// Mixtral: Mistral with a mixture of experts in the place of each MLP.
    Mixtral,
    /// Grok-1: a mixture of experts with GELU gates, tied head.
    Grok,
    /// PaLM: attention and MLP in parallel, one key-value head, no biases, tied head.
    Palm,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 6] =
        [Family::Gpt2, Family::Llama, Family::Mistral, Family::Mixtral, Family::Grok, Family::Palm];

    /// As written in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Family::Gpt2 => "gpt2",
            Family::Llama => "llama",
            Family::Mistral => "mistral",
            Family::Mixtral => "mixtral",
            Family::Grok => "grok",
            Family::Palm => "palm",
        }
    }
}

/// Shape of a model without its vocabulary, which the data decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelShape {
    /// Architecture.
    pub family: Family,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads; they divide `channels`.
    pub heads: usize,
    /// Width of the residual stream.
    pub channels: usize,
    /// Tokens the model sees at once.
    pub context: usize,
    /// Key-value heads, which the attention heads share; `None` for GPT-2, which has one for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv_heads: Option<usize>,
    /// Width inside a gated MLP; `None` for GPT-2, whose MLP is four times as wide as the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
    /// Tokens that attention reaches back, itself included; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Experts in the place of each MLP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experts: Option<usize>,
    /// Experts that a token goes through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_experts: Option<usize>,
}

impl ModelShape {
    /// A GPT-2.
    pub fn gpt2(layers: usize, heads: usize, channels: usize, context: usize) -> Self {
        ModelShape {
            family: Family::Gpt2,
            layers,
            heads,
            channels,
            context,
            kv_heads: None,
            hidden: None,
            window: None,
            experts: None,
            active_experts: None,
        }
    }

    /// Channels of one attention head.
    pub fn head_channels(&self) -> usize {
        self.channels / self.heads
    }

    /// Channels of all keys, and of all values.
    pub fn kv_channels(&self) -> usize {
        self.head_channels() * self.kv_heads.unwrap_or(self.heads)
    }

    /// Base of the rotary positions' wavelengths: a million in Mixtral, ten thousand elsewhere.
    pub fn rotary_base(&self) -> f64 {
        if self.family == Family::Mixtral { 1e6 } else { 1e4 }
    }

    /// Width inside an MLP or an expert.
    pub fn hidden_channels(&self) -> usize {
        self.hidden.unwrap_or(4 * self.channels)
    }
}

/// What turns gradients into updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Adam (Kingma & Ba 2015) with bias correction.
    #[default]
    Adam,
    /// Adafactor (Shazeer & Stern 2018) without factorization, as in PaLM: β2 = 1 − k^−0.8 at step
    /// k, updates in units of the parameter's root mean square.
    Adafactor,
}

impl OptimizerKind {
    /// Every optimizer.
    pub const ALL: [OptimizerKind; 2] = [OptimizerKind::Adam, OptimizerKind::Adafactor];

    /// As written in a spec.
    pub fn name(self) -> &'static str {
        match self {
            OptimizerKind::Adam => "adam",
            OptimizerKind::Adafactor => "adafactor",
        }
    }

    fn is_default(&self) -> bool {
        *self == OptimizerKind::default()
    }
}

/// The training recipe apart from decay. What was added after the first release is left out of the
/// JSON where it says nothing, so that the runs of before keep their identity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Optimizer steps.
    pub steps: usize,
    /// Windows per step.
    pub batch: usize,
    /// Peak learning rate.
    pub lr: f64,
    /// Steps of linear warm-up.
    pub warmup: usize,
    /// Last learning rate over the peak.
    pub min_lr_ratio: f64,
    /// Adam's β1 and β2.
    pub betas: [f64; 2],
    /// Adam's ε, outside the root.
    pub eps: f64,
    /// Bound on the global gradient norm; 0 turns clipping off.
    pub clip: f64,
    /// Steps between evaluations.
    pub eval_every: usize,
    /// Windows of each split that an evaluation reads.
    pub eval_windows: usize,
    /// Steps between rows of the curve.
    pub log_every: usize,
    /// What turns gradients into updates.
    #[serde(default, skip_serializing_if = "OptimizerKind::is_default")]
    pub optimizer: OptimizerKind,
    /// How the learning rate falls from its peak.
    #[serde(default, skip_serializing_if = "LrShape::is_default")]
    pub schedule: LrShape,
    /// Steps at the peak learning rate after the warm-up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hold: usize,
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

impl Recipe {
    /// What a spec has that says nothing.
    pub const DEFAULT: Recipe = Recipe {
        steps: 500,
        batch: 8,
        lr: 3e-3,
        warmup: 25,
        min_lr_ratio: 0.1,
        betas: [0.9, 0.95],
        eps: 1e-8,
        clip: 1.0,
        eval_every: 50,
        eval_windows: 128,
        log_every: 1,
        optimizer: OptimizerKind::Adam,
        schedule: LrShape::Cosine,
        hold: 0,
    };

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

    /// Every number under its key, as in a spec.
    pub fn settings(&self) -> [(&'static str, String); 14] {
        [
            ("steps", self.steps.to_string()),
            ("batch", self.batch.to_string()),
            ("lr", self.lr.to_string()),
            ("warmup", self.warmup.to_string()),
            ("min_lr_ratio", self.min_lr_ratio.to_string()),
            ("betas", format!("{}/{}", self.betas[0], self.betas[1])),
            ("eps", format!("{:?}", self.eps)),
            ("clip", self.clip.to_string()),
            ("eval_every", self.eval_every.to_string()),
            ("eval_windows", self.eval_windows.to_string()),
            ("log_every", self.log_every.to_string()),
            ("optimizer", self.optimizer.name().to_owned()),
            ("schedule", self.schedule.name().to_owned()),
            ("hold", self.hold.to_string()),
        ]
    }

    /// The same recipe under one name: Adafactor has a β2 of its own.
    pub fn normalised(mut self) -> Recipe {
        if self.optimizer == OptimizerKind::Adafactor {
            self.betas[1] = 0.0;
        }
        self
    }

    /// β1 and β2 at step `step`, counted from 1.
    pub fn betas_at(&self, step: usize) -> [f64; 2] {
        match self.optimizer {
            OptimizerKind::Adam => self.betas,
            OptimizerKind::Adafactor => [self.betas[0], 1.0 - (step as f64).powf(-0.8)],
        }
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
