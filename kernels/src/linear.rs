//! Matrix products of linear layers, by the `gemm` crate.

use std::sync::Once;

use gemm::Parallelism;

use super::blocks::each_chunk;
use super::simd::{WIDTH, vectorised};
use super::{Slot, written};

/// Rows that are computed at a time: so many that weights are seldom laid out anew for a product, and where several
/// threads share the work, few enough to give each something to do. They change no bit.
pub(super) fn block_rows() -> usize {
    if rayon::current_num_threads() == 1 { 512 } else { 256 }
}

/// Sizes of `[lanes, rows, inputs] × [lanes, inputs, outputs]`.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Lanes.
    pub lanes: usize,
    /// Rows of each.
    pub rows: usize,
    /// Channels that come in.
    pub inputs: usize,
    /// Channels that go out.
    pub outputs: usize,
    /// Whether the weights lie as `[lanes, outputs, inputs]`, as those of a tied head do.
    pub turned: bool,
}

impl Sizes {
    fn weight(&self) -> usize {
        self.inputs * self.outputs
    }

    /// Strides of the weights over inputs and over outputs.
    fn weight_strides(&self) -> (usize, usize) {
        if self.turned { (1, self.inputs) } else { (self.outputs, 1) }
    }

    fn checked(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        let per_row = self.lanes * self.rows;
        assert_eq!(weight.len(), self.lanes * self.weight());
        assert!(x.is_empty() || x.len() == per_row * self.inputs);
        assert!(y.is_empty() || y.len() == per_row * self.outputs);
    }
}

/// A matrix in memory.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

/// How a product is computed that is one of `products` at the same time: on threads of its own where there are fewer
/// products than threads. `gemm` cuts sums by the sizes alone, so threads change no bit.
fn threads_within(products: usize) -> Parallelism {
    match rayon::current_num_threads() {
        threads if products < threads => Parallelism::Rayon(threads),
        _ => Parallelism::None,
    }
}

/// Tiles of columns from which a product pays for laying out a side that lies in order already. The crate's own number is
/// 8, at which the gradients of weights take up to a tenth longer. It changes no bit.
const TILES_WORTH_PACKING: usize = 32;

/// Columns of a product up to which `gemm` does not lay out the numbers that it multiplies them by.
const COLUMNS_UNPACKED: usize = 128;
/// Inputs up to which that is worth cutting the gradient of weights by columns: rows of more share few places of the
/// nearest cache.
const INPUTS_UNPACKED: usize = 64;
/// Summands that `gemm` adds up in one go whatever the sizes of a product, so that to cut columns changes no bit.
const SUMMANDS_UNCUT: usize = 512;

/// `out = a · b`, `[m, k] × [k, n]`, a row of `out` every `stride` slots.
fn product(
    out: &mut [Slot],
    stride: usize,
    (m, n, k): (usize, usize, usize),
    a: Matrix,
    b: Matrix,
    parallelism: Parallelism,
) {
    let last = |matrix: &Matrix, rows: usize, columns: usize| {
        (rows - 1) * matrix.row_stride + (columns - 1) * matrix.column_stride
    };
    static SET: Once = Once::new();
    SET.call_once(|| gemm::set_lhs_packing_threshold_single_thread(TILES_WORTH_PACKING));
    assert!(m > 0 && n > 0 && k > 0 && n <= stride && out.len() == (m - 1) * stride + n);
    assert!(last(&a, m, k) < a.values.len() && last(&b, k, n) < b.values.len());
    // SAFETY: the assertions keep every access of the three matrices inside its slice, and a product
    // that does not read its destination writes every row of it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr().cast::<f32>(),
            1,
            stride as isize,
            false,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// `x · w + b`: `[lanes, rows, outputs]`.
pub fn forward(x: &[f32], weight: &[f32], bias: Option<&[f32]>, sizes: &Sizes) -> Vec<f32> {
    sizes.checked(x, weight, &[]);
    let write = |block: &Block, out: &mut [Slot]| {
        block.forward(block.rows_of(x, sizes.inputs), weight, bias, sizes, out);
    };
    // SAFETY: every block is written by its product.
    unsafe { rows_written(sizes, sizes.outputs, write) }
}

/// The gradient of x: `[lanes, rows, inputs]`, from that of the product, `[lanes, rows, outputs]`.
pub fn input_gradient(gradient: &[f32], weight: &[f32], sizes: &Sizes) -> Vec<f32> {
    sizes.checked(&[], weight, gradient);
    let write = |block: &Block, out: &mut [Slot]| {
        block.input_gradient(block.rows_of(gradient, sizes.outputs), weight, sizes, out);
    };
    // SAFETY: every block is written by its product.
    unsafe { rows_written(sizes, sizes.inputs, write) }
}

/// The gradient of the weights, laid out as they are.
pub fn weight_gradient(x: &[f32], gradient: &[f32], sizes: &Sizes) -> Vec<f32> {
    let Sizes { lanes, rows, inputs, outputs, turned } = *sizes;
    assert_eq!((x.len(), gradient.len()), (lanes * rows * inputs, lanes * rows * outputs));
    if rows == 0 {
        return vec![0.0; lanes * sizes.weight()];
    }
    // xᵀ · dy, or dyᵀ · x where the weights are turned.
    let (left, right) = if turned { (outputs, inputs) } else { (inputs, outputs) };
    let (left_values, right_values) = if turned { (gradient, x) } else { (x, gradient) };
    let threads = threads_within(lanes);
    let write = |lane: usize, out: &mut [Slot]| {
        let a = Matrix {
            values: &left_values[lane * rows * left..],
            row_stride: 1,
            column_stride: left,
        };
        let b = Matrix {
            values: &right_values[lane * rows * right..],
            row_stride: right,
            column_stride: 1,
        };
        let is_cut = left <= INPUTS_UNPACKED && rows <= SUMMANDS_UNCUT;
        let columns = if is_cut { COLUMNS_UNPACKED } else { right };
        for start in (0..right).step_by(columns) {
            let count = columns.min(right - start);
            let b = Matrix { values: &b.values[start..], ..b };
            let out = &mut out[start..(left - 1) * right + start + count];
            product(out, right, (left, count, rows), a, b, threads);
        }
    };
    // SAFETY: every lane is written by the products of its columns.
    unsafe { written(lanes * left * right, |out| each_chunk(out, left * right, write)) }
}

/// The gradient of the bias, `[lanes, outputs]`: sums over rows.
pub fn bias_gradient(gradient: &[f32], sizes: &Sizes) -> Vec<f32> {
    let mut sums = vec![0.0; sizes.lanes * sizes.outputs];
    each_chunk(&mut sums, sizes.outputs, |lane, sums| {
        let size = sizes.rows * sizes.outputs;
        add_rows(sums, &gradient[lane * size..][..size]);
    });
    sums
}

/// Rows of one lane that are multiplied at a time.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Its lane.
    pub lane: usize,
    /// First row, counted over all lanes.
    row: usize,
    rows: usize,
    /// Of its products.
    threads: Parallelism,
}

impl Block {
    /// The blocks of `[lanes, rows]`, in order; one of a single size over all lanes would run over their borders.
    pub fn all(lanes: usize, rows: usize) -> impl Iterator<Item = Self> {
        let size = block_rows();
        let threads = threads_within(lanes * rows.div_ceil(size));
        (0..lanes).flat_map(move |lane| {
            (0..rows).step_by(size).map(move |start| Block {
                lane,
                row: lane * rows + start,
                rows: size.min(rows - start),
                threads,
            })
        })
    }

    /// The rows of every block of `[lanes, rows, width]`.
    pub fn chunks<T>(
        values: &mut [T],
        rows: usize,
        width: usize,
    ) -> impl Iterator<Item = &mut [T]> {
        let size = block_rows() * width;
        values.chunks_mut(rows * width).flat_map(move |lane| lane.chunks_mut(size))
    }

    /// Its rows of `[lanes, rows, width]`.
    pub fn rows_of<'a, T>(&self, values: &'a [T], width: usize) -> &'a [T] {
        &values[self.row * width..][..self.rows * width]
    }

    /// `x · w + b` of its rows of x, `[rows, inputs]`; weights and bias are those of all lanes.
    pub fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        bias: Option<&[f32]>,
        sizes: &Sizes,
        out: &mut [Slot],
    ) {
        let x = Matrix { values: x, row_stride: sizes.inputs, column_stride: 1 };
        let (row_stride, column_stride) = sizes.weight_strides();
        let w = Matrix { values: self.weight_of(weight, sizes), row_stride, column_stride };
        let sides = (self.rows, sizes.outputs, sizes.inputs);
        product(out, sizes.outputs, sides, x, w, self.threads);
        if let Some(bias) = bias {
            // SAFETY: the product has written the block.
            let out = unsafe { out.assume_init_mut() };
            add_to_rows(out, &bias[self.lane * sizes.outputs..][..sizes.outputs]);
        }
    }

    /// The gradient of its rows of x, from that of their products, `[rows, outputs]`.
    pub fn input_gradient(
        &self,
        gradient: &[f32],
        weight: &[f32],
        sizes: &Sizes,
        out: &mut [Slot],
    ) {
        let dy = Matrix { values: gradient, row_stride: sizes.outputs, column_stride: 1 };
        let (column_stride, row_stride) = sizes.weight_strides();
        let w = Matrix { values: self.weight_of(weight, sizes), row_stride, column_stride };
        let sides = (self.rows, sizes.inputs, sizes.outputs);
        product(out, sizes.inputs, sides, dy, w, self.threads);
    }

    fn weight_of<'a>(&self, weight: &'a [f32], sizes: &Sizes) -> &'a [f32] {
        &weight[self.lane * sizes.weight()..][..sizes.weight()]
    }
}

/// `[lanes, rows, width]`, written by blocks of rows.
///
/// # Safety
/// `write` must write every slot.
unsafe fn rows_written(
    sizes: &Sizes,
    width: usize,
    write: impl Fn(&Block, &mut [Slot]) + Sync,
) -> Vec<f32> {
    let Sizes { lanes, rows, .. } = *sizes;
    if rows == 0 {
        return Vec::new();
    }
    let whole = |out: &mut [Slot]| {
        let blocks = Block::all(lanes, rows).zip(Block::chunks(out, rows, width));
        let mut blocks: Vec<_> = blocks.collect();
        each_chunk(&mut blocks, 1, |_, block| write(&block[0].0, block[0].1));
    };
    // SAFETY: the caller vouches for `write`, and the blocks cover everything.
    unsafe { written(lanes * rows * width, whole) }
}

vectorised! {
    /// Adds `bias` to every row.
    pub fn add_to_rows(rows: &mut [f32], bias: &[f32]) = add_to_rows_body
}

#[inline(always)]
fn add_to_rows_body<const BITS: usize>(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for channel in 0..bias.len() {
            row[channel] += bias[channel];
        }
    }
}

vectorised! {
    /// Adds every row to `sums`.
    pub fn add_rows(sums: &mut [f32], rows: &[f32]) = add_rows_body
}

#[inline(always)]
fn add_rows_body<const BITS: usize>(sums: &mut [f32], rows: &[f32]) {
    let width = sums.len();
    // A strip of columns stays in registers while all rows go by.
    const STRIP: usize = 4 * WIDTH;
    let mut start = 0;
    while start + STRIP <= width {
        let mut strip: [f32; STRIP] = sums[start..start + STRIP].try_into().expect("its length");
        for row in rows.chunks_exact(width) {
            let values: &[f32; STRIP] = row[start..].first_chunk().expect("a row is as wide");
            for place in 0..STRIP {
                strip[place] += values[place];
            }
        }
        sums[start..start + STRIP].copy_from_slice(&strip);
        start += STRIP;
    }
    if start < width {
        for row in rows.chunks_exact(width) {
            for place in start..width {
                sums[place] += row[place];
            }
        }
    }
}
