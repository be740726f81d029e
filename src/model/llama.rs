//! LLaMA (Touvron et al. 2023) and its descendants: RMSNorm, rotary positions, gated MLP or experts,
//! no biases. Mistral (Jiang et al. 2023) adds shared key-value heads and a sliding window, Mixtral
//! (Jiang et al. 2024) and Grok-1 experts; Grok-1's head is the embedding.
//!
//! Fields are named after Hugging Face's tensors.

use burn::module::Module;
use burn::tensor::Tensor;

use super::LanguageModel;
use super::attention::Attention;
use super::gated::{Experts, Mlp};
use super::layers::{Embedding, Projection, RmsNorm};
use super::tokens::{BlockPass, Tokens};
use super::weights::FirstWeights;
use crate::config::{Family, ModelShape, Role};
use crate::ops;
use crate::ops::kernels::activation::{Activation, Gate};
use crate::ops::kernels::sublayer::Inner;

/// Standard deviation of the first weights.
const STD: f64 = 0.02;

/// A LLaMA of any size, or one of its descendants.
#[derive(Module, Debug)]
pub struct Llama {
    model: Body,
    lm_head: Option<Projection>,
}

#[derive(Module, Debug)]
struct Body {
    embed_tokens: Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
}

#[derive(Module, Debug)]
struct Layer {
    self_attn: Attention,
    mlp: Option<Mlp>,
    block_sparse_moe: Option<Experts>,
    input_layernorm: RmsNorm,
    post_attention_layernorm: RmsNorm,
}

impl Llama {
    /// A model with one lane per entry of `first`.
    pub fn new(shape: &ModelShape, vocabulary: usize, first: &FirstWeights) -> Self {
        let width = shape.channels;
        let layer = |index| Layer::new(shape, first, &format!("model.layers.{index}"));
        let head = || Projection::new(first, "lm_head", Role::Head, [width, vocabulary], STD);
        Llama {
            model: Body {
                embed_tokens: Embedding::new(first, "model.embed_tokens", [vocabulary, width], STD),
                layers: (0..shape.layers).map(layer).collect(),
                norm: RmsNorm::new(first, "model.norm", width, shape.norm_eps()),
            },
            lm_head: (shape.family != Family::Grok).then(head),
        }
    }
}

impl LanguageModel for Llama {
    fn logits(&self, tokens: &Tokens) -> Tensor<3> {
        let body = &self.model;
        let table = match &self.lm_head {
            Some(_) => body.embed_tokens.table(),
            None => body.embed_tokens.tied(),
        };
        let x = table.rows(tokens.stacked_inputs.clone());
        let layers = body.layers.iter().enumerate();
        let x = layers
            .fold(tokens.embedded(x), |x, (index, layer)| layer.forward(x, tokens.block(index)));
        let x = body.norm.forward(tokens.answered(x));
        match &self.lm_head {
            Some(head) => head.forward(x),
            None => table.scores(x),
        }
    }
}

impl Layer {
    fn new(shape: &ModelShape, first: &FirstWeights, name: &str) -> Self {
        let into_residual = STD / (2.0 * shape.layers as f64).sqrt();
        let norm = |part: &str| {
            RmsNorm::new(first, &format!("{name}.{part}"), shape.channels, shape.norm_eps())
        };
        let mlp = || Mlp::new(shape, first, &format!("{name}.mlp"), STD, into_residual);
        let experts = || {
            let is_mixtral = shape.family == Family::Mixtral;
            let name = format!("{name}.block_sparse_moe");
            Experts::new(shape, first, &name, (STD, into_residual), is_mixtral)
        };
        Layer {
            self_attn: Attention::new(
                shape,
                first,
                &format!("{name}.self_attn"),
                STD,
                into_residual,
            ),
            mlp: shape.experts.is_none().then(mlp),
            block_sparse_moe: shape.experts.is_some().then(experts),
            input_layernorm: norm("input_layernorm"),
            post_attention_layernorm: norm("post_attention_layernorm"),
        }
    }

    fn forward(&self, x: Tensor<3>, pass: BlockPass) -> Tensor<3> {
        let x = self.attended(x, pass);
        let norm = &self.post_attention_layernorm;
        if let Some(mlp) = self.mlp.as_ref().filter(|_| pass.is_plain()) {
            let inner = Inner::Mlp(Activation::Gated(Gate::Silu));
            return ops::sublayer(x, inner, norm.before(mlp.matrices()));
        }
        let normed = norm.forward(x.clone());
        let mlp = self.mlp.as_ref().map(|mlp| mlp.forward(normed.clone()));
        let experts = self.block_sparse_moe.as_ref().map(|experts| experts.forward(normed));
        ops::add(x, pass.after_mlp(mlp.or(experts).expect("a layer has an MLP or experts")))
    }

    fn attended(&self, x: Tensor<3>, pass: BlockPass) -> Tensor<3> {
        let (norm, attention) = (&self.input_layernorm, &self.self_attn);
        if pass.is_plain() {
            let inner = Inner::Attention(attention.of_pass(pass));
            return ops::sublayer(x, inner, norm.before(attention.matrices()));
        }
        let attended = attention.forward(norm.forward(x.clone()), pass);
        ops::add(x, pass.after_attention(attended))
    }
}
