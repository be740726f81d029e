use crate::config::{
    ByRole, Decay, Form, Group, LambdaSchedule, ModelShape, OptimizerKind, Recipe, Role, Schedule,
    timescale_steps, total_decay,
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
        let mut terms = self.by_role.clone();
        if !self.model.has(role) {
            let lr = terms.lr(role).or(self.stand_in(role).and_then(|known| terms.lr(known)));
            lr.into_iter().for_each(|lr| terms.set_lr(role, lr));
            let lambda = terms.weight_decay(role).or(self.lambda_by_analogy(role));
            lambda.into_iter().for_each(|lambda| terms.set_weight_decay(role, lambda));
        }
        Group::of(&self.recipe, &self.decay, &terms, role)
    }

    /// The role whose parameters stand for those of one that the run's model does not have: an embedding is its head.
    fn stand_in(&self, role: Role) -> Option<Role> {
        match role {
            Role::Head => Some(Role::Embedding),
            Role::Bias => Some(Role::Norm),
            _ => None,
        }
    }

    /// λ of a role that the run's model does not have: that of the parameters which stand for it, else that of the others
    /// which its optimizer updates, where they have one of their own.
    fn lambda_by_analogy(&self, role: Role) -> Option<f64> {
        let known = self.stand_in(role).and_then(|known| self.by_role.weight_decay(known));
        let optimizer = self.recipe.optimizer;
        let is_alike = |other: &Role| {
            optimizer.of(role) != optimizer && optimizer.of(*other) == optimizer.of(role)
        };
        let mut others = Role::ALL.into_iter().filter(is_alike);
        known.or_else(|| others.find_map(|other| self.by_role.weight_decay(other)))
    }

    /// Roles that the run's model does not have and its code has a group for.
    pub fn roles_by_analogy(&self) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| !self.model.has(*role)).collect()
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

    /// Whether a step takes a share of the weights away, apart from the update.
    pub fn shrinks_weights(&self) -> bool {
        let form = self.form();
        let is_in_gradient = matches!(form, Form::L2 | Form::L2Loss);
        !is_in_gradient && !matches!(form, Form::None | Form::Hyperball | Form::Matched)
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

    /// Whether its decay is L2 in the gradient of SGD that no clip scales. Momentum μ sums what λ pulls over steps, so that
    /// over more than 1/(1 − μ) of them it is the decay of AdamW with λ/(1 − μ).
    pub fn is_summed_l2(&self) -> bool {
        let is_unscaled = match self.form() {
            Form::L2 => true,
            Form::L2Loss => self.recipe.clip == 0.0,
            _ => false,
        };
        is_unscaled && self.recipe.optimizer == OptimizerKind::Sgd
    }

    /// The form whose law λ follows over many steps.
    pub fn law(&self) -> Form {
        if self.is_summed_l2() { Form::AdamW } else { self.form() }
    }

    /// A λ as that law has it.
    pub fn lambda_of_law(&self, lambda: f64) -> f64 {
        if self.is_summed_l2() { lambda / (1.0 - self.recipe.momentum) } else { lambda }
    }

    /// τ = 1/(ηλ) in steps at the peak, or what stands in its place under the form; `None` without decay and for
    /// forms that have none.
    pub fn timescale(&self) -> Option<f64> {
        // Of λ as it is named, wherever its own schedule begins.
        let schedule = Schedule { lambda: LambdaSchedule::CONSTANT, ..self.bulk_schedule() };
        timescale_steps(self.law(), self.lambda_of_law(self.bulk_lambda()), &schedule)
    }

    /// κ = T/τ, for AdamW ηλT: the total decay of the run, were its learning rate the peak throughout.
    pub fn kappa(&self) -> Option<f64> {
        Some(self.recipe.steps as f64 / self.timescale()?)
    }

    /// Whether those matrices have a learning rate or a λ that is not that of all others.
    pub fn is_bulk_apart(&self) -> bool {
        let own = &self.by_role;
        Role::ALL.into_iter().any(|role| own.lr(role).is_some() || own.weight_decay(role).is_some())
    }

    /// Total decay Λ of those matrices.
    pub fn total_decay(&self) -> Option<f64> {
        let schedule = self.bulk_schedule();
        let lambda = self.lambda_of_law(self.bulk_lambda());
        total_decay(self.law(), lambda, &schedule, self.recipe.steps)
    }

    /// Whether its λ changes over the run.
    pub fn schedules_lambda(&self) -> bool {
        self.form().takes_weight_decay() && self.recipe.decay_schedule != Default::default()
    }
}
