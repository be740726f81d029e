//! Matrix products for reading text on: every row is summed in one order whatever rows stand beside it, so that a text
//! does not depend on how many are read at once, and a product of few rows reads the weights from memory once.
//!
//! A sum goes over blocks of `DEPTH` inputs, in order inside a block and over blocks. Where the weights are turned, each
//! of `WIDTH` sums takes every `WIDTH`th input.

use super::blocks::each_chunk;
use super::linear::Sizes;
use super::simd::{Chunk, WIDTH, add, fma, sum_of, vectorised};

/// Inputs of a block.
const DEPTH: usize = 64;

/// Up to so many rows go by the weights together while these come from memory; more are worth a copy of the weights by
/// strips.
const FEW: usize = 8;

/// Rows of a strip that are summed at once: their sums fit the registers.
const TALL: usize = 6;

/// Inputs that are added in one pass over a row of sums.
const AT_ONCE: usize = 4;

/// Outputs of turned weights that one thread computes at a time.
const OUTPUTS: usize = 64;

/// `x · w`: `[lanes, rows, outputs]`.
pub fn products(x: &[f32], weight: &[f32], sizes: &Sizes) -> Vec<f32> {
    let Sizes { lanes, rows, inputs, outputs, turned } = *sizes;
    assert_eq!(x.len(), lanes * rows * inputs);
    assert_eq!(weight.len(), lanes * inputs * outputs);
    if x.is_empty() || outputs == 0 {
        return vec![0.0; lanes * rows * outputs];
    }
    match (turned, rows <= FEW) {
        (true, _) => by_outputs(x, weight, sizes),
        (false, true) => by_blocks(x, weight, sizes),
        (false, false) => by_strips(x, weight, sizes),
    }
}

/// Every block of inputs by itself, then their sums: the weights of a block lie side by side.
fn by_blocks(x: &[f32], weight: &[f32], sizes: &Sizes) -> Vec<f32> {
    let Sizes { lanes, rows, inputs, outputs, .. } = *sizes;
    let blocks = inputs.div_ceil(DEPTH);
    let mut partial = vec![0.0; lanes * blocks * rows * outputs];
    each_chunk(&mut partial, rows * outputs, |place, sums| {
        let (lane, first) = (place / blocks, place % blocks * DEPTH);
        let depth = DEPTH.min(inputs - first);
        let x = &x[lane * rows * inputs + first..];
        let weight = &weight[(lane * inputs + first) * outputs..][..depth * outputs];
        add_block(x, inputs, weight, outputs, sums);
    });
    if blocks == 1 {
        return partial;
    }
    let mut out = vec![0.0; lanes * rows * outputs];
    each_chunk(&mut out, outputs, |place, out| {
        let (lane, row) = (place / rows, place % rows);
        let of_block = |block| {
            let start = ((lane * blocks + block) * rows + row) * outputs;
            &partial[start..][..outputs]
        };
        out.copy_from_slice(of_block(0));
        (1..blocks).for_each(|block| add(out, of_block(block)));
    });
    out
}

/// Strips of `WIDTH` outputs, whose weights are copied side by side and stay in the cache while all rows go by.
fn by_strips(x: &[f32], weight: &[f32], sizes: &Sizes) -> Vec<f32> {
    let Sizes { lanes, rows, inputs, outputs, .. } = *sizes;
    let strips = outputs.div_ceil(WIDTH);
    let mut sums = vec![0.0; lanes * strips * rows * WIDTH];
    each_chunk(&mut sums, rows * WIDTH, |place, sums| {
        let (lane, first) = (place / strips, place % strips * WIDTH);
        let weight = &weight[lane * inputs * outputs..][..inputs * outputs];
        let strip = strip_of(weight, outputs, first);
        strip_products(&x[lane * rows * inputs..][..rows * inputs], &strip, sums);
    });
    let mut out = vec![0.0; lanes * rows * outputs];
    each_chunk(&mut out, outputs, |place, out| {
        let (lane, row) = (place / rows, place % rows);
        for (strip, out) in out.chunks_mut(WIDTH).enumerate() {
            let sums = &sums[((lane * strips + strip) * rows + row) * WIDTH..];
            out.copy_from_slice(&sums[..out.len()]);
        }
    });
    out
}

/// Columns from `first` on, padded with zeros.
fn strip_of(weight: &[f32], outputs: usize, first: usize) -> Vec<Chunk> {
    let count = WIDTH.min(outputs - first);
    let of_row = |row: &[f32]| {
        let mut chunk = [0.0; WIDTH];
        chunk[..count].copy_from_slice(&row[first..first + count]);
        chunk
    };
    weight.chunks_exact(outputs).map(of_row).collect()
}

/// Turned weights: the inputs of an output lie side by side.
fn by_outputs(x: &[f32], weight: &[f32], sizes: &Sizes) -> Vec<f32> {
    let Sizes { lanes, rows, inputs, outputs, .. } = *sizes;
    let mut sums = vec![0.0; lanes * outputs * rows];
    // Chunks of one size over all lanes would run over their borders.
    for (lane, sums) in sums.chunks_mut(outputs * rows).enumerate() {
        let x = &x[lane * rows * inputs..][..rows * inputs];
        each_chunk(sums, OUTPUTS * rows, |place, sums| {
            let first = lane * outputs + place * OUTPUTS;
            let count = sums.len() / rows;
            output_products(x, &weight[first * inputs..][..count * inputs], inputs, sums);
        });
    }
    if rows == 1 {
        return sums;
    }
    let mut out = vec![0.0; lanes * rows * outputs];
    each_chunk(&mut out, outputs, |place, out| {
        let (lane, row) = (place / rows, place % rows);
        let column = sums[lane * outputs * rows + row..].iter().step_by(rows);
        out.iter_mut().zip(column).for_each(|(out, sum)| *out = *sum);
    });
    out
}

vectorised! {
    /// Adds the products of a block of inputs, which begin every `stride` numbers of `x`, to rows of sums.
    fn add_block(x: &[f32], stride: usize, weight: &[f32], outputs: usize, sums: &mut [f32]) = add_block_body
}

#[inline(always)]
fn add_block_body<const BITS: usize>(
    x: &[f32],
    stride: usize,
    weight: &[f32],
    outputs: usize,
    sums: &mut [f32],
) {
    let mut first = 0;
    for weight in weight.chunks(AT_ONCE * outputs) {
        let count = weight.len() / outputs;
        for (row, sums) in sums.chunks_exact_mut(outputs).enumerate() {
            let x = &x[row * stride + first..][..count];
            match *x {
                [a, b, c, d] => add_four::<BITS>([a, b, c, d], weight, sums),
                _ => {
                    for (x, weight) in x.iter().zip(weight.chunks_exact(outputs)) {
                        let pairs = sums.iter_mut().zip(weight);
                        pairs.for_each(|(sum, weight)| *sum = fma::<BITS>(*x, *weight, *sum));
                    }
                }
            }
        }
        first += count;
    }
}

/// Adds four inputs' products to one row.
#[inline(always)]
fn add_four<const BITS: usize>(x: [f32; AT_ONCE], weight: &[f32], sums: &mut [f32]) {
    let outputs = sums.len();
    let (a, rest) = weight.split_at(outputs);
    let (b, rest) = rest.split_at(outputs);
    let (c, d) = rest.split_at(outputs);
    let weights = a.iter().zip(b).zip(c.iter().zip(d));
    for (sum, ((a, b), (c, d))) in sums.iter_mut().zip(weights) {
        let first = fma::<BITS>(x[1], *b, fma::<BITS>(x[0], *a, *sum));
        *sum = fma::<BITS>(x[3], *d, fma::<BITS>(x[2], *c, first));
    }
}

vectorised! { at most 256,
    /// The products of rows with a strip of weights, `[rows, WIDTH]`.
    fn strip_products(x: &[f32], strip: &[Chunk], sums: &mut [f32]) = strip_products_body
}

#[inline(always)]
fn strip_products_body<const BITS: usize>(x: &[f32], strip: &[Chunk], sums: &mut [f32]) {
    let inputs = strip.len();
    let tiles = x.chunks(TALL * inputs).zip(sums.as_chunks_mut::<WIDTH>().0.chunks_mut(TALL));
    for (x, sums) in tiles {
        if let Ok(sums) = <&mut [Chunk; TALL]>::try_from(&mut *sums) {
            add_tile::<BITS, TALL>(x, strip, sums);
        } else {
            for (x, sum) in x.chunks_exact(inputs).zip(sums) {
                add_tile::<BITS, 1>(x, strip, std::array::from_mut(sum));
            }
        }
    }
}

/// The products of `ROWS` rows.
#[inline(always)]
fn add_tile<const BITS: usize, const ROWS: usize>(
    x: &[f32],
    strip: &[Chunk],
    sums: &mut [Chunk; ROWS],
) {
    let inputs = strip.len();
    for (block, strip) in strip.chunks(DEPTH).enumerate() {
        let mut tile = [[0.0; WIDTH]; ROWS];
        let rows: [&[f32]; ROWS] =
            std::array::from_fn(|row| &x[row * inputs + block * DEPTH..][..strip.len()]);
        for (input, weight) in strip.iter().enumerate() {
            for row in 0..ROWS {
                let x = rows[row][input];
                for place in 0..WIDTH {
                    tile[row][place] = fma::<BITS>(x, weight[place], tile[row][place]);
                }
            }
        }
        for (sum, tile) in sums.iter_mut().zip(&tile) {
            match block {
                0 => *sum = *tile,
                _ => sum.iter_mut().zip(tile).for_each(|(sum, value)| *sum += value),
            }
        }
    }
}

vectorised! {
    /// The products of rows with outputs of turned weights, `[outputs, rows]`.
    fn output_products(x: &[f32], weight: &[f32], inputs: usize, sums: &mut [f32]) = output_products_body
}

#[inline(always)]
fn output_products_body<const BITS: usize>(
    x: &[f32],
    weight: &[f32],
    inputs: usize,
    sums: &mut [f32],
) {
    let rows = x.len() / inputs;
    for (weight, sums) in weight.chunks_exact(inputs).zip(sums.chunks_exact_mut(rows)) {
        // The weights of an output come from memory for the first row and from the cache for the others.
        for (x, sum) in x.chunks_exact(inputs).zip(sums) {
            *sum = sum_of(x, weight, fma::<BITS>);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::linear::forward;
    use super::*;

    /// Numbers from -2 to 2 without a pattern that products could hide in: multiples of an irrational number.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let step = f64::from(seed).sqrt() + std::f64::consts::SQRT_2;
        (1..=count).map(|place| ((place as f64 * step).fract() * 4.0 - 2.0) as f32).collect()
    }

    #[test]
    fn every_row_has_the_same_bits_alone_and_among_any_others() {
        for (inputs, outputs) in [(1, 1), (3, 5), (64, 16), (65, 17), (130, 70), (200, 33)] {
            for turned in [false, true] {
                let (lanes, most) = (2, 29);
                let weight = numbers(lanes * inputs * outputs, 1);
                let x = numbers(lanes * most * inputs, 2);
                let sizes = |rows| Sizes { lanes, rows, inputs, outputs, turned };
                let all = products(&x, &weight, &sizes(most));
                for rows in [1, 2, 4, 5, 8, 9, 13] {
                    let first = |lane: usize| &x[lane * most * inputs..][..rows * inputs];
                    let some = [first(0), first(1)].concat();
                    let some = products(&some, &weight, &sizes(rows));
                    for lane in 0..lanes {
                        let expected = &all[lane * most * outputs..][..rows * outputs];
                        let found = &some[lane * rows * outputs..][..rows * outputs];
                        assert_eq!(found, expected, "{rows} rows of {inputs} × {outputs}");
                    }
                }
            }
        }
    }

    #[test]
    fn products_are_those_of_training_but_for_rounding() {
        for turned in [false, true] {
            for rows in [1, 3, 20] {
                let sizes = Sizes { lanes: 2, rows, inputs: 150, outputs: 37, turned };
                let (x, weight) = (numbers(2 * rows * 150, 3), numbers(2 * 150 * 37, 4));
                let (ours, theirs) =
                    (products(&x, &weight, &sizes), forward(&x, &weight, None, &sizes));
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
                }
            }
        }
    }
}
