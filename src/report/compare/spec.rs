//! A spec as lines that say the same wherever they stand.

use toml::{Table, Value};

/// Every key with its table, such as `train.lr = 0.003`, and every arm in one line: whatever stands in them in another
/// order, or with other comments, gives the same lines. A text that is no TOML is its own lines.
pub fn lines(text: &str) -> Vec<String> {
    match text.parse::<Table>() {
        Ok(table) => of_table(&table, ""),
        Err(_) => text.lines().map(|line| line.trim().to_owned()).collect(),
    }
}

fn of_table(table: &Table, above: &str) -> Vec<String> {
    table.iter().flat_map(|(key, value)| of_value(&format!("{above}{key}"), value)).collect()
}

fn of_value(key: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Table(table) => of_table(table, &format!("{key}.")),
        Value::Array(list) if list.iter().any(Value::is_table) => {
            list.iter().map(|one| format!("[[{key}]] {}", of_arm(one))).collect()
        }
        value => vec![format!("{key} = {value}")],
    }
}

fn of_arm(arm: &Value) -> String {
    match arm {
        Value::Table(table) => of_table(table, "").join(", "),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    const SPEC: &str = "name = \"a\" # why\nseeds = [0, 1]\n[train]\nlr = 1e-3\n[[arm]]\nmask = 'global'\n\
                        form = 'adamw'\nweight_decay = [0.0, 0.1]\n[[arm]]\nform = 'l2'\n";

    #[test]
    fn comments_and_layout_change_no_line_and_keys_stand_under_their_tables() {
        let told = lines(SPEC);
        assert_eq!(
            told[0],
            "[[arm]] form = \"adamw\", mask = \"global\", weight_decay = [0.0, 0.1]"
        );
        assert!(told.contains(&"train.lr = 0.001".to_owned()), "{told:?}");
        let other = "# all\nseeds = [\n 0, 1]\nname = 'a'\ntrain.lr = 0.001\n";
        assert!(lines(other).iter().all(|line| told.contains(line)), "{:?}", lines(other));
    }

    #[test]
    fn values_that_change_places_between_two_arms_are_other_lines() {
        let swapped =
            SPEC.replace("'l2'", "'?'").replace("'adamw'", "'l2'").replace("'?'", "'adamw'");
        let (one, other) = (lines(SPEC), lines(&swapped));
        assert_eq!(other.iter().filter(|line| !one.contains(line)).count(), 2);
    }
}
