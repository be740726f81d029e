//! Python as text: its assignments, the arguments of its calls and the entries of its dictionaries. Nothing is run.

mod assignments;
mod calls;
mod contents;
mod decay;
mod imports;
mod optimizer;
mod rates;
mod schedule;

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use tree_sitter::{Node, Parser};

use crate::advice::expression::value_of;
use crate::advice::keys::{Found, Keys, Said};
use rates::Rate;

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
    let mut walk = Walk {
        text,
        keys: Keys::default(),
        scopes: vec![0],
        said_in: HashMap::new(),
        rates: Vec::new(),
        imports: HashMap::new(),
    };
    walk.statements(tree.root_node(), None, 0)?;
    walk.say_rates();
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
    /// Learning rates of calls of optimizers, in their order.
    rates: Vec<Rate>,
    /// Whole paths by the names that they were imported as.
    imports: HashMap<String, String>,
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
            "import_statement" | "import_from_statement" => self.import(node),
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
