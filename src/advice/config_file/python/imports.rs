//! What the names of a program stand for, by its imports of libraries that have optimizers, or trainers: in which of them an
//! `Adam` is decides what it does with weight decay, and which class takes the arguments of training its learning rate.

use tree_sitter::Node;

use super::Walk;

/// Names of their packages.
const LIBRARIES: [&str; 8] =
    ["torch", "optax", "keras", "tf_keras", "tensorflow", "bitsandbytes", "transformers", "trl"];

impl Walk<'_> {
    /// `import a.b as c`, `from a import b, c as d`.
    pub fn import(&mut self, node: Node<'_>) {
        let from = node.child_by_field_name("module_name").map(|module| self.code(module));
        let is_library =
            |path: &str| path.split('.').next().is_some_and(|one| LIBRARIES.contains(&one));
        let mut cursor = node.walk();
        for one in node.children_by_field_name("name", &mut cursor) {
            let path = one.child_by_field_name("name").unwrap_or(one);
            let alias = one.child_by_field_name("alias").map(|alias| self.code(alias));
            let path = from.into_iter().chain([self.code(path)]).collect::<Vec<_>>().join(".");
            // `import a.b` alone makes a name of `a`, which stands for itself.
            let name = alias.or(from.and(path.rsplit('.').next()));
            if let Some(name) = name.filter(|_| is_library(&path)) {
                self.imports.insert(name.to_owned(), path);
            }
        }
    }

    /// What is called, with the whole path of what was imported.
    pub fn called(&self, function: Node<'_>) -> String {
        let code = self.code(function);
        let (first, rest) = code.split_at(code.find('.').unwrap_or(code.len()));
        self.imports.get(first).map_or(code.to_owned(), |path| path.clone() + rest)
    }
}
