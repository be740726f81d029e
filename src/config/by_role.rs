//! What is said of the parameters of one role alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Role;
use super::value::plain;

/// Numbers that the parameters of one role have for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleTerms {
    /// Peak learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr: Option<f64>,
    /// λ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
}

/// The same by role; roles that are not named have what the run has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByRole(BTreeMap<Role, RoleTerms>);

impl ByRole {
    /// Nothing of its own.
    pub const NONE: ByRole = ByRole(BTreeMap::new());

    /// Whether no role has anything of its own.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The peak learning rate that a role has for itself.
    pub fn lr(&self, role: Role) -> Option<f64> {
        self.0.get(&role)?.lr
    }

    /// The λ that a role has for itself.
    pub fn weight_decay(&self, role: Role) -> Option<f64> {
        self.0.get(&role)?.weight_decay
    }

    /// What the roles have that are named, in the order of the roles.
    pub fn iter(&self) -> impl Iterator<Item = (Role, RoleTerms)> + '_ {
        self.0.iter().map(|(role, terms)| (*role, *terms))
    }

    /// Gives a role a peak learning rate of its own.
    pub fn set_lr(&mut self, role: Role, lr: f64) {
        self.0.entry(role).or_default().lr = Some(lr);
    }

    /// Gives a role a λ of its own.
    pub fn set_weight_decay(&mut self, role: Role, weight_decay: f64) {
        self.0.entry(role).or_default().weight_decay = Some(weight_decay);
    }

    /// The learning rates alone.
    pub fn without_decay(&self) -> Self {
        let lr = |(role, terms): (Role, RoleTerms)| {
            terms.lr.map(|lr| (role, RoleTerms { lr: Some(lr), weight_decay: None }))
        };
        ByRole(self.iter().filter_map(lr).collect())
    }

    /// The learning rates in one line, such as `embedding.lr=0.001`; empty for none.
    pub fn lr_label(&self) -> String {
        self.label("lr", |terms| terms.lr)
    }

    /// The λ in one line, such as `embedding.weight_decay=0`; empty for none.
    pub fn decay_label(&self) -> String {
        self.label("weight_decay", |terms| terms.weight_decay)
    }

    fn label(&self, key: &str, of: fn(RoleTerms) -> Option<f64>) -> String {
        let word =
            |(role, terms): (Role, RoleTerms)| Some(format!("{role}.{key}={}", plain(of(terms)?)));
        self.iter().filter_map(word).collect::<Vec<_>>().join(" ")
    }
}
