//! Tiles of products: [`TILE`] rows and [`WIDTH`] columns whose sums stay in registers.

use std::ops::Range;

use crate::simd::{WIDTH, fma};

/// Rows of a tile: as many as leave its numbers in registers.
pub(super) const TILE: usize = 4;

/// Rows of a matrix, one every `stride` numbers.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    pub(super) fn from(self, row: usize) -> Self {
        Rows { values: &self.values[row * self.stride..], ..self }
    }

    #[inline(always)]
    pub(super) fn columns_from(self, column: usize) -> Self {
        Rows { values: &self.values[column..], ..self }
    }
}

/// The left side of a product: as it lies, or turned over.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    values: &'a [f32],
    over_rows: usize,
    over_inner: usize,
}

impl<'a> Left<'a> {
    /// `[row, inner]`.
    #[inline(always)]
    pub(super) fn rows(rows: Rows<'a>) -> Self {
        Left { values: rows.values, over_rows: rows.stride, over_inner: 1 }
    }

    /// `[inner, row]`.
    #[inline(always)]
    pub(super) fn columns(rows: Rows<'a>) -> Self {
        Left { values: rows.values, over_rows: 1, over_inner: rows.stride }
    }

    #[inline(always)]
    fn from(self, inner: usize) -> Self {
        Left { values: &self.values[inner * self.over_inner..], ..self }
    }

    /// Where a number lies.
    #[inline(always)]
    fn place(&self, row: usize, inner: usize) -> usize {
        row * self.over_rows + inner * self.over_inner
    }
}

/// Writes the `columns` of [`TILE`] rows of a product, whole chunks: sums over `inner` of `left[row, inner] · right[inner,
/// column]`. `out` has a row every `stride` numbers.
#[inline(always)]
pub(super) fn multiply<const BITS: usize>(
    left: Left,
    right: Rows,
    inner: Range<usize>,
    columns: Range<usize>,
    out: &mut [f32],
    stride: usize,
) {
    let (left, right, count) = (left.from(inner.start), right.from(inner.start), inner.len());
    let mut column = columns.start;
    // Vectors as wide as a chunk need two chunks of four rows to have enough sums on their way at once.
    while BITS == 512 && column + 2 * WIDTH <= columns.end {
        let right = right.columns_from(column);
        tile::<BITS, 2>(left, right, count, &mut out[column..], stride);
        column += 2 * WIDTH;
    }
    while column < columns.end {
        let right = right.columns_from(column);
        tile::<BITS, 1>(left, right, count, &mut out[column..], stride);
        column += WIDTH;
    }
}

/// The first rows and chunks of a product. A sum has the same bits whatever the tile that it stands in.
#[inline(always)]
fn tile<const BITS: usize, const CHUNKS: usize>(
    left: Left,
    right: Rows,
    count: usize,
    out: &mut [f32],
    stride: usize,
) {
    assert!(count > 0 && left.place(TILE - 1, count - 1) < left.values.len());
    assert!((count - 1) * right.stride + CHUNKS * WIDTH <= right.values.len());
    assert!((TILE - 1) * stride + CHUNKS * WIDTH <= out.len());
    #[cfg(target_arch = "x86_64")]
    if BITS >= 256 {
        // SAFETY: this body runs on processors with these vectors alone, and the assertions keep every
        // access inside the slices.
        unsafe {
            match BITS {
                512 => widest_tile::<CHUNKS>(left, right, count, out, stride),
                _ => wide_tile::<CHUNKS>(left, right, count, out, stride),
            }
        }
        return;
    }
    for chunk in (0..CHUNKS * WIDTH).step_by(WIDTH) {
        let mut sums = [[0.0; WIDTH]; TILE];
        for inner in 0..count {
            let right = &right.values[inner * right.stride + chunk..];
            let right = right.first_chunk::<WIDTH>().expect("checked");
            for (row, sums) in sums.iter_mut().enumerate() {
                let left = left.values[left.place(row, inner)];
                for place in 0..WIDTH {
                    sums[place] = fma::<BITS>(left, right[place], sums[place]);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            out[row * stride + chunk..][..WIDTH].copy_from_slice(sums);
        }
    }
}

/// [`tile`] in intrinsics: what compilers make of the plain loop keeps part of the sums in memory,
/// which costs attention a seventh of its speed.
///
/// # Safety
/// `TILE` rows and `count` steps of `left`, as many chunks in each of `count` rows of `right`, and the same in `TILE` of
/// `out` must lie in their slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn wide_tile<const CHUNKS: usize>(
    left: Left,
    right: Rows,
    count: usize,
    out: &mut [f32],
    stride: usize,
) {
    use std::arch::x86_64::*;
    const HALF: usize = WIDTH / 2;
    for chunk in (0..CHUNKS * WIDTH).step_by(WIDTH) {
        let mut sums = [[_mm256_setzero_ps(); 2]; TILE];
        for inner in 0..count {
            // SAFETY: the caller vouches for it.
            unsafe {
                let right = right.values.as_ptr().add(inner * right.stride + chunk);
                let right = [_mm256_loadu_ps(right), _mm256_loadu_ps(right.add(HALF))];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left =
                        _mm256_broadcast_ss(left.values.get_unchecked(left.place(row, inner)));
                    for half in 0..2 {
                        sums[half] = _mm256_fmadd_ps(left, right[half], sums[half]);
                    }
                }
            }
        }
        for (row, [low, high]) in sums.into_iter().enumerate() {
            // SAFETY: the caller vouches for it.
            unsafe {
                let out = out.as_mut_ptr().add(row * stride + chunk);
                _mm256_storeu_ps(out, low);
                _mm256_storeu_ps(out.add(HALF), high);
            }
        }
    }
}

/// The same with vectors that hold a chunk.
///
/// # Safety
/// As [`wide_tile`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn widest_tile<const CHUNKS: usize>(
    left: Left,
    right: Rows,
    count: usize,
    out: &mut [f32],
    stride: usize,
) {
    use std::arch::x86_64::*;
    let mut sums = [[_mm512_setzero_ps(); CHUNKS]; TILE];
    for inner in 0..count {
        // SAFETY: the caller vouches for it.
        unsafe {
            let from = right.values.as_ptr().add(inner * right.stride);
            let mut right = [_mm512_setzero_ps(); CHUNKS];
            for (chunk, right) in right.iter_mut().enumerate() {
                *right = _mm512_loadu_ps(from.add(chunk * WIDTH));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let left = _mm512_set1_ps(*left.values.get_unchecked(left.place(row, inner)));
                for chunk in 0..CHUNKS {
                    sums[chunk] = _mm512_fmadd_ps(left, right[chunk], sums[chunk]);
                }
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (chunk, sums) in sums.into_iter().enumerate() {
            // SAFETY: the caller vouches for it.
            unsafe {
                let out = out.as_mut_ptr().add(row * stride + chunk * WIDTH);
                _mm512_storeu_ps(out, sums);
            }
        }
    }
}
