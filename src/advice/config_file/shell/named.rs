//! Configuration files that a command names: its flags are what it has otherwise than they.

use super::unquoted;
use crate::advice::keys::Keys;

/// How names of configuration files end.
const ENDS: [&str; 5] = [".yaml", ".yml", ".toml", ".json", ".py"];

/// Programs that are called by their own names and take a configuration.
const PROGRAMS: [&str; 6] = ["axolotl", "llamafactory-cli", "litgpt", "trl", "tune", "composer"];

/// Flags that name a configuration of the training.
const FLAGS: [&str; 6] =
    ["config", "config_file", "config_path", "cfg", "yaml_cfg", "job.config_file"];

/// What is written to a file, or read by another program, begins with one of them.
const REDIRECTIONS: [char; 4] = ['|', '>', '<', '&'];

/// The configuration files that a command reads, as words of it.
pub fn file(words: &[&str], keys: &Keys) -> Option<String> {
    let words = own(words);
    let arguments = &words[program(words)? + 1..];
    let named: Vec<String> = (0..arguments.len())
        .filter_map(|place| {
            let before = place.checked_sub(1).map(|before| arguments[before]);
            named(arguments[place], before, keys)
        })
        .collect();
    // Launchers call a program before the files that it reads.
    let tables: Vec<&String> = named.iter().filter(|name| !name.ends_with(".py")).collect();
    let all = if tables.is_empty() { named.iter().collect() } else { tables };
    let all: Vec<&str> = all.into_iter().map(String::as_str).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

/// Whether flags come to a command by a variable: a text or a list that has any, or goes on in other lines.
pub fn takes_flags(words: &[&str], keys: &Keys) -> bool {
    words.iter().any(|word| {
        let name = unquoted(word).strip_prefix('$').unwrap_or_default();
        let name = name.trim_matches(['{', '}']).trim_end_matches("[@]");
        keys.value(name)
            .is_some_and(|value| value.contains("--") || value.starts_with('(') || value.is_empty())
    })
}

/// Whether a file may be a text to be trained on as well.
pub fn is_maybe_data(file: &str) -> bool {
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
    let script = words.iter().position(|word| unquoted(word).ends_with(".py"));
    let module = || words.iter().position(|word| *word == "-m").map(|place| place + 1);
    let own = || words.iter().position(|word| PROGRAMS.contains(word));
    script.or_else(module).or_else(own).filter(|place| *place < words.len())
}

/// The file that a word is, or that the flag before it has.
fn named(word: &str, before: Option<&str>, keys: &Keys) -> Option<String> {
    let is_flag = |word: &str| word.starts_with('-');
    let is_ours =
        |flag: &str| FLAGS.contains(&flag.trim_start_matches('-').replace('-', "_").as_str());
    let value = match word.split_once('=') {
        Some((name, value)) => is_ours(name).then_some(value)?,
        None if is_flag(word) => return None,
        None => word,
    };
    let of_another =
        before.is_some_and(|before| is_flag(before) && !before.contains('=') && !is_ours(before));
    if of_another && value == word {
        return None;
    }
    let value = unquoted(value);
    let variable = value.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
    let value = variable.and_then(|name| keys.value(name)).unwrap_or(value);
    ENDS.iter().any(|end| value.ends_with(end)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: Option<&str>) {
        let keys: Keys = [("CONFIG", "config/a.py")].into_iter().collect();
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(file(&words, &keys).as_deref(), expected, "{command}");
    }

    #[test]
    fn a_file_after_the_program_is_one_that_it_reads() {
        for command in [
            "torchrun --standalone --nproc_per_node=1 train.py config/a.py --max_iters=5000",
            "python train.py --max_iters 5000 config/a.py",
            "python train.py $CONFIG --max_iters=5000",
            "python train.py ${CONFIG} --max_iters=5000",
        ] {
            check(command, Some("config/a.py"));
        }
        for command in [
            "axolotl train a.yml --learning_rate 1e-4",
            "accelerate launch --config_file acc.yml -m axolotl.cli.train a.yml",
            "trl sft --config a.yml --learning_rate 1e-4",
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
        ] {
            check(command, None);
        }
        assert!(is_maybe_data("data/train.json") && !is_maybe_data("config.json"));
    }

    #[test]
    fn flags_come_by_variables_that_hold_flags() {
        let keys: Keys = [("ARGS", "--lr 1"), ("LIST", "("), ("OUT", "x")].into_iter().collect();
        assert!(takes_flags(&["train.py", "a.yml", "$ARGS"], &keys));
        assert!(takes_flags(&["train.py", "a.yml", "\"${LIST[@]}\""], &keys));
        assert!(!takes_flags(&["$OUT/convert.py", "a.yml", "$OUT", "$1", "ARGS"], &keys));
    }
}
