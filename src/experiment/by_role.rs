//! `[arm.by_role]`: what an arm says of the parameters of one role alone.

use toml::{Table, Value as Toml};

use super::wrong_key::WrongKey;
use crate::config::{ByRole, Range, Role, check_number, suggestion};

/// Every combination of what a table says, such as `embedding = { weight_decay = [0.0, 0.1] }`.
///
/// # Errors
/// A role that there is not, a key other than `lr` and `weight_decay`, or a value that it may not have.
pub fn read(value: &Toml, place: &str) -> Result<Vec<ByRole>, WrongKey> {
    let table = table(value, place, "expected roles, such as embedding = { weight_decay = 0.0 }")?;
    let mut all = vec![ByRole::NONE];
    for (name, terms) in table {
        let place = format!("{place}.{name}");
        let role = Role::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            let known = Role::ALL.map(Role::name);
            WrongKey::new(&place, format!(": there is no such role; {}", suggestion(name, &known)))
        })?;
        let terms = self::table(terms, &place, "expected lr, weight_decay or both")?;
        for (key, value) in terms {
            all = varied(all, role, key, value, &format!("{place}.{key}"))?;
        }
    }
    Ok(all)
}

fn table<'a>(value: &'a Toml, place: &str, expected: &str) -> Result<&'a Table, WrongKey> {
    let table = value.as_table().filter(|table| !table.is_empty());
    table.ok_or_else(|| WrongKey::new(place, format!(" = {value}: {expected}")))
}

/// Each of `all` with each value of one key.
fn varied(
    all: Vec<ByRole>,
    role: Role,
    key: &str,
    value: &Toml,
    place: &str,
) -> Result<Vec<ByRole>, WrongKey> {
    let set: fn(&mut ByRole, Role, f64) = match key {
        "lr" => ByRole::set_lr,
        "weight_decay" => ByRole::set_weight_decay,
        _ => {
            let hint = suggestion(key, &["lr", "weight_decay"]);
            return Err(WrongKey::new(place, format!(": a role has no such key; {hint}")));
        }
    };
    let range = if key == "lr" { Range::Positive } else { Range::NotNegative };
    let one = |value: &Toml| {
        let number = value.as_float().or(value.as_integer().map(|whole| whole as f64));
        let wrong = || format!(" = {value}: expected a number or a list of numbers");
        let number = number.ok_or_else(wrong)?;
        check_number(number, range).map_err(|problem| format!(" = {problem}"))
    };
    let values: Result<Vec<f64>, String> = match value.as_array() {
        Some(list) if list.is_empty() => Err(" is an empty list".to_owned()),
        Some(list) => list.iter().map(one).collect(),
        None => one(value).map(|value| vec![value]),
    };
    let values = values.map_err(|problem| WrongKey::new(place, problem))?;
    let with = |terms: &ByRole, value: f64| {
        let mut terms = terms.clone();
        set(&mut terms, role, value);
        terms
    };
    Ok(all.iter().flat_map(|terms| values.iter().map(move |value| with(terms, *value))).collect())
}
