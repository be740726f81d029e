//! One training run: everything that its numbers depend on, and the name that this gives it.

mod analysis;
mod by_role;
mod claim;
mod data;
mod decay;
mod excerpts;
mod families;
mod family;
mod group;
mod key;
pub mod keys;
mod norm_eps;
mod optimizer;
mod parameter;
mod recipe;
mod schedule;
mod search;
mod shape;
mod value;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use analysis::{AnalysisTerms, TestFamily};
pub use by_role::{ByRole, RoleTerms};
pub use claim::{Basis, Claim, Expect, Measured, Part, Registration, Term};
pub use data::{Canaries, Cut, InitialWeights, Order, RunData, Split, Start, Texts};
pub use decay::{
    Decay, DecaySchedule, Equilibrium, Form, LambdaSchedule, Mask, Moment, NormControl, Rates,
    Role, timescale_steps, total_decay,
};
pub use excerpts::Excerpts;
pub use family::Family;
pub use group::Group;
pub use key::{Identity, Key, Kind, Range, Section, check_number, suggestion};
pub use norm_eps::is_one_eps;
pub use optimizer::{MuonScale, OptimizerKind};
pub use parameter::{Layout, ParameterShape};
pub use recipe::{
    DECAY_TERMS, HYPERPARAMETERS, Hyperparameter, RIVALS, Recipe, Verbatim, is_treatment,
};
pub use schedule::{LrShape, Schedule};
pub use search::{SearchTerms, Stage};
pub use shape::{ModelShape, SHAPE_KEYS};
pub use value::{Named, Value, plain, to_digits};

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
    /// What roles have for themselves.
    #[serde(default, skip_serializing_if = "ByRole::is_empty")]
    pub by_role: ByRole,
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
            vocabulary: self.data.vocabulary,
            split: self.data.split,
            read_tokens: self.train_tokens(),
            steps: self.recipe.steps,
            batch: self.recipe.batch,
            accumulate: self.recipe.accumulate,
            eval_every: self.recipe.eval_every,
            eval_windows: self.recipe.eval_windows,
            log_every: self.recipe.log_every,
            log_updates: self.recipe.log_updates,
            verbatim: self.recipe.verbatim(),
            canaries: self.data.canaries.clone(),
            rules: Role::ALL.map(|role| self.recipe.optimizer.of(role)),
            muon_scale: self.recipe.muon_scale,
            precondition_every: self.recipe.precondition_every,
            norms: self.decay.form.norm_control(),
            is_noisy: self.recipe.dropout > 0.0 || self.recipe.stochastic_depth > 0.0,
            is_smoothed: self.recipe.label_smoothing > 0.0,
            is_averaged: self.recipe.ema > 0.0,
        }
    }

    /// Tokens of its train text that it reads, from the beginning.
    pub fn train_tokens(&self) -> usize {
        match self.recipe.read_tokens {
            0 => self.data.split.train,
            tokens => tokens,
        }
    }

    /// Training tokens of so many steps.
    pub fn tokens_of(&self, steps: usize) -> u64 {
        (steps as u64).saturating_mul(self.tokens_per_step() as u64)
    }

    /// Training tokens of a step.
    pub fn tokens_per_step(&self) -> usize {
        self.recipe.batch * self.recipe.accumulate * self.model.context
    }

    /// How the parameters of a role are updated.
    pub fn group(&self, role: Role) -> Group {
        Group::of(&self.recipe, &self.decay, &self.by_role, role)
    }

    /// What its optimizer keeps of a parameter between steps: names, as in checkpoints, and numbers of each.
    pub fn state_of(&self, parameter: &ParameterShape) -> Vec<(&'static str, usize)> {
        let mut kept = self.recipe.optimizer.of(parameter.role).slots(parameter);
        if matches!(self.decay.form.norm_control(), NormControl::Target | NormControl::Fixed) {
            kept.push(("first_norm", parameter.matrices()[0]));
        }
        if self.recipe.ema > 0.0 {
            kept.push((AVERAGE, parameter.elements()));
        }
        kept
    }

    /// The same run under one name: decay of nothing is no decay, and what nothing reads was never said.
    pub fn normalised(mut self) -> Self {
        let decays = |role: Role| self.decay.acts_on(role, self.group(role).weight_decay);
        if !Role::ALL.into_iter().any(decays) {
            (self.decay, self.by_role) = (Decay::NONE, self.by_role.without_decay());
        }
        let form = self.decay.form;
        self.recipe.reset(|key| {
            DECAY_TERMS.contains(&key)
                && !(form.takes_weight_decay() && key != "target_norm")
                && !(form == Form::TargetNorm && key == "target_norm")
        });
        self
    }
}

/// The slot of the averages of weights over steps, last among those of a parameter.
pub const AVERAGE: &str = "average";

/// The shape of a cohort: runs of one source with equal keys train together. Each reads its own train
/// text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CohortKey {
    model: ModelShape,
    vocabulary: usize,
    split: Split,
    read_tokens: usize,
    steps: usize,
    batch: usize,
    accumulate: usize,
    eval_every: usize,
    eval_windows: usize,
    log_every: usize,
    log_updates: bool,
    verbatim: Option<Verbatim>,
    canaries: Option<Canaries>,
    rules: [OptimizerKind; 6],
    muon_scale: MuonScale,
    precondition_every: usize,
    norms: NormControl,
    is_noisy: bool,
    is_smoothed: bool,
    is_averaged: bool,
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
pub(crate) mod tests;
