//! Configuration files that a command names: its flags are what it has otherwise than they.

use super::variable::{Variable, resolved, unquoted};
use crate::advice::expression::value_of;
use crate::advice::keys::Keys;

/// How names of configuration files end.
const ENDS: [&str; 5] = [".yaml", ".yml", ".toml", ".json", ".py"];

/// Programs that are called by their own names and take a configuration.
const PROGRAMS: [&str; 6] = ["axolotl", "llamafactory-cli", "litgpt", "trl", "tune", "composer"];

/// Short flags that name a configuration; the second is Hydra's.
const SHORT: [&str; 2] = ["-c", "-cn"];

/// What flags name a configuration of that is none of the training. Hydra writes `--config-name`, and the examples of
/// Hugging Face `--config_name` for that of a model.
const OTHERS: [&str; 16] = [
    "accelerat",
    "config_name",
    "config_overrides",
    "data",
    "deepspeed",
    "eval",
    "fsdp",
    "generation",
    "logger",
    "lora",
    "model",
    "peft",
    "quant",
    "token",
    "vocab",
    "wandb",
];

/// The same as whole words of a name: DeepSpeed, and parallelism of models and of tensors.
const OTHER_WORDS: [&str; 3] = ["ds", "mp", "tp"];

/// Flags that have no value, whatever stands after them.
const BARE: [&str; 8] = [
    "bf16",
    "do_eval",
    "do_train",
    "fp16",
    "gradient_checkpointing",
    "overwrite_output_dir",
    "packing",
    "tf32",
];

/// Flags that name a configuration of DeepSpeed's.
const DEEPSPEED: [&str; 2] = ["__deepspeed", "__deepspeed_config"];

/// Values of a flag that are no names.
const NO_NAMES: [&str; 4] = ["true", "false", "none", "null"];

/// What is written to a file, or read by another program, begins with one of them.
const REDIRECTIONS: [char; 4] = ['|', '>', '<', '&'];

/// A configuration that a command reads.
pub struct Named {
    /// Its file, or the flag that names it where the file is not known.
    pub told: String,
    /// Whether it may be a text to be trained on as well.
    pub is_maybe_data: bool,
}

/// The configurations that a command reads, as words of it.
pub fn configuration(words: &[&str], keys: &Keys) -> Option<Named> {
    let arguments = arguments(words);
    let mut named: Vec<Named> =
        (0..arguments.len()).filter_map(|place| named(arguments, place, keys)).collect();
    // Launchers call a program before the files that it reads.
    let is_table = |one: &Named| !one.told.ends_with(".py");
    if named.iter().any(is_table) {
        named.retain(is_table);
    }
    let told: Vec<&str> = named.iter().map(|one| one.told.as_str()).collect();
    let is_maybe_data = named.iter().all(|one| one.is_maybe_data);
    let found = (!named.is_empty()).then(|| Named { told: told.join(" and "), is_maybe_data });
    found.or_else(|| of_deepspeed(arguments, keys))
}

/// DeepSpeed's own configuration. A program may have all that it trains by from its flags, and nothing from there.
fn of_deepspeed(arguments: &[&str], keys: &Keys) -> Option<Named> {
    let pairs = arguments.windows(2).map(|pair| (pair[0], pair[1]));
    let joined = arguments.iter().filter_map(|word| word.split_once('='));
    let is_its = |flag: &str| DEEPSPEED.contains(&flag.replace('-', "_").as_str());
    let value = pairs.chain(joined).find(|(flag, value)| is_its(flag) && !is_flag(value))?.1;
    let told = resolved(value, keys).to_owned();
    ending(&told).is_some().then_some(Named { told, is_maybe_data: true })
}

/// The words after the program of a command; none where it calls no program that trains.
pub fn arguments<'a, 'b>(words: &'a [&'b str]) -> &'a [&'b str] {
    let words = own(words);
    program(words).map_or(&[], |place| &words[place + 1..])
}

/// What a word sets without a flag, as `optim.lr=3e-4`; a configuration that is named so is none of it.
pub fn set_by(word: &str) -> Option<(&str, &str)> {
    let (name, value) = unquoted(word).split_once('=')?;
    let name = name.trim_start_matches('+');
    let is_name = |one: char| one.is_alphanumeric() || matches!(one, '_' | '.' | '-');
    let is_set = !name.is_empty() && !is_flag(name) && name.chars().all(is_name);
    (is_set && !names_configuration(name)).then_some((name, value))
}

/// Whether flags come to a command by a variable: a text or a list that has any, or goes on in other lines.
pub fn takes_flags(words: &[&str], keys: &Keys) -> bool {
    words
        .iter()
        .filter_map(|word| keys.value(Variable::of(word)?.name))
        .any(|value| value.contains("--") || value.starts_with('(') || value.is_empty())
}

/// Whether a file may be a text to be trained on as well.
fn is_maybe_data(file: &str) -> bool {
    let lower = file.to_lowercase();
    lower.ends_with(".json") && !["conf", "cfg", "arg"].iter().any(|part| lower.contains(part))
}

/// The words of a command before those that say where its output goes.
fn own<'a, 'b>(words: &'a [&'b str]) -> &'a [&'b str] {
    let is_other = |word: &&str| word.trim_start_matches(['1', '2']).starts_with(REDIRECTIONS);
    let end = words.iter().position(is_other).unwrap_or(words.len());
    &words[..end]
}

/// Where the program stands that trains: before it are a launcher and its flags.
fn program(words: &[&str]) -> Option<usize> {
    let mut scripts = (0..words.len()).filter(|place| unquoted(words[*place]).ends_with(".py"));
    let script = scripts.next().map(|first| match starts_others(words[first]) {
        true => scripts.next().unwrap_or(first),
        false => first,
    });
    let module = || words.iter().position(|word| *word == "-m").map(|place| place + 1);
    let own = || words.iter().position(|word| PROGRAMS.contains(word));
    script.or_else(module).or_else(own).filter(|place| *place < words.len())
}

/// Whether a program starts another one, such as `xla_spawn.py`.
fn starts_others(word: &str) -> bool {
    let name = unquoted(word).rsplit('/').next().unwrap_or_default();
    name.contains("launch") || name.contains("spawn")
}

/// The configuration that a word names: as a file, or as the value of a flag.
fn named(arguments: &[&str], place: usize, keys: &Keys) -> Option<Named> {
    let word = arguments[place];
    if let Some((name, value)) = word.split_once('=') {
        return of_flag(name, value, keys).filter(|_| names_configuration(name));
    }
    if is_flag(word) {
        return None;
    }
    let before = place.checked_sub(1).map(|before| arguments[before]);
    let flag = before.filter(|before| is_flag(before) && !before.contains('='));
    if let Some(flag) = flag.filter(|flag| names_configuration(flag)) {
        return of_flag(flag, word, keys);
    }
    let file = resolved(word, keys);
    let is_file = ending(file).is_some() && !is_of_another(arguments, place, keys);
    is_file.then(|| Named { told: file.to_owned(), is_maybe_data: is_maybe_data(file) })
}

/// What a flag that names a configuration has: one is read also where its name is not known.
fn of_flag(flag: &str, value: &str, keys: &Keys) -> Option<Named> {
    let value = resolved(value, keys);
    let is_number = value_of(value, &|_| None).is_some();
    let is_name = !NO_NAMES.contains(&value.to_lowercase().as_str()) && !is_number;
    let told = match ending(value) {
        Some(_) => value.to_owned(),
        None => format!("the configuration that `{flag} {value}` names"),
    };
    is_name.then_some(Named { told, is_maybe_data: false })
}

fn is_flag(word: &str) -> bool {
    word.starts_with('-')
}

/// Whether a flag, or the name before a `=`, is that of a configuration of the training.
fn names_configuration(flag: &str) -> bool {
    let name = flag.to_lowercase();
    let parts = || name.split(['-', '_', '.']);
    let is_one =
        name.contains("config") || name.contains("cfg") || parts().any(|part| part == "conf");
    let is_other = OTHERS.iter().any(|other| name.contains(other))
        || parts().any(|part| OTHER_WORDS.contains(&part));
    SHORT.contains(&flag) || is_one && !is_other
}

/// Whether a word is the value of a flag that names none: its first, or one more of a list of files of a kind.
fn is_of_another(arguments: &[&str], place: usize, keys: &Keys) -> bool {
    let Some(start) = arguments[..place].iter().rposition(|word| is_flag(word)) else {
        return false;
    };
    let flag = arguments[start];
    let name = flag.trim_start_matches('-').replace('-', "_");
    if flag.contains('=') || names_configuration(flag) || BARE.contains(&name.as_str()) {
        return false;
    }
    let kind = |word: &str| ending(resolved(word, keys));
    arguments[start + 1..place].iter().all(|before| kind(before) == kind(arguments[place]))
}

/// What the name of a file of configurations ends in.
fn ending(name: &str) -> Option<&'static str> {
    ENDS.into_iter().find(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests;
