use burn::tensor::{Device, Int, Tensor, TensorData};

use super::noise::{Noise, Place};
use super::past::Past;
use crate::corpus::{Token, TokenBlock};
use crate::ops;
use crate::ops::kernels::attention::Heads;

/// Token blocks of all lanes on a device, and what training adds to a pass over them.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// `[lanes · rows]`: what each lane reads, as an index into the vocabularies stacked over
    /// lanes (lane · vocabulary + token).
    pub stacked_inputs: Tensor<1, Int>,
    /// `[lanes, rows, 1]`: what each lane should predict.
    pub targets: Tensor<3, Int>,
    /// Tokens per window; rows is a multiple of it.
    pub context: usize,
    /// Noise; `None` in evaluation, and for runs without any.
    pub noise: Option<Noise>,
    /// Share of every target that is spread over the vocabulary, `[lanes]`; `None` likewise.
    pub smoothing: Option<Vec<f32>>,
    /// What the windows read before, where these tokens follow on it; `None` in training and evaluation.
    pub past: Option<Past>,
}

/// A pass through one block.
#[derive(Clone, Copy)]
pub struct BlockPass<'a> {
    /// The tokens.
    tokens: &'a Tokens,
    /// Its index, from 0.
    layer: usize,
}

impl Tokens {
    /// One block per lane, all of one size.
    pub fn new(blocks: &[TokenBlock], vocabulary: usize, context: usize, device: &Device) -> Self {
        let (lanes, rows) = (blocks.len(), blocks[0].inputs.len());
        let inputs: Vec<i32> = blocks
            .iter()
            .enumerate()
            .flat_map(|(lane, block)| {
                block.inputs.iter().map(move |token| (lane * vocabulary) as i32 + i32::from(*token))
            })
            .collect();
        let targets: Vec<i32> =
            blocks.iter().flat_map(|block| &block.targets).map(|token| i32::from(*token)).collect();
        Tokens {
            stacked_inputs: Tensor::from_data(TensorData::new(inputs, [lanes * rows]), device),
            targets: Tensor::from_data(TensorData::new(targets, [lanes, rows, 1]), device),
            context,
            noise: None,
            smoothing: None,
            past: None,
        }
    }

    /// Further tokens of windows, `[lanes, windows, context]`, which follow on their past.
    pub fn after(
        past: Past,
        tokens: &[Token],
        (lanes, context): (usize, usize),
        vocabulary: usize,
        device: &Device,
    ) -> Self {
        let per_lane = tokens.len() / lanes;
        let inputs = tokens
            .iter()
            .enumerate()
            .map(|(place, token)| (place / per_lane * vocabulary) as i32 + i32::from(*token));
        let inputs: Vec<i32> = inputs.collect();
        Tokens {
            stacked_inputs: Tensor::from_data(TensorData::new(inputs, [tokens.len()]), device),
            targets: Tensor::zeros([lanes, 1, 1], device),
            context,
            noise: None,
            smoothing: None,
            past: Some(past),
        }
    }

    /// Adds a learned vector per position, `[lanes, positions, channels]`; see [`ops::add_positions`].
    pub fn add_positions(&self, x: Tensor<3>, positions: Tensor<3>) -> Tensor<3> {
        let positions = match &self.past {
            Some(past) => positions.narrow(1, past.read(), self.context),
            None => positions,
        };
        ops::add_positions(x, positions, self.context)
    }

    /// The rows whose scores are asked for: all in training, the last of every window where text is read on.
    pub fn answered(&self, x: Tensor<3>) -> Tensor<3> {
        if self.past.is_none() || self.context == 1 {
            return x;
        }
        let [lanes, rows, channels] = x.dims();
        let windows = rows / self.context;
        let x: Tensor<4> = x.reshape([lanes, windows, self.context, channels]);
        x.narrow(2, self.context - 1, 1).reshape([lanes, windows, channels])
    }

    /// What goes into the first block, `[lanes, rows, channels]`.
    pub fn embedded(&self, x: Tensor<3>) -> Tensor<3> {
        match &self.noise {
            Some(noise) => noise.drop(x, Place::Embedding),
            None => x,
        }
    }

    /// The pass through a block.
    pub fn block(&self, layer: usize) -> BlockPass<'_> {
        BlockPass { tokens: self, layer }
    }
}

impl BlockPass<'_> {
    /// Whether nothing comes between the operations of a block: no noise, and no past.
    pub fn is_plain(&self) -> bool {
        self.tokens.noise.is_none() && self.tokens.past.is_none()
    }

    /// Tokens per window.
    pub fn context(&self) -> usize {
        self.tokens.context
    }

    /// Tokens that the last one of a window can see, itself included.
    pub fn seen(&self) -> usize {
        self.tokens.past.as_ref().map_or(0, Past::read) + self.tokens.context
    }

    /// See [`ops::attention`].
    pub fn attention(&self, packed: Tensor<3>, heads: &Heads) -> Tensor<3> {
        if let Some(past) = &self.tokens.past {
            return past.attention(self.layer, packed, heads);
        }
        let Some(noise) = self.tokens.noise.as_ref().filter(|noise| noise.drops()) else {
            return ops::attention(packed, heads);
        };
        let windows = packed.dims()[1] / heads.context;
        let count = windows * heads.heads * heads.context.pow(2);
        let factors = noise.dropped(Place::Weights(self.layer), count);
        ops::attention_with_dropout(packed, heads, factors)
    }

    /// What attention adds to the residual stream, `[lanes, rows, channels]`.
    pub fn after_attention(&self, x: Tensor<3>) -> Tensor<3> {
        self.branch(x, Place::Attention(self.layer))
    }

    /// What the MLP adds.
    pub fn after_mlp(&self, x: Tensor<3>) -> Tensor<3> {
        self.branch(x, Place::Mlp(self.layer))
    }

    fn branch(&self, x: Tensor<3>, place: Place) -> Tensor<3> {
        match &self.tokens.noise {
            Some(noise) => noise.branch(x, place, self.tokens.context),
            None => x,
        }
    }
}
