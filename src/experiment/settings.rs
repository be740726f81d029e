//! Every value of a resolved arm, and where it comes from.

use toml::{Table, Value};

use super::arm::{Arm, reads};
use super::spec::Spec;
use crate::config::{HYPERPARAMETERS, Hyperparameter, Named, SHAPE_KEYS, plain};
use crate::published::Transfer;

/// One value of a resolved configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key, as in a spec, such as `train.lr`.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Where it comes from: a place in the spec, a published recipe, or a default.
    pub origin: String,
}

impl Spec {
    /// The values of an arm, in the order of a spec.
    pub fn settings(&self, arm: &Arm) -> Vec<Setting> {
        let setting = |table: &str, key: &str, value: String| Setting {
            key: format!("{table}.{key}"),
            origin: self.origin(arm, table, key),
            value,
        };
        let shape = SHAPE_KEYS.iter().filter_map(|row| Some((row, row.told(&arm.model)?)));
        let model = shape.map(|(row, value)| setting("model", row.key.name, value.to_string()));
        let read = |row: &&Hyperparameter| reads(&arm.decay, &arm.recipe, row.key.name);
        let train = HYPERPARAMETERS
            .iter()
            .filter(read)
            .map(|row| setting("train", row.key.name, (row.get)(&arm.recipe).to_string()));
        let decay = [
            ("form", Some(arm.decay.form.name().to_owned())),
            ("mask", arm.decay.mask.map(|mask| mask.name().to_owned())),
            ("weight_decay", arm.decay.weight_decay.map(plain)),
        ];
        let decay = decay.into_iter().filter_map(|(key, value)| Some(setting("arm", key, value?)));
        model.chain(train).chain(decay).chain(self.of_roles(arm)).collect()
    }

    /// What roles have for themselves.
    fn of_roles(&self, arm: &Arm) -> Vec<Setting> {
        let mut all = Vec::new();
        for (role, terms) in arm.by_role.iter() {
            let said = |key: &str| {
                let own = self.arm_table(arm).and_then(|own| own.get("by_role")?.get(role.name()));
                own.is_some_and(|own| own.get(key).is_some())
            };
            for (key, value) in [("lr", terms.lr), ("weight_decay", terms.weight_decay)] {
                let Some(value) = value else { continue };
                let origin = match said(key) {
                    true => format!("the spec, arm {}", arm.table_index),
                    false => self.origin(arm, "train", "adam.weight_decay"),
                };
                let key = format!("arm.by_role.{role}.{key}");
                all.push(Setting { key, value: plain(value), origin });
            }
        }
        all
    }

    fn origin(&self, arm: &Arm, table: &str, key: &str) -> String {
        if self.arm_table(arm).is_some_and(|own| says(own, key)) {
            return format!("the spec, arm {}", arm.table_index);
        }
        if matches!(self.table.get(table), Some(Value::Table(own)) if says(own, key)) {
            let group = key.split_once('.').map_or(String::new(), |(group, _)| format!(".{group}"));
            return format!("the spec, [{table}{group}]");
        }
        if arm.implied.contains(&key) {
            return match key {
                "adam.lr" => "as train.lr".to_owned(),
                "decay_end" => "implied by the schedule of λ".to_owned(),
                _ => "implied by the optimizer".to_owned(),
            };
        }
        if table == "arm"
            && let Some(origin) = transferred(arm, key)
        {
            return origin;
        }
        let published = arm.published.and_then(|one| Some((one, one.basis(key)?)));
        match (published, table, key) {
            (Some((published, basis)), _, "hold") => {
                format!("recipe {}: its share of the original's steps ({basis})", published.name)
            }
            (Some((published, basis)), ..) => format!("recipe {}: {basis}", published.name),
            (None, "model", key) if arm.model.family.facts().keys.contains(&key) => {
                "implied by the family".to_owned()
            }
            (None, ..) => "default".to_owned(),
        }
    }

    fn arm_table(&self, arm: &Arm) -> Option<&Table> {
        self.table.get("arm")?.as_array()?.get(arm.table_index)?.as_table()
    }
}

/// Whether a table has a key, in a table of its own where the key names one.
fn says(table: &Table, key: &str) -> bool {
    match key.split_once('.') {
        Some((group, name)) => table.get(group).is_some_and(|group| group.get(name).is_some()),
        None => table.contains_key(key),
    }
}

/// What a transfer changes of the published decay.
fn transferred(arm: &Arm, key: &str) -> Option<String> {
    let published = arm.published?;
    match (arm.transfer?, key) {
        (Transfer::None, _) => Some("transfer none".to_owned()),
        (Transfer::Matched, "weight_decay") => {
            let total = published.total_decay()?;
            Some(format!("matched to Λ = {total:.3} of {}", published.model))
        }
        (Transfer::Timescale, "weight_decay") => {
            let epochs = published.timescale_epochs()?;
            Some(format!("matched to τ = {epochs:.3} epochs of {}", published.model))
        }
        (Transfer::Matched | Transfer::Timescale, "form")
            if arm.decay.form != published.recipe.form.value =>
        {
            Some(format!("multiples of `{}` need it", published.recipe.form.value))
        }
        _ => None,
    }
}
