//! What a spec says that nothing reads: values that every role has for itself, terms of a search in a spec that
//! searches nothing, and keys to tune that have but one value.

use super::given::{Given, WrongKey};
use super::{Arm, Spec};
use crate::config::{Form, HYPERPARAMETERS, Mask, Role, Value};

/// Keys of an arm that roles may have for themselves.
const BY_ROLE: [&str; 3] = ["weight_decay", "lr", "adam.lr"];

/// Refuses several values, or a search, for what every role of an arm has for itself: its runs would differ in a number
/// that does nothing, and be compared over it.
///
/// # Errors
/// The message names the key, and the roles.
pub fn check_varied(table: &Given, arm: &Arm) -> Result<(), WrongKey> {
    for key in BY_ROLE.into_iter().filter(|key| table.varies(key)) {
        let concerned: Vec<Role> = arm.concerned(key);
        if concerned.is_empty() || concerned.iter().any(|role| arm.is_read_by(*role, key)) {
            continue;
        }
        let names: Vec<&str> = concerned.into_iter().map(Role::name).collect();
        let why = format!(
            ": every role that it is for ({}) has one of its own, so that nothing reads what stands here; give one \
             number instead of several or a search, or leave a role out of by_role",
            names.join(", ")
        );
        return Err(WrongKey::new(table.at(key), why));
    }
    Ok(())
}

/// Terms of a search where nothing is searched, in a sentence: a spec that searches may be tried with a number in the
/// place of its search.
pub fn unread_search(search: &Given, is_search: bool) -> Option<String> {
    let key = search.keys().next().filter(|_| !is_search)?;
    Some(format!(
        "{}: nothing reads it, since no arm has a value to be found, such as weight_decay = \"search\"",
        search.at(key)
    ))
}

impl Arm {
    /// Roles of its model that a key is for, whether they have a number of their own or not.
    fn concerned(&self, key: &str) -> Vec<Role> {
        let is_left = |role: Role| self.recipe.optimizer.of(role) != self.recipe.optimizer;
        let is_for = |role: &Role| match key {
            "weight_decay" => self.decay.mask.is_some_and(|mask| mask.decays(*role)),
            "adam.lr" => is_left(*role),
            _ => true,
        };
        let of_model = Role::ALL.into_iter().filter(|role| self.model.has(*role));
        of_model.filter(is_for).collect()
    }

    /// Whether a role that a key is for has no number of its own instead.
    fn is_read_by(&self, role: Role, key: &str) -> bool {
        let is_left = self.recipe.optimizer.of(role) != self.recipe.optimizer;
        match key {
            "weight_decay" => self.by_role.weight_decay(role).is_none(),
            // Of what is left to Adam `lr` is the learning rate where `adam.lr` is missing.
            "lr" if is_left && !self.implied.contains(&"adam.lr") => false,
            _ => self.by_role.lr(role).is_none(),
        }
    }

    /// Its value of a key that an arm may tune.
    fn value_of(&self, key: &str) -> Option<Value> {
        match HYPERPARAMETERS.iter().find(|row| row.key.name == key) {
            Some(row) => Some((row.get)(&self.recipe)),
            None => self.decay.weight_decay.map(Value::Number),
        }
    }

    /// What all points of its rule share.
    fn rule(&self) -> (Form, Option<Mask>) {
        (self.decay.form, self.decay.mask)
    }
}

impl Spec {
    /// Keys that given arms tune and that have but one value, so that nothing is compared over them; in sentences.
    pub fn tuned_in_vain_told(&self) -> Vec<String> {
        let mut told = Vec::new();
        for arm in &self.arms {
            for key in arm.tuned.iter().copied() {
                let value = arm.value_of(key).filter(|value| self.has_alone(arm, key, value));
                let Some(value) = value else { continue };
                let line = format!(
                    "arm.{}.tune names {key}, which has one value alone, {value}: nothing is compared over it; give a \
                     list of values, or leave it out of tune",
                    arm.table_index
                );
                if !told.contains(&line) {
                    told.push(line);
                }
            }
        }
        told
    }

    /// Whether all points of an arm's rule have this value; they may stand in several tables.
    fn has_alone(&self, arm: &Arm, key: &'static str, value: &Value) -> bool {
        let is_point = |other: &&Arm| other.rule() == arm.rule() && other.tuned.contains(&key);
        let mut points = self.arms.iter().filter(is_point);
        points.all(|other| other.value_of(key).as_ref() == Some(value))
    }
}
