//! transformers: PyTorch's optimizer and scheduler, handed to its Trainer.

use super::python::filled;
use super::rule::Rule;
use super::torch::{self, Clip};

/// The whole snippet.
pub fn code(rule: &Rule) -> String {
    let clip = match torch::clip(rule) {
        Clip::Outside if rule.recipe.clip > 0.0 => "CLIP",
        _ => "0.0",
    };
    let trainer = filled(include_str!("transformers.py"), &[("clip", clip)]);
    format!("import math\n\nimport torch\nimport transformers\n\n{}{trainer}", torch::body(rule))
}
