//! From what is known of a run to a run: units are checked, since a batch in sequences taken for tokens moves λ by a
//! thousand.

mod plausible;

use anyhow::{Context, Result, bail, ensure};

use super::run::{LearningRate, Run, RunFields, WSD_FALL};
use crate::config::plain;
use crate::published::{Algorithm, Fall};

/// Tokens that two ways to say them may differ by.
const AGREES: f64 = 0.02;

impl RunFields {
    /// What `self` says, and what `other` says where `self` says nothing.
    pub fn or(self, other: RunFields) -> RunFields {
        // A batch, a length and a lowest learning rate that are given in any unit replace one in another.
        let has_batch = self.batch.or(self.batch_sequences).is_some();
        let has_length = self.tokens.or(self.steps).is_some();
        // All tokens leave open how often the text is read.
        let says_epochs = self.steps.or(self.tokens.and(self.unique_tokens)).is_some();
        let has_min = self.min_lr_ratio.is_some();
        let unless = |given: bool, value: Option<f64>| value.filter(|_| !given);
        RunFields {
            params: self.params.or(other.params),
            tokens: self.tokens.or(unless(has_length, other.tokens)),
            batch: self.batch.or(unless(has_batch, other.batch)),
            batch_sequences: self.batch_sequences.or(unless(has_batch, other.batch_sequences)),
            device_sequences: self.device_sequences.or(unless(has_batch, other.device_sequences)),
            devices: self.devices.or(other.devices),
            context: self.context.or(other.context),
            steps: self.steps.or(unless(has_length, other.steps)),
            epochs: self.epochs.or(unless(says_epochs, other.epochs)),
            unique_tokens: self.unique_tokens.or(other.unique_tokens),
            lr: self.lr.or(other.lr),
            min_lr: self.min_lr.or(unless(has_min, other.min_lr)),
            min_lr_ratio: self.min_lr_ratio.or(other.min_lr_ratio),
            warmup: self.warmup.or(other.warmup),
            warmup_ratio: self.warmup_ratio.or(other.warmup_ratio),
            fall_ends: self.fall_ends.or(other.fall_ends),
            schedule: self.schedule.or(other.schedule),
            wsd_fall: self.wsd_fall.or(unless(self.schedule.is_some(), other.wsd_fall)),
            optimizer: self.optimizer.or(other.optimizer),
            weight_decay: self.weight_decay.or(other.weight_decay),
            beta1: self.beta1.or(other.beta1),
            width: self.width.or(other.width),
            depth: self.depth.or(other.depth),
            vocabulary: self.vocabulary.or(other.vocabulary),
            own_shape: self.own_shape.or(other.own_shape),
            rotation: self.rotation.or(other.rotation),
            base: self.base,
        }
    }

    /// The run; `remarks` get what was concluded for it.
    ///
    /// # Errors
    /// What is missing, or what cannot be meant; the message names the argument that says it.
    pub fn run(&self, remarks: &mut Vec<String>) -> Result<Run> {
        self.countable()?;
        let batch = self.batch_tokens()?;
        let tokens = self.all_tokens(batch)?;
        let lr = self.learning_rate(tokens / batch)?;
        let run = Run {
            params: self.all_params(remarks)?,
            tokens,
            batch,
            lr,
            unique_tokens: self.all_unique(tokens, remarks),
            optimizer: self.optimizer.unwrap_or(Algorithm::AdamW),
            weight_decay: self.weight_decay,
            beta1: self.beta1.unwrap_or(0.9),
            width: self.width,
            depth: self.depth,
            rotation: self.rotation,
            base: self.base,
        };
        self.plausible(&run, remarks)?;
        Ok(run)
    }

    /// Sequences, devices, contexts, channels and blocks are counted: parts of one are mistakes.
    fn countable(&self) -> Result<()> {
        let counts = [
            ("sequences a step", self.batch_sequences),
            ("sequences a device", self.device_sequences),
            ("--devices", self.devices),
            ("--context", self.context),
            ("the steps of the run", self.steps),
            ("--width", self.width),
            ("--depth", self.depth),
        ];
        for (name, count) in counts {
            let is_count = count.is_none_or(|count| count >= 1.0 && count.fract() == 0.0);
            ensure!(
                is_count,
                "{name}: {}; expected a whole number above 0",
                plain(count.unwrap_or_default())
            );
        }
        Ok(())
    }

    fn batch_tokens(&self) -> Result<f64> {
        if let Some(batch) = self.batch {
            return Ok(batch);
        }
        let sequences = match (self.batch_sequences, self.device_sequences) {
            (Some(sequences), _) => sequences,
            (None, Some(of_device)) => {
                let devices = self.devices.with_context(|| {
                    format!(
                        "a step of one device has {} sequences; give --devices, how many share a step",
                        plain(of_device)
                    )
                })?;
                of_device * devices
            }
            (None, None) => {
                bail!("give the batch: --batch TOKENS, or --batch-sequences N --context TOKENS")
            }
        };
        let context = self.context.with_context(|| {
            let sequences = plain(sequences);
            format!("a step has {sequences} sequences; give --context, the tokens of a sequence")
        })?;
        Ok(sequences * context)
    }

    fn all_tokens(&self, batch: f64) -> Result<f64> {
        let by_steps = self.steps.map(|steps| steps * batch);
        let by_epochs = self.epochs.zip(self.unique_tokens).map(|(epochs, unique)| epochs * unique);
        match (self.tokens, by_steps.or(by_epochs)) {
            (Some(tokens), Some(other)) => {
                ensure!(
                    (tokens / other - 1.0).abs() <= AGREES,
                    "{tokens:.4e} tokens are given, but steps × batch, or epochs × unique tokens, are {other:.4e}; \
                     give one of them"
                );
                Ok(tokens)
            }
            (Some(tokens), None) | (None, Some(tokens)) => Ok(tokens),
            (None, None) if self.epochs.is_some() => {
                bail!("the length is given in epochs; give --unique-tokens, the tokens of the text")
            }
            (None, None) => bail!("give the length of the run: --tokens, or --steps"),
        }
    }

    /// Tokens of the text.
    fn all_unique(&self, tokens: f64, remarks: &mut Vec<String>) -> Option<f64> {
        let unique = self.unique_tokens.or(self.epochs.map(|epochs| tokens / epochs))?;
        if let Some(epochs) = self.epochs.filter(|epochs| *epochs > 1.0 && self.tokens.is_some()) {
            remarks.push(format!(
                "{:.4e} tokens in {} epochs of {unique:.4e}; --unique-tokens says otherwise",
                tokens,
                plain(epochs)
            ));
        }
        Some(unique)
    }

    fn all_params(&self, remarks: &mut Vec<String>) -> Result<f64> {
        if let Some(params) = self.params {
            return Ok(params);
        }
        let (Some(width), Some(depth)) = (self.width, self.depth) else {
            bail!("give the parameters of the model: --params, such as 124e6 or 1.2B");
        };
        let blocks = 12.0 * depth * width * width;
        if let Some(own) = &self.own_shape {
            bail!("give --params: {own} makes blocks of another shape than is counted here");
        }
        let Some(vocabulary) = self.vocabulary else {
            bail!(
                "give --params: {} blocks of {} channels have about {blocks:.3e} parameters, but the vocabulary is not known",
                plain(depth),
                plain(width)
            );
        };
        let params = blocks + vocabulary * width;
        remarks.push(format!(
            "{:.4e} parameters by 12 × blocks × channels² + vocabulary × channels; --params says better",
            params
        ));
        Ok(params)
    }

    fn learning_rate(&self, steps: f64) -> Result<LearningRate> {
        let peak = self.lr.context("give the peak learning rate of the hidden matrices: --lr")?;
        let min_ratio = self.min_lr_ratio.or(self.min_lr.map(|min| min / peak)).unwrap_or(0.0);
        ensure!(
            (0.0..=1.0).contains(&min_ratio),
            "the last learning rate is {} times the peak; expected a share from 0 to 1",
            plain(min_ratio)
        );
        ensure!(steps > 0.0, "the run has no steps; expected --tokens or --steps above 0");
        let warmup = self.warmup.filter(|steps| *steps > 0.0 || self.warmup_ratio.is_none());
        let warmup = warmup.or(self.warmup_ratio.map(|ratio| ratio * steps)).unwrap_or(0.0);
        ensure!(
            (0.0..steps).contains(&warmup),
            "a warm-up of {} steps in a run of {}: expected 0 or more, and fewer than the run has; see --warmup",
            plain(warmup),
            plain(steps.round())
        );
        // A lowest learning rate that is the peak is no fall.
        let (fall, min_ratio) = match self.schedule {
            Some(_) if min_ratio == 1.0 => (Some(Fall::Constant), 1.0),
            Some(Fall::Constant) => (Some(Fall::Constant), 1.0),
            fall => (fall, min_ratio),
        };
        let fall_ends = self.fall_ends.filter(|ends| *ends != steps && *ends > 0.0);
        let wsd_fall = self.wsd_fall()?;
        Ok(LearningRate { peak, fall, wsd_fall, min_ratio, warmup, fall_ends })
    }

    /// The share over which `wsd` falls, which no other schedule has.
    fn wsd_fall(&self) -> Result<f64> {
        let Some(share) = self.wsd_fall else { return Ok(WSD_FALL) };
        ensure!(
            self.schedule == Some(Fall::Wsd),
            "--wsd-fall {}: only --schedule wsd falls over a share of the run at its end",
            plain(share)
        );
        ensure!(
            share > 0.0 && share <= 1.0,
            "--wsd-fall {}: expected a share of the run, above 0 and at most 1",
            plain(share)
        );
        Ok(share)
    }
}

#[cfg(test)]
mod tests;
