//! Language models whose every parameter and activation has a leading lane axis.
//!
//! A family is one file: a `Module` of [layers] under the names its weights have elsewhere, and a
//! [`LanguageModel`] implementation. What its parameters *are* follows from the layers they sit in
//! ([`parameters`]), so masks, the manifest and weight files need no list per family.

mod attention;
mod gated;
mod gpt2;
mod layers;
mod llama;
mod palm;
mod parameters;
mod tokens;
mod weights;

use burn::module::Module;
use burn::tensor::Tensor;

use crate::ops;
use crate::run::{Family, ModelShape};

pub use gpt2::Gpt2;
pub use llama::Llama;
pub use palm::Palm;
pub use parameters::{Parameter, parameters};
pub use tokens::Tokens;
pub use weights::{
    FirstWeights, LaneStart, LaneWeights, lane_weights, read_weights, shape_parameters,
    write_weights,
};

/// Parameters of a model, per lane.
pub fn parameter_count(shape: &ModelShape, vocabulary: usize) -> usize {
    match shape.family {
        Family::Gpt2 => gpt2::parameter_count(shape, vocabulary),
        Family::Palm => palm::parameter_count(shape, vocabulary),
        Family::Llama | Family::Mistral | Family::Mixtral | Family::Grok => {
            llama::parameter_count(shape, vocabulary)
        }
    }
}

/// Work that can be done with a model of any family.
pub trait WithModel {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<M: LanguageModel>(self, model: M) -> Self::Output;
}

/// Makes a model of this shape, one lane per entry of `first`, and works with it. The one place that
/// knows all families.
pub fn with_model<W: WithModel>(
    shape: &ModelShape,
    vocabulary: usize,
    first: &FirstWeights,
    work: W,
) -> W::Output {
    match shape.family {
        Family::Gpt2 => work.run(Gpt2::new(shape, vocabulary, first)),
        Family::Palm => work.run(Palm::new(shape, vocabulary, first)),
        Family::Llama | Family::Mistral | Family::Mixtral | Family::Grok => {
            work.run(Llama::new(shape, vocabulary, first))
        }
    }
}

/// What training and evaluation ask of a family.
pub trait LanguageModel: Module + 'static {
    /// Scores of every next token, `[lanes, rows, vocabulary]`.
    fn logits(&self, tokens: &Tokens) -> Tensor<3>;

    /// Mean loss of each lane, `[lanes]`, in nats per token.
    fn loss(&self, tokens: &Tokens) -> Tensor<1> {
        ops::cross_entropy(self.logits(tokens), tokens.targets.clone())
    }
}

#[cfg(test)]
mod tests;
