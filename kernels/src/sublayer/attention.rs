use super::super::attention::{self, Heads};
use super::super::blocks::each_chunk;
use super::super::linear::{Block, input_gradient};
use super::super::norm::Moments;
use super::super::slots::{Slot, all_written, scratch, written};
use super::{Kept, Parameters, Sizes, enter, enter_backward, leave};

pub fn forward(x: &[f32], of: &Parameters, sizes: &Sizes, heads: &Heads) -> (Vec<f32>, Kept) {
    let (rows, channels) = (sizes.norm.rows, sizes.norm.channels);
    let mut moments = vec![Moments::default(); sizes.rows()];
    let write = |[normed, inside]: [&mut [Slot]; 2]| {
        let slots = Block::chunks(normed, rows, channels)
            .zip(Block::chunks(&mut moments, rows, 1))
            .zip(Block::chunks(inside, rows, sizes.inside));
        let blocks = Block::all(sizes.lanes, rows).zip(slots);
        each_chunk(&mut blocks.collect::<Vec<_>>(), 1, |_, block| {
            let (block, ((normed, moments), inside)) = &mut block[0];
            enter(block, x, of, sizes, (normed, moments), inside);
        });
    };
    // SAFETY: every block is written.
    let [normed, inside] = unsafe { all_written([x.len(), sizes.rows() * sizes.inside], write) };
    let (hidden, attention) = attention::forward(&inside, heads, None);
    let y = left(&hidden, x, of, sizes);
    (y, Kept { moments, normed, inside, hidden, attention })
}

pub fn output(x: &[f32], of: &Parameters, sizes: &Sizes, heads: &Heads) -> Vec<f32> {
    let rows = sizes.norm.rows;
    let write = |inside: &mut [Slot]| {
        let slots = Block::chunks(inside, rows, sizes.inside);
        each_chunk(
            &mut Block::all(sizes.lanes, rows).zip(slots).collect::<Vec<_>>(),
            1,
            |_, block| {
                let (block, inside) = &mut block[0];
                let count = inside.len() / sizes.inside;
                let mut normed = scratch(count * sizes.norm.channels);
                let mut moments = vec![Moments::default(); count];
                enter(block, x, of, sizes, (&mut normed, &mut moments), inside);
            },
        );
    };
    // SAFETY: every block is written.
    let inside = unsafe { written(sizes.rows() * sizes.inside, write) };
    left(&attention::output(&inside, heads, None), x, of, sizes)
}

/// All rows through the second matrix, and what came in.
fn left(hidden: &[f32], x: &[f32], of: &Parameters, sizes: &Sizes) -> Vec<f32> {
    let (rows, channels) = (sizes.norm.rows, sizes.norm.channels);
    let write = |y: &mut [Slot]| {
        let blocks = Block::all(sizes.lanes, rows).zip(Block::chunks(y, rows, channels));
        each_chunk(&mut blocks.collect::<Vec<_>>(), 1, |_, block| {
            let (block, y) = &mut block[0];
            leave(block, block.rows_of(hidden, sizes.hidden), x, of, sizes, y);
        });
    };
    // SAFETY: every block is written.
    unsafe { written(x.len(), write) }
}

pub fn backward(
    x: &[f32],
    kept: &Kept,
    of: &Parameters,
    gradient: &[f32],
    sizes: &Sizes,
    heads: &Heads,
    sums: &mut [f32],
) -> [Vec<f32>; 2] {
    let (rows, channels) = (sizes.norm.rows, sizes.norm.channels);
    let of_hidden = input_gradient(gradient, of.out, &sizes.second_matrix());
    let of_inside = attention::backward(&kept.inside, &kept.attention, &of_hidden, heads, None);
    let write = |of_x: &mut [Slot]| {
        let slots = Block::chunks(of_x, rows, channels).zip(sizes.chunks_of_sums(sums));
        each_chunk(
            &mut Block::all(sizes.lanes, rows).zip(slots).collect::<Vec<_>>(),
            1,
            |_, block| {
                let (block, (of_x, sums)) = &mut block[0];
                let gradients = (block.rows_of(&of_inside, sizes.inside), gradient);
                enter_backward(block, (x, &kept.moments), of, sizes, gradients, (of_x, sums));
            },
        );
    };
    // SAFETY: every block is written.
    let of_x = unsafe { written(x.len(), write) };
    [of_x, of_inside]
}
