//! The values of a file by a trainer's names.

mod bent;
mod contradictions;
mod defaults;
mod devices;
mod late;
mod named;
mod roots;
mod shape;
mod spans;
mod strangers;
mod values;

use anyhow::{Result, bail};

use super::name::Name;
use super::{Trainer, optimizers};
use crate::advice::keys::{CALLED_WITHOUT_DECAY, Keys, OPTIMIZER_CALLED};
use crate::advice::run::RunFields;
use crate::published::{Algorithm, Fall};

pub use roots::Timescale;
pub use spans::Unit;

const MOMENTUM: &str = "SGD has its decay in the gradient: with momentum μ weights shrink by ηλ / (1 − μ) a step, so \
                        that what is said of ηλ below holds for λ / (1 − μ)";

/// A file while it is read as a trainer's.
pub struct Reading<'a> {
    trainer: &'a Trainer,
    keys: &'a Keys,
    /// What is known beside the file.
    given: &'a RunFields,
    /// Defaults that were needed.
    pub taken: Vec<String>,
    /// What else is to be known.
    pub said: Vec<String>,
}

impl<'a> Reading<'a> {
    pub fn new(trainer: &'a Trainer, keys: &'a Keys, given: &'a RunFields) -> Self {
        Reading { trainer, keys, given, taken: Vec::new(), said: Vec::new() }
    }

    /// What the file says of the run, with the trainer's defaults.
    ///
    /// # Errors
    /// A value that cannot be read; the message names its key.
    pub fn fields(&mut self) -> Result<RunFields> {
        let falls =
            self.text(Name::Falls)?.is_none_or(|(_, text)| !text.eq_ignore_ascii_case("false"));
        self.refuse_other_accumulation()?;
        let accumulation = self.count(Name::Accumulation)?.unwrap_or(1.0);
        let reads_lowest = falls && !self.is_unread_here(Name::MinLr);
        let times = |sequences: Option<f64>| sequences.map(|one| one * accumulation);
        let mut fields = RunFields {
            batch_sequences: match self.count(Name::Sequences)? {
                Some(sequences) => Some(sequences),
                None => times(self.count(Name::AccumulatedSequences)?),
            },
            context: self.count(Name::Context)?,
            steps: self.count(Name::Steps)?,
            tokens: self.number(Name::Tokens)?,
            lr: self.lr()?,
            min_lr: if reads_lowest { self.number(Name::MinLr)? } else { None },
            warmup: self.number(Name::Warmup)?.filter(|_| falls),
            schedule: if falls { self.schedule()? } else { Some(Fall::Constant) },
            optimizer: self.optimizer()?,
            weight_decay: self.weight_decay()?,
            fall_ends: self.number(Name::FallEnds)?.filter(|_| falls),
            beta1: self.number(Name::Beta1)?,
            width: self.of_shape(Name::Width)?,
            depth: self.of_shape(Name::Depth)?,
            vocabulary: self.vocabulary()?,
            own_shape: self.own_shape(),
            warmup_ratio: self.number(Name::WarmupRatio)?.filter(|_| falls),
            ..RunFields::default()
        };
        if fields.batch_sequences.is_none() {
            self.of_device(&mut fields, accumulation)?;
        }
        if fields.min_lr.is_none() {
            fields.min_lr_ratio = self.number(Name::MinLrRatio)?;
        }
        self.refuse_rise(&fields)?;
        self.refuse_no_lowest(&fields)?;
        let samples = self.number(Name::Samples)?.zip(self.given.context.or(fields.context));
        let of_samples = samples.map(|(samples, context)| samples * context);
        // Training stops at the first of them.
        fields.tokens = fields.tokens.into_iter().chain(of_samples).reduce(f64::min);
        self.independent(&mut fields);
        self.named_model();
        self.trained_in_part();
        let own = self.stated(Name::Optimizer).ok().flatten();
        let is_decoupled = own.is_some_and(|(_, text)| optimizers::decouples_all(&text));
        if fields.optimizer == Some(Algorithm::Sgd) && !is_decoupled {
            self.said.push(MOMENTUM.to_owned());
        }
        self.duration(&mut fields)?;
        if falls {
            self.warmup_span(&mut fields)?;
            self.fall_span(&mut fields)?;
        }
        self.warmup(&mut fields);
        self.late_fall(&mut fields)?;
        self.timescale(&mut fields);
        self.bent(&mut fields);
        self.stop(&mut fields)?;
        let is_long = fields.steps.or(fields.tokens).or(fields.epochs).is_some();
        // A number of steps stands before that of epochs, even where an argument gives the length.
        if !is_long && !self.says(Name::Steps) {
            fields.epochs = self.number(Name::Epochs)?;
        }
        Ok(fields)
    }

    /// Steps of warm-up as a share, and shares of something else than the run.
    fn warmup(&self, fields: &mut RunFields) {
        // transformers 5 has both in one key.
        if let Some(share) = fields.warmup.filter(|steps| *steps > 0.0 && *steps < 1.0) {
            (fields.warmup, fields.warmup_ratio) = (None, Some(share));
        }
        let of_fall = self.trainer.warms_up_for_a_share_of_the_fall && fields.warmup.is_none();
        if let Some((share, end)) = fields.warmup_ratio.zip(fields.fall_ends).filter(|_| of_fall) {
            (fields.warmup, fields.warmup_ratio) = (Some(share * end), None);
        }
    }

    /// λ, where it is one.
    fn weight_decay(&mut self) -> Result<Option<f64>> {
        if self.is_given(Name::WeightDecay) {
            return Ok(None);
        }
        let is_set = |key: &&String| {
            self.keys.get(key).is_some_and(|one| self.is_set(Name::WeightDecay, key, &one.text))
        };
        let changes: Vec<&String> = self.trainer.changes_decay.iter().filter(is_set).collect();
        if changes.is_empty() {
            self.is_called_with_decay()?;
            return self.number(Name::WeightDecay);
        }
        let mut ends = changes.iter().map(|key| self.keys.value(key)?.parse::<f64>().ok());
        let first = ends.next().flatten();
        if changes.len() == self.trainer.changes_decay.len() && ends.all(|one| one == first) {
            return Ok(first);
        }
        let changes: Vec<&str> = changes.into_iter().map(String::as_str).collect();
        self.said.push(format!(
            "λ changes over the run ({}): --weight-decay says what one λ amounts to",
            changes.join(", ")
        ));
        Ok(None)
    }

    /// Says that no rule is for what a file trains, where that is not the whole model.
    fn trained_in_part(&mut self) {
        const PART: &str = "not the whole model is trained, and no rule is for that";
        for (key, whole) in &self.trainer.trains_all {
            if let Some(found) = self.keys.get(key).filter(|_| self.keys.is_unlike(key, whole)) {
                self.said.push(format!("{key} = {}: {PART}", found.text));
            }
        }
        if let Some(adapter) = self.trainer.adapters.iter().find(|one| self.keys.is_called(one)) {
            self.said.push(format!("{adapter} is called: where adapters are trained, {PART}"));
        }
        for (key, silent) in &self.trainer.trains_part {
            let is_its = silent.beside.iter().all(|other| self.keys.contains(other));
            if is_its && !self.keys.contains(key) {
                self.said.push(format!("{key} = {} by default: {PART}", silent.default));
            }
        }
    }

    /// Programs that call an optimizer without its decay have that of its library, not the trainer's.
    fn is_called_with_decay(&self) -> Result<()> {
        let Some(called) = self.keys.get(OPTIMIZER_CALLED) else { return Ok(()) };
        match self.own(Name::WeightDecay).find(|key| self.keys.contains(key)) {
            None => bail!("{} is called without weight_decay: give --weight-decay", called.text),
            Some(key) if self.keys.contains(CALLED_WITHOUT_DECAY) => bail!(
                "{} is called without weight_decay, and {key} of the file is not given to it: give --weight-decay",
                called.text
            ),
            Some(_) => Ok(()),
        }
    }

    /// An optimizer that does not multiply λ by the learning rate means another λ by the same name. The file's λ is of the
    /// file's optimizer, whichever is given beside it.
    fn independent(&mut self, fields: &mut RunFields) {
        let own = self.stated(Name::Optimizer).ok().flatten();
        let is_decoupled = own.is_some_and(|(_, text)| text.to_lowercase().contains("decoupled"));
        // Composer divides by the learning rate that the file has, which is the run's unless another is given.
        let lr = self.given.lr.or(fields.lr).filter(|_| is_decoupled);
        let own = fields.weight_decay.filter(|own| *own > 0.0).zip(lr);
        if let Some((weight_decay, lr)) = own {
            fields.weight_decay = Some(weight_decay / lr);
            self.said.push(format!(
                "its optimizer does not multiply decay by the learning rate: {weight_decay} there is λ = {:.4e} as \
                 PyTorch's AdamW has it",
                weight_decay / lr
            ));
        }
    }

    /// Whether a field is known beside the file, in whatever unit.
    fn is_given(&self, name: Name) -> bool {
        let given = self.given;
        match name {
            Name::Sequences
            | Name::AccumulatedSequences
            | Name::DeviceTotal
            | Name::DeviceSequences
            | Name::Accumulation => given.batch.or(given.batch_sequences).is_some(),
            Name::Context => given.context.is_some(),
            Name::Steps | Name::Samples | Name::Tokens | Name::StopsAt => {
                given.tokens.or(given.steps).is_some()
            }
            // All tokens leave open how often the text is read.
            Name::Duration | Name::Epochs => {
                given.steps.is_some() || given.tokens.and(given.unique_tokens).is_some()
            }
            Name::Lr => given.lr.is_some(),
            Name::MinLr | Name::MinLrRatio => given.min_lr_ratio.is_some(),
            Name::Warmup | Name::WarmupRatio | Name::WarmupSpan => given.warmup.is_some(),
            Name::WeightDecay => given.weight_decay.is_some(),
            Name::Beta1 => given.beta1.is_some(),
            Name::Schedule | Name::FallShare => given.schedule.is_some(),
            Name::WsdSpan => given.schedule.is_some() || given.wsd_fall.is_some(),
            Name::Optimizer => given.optimizer.is_some(),
            Name::Width => given.width.is_some(),
            Name::Depth => given.depth.is_some(),
            Name::Falls | Name::FallEnds | Name::FallSpan | Name::Vocabulary => false,
        }
    }
}
