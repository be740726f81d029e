//! Shell scripts as text: what they assign and the flags of what they call. Nothing is run.

mod named;
mod variable;

use super::tables;
use crate::advice::expression::value_of;
use crate::advice::keys::{Found, Keys, Part, Said};
use variable::{Variable, unquoted};

/// Words before assignments.
const DECLARE: [&str; 5] = ["export", "local", "declare", "typeset", "readonly"];

/// Texts in texts that go deeper are no command.
const DEEPEST: usize = 4;

/// `NAME=value` and `--name value`.
pub fn keys(text: &str) -> Keys {
    let mut keys = Keys::default();
    let mut conditions = Vec::new();
    // The flags of a command that goes on stand in its lines together.
    let mut command = String::new();
    for (place, line) in text.lines().enumerate() {
        let line = without_comment(line);
        assignments(place, line, &mut conditions, &mut keys);
        match line.trim_end().strip_suffix('\\') {
            Some(part) => command.push_str(&format!("{part} ")),
            None => whole(&format!("{}{line}", std::mem::take(&mut command)), &mut keys),
        }
    }
    whole(&command, &mut keys);
    keys
}

/// The flags of a line that goes on no further, and the files that its commands read beside them.
fn whole(line: &str, keys: &mut Keys) {
    flags(line, 0, keys);
    for (command, _) in commands(line) {
        let words = words(command);
        let Some(named) = named::configuration(&words, keys) else { continue };
        keys.parts.push(Part {
            told: named.told,
            is_maybe_data: named.is_maybe_data,
            beside: beside(named::arguments(&words), keys),
            takes_flags: named::takes_flags(&words, keys),
        });
    }
}

/// What the arguments of a program say: its flags, and `name=value` as Hydra and OmegaConf have it.
fn beside(arguments: &[&str], keys: &Keys) -> Keys {
    let mut said = Keys::default();
    flags_of(arguments, 0, &mut said);
    for (name, value) in arguments.iter().filter_map(|word| named::set_by(word)) {
        say(name, value, &mut said);
    }
    let mut own = Keys::default();
    for (name, found) in said.names().filter_map(|name| Some((name, said.get(name)?))) {
        let assigned = Variable::of(&found.text).and_then(|one| keys.get(one.name));
        own.replace(name, assigned.unwrap_or(found).clone());
    }
    own
}

/// `NAME=value` in a line, under the conditions that they stand under.
fn assignments(place: usize, line: &str, conditions: &mut Vec<String>, keys: &mut Keys) {
    for (command, after) in commands(line) {
        let words = ["then ", "do ", "else "];
        let word = command.split_whitespace().next().unwrap_or_default();
        match word {
            "if" | "for" | "while" | "until" | "case" => conditions.push(command.to_owned()),
            "elif" | "else" => {
                conditions.pop();
                conditions.push(command.to_owned());
            }
            "fi" | "done" | "esac" => {
                conditions.pop();
            }
            _ => {}
        }
        let bare = words
            .iter()
            .fold(command, |rest, word| rest.strip_prefix(word).map_or(rest, str::trim_start));
        let is_case = conditions.last().is_some_and(|one| one.starts_with("case "));
        let bare = bare.split_once(')').filter(|_| is_case).map_or(bare, |(_, rest)| rest.trim());
        let condition = conditions.last().map(String::as_str).or(after);
        for (name, value) in assigned(bare) {
            let value = value_in(value, keys);
            keys.say(name, Said { value, line: place + 1, condition, is_statement: true });
        }
    }
}

/// What a command assigns: several words may, alone or after one that declares them.
fn assigned(command: &str) -> Vec<(&str, &str)> {
    let declared = DECLARE.iter().find_map(|word| command.strip_prefix(word)?.strip_prefix(' '));
    let words = words(declared.unwrap_or(command));
    let is_of_assignments = words.iter().all(|word| assignment(word).is_some());
    let parts = if declared.is_some() || is_of_assignments { words } else { vec![command] };
    parts.into_iter().filter_map(assignment).collect()
}

/// The words of a command; what stands in quotes or brackets is of one.
fn words(command: &str) -> Vec<&str> {
    let (mut quote, mut depth) = (None, 0_usize);
    let is_between = |one: char| {
        match (one, quote) {
            ('"' | '\'' | '`', None) => quote = Some(one),
            (one, Some(open)) if one == open => quote = None,
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        one.is_whitespace() && quote.is_none() && depth == 0
    };
    command.split(is_between).filter(|word| !word.is_empty()).collect()
}

/// The commands of a line, each with the one that decides whether it is run.
fn commands(line: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    for part in line.split(';') {
        let mut before = None;
        for command in part.split("&&").flat_map(|one| one.split("||")) {
            found.push((command.trim(), before));
            before = Some(command.trim());
        }
    }
    found
}

/// The name and the value of an assignment.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || one == '_')
    };
    (is_name(name) && !value.starts_with('=')).then_some((name, value.trim()))
}

/// A number as text, or the text.
fn value_in(value: &str, keys: &Keys) -> Found {
    let named = |name: &str| keys.value(name)?.parse().ok();
    let bare = unquoted(value);
    Found::known(value_of(bare, &named).map_or(bare.to_owned(), |number| number.to_string()))
}

/// `--name value` and `--name=value` of a command; `$NAME` is what was assigned before.
fn flags(command: &str, depth: usize, keys: &mut Keys) {
    flags_of(&words(command), depth, keys);
}

fn flags_of(words: &[&str], depth: usize, keys: &mut Keys) {
    for (place, word) in words.iter().enumerate() {
        let Some(flag) = word.strip_prefix("--") else {
            if let Some(list) = list(word).filter(|_| depth < DEEPEST) {
                flags(list, depth + 1, keys);
            }
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => {
                let next = words.get(place + 1).copied();
                (flag, next.filter(|next| !next.starts_with("--")))
            }
        };
        say(&name.replace('-', "_"), value.unwrap_or("true"), keys);
    }
}

/// What a shell puts together for a command: the flags in a text or a list, `"--lr 1"` or `ARGS=(--lr 1)`.
fn list(word: &str) -> Option<&str> {
    let (_, inside) =
        word.split_once(['"', '\'', '`', '(', '=']).filter(|(_, inside)| inside.contains("--"))?;
    Some(inside.trim_end_matches(['"', '\'', ')']))
}

/// Says what a flag has; the entries of a table that is written as JSON stand under its name.
fn say(name: &str, value: &str, keys: &mut Keys) {
    let value = unquoted(value).trim_end_matches(['"', '\'']);
    // A bracket may end the list that the flag stands in; one that computes is the value's own.
    let value = if value.contains("$(") { value } else { value.trim_end_matches(['"', '\'', ')']) };
    if let Some(table) = tables::within_text(value) {
        return tables::flatten_json(name, &table, keys);
    }
    let found = Variable::of(value).and_then(|one| keys.get(one.name).cloned());
    let value = found.unwrap_or_else(|| Found::known(value));
    keys.say(name, Said { value, line: 0, condition: None, is_statement: false });
}

/// A `#` inside of quotes starts no comment, and none inside of a word.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (place, one) in line.char_indices() {
        let begins_a_word = before.is_whitespace() || ";&|(".contains(before);
        match (one, quote) {
            ('#', None) if begins_a_word => return &line[..place],
            ('"' | '\'', None) => quote = Some(one),
            (one, Some(open)) if one == open => quote = None,
            _ => {}
        }
        before = one;
    }
    line
}

#[cfg(test)]
mod tests;
