//! What statements give names to.

use tree_sitter::Node;

use super::{Walk, line, optimizer, parts};
use crate::advice::keys::{Doubt, Found, Said};

impl Walk<'_> {
    pub fn assign(&mut self, node: Node<'_>, condition: Option<&str>) {
        if self.assign_several(node, condition).is_some() {
            return;
        }
        self.pair(node.child_by_field_name("left"), node, condition, true);
        if let Some(target) = node.child_by_field_name("left").and_then(|one| self.name(one)) {
            let value = node.child_by_field_name("right");
            self.parts(&target, value, condition);
            let call = value.filter(|value| value.kind() == "call");
            let called = call.and_then(|call| Some((call, call.child_by_field_name("function")?)));
            let called = called.map(|(call, called)| (call, self.called(called)));
            let kept = called.filter(|(_, called)| optimizer::is_kept_as(&target, called));
            if let Some((call, called)) = kept {
                self.optimizer(&called, call, condition);
            }
        }
    }

    /// `a, b = 1, 2`; `None` where one name stands before the `=`.
    fn assign_several(&mut self, node: Node<'_>, condition: Option<&str>) -> Option<()> {
        let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
        matches!(left.kind(), "pattern_list" | "tuple_pattern" | "list_pattern").then_some(())?;
        let (names, values) = (parts(left), parts(right));
        let is_list = matches!(right.kind(), "expression_list" | "tuple" | "list");
        for (place, name) in names.iter().enumerate() {
            let own = values.get(place).filter(|_| is_list && values.len() == names.len());
            let value = own
                .map_or_else(|| Found::not_computed(self.code(right)), |value| self.value(*value));
            let Some(name) = self.name(*name) else { continue };
            self.say(&name, Said { value, line: line(node), condition, is_statement: true });
        }
        Some(())
    }

    /// `name += value` and its kin. Dealing out to the processes of a group changes no total.
    pub fn change(&mut self, node: Node<'_>, condition: Option<&str>) {
        let code = self.code(node);
        if code.contains("//=") && code.contains("world_size") {
            return;
        }
        let Some(name) = node.child_by_field_name("left").and_then(|one| self.name(one)) else {
            return;
        };
        let value = Found::not_computed(&format!("changed by `{code}`"));
        self.keys.say(&name, Said { value, line: line(node), condition, is_statement: true });
    }

    /// The name that is assigned to, of an attribute the last part, of an entry its text.
    fn name(&self, target: Node<'_>) -> Option<String> {
        match target.kind() {
            "identifier" => Some(self.code(target).to_owned()),
            "attribute" => Some(self.code(target.child_by_field_name("attribute")?).to_owned()),
            "subscript" => self.plain(target.child_by_field_name("subscript")?),
            _ => None,
        }
    }

    /// Says a name's value, which is the `right` or the `value` of a node.
    pub fn pair(
        &mut self,
        name: Option<Node<'_>>,
        node: Node<'_>,
        condition: Option<&str>,
        is_statement: bool,
    ) {
        let value = node.child_by_field_name("right").or(node.child_by_field_name("value"));
        let Some((name, value)) = name.and_then(|one| self.name(one)).zip(value) else { return };
        let said = Said { value: self.value(value), line: line(node), condition, is_statement };
        match is_statement {
            true => self.say(&name, said),
            false => self.keys.say(&name, said),
        }
    }

    /// `for name in values`: a name with every one of them.
    pub fn each(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) =
            (node.child_by_field_name("left"), node.child_by_field_name("right"))
        else {
            return;
        };
        let names = if left.kind() == "pattern_list" { parts(left) } else { vec![left] };
        let names: Vec<String> = names.into_iter().filter_map(|name| self.name(name)).collect();
        for name in names {
            let text = format!("each of {}", self.code(right));
            let value = Found { text, doubt: Some(Doubt::Undecided) };
            self.say(&name, Said { value, line: line(node), condition: None, is_statement: true });
        }
    }
}
