use serde::Serialize;

use super::rule::Rule;
use crate::config::{Form, OptimizerKind, Role};

/// Roles whose parameters are updated alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterGroup {
    pub roles: Vec<Role>,
    pub optimizer: OptimizerKind,
    /// Peak learning rate.
    pub lr: f64,
    /// λ as the form takes it, 0 where nothing decays; `None` for a form without one.
    pub weight_decay: Option<f64>,
    pub decayed: bool,
    /// What the form does to a weight in step t, in symbols.
    pub rate: &'static str,
    #[serde(skip)]
    pub betas: [f64; 2],
    #[serde(skip)]
    pub eps: f64,
    /// Power of η_t/η that stands beside η_t in the rate of a corrected form.
    #[serde(skip)]
    pub power: usize,
}

impl ParameterGroup {
    fn of(rule: &Rule, role: Role) -> Self {
        let (group, form, decayed) = (rule.group(role), rule.form(), rule.decays_role(role));
        let lambda = if decayed { group.weight_decay } else { 0.0 };
        let is_corrected =
            form == Form::CorrectedAll || form == Form::Corrected && role.is_hidden_linear();
        ParameterGroup {
            roles: vec![role],
            optimizer: group.recipe.optimizer,
            lr: group.recipe.lr,
            weight_decay: (form.takes_weight_decay() || !decayed).then_some(lambda),
            decayed,
            rate: if decayed { form.rate(role) } else { "0" },
            betas: group.recipe.betas,
            eps: group.recipe.eps,
            power: usize::from(is_corrected && decayed),
        }
    }

    /// λ as code takes it: 1 where a form without one decays.
    pub fn coefficient(&self) -> f64 {
        self.weight_decay.unwrap_or(1.0)
    }

    fn joins(&self, other: &ParameterGroup) -> bool {
        let other = ParameterGroup { roles: self.roles.clone(), ..other.clone() };
        *self == other
    }
}

impl Rule {
    /// All roles, those that are updated alike together.
    pub fn groups(&self) -> Vec<ParameterGroup> {
        let mut groups: Vec<ParameterGroup> = Vec::new();
        for role in Role::ALL {
            let own = ParameterGroup::of(self, role);
            match groups.iter_mut().find(|group| group.joins(&own)) {
                Some(group) => group.roles.push(role),
                None => groups.push(own),
            }
        }
        groups
    }
}
