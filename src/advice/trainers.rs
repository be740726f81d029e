//! What other trainers call things: a TOML file a trainer, with its keys and what it takes where a file is silent.

mod name;
mod optimizers;
mod reading;
mod unread;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Result, bail};
use serde::Deserialize;

use super::keys::Keys;
use super::run::RunFields;
use name::Name;
use reading::{Reading, Timescale, Unit};

const FILES: [&str; 11] = [
    include_str!("trainers/nanogpt.toml"),
    include_str!("trainers/transformers.toml"),
    include_str!("trainers/lingua.toml"),
    include_str!("trainers/olmo.toml"),
    include_str!("trainers/megatron.toml"),
    include_str!("trainers/torchtitan.toml"),
    include_str!("trainers/litgpt.toml"),
    include_str!("trainers/axolotl.toml"),
    include_str!("trainers/llm_foundry.toml"),
    include_str!("trainers/gpt_neox.toml"),
    include_str!("trainers/deepspeed.toml"),
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
    /// Those of which it has one at least, or calls one of its classes, since the others are everybody's; nothing where any
    /// do.
    #[serde(default)]
    own_marks: Vec<String>,
    /// Its keys for a field; the first that a file has counts.
    keys: BTreeMap<Name, Vec<String>>,
    /// What it takes where a file is silent.
    defaults: BTreeMap<Name, String>,
    /// Keys that change the run and are not read.
    #[serde(default)]
    unread: Vec<String>,
    /// Keys that are not set where they are −1.
    #[serde(default)]
    unset_by_minus_one: Vec<String>,
    /// Keys that give its schedule another shape, unless they have this value.
    #[serde(default)]
    bent_unless: BTreeMap<String, String>,
    /// Keys whose value, where it is this, is a schedule of another shape than the name has elsewhere.
    #[serde(default)]
    bent_where: BTreeMap<String, String>,
    /// Keys that a program does not read whose files have another one beside them.
    #[serde(default)]
    unread_beside: BTreeMap<String, String>,
    /// Units of its lengths that are not in steps, by their keys.
    #[serde(default)]
    units: BTreeMap<String, Unit>,
    /// The key that says whether lengths of its schedule are in tokens.
    #[serde(default)]
    units_by: Option<String>,
    /// The steps of a fall with the root of the steps, where they need not be those from the warm-up on.
    #[serde(default)]
    timescale: Option<Timescale>,
    /// Keys that say how many devices have a model, and their sequences, in common.
    #[serde(default)]
    shared_by: Vec<String>,
    /// Keys with which the default vocabulary is not the run's, with the value with which it is.
    #[serde(default)]
    own_vocabulary: BTreeMap<String, String>,
    /// Keys with which a block has other parameters than 12 × channels², with the value with which it has not.
    #[serde(default)]
    own_shape: BTreeMap<String, String>,
    /// Keys that say which part of a model is trained, with the value of all of it.
    #[serde(default)]
    trains_all: BTreeMap<String, String>,
    /// Keys that say which part of a model is trained also where a file is silent about them.
    #[serde(default)]
    trains_part: BTreeMap<String, Silent>,
    /// Classes and functions of programs that train something beside the model in its place.
    #[serde(default)]
    adapters: Vec<String>,
    /// Default learning rates of the classes that share its keys; empty for one that is not known.
    #[serde(default)]
    class_lrs: BTreeMap<String, String>,
    /// Keys that tell that one of these classes is used, and not which.
    #[serde(default)]
    of_classes: Vec<String>,
    /// Sizes of the models that a key may name, in the place of what else a file says.
    #[serde(default)]
    sizes: BTreeMap<String, BTreeMap<String, BTreeMap<Name, f64>>>,
    /// Keys of programs that grew out of the trainer, with its own key in whose place they are.
    #[serde(default)]
    foreign: BTreeMap<String, String>,
    /// Words that stand for what only another program knows, with what is said of them.
    #[serde(default)]
    filled_in: BTreeMap<String, String>,
    /// Keys with which λ changes over the run, unless all have one value.
    #[serde(default)]
    changes_decay: Vec<String>,
    /// Its optimizers that put decay into the gradient of Adam, by the last part of their name in small letters.
    #[serde(default)]
    l2: Vec<String>,
    /// Keys that take decay out of the gradient of these where they are true.
    #[serde(default)]
    decoupled_by: Vec<String>,
    /// Its keys whose value puts decay into the gradient of Adam.
    #[serde(default)]
    l2_where: BTreeMap<String, bool>,
    /// Keys that put another optimizer in the place of its own where they are true, with its name.
    #[serde(default)]
    switches: BTreeMap<String, String>,
    /// Whether `warmup_ratio` is a share of the fall's end and not of the steps.
    #[serde(default)]
    warms_up_for_a_share_of_the_fall: bool,
    /// Whether its defaults are those of its own program, which a program that makes its optimizer itself has not.
    #[serde(default)]
    has_defaults_for_itself_alone: bool,
    /// The key without which a file has no schedule, so that defaults of one do not hold.
    #[serde(default)]
    scheduled_by: Option<String>,
    /// Schedules, in small letters, that have another peak than the optimizer's learning rate, with its default.
    #[serde(default)]
    own_peaks: BTreeMap<String, f64>,
    /// What is to be known of every file of it.
    #[serde(default)]
    remark: Option<String>,
}

/// What a program takes for a key that a file does not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Silent {
    default: String,
    /// The keys that tell files of the program.
    beside: Vec<String>,
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
            let found = trainer.marks.iter().filter(|mark| keys.contains(mark)).count();
            if trainer.is_marked(keys) { found } else { 0 }
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

    /// Whether a file has what is the trainer's alone.
    fn is_marked(&self, keys: &Keys) -> bool {
        self.own_marks.is_empty()
            || self.own_marks.iter().any(|mark| keys.contains(mark))
            || self.class_lrs.keys().any(|class| keys.is_called(class))
    }

    /// Keys that are none of the trainer's and nearly one that the file lacks.
    fn misspelt(&self, keys: &Keys) -> Vec<String> {
        let known: Vec<&String> = self
            .keys
            .values()
            .flatten()
            .chain(&self.marks)
            .chain(&self.unread)
            .chain(self.l2_where.keys())
            .chain(self.own_shape.keys())
            .chain(self.trains_all.keys())
            .chain(self.sizes.keys())
            .collect();
        let meant = |key: &String| {
            let alike = |own: &&&String| {
                strsim::normalized_damerau_levenshtein(own, key) > 0.8
                    && !differ_in_number(own, key)
            };
            let meant = known.iter().find(alike).filter(|own| !keys.contains(own))?;
            let is_whole =
                meant.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with('.'));
            (!is_whole).then_some(())?;
            Some(format!("`{key}` is not read: is `{meant}` meant?"))
        };
        let is_known = |key: &&String| {
            known.iter().any(|own| own == key || own.as_str() == without_place(key))
        };
        keys.names().filter(|key| !is_known(key)).filter_map(meant).collect()
    }

    /// Whether a file says how much is read in a step or in all: a run is not made of defaults alone.
    fn says_how_much(&self, keys: &Keys) -> bool {
        let amounts = [
            Name::Sequences,
            Name::AccumulatedSequences,
            Name::DeviceTotal,
            Name::DeviceSequences,
            Name::Steps,
            Name::Samples,
            Name::Tokens,
            Name::Duration,
            Name::Epochs,
        ];
        let own = amounts.iter().filter_map(|name| self.keys.get(name)).flatten();
        own.into_iter().any(|key| keys.contains(key))
    }

    /// The run of a file beside what is `given`, which is not looked for; `remarks` get what was taken for it, also where
    /// the file is refused.
    ///
    /// # Errors
    /// A value that is no number, or not one; the message names its key.
    pub fn read(
        &self,
        keys: &Keys,
        given: &RunFields,
        remarks: &mut Vec<String>,
    ) -> Result<RunFields> {
        self.is_own(keys)?;
        let mut reading = Reading::new(self, keys, given);
        let fields = reading.fields();
        let is_counted = reading.counts_batch();
        remarks.push(format!("read as a configuration of {}", self.name));
        remarks.extend(reading.remark());
        if !reading.taken.is_empty() {
            remarks.push(format!(
                "not in the file, taken from the defaults of {}: {}",
                self.name,
                reading.taken.join(", ")
            ));
        }
        remarks.extend(reading.said);
        remarks.extend(self.misspelt(keys));
        let unread = self.unread_of(keys, is_counted);
        if !unread.is_empty() {
            remarks.push(format!("in the file and not read: {}", unread.join(", ")));
        }
        fields
    }

    /// Takes out other names of what a command says, which stands over its file's.
    pub fn settle(&self, keys: &mut Keys, command: &Keys) {
        for names in self.keys.values() {
            if names.iter().any(|name| command.contains(name)) {
                let others = names.iter().filter(|name| !command.contains(name));
                others.for_each(|name| keys.remove(name));
            }
        }
    }

    /// A program that grew out of the trainer and has other keys would be read as the trainer's defaults.
    fn is_own(&self, keys: &Keys) -> Result<()> {
        let foreign = |(key, own): &(&String, &String)| keys.contains(key) && !keys.contains(own);
        if let Some((key, own)) = self.foreign.iter().find(foreign) {
            bail!(
                "it has `{key}` and no `{own}`, as programs that grew out of {} have (modded-nanogpt, llm.c), and those \
                 are not read. Give the run by --params, --tokens, --batch and --lr instead of --config",
                self.name
            );
        }
        Ok(())
    }
}

/// A key without the place in a list that it ends in.
fn without_place(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((list, place)) if place.parse::<usize>().is_ok() => list,
        _ => key,
    }
}

/// Whether two keys are of a first and a second: β₂ is no β₁ that is misspelt, and neither is `betas.1`.
fn differ_in_number(one: &str, other: &str) -> bool {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let letters = |key: &str| {
        let letters = key.replace(is_digit, "");
        letters.trim_end_matches('.').trim_end_matches('s').to_owned()
    };
    (one.contains(is_digit) || other.contains(is_digit)) && letters(one) == letters(other)
}

#[cfg(test)]
mod tests;
