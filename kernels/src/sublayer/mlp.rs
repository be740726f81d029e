use super::super::activation::{Activation, gelu_and_slope};
use super::super::blocks::each_chunk;
use super::super::linear::Block;
use super::super::norm::Moments;
use super::super::simd::multiply;
use super::super::slots::{Slot, all_written, scratch, written};
use super::{Kept, Parameters, Sizes, enter, enter_backward, leave};

pub fn forward(
    x: &[f32],
    of: &Parameters,
    sizes: &Sizes,
    activation: Activation,
) -> (Vec<f32>, Kept) {
    let (rows, channels) = (sizes.norm.rows, sizes.norm.channels);
    let mut moments = vec![Moments::default(); sizes.rows()];
    let widths = [channels, channels, sizes.inside, sizes.hidden];
    let write = |[y, normed, inside, hidden]: [&mut [Slot]; 4]| {
        let ways = Block::chunks(normed, rows, channels)
            .zip(Block::chunks(&mut moments, rows, 1))
            .zip(Block::chunks(inside, rows, sizes.inside))
            .zip(Block::chunks(hidden, rows, sizes.hidden));
        let blocks = Block::all(sizes.lanes, rows).zip(Block::chunks(y, rows, channels)).zip(ways);
        each_chunk(&mut blocks.collect::<Vec<_>>(), 1, |_, block| {
            let ((block, y), (((normed, moments), inside), hidden)) = &mut block[0];
            let way = Way { normed, moments, inside, hidden, is_kept: true };
            way.through(block, x, of, sizes, activation, y);
        });
    };
    // SAFETY: every block is written.
    let [y, normed, inside, hidden] =
        unsafe { all_written(widths.map(|width| sizes.rows() * width), write) };
    (y, Kept { moments, normed, inside, hidden, ..Kept::default() })
}

pub fn output(x: &[f32], of: &Parameters, sizes: &Sizes, activation: Activation) -> Vec<f32> {
    let (rows, channels) = (sizes.norm.rows, sizes.norm.channels);
    let write = |y: &mut [Slot]| {
        let blocks = Block::all(sizes.lanes, rows).zip(Block::chunks(y, rows, channels));
        each_chunk(&mut blocks.collect::<Vec<_>>(), 1, |_, block| {
            let (block, y) = &mut block[0];
            let count = y.len() / channels;
            let way = Way {
                normed: &mut scratch(y.len()),
                moments: &mut vec![Moments::default(); count],
                inside: &mut scratch(count * sizes.inside),
                hidden: &mut scratch(count * sizes.hidden),
                is_kept: false,
            };
            way.through(block, x, of, sizes, activation, y);
        });
    };
    // SAFETY: every block is written.
    unsafe { written(x.len(), write) }
}

/// What the rows of a block become on their way.
struct Way<'a> {
    normed: &'a mut [Slot],
    moments: &'a mut [Moments],
    inside: &'a mut [Slot],
    hidden: &'a mut [Slot],
    /// Whether backward follows.
    is_kept: bool,
}

impl Way<'_> {
    fn through(
        self,
        block: &Block,
        x: &[f32],
        of: &Parameters,
        sizes: &Sizes,
        activation: Activation,
        y: &mut [Slot],
    ) {
        // GELU adds the bias on its way, where its slopes are kept.
        let is_sloped = self.is_kept && activation == Activation::Gelu;
        let into_bias = of.into_bias.filter(|_| !is_sloped);
        let unbiased = Parameters { into_bias, ..*of };
        enter(block, x, &unbiased, sizes, (self.normed, self.moments), self.inside);
        // SAFETY: the product has written the block.
        let inside = unsafe { self.inside.assume_init_mut() };
        if is_sloped {
            let of_lane = block.lane * sizes.inside..(block.lane + 1) * sizes.inside;
            gelu_and_slope(inside, of.into_bias.map_or(&[], |bias| &bias[of_lane]), self.hidden);
        } else {
            activation.write(inside, sizes.hidden, self.hidden);
        }
        // SAFETY: the activation has written the block.
        leave(block, unsafe { self.hidden.assume_init_ref() }, x, of, sizes, y);
    }
}

pub fn backward(
    x: &[f32],
    kept: &Kept,
    of: &Parameters,
    gradient: &[f32],
    sizes: &Sizes,
    activation: Activation,
    sums: &mut [f32],
) -> [Vec<f32>; 2] {
    let (rows, channels) = (sizes.norm.rows, sizes.norm.channels);
    let write = |[of_x, of_inside]: [&mut [Slot]; 2]| {
        let slots = Block::chunks(of_x, rows, channels)
            .zip(sizes.chunks_of_sums(sums))
            .zip(Block::chunks(of_inside, rows, sizes.inside));
        let blocks = Block::all(sizes.lanes, rows).zip(slots);
        each_chunk(&mut blocks.collect::<Vec<_>>(), 1, |_, block| {
            let (block, ((of_x, sums), of_inside)) = &mut block[0];
            let inside = block.rows_of(&kept.inside, sizes.inside);
            let of_block = block.rows_of(gradient, channels);
            inside_backward(block, inside, of, of_block, sizes, activation, of_inside);
            // SAFETY: the gradients inside the block have just been written.
            let gradients = (unsafe { of_inside.assume_init_ref() }, gradient);
            enter_backward(block, (x, &kept.moments), of, sizes, gradients, (of_x, sums));
        });
    };
    // SAFETY: every block is written.
    unsafe { all_written([x.len(), sizes.rows() * sizes.inside], write) }
}

/// The gradients of a block's rows before the activation, from those of the rows that leave the sublayer; `inside` is
/// what is kept of them.
fn inside_backward(
    block: &Block,
    inside: &[f32],
    of: &Parameters,
    gradient: &[f32],
    sizes: &Sizes,
    activation: Activation,
    of_inside: &mut [Slot],
) {
    let out = sizes.second_matrix();
    match activation {
        Activation::Gelu => {
            block.input_gradient(gradient, of.out, &out, of_inside);
            // SAFETY: the product has written the block.
            multiply(unsafe { of_inside.assume_init_mut() }, inside);
        }
        Activation::Gated(gate) => {
            let mut of_hidden = scratch(inside.len() / 2);
            block.input_gradient(gradient, of.out, &out, &mut of_hidden);
            // SAFETY: the product has written the block.
            gate.slopes(inside, sizes.hidden, unsafe { of_hidden.assume_init_ref() }, of_inside);
        }
    }
}
