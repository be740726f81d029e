use serde::Serialize;

use super::arms::ArmRows;
use super::comments::Comments;
use super::groups::ParameterGroup;
use super::horizon::Moved;
use super::rule::Rule;
use crate::config::{DecaySchedule, Form, LrShape, Mask, Named, OptimizerKind};
use crate::results::Experiment;

/// What was exported, for tools.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    pub experiment: String,
    /// Label of the arm.
    pub arm: String,
    /// Identity of one of its runs.
    pub run: String,
    pub optimizer: OptimizerKind,
    pub form: Form,
    pub mask: Option<Mask>,
    /// λ of the matrices inside blocks; 0 where nothing decays, missing for a form without one.
    pub weight_decay: Option<f64>,
    /// Peak learning rate.
    pub lr: f64,
    pub schedule: ScheduleFacts,
    /// Missing where the optimizer has none.
    pub betas: Option<[f64; 2]>,
    pub eps: Option<f64>,
    pub momentum: Option<f64>,
    /// Bound on the norm of the gradient; missing for none.
    pub clip: Option<f64>,
    pub groups: Vec<ParameterGroup>,
    pub carried: Carried,
    /// What does not carry over, in sentences.
    pub not_carried: Vec<String>,
    /// What is known of the arm, in sentences.
    pub evidence: Vec<String>,
    pub sources: Vec<String>,
    pub code: String,
}

/// The learning rate and λ over the run.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleFacts {
    pub shape: LrShape,
    pub steps: usize,
    pub warmup: usize,
    pub hold: usize,
    pub min_lr_ratio: f64,
    pub decay_schedule: DecaySchedule,
}

/// κ = ηλT in the run, and where it was carried to.
#[derive(Clone, Debug, Serialize)]
pub struct Carried {
    pub kappa: Option<f64>,
    /// τ in steps of the run.
    pub timescale_steps: Option<f64>,
    /// Λ of the run.
    pub total_decay: Option<f64>,
    pub run: RunFacts,
    /// What the code is for; missing where it is for the run's own horizon.
    pub horizon: Option<Moved>,
}

/// The horizon of the run.
#[derive(Clone, Debug, Serialize)]
pub struct RunFacts {
    pub tokens: f64,
    pub tokens_per_step: f64,
    pub steps: usize,
    pub lr: f64,
    pub weight_decay: f64,
}

impl Facts {
    pub fn new(
        experiment: &Experiment,
        arm: &ArmRows,
        was: &Rule,
        rule: &Rule,
        moved: Option<Moved>,
        comments: Comments,
        code: String,
    ) -> Self {
        let recipe = &rule.recipe;
        let reads = |key: &str| recipe.optimizer.reads(key);
        let form = rule.form();
        let has_lambda = form.takes_weight_decay() || form == Form::None;
        let lambda = if form == Form::None { 0.0 } else { rule.bulk_lambda() };
        Facts {
            experiment: experiment.name.clone(),
            arm: arm.label.clone(),
            run: arm.first().run.clone(),
            optimizer: recipe.optimizer,
            form,
            mask: rule.decay.mask.filter(|_| form != Form::None),
            weight_decay: has_lambda.then_some(lambda),
            lr: recipe.lr,
            schedule: ScheduleFacts::of(rule),
            betas: reads("betas").then_some(recipe.betas),
            eps: reads("eps").then_some(recipe.eps),
            momentum: reads("momentum").then_some(recipe.momentum),
            clip: (recipe.clip > 0.0).then_some(recipe.clip),
            groups: rule.groups(),
            carried: Carried::of(was, moved),
            not_carried: comments.not_carried,
            evidence: comments.evidence,
            sources: comments.sources,
            code,
        }
    }

    /// What was exported, for people beside the code.
    pub fn title(&self) -> String {
        format!("exported `{}`: {}, decay `{}`", self.arm, self.optimizer.name(), self.form)
    }
}

impl ScheduleFacts {
    fn of(rule: &Rule) -> Self {
        let recipe = &rule.recipe;
        ScheduleFacts {
            shape: recipe.schedule,
            steps: recipe.steps,
            warmup: recipe.warmup,
            hold: recipe.hold,
            min_lr_ratio: recipe.min_lr_ratio,
            decay_schedule: recipe.decay_schedule,
        }
    }
}

impl Carried {
    fn of(was: &Rule, moved: Option<Moved>) -> Self {
        let steps = was.recipe.steps;
        let tokens_per_step = was.tokens_per_step();
        Carried {
            kappa: was.kappa(),
            timescale_steps: was.timescale(),
            total_decay: was.total_decay(),
            run: RunFacts {
                tokens: steps as f64 * tokens_per_step,
                tokens_per_step,
                steps,
                lr: was.recipe.lr,
                weight_decay: if was.form() == Form::None { 0.0 } else { was.bulk_lambda() },
            },
            horizon: moved,
        }
    }
}
