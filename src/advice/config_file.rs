//! Configuration files of other trainers: their keys are recognised, nothing is executed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value as Json;

use super::expression::value_of;
use super::run::RunFields;
use super::trainers::{Keys, Trainer};

/// Files of another size are no configuration.
const LARGEST: u64 = 1 << 20;
/// Deeper lists are none.
const DEEPEST: usize = 32;

/// What a file says of a run, and what is to be known of how it was read.
///
/// # Errors
/// A file that is no configuration of a known trainer, or whose value cannot be read; the message names the key.
pub fn read_config(path: &Path) -> Result<(RunFields, Vec<String>)> {
    let name = path.display();
    let size = fs::metadata(path).with_context(|| format!("cannot read {name}"))?.len();
    ensure!(
        size <= LARGEST,
        "{name} has {size} bytes; expected a configuration file, of 1 MiB at most"
    );
    let text = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let text = String::from_utf8(text).with_context(|| format!("{name} is no text in UTF-8"))?;
    let keys = keys(path, &text).with_context(|| format!("cannot read {name}"))?;
    let trainer = Trainer::of(&keys).with_context(|| format!("{name} is not told apart"))?;
    let Some(trainer) = trainer else {
        bail!(
            "{name} is no configuration that is recognised; expected one of {}. Give the run by --params, \
             --tokens, --batch and --lr instead",
            Trainer::names().join(", ")
        );
    };
    trainer.read(&keys).with_context(|| format!("{name}, read as {}", trainer.name))
}

fn keys(path: &Path, text: &str) -> Result<Keys> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let mut keys = Keys::new();
    match ending {
        "json" => flatten_json("", &serde_json::from_str(text)?, &mut keys),
        "yaml" | "yml" => {
            not_too_deep(text)?;
            for document in Yaml::load_from_str(text)? {
                flatten_yaml("", &document, &mut keys);
            }
        }
        "toml" => flatten_json(
            "",
            &serde_json::to_value(toml::from_str::<toml::Value>(text)?)?,
            &mut keys,
        ),
        // What Python's comments and texts say of flags is about other runs.
        "py" => assignments(&without_texts(text), &mut keys),
        _ => {
            assignments(text, &mut keys);
            flags(text, &mut keys);
        }
    }
    Ok(keys)
}

/// The parser goes as deep as a line does.
fn not_too_deep(text: &str) -> Result<()> {
    let dashes = |line: &str| line.split_whitespace().take_while(|word| *word == "-").count();
    ensure!(text.lines().all(|line| dashes(line) < DEEPEST), "expected lists that are less deep");
    Ok(())
}

fn within(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

fn flatten_json(table: &str, value: &Json, keys: &mut Keys) {
    match value {
        Json::Object(map) => {
            map.iter().for_each(|(key, value)| flatten_json(&within(table, key), value, keys));
        }
        Json::Array(values) => {
            let indexed = values.iter().enumerate();
            indexed.for_each(|(place, value)| {
                flatten_json(&within(table, &place.to_string()), value, keys)
            });
        }
        Json::Null => {}
        Json::String(text) => {
            keys.insert(table.to_owned(), text.clone());
        }
        other => {
            keys.insert(table.to_owned(), other.to_string());
        }
    }
}

fn flatten_yaml(table: &str, value: &Yaml<'_>, keys: &mut Keys) {
    if let Some(map) = value.as_mapping() {
        for (key, value) in map {
            if let Some(key) = key.as_str() {
                flatten_yaml(&within(table, key), value, keys);
            }
        }
    } else if let Some(values) = value.as_sequence() {
        let indexed = values.iter().enumerate();
        indexed.for_each(|(place, value)| {
            flatten_yaml(&within(table, &place.to_string()), value, keys)
        });
    } else if let Some(text) = yaml_text(value) {
        keys.insert(table.to_owned(), text);
    }
}

fn yaml_text(value: &Yaml<'_>) -> Option<String> {
    let text = value.as_str().map(str::to_owned);
    let whole = || value.as_integer().map(|number| number.to_string());
    let broken = || value.as_floating_point().map(|number| number.to_string());
    let flag = || value.as_bool().map(|flag| flag.to_string());
    text.or_else(whole).or_else(broken).or_else(flag)
}

/// `name = value`, `name: type = value` and `call(name=value, …)` of Python, `NAME=value` of a shell. The last one
/// counts.
fn assignments(text: &str, keys: &mut Keys) {
    let mut condition = None;
    for line in text.lines() {
        let is_indented = line.starts_with([' ', '\t']);
        let line = without_comment(line).trim().trim_start_matches("export ");
        if !is_indented && !line.is_empty() {
            condition = line.strip_suffix(':').map(str::to_owned);
        }
        let whole = if line.contains('(') { Some(line) } else { None };
        let arguments = line.split_once('(').map_or(line, |(_, arguments)| arguments);
        for (name, value) in whole.into_iter().chain(arguments.split(',')).filter_map(assignment) {
            let value = match &condition {
                Some(condition) if is_indented => format!("{value} (under `{condition}`)"),
                _ => read_value(value, keys),
            };
            keys.insert(name.to_owned(), value);
        }
        if let Some((name, _)) = changed(line) {
            keys.insert(name.to_owned(), format!("changed by `{line}`"));
        }
    }
}

/// A number as text, or the text.
fn read_value(value: &str, keys: &Keys) -> String {
    let named = |name: &str| keys.get(name)?.parse().ok();
    // The last argument may stand before the bracket that ends the call.
    let bare = value.strip_suffix(')').unwrap_or(value);
    let number = value_of(value, &named).or_else(|| value_of(bare, &named));
    let text = || unquoted(if value.contains('(') { value } else { bare }).to_owned();
    number.map_or_else(text, |number| number.to_string())
}

/// The name in `name *= value` and its kin.
fn changed(line: &str) -> Option<(&str, &str)> {
    let (before, value) = line.split_once('=')?;
    let name = before.trim_end_matches(['*', '/', '+', '-']).trim();
    let is_changed = name.len() < before.trim_end().len();
    (is_changed && is_name(name)).then_some((name, value))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || one == '_')
}

/// Python without its texts in three quotation marks, which are words about the code.
fn without_texts(text: &str) -> String {
    let mut code = text.to_owned();
    for quotes in ["\"\"\"", "'''"] {
        code = code.split(quotes).step_by(2).collect::<Vec<_>>().join("");
    }
    code
}

/// The name and the value of an assignment.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let name = name.split(':').next().unwrap_or_default().trim();
    (is_name(name) && !value.starts_with('=')).then_some((name, value.trim()))
}

/// `--name value` and `--name=value`, over lines that end in a backslash; `$NAME` is what was assigned.
fn flags(text: &str, keys: &mut Keys) {
    let lines: Vec<&str> = text.lines().map(without_comment).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let words: Vec<&str> = joined.split_whitespace().collect();
    for (place, word) in words.iter().enumerate() {
        // The first flag of a text that a shell puts together has a quotation mark or a bracket before it.
        let Some((before, flag)) = word.split_once("--") else { continue };
        if !before.is_empty() && !before.ends_with(['"', '\'', '(', '=']) {
            continue;
        }
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => {
                let next = words.get(place + 1).copied();
                (flag, next.filter(|next| !next.starts_with("--")))
            }
        };
        let value = unquoted(value.unwrap_or("true")).trim_end_matches(['"', '\'', ')']);
        let variable = value.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        let value = variable.and_then(|name| keys.get(name).cloned()).unwrap_or(value.to_owned());
        keys.insert(name.replace('-', "_"), value);
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// A `#` inside of quotes starts no comment.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (place, one) in line.char_indices() {
        match (one, quote) {
            ('#', None) => return &line[..place],
            ('"' | '\'', None) => quote = Some(one),
            (one, Some(open)) if one == open => quote = None,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Keys {
        keys(Path::new(name), text).unwrap()
    }

    #[test]
    fn every_syntax_gives_its_keys_as_text() {
        let expected = |keys: &Keys| {
            assert_eq!(keys["optim.lr"], "0.003");
            assert_eq!(keys["steps"], "600");
        };
        expected(&read("a.json", r#"{"optim": {"lr": 3e-3}, "steps": 600}"#));
        expected(&read("a.yaml", "# A comment\noptim:\n  lr: 3e-3\nsteps: 600\nnothing: null\n"));
        expected(&read("a.toml", "steps = 600\n[optim]\nlr = 3e-3\n"));
    }

    #[test]
    fn python_is_read_and_not_run() {
        let keys = read(
            "a.py",
            "import os\nbatch_size = 12 # of a device\nblock_size: int = 1024\n\
             gradient_accumulation_steps = 5 * 8\nmax_iters = 600000\nlr_decay_iters = max_iters\n\
             out = 'a # b'\nx = os.system('false')\nargs = TrainingArguments('out', learning_rate=5e-5, weight_decay=0.1,\n  bf16=True,\n  \
             warmup_steps=500)\nif x == 3: pass\n",
        );
        assert_eq!(keys["gradient_accumulation_steps"], "40");
        assert_eq!(keys["block_size"], "1024");
        assert_eq!(keys["lr_decay_iters"], "600000");
        assert_eq!(keys["out"], "a # b");
        assert_eq!(keys["learning_rate"], "0.00005");
        assert_eq!(
            (&*keys["bf16"], &*keys["weight_decay"], &*keys["warmup_steps"]),
            ("True", "0.1", "500")
        );
        assert_eq!(keys["x"], "os.system('false')");
    }

    #[test]
    fn flags_in_the_words_of_a_python_file_are_not_its_own() {
        let text =
            "\"\"\"\n$ python train.py --batch_size=32 --compile=False\n\"\"\"\nbatch_size = 12\n";
        assert_eq!(read("train.py", text)["batch_size"], "12");
    }

    #[test]
    fn what_stands_under_a_condition_or_is_changed_is_no_number() {
        let keys = read(
            "a.py",
            "batch_size = 12\nif ddp:\n    batch_size = 24\nmax_iters = 10\nmax_iters *= 2\n",
        );
        assert_eq!(keys["batch_size"], "24 (under `if ddp`)");
        assert_eq!(keys["max_iters"], "changed by `max_iters *= 2`");
        let keys = read("b.py", "args = TrainingArguments(\n    learning_rate=1e-3,\n)\n");
        assert_eq!(keys["learning_rate"], "0.001");
    }

    #[test]
    fn the_first_flag_of_a_quoted_list_is_read() {
        let keys = read("a.sh", "ARGS=\"--weight-decay 0.1 --lr 1e-4\"\nOTHER=(--seed 3)\n");
        assert_eq!((&*keys["weight_decay"], &*keys["lr"], &*keys["seed"]), ("0.1", "1e-4", "3"));
    }

    #[test]
    fn lists_of_endless_depth_are_refused() {
        assert!(keys(Path::new("a.yaml"), &"- ".repeat(500_000)).is_err());
    }

    #[test]
    fn flags_of_a_shell_script_are_read_through_its_variables() {
        let keys = read(
            "a.sh",
            "SEQ=2048\npython train.py \\\n  --seq-length $SEQ \\\n  --lr=6.0e-5 --bf16 --min-lr 6e-6 # slow\n",
        );
        assert_eq!(
            (&*keys["seq_length"], &*keys["lr"], &*keys["bf16"]),
            ("2048", "6.0e-5", "true")
        );
        assert_eq!(keys["min_lr"], "6e-6");
    }
}
