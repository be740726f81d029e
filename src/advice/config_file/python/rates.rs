//! With which learning rates a program calls its optimizer: another of that name in the file is not the run's.

use tree_sitter::Node;

use super::{Walk, line, optimizer, parts};
use crate::advice::expression::value_of;
use crate::advice::keys::{Doubt, Found, Keys, OPTIMIZERS_LR, Said};

/// A learning rate as it stands in the call of an optimizer or in a parameter group.
pub struct Rate {
    code: String,
    line: usize,
    /// What it is where it stands.
    here: Option<f64>,
}

impl Walk<'_> {
    /// That of a call: by its name, or by the place that it has in the optimizers of its library.
    pub fn rate_of_call(&mut self, called: &str, call: Node<'_>) {
        let Some(arguments) = call.child_by_field_name("arguments") else { return };
        let mut all = parts(arguments);
        all.retain(|one| one.kind() != "comment");
        let is_rate = |one: &&Node| {
            let name = one.child_by_field_name("name").map(|name| self.code(name));
            matches!(name, Some("lr" | "learning_rate"))
        };
        let named = all.iter().find(is_rate).and_then(|one| one.child_by_field_name("value"));
        let first = all.first().map_or("", |one| self.code(*one));
        let place = optimizer::place_of_rate(called, first).and_then(|place| all.get(place));
        let is_number = |one: &&Node| number(&self.keys, self.code(**one)).is_some();
        if let Some(value) = named.or(place.filter(is_number).copied()) {
            self.rate(value);
        }
    }

    /// That of an argument of a parameter group.
    pub fn rate_of_group(&mut self, name: Option<Node<'_>>, value: Option<Node<'_>>) {
        let is_rate = name.is_some_and(|name| self.code(name) == "lr");
        if let Some(value) = value.filter(|_| is_rate) {
            self.rate(value);
        }
    }

    pub fn rate(&mut self, value: Node<'_>) {
        let code = self.code(value).to_owned();
        let here = number(&self.keys, &code);
        self.rates.push(Rate { code, line: line(value), here });
    }

    /// Says what all calls say, when every name has been read.
    pub fn say_rates(&mut self) {
        if let Some(value) = together(&self.rates, &self.keys) {
            let said = Said { value, line: 0, condition: None, is_statement: true };
            self.keys.say(OPTIMIZERS_LR, said);
        }
    }
}

/// A number, or arithmetic of names; of `args.lr` the last part is a key of the file.
pub fn number(keys: &Keys, code: &str) -> Option<f64> {
    value_of(code, &|name| keys.value(name.rsplit('.').next()?)?.parse().ok())
}

/// `None` where only running the program computes all of them: they are mostly what was said before, on its way.
fn together(rates: &[Rate], keys: &Keys) -> Option<Found> {
    let known = |rate: &Rate| rate.here.or_else(|| number(keys, &rate.code));
    let first = rates.iter().find_map(known)?;
    if rates.iter().all(|rate| known(rate) == Some(first)) {
        // A name that means something else at the end of the file may have had that in the call too.
        let is_sure = |rate: &Rate| rate.here == number(keys, &rate.code);
        let doubt = (!rates.iter().all(is_sure)).then_some(Doubt::Undecided);
        return Some(Found { text: first.to_string(), doubt });
    }
    let told = |rate: &Rate| {
        let value = known(rate).map_or(rate.code.clone(), |number| number.to_string());
        format!("{value} in line {}", rate.line)
    };
    let mut all: Vec<String> = rates.iter().map(told).collect();
    all.dedup();
    Some(Found { text: all.join(" and "), doubt: Some(Doubt::Undecided) })
}
