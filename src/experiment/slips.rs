//! Values that are nearly right: what to write instead.

use toml::Value as Toml;

use super::axis::SEARCHABLE;
use crate::config::{Key, Kind, Section, suggestion};

/// The line that was probably meant by a value that a key of a section does not take.
pub fn meant(section: Section, key: &Key, value: &Toml) -> Option<String> {
    let line = |value: &Toml| format!("write {} = {value}", key.name);
    let reads = |value: &&Toml| key.read(value).is_ok();
    match value {
        Toml::Array(list) if section == Section::Train && list.iter().all(|one| reads(&one)) => {
            Some(format!("{} in an [[arm]]: only there several values may stand", line(value)))
        }
        Toml::String(text) => {
            let several = text.contains(',') && section == Section::Arm;
            if section == Section::Arm && SEARCHABLE.contains(&key.name) {
                let word = suggestion(text, &["search"]);
                if word.starts_with("did you mean") {
                    return Some(word);
                }
            }
            let value = if several { list(text) } else { number(text)? };
            let all =
                value.as_array().map_or(reads(&&value), |list| list.iter().all(|v| reads(&v)));
            all.then(|| line(&value))
        }
        Toml::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
            Some(Toml::Integer(*float as i64)).as_ref().filter(reads).map(line)
        }
        Toml::Array(_) | Toml::Table(_) => None,
        value => matches!(key.kind, Kind::Text).then(|| line(&Toml::String(value.to_string()))),
    }
}

/// What other programs write as `a,b`, `[a, b` or `choice(a, b)`.
fn list(text: &str) -> Toml {
    let inner = text.split_once('(').map_or(text, |(_, inner)| inner);
    let parts = inner.trim_matches(|c: char| "[]() ".contains(c)).split(',').map(str::trim);
    let one = |part: &str| number(part).unwrap_or_else(|| Toml::String(part.to_owned()));
    Toml::Array(parts.map(one).collect())
}

fn number(text: &str) -> Option<Toml> {
    let whole = text.parse().ok().map(Toml::Integer);
    whole.or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()).map(Toml::Float))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys;

    #[test]
    fn a_value_that_is_nearly_right_is_answered_with_the_right_one() {
        for (section, name, value, expected) in [
            (Section::Arm, "weight_decay", "'0,0.1,1'", "write weight_decay = [0, 0.1, 1]"),
            (Section::Arm, "weight_decay", "'[0, .1]'", "write weight_decay = [0, 0.1]"),
            (Section::Arm, "lr", "'choice(1e-3,3e-3)'", "write lr = [0.001, 0.003]"),
            (Section::Arm, "mask", "'matrices,global'", "write mask = [\"matrices\", \"global\"]"),
            (Section::Train, "lr", "'.001'", "write lr = 0.001"),
            (Section::Train, "steps", "1e3", "write steps = 1000"),
            (Section::Train, "lr", "[1e-3, 3e-3]", "write lr = [0.001, 0.003] in an [[arm]]"),
            (Section::Arm, "weight_decay", "'serach'", "did you mean `search`?"),
            (Section::Top, "name", "42", "write name = \"42\""),
        ] {
            let key = keys::find(section, name).unwrap();
            let table: toml::Table = format!("value = {value}").parse().unwrap();
            assert!(key.read(&table["value"]).is_err(), "{value}");
            let meant = meant(section, key, &table["value"]).unwrap_or_default();
            assert!(meant.starts_with(expected), "{value}: {meant}");
        }
    }

    #[test]
    fn what_is_far_off_is_not_guessed() {
        for (section, name, value) in [
            (Section::Train, "steps", "'many'"),
            (Section::Train, "lr", "'serach'"),
            (Section::Arm, "weight_decay", "'many'"),
            (Section::Train, "lr", "[-1.0]"),
            (Section::Train, "lr", "-1.0"),
            (Section::Arm, "mask", "'all,none'"),
            (Section::Model, "layers", "1.5"),
        ] {
            let key = keys::find(section, name).unwrap();
            let table: toml::Table = format!("value = {value}").parse().unwrap();
            assert_eq!(meant(section, key, &table["value"]), None, "{value}");
        }
    }
}
