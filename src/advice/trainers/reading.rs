//! The values of a file by a trainer's names.

use anyhow::{Context, Result, bail, ensure};

use super::{Keys, Name, Trainer};
use crate::advice::expression::value_of;
use crate::advice::run::RunFields;
use crate::published::{Algorithm, Fall};

/// A file while it is read as a trainer's.
pub struct Reading<'a> {
    trainer: &'a Trainer,
    keys: &'a Keys,
    /// Defaults that were needed.
    pub taken: Vec<String>,
    /// What else is to be known.
    pub said: Vec<String>,
}

impl<'a> Reading<'a> {
    pub fn new(trainer: &'a Trainer, keys: &'a Keys) -> Self {
        Reading { trainer, keys, taken: Vec::new(), said: Vec::new() }
    }

    /// What the file says of the run, with the trainer's defaults.
    ///
    /// # Errors
    /// A value that cannot be read; the message names its key.
    pub fn fields(&mut self) -> Result<RunFields> {
        let falls =
            self.text(Name::Falls).is_none_or(|(_, text)| !text.eq_ignore_ascii_case("false"));
        let accumulation = self.count(Name::Accumulation)?.unwrap_or(1.0);
        let times = |sequences: Option<f64>| sequences.map(|one| one * accumulation);
        let mut fields = RunFields {
            batch_sequences: times(self.count(Name::Sequences)?),
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
            width: self.number(Name::Width)?,
            depth: self.number(Name::Depth)?,
            vocabulary: self.vocabulary()?,
            warmup_ratio: self.number(Name::WarmupRatio)?.filter(|_| falls),
            ..RunFields::default()
        };
        if fields.batch_sequences.is_none() {
            fields.device_sequences = times(self.count(Name::DeviceSequences)?);
        }
        if fields.min_lr.is_none() {
            fields.min_lr_ratio = self.number(Name::MinLrRatio)?;
        }
        let samples = self.number(Name::Samples)?.zip(fields.context);
        fields.tokens = fields.tokens.or(samples.map(|(samples, context)| samples * context));
        self.independent(&mut fields);
        self.duration(&mut fields)?;
        if fields.steps.is_none() && fields.tokens.is_none() && fields.epochs.is_none() {
            fields.epochs = self.number(Name::Epochs)?;
        }
        Ok(fields)
    }

    /// λ, where it is one.
    fn weight_decay(&mut self) -> Result<Option<f64>> {
        let changes: Vec<String> = self
            .trainer
            .changes_decay
            .iter()
            .filter(|key| self.keys.contains_key(*key))
            .cloned()
            .collect();
        if changes.is_empty() {
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
        let is_given = keys.into_iter().any(|key| self.keys.contains_key(key));
        let is_own = self.trainer.own_vocabulary.iter().any(|key| self.keys.contains_key(key));
        let is_own_shape = self.trainer.own_shape.iter().any(|key| self.keys.contains_key(key));
        if is_own_shape || is_own && !is_given { Ok(None) } else { self.number(Name::Vocabulary) }
    }

    /// An optimizer that does not multiply λ by the learning rate means another λ by the same name.
    fn independent(&mut self, fields: &mut RunFields) {
        let is_decoupled =
            self.text(Name::Optimizer).is_some_and(|(_, text)| text.contains("decoupled"));
        if let Some((weight_decay, lr)) =
            fields.weight_decay.zip(fields.lr).filter(|_| is_decoupled)
        {
            fields.weight_decay = Some(weight_decay / lr);
            self.said.push(format!(
                "its optimizer does not multiply decay by the learning rate: {weight_decay} there is λ = {:.4e} as \
                 PyTorch's AdamW has it",
                weight_decay / lr
            ));
        }
    }

    /// The value of a field with the key that holds it; a default is remembered as taken.
    fn text(&mut self, name: Name) -> Option<(String, String)> {
        let own = self.trainer.keys.get(&name).into_iter().flatten();
        let found = own.clone().find_map(|key| Some((key.clone(), self.keys.get(key)?.clone())));
        // Trainers write "not set" as a word or as −1.
        let is_set =
            |(_, text): &(String, String)| !["-1", "None", "null", ""].contains(&text.as_str());
        found.filter(is_set).or_else(|| {
            let default = self.trainer.defaults.get(&name)?;
            let key = own.clone().next().map_or("", String::as_str);
            let row = format!("{key} = {default}");
            if !key.is_empty() && !self.taken.contains(&row) {
                self.taken.push(row);
            }
            Some((key.to_owned(), default.clone()))
        })
    }

    fn number(&mut self, name: Name) -> Result<Option<f64>> {
        let Some((key, text)) = self.text(name) else { return Ok(None) };
        let number = value_of(&text, &|_| None);
        let number = number.with_context(|| format!("{key} = {text}: expected a number"))?;
        Ok(Some(number))
    }

    /// A number of things.
    fn count(&mut self, name: Name) -> Result<Option<f64>> {
        let number = self.number(name)?;
        let is_count = number.is_none_or(|number| number >= 1.0 && number.fract() == 0.0);
        let key = self.text(name).map_or(String::new(), |(key, _)| key);
        ensure!(
            is_count,
            "{key} = {}: expected a whole number above 0",
            number.unwrap_or_default()
        );
        Ok(number)
    }

    fn duration(&mut self, fields: &mut RunFields) -> Result<()> {
        let Some((key, text)) = self.text(Name::Duration) else { return Ok(()) };
        let (number, field) = if let Some(number) = text.strip_suffix("ep") {
            (number, &mut fields.epochs)
        } else if let Some(number) = text.strip_suffix('T') {
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

    fn schedule(&mut self) -> Result<Option<Fall>> {
        let Some((key, text)) = self.text(Name::Schedule) else { return Ok(None) };
        let lower = text.to_lowercase();
        let known = [
            ("cosine", Fall::Cosine),
            ("warmup_stable", Fall::Wsd),
            ("wsd", Fall::Wsd),
            ("inverse", Fall::InverseSqrt),
            ("inv_sqrt", Fall::InverseSqrt),
            ("constant", Fall::Constant),
            ("linear", Fall::Linear),
        ];
        let found = known.iter().find(|(word, _)| lower.contains(word));
        match found {
            Some((_, fall)) => Ok(Some(*fall)),
            None => bail!("{key} = {text}: this schedule is not known; give --schedule"),
        }
    }

    fn optimizer(&mut self) -> Result<Option<Algorithm>> {
        let Some((key, text)) = self.text(Name::Optimizer) else { return Ok(None) };
        let lower = text.to_lowercase();
        ensure!(
            !self.trainer.l2.contains(&text),
            "{key} = {text}: it puts decay into the gradient (L2), which no rule covers; give --optimizer adamw if \
             the run is to have decoupled decay"
        );
        let others =
            ["galore", "schedule_free", "schedulefree", "radam", "lomo", "apollo", "grokadamw"];
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
}
