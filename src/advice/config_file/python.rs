//! Python as text: its assignments, the arguments of its calls and the entries of its dictionaries. Nothing is run.

mod optimizer;

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use tree_sitter::{Node, Parser};

use crate::advice::expression::value_of;
use crate::advice::keys::{Doubt, Found, Keys, OPTIMIZER_CALLED, Said};

/// Deeper programs are no configuration.
const DEEPEST: usize = 200;

/// # Errors
/// A text that is no Python.
pub fn keys(text: &str) -> Result<Keys> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into())?;
    let tree = parser.parse(text, None).context("it is no Python")?;
    if let Some(wrong) = first_error(tree.root_node()) {
        bail!("line {} is no Python", wrong.start_position().row + 1);
    }
    let mut walk = Walk { text, keys: Keys::default(), scopes: vec![0], said_in: HashMap::new() };
    walk.statements(tree.root_node(), None, 0)?;
    Ok(walk.keys)
}

fn first_error(root: Node) -> Option<Node> {
    let mut node = root;
    while node.has_error() && !node.is_error() && !node.is_missing() {
        let mut cursor = node.walk();
        let inside =
            node.children(&mut cursor).find(|child| child.has_error() || child.is_missing());
        let Some(inside) = inside else { return Some(node) };
        node = inside;
    }
    (node.has_error() || node.is_missing()).then_some(node)
}

struct Walk<'a> {
    text: &'a str,
    keys: Keys,
    /// Where the functions and classes begin that the walk is in; 0 is the program itself.
    scopes: Vec<usize>,
    /// The scope of the last statement of a name.
    said_in: HashMap<String, usize>,
}

impl<'a> Walk<'a> {
    fn code(&self, node: Node) -> &'a str {
        &self.text[node.byte_range()]
    }

    /// Everything in a node; `condition` is the innermost that it stands under.
    fn statements(&mut self, node: Node<'_>, condition: Option<&str>, depth: usize) -> Result<()> {
        ensure!(depth < DEEPEST, "expected a program that is less deep");
        match node.kind() {
            "assignment" => self.assign(node, condition),
            "augmented_assignment" => self.change(node, condition),
            "default_parameter" | "typed_default_parameter" => {
                self.pair(node.child_by_field_name("name"), node, condition, false);
            }
            "for_statement" => self.each(node),
            "call" => self.call(node, condition),
            "dictionary" => self.dictionary(node, "", condition),
            _ => {}
        }
        let own = self.condition_of(node);
        let is_scope = matches!(node.kind(), "function_definition" | "class_definition");
        if is_scope {
            self.scopes.push(node.start_byte());
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let is_body = matches!(child.kind(), "block" | "elif_clause" | "else_clause");
            let inside = own.as_deref().filter(|_| is_body).or(condition);
            self.statements(child, inside, depth + 1)?;
        }
        if is_scope {
            self.scopes.pop();
        }
        Ok(())
    }

    /// Says a statement. What a function or a class sets is its own, and does not replace what another place says.
    fn say(&mut self, name: &str, said: Said) {
        let own = self.scopes[self.scopes.len() - 1];
        let before = self.said_in.insert(name.to_owned(), own);
        let is_other = own > 0 && self.keys.contains(name) && before != Some(own);
        let text = self.text;
        let scope = text[own..].lines().next().unwrap_or_default().trim_end_matches(':');
        let condition = said.condition.or(is_other.then_some(scope));
        self.keys.say(name, Said { condition, ..said });
    }

    /// `for name in values`: a name with every one of them.
    fn each(&mut self, node: Node<'_>) {
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

    /// What a statement puts its body under, where it is not always run, once.
    fn condition_of(&self, node: Node<'_>) -> Option<String> {
        let head = || {
            let line = self.code(node).lines().next().unwrap_or_default();
            Some(
                line.split_once(": ")
                    .map_or(line, |(head, _)| head)
                    .trim_end_matches(':')
                    .to_owned(),
            )
        };
        match node.kind() {
            // What a program does when it is called is what it does.
            "if_statement" if head()?.starts_with("if __name__") => None,
            "if_statement" | "elif_clause" | "else_clause" | "for_statement"
            | "while_statement" | "except_clause" | "case_clause" => head(),
            _ => None,
        }
    }

    fn assign(&mut self, node: Node<'_>, condition: Option<&str>) {
        if self.assign_several(node, condition).is_some() {
            return;
        }
        self.pair(node.child_by_field_name("left"), node, condition, true);
        if let Some(target) = node.child_by_field_name("left").and_then(|one| self.name(one)) {
            let value = node.child_by_field_name("right");
            self.parts(&target, value, condition);
            let call = value.filter(|value| value.kind() == "call");
            let called = call.and_then(|call| call.child_by_field_name("function"));
            let called = called.map(|called| self.code(called));
            if let Some(called) = called.filter(|called| optimizer::is_kept_as(&target, called)) {
                self.optimizer(called, node, condition);
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
    fn change(&mut self, node: Node<'_>, condition: Option<&str>) {
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
    fn pair(
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

    /// What is inside of a dictionary, a list or a tuple that has a name, as `name.key`.
    fn parts(&mut self, name: &str, value: Option<Node<'_>>, condition: Option<&str>) {
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

    /// Arguments with a name, and which optimizer is called.
    fn call(&mut self, node: Node<'_>, condition: Option<&str>) {
        let (Some(called), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return;
        };
        let called = self.code(called);
        if optimizer::is_one(called) || optimizer::takes_weights(called, self.code(arguments)) {
            self.optimizer(called, node, condition);
        }
        if self.declare(called, arguments, condition).is_some() {
            return;
        }
        let mut cursor = arguments.walk();
        let named: Vec<Node> = arguments
            .named_children(&mut cursor)
            .filter(|argument| argument.kind() == "keyword_argument")
            .collect();
        let is_group = named.iter().any(|one| self.code(*one).starts_with("params="));
        for argument in named {
            let name = argument.child_by_field_name("name");
            if is_group && self.is_no_decay(name, argument.child_by_field_name("value")) {
                continue;
            }
            self.pair(name, argument, condition, false);
            if let Some(name) = name {
                let value = argument.child_by_field_name("value");
                self.parts(self.code(name), value, condition);
            }
        }
    }

    fn optimizer(&mut self, called: &str, node: Node<'_>, condition: Option<&str>) {
        let value = Found::known(called);
        let said = Said { value, line: line(node), condition, is_statement: false };
        self.keys.say(OPTIMIZER_CALLED, said);
    }

    /// `add_argument("--name", default=value)` and its kin of click and absl, and `setattr(it, "name", value)`; `None` for
    /// other calls.
    fn declare(
        &mut self,
        called: &str,
        arguments: Node<'_>,
        condition: Option<&str>,
    ) -> Option<()> {
        let all = parts(arguments);
        let texts = || all.iter().filter_map(|one| self.plain(*one));
        let function = called.rsplit('.').next().unwrap_or(called);
        let named = |key: &str| {
            let is_it = |one: &&Node| {
                let name =
                    one.child_by_field_name("name").filter(|_| one.kind() == "keyword_argument");
                name.is_some_and(|name| self.code(name) == key)
            };
            all.iter().find(is_it)?.child_by_field_name("value")
        };
        let (name, value) = match function {
            "add_argument" | "option" => {
                let flag = texts().find_map(|text| text.strip_prefix("--").map(str::to_owned));
                (flag?.replace('-', "_"), named("default"))
            }
            "setattr" => (texts().next()?, all.get(2).copied()),
            _ if function.starts_with("DEFINE_") => (texts().next()?, all.get(1).copied()),
            _ => return None,
        };
        if let Some(value) = value {
            let value = self.value(value);
            self.say(&name, Said { value, line: line(arguments), condition, is_statement: true });
        }
        Some(())
    }

    /// Entries of a dictionary.
    fn dictionary(&mut self, node: Node<'_>, table: &str, condition: Option<&str>) {
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
            if is_group && key == "weight_decay" && value_of_it.text == "0" {
                continue;
            }
            let said =
                Said { value: value_of_it, line: line(value), condition, is_statement: false };
            self.keys.say(&format!("{table}{key}"), said);
        }
    }

    /// A parameter group without decay is the mask, not λ.
    fn is_no_decay(&self, name: Option<Node<'_>>, value: Option<Node<'_>>) -> bool {
        let is_decay = name.is_some_and(|name| self.code(name) == "weight_decay");
        is_decay && value.is_some_and(|value| self.value(value).text == "0")
    }

    /// A text without anything that is put into it.
    fn plain(&self, node: Node<'_>) -> Option<String> {
        let code = self.code(node);
        let is_plain = node.kind() == "string" && code.starts_with(['"', '\'']);
        is_plain.then(|| code.trim_matches(['"', '\'']).to_owned())
    }

    /// A number as text, a text, a word of Python or an expression that is not computed.
    fn value(&self, node: Node<'_>) -> Found {
        let code = self.code(node);
        if let Some(text) = self.plain(node) {
            return Found::known(text);
        }
        if matches!(node.kind(), "true" | "false" | "none") {
            return Found::known(code);
        }
        let named = |name: &str| self.keys.value(name)?.parse().ok();
        if let Some(number) = value_of(code, &named) {
            return Found::known(number.to_string());
        }
        let of_name = self.keys.get(code).filter(|_| node.kind() == "identifier");
        of_name.cloned().unwrap_or_else(|| Found::not_computed(code))
    }
}

fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn line(node: Node) -> usize {
    node.start_position().row + 1
}

#[cfg(test)]
mod tests;
