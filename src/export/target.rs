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
