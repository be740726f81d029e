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
    let words = own(words);
    let arguments = &words[program(words)? + 1..];
    let mut named: Vec<Named> =
        (0..arguments.len()).filter_map(|place| named(arguments, place, keys)).collect();
    // Launchers call a program before the files that it reads.
    let is_table = |one: &Named| !one.told.ends_with(".py");
    if named.iter().any(is_table) {
        named.retain(is_table);
    }
    let told: Vec<&str> = named.iter().map(|one| one.told.as_str()).collect();
    let is_maybe_data = named.iter().all(|one| one.is_maybe_data);
    (!named.is_empty()).then(|| Named { told: told.join(" and "), is_maybe_data })
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
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: Option<&str>) {
        let keys: Keys = [("CONFIG", "config/a.py")].into_iter().collect();
        let words: Vec<&str> = command.split_whitespace().collect();
        let told = configuration(&words, &keys).map(|one| one.told);
        assert_eq!(told.as_deref(), expected, "{command}");
    }

    #[test]
    fn a_file_after_the_program_is_one_that_it_reads() {
        for command in [
            "torchrun --standalone --nproc_per_node=1 train.py config/a.py --max_iters=5000",
            "python train.py --max_iters 5000 config/a.py",
            "python train.py $CONFIG --max_iters=5000",
            "python train.py ${CONFIG} --max_iters=5000",
            "python train.py ${1:-config/a.py} --max_iters=5000",
        ] {
            check(command, Some("config/a.py"));
        }
        for command in [
            "axolotl train a.yml --learning_rate 1e-4",
            "accelerate launch --config_file acc.yml -m axolotl.cli.train a.yml",
            "trl sft --config a.yml --learning_rate 1e-4",
            "python train.py -c a.yml --learning_rate 1e-4",
            "python train.py --train_config=${OTHER:-a.yml} --learning_rate 1e-4",
            "python train.py --bf16 a.yml --learning_rate 1e-4",
            "python train.py --deepspeed zero3.json a.yml",
            "python -m lingua.train config=a.yml steps=3",
            "python deepy.py train.py a.yml",
            "torchrun train.py --lr 1 --config-file=a.yml | tee log.json",
        ] {
            check(command, Some("a.yml"));
        }
    }

    #[test]
    fn other_files_of_a_command_are_not() {
        for command in [
            "accelerate launch --config_file acc.yaml train.py --lr 1",
            "deepspeed train.py --deepspeed zero3.json --lr 1",
            "python train.py --tokenizer=tokenizer.json --lr 1 > log.json",
            "cp a.yaml b.yaml",
            "python train.py --data_files a.yaml b.yaml --lr 1",
            "python run_clm.py --config_name gpt2 --dataset_config_name $1 --save_config true --lr 1",
        ] {
            check(command, None);
        }
        assert!(is_maybe_data("data/train.json") && !is_maybe_data("config.json"));
    }

    #[test]
    fn a_configuration_is_read_also_where_its_name_is_not_known() {
        for (command, told) in [
            ("python train.py --lr 1 --config $1", "`--config $1`"),
            ("python train.py --config=\"$OTHER\"", "`--config $OTHER`"),
            ("python train.py --config-name gpt_5b --lr 1", "`--config-name gpt_5b`"),
            ("python train.py -cn gpt_5b", "`-cn gpt_5b`"),
        ] {
            check(command, Some(&format!("the configuration that {told} names")));
        }
    }

    #[test]
    fn flags_come_by_variables_that_hold_flags() {
        let keys: Keys = [("ARGS", "--lr 1"), ("LIST", "("), ("OUT", "x")].into_iter().collect();
        assert!(takes_flags(&["train.py", "a.yml", "$ARGS"], &keys));
        assert!(takes_flags(&["train.py", "a.yml", "\"${LIST[@]}\""], &keys));
        assert!(!takes_flags(&["$OUT/convert.py", "a.yml", "$OUT", "$1", "ARGS"], &keys));
    }
}
