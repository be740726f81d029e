//! Keys that others have for what a trainer's file is silent about: its default would stand in the place of what the file
//! says.

use anyhow::{Result, bail};

use super::super::name::Name;
use super::Reading;
use super::values::help;

const BATCH: &[&str] = &["batch_size", "train_batch_size", "global_batch_size", "micro_batch_size"];
const ACCUMULATION: &[&str] = &[
    "accumulate_grad_batches",
    "accumulation_steps",
    "grad_acc_steps",
    "grad_accum",
    "grad_accum_steps",
    "gradient_accumulation",
    "gradient_accumulation_steps",
];
const SCHEDULE: &[&str] = &[
    "decay_type",
    "lr_decay_style",
    "lr_schedule",
    "lr_scheduler",
    "sched",
    "schedule",
    "scheduler",
];
/// Parts of the names of keys that are about something else than training.
const ELSEWHERE: [&str; 4] = ["eval", "val", "test", "generation"];

/// The last parts of such keys.
fn others(name: Name) -> &'static [&'static str] {
    match name {
        Name::Sequences | Name::AccumulatedSequences | Name::DeviceSequences => BATCH,
        Name::Accumulation => ACCUMULATION,
        Name::Lr => &["lr", "learning_rate", "max_lr", "peak_lr"],
        Name::MinLr | Name::MinLrRatio => &["eta_min", "lr_min", "min_lr", "min_lr_ratio"],
        Name::Warmup => &["num_warmup_steps", "warmup", "warmup_iters", "warmup_steps"],
        Name::WeightDecay => &["wd", "weight_decay"],
        Name::Beta1 => &["adam_beta1", "beta1", "betas.0"],
        Name::Schedule => SCHEDULE,
        _ => &[],
    }
}

impl Reading<'_> {
    /// A key of the file that is none of the trainer's and by its name says a field.
    pub(super) fn stranger(&self, name: Name) -> Option<String> {
        let is_known = |key: &str| self.trainer.keys.values().flatten().any(|own| own == key);
        let says = |key: &&String| {
            let plain = key.to_lowercase().replace('-', "_");
            let ends = |end: &&str| plain == **end || plain.ends_with(&format!(".{end}"));
            let is_elsewhere = plain.split(['.', '_']).any(|part| ELSEWHERE.contains(&part));
            others(name).iter().any(ends) && !is_elsewhere && !is_known(key)
        };
        self.keys.names().find(says).cloned()
    }

    /// Remembers that no default is taken, since a key of others may say it.
    pub(super) fn pass_over(&mut self, name: Name, key: &str) {
        let told = format!(
            "`{key}` is none of {}'s keys, and no default is taken in its place{}",
            self.trainer.name,
            help(name)
        );
        if !self.said.contains(&told) {
            self.said.push(told);
        }
    }

    /// A batch is not known where a key of others may multiply it, unless it is that of a whole step.
    ///
    /// # Errors
    /// Such a key, beside which no batch is given.
    pub(super) fn refuse_other_accumulation(&self) -> Result<()> {
        let is_known = self.is_given(Name::Accumulation)
            || [Name::Accumulation, Name::Sequences, Name::DeviceTotal]
                .into_iter()
                .any(|name| self.says(name));
        if is_known {
            return Ok(());
        }
        let multiplies = self.own(Name::Accumulation).next().is_some();
        match self.stranger(Name::Accumulation).filter(|_| multiplies) {
            Some(key) => bail!(
                "`{key}` is none of {}'s keys and may multiply the batch{}",
                self.trainer.name,
                help(Name::Accumulation)
            ),
            None => Ok(()),
        }
    }
}
