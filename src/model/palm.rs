//! PaLM (Chowdhery et al. 2022): attention and MLP in parallel from one norm, one key-value head,
//! SwiGLU, rotary positions, no biases, tied head. No public weights exist; the names of its tensors
//! are ours.

use burn::module::Module;
use burn::tensor::Tensor;

use super::LanguageModel;
use super::attention::Attention;
use super::gated::Mlp;
use super::layers::{Embedding, GainNorm};
use super::tokens::{BlockPass, Tokens};
use super::weights::FirstWeights;
use crate::config::ModelShape;
use crate::ops;

/// Standard deviation of the first weights.
const STD: f64 = 0.02;

/// A PaLM of any size.
#[derive(Module, Debug)]
pub struct Palm {
    wte: Embedding,
    h: Vec<Block>,
    ln_f: GainNorm,
}

#[derive(Module, Debug)]
struct Block {
    ln: GainNorm,
    attn: Attention,
    mlp: Mlp,
}

impl Palm {
    /// A model with one lane per entry of `first`.
    pub fn new(shape: &ModelShape, vocabulary: usize, first: &FirstWeights) -> Self {
        let into_residual = STD / (2.0 * shape.layers as f64).sqrt();
        let block = |index: usize| {
            let name = |part: &str| format!("h.{index}.{part}");
            Block {
                ln: GainNorm::new(first, &name("ln"), shape.channels, shape.norm_eps()),
                attn: Attention::new(shape, first, &name("attn"), STD, into_residual),
                mlp: Mlp::new(shape, first, &name("mlp"), STD, into_residual),
            }
        };
        Palm {
            wte: Embedding::new(first, "wte", [vocabulary, shape.channels], STD),
            h: (0..shape.layers).map(block).collect(),
            ln_f: GainNorm::new(first, "ln_f", shape.channels, shape.norm_eps()),
        }
    }
}

impl LanguageModel for Palm {
    fn logits(&self, tokens: &Tokens) -> Tensor<3> {
        let wte = self.wte.tied();
        let x = wte.rows(tokens.stacked_inputs.clone());
        let blocks = self.h.iter().enumerate();
        let x = blocks
            .fold(tokens.embedded(x), |x, (layer, block)| block.forward(x, tokens.block(layer)));
        wte.scores(self.ln_f.forward(tokens.answered(x)))
    }
}

impl Block {
    fn forward(&self, x: Tensor<3>, pass: BlockPass) -> Tensor<3> {
        let normed = self.ln.forward(x.clone());
        let attended = self.attn.forward(normed.clone(), pass);
        let x = ops::add(x, pass.after_attention(attended));
        ops::add(x, pass.after_mlp(self.mlp.forward(normed)))
    }
}
