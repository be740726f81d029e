//! A spec without what holds in any case.

use toml::{Table, Value};

use super::{Changes, Spec};

/// The way to a value: keys, and places in lists of tables.
type Way = Vec<Part>;

#[derive(Clone)]
enum Part {
    Key(String),
    Place(usize),
}

/// A spec without the keys whose values are those that hold where nothing is written; as it is where it is no spec.
pub fn bare(table: &Table) -> Table {
    let resolved = |table: &Table| {
        let text = toml::to_string(table).ok()?;
        let spec = Spec::parse(&text, &Changes::default()).ok()?;
        Some(format!("{:?}", Spec { table: Table::new(), ..spec }))
    };
    let Some(whole) = resolved(table) else { return table.clone() };
    let mut bare = table.clone();
    for way in ways(table) {
        let mut less = bare.clone();
        remove(&mut less, &way);
        if resolved(&less).as_ref() == Some(&whole) {
            bare = less;
        }
    }
    bare
}

/// The ways to all values that are no tables.
fn ways(table: &Table) -> Vec<Way> {
    let below = |(key, value): (&String, &Value)| {
        let first = Part::Key(key.clone());
        let ways: Vec<Way> = match value {
            Value::Table(table) => ways(table),
            Value::Array(list) if list.iter().any(Value::is_table) => {
                let tables = list.iter().enumerate();
                let tables = tables.filter_map(|(place, one)| Some((place, one.as_table()?)));
                let of_table = |(place, one): (usize, &Table)| {
                    ways(one).into_iter().map(move |way| [vec![Part::Place(place)], way].concat())
                };
                tables.flat_map(of_table).collect()
            }
            _ => vec![Vec::new()],
        };
        ways.into_iter().map(move |way| [vec![first.clone()], way].concat())
    };
    table.iter().flat_map(below).collect()
}

fn remove(table: &mut Table, way: &[Part]) {
    match way {
        [Part::Key(last)] => drop(table.remove(last)),
        [Part::Key(key), rest @ ..] => match (table.get_mut(key), rest) {
            (Some(Value::Table(below)), _) => remove(below, rest),
            (Some(Value::Array(list)), [Part::Place(place), rest @ ..]) => {
                if let Some(Value::Table(below)) = list.get_mut(*place) {
                    remove(below, rest);
                }
            }
            _ => {}
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_without_being_written_is_left_out_and_all_else_stays() {
        let text = "name = 'a'\nseeds = [0]\n[train]\nbetas = [0.9, 0.95]\nbatch = 7\n[[arm]]\nform = 'adamw'\n\
                    mask = 'matrices'\nweight_decay = 0.1\n[[arm]]\nform = 'none'\n";
        let table: Table = text.parse().unwrap();
        let left = "name = 'a'\nseeds = [0]\n[train]\nbatch = 7\n[[arm]]\nform = 'adamw'\n\
                    weight_decay = 0.1\n[[arm]]\nform = 'none'\n";
        assert_eq!(bare(&table), left.parse().unwrap());
        let no_spec: Table = "name = 3".parse().unwrap();
        assert_eq!(bare(&no_spec), no_spec);
    }
}
