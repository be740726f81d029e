//! Calls of optax's schedule that warms up and falls along a cosine: its arguments stand under its name.

use tree_sitter::Node;

use super::{Walk, line, parts, rates};
use crate::advice::keys::{Doubt, Found, SCHEDULE, SCHEDULE_CALLED, Said};

/// Its arguments in their order.
const ARGUMENTS: [&str; 6] =
    ["init_value", "peak_value", "warmup_steps", "decay_steps", "end_value", EXPONENT];
/// The power of the cosine: another than 1 is a fall of another kind.
const EXPONENT: &str = "exponent";

impl Walk<'_> {
    /// What a call of it is handed, as far as that is computed; `None` for other calls, and for one that is not always made.
    pub fn schedule(
        &mut self,
        called: &str,
        arguments: Node<'_>,
        condition: Option<&str>,
    ) -> Option<()> {
        let is_it = called.rsplit('.').next() == Some(SCHEDULE) && condition.is_none();
        is_it.then_some(())?;
        let mut called = called.to_owned();
        let mut all = parts(arguments);
        all.retain(|one| one.kind() != "comment");
        for (place, argument) in all.into_iter().enumerate() {
            let name = argument.child_by_field_name("name").map(|name| self.code(name));
            let name = name.or(ARGUMENTS.get(place).copied());
            let value = argument.child_by_field_name("value").unwrap_or(argument);
            if name == Some(EXPONENT) && self.computed(value).is_none_or(|one| !is_one(&one)) {
                called = format!("{called} with {EXPONENT} {}", self.code(value));
            }
            if let Some((name, value)) = name.zip(self.computed(value)) {
                self.say_of_schedule(&format!("{SCHEDULE}.{name}"), value, argument);
            }
        }
        self.say_of_schedule(SCHEDULE_CALLED, Found::known(called), arguments);
        Some(())
    }

    /// A value that is known where it stands; of `config.lr` the last part is a key of the file.
    fn computed(&self, value: Node<'_>) -> Option<Found> {
        let found = self.value(value);
        if found.doubt != Some(Doubt::NotComputed) {
            return Some(found);
        }
        let number = rates::number(&self.keys, self.code(value))?;
        Some(Found::known(number.to_string()))
    }

    fn say_of_schedule(&mut self, key: &str, value: Found, node: Node<'_>) {
        let said = Said { value, line: line(node), condition: None, is_statement: false };
        self.keys.say(key, said);
    }
}

fn is_one(value: &Found) -> bool {
    value.doubt.is_none() && value.text.parse::<f64>() == Ok(1.0)
}
