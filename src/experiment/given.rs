//! What the tables of a spec say, checked key by key against the key table.

use std::collections::BTreeMap;

use anyhow::Result;
use toml::{Table, Value as Toml};

pub use super::wrong_key::WrongKey;

use super::axis::{self, AxisTerms};
use super::{by_role, foreign, slips};
use crate::config::keys;
use crate::config::{ByRole, Value};
use crate::config::{Key, Kind, Section};

/// The values of one table.
#[derive(Clone, Debug, Default)]
pub struct Given {
    place: String,
    values: BTreeMap<&'static str, Vec<Value>>,
    searched: Vec<(&'static str, AxisTerms)>,
    by_role: Vec<ByRole>,
}

impl Given {
    /// Reads a table at `place`, which is empty for the top of a spec. In an arm every key may have a
    /// list of values.
    ///
    /// # Errors
    /// A key that the section does not have, or a value that it may not have.
    pub fn read(section: Section, table: &Table, place: &str) -> Result<Self> {
        let mut given = Given { place: place.to_owned(), ..Given::default() };
        for (name, value) in flat(section, table) {
            let (name, place) = (name.as_str(), given.at(&name));
            if section == Section::Arm && name == "by_role" {
                given.by_role = by_role::read(value, &place)?;
                continue;
            }
            let Some(key) = keys::find(section, name) else {
                let is_tables = |value: &toml::Value| {
                    value.as_array().is_some_and(|list| list.iter().all(toml::Value::is_table))
                };
                let is_table = value.is_table() || is_tables(value);
                let hint = foreign::hint(section, name, is_table);
                return Err(WrongKey::unknown(place, &hint).into());
            };
            if let Some(terms) = axis::read(section, key, value) {
                let terms = terms.map_err(|problem| WrongKey::new(&place, problem))?;
                given.searched.push((key.name, terms));
                continue;
            }
            let values = read(key, value, section == Section::Arm);
            let values = values.map_err(|problem| match slips::meant(section, key, value) {
                Some(line) => WrongKey::new(&place, format!("{problem}; {line}")),
                None => WrongKey::new(&place, problem),
            })?;
            given.values.insert(key.name, values);
        }
        Ok(given)
    }

    /// The same values as those of a section that the spec does not have.
    pub fn under(mut self, section: Section) -> Self {
        self.place = section.name().to_owned();
        self
    }

    /// A key of this table, as in `--set`.
    pub fn at(&self, name: &str) -> String {
        match self.place.as_str() {
            "" => name.to_owned(),
            place => format!("{place}.{name}"),
        }
    }

    /// The value of a key outside of arms.
    pub fn one(&self, name: &str) -> Option<&Value> {
        self.values.get(name)?.first()
    }

    /// The values of a key of an arm.
    pub fn list(&self, name: &str) -> Option<&[Value]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Names that a key has, each as the variant of an enum.
    pub fn named<T: crate::config::Named>(&self, name: &str) -> Option<Vec<T>> {
        let names = self.list(name)?.iter().filter_map(|value| match value {
            Value::Name(name) => T::parse(name),
            _ => None,
        });
        Some(names.collect())
    }

    /// Texts that a key has.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        let texts = self.list(name)?.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        Some(texts.collect())
    }

    /// Numbers that a key has.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        let numbers = self.list(name)?.iter().filter_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        Some(numbers.collect())
    }

    /// Names in the list that a key has.
    pub fn names(&self, name: &str) -> Option<Vec<&'static str>> {
        match self.one(name)? {
            Value::Names(names) => Some(names.clone()),
            _ => None,
        }
    }

    /// The words that a key has.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.one(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The count that a key has.
    pub fn count(&self, name: &str) -> Option<usize> {
        match self.one(name)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// The counts in the list that a key has.
    pub fn counts(&self, name: &str) -> Option<Vec<usize>> {
        match self.one(name)? {
            Value::Counts(counts) => Some(counts.clone()),
            _ => None,
        }
    }

    /// Keys whose values a search is to find.
    pub fn searched(&self) -> &[(&'static str, AxisTerms)] {
        &self.searched
    }

    /// Whether a key has several values, or one that a search is to find.
    pub fn varies(&self, name: &str) -> bool {
        let is_searched = self.searched.iter().any(|(key, _)| *key == name);
        is_searched || self.list(name).is_some_and(|values| values.len() > 1)
    }

    /// What it says of single roles, every combination; nothing where it says nothing.
    pub fn by_role(&self) -> Vec<ByRole> {
        if self.by_role.is_empty() { vec![ByRole::NONE] } else { self.by_role.clone() }
    }

    /// The same with a value for a key.
    pub fn with(mut self, key: &'static str, value: Value) -> Self {
        self.values.insert(key, vec![value]);
        self
    }

    /// Keys that are given.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.values.keys().copied()
    }

    /// Arms that its lists make.
    pub fn combinations(&self) -> u128 {
        let lists = self.values.values().map(|list| list.len() as u128);
        lists.fold(self.by_role().len() as u128, u128::saturating_mul)
    }
}

/// The keys of a table with their values; those of a group that a section has, such as `[train.adam]`,
/// under their whole names.
fn flat(section: Section, table: &Table) -> Vec<(String, &Toml)> {
    let mut all = Vec::new();
    for (name, value) in table {
        let is_group = section
            .keys()
            .iter()
            .any(|key| key.split_once('.').is_some_and(|(group, _)| group == name));
        match value.as_table().filter(|_| is_group) {
            Some(group) => {
                all.extend(group.iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            None => all.push((name.clone(), value)),
        }
    }
    all
}

fn read(key: &Key, value: &Toml, may_be_list: bool) -> Result<Vec<Value>, String> {
    let list = value.as_array().filter(|_| may_be_list);
    // A pair is a list itself; a list of pairs is a list of lists. Names are one list.
    let list = list.filter(|_| !matches!(key.kind, Kind::Names(_)));
    let list = list.filter(|list| {
        !matches!(key.kind, Kind::Pair(_)) || list.is_empty() || list.iter().all(Toml::is_array)
    });
    match list {
        None => Ok(vec![key.read(value)?]),
        Some(list) if list.is_empty() => Err(" is an empty list".to_owned()),
        Some(list) => list.iter().map(|value| key.read(value)).collect(),
    }
}
