//! Tiles of products: [`TILE`] rows and [`WIDTH`] columns whose sums stay in registers.

use std::ops::Range;

use crate::ops::kernels::simd::{Chunk, WIDTH, fma};

/// Rows of a tile: as many as leave its numbers in registers.
pub(super) const TILE: usize = 4;

/// `[TILE, WIDTH]` of a product.
pub(super) type Tile = [Chunk; TILE];

/// Rows of a matrix, one every `stride` numbers.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn from(self, row: usize) -> Self {
        Rows { values: &self.values[row * self.stride..], ..self }
    }

    pub(super) fn columns_from(self, column: usize) -> Self {
        Rows { values: &self.values[column..], ..self }
    }
}

/// Sum over `inner` of `left[row, inner] · right[inner, column]`, for the first rows and columns.
#[inline(always)]
pub(super) fn tile_by_rows<const BITS: usize>(
    left: Rows,
    right: Rows,
    inner: Range<usize>,
    tile: &mut Tile,
) {
    let right = right.from(inner.start);
    let strides = (left.stride, 1);
    product::<BITS>(&left.values[inner.start..], strides, right, inner.len(), tile);
}

/// Sum over `inner` of `left[inner, row] · right[inner, column]`.
#[inline(always)]
pub(super) fn tile_by_columns<const BITS: usize>(
    left: Rows,
    right: Rows,
    inner: Range<usize>,
    tile: &mut Tile,
) {
    let (left, right) = (left.from(inner.start), right.from(inner.start));
    product::<BITS>(left.values, (1, left.stride), right, inner.len(), tile);
}

/// The tile of a product whose left side has any strides over rows and over what is summed.
#[inline(always)]
fn product<const BITS: usize>(
    left: &[f32],
    (over_rows, over_inner): (usize, usize),
    right: Rows,
    count: usize,
    tile: &mut Tile,
) {
    assert!(count > 0 && (TILE - 1) * over_rows + (count - 1) * over_inner < left.len());
    assert!((count - 1) * right.stride + WIDTH <= right.values.len());
    #[cfg(target_arch = "x86_64")]
    if BITS == 256 {
        // SAFETY: this body runs on processors with AVX2 and FMA alone, and the assertions keep every
        // access inside the slices.
        unsafe { product_by_hand(left, (over_rows, over_inner), right, count, tile) };
        return;
    }
    let mut sums = [[0.0; WIDTH]; TILE];
    for inner in 0..count {
        let right = right.values[inner * right.stride..].first_chunk::<WIDTH>().expect("checked");
        for row in 0..TILE {
            let left = left[row * over_rows + inner * over_inner];
            for place in 0..WIDTH {
                sums[row][place] = fma::<BITS>(left, right[place], sums[row][place]);
            }
        }
    }
    *tile = sums;
}

/// [`product`] in intrinsics: what compilers make of the plain loop keeps part of the sums in memory,
/// which costs attention a seventh of its speed.
///
/// # Safety
/// `TILE` rows and `count` steps of `left`, and a chunk in each of `count` rows of `right`, must lie in
/// their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn product_by_hand(
    left: &[f32],
    (over_rows, over_inner): (usize, usize),
    right: Rows,
    count: usize,
    tile: &mut Tile,
) {
    use std::arch::x86_64::*;
    let mut sums = [[_mm256_setzero_ps(); 2]; TILE];
    for inner in 0..count {
        // SAFETY: the caller vouches for it.
        unsafe {
            let right = right.values.as_ptr().add(inner * right.stride);
            let right = [_mm256_loadu_ps(right), _mm256_loadu_ps(right.add(WIDTH / 2))];
            for (row, sums) in sums.iter_mut().enumerate() {
                let left = left.get_unchecked(row * over_rows + inner * over_inner);
                let left = _mm256_broadcast_ss(left);
                *sums = [0, 1].map(|half| _mm256_fmadd_ps(left, right[half], sums[half]));
            }
        }
    }
    for (row, [low, high]) in tile.iter_mut().zip(sums) {
        let (row_low, row_high) = row.split_at_mut(WIDTH / 2);
        // SAFETY: each half of a row has room for a vector.
        unsafe {
            _mm256_storeu_ps(row_low.as_mut_ptr(), low);
            _mm256_storeu_ps(row_high.as_mut_ptr(), high);
        }
    }
}

#[inline(always)]
pub(super) fn store(out: &mut [f32], stride: usize, tile: &Tile) {
    for (row, tile) in tile.iter().enumerate() {
        out[row * stride..][..WIDTH].copy_from_slice(tile);
    }
}

/// Adds the first `count` columns of a tile to rows of `stride`, as many as there are.
#[inline(always)]
pub(super) fn add(out: &mut [f32], stride: usize, tile: &Tile, count: usize) {
    for (out, tile) in out.chunks_mut(stride).zip(tile) {
        match out.first_chunk_mut::<WIDTH>() {
            Some(out) if count == WIDTH => {
                out.iter_mut().zip(tile).for_each(|(sum, value)| *sum += value);
            }
            _ => out.iter_mut().zip(&tile[..count]).for_each(|(sum, value)| *sum += value),
        }
    }
}
