//! What a configuration file says, key by key. Where it says more than one thing of a key, none of them is taken.

use std::collections::BTreeMap;

use super::expression::value_of;

/// The key under which a program's call of an optimizer stands: programs name it nowhere else.
pub const OPTIMIZER_CALLED: &str = "the optimizer that is called";

/// The key under which that call stands where it is given parameters alone, and no decay of theirs.
pub const CALLED_WITHOUT_DECAY: &str = "the optimizer that is called without weight_decay";

/// The key under which the learning rates of that call and of its parameter groups stand.
pub const OPTIMIZERS_LR: &str = "the learning rate that the optimizer is called with";

/// The key under which a program's call of a schedule stands whose arguments are read.
pub const SCHEDULE_CALLED: &str = "the schedule that is called";

/// That schedule of optax, under whose name its arguments stand.
pub const SCHEDULE: &str = "warmup_cosine_decay_schedule";

/// Whether a key is of a call and none that a trainer's own files have.
pub fn is_of_call(key: &str) -> bool {
    [OPTIMIZER_CALLED, SCHEDULE_CALLED].contains(&key) || key.starts_with(SCHEDULE)
}

/// Keys of a file, those of tables as `table.key`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    found: BTreeMap<String, Found>,
    /// Other configurations that it has commands read.
    pub parts: Vec<Part>,
    /// What it calls, as a program.
    pub calls: Vec<Call>,
}

/// A call of a class or a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The last part of its name.
    pub name: String,
    /// Names of its arguments that have one.
    pub arguments: Vec<String>,
}

/// A configuration that a command reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its file, or what names it.
    pub told: String,
    /// Whether it may be a text to be trained on as well.
    pub is_maybe_data: bool,
    /// The flags of the command, and what it sets by `name=value`.
    pub beside: Keys,
    /// Whether more flags come to it by a variable.
    pub takes_flags: bool,
}

/// What stands under a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The value, or what is said of it where there is a doubt.
    pub text: String,
    /// Why the value is not known.
    pub doubt: Option<Doubt>,
}

/// Why a value is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// There is more than one, or one under a condition.
    Undecided,
    /// Only running the file computes it.
    NotComputed,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<'a> {
    pub value: Found,
    /// Its line, from 1.
    pub line: usize,
    /// The condition on which it counts.
    pub condition: Option<&'a str>,
    /// Whether it is a statement of its own, which replaces an earlier one, and no argument of a call.
    pub is_statement: bool,
}

impl Found {
    pub fn known(text: impl Into<String>) -> Self {
        Found { text: text.into(), doubt: None }
    }

    /// An expression as it is written.
    pub fn not_computed(text: &str) -> Self {
        Found { text: text.to_owned(), doubt: Some(Doubt::NotComputed) }
    }
}

impl Keys {
    pub fn get(&self, key: &str) -> Option<&Found> {
        self.found.get(key)
    }

    pub fn contains(&self, key: &str) -> bool {
        self.found.contains_key(key)
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.found.keys()
    }

    /// Whether a program calls a class or a function, by the last part of its name.
    pub fn is_called(&self, name: &str) -> bool {
        self.calls.iter().any(|call| call.name == name)
    }

    /// The value of a key that has one.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.found.get(key).filter(|found| found.doubt.is_none()).map(|found| found.text.as_str())
    }

    /// Whether a key is there with another value than none and the usual one, which may be an expression of other keys.
    pub fn is_unlike(&self, key: &str, usual: &str) -> bool {
        let Some(found) = self.get(key) else { return false };
        let text = found.text.as_str();
        let is_none =
            ["false", "none", "null", "0", "", "[]", "{}"].contains(&text.to_lowercase().as_str());
        let number = |text: &str| value_of(text, &|name| self.value(name)?.parse().ok());
        let is_usual = text == usual || number(usual).is_some_and(|one| number(text) == Some(one));
        !(is_none || is_usual)
    }

    /// Adds what a table says of a key, which has one place there.
    pub fn set(&mut self, key: &str, text: impl Into<String>) {
        self.say(
            key,
            Said { value: Found::known(text), line: 0, condition: None, is_statement: false },
        );
    }

    /// Adds that a list or a table without anything in it stands under a key; the file itself has none.
    pub fn set_empty(&mut self, key: &str, text: &str) {
        if !key.is_empty() {
            self.set(key, text);
        }
    }

    /// Makes a value one that is not known, with what is said of it.
    pub fn doubt(&mut self, key: &str, told: &str) {
        let found = Found { text: told.to_owned(), doubt: Some(Doubt::Undecided) };
        self.found.insert(key.to_owned(), found);
    }

    /// Puts a value in the place of what is said of a key.
    pub fn replace(&mut self, key: &str, found: Found) {
        self.found.insert(key.to_owned(), found);
    }

    pub fn remove(&mut self, key: &str) {
        self.found.remove(key);
    }

    /// Adds what a file says of a key beside what it has said before.
    pub fn say(&mut self, key: &str, said: Said) {
        let value = match self.found.get(key) {
            None if said.condition.is_none() => said.value,
            None => Found { text: said.told(), doubt: Some(Doubt::Undecided) },
            Some(before) => match said.beside(before) {
                Some(value) => value,
                None => return,
            },
        };
        self.found.insert(key.to_owned(), value);
    }
}

impl Said<'_> {
    /// What a key has after this; `None` where it stays as it was.
    fn beside(self, before: &Found) -> Option<Found> {
        let is_sure = self.condition.is_none();
        if before.text == self.value.text {
            return None;
        }
        // An argument is mostly what was assigned before, on its way.
        if self.value.doubt == Some(Doubt::NotComputed) && !self.is_statement {
            return None;
        }
        let was_on_its_way = before.doubt == Some(Doubt::NotComputed);
        if is_sure && (was_on_its_way || self.is_statement && before.doubt.is_none()) {
            return Some(self.value);
        }
        let text = format!("{} and {}", before.text, self.told());
        Some(Found { text, doubt: Some(Doubt::Undecided) })
    }

    /// The value with its place.
    fn told(&self) -> String {
        let under = self.condition.map_or(String::new(), |one| format!(", under `{one}`"));
        let line = if self.line > 0 { format!(" in line {}", self.line) } else { String::new() };
        format!("{}{line}{under}", self.value.text)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Keys {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(pairs: T) -> Self {
        let mut keys = Keys::default();
        pairs.into_iter().for_each(|(key, text)| keys.set(key, text));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, condition: Option<&'static str>, is_statement: bool) -> Said<'static> {
        Said { value: Found::known(text), line: 3, condition, is_statement }
    }

    fn after(all: &[Said<'static>]) -> Found {
        let mut keys = Keys::default();
        all.iter().for_each(|one| keys.say("lr", one.clone()));
        keys.get("lr").unwrap().clone()
    }

    #[test]
    fn a_statement_replaces_an_earlier_one_and_nothing_else_does() {
        let (first, second) = (said("1", None, true), said("2", None, true));
        assert_eq!(after(&[first.clone(), second]), Found::known("2"));
        let argument = said("2", None, false);
        let both = after(&[first.clone(), argument]);
        assert_eq!(
            both,
            Found { text: "1 and 2 in line 3".to_owned(), doubt: Some(Doubt::Undecided) }
        );
        assert_eq!(after(&[first.clone(), said("1", None, false)]), Found::known("1"));
        let maybe = after(&[first, said("2", Some("if ddp"), true)]);
        assert_eq!(maybe.text, "1 and 2 in line 3, under `if ddp`");
        assert_eq!(after(&[said("2", Some("if ddp"), true)]).doubt, Some(Doubt::Undecided));
    }

    #[test]
    fn what_is_switched_off_or_as_usual_is_not_unlike() {
        let keys: Keys = [("swiglu", "false"), ("hidden", "512"), ("ffn", "2048"), ("kind", "moe")]
            .into_iter()
            .collect();
        for (key, usual) in [("swiglu", ""), ("ffn", "4 * hidden"), ("kind", "moe"), ("none", "")] {
            assert!(!keys.is_unlike(key, usual), "{key}");
        }
        assert!(keys.is_unlike("ffn", "8 * hidden") && keys.is_unlike("kind", ""));
    }

    #[test]
    fn an_expression_on_its_way_says_nothing_beside_a_number() {
        let expression = |is_statement| Said {
            value: Found::not_computed("args.lr"),
            ..said("", None, is_statement)
        };
        assert_eq!(after(&[said("1", None, true), expression(false)]), Found::known("1"));
        assert_eq!(after(&[expression(false), said("1", None, true)]), Found::known("1"));
        assert_eq!(
            after(&[said("1", None, true), expression(true)]).doubt,
            Some(Doubt::NotComputed)
        );
    }
}
