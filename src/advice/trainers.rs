//! What other trainers call things: a TOML file a trainer, with its keys and what it takes where a file is silent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::config_file::Keys;
use super::expression::value_of;
use super::run::RunFields;
use crate::published::{Algorithm, Fall};

const FILES: [&str; 7] = [
    include_str!("trainers/nanogpt.toml"),
    include_str!("trainers/transformers.toml"),
    include_str!("trainers/lingua.toml"),
    include_str!("trainers/olmo.toml"),
    include_str!("trainers/megatron.toml"),
    include_str!("trainers/torchtitan.toml"),
    include_str!("trainers/litgpt.toml"),
];

/// So many of its marks tell a trainer.
const ENOUGH_MARKS: usize = 2;

/// A trainer's configuration files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trainer {
    /// As people call it.
    pub name: String,
    /// Keys that tell its files from those of others.
    marks: Vec<String>,
    /// Its keys for a field; the first that a file has counts.
    keys: BTreeMap<Name, Vec<String>>,
    /// What it takes where a file is silent.
    defaults: BTreeMap<Name, String>,
    /// Keys that change the run and are not read.
    #[serde(default)]
    unread: Vec<String>,
    /// Keys with which the default vocabulary is not the run's.
    #[serde(default)]
    own_vocabulary: Vec<String>,
    /// Its optimizers that put decay into the gradient of Adam.
    #[serde(default)]
    l2: Vec<String>,
}

/// A field as it stands in a trainer's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    /// Sequences a step of all devices, to be multiplied by `Accumulation`.
    Sequences,
    DeviceSequences,
    Accumulation,
    Context,
    Steps,
    Samples,
    Tokens,
    /// Steps, or with a letter after it tokens, epochs or batches.
    Duration,
    Epochs,
    Lr,
    MinLr,
    MinLrRatio,
    Warmup,
    WarmupRatio,
    WeightDecay,
    Beta1,
    Schedule,
    /// Whether the learning rate changes at all.
    Falls,
    Optimizer,
    Width,
    Depth,
    Vocabulary,
}

static ALL: LazyLock<Vec<Trainer>> = LazyLock::new(|| {
    FILES.iter().map(|text| toml::from_str(text).expect("the tests read every file")).collect()
});

impl Trainer {
    /// Every name.
    pub fn names() -> Vec<&'static str> {
        ALL.iter().map(|trainer| trainer.name.as_str()).collect()
    }

    /// The trainer most of whose marks a file has, where it has a batch or a length too.
    ///
    /// # Errors
    /// A file that is as much one trainer's as another's.
    pub fn of(keys: &Keys) -> Result<Option<&'static Trainer>> {
        let marks = |trainer: &Trainer| {
            trainer.marks.iter().filter(|mark| keys.contains_key(*mark)).count()
        };
        let most = ALL.iter().map(marks).max().unwrap_or(0);
        let best: Vec<&Trainer> = ALL.iter().filter(|trainer| marks(trainer) == most).collect();
        match best[..] {
            _ if most < ENOUGH_MARKS => Ok(None),
            [only] => Ok(Some(only).filter(|only| only.says_how_much(keys))),
            _ => {
                let names: Vec<&str> = best.iter().map(|one| one.name.as_str()).collect();
                bail!(
                    "its keys are those of {} alike; give the run by arguments",
                    names.join(" and of ")
                )
            }
        }
    }

    /// Whether a file says how much is read in a step or in all: a run is not made of defaults alone.
    fn says_how_much(&self, keys: &Keys) -> bool {
        let amounts = [
            Name::Sequences,
            Name::DeviceSequences,
            Name::Steps,
            Name::Samples,
            Name::Tokens,
            Name::Duration,
            Name::Epochs,
        ];
        let own = amounts.iter().filter_map(|name| self.keys.get(name)).flatten();
        own.into_iter().any(|key| keys.contains_key(key))
    }

    /// The run of a file, and remarks on what was taken for it.
    ///
    /// # Errors
    /// A value that is no number; the message names its key.
    pub fn read(&self, keys: &Keys) -> Result<(RunFields, Vec<String>)> {
        let mut reading = Reading { trainer: self, keys, taken: Vec::new(), said: Vec::new() };
        let fields = reading.fields()?;
        let mut remarks = vec![format!("read as a configuration of {}", self.name)];
        if !reading.taken.is_empty() {
            remarks.push(format!(
                "not in the file, taken from the defaults of {}: {}",
                self.name,
                reading.taken.join(", ")
            ));
        }
        remarks.extend(reading.said);
        let unread: Vec<&str> =
            self.unread.iter().filter(|key| keys.contains_key(*key)).map(String::as_str).collect();
        if !unread.is_empty() {
            remarks.push(format!("in the file and not read: {}", unread.join(", ")));
        }
        Ok((fields, remarks))
    }
}

struct Reading<'a> {
    trainer: &'a Trainer,
    keys: &'a Keys,
    /// Defaults that were needed.
    taken: Vec<String>,
    /// What else is to be known.
    said: Vec<String>,
}

impl Reading<'_> {
    fn fields(&mut self) -> Result<RunFields> {
        let falls =
            self.text(Name::Falls).is_none_or(|(_, text)| !text.eq_ignore_ascii_case("false"));
        let accumulation = self.number(Name::Accumulation)?.unwrap_or(1.0);
        let times = |sequences: Option<f64>| sequences.map(|one| one * accumulation);
        let mut fields = RunFields {
            batch_sequences: times(self.number(Name::Sequences)?),
            context: self.number(Name::Context)?,
            steps: self.number(Name::Steps)?,
            tokens: self.number(Name::Tokens)?,
            lr: self.number(Name::Lr)?,
            min_lr: self.number(Name::MinLr)?.filter(|_| falls),
            warmup: self.number(Name::Warmup)?.filter(|_| falls),
            schedule: if falls { self.schedule()? } else { Some(Fall::Constant) },
            optimizer: self.optimizer()?,
            weight_decay: self.number(Name::WeightDecay)?,
            beta1: self.number(Name::Beta1)?,
            width: self.number(Name::Width)?,
            depth: self.number(Name::Depth)?,
            vocabulary: self.vocabulary()?,
            warmup_ratio: self.number(Name::WarmupRatio)?.filter(|_| falls),
            ..RunFields::default()
        };
        if fields.batch_sequences.is_none() {
            fields.device_sequences = times(self.number(Name::DeviceSequences)?);
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

    /// The vocabulary, unless the default is that of another model or text.
    fn vocabulary(&mut self) -> Result<Option<f64>> {
        let keys = self.trainer.keys.get(&Name::Vocabulary).into_iter().flatten();
        let is_given = keys.into_iter().any(|key| self.keys.contains_key(key));
        let is_own = self.trainer.own_vocabulary.iter().any(|key| self.keys.contains_key(key));
        if is_own && !is_given { Ok(None) } else { self.number(Name::Vocabulary) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trainer_is_told_by_its_own_marks() {
        for trainer in ALL.iter() {
            let keys: Keys =
                trainer.marks.iter().map(|mark| (mark.clone(), "1".to_owned())).collect();
            let amounts = trainer.keys.get(&Name::Steps).or(trainer.keys.get(&Name::Duration));
            let amount = amounts.unwrap()[0].clone();
            let keys: Keys = keys.into_iter().chain([(amount, "1".to_owned())]).collect();
            assert_eq!(Trainer::of(&keys).unwrap().unwrap().name, trainer.name);
            assert!(trainer.keys.values().all(|keys| !keys.is_empty()), "{}", trainer.name);
        }
        assert!(Trainer::of(&Keys::new()).unwrap().is_none());
    }

    #[test]
    fn what_is_not_set_is_the_default_and_is_said() {
        let trainer = ALL.iter().find(|one| one.name.starts_with("Hugging")).unwrap();
        let keys = [("learning_rate", "3e-4"), ("max_steps", "-1")];
        let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let (fields, remarks) = trainer.read(&keys).unwrap();
        assert_eq!((fields.lr, fields.steps, fields.epochs), (Some(3e-4), None, Some(3.0)));
        assert_eq!((fields.weight_decay, fields.device_sequences), (Some(0.0), Some(8.0)));
        assert!(remarks[1].contains("weight_decay = 0,"), "{remarks:?}");
    }
}
