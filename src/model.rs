//! Language models whose every parameter and activation has a leading lane axis.
//!
//! A family is one file: a `Module` of layers under the names its weights have elsewhere, and a
//! [`LanguageModel`] implementation. Every layer is told its role. What a family takes for granted and
//! which parameters it has is data, in [`config`](crate::config::Family); the tests hold both together.

mod attention;
mod gated;
mod gpt2;
mod hugging_face;
mod layers;
mod llama;
mod noise;
mod palm;
mod past;
mod reader;
mod tokens;
mod weights;

use burn::module::Module;
use burn::tensor::Tensor;

use crate::config::{Family, ModelShape};
use crate::ops;

pub use gpt2::Gpt2;
pub use hugging_face::{Described, HuggingFace, hugging_face_config};
pub use llama::Llama;
pub use noise::{LaneNoise, Noise};
pub use palm::Palm;
pub use past::Past;
pub use reader::{Reader, reader};
pub use tokens::Tokens;
pub use weights::{
    FirstWeights, LaneStart, Parameter, Purpose, ReadWeights, check_weights, lane_weights, origin,
    read_weights, write_weights,
};

/// Work that can be done with a model of any family.
pub trait WithModel {
    /// What comes of it.
    type Output;

    /// Does it with a model and its parameters.
    fn run<M: LanguageModel>(self, model: M, parameters: Vec<Parameter>) -> Self::Output;
}

/// Makes a model of this shape, one lane per entry of `first`, and works with it. The one place that
/// knows all families.
pub fn with_model<W: WithModel>(
    shape: &ModelShape,
    vocabulary: usize,
    first: FirstWeights,
    work: W,
) -> W::Output {
    match shape.family {
        Family::Gpt2 => {
            let model = Gpt2::new(shape, vocabulary, &first);
            work.run(model, first.into_parameters())
        }
        Family::Palm => {
            let model = Palm::new(shape, vocabulary, &first);
            work.run(model, first.into_parameters())
        }
        Family::Llama | Family::Mistral | Family::Mixtral | Family::Grok => {
            let model = Llama::new(shape, vocabulary, &first);
            work.run(model, first.into_parameters())
        }
    }
}

/// What training and evaluation ask of a family.
pub trait LanguageModel: Module + 'static {
    /// Scores of every next token, `[lanes, rows, vocabulary]`.
    fn logits(&self, tokens: &Tokens) -> Tensor<3>;

    /// Mean loss of each lane, `[lanes]`, in nats per token.
    fn loss(&self, tokens: &Tokens) -> Tensor<1> {
        let logits = self.logits(tokens);
        match &tokens.smoothing {
            None => ops::cross_entropy(logits, tokens.targets.clone()),
            Some(shares) => {
                let smoothing =
                    ops::smoothing(logits.clone(), tokens.targets.clone(), shares.clone());
                ops::cross_entropy(logits, tokens.targets.clone()) + smoothing
            }
        }
    }
}

#[cfg(test)]
mod tests;
