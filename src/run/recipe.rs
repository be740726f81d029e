use serde::{Deserialize, Serialize};

use crate::schedule::{LrShape, Schedule};

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
