//! Schedules and optimizers by the names that trainers give them.

use anyhow::{Context, Result, bail};

use super::super::name::Name;
use super::super::optimizers;
use super::Reading;
use crate::published::{Algorithm, Fall};

impl Reading<'_> {
    pub(super) fn schedule(&mut self) -> Result<Option<Fall>> {
        let Some((key, text)) = self.text(Name::Schedule)? else { return Ok(None) };
        match falls(&text.to_lowercase())[..] {
            [fall] | [fall @ Fall::Wsd, Fall::Linear] => Ok(Some(fall)),
            _ => bail!("{key} = {text}: this schedule is not known; give --schedule"),
        }
    }

    pub(super) fn optimizer(&mut self) -> Result<Option<Algorithm>> {
        let switched = self.switched();
        let Some((key, text)) =
            switched.map_or_else(|| self.text(Name::Optimizer), |one| Ok(Some(one)))?
        else {
            return Ok(None);
        };
        let coupled = self.couples_decay(&text.to_lowercase());
        let l2 = self.is_l2(&text).then(|| (key.clone(), text.clone()));
        if let Some((key, text)) = coupled.or(l2) {
            bail!(
                "{key} = {text}: it puts decay into the gradient (L2), which no rule covers; give --optimizer adamw if \
                 the run is to have decoupled decay"
            );
        }
        let algorithm = optimizers::named(&text).with_context(|| {
            format!("{key} = {text}: no rule is known for this optimizer; give --optimizer")
        })?;
        Ok(Some(algorithm))
    }

    /// Whether an optimizer puts decay into the gradient by its name, and nothing says that it does not.
    fn is_l2(&self, optimizer: &str) -> bool {
        let is_true = |key: &String| {
            self.keys.value(key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        self.trainer.l2.contains(&optimizers::bare(optimizer))
            && !optimizers::is_decoupled(optimizer)
            && !self.trainer.decoupled_by.iter().any(is_true)
    }

    /// The key, and its value, that puts decay into the gradient of an Adam. One that is called AdamW decouples it whatever
    /// else is said.
    fn couples_decay(&self, optimizer: &str) -> Option<(String, String)> {
        let is_adam = optimizer.contains("adam") && !optimizer.contains("adamw");
        let said = |(key, couples): (&String, &bool)| {
            let text = self.keys.value(key)?;
            let is_so = text.eq_ignore_ascii_case(if *couples { "true" } else { "false" });
            is_so.then(|| (key.clone(), text.to_owned()))
        };
        self.trainer.l2_where.iter().filter(|_| is_adam).find_map(said)
    }

    /// The optimizer that a key puts in the place of the trainer's own.
    fn switched(&self) -> Option<(String, String)> {
        let is_on = |key: &String| {
            self.keys.value(key).is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        let given = self.is_given(Name::Optimizer);
        let mut on = self.trainer.switches.iter().filter(|(key, _)| !given && is_on(key));
        on.next().map(|(key, name)| (key.clone(), name.clone()))
    }
}

/// The falls that a name in small letters has the words of: two of them are a schedule of another kind.
fn falls(name: &str) -> Vec<Fall> {
    const WORDS: [(&str, Fall); 9] = [
        ("cosine", Fall::Cosine),
        ("warmup_stable", Fall::Wsd),
        ("wsd", Fall::Wsd),
        ("inverse", Fall::InverseSqrt),
        ("inv_sqrt", Fall::InverseSqrt),
        ("constant", Fall::Constant),
        // DeepSpeed's.
        ("warmuplr", Fall::Constant),
        ("warmupdecaylr", Fall::Linear),
        ("linear", Fall::Linear),
    ];
    // A cosine to a power, as optax has it.
    if name.contains("exponent") {
        return Vec::new();
    }
    let of = |name: &str| {
        let own = WORDS.iter().filter(|(word, _)| name.contains(word));
        let mut falls: Vec<Fall> = own.map(|(_, fall)| *fall).collect();
        falls.dedup();
        falls
    };
    // What warms up along a straight line falls as the rest of its name says.
    let without_warmup = of(&name.replace("linear_warmup", "").replace("linearwarmup", ""));
    if without_warmup.is_empty() { of(name) } else { without_warmup }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_two_falls_is_that_of_neither() {
        for (name, fall) in [
            ("cosine_with_warmup", Fall::Cosine),
            ("linearwarmupcosineannealinglr", Fall::Cosine),
            ("optax.warmup_cosine_decay_schedule", Fall::Cosine),
            ("warmupcosinelr", Fall::Cosine),
            ("warmup_stable_decay", Fall::Wsd),
            ("inverse_sqrt_with_warmup", Fall::InverseSqrt),
            ("inverse-square-root", Fall::InverseSqrt),
            ("constant_with_warmup", Fall::Constant),
            ("warmuplr", Fall::Constant),
            ("warmupdecaylr", Fall::Linear),
            ("linear_with_warmup", Fall::Linear),
            ("linear_warmup", Fall::Linear),
        ] {
            assert_eq!(falls(name), [fall], "{name}");
        }
        for name in ["cosine_linear_envelope", "wsd_cosine", "constant_cosine"] {
            assert_eq!(falls(name).len(), 2, "{name}");
        }
        assert_eq!(falls("wsd_linear"), [Fall::Wsd, Fall::Linear]);
        assert!(falls("polynomial").is_empty());
    }
}
