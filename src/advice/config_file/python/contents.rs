//! What is inside of dictionaries, lists and tuples.

use tree_sitter::Node;

use super::{Walk, line};
use crate::advice::keys::Said;

impl Walk<'_> {
    /// What is inside of a dictionary, a list or a tuple that has a name, as `name.key`.
    pub fn parts(&mut self, name: &str, value: Option<Node<'_>>, condition: Option<&str>) {
        let Some(value) = value else { return };
        match value.kind() {
            "dictionary" => self.dictionary(value, &format!("{name}."), condition),
            "list" | "tuple" => {
                let mut cursor = value.walk();
                for (place, part) in value.named_children(&mut cursor).enumerate() {
                    let said = Said {
                        value: self.value(part),
                        line: line(part),
                        condition,
                        is_statement: false,
                    };
                    self.keys.say(&format!("{name}.{place}"), said);
                }
            }
            _ => {}
        }
    }

    /// Entries of a dictionary.
    pub fn dictionary(&mut self, node: Node<'_>, table: &str, condition: Option<&str>) {
        let mut cursor = node.walk();
        let pairs: Vec<(String, Node)> = node
            .named_children(&mut cursor)
            .filter_map(|pair| {
                Some((
                    self.plain(pair.child_by_field_name("key")?)?,
                    pair.child_by_field_name("value")?,
                ))
            })
            .collect();
        let is_group = pairs.iter().any(|(key, _)| key == "params");
        for (key, value) in pairs {
            let value_of_it = self.value(value);
            if is_group && key == "lr" {
                self.rate(value);
            }
            if is_group && key == "weight_decay" && value_of_it.text == "0" {
                continue;
            }
            let said =
                Said { value: value_of_it, line: line(value), condition, is_statement: false };
            self.keys.say(&format!("{table}{key}"), said);
        }
    }

    /// A parameter group without decay is the mask, not λ.
    pub fn is_no_decay(&self, name: Option<Node<'_>>, value: Option<Node<'_>>) -> bool {
        let is_decay = name.is_some_and(|name| self.code(name) == "weight_decay");
        is_decay && value.is_some_and(|value| self.value(value).text == "0")
    }
}
