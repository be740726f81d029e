//! From what is known of a run to a run: units are checked, since a batch in sequences taken for tokens moves λ by a
//! thousand.

use anyhow::{Context, Result, bail, ensure};

use super::run::{LearningRate, Run, RunFields};
use crate::config::plain;
use crate::published::{Algorithm, Fall};

/// A step of fewer tokens is that of a toy.
const SMALL_BATCH: f64 = 4096.0;
/// A model of fewer parameters is a toy.
const TOY_PARAMS: f64 = 20e6;
/// Nobody trains for more steps.
const MANY_STEPS: f64 = 3e6;
/// κ that no public run comes near.
const MUCH_DECAY: f64 = 200.0;
/// From so many tokens a parameter on, texts are often read again.
const MANY_TOKENS: f64 = 1000.0;
/// Tokens that two ways to say them may differ by.
const AGREES: f64 = 0.02;

impl RunFields {
    /// What `self` says, and what `other` says where `self` says nothing.
    pub fn or(self, other: RunFields) -> RunFields {
        // A batch, a length and a lowest learning rate that are given in any unit replace one in another.
        let has_batch = self.batch.or(self.batch_sequences).is_some();
        let has_length = self.tokens.or(self.steps).is_some();
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
            epochs: self.epochs.or(unless(has_length, other.epochs)),
            unique_tokens: self.unique_tokens.or(other.unique_tokens),
            lr: self.lr.or(other.lr),
            min_lr: self.min_lr.or(unless(has_min, other.min_lr)),
            min_lr_ratio: self.min_lr_ratio.or(other.min_lr_ratio),
            warmup: self.warmup.or(other.warmup),
            warmup_ratio: self.warmup_ratio.or(other.warmup_ratio),
            fall_ends: self.fall_ends.or(other.fall_ends),
            schedule: self.schedule.or(other.schedule),
            optimizer: self.optimizer.or(other.optimizer),
            weight_decay: self.weight_decay.or(other.weight_decay),
            beta1: self.beta1.or(other.beta1),
            width: self.width.or(other.width),
            depth: self.depth.or(other.depth),
            vocabulary: self.vocabulary.or(other.vocabulary),
            rotation: self.rotation.or(other.rotation),
            base: self.base,
        }
    }

    /// The run, and what was concluded for it.
    ///
    /// # Errors
    /// What is missing, or what cannot be meant; the message names the argument that says it.
    pub fn run(&self) -> Result<(Run, Vec<String>)> {
        let mut remarks = Vec::new();
        self.countable()?;
        let batch = self.batch_tokens()?;
        let tokens = self.all_tokens(batch)?;
        let lr = self.learning_rate(tokens / batch)?;
        let run = Run {
            params: self.all_params(&mut remarks)?,
            tokens,
            batch,
            lr,
            unique_tokens: self.unique_tokens.or(self.epochs.map(|epochs| tokens / epochs)),
            optimizer: self.optimizer.unwrap_or(Algorithm::AdamW),
            weight_decay: self.weight_decay,
            beta1: self.beta1.unwrap_or(0.9),
            width: self.width,
            depth: self.depth,
            rotation: self.rotation,
            base: self.base,
        };
        self.plausible(&run, &mut remarks)?;
        Ok((run, remarks))
    }

    /// Sequences, devices and contexts are counted: parts of one are mistakes.
    fn countable(&self) -> Result<()> {
        let counts = [
            ("sequences a step", self.batch_sequences),
            ("sequences a device", self.device_sequences),
            ("--devices", self.devices),
            ("--context", self.context),
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

    fn all_params(&self, remarks: &mut Vec<String>) -> Result<f64> {
        if let Some(params) = self.params {
            return Ok(params);
        }
        let (Some(width), Some(depth)) = (self.width, self.depth) else {
            bail!("give the parameters of the model: --params, such as 124e6 or 1.2B");
        };
        let Some(vocabulary) = self.vocabulary else {
            bail!(
                "give --params: {} blocks of {} channels have about {:.3e} parameters, but the vocabulary is not known",
                plain(depth),
                plain(width),
                12.0 * depth * width * width
            );
        };
        let params = 12.0 * depth * width * width + vocabulary * width;
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
            "a warm-up of {} steps in a run of {}: expected fewer; see --warmup",
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
        Ok(LearningRate { peak, fall, min_ratio, warmup, fall_ends })
    }

    fn plausible(&self, run: &Run, remarks: &mut Vec<String>) -> Result<()> {
        let named = [
            ("--params", Some(run.params)),
            ("--tokens", Some(run.tokens)),
            ("the batch", Some(run.batch)),
            ("--lr", Some(run.lr.peak)),
            ("--unique-tokens", run.unique_tokens),
            ("--width", run.width),
            ("--depth", run.depth),
            ("--base-width", run.base.width),
            ("--base-lr", run.base.lr),
            ("--base-weight-decay", run.base.weight_decay),
            ("--base-steps-per-epoch", run.base.steps_per_epoch),
            ("--rotation", run.rotation),
        ];
        for (name, value) in named {
            let is_size = value.is_none_or(|value| value.is_finite() && value > 0.0);
            let told = plain(value.unwrap_or_default());
            ensure!(is_size, "{name} is {told}; expected a number above 0");
        }
        ensure!(
            run.params >= 1000.0,
            "--params {} are very few parameters; write 610e6 or 610M for millions",
            plain(run.params)
        );
        ensure!(
            run.tokens >= run.batch,
            "--tokens {} is less than one step of {} tokens; write 12.2e9 or 12.2B for billions",
            plain(run.tokens),
            plain(run.batch)
        );
        ensure!(
            (0.0..1.0).contains(&run.beta1),
            "--beta1 {}: expected a number from 0 to below 1",
            plain(run.beta1)
        );
        if self.batch.is_some() {
            in_tokens(run)?;
        }
        if self.devices.is_some() && self.device_sequences.is_none() {
            remarks.push("--devices is not needed: the batch is that of all devices".to_owned());
        }
        takes_a_share(run)?;
        let kappa = run.weight_decay.map(|own| run.kappa(own));
        if let Some(kappa) = kappa.filter(|kappa| *kappa > MUCH_DECAY) {
            remarks.push(format!(
                "κ = ηλT = {kappa:.3e} is far above every public run, whose are from 0.4 to 50: is λ what is meant?"
            ));
        }
        if run.unique_tokens.is_none() && run.tokens_per_param() > MANY_TOKENS {
            remarks.push(format!(
                "{} tokens a parameter: is the text read more than once? --unique-tokens says so, and other rules \
                 hold then",
                plain(run.tokens_per_param().round())
            ));
        }
        if run.lr.peak >= 1.0 && run.optimizer != Algorithm::Sgd {
            remarks.push(format!(
                "a peak learning rate of {} is unusual for {}",
                plain(run.lr.peak),
                run.optimizer.title()
            ));
        }
        Ok(())
    }
}

/// A batch that is given in sequences as if they were tokens shows by its size.
fn in_tokens(run: &Run) -> Result<()> {
    let is_small = run.batch < SMALL_BATCH && run.params >= TOY_PARAMS;
    let is_long = run.batch < 8.0 * SMALL_BATCH && run.steps() > MANY_STEPS;
    let batch = plain(run.batch);
    ensure!(
        !(is_small || is_long),
        "a batch of {batch} tokens makes {} steps for {:.3e} parameters: these are probably sequences. Give \
         --batch-sequences {batch} --context TOKENS",
        plain(run.steps().round()),
        run.params
    );
    Ok(())
}

fn takes_a_share(run: &Run) -> Result<()> {
    let Some(weight_decay) = run.weight_decay else { return Ok(()) };
    let told = plain(weight_decay);
    ensure!(
        weight_decay >= 0.0 && weight_decay.is_finite(),
        "--weight-decay {told}: expected 0 or a number above"
    );
    ensure!(
        weight_decay * run.lr.peak < 1.0,
        "--weight-decay {told} at a learning rate of {} takes away more than a whole weight in a step; expected λ as \
         PyTorch's AdamW has it, below 1/η",
        plain(run.lr.peak)
    );
    Ok(())
}

#[cfg(test)]
mod tests;
