//! What a file says under the keys of a field: a text, a number, or nothing.

use anyhow::{Context, Result, bail, ensure};

use super::super::name::Name;
use super::Reading;
use crate::advice::expression::value_of;
use crate::advice::keys::Doubt;
use crate::config::plain;

/// Products of numbers up to it are numbers.
const LARGEST: f64 = 1e30;

impl<'a> Reading<'a> {
    /// The trainer's keys for a field.
    pub(super) fn own(&self, name: Name) -> impl Iterator<Item = &'a String> + use<'a> {
        self.trainer.keys.get(&name).into_iter().flatten()
    }

    /// Whether the file has a key of a field.
    pub(super) fn has(&self, name: Name) -> bool {
        self.own(name).any(|key| self.keys.contains(key))
    }

    /// Whether the file says a field.
    pub(super) fn says(&self, name: Name) -> bool {
        self.own(name)
            .any(|key| self.keys.get(key).is_some_and(|one| self.is_set(name, key, &one.text)))
    }

    /// The value of a field with the key that holds it; a default is remembered as taken.
    ///
    /// # Errors
    /// A key that has not one value.
    pub(super) fn text(&mut self, name: Name) -> Result<Option<(String, String)>> {
        if self.is_given(name) {
            return Ok(None);
        }
        Ok(self.stated(name)?.or_else(|| self.default_of(name)))
    }

    /// What the file itself says of a field, whatever is given beside it.
    ///
    /// # Errors
    /// A key that has not one value.
    pub(super) fn stated(&self, name: Name) -> Result<Option<(String, String)>> {
        for key in self.own(name) {
            let Some(found) = self.keys.get(key) else {
                self.refuse_several(name, key)?;
                self.refuse_no_list(name, key)?;
                continue;
            };
            match found.doubt {
                None if self.is_set(name, key, &found.text) => {
                    self.refuse_filled_in(name, key, &found.text)?;
                    return Ok(Some((key.clone(), found.text.clone())));
                }
                // `optimizer = make_it(…)` names none.
                Some(Doubt::NotComputed) if name == Name::Optimizer => {}
                Some(Doubt::NotComputed) => {
                    bail!("{key} = {}: expected a number{}", found.text, help(name))
                }
                Some(Doubt::Undecided) => {
                    bail!("{key} is {}: expected one value; say which by an argument", found.text)
                }
                None => {}
            }
        }
        Ok(None)
    }

    /// A key under which a table or a list stands is not silent, unless what stands there is asked for by itself.
    fn refuse_several(&self, name: Name, key: &str) -> Result<()> {
        let within = format!("{key}.");
        if self.own(name).any(|own| own.starts_with(&within)) {
            return Ok(());
        }
        let inner = self.keys.names().find(|name| name.starts_with(&within));
        ensure!(
            inner.is_none(),
            "{key} is a list or a table ({}): expected one value",
            inner.map_or("", |name| name)
        );
        Ok(())
    }

    /// The first of a list that is written otherwise is not silent either.
    fn refuse_no_list(&self, name: Name, key: &str) -> Result<()> {
        let Some(list) = key.strip_suffix(".0") else { return Ok(()) };
        let known = self.keys.value(list).filter(|text| self.is_set(name, list, text));
        ensure!(
            known.is_none(),
            "{list} = {}: expected a list of numbers{}",
            shown(known.unwrap_or_default()),
            help(name)
        );
        Ok(())
    }

    /// A word that stands for what only another program knows.
    fn refuse_filled_in(&self, name: Name, key: &str, text: &str) -> Result<()> {
        if let Some(who) = self.trainer.filled_in.get(text) {
            bail!("{key} = {text}: {who}{}", help(name));
        }
        Ok(())
    }

    pub(super) fn number(&mut self, name: Name) -> Result<Option<f64>> {
        let Some((key, text)) = self.text(name)? else { return Ok(None) };
        self.refuse_contradiction(name)?;
        let number = value_of(&text, &|_| None).with_context(|| {
            format!("{key} = {}: expected a number{}", shown(&text), help(name))
        })?;
        let expected =
            if name.counts_things() { "a whole number above 0" } else { "0 or a number above" };
        ensure!(number >= 0.0, "{key} = {text}: expected {expected}{}", help(name));
        ensure!(
            number <= LARGEST,
            "{key} = {}: expected a smaller number{}",
            plain(number),
            help(name)
        );
        Ok(Some(number))
    }

    /// A number of things.
    pub(super) fn count(&mut self, name: Name) -> Result<Option<f64>> {
        let number = self.number(name)?;
        let is_count = number.is_none_or(|number| number >= 1.0 && number.fract() == 0.0);
        let key = self.text(name)?.map_or(String::new(), |(key, _)| key);
        ensure!(
            is_count,
            "{key} = {}: expected a whole number above 0{}",
            number.unwrap_or_default(),
            help(name)
        );
        Ok(number)
    }

    /// Trainers write "not set" as a word, and under some keys as −1; a text without a letter is none where a word is
    /// expected, and no number.
    pub(super) fn is_set(&self, name: Name, key: &str, text: &str) -> bool {
        let is_word = ["None", "none", "null"].contains(&text) || text.is_empty() && name.is_word();
        let is_unset =
            || text == "-1" && self.trainer.unset_by_minus_one.iter().any(|one| one == key);
        !(is_word || is_unset())
    }
}

/// A text without a letter in its quotes.
fn shown(text: &str) -> &str {
    if text.is_empty() { "\"\"" } else { text }
}

pub(super) fn help(name: Name) -> String {
    name.argument().map_or(String::new(), |argument| format!("; {argument} says it"))
}
