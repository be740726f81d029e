//! Shell scripts as text: what they assign and the flags of what they call. Nothing is run.

use super::tables;
use crate::advice::expression::value_of;
use crate::advice::keys::{Found, Keys, Said};

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
            None => flags(&format!("{}{line}", std::mem::take(&mut command)), 0, &mut keys),
        }
    }
    flags(&command, 0, &mut keys);
    keys
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
    let words = words(command);
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
    let value = unquoted(value).trim_end_matches(['"', '\'', ')']);
    if let Some(table) = tables::within_text(value) {
        return tables::flatten_json(name, &table, keys);
    }
    let variable = value.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
    let found = variable.and_then(|name| keys.get(name).cloned());
    let value = found.unwrap_or_else(|| Found::known(value));
    keys.say(name, Said { value, line: 0, condition: None, is_statement: false });
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
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
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let keys = keys(text);
        for (key, value) in expected {
            assert_eq!(keys.value(key), Some(*value), "{key}: {:?}", keys.get(key));
        }
    }

    #[test]
    fn the_first_flag_of_a_quoted_list_is_read() {
        check(
            "ARGS=\"--weight-decay 0.1 --lr 1e-4\"\nOTHER=(--seed 3)\n",
            &[("weight_decay", "0.1"), ("lr", "1e-4"), ("seed", "3")],
        );
    }

    #[test]
    fn a_flag_whose_value_is_json_has_its_entries() {
        let expected =
            [("kwargs.min_lr", "0.004"), ("kwargs.n", "3"), ("lr", "1"), ("bf16", "true")];
        for value in [
            "--kwargs '{\"min_lr\": 4e-3, \"n\": 3}' --lr 1",
            "--kwargs='{\"min_lr\": 4e-3, \"n\": 3}' --lr 1",
            "--kwargs \"{\\\"min_lr\\\": 4e-3, \\\"n\\\": 3}\" \\\n --lr 1",
            "--kwargs '{\"min_lr\":4e-3,\"n\":3}' --lr \"1\"",
        ] {
            check(&format!("train.py {value} --bf16\n"), &expected);
        }
        check("train.py --betas '[0.9, 0.95]'\n", &[("betas.0", "0.9"), ("betas.1", "0.95")]);
        check("train.py --name '{no json' --lr 1\n", &[("name", "{no json"), ("lr", "1")]);
    }

    #[test]
    fn flags_in_texts_are_read_as_deep_as_anybody_writes_them() {
        check("bash -c \"cd x && torchrun t.py --lr 1 --wd 0.1\"\n", &[("lr", "1"), ("wd", "0.1")]);
        check("ARGS=\"\n  --lr 1 --wd 0.1\n\"\n", &[("lr", "1"), ("wd", "0.1")]);
        check("ARGS=\" \\\n --lr 1 \\\n --wd 0.1 \\\n\"\n", &[("lr", "1"), ("wd", "0.1")]);
        assert_eq!(keys(&"(--a ".repeat(50_000)).value("lr"), None);
    }

    #[test]
    fn flags_are_read_through_variables() {
        check(
            "SEQ=2048\npython train.py \\\n  --seq-length $SEQ \\\n  --lr=6.0e-5 --bf16 --min-lr 6e-6 # slow\n",
            &[("seq_length", "2048"), ("lr", "6.0e-5"), ("bf16", "true"), ("min_lr", "6e-6")],
        );
    }

    #[test]
    fn a_word_that_has_a_number_sign_in_it_starts_no_comment() {
        for script in [
            "train --wandb-exp-name exp#3 --weight-decay 0.3 # not 0.1\n",
            "train --wandb-exp-name exp#3 \\\n  --weight-decay 0.3 #--weight-decay 0.1\n",
            "# --weight-decay 0.1\nN=$#;#--weight-decay 0.1\ntrain --weight-decay 0.3\n",
        ] {
            check(script, &[("weight_decay", "0.3")]);
        }
    }

    #[test]
    fn one_command_may_assign_several_names() {
        for script in [
            "export LR=6e-4 WD=0.3\n",
            "LR=6e-4 WD=\"0.3\"\n",
            "declare -r LR=6e-4; readonly WD=0.3 NAME='a b'\n",
            "set -e && true\nlocal LR=6e-4 STEPS=$(( 2 * 8 )) WD=0.3\n",
        ] {
            check(
                &format!("{script}train --lr $LR --weight-decay $WD\n"),
                &[("LR", "0.0006"), ("WD", "0.3"), ("weight_decay", "0.3")],
            );
        }
        check("ARGS=(--lr 1e-4 --seed 3)\n", &[("lr", "1e-4"), ("seed", "3")]);
    }

    #[test]
    fn what_one_branch_assigns_is_doubtful() {
        for script in [
            "if [ $1 = a ]; then\n  LR=1\nelse\n  LR=2\nfi\n",
            "if [ $1 = a ]; then LR=1; fi\n",
            "LR=1\n[ $1 = a ] && LR=2\n",
            "case $1 in\n  a) LR=1;;\n  b) LR=2;;\nesac\n",
            "for x in 1 2; do\n  LR=1\ndone\n",
        ] {
            let found = keys(&format!("{script}train --lr $LR\n"));
            let found = found.get("lr").unwrap();
            assert!(found.doubt.is_some(), "{script}: {found:?}");
        }
        check("if [ $1 = a ]; then\n  X=1\nfi\nLR=2\ntrain --lr $LR\n", &[("lr", "2")]);
    }

    #[test]
    fn a_flag_has_what_its_variable_had_before() {
        check("LR=1\ntrain --lr $LR\nLR=2\ntune --rate $LR\n", &[("lr", "1"), ("rate", "2")]);
        let found = keys("LR=1\ntrain --lr $LR\nLR=2\ntrain --lr $LR\n");
        assert_eq!(found.get("lr").unwrap().text, "1 and 2");
    }

    #[test]
    fn two_calls_with_two_values_are_doubtful() {
        let found = keys("train --lr 1\ntrain --lr 2\n");
        assert_eq!(found.get("lr").unwrap().text, "1 and 2");
    }
}
