//! `weight_decay = "search"`: what an arm says about a value that is to be found.

use toml::{Table, Value as Toml};

use crate::config::{Key, Kind, Section, suggestion};

/// The keys that a search may find.
pub const SEARCHABLE: [&str; 6] =
    ["weight_decay", "lr", "steps", "dropout", "stochastic_depth", "label_smoothing"];

/// What an arm says about a value that is to be found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AxisTerms {
    /// The first value to try.
    pub start: Option<f64>,
    /// The ratio of the first values that are tried.
    pub factor: Option<f64>,
}

/// Reads `"search"` or `{ search = true, start = 0.1, factor = 4 }`; `None` for any other value.
///
/// # Errors
/// What is wrong with it, to follow the key's name.
pub fn read(section: Section, key: &Key, value: &Toml) -> Option<Result<AxisTerms, String>> {
    let terms = match value {
        Toml::String(text) if text == "search" && !matches!(key.kind, Kind::Text) => {
            Ok(AxisTerms::default())
        }
        Toml::Table(table) if table.contains_key("search") => terms(key, table),
        _ => return None,
    };
    let refused = |why: &str| Err(format!(" = {value}: expected {}; {why}", key.kind.expected()));
    Some(match (SEARCHABLE.contains(&key.name), section) {
        (true, Section::Arm) => terms,
        (true, _) => refused("only in an [[arm]] can it be searched"),
        (false, _) => refused(&format!("a search finds {}", SEARCHABLE.join(", "))),
    })
}

fn terms(key: &Key, table: &Table) -> Result<AxisTerms, String> {
    let mut terms = AxisTerms::default();
    for (name, value) in table {
        let number = value.as_float().or(value.as_integer().map(|whole| whole as f64));
        match name.as_str() {
            "search" if *value == Toml::Boolean(true) => {}
            "search" => return Err(format!(" has search = {value}: expected search = true")),
            "start" => {
                let start = number.filter(|_| may_start(key, value));
                let wrong = || format!(" has start = {value}: expected {}", expected(key));
                terms.start = Some(start.ok_or_else(wrong)?);
            }
            "factor" => {
                let factor = number.filter(|factor| (SMALLEST_FACTOR..=100.0).contains(factor));
                let wrong = || format!(" has factor = {value}: expected a number from 1.1 to 100");
                terms.factor = Some(factor.ok_or_else(wrong)?);
            }
            other => {
                let hint = suggestion(other, &["search", "start", "factor"]);
                return Err(format!(" has the key `{other}`; {hint}"));
            }
        }
    }
    Ok(terms)
}

/// Below it, neighbouring points would be the same number of three digits.
const SMALLEST_FACTOR: f64 = 1.1;

/// The axes are logarithmic: nothing starts at 0.
fn may_start(key: &Key, value: &Toml) -> bool {
    let is_zero = value.as_float() == Some(0.0) || value.as_integer() == Some(0);
    key.read(value).is_ok() && !is_zero
}

fn expected(key: &Key) -> String {
    match key.kind {
        Kind::Number(_) => "a number above 0".to_owned(),
        kind => kind.expected(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Section, keys};

    fn parsed(name: &str, value: &str) -> Option<Result<AxisTerms, String>> {
        let table: Table = format!("value = {value}").parse().unwrap();
        read(Section::Arm, keys::find(Section::Arm, name).unwrap(), &table["value"])
    }

    #[test]
    fn a_word_or_a_table_asks_for_a_search() {
        assert_eq!(parsed("weight_decay", "'search'"), Some(Ok(AxisTerms::default())));
        let terms = AxisTerms { start: Some(0.1), factor: Some(4.0) };
        let table = "{ search = true, start = 0.1, factor = 4 }";
        assert_eq!(parsed("lr", table), Some(Ok(terms)));
        assert_eq!(parsed("weight_decay", "0.1"), None);
        assert_eq!(parsed("weight_decay", "'serch'"), None);
    }

    #[test]
    fn only_arms_search() {
        let value = Toml::String("search".to_owned());
        let key = keys::find(Section::Train, "lr").unwrap();
        let error = read(Section::Train, key, &value).unwrap().unwrap_err();
        assert!(error.contains("only in an [[arm]]"), "{error}");
        let name = keys::find(Section::Top, "name").unwrap();
        assert_eq!(read(Section::Top, name, &value), None);
    }

    #[test]
    fn what_is_no_search_is_refused_with_what_was_expected() {
        for (key, value, expected) in [
            ("batch", "'search'", "a search finds weight_decay, lr, steps, dropout,"),
            ("weight_decay", "{ search = 1 }", "expected search = true"),
            ("weight_decay", "{ search = true, start = 0 }", "a number above 0"),
            ("weight_decay", "{ search = true, start = -1 }", "a number above 0"),
            ("steps", "{ search = true, start = 1.5 }", "a whole number"),
            ("lr", "{ search = true, factor = 1 }", "from 1.1 to 100"),
            ("lr", "{ search = true, facter = 2 }", "did you mean `factor`?"),
        ] {
            let error = parsed(key, value).unwrap().unwrap_err();
            assert!(error.contains(expected), "{key} = {value}: {error}");
        }
    }
}
