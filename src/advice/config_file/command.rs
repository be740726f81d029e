//! A command with the configuration that it reads: its flags stand over what the file says.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};

use super::{keys_of, unrecognised};
use crate::advice::keys::{Keys, Part};
use crate::advice::run::RunFields;
use crate::advice::trainers::Trainer;

/// The trainer that takes its arguments in their order: a file stands over the flags before it.
const IN_ORDER: &str = "nanoGPT";

/// Parts of names of tables whose batches, steps and rates are none of the training.
const BESIDE_TRAINING: [&str; 9] =
    ["checkpoint", "eval", "gener", "log", "profil", "sampl", "save", "test", "val"];

/// What the command of a script trains by, which is one of `parts`; no default fills the gaps of a file that is not found.
pub fn read(
    script: &Path,
    parts: &[&Part],
    given: &RunFields,
    remarks: &mut Vec<String>,
) -> Result<RunFields> {
    let part = parts.first().context("a command without a configuration")?;
    let is_one = parts.iter().all(|other| other == part);
    let why = match found(script, &part.told) {
        _ if !is_one => "it is one of several",
        _ if part.takes_flags => "flags come to it by a variable",
        None => "there is no such file beside it, in the folder above or in this one",
        Some(file) => return merged(script, &file, part, given, remarks),
    };
    Err(anyhow!(
        "the command in {} reads {}, which is not read with it: {why}; give that file with --config, and what the \
         command's flags say otherwise by arguments, such as --steps or --lr",
        script.display(),
        part.told
    ))
}

/// The file of a name in a script: commands are called beside it, above it or here.
fn found(script: &Path, name: &str) -> Option<PathBuf> {
    let own = script.parent();
    let above = own.map(|own| own.join(".."));
    let folders = own.map(Path::to_path_buf).into_iter().chain(above).chain([PathBuf::new()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn merged(
    script: &Path,
    file: &Path,
    part: &Part,
    given: &RunFields,
    remarks: &mut Vec<String>,
) -> Result<RunFields> {
    let name = format!("the command in {} with {}", script.display(), file.display());
    let own = keys_of(file)?;
    let trainer = Trainer::of(&over(own.clone(), &part.beside));
    let trainer = trainer.with_context(|| format!("{name} is not told apart"))?;
    let trainer = trainer.ok_or_else(|| unrecognised(&name))?;
    let flags = standing(trainer, script, part, &own)?;
    let mut keys = over(own.clone(), &flags);
    trainer.settle(&mut keys, &flags);
    let name = format!("{name}, read as {}", trainer.name);
    let mut said = Vec::new();
    let fields = trainer.read(&keys, given, &mut said);
    if let Ok(fields) = &fields {
        let merged = Merged { trainer, keys: &keys, given, fields };
        let (read, unread): (Vec<&String>, Vec<&String>) =
            flags.names().partition(|flag| merged.reads(flag));
        refuse(&name, unread.into_iter().filter(|flag| merged.may_differ(flag, &flags)))?;
        let counts = read.into_iter().filter(|flag| own.get(flag) != flags.get(flag));
        remarks.push(told(script, file, counts));
    }
    remarks.append(&mut said);
    fields.context(name)
}

/// What is read of a command with its file.
struct Merged<'a> {
    trainer: &'a Trainer,
    keys: &'a Keys,
    given: &'a RunFields,
    fields: &'a RunFields,
}

impl Merged<'_> {
    /// Whether the trainer asks for a flag: in doubt of it, it would not read the same.
    fn reads(&self, flag: &str) -> bool {
        let mut doubted = self.keys.clone();
        doubted.doubt(flag, self.keys.get(flag).map_or("", |found| &found.text));
        let fields = self.trainer.read(&doubted, self.given, &mut Vec::new());
        fields.ok().as_ref() != Some(self.fields)
    }

    /// Whether a flag by its name sets what is not given, and what was read otherwise.
    fn may_differ(&self, flag: &str, flags: &Keys) -> bool {
        let Some(argument) = argument(flag) else { return false };
        let value: Option<f64> = flags.value(flag).and_then(|text| text.parse().ok());
        let is_same = value.is_some() && value == field(argument, self.fields);
        field(argument, self.given).is_none() && !is_same
    }
}

/// The flags of a command that count beside what its file says.
fn standing(trainer: &Trainer, script: &Path, part: &Part, file: &Keys) -> Result<Keys> {
    let mut flags = part.beside.clone();
    if trainer.name == IN_ORDER {
        let text = fs::read_to_string(script);
        let text = text.with_context(|| format!("cannot read {}", script.display()))?;
        let before = before(&text, &part.told);
        before.iter().filter(|flag| file.contains(flag)).for_each(|flag| flags.remove(flag));
    }
    Ok(flags)
}

/// Flags that stand before the file of a command and not behind it too.
fn before(script: &str, file: &str) -> Vec<String> {
    let script = script.replace("\\\n", " ");
    let commands = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = commands.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let is_file = |word: &&str| word.trim_matches(['"', '\'']) == file;
    let found = words.find_map(|words| Some((words.iter().position(is_file)?, words)));
    let Some((place, words)) = found else { return Vec::new() };
    let flags = |words: &[&str]| -> Vec<String> {
        let names =
            words.iter().filter_map(|word| Some(word.strip_prefix("--")?.split_once('=')?.0));
        names.map(|name| name.replace('-', "_")).collect()
    };
    let behind = flags(&words[place..]);
    flags(&words[..place]).into_iter().filter(|flag| !behind.contains(flag)).collect()
}

/// The argument for what a flag of a name sets in whatever program.
fn argument(flag: &str) -> Option<&'static str> {
    let (table, name) = flag.rsplit_once('.').unwrap_or(("", flag));
    if BESIDE_TRAINING.iter().any(|other| table.contains(other)) {
        return None;
    }
    match name {
        "lr" | "learning_rate" | "peak_lr" => Some("--lr"),
        "wd" | "weight_decay" => Some("--weight-decay"),
        "steps" | "max_steps" | "num_steps" | "total_steps" | "train_steps" | "max_train_steps"
        | "num_train_steps" | "max_iters" | "train_iters" | "num_iterations" => Some("--steps"),
        "batch" | "batch_size" | "global_batch_size" | "train_batch_size" => {
            Some("--batch-sequences")
        }
        _ => None,
    }
}

/// What a run has of what an argument says.
fn field(argument: &str, fields: &RunFields) -> Option<f64> {
    match argument {
        "--lr" => fields.lr,
        "--weight-decay" => fields.weight_decay,
        "--steps" => fields.steps.or(fields.tokens),
        _ => fields.batch_sequences.or(fields.batch),
    }
}

/// A program may well read what the trainer of its file does not, and train by it in the place of what stands there.
fn refuse<'a>(name: &str, unread: impl Iterator<Item = &'a String>) -> Result<()> {
    let flags: Vec<&str> = unread.map(String::as_str).collect();
    let mut arguments: Vec<&str> = flags.iter().filter_map(|flag| argument(flag)).collect();
    arguments.sort_unstable();
    arguments.dedup();
    ensure!(
        flags.is_empty(),
        "{name}: it does not read the command's {}, and whether the program does is not known; say by {} what the run has",
        flags.join(", "),
        arguments.join(", ")
    );
    Ok(())
}

/// That a file is read with a command, and which flags count in the place of what it says.
fn told<'a>(script: &Path, file: &Path, flags: impl Iterator<Item = &'a String>) -> String {
    let (script, file) = (script.display(), file.display());
    let flags: Vec<&str> = flags.map(String::as_str).collect();
    match flags.is_empty() {
        true => format!("{script} is read with {file}, over which none of its flags stands"),
        false => format!("flags of {script} that stand over {file}: {}", flags.join(", ")),
    }
}

/// A file's keys with a command's in their place.
fn over(mut file: Keys, command: &Keys) -> Keys {
    for (name, found) in command.names().filter_map(|name| Some((name, command.get(name)?))) {
        file.replace(name, found.clone());
    }
    file
}
