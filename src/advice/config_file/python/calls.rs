//! What is handed to calls.

use tree_sitter::Node;

use super::{Walk, line, optimizer, parts};
use crate::advice::keys::{CALLED_WITHOUT_DECAY, Call, Found, OPTIMIZER_CALLED, Said};

impl Walk<'_> {
    /// Arguments with a name, and which optimizer is called.
    pub fn call(&mut self, node: Node<'_>, condition: Option<&str>) {
        let (Some(called), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return;
        };
        let called = self.called(called);
        let makes_one =
            optimizer::is_one(&called) || optimizer::takes_weights(&called, self.code(arguments));
        if makes_one && !self.is_of_clips_and_one(&called, arguments) {
            self.optimizer(&called, node, condition);
            self.decay_by_place(&called, arguments, condition);
        }
        self.keep(&called, arguments);
        if self.schedule(&called, arguments, condition).is_some() {
            return;
        }
        if self.declare(&called, arguments, condition).is_some() {
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
            if is_group {
                self.rate_of_group(name, argument.child_by_field_name("value"));
                if self.is_no_decay(name, argument.child_by_field_name("value")) {
                    continue;
                }
            }
            self.pair(name, argument, condition, false);
            if let Some(name) = name {
                let value = argument.child_by_field_name("value");
                self.parts(self.code(name), value, condition);
            }
        }
    }

    /// Whether a chain of optax has one optimizer and clips beside it: it is that optimizer.
    fn is_of_clips_and_one(&self, called: &str, arguments: Node<'_>) -> bool {
        let made = |one: &Node| Some(self.called(one.child_by_field_name("function")?));
        let mut all = parts(arguments);
        all.retain(|one| one.kind() != "comment");
        let calls: Option<Vec<String>> = all.iter().map(made).collect();
        let (clips, others): (Vec<String>, Vec<String>) =
            calls.unwrap_or_default().into_iter().partition(|one| last(one).starts_with("clip"));
        let is_one = matches!(&others[..], [one] if optimizer::is_whole(one));
        last(called) == "chain" && is_one && !clips.is_empty()
    }

    /// Keeps that something is called. A parser calls the classes that it is handed.
    fn keep(&mut self, called: &str, arguments: Node<'_>) {
        let all = parts(arguments);
        let named = all.iter().filter(|one| one.kind() == "keyword_argument");
        let named = named.filter_map(|one| one.child_by_field_name("name"));
        let names = named.map(|name| self.code(name).to_owned()).collect();
        let call = Call { name: last(called).to_owned(), arguments: names };
        let handed = if call.name.ends_with("Parser") { names_in(arguments) } else { Vec::new() };
        self.keys.calls.push(call);
        for class in handed {
            let name = last(&self.called(class)).to_owned();
            self.keys.calls.push(Call { name, arguments: Vec::new() });
        }
    }

    pub fn optimizer(&mut self, called: &str, node: Node<'_>, condition: Option<&str>) {
        self.rate_of_call(called, node);
        let value = Found::known(called);
        let said = Said { value, line: line(node), condition, is_statement: false };
        if self.is_without_decay(called, node) {
            self.keys.say(CALLED_WITHOUT_DECAY, said.clone());
        }
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
        let function = last(called);
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
}

/// The names among arguments, those of a tuple or a list too.
fn names_in(arguments: Node<'_>) -> Vec<Node<'_>> {
    let all = parts(arguments).into_iter().flat_map(|one| match one.kind() {
        "tuple" | "list" => parts(one),
        _ => vec![one],
    });
    all.filter(|one| matches!(one.kind(), "identifier" | "attribute")).collect()
}

pub(super) fn last(called: &str) -> &str {
    called.rsplit('.').next().unwrap_or(called)
}
