use crate::config::{
    ByRole, Decay, Form, Group, LambdaSchedule, ModelShape, Recipe, Role, Schedule, timescale_steps,
};

/// Everything that an arm trains by.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub model: ModelShape,
    pub recipe: Recipe,
    pub decay: Decay,
    pub by_role: ByRole,
}

impl Rule {
    /// How it updates the parameters of a role.
    pub fn group(&self, role: Role) -> Group {
        let group = Group::of(&self.recipe, &self.decay, &self.by_role, role);
        // Where the run has no such parameters, λ is that of those which stand for them: an embedding is its model's head.
        let known = match role {
            Role::Head => Role::Embedding,
            Role::Bias => Role::Norm,
            _ => return group,
        };
        let is_known = self.model.has(role) || self.by_role.weight_decay(role).is_some();
        match self.by_role.weight_decay(known) {
            Some(weight_decay) if !is_known => Group { weight_decay, ..group },
            _ => group,
        }
    }

    /// Whether it decays the parameters of a role.
    pub fn decays_role(&self, role: Role) -> bool {
        self.decay.acts_on(role, self.group(role).weight_decay)
    }

    /// Its form; that of no decay where nothing decays.
    pub fn form(&self) -> Form {
        let decays = Role::ALL.into_iter().any(|role| self.decays_role(role));
        if decays { self.decay.form } else { Form::None }
    }

    /// The learning rate and λ of the matrices inside blocks, the bulk of a model, over the run.
    pub fn bulk_schedule(&self) -> Schedule {
        self.group(Role::Mlp).recipe.lr_schedule()
    }

    /// λ of those matrices.
    pub fn bulk_lambda(&self) -> f64 {
        self.group(Role::Mlp).weight_decay
    }

    /// Training tokens of a step.
    pub fn tokens_per_step(&self) -> f64 {
        let Recipe { batch, accumulate, .. } = self.recipe;
        batch as f64 * accumulate as f64 * self.model.context as f64
    }

    /// τ = 1/(ηλ) in steps at the peak, or what stands in its place under the form; `None` without decay and for
    /// forms that have none.
    pub fn timescale(&self) -> Option<f64> {
        // Of λ as it is named, wherever its own schedule begins.
        let schedule = Schedule { lambda: LambdaSchedule::CONSTANT, ..self.bulk_schedule() };
        timescale_steps(self.form(), self.bulk_lambda(), &schedule)
    }

    /// κ = T/τ, for AdamW ηλT: the total decay of the run, were its learning rate the peak throughout.
    pub fn kappa(&self) -> Option<f64> {
        Some(self.recipe.steps as f64 / self.timescale()?)
    }

    /// Whether those matrices have a learning rate or a λ that is not that of all others.
    pub fn is_bulk_apart(&self) -> bool {
        let own = &self.by_role;
        own.lr(Role::Mlp).is_some() || own.weight_decay(Role::Mlp).is_some()
    }

    /// Whether its λ changes over the run.
    pub fn schedules_lambda(&self) -> bool {
        self.form().takes_weight_decay() && self.recipe.decay_schedule != Default::default()
    }
}
