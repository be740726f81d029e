//! The values of a file by a trainer's names.

mod named;

use anyhow::{Context, Result, bail, ensure};

use super::{Name, Trainer};
use crate::advice::expression::value_of;
use crate::advice::keys::{Doubt, Keys, OPTIMIZER_CALLED};
use crate::advice::run::RunFields;
use crate::published::{Algorithm, Fall};

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
        let accumulation = self.count(Name::Accumulation)?.unwrap_or(1.0);
        let times = |sequences: Option<f64>| sequences.map(|one| one * accumulation);
        let mut fields = RunFields {
            batch_sequences: match self.count(Name::Sequences)? {
                Some(sequences) => Some(sequences),
                None => times(self.count(Name::AccumulatedSequences)?),
            },
            context: self.count(Name::Context)?,
            steps: self.number(Name::Steps)?,
            tokens: self.number(Name::Tokens)?,
            lr: self.number(Name::Lr)?,
            min_lr: self.number(Name::MinLr)?.filter(|_| falls),
            warmup: self.number(Name::Warmup)?.filter(|_| falls),
            schedule: if falls { self.schedule()? } else { Some(Fall::Constant) },
            optimizer: self.optimizer()?,
            weight_decay: self.weight_decay()?,
            fall_ends: self.number(Name::FallEnds)?.filter(|_| falls),
            beta1: self.number(Name::Beta1)?,
            width: self.of_shape(Name::Width)?,
            depth: self.of_shape(Name::Depth)?,
            vocabulary: self.vocabulary()?,
            warmup_ratio: self.number(Name::WarmupRatio)?.filter(|_| falls),
            ..RunFields::default()
        };
        if fields.batch_sequences.is_none() {
            let total = self.count(Name::DeviceTotal)?.filter(|_| !self.has(Name::Accumulation));
            fields.device_sequences = match total {
                Some(total) => Some(total),
                None => times(self.count(Name::DeviceSequences)?),
            };
        }
        self.warmup(&mut fields);
        if fields.min_lr.is_none() {
            fields.min_lr_ratio = self.number(Name::MinLrRatio)?;
        }
        let samples = self.number(Name::Samples)?.zip(self.given.context.or(fields.context));
        let of_samples = samples.map(|(samples, context)| samples * context);
        // Training stops at the first of them.
        fields.tokens = fields.tokens.into_iter().chain(of_samples).reduce(f64::min);
        self.independent(&mut fields)?;
        if fields.optimizer == Some(Algorithm::Sgd) {
            self.said.push(MOMENTUM.to_owned());
        }
        self.duration(&mut fields)?;
        if fields.steps.is_none() && fields.tokens.is_none() && fields.epochs.is_none() {
            fields.epochs = self.number(Name::Epochs)?;
        }
        Ok(fields)
    }

    /// Whether the file says a field.
    fn has(&self, name: Name) -> bool {
        self.trainer.keys.get(&name).into_iter().flatten().any(|key| self.keys.contains(key))
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
        let changes: Vec<String> = self
            .trainer
            .changes_decay
            .iter()
            .filter(|key| self.keys.contains(key))
            .cloned()
            .collect();
        if self.is_given(Name::WeightDecay) {
            return Ok(None);
        }
        if changes.is_empty() {
            self.is_called_with_decay()?;
            return self.number(Name::WeightDecay);
        }
        self.said.push(format!(
            "λ changes over the run ({}): --weight-decay says what one λ amounts to",
            changes.join(", ")
        ));
        Ok(None)
    }

    /// The vocabulary, unless the default is that of another model or text.
    fn vocabulary(&mut self) -> Result<Option<f64>> {
        let keys = self.trainer.keys.get(&Name::Vocabulary).into_iter().flatten();
        let is_given = keys.into_iter().any(|key| self.keys.contains(key));
        let is_own = self.trainer.own_vocabulary.iter().any(|key| self.keys.contains(key));
        let is_own_shape = self.trainer.own_shape.iter().any(|key| self.keys.contains(key));
        if is_own_shape || is_own && !is_given { Ok(None) } else { self.of_shape(Name::Vocabulary) }
    }

    /// A number that only serves to count the parameters, which an argument says too.
    fn of_shape(&mut self, name: Name) -> Result<Option<f64>> {
        let mut own = self.trainer.keys.get(&name).into_iter().flatten();
        let doubt =
            own.find_map(|key| Some((key, self.keys.get(key).filter(|one| one.doubt.is_some())?)));
        let Some((key, found)) = doubt else { return self.number(name) };
        self.said.push(format!("{key} is not known: {}", found.text));
        Ok(None)
    }

    /// Programs that call an optimizer without its decay have that of its library, not the trainer's.
    fn is_called_with_decay(&self) -> Result<()> {
        let mut own = self.trainer.keys.get(&Name::WeightDecay).into_iter().flatten();
        let called = self.keys.get(OPTIMIZER_CALLED);
        if let Some(called) = called.filter(|_| !own.any(|key| self.keys.contains(key))) {
            bail!("{} is called without weight_decay: give --weight-decay", called.text);
        }
        Ok(())
    }

    /// An optimizer that does not multiply λ by the learning rate means another λ by the same name.
    fn independent(&mut self, fields: &mut RunFields) -> Result<()> {
        let own = self.text(Name::Optimizer)?;
        let is_decoupled = own.is_some_and(|(_, text)| text.contains("decoupled"));
        // Composer divides by the learning rate that the file has, which is the run's unless another is given.
        let lr = self.given.lr.or(fields.lr);
        if let Some((weight_decay, lr)) = fields.weight_decay.zip(lr).filter(|_| is_decoupled) {
            fields.weight_decay = Some(weight_decay / lr);
            self.said.push(format!(
                "its optimizer does not multiply decay by the learning rate: {weight_decay} there is λ = {:.4e} as \
                 PyTorch's AdamW has it",
                weight_decay / lr
            ));
        }
        Ok(())
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
            Name::Steps | Name::Samples | Name::Tokens | Name::Duration | Name::Epochs => {
                given.tokens.or(given.steps).is_some()
            }
            Name::Lr => given.lr.is_some(),
            Name::MinLr | Name::MinLrRatio => given.min_lr_ratio.is_some(),
            Name::Warmup | Name::WarmupRatio => given.warmup.is_some(),
            Name::WeightDecay => given.weight_decay.is_some(),
            Name::Beta1 => given.beta1.is_some(),
            Name::Schedule => given.schedule.is_some(),
            Name::Optimizer => given.optimizer.is_some(),
            Name::Width => given.width.is_some(),
            Name::Depth => given.depth.is_some(),
            Name::Falls | Name::FallEnds | Name::Vocabulary => false,
        }
    }

    /// The value of a field with the key that holds it; a default is remembered as taken.
    ///
    /// # Errors
    /// A key that has not one value.
    fn text(&mut self, name: Name) -> Result<Option<(String, String)>> {
        if self.is_given(name) {
            return Ok(None);
        }
        let own: Vec<&String> = self.trainer.keys.get(&name).into_iter().flatten().collect();
        for key in &own {
            let Some(found) = self.keys.get(key) else {
                self.refuse_several(key)?;
                continue;
            };
            match found.doubt {
                None if is_set(&found.text) => {
                    return Ok(Some(((*key).clone(), found.text.clone())));
                }
                // `optimizer = make_it(…)` names none.
                Some(Doubt::NotComputed) if name == Name::Optimizer => {}
                Some(Doubt::NotComputed) => bail!("{key} = {}: expected a number", found.text),
                Some(Doubt::Undecided) => {
                    bail!("{key} is {}: expected one value; say which by an argument", found.text)
                }
                None => {}
            }
        }
        let own = own.into_iter().find(|key| *key != OPTIMIZER_CALLED);
        Ok(self.default_of(name, own.map_or("", |key| key.as_str())))
    }

    /// A key under which a table or a list stands is not silent.
    fn refuse_several(&self, key: &str) -> Result<()> {
        let within = format!("{key}.");
        let inner = self.keys.names().find(|name| name.starts_with(&within));
        ensure!(
            inner.is_none(),
            "{key} is a list or a table ({}): expected one value",
            inner.map_or("", |name| name)
        );
        Ok(())
    }

    /// What the trainer takes where a file is silent; it is remembered as taken.
    fn default_of(&mut self, name: Name, key: &str) -> Option<(String, String)> {
        let default = self.trainer.defaults.get(&name)?;
        let row = format!("{key} = {default}");
        if !key.is_empty() && !self.taken.contains(&row) {
            self.taken.push(row);
        }
        Some((key.to_owned(), default.clone()))
    }

    fn number(&mut self, name: Name) -> Result<Option<f64>> {
        let Some((key, text)) = self.text(name)? else { return Ok(None) };
        let number = value_of(&text, &|_| None);
        let number = number.with_context(|| format!("{key} = {text}: expected a number"))?;
        Ok(Some(number))
    }

    /// A number of things.
    fn count(&mut self, name: Name) -> Result<Option<f64>> {
        let number = self.number(name)?;
        let is_count = number.is_none_or(|number| number >= 1.0 && number.fract() == 0.0);
        let key = self.text(name)?.map_or(String::new(), |(key, _)| key);
        ensure!(
            is_count,
            "{key} = {}: expected a whole number above 0",
            number.unwrap_or_default()
        );
        Ok(number)
    }

    fn duration(&mut self, fields: &mut RunFields) -> Result<()> {
        let Some((key, text)) = self.text(Name::Duration)? else { return Ok(()) };
        let (number, field) = if let Some(number) = text.strip_suffix("ep") {
            (number, &mut fields.epochs)
        } else if let Some(number) = text.strip_suffix("tok").or(text.strip_suffix('T')) {
            (number, &mut fields.tokens)
        } else {
            (text.strip_suffix("ba").unwrap_or(&text), &mut fields.steps)
        };
        let number = value_of(number, &|_| None);
        *field = Some(number.with_context(|| {
            format!(
                "{key} = {text}: expected steps, such as 10000, or 2e12T tokens, 1ep or 10000ba"
            )
        })?);
        Ok(())
    }
}

/// Trainers write "not set" as a word or as −1.
fn is_set(text: &str) -> bool {
    !["-1", "None", "null", ""].contains(&text)
}
