use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::corpus::TokenBlock;

/// Token blocks of all lanes, on a device.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// `[lanes · rows]`: what each lane reads, as an index into the vocabularies stacked over
    /// lanes (lane · vocabulary + token).
    pub stacked_inputs: Tensor<1, Int>,
    /// `[lanes, rows, 1]`: what each lane should predict.
    pub targets: Tensor<3, Int>,
    /// Tokens per window; rows is a multiple of it.
    pub context: usize,
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
        }
    }
}
