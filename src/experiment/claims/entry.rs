//! The fields of one `[[claim]]`.

use anyhow::Result;
use sha2::{Digest, Sha256};
use toml::{Table, Value as Toml};

use crate::config::{Named, suggestion};
use crate::experiment::wrong_key::WrongKey;

/// What a claim may say.
const KEYS: [&str; 14] = [
    "text", "source", "basis", "quantity", "left", "right", "over", "crossing", "order",
    "collapse", "all", "expect", "smallest", "needs",
];

/// A table and its place in the spec.
pub struct Fields<'a> {
    pub table: &'a Table,
    place: String,
}

impl<'a> Fields<'a> {
    pub fn new(table: &'a Table, place: String) -> Self {
        Fields { table, place }
    }

    pub fn get(&self, key: &str) -> Option<&'a Toml> {
        self.table.get(key)
    }

    /// A problem with a key, to follow its name.
    pub fn wrong(&self, key: &str, problem: impl Into<String>) -> WrongKey {
        WrongKey::new(format!("{}.{key}", self.place), problem)
    }

    /// The place of a key, as in error messages.
    pub fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    pub fn check_keys(&self) -> Result<()> {
        match self.table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(WrongKey::unknown(self.at(key), &suggestion(key, &KEYS)).into()),
        }
    }

    pub fn text(&self, key: &str) -> Result<String> {
        let missing = || self.wrong(key, format!(" is missing; expected {key} = \"…\""));
        Ok(self.optional_text(key)?.ok_or_else(missing)?)
    }

    pub fn optional_text(&self, key: &str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(Toml::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
            Some(other) => Err(self
                .wrong(key, format!(" = {other}: expected a text in quotation marks"))
                .into()),
        }
    }

    pub fn named<T: Named>(&self, key: &str) -> Result<T> {
        let name = self.text(key)?;
        let known = T::names();
        let wrong = || self.wrong(key, format!(" = \"{name}\": {}", suggestion(&name, &known)));
        Ok(T::parse(&name).ok_or_else(wrong)?)
    }

    pub fn positive(&self, key: &str) -> Result<f64> {
        let given = self.get(key).ok_or_else(|| {
            self.wrong(key, " is missing; expected the smallest effect that matters, such as 0.02")
        })?;
        let found = number(given).filter(|number| number.is_finite() && *number > 0.0);
        Ok(found
            .ok_or_else(|| self.wrong(key, format!(" = {given}: expected a number above 0")))?)
    }

    /// Of everything that a claim says.
    pub fn digest(&self) -> String {
        format!("{:x}", Sha256::digest(self.table.to_string().as_bytes()))
    }
}

/// A number, whole or not.
pub fn number(value: &Toml) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|whole| whole as f64))
}
