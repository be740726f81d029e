//! Sums of products and of squares over whole tensors.

use super::blocks::each_chunk;
use super::simd::{fma, sum_of, vectorised};

/// `Σ a b` of each lane of `[lanes, …]`.
pub fn dots(a: &[f32], b: &[f32], lanes: usize) -> Vec<f32> {
    let size = a.len() / lanes;
    let mut sums = vec![0.0; lanes];
    each_chunk(&mut sums, 1, |lane, sum| {
        let [a, b] = [a, b].map(|values| &values[lane * size..][..size]);
        sum[0] = dot(a, b) as f32;
    });
    sums
}

/// Sum of squares of each lane of `[lanes, …]`.
pub fn squares(values: &[f32], lanes: usize) -> Vec<f32> {
    dots(values, values, lanes)
}

/// In float32 over short stretches, in float64 over them.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    const STRETCH: usize = 1 << 12;
    let stretch = |(a, b): (&[f32], &[f32])| {
        let mut sum = 0.0;
        dot_of_stretch(a, b, &mut sum);
        f64::from(sum)
    };
    a.chunks(STRETCH).zip(b.chunks(STRETCH)).map(stretch).sum()
}

vectorised! {
    /// Sum of products.
    fn dot_of_stretch(a: &[f32], b: &[f32], sum: &mut f32) = dot_body
}

#[inline(always)]
fn dot_body<const BITS: usize>(a: &[f32], b: &[f32], sum: &mut f32) {
    *sum = sum_of(a, b, fma::<BITS>);
}
