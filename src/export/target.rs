use super::comments::Comments;
use super::rule::Rule;
use super::{nanogpt, optax, torch, transformers};
use crate::config::Named;

/// Trainers that a rule can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    PyTorch,
    Transformers,
    Optax,
    NanoGpt,
}

impl Target {
    /// As its users write it.
    pub fn title(self) -> &'static str {
        match self {
            Target::PyTorch => "PyTorch",
            Target::Transformers => "transformers",
            Target::Optax => "Optax",
            Target::NanoGpt => "nanoGPT",
        }
    }

    /// The code, below its comments.
    pub fn code(self, rule: &Rule, comments: &Comments) -> String {
        let body = match self {
            Target::PyTorch => torch::code(rule),
            Target::Transformers => transformers::code(rule),
            Target::Optax => optax::code(rule),
            Target::NanoGpt => nanogpt::code(rule),
        };
        format!("{}\n{}\n", comments.text(), body.trim())
    }
}

impl Named for Target {
    const ALL: &'static [Self] =
        &[Target::PyTorch, Target::Transformers, Target::Optax, Target::NanoGpt];

    fn name(self) -> &'static str {
        match self {
            Target::PyTorch => "pytorch",
            Target::Transformers => "transformers",
            Target::Optax => "optax",
            Target::NanoGpt => "nanogpt",
        }
    }
}
