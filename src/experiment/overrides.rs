//! `--set KEY=VALUE`: changes to a spec from the command line.

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

/// The key of `KEY=VALUE`.
pub fn key(assignment: &str) -> &str {
    assignment.split_once('=').map_or(assignment, |(key, _)| key).trim()
}

/// Puts `KEY=VALUE` into the spec. The key is a dotted path (`train.steps`, `arm.0.lr`); the value
/// is TOML, and a bare word is a string.
pub fn apply(spec: &mut Table, assignment: &str) -> Result<()> {
    let (path, value) = assignment.split_once('=').with_context(|| {
        format!("--set {assignment}: expected KEY=VALUE, such as train.steps=100")
    })?;
    let (parents, key) = match path.trim().rsplit_once('.') {
        Some((parents, key)) => (parents.split('.').collect(), key),
        None => (Vec::new(), path.trim()),
    };
    ensure!(!key.is_empty(), "--set {assignment}: the key is empty");
    ensure!(
        !assignment.contains(['\n', '\r']),
        "--set {assignment}: expected one KEY=VALUE on one line; repeat --set for another key"
    );
    let mut table = spec;
    let mut parents = parents.into_iter();
    while let Some(name) = parents.next() {
        let entry = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
        table = match entry {
            Value::Table(inner) => inner,
            Value::Array(list) => {
                element(list, parents.next(), assignment, &format!("{name}.0.{key}"))?
            }
            _ => bail!("--set {assignment}: `{name}` is a value, not a table"),
        };
    }
    table.insert(key.to_owned(), parse_value(value.trim()));
    Ok(())
}

fn element<'a>(
    list: &'a mut [Value],
    index: Option<&str>,
    assignment: &str,
    example: &str,
) -> Result<&'a mut Table> {
    let count = list.len();
    let place = index.and_then(|index| index.parse::<usize>().ok());
    match place.and_then(|place| list.get_mut(place)) {
        Some(Value::Table(table)) => Ok(table),
        _ => bail!(
            "--set {assignment}: expected a place from 0 to {} after the list's name, such as {example}",
            count.max(1) - 1
        ),
    }
}

fn parse_value(text: &str) -> Value {
    format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(spec: &str, assignment: &str) -> Result<Table> {
        let mut table: Table = spec.parse().unwrap();
        apply(&mut table, assignment)?;
        Ok(table)
    }

    #[test]
    fn values_are_toml_and_bare_words_are_strings() {
        let table = set("", "train.steps=100").unwrap();
        assert_eq!(table["train"]["steps"].as_integer(), Some(100));
        let table = set("[data]\norder = 'random'", "data.order = sequential").unwrap();
        assert_eq!(table["data"]["order"].as_str(), Some("sequential"));
        let table = set("seeds = [1]", "seeds=[4, 5]").unwrap();
        assert_eq!(table["seeds"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_arm_is_reached_by_its_place() {
        let table = set("[[arm]]\nform='l2'\n[[arm]]\nform='adamw'", "arm.1.lr=[1e-3]").unwrap();
        assert!(table["arm"][1]["lr"].is_array());
        assert!(set("[[arm]]\nform='l2'", "arm.1.lr=1").is_err());
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for assignment in ["train.steps", "=3", "name.x=1", "train.steps=1\ntrain.lr=5"] {
            assert!(set("name = 'a'", assignment).is_err(), "{assignment}");
        }
    }
}
