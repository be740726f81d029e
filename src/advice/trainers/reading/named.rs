//! Schedules and optimizers by the names that trainers give them.

use anyhow::{Result, bail, ensure};

use super::super::Name;
use super::Reading;
use crate::published::{Algorithm, Fall};

impl Reading<'_> {
    pub(super) fn schedule(&mut self) -> Result<Option<Fall>> {
        let Some((key, text)) = self.text(Name::Schedule)? else { return Ok(None) };
        let lower = text.to_lowercase();
        let known = [
            ("cosine", Fall::Cosine),
            ("warmup_stable", Fall::Wsd),
            ("wsd", Fall::Wsd),
            ("inverse", Fall::InverseSqrt),
            ("inv_sqrt", Fall::InverseSqrt),
            ("constant", Fall::Constant),
            ("linear", Fall::Linear),
            // DeepSpeed's, the longer name first.
            ("warmupdecaylr", Fall::Linear),
            ("warmuplr", Fall::Constant),
        ];
        let found = known.iter().find(|(word, _)| lower.contains(word));
        match found {
            Some((_, fall)) => Ok(Some(*fall)),
            None => bail!("{key} = {text}: this schedule is not known; give --schedule"),
        }
    }

    pub(super) fn optimizer(&mut self) -> Result<Option<Algorithm>> {
        let switched = self.switched();
        let Some((key, text)) =
            switched.map_or_else(|| self.text(Name::Optimizer), |one| Ok(Some(one)))?
        else {
            return Ok(None);
        };
        let lower = text.to_lowercase();
        let l2 = self.couples_decay(&lower);
        if let Some((key, text)) =
            l2.or(self.trainer.l2.contains(&text).then_some((key.clone(), text.clone())))
        {
            bail!(
                "{key} = {text}: it puts decay into the gradient (L2), which no rule covers; give --optimizer adamw if \
                 the run is to have decoupled decay"
            );
        }
        let others = [
            "galore",
            "schedule_free",
            "schedulefree",
            "radam",
            "lomo",
            "apollo",
            "grokadamw",
            "badam",
            "adam_mini",
            "chain",
            "multi_transform",
            "partition",
            "inject_hyperparams",
        ];
        ensure!(
            !others.iter().any(|other| lower.contains(other)),
            "{key} = {text}: no rule covers this optimizer; give --optimizer"
        );
        let known = [
            ("adafactor", Algorithm::Adafactor),
            ("muon", Algorithm::Muon),
            ("lion", Algorithm::Lion),
            ("soap", Algorithm::Soap),
            ("shampoo", Algorithm::Shampoo),
            ("nadamw", Algorithm::NAdamW),
            ("decoupled_adamw", Algorithm::AdamW),
            ("adam", Algorithm::AdamW),
            ("sgd", Algorithm::Sgd),
        ];
        match known.iter().find(|(word, _)| lower.contains(word)) {
            Some((_, algorithm)) => Ok(Some(*algorithm)),
            None => bail!("{key} = {text}: this optimizer is not known; give --optimizer"),
        }
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
