//! A spec as lines that say the same wherever they stand.

use toml::{Table, Value};

use crate::experiment::bare;

/// A line of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// As it is shown.
    pub text: String,
    /// The same without what holds in any case; `None` where nothing is left.
    bare: Option<String>,
}

impl Line {
    /// One that says what it shows.
    pub fn new(text: String) -> Self {
        Line { bare: Some(text.clone()), text }
    }

    /// Whether other lines say the same: in other words, or in none where it holds in any case and they do not have its key.
    pub fn is_said_by(&self, others: &[Line]) -> bool {
        let is_same = |other: &Line| {
            other.text == self.text || self.bare.is_some() && other.bare == self.bare
        };
        let key = |line: &Line| line.text.split_once(" = ").map(|(key, _)| key.to_owned());
        others.iter().any(is_same)
            || self.bare.is_none() && others.iter().all(|other| key(other) != key(self))
    }
}

/// Every key with its table, such as `train.lr = 0.003`, and every arm in one line: whatever stands in them in another
/// order, or with other comments, gives the same lines. A text that is no TOML is its own lines.
pub fn lines(text: &str) -> Vec<Line> {
    match text.parse::<Table>() {
        Ok(table) => of_table(&table, &bare(&table), ""),
        Err(_) => text.lines().map(|line| Line::new(line.trim().to_owned())).collect(),
    }
}

fn of_table(table: &Table, bare: &Table, above: &str) -> Vec<Line> {
    let of_value =
        |(key, value): (&String, &Value)| of_value(&format!("{above}{key}"), value, bare.get(key));
    table.iter().flat_map(of_value).collect()
}

fn of_value(key: &str, value: &Value, bare: Option<&Value>) -> Vec<Line> {
    let none = Table::new();
    match value {
        Value::Table(table) => {
            of_table(table, bare.and_then(Value::as_table).unwrap_or(&none), &format!("{key}."))
        }
        Value::Array(list) if list.iter().any(Value::is_table) => {
            let bare = bare.and_then(Value::as_array).unwrap_or(list);
            let of_arm = |arm: &Value| format!("[[{key}]] {}", of_arm(arm));
            let line = |(own, bare)| Line { text: of_arm(own), bare: Some(of_arm(bare)) };
            list.iter().zip(bare).map(line).collect()
        }
        value => {
            let text = format!("{key} = {value}");
            vec![Line { bare: bare.map(|_| text.clone()), text }]
        }
    }
}

/// An arm, or another table of a list, in one line.
fn of_arm(arm: &Value) -> String {
    match arm {
        Value::Table(table) => {
            let lines = of_table(table, table, "");
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join(", ")
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, lines};

    fn texts(spec: &str) -> Vec<String> {
        lines(spec).into_iter().map(|line| line.text).collect()
    }

    fn alone(one: &str, other: &str) -> Vec<String> {
        let others = lines(other);
        let alone = lines(one).into_iter().filter(|line: &Line| !line.is_said_by(&others));
        alone.map(|line| line.text).collect()
    }

    const SPEC: &str = "name = \"a\" # why\nseeds = [0, 1]\n[train]\nlr = 1e-3\n[[arm]]\nmask = 'global'\n\
                        form = 'adamw'\nweight_decay = [0.0, 0.1]\n[[arm]]\nform = 'l2'\n";

    #[test]
    fn comments_and_layout_change_no_line_and_keys_stand_under_their_tables() {
        let told = texts(SPEC);
        assert_eq!(
            told[0],
            "[[arm]] form = \"adamw\", mask = \"global\", weight_decay = [0.0, 0.1]"
        );
        assert!(told.contains(&"train.lr = 0.001".to_owned()), "{told:?}");
        let other = "# all\nseeds = [\n 0, 1]\nname = 'a'\ntrain.lr = 0.001\n";
        assert!(texts(other).iter().all(|line| told.contains(line)), "{:?}", texts(other));
    }

    #[test]
    fn values_that_change_places_between_two_arms_are_other_lines() {
        let swapped =
            SPEC.replace("'l2'", "'?'").replace("'adamw'", "'l2'").replace("'?'", "'adamw'");
        assert_eq!(alone(&swapped, SPEC).len(), 2);
    }

    #[test]
    fn what_holds_in_any_case_is_no_difference_unless_the_other_says_otherwise() {
        let spec = SPEC.replace("form = 'l2'", "form = 'l2'\nweight_decay = 0.1");
        let written = spec
            .replace("[train]", "[train]\nbetas = [0.9, 0.95]\nwarmup = 25")
            .replace("[[arm]]\nform = 'l2'", "[[arm]]\nmask = 'matrices'\nform = 'l2'");
        assert!(alone(&written, &spec).is_empty(), "{:?}", alone(&written, &spec));
        let other = spec.replace("[train]", "[train]\nbetas = [0.9, 0.9]");
        assert_eq!(alone(&written, &other), ["train.betas = [0.9, 0.95]"]);
        assert_eq!(alone(&other, &written), ["train.betas = [0.9, 0.9]"]);
    }
}
