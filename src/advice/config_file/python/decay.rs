//! Whether a program calls its optimizer with a weight decay: another of that name in the file is not the run's.

use tree_sitter::Node;

use super::calls::last;
use super::{Walk, line, optimizer, parts};
use crate::advice::keys::Said;

/// Names that λ has among arguments.
const NAMES: [&str; 3] = ["weight_decay", "weight_decay_rate", "wd"];
/// What optax decays with beside an optimizer that has no λ.
const BESIDE: &str = "add_decayed_weights";
/// What gathers parameters, or picks some of them, and makes no groups.
const GATHERS: [&str; 5] = ["list", "tuple", "iter", "filter", "chain"];

impl Walk<'_> {
    /// Says the λ that a call is given without a name, by the place that it has in the optimizers of its library.
    pub fn decay_by_place(&mut self, called: &str, arguments: Node<'_>, condition: Option<&str>) {
        let all = handed(arguments);
        let value = optimizer::place_of_decay(called).and_then(|place| all.get(place));
        let is_named = |one: &Node| one.kind() == "keyword_argument";
        if let Some(value) = value.filter(|one| !is_named(one) && !all.iter().any(is_spread)) {
            let (value, line) = (self.value(*value), line(*value));
            self.keys.say(NAMES[0], Said { value, line, condition, is_statement: false });
        }
    }

    /// Whether a call is not given decay: optimizers of optax and Keras have it of their own, others may have it by
    /// their parameter groups.
    pub fn is_without_decay(&self, called: &str, call: Node<'_>) -> bool {
        let Some(arguments) = call.child_by_field_name("arguments") else { return false };
        let all = handed(arguments);
        let is_decay = |one: &Node| {
            let name = one.child_by_field_name("name").map(|name| self.code(name));
            name.is_some_and(|name| NAMES.contains(&name))
        };
        let has_place = optimizer::place_of_decay(called).is_some_and(|place| {
            all.get(place).is_some_and(|one| one.kind() != "keyword_argument")
        });
        if has_place || all.iter().any(|one| is_decay(one) || is_spread(one)) {
            return false;
        }
        if optimizer::has_no_groups(called) {
            return optimizer::is_whole(called) && !self.text.contains(BESIDE);
        }
        all.first().is_some_and(|first| self.are_parameters(*first))
    }

    /// Whether an argument is parameters as a model has them, gathered or sieved, and no groups of them.
    fn are_parameters(&self, node: Node<'_>) -> bool {
        let inside = |field: &str| {
            node.child_by_field_name(field).is_some_and(|one| self.are_parameters(one))
        };
        match node.kind() {
            "call" => {
                let name = node.child_by_field_name("function").map(|one| last(self.code(one)));
                let all = node.child_by_field_name("arguments").map(each).unwrap_or_default();
                let gathers = name.is_some_and(|name| GATHERS.contains(&name));
                name == Some("parameters")
                    || gathers && all.into_iter().any(|one| self.are_parameters(one))
            }
            "keyword_argument" => inside("value"),
            "list_comprehension" | "generator_expression" => {
                let body = node.child_by_field_name("body").map(|body| body.kind());
                body == Some("identifier") && self.code(node).contains("parameters()")
            }
            "binary_operator" | "list" | "list_splat" | "parenthesized_expression" => {
                let all = parts(node);
                !all.is_empty() && all.into_iter().all(|one| self.are_parameters(one))
            }
            _ => false,
        }
    }
}

/// What a call is handed, which may be one loop without parentheses of its own.
fn each(arguments: Node<'_>) -> Vec<Node<'_>> {
    let is_loop = arguments.kind() == "generator_expression";
    if is_loop { vec![arguments] } else { handed(arguments) }
}

/// Arguments without the comments between them.
fn handed(arguments: Node<'_>) -> Vec<Node<'_>> {
    let mut all = parts(arguments);
    all.retain(|one| one.kind() != "comment");
    all
}

/// `*more` or `**more`, in which λ may be.
fn is_spread(argument: &Node) -> bool {
    matches!(argument.kind(), "list_splat" | "dictionary_splat")
}
