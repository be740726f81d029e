//! The lines that make the two files in a trainer of one's own.

use crate::config::Named;

/// What the trainer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snippet {
    /// A loop over PyTorch's optimizers.
    Pytorch,
    /// The `Trainer` of transformers.
    Transformers,
    /// JAX with optax.
    Jax,
}

impl Snippet {
    /// The lines.
    pub fn text(self) -> &'static str {
        match self {
            Snippet::Pytorch => include_str!("snippet/pytorch.py"),
            Snippet::Transformers => include_str!("snippet/transformers.py"),
            Snippet::Jax => include_str!("snippet/jax.py"),
        }
    }
}

impl Named for Snippet {
    const ALL: &'static [Self] = &[Snippet::Pytorch, Snippet::Transformers, Snippet::Jax];

    fn name(self) -> &'static str {
        match self {
            Snippet::Pytorch => "pytorch",
            Snippet::Transformers => "transformers",
            Snippet::Jax => "jax",
        }
    }
}
