//! Which arms a table such as `{ form = "adamw", weight_decay = 1.0, at = 200 }` speaks of.

use anyhow::Result;
use toml::{Table, Value as Toml};

use super::asked::AskedTerm;
use super::entry::{Fields, number};
use crate::config::{Form, HYPERPARAMETERS, Measured, Named, SHAPE_KEYS, Section, Value, plain};
use crate::experiment::Arm;
use crate::experiment::given::Given;

/// The arms that a table speaks of, with its weight and step.
#[derive(Clone, Debug)]
pub struct Selected {
    pub term: AskedTerm,
    /// The table in words.
    pub told: String,
}

/// Reads a table, or a list of tables whose numbers are added.
pub fn read(
    fields: &Fields,
    key: &str,
    value: &Toml,
    arms: &[Arm],
    quantity: Measured,
) -> Result<Vec<Selected>> {
    match value {
        Toml::Table(table) => Ok(vec![one(fields, key, table, arms, quantity)?]),
        Toml::Array(list) if !list.is_empty() => {
            let read = |(index, value): (usize, &Toml)| match value {
                Toml::Table(table) => one(fields, &format!("{key}.{index}"), table, arms, quantity),
                other => Err(expected(fields, key, other)),
            };
            list.iter().enumerate().map(read).collect()
        }
        other => Err(expected(fields, key, other)),
    }
}

fn expected(fields: &Fields, key: &str, other: &Toml) -> anyhow::Error {
    let problem = format!(
        " = {other}: expected a table that names arms, such as {{ form = \"adamw\", weight_decay = 1.0 }}"
    );
    fields.wrong(key, problem).into()
}

fn one(
    fields: &Fields,
    key: &str,
    table: &Table,
    arms: &[Arm],
    quantity: Measured,
) -> Result<Selected> {
    let mut own = table.clone();
    let (times, at) = (own.remove("times"), own.remove("at"));
    let weight = match &times {
        None => 1.0,
        Some(value) => {
            let number = number(value);
            let is_below = number.is_some_and(|weight| weight < 0.0);
            let side = if is_below { "; put it on the other side (left or right)" } else { "" };
            number.filter(|weight| weight.is_finite() && *weight > 0.0).ok_or_else(|| {
                let expected = format!("expected a number above 0{side}");
                fields.wrong(key, format!(" has times = {value}: {expected}"))
            })?
        }
    };
    let given = Given::read(Section::Arm, &own, &fields.at(key))?;
    if let Some((searched, _)) = given.searched().first() {
        return Err(fields.wrong(key, format!(" searches {searched}; expected its value")).into());
    }
    if own.contains_key("by_role") {
        let problem = " has by_role, by which arms cannot be told apart here; name another key in which they differ";
        return Err(fields.wrong(key, problem).into());
    }
    let found: Vec<usize> =
        (0..arms.len()).filter(|place| matches(&given, &arms[*place])).collect();
    if found.is_empty() {
        let problem = format!(" = {}: no arm of the spec is that", Toml::Table(table.clone()));
        return Err(fields.wrong(key, problem).into());
    }
    let at = at.map(|value| step(fields, key, &value, quantity, arms, &found)).transpose()?;
    Ok(Selected { term: AskedTerm { weight, at, arms: found }, told: told(table) })
}

/// A step at which every arm is evaluated.
fn step(
    fields: &Fields,
    key: &str,
    value: &Toml,
    quantity: Measured,
    arms: &[Arm],
    found: &[usize],
) -> Result<usize> {
    if !quantity.has_steps() {
        let problem = format!(" has at = {value}, but {} is of the whole run", quantity.name());
        return Err(fields.wrong(key, problem).into());
    }
    let step = value.as_integer().and_then(|step| usize::try_from(step).ok());
    let is_evaluated = |step: &usize| {
        found
            .iter()
            .all(|arm| *step <= arms[*arm].recipe.steps && arms[*arm].recipe.evaluates(*step))
    };
    let wrong = || {
        fields.wrong(
            key,
            format!(" has at = {value}: expected a step at which its arms are evaluated"),
        )
    };
    Ok(step.filter(is_evaluated).ok_or_else(wrong)?)
}

/// Whether an arm has one of the values of every key.
fn matches(given: &Given, arm: &Arm) -> bool {
    given.keys().all(|key| {
        given.list(key).is_some_and(|values| values.iter().any(|value| has(arm, key, value)))
    })
}

fn has(arm: &Arm, key: &str, value: &Value) -> bool {
    match (key, value) {
        ("form", Value::Name(name)) => Form::parse(name) == Some(arm.decay.form),
        ("mask", Value::Name(name)) => arm.decay.mask.is_some_and(|mask| mask.name() == *name),
        // No decay is λ = 0, whatever its form.
        ("weight_decay", Value::Number(lambda)) => match arm.decay.form {
            Form::None => *lambda == 0.0,
            _ => arm.decay.weight_decay == Some(*lambda),
        },
        ("recipe", Value::Text(name)) => arm.published.is_some_and(|one| one.name == *name),
        ("transfer", Value::Text(name)) => arm.transfer.is_some_and(|one| one.name() == name),
        _ => of_train(arm, key).or_else(|| of_model(arm, key)).as_ref() == Some(value),
    }
}

fn of_train(arm: &Arm, key: &str) -> Option<Value> {
    let row = HYPERPARAMETERS.iter().find(|row| row.key.name == key)?;
    Some((row.get)(&arm.recipe))
}

fn of_model(arm: &Arm, key: &str) -> Option<Value> {
    let row = SHAPE_KEYS.iter().find(|row| row.key.name == key)?;
    (row.get)(&arm.model)
}

/// The number that an arm has of a key.
pub fn number_of(arm: &Arm, key: &str) -> Option<f64> {
    if key == "weight_decay" {
        return arm.decay.weight_decay;
    }
    match of_train(arm, key).or_else(|| of_model(arm, key))? {
        Value::Count(count) => Some(count as f64),
        Value::Number(number) => Some(number),
        _ => None,
    }
}

/// As people read it: `adamw λ=1, dropout=0.1 at step 200`.
fn told(table: &Table) -> String {
    let value = |value: &Toml| match value {
        Toml::String(text) => text.clone(),
        Toml::Array(list) => format!("one of {} values", list.len()),
        other => number(other).map_or_else(|| other.to_string(), plain),
    };
    let word = |(key, given): (&String, &Toml)| match key.as_str() {
        "form" | "mask" | "optimizer" => value(given),
        "weight_decay" => match given {
            Toml::Array(_) => "best λ".to_owned(),
            given => format!("λ={}", value(given)),
        },
        "read_tokens" if number(given) == Some(0.0) => "all train tokens".to_owned(),
        "at" => format!("at step {}", value(given)),
        "times" => format!("× {}", value(given)),
        key => format!("{key}={}", value(given)),
    };
    // What is done with the arms comes after which they are.
    let rank = |key: &str| match key {
        "optimizer" => 0,
        "form" => 1,
        "mask" => 2,
        "weight_decay" => 3,
        "at" => 5,
        "times" => 6,
        _ => 4,
    };
    let mut pairs: Vec<(&String, &Toml)> = table.iter().collect();
    pairs.sort_by_key(|(key, _)| rank(key));
    let words: Vec<String> = pairs.into_iter().map(word).collect();
    if words.is_empty() { "every arm".to_owned() } else { words.join(" ") }
}
