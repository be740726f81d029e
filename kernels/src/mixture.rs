//! How much of every expert of a mixture a token takes.

use super::blocks::{each_chunk, each_pair};

/// Rows of a block.
const ROWS: usize = 256;

/// A router over experts.
#[derive(Clone, Copy, Debug)]
pub struct Router {
    /// Experts of the mixture.
    pub parts: usize,
    /// Experts that a token takes.
    pub active: usize,
    /// Whether what is taken adds up to 1.
    pub normalised: bool,
}

/// The softmax of scores `[rows, parts]`, and what is taken of it: the `active` largest of a row, 0 elsewhere.
pub fn forward(scores: &[f32], router: &Router) -> [Vec<f32>; 2] {
    let size = ROWS * router.parts;
    let (mut shares, mut weights) = (scores.to_vec(), vec![0.0; scores.len()]);
    each_pair((&mut shares, size), (&mut weights, size), |_, shares, weights| {
        let mut ranked = vec![0.0; router.parts];
        let rows = shares.chunks_exact_mut(router.parts);
        for (shares, weights) in rows.zip(weights.chunks_exact_mut(router.parts)) {
            softmax(shares);
            ranked.copy_from_slice(shares);
            ranked.sort_unstable_by(|a, b| b.total_cmp(a));
            take(shares, ranked[router.active - 1], router, weights);
        }
    });
    [shares, weights]
}

/// The gradient of the scores, from that of the weights.
pub fn backward([shares, weights]: [&[f32]; 2], gradient: &[f32], router: &Router) -> Vec<f32> {
    let parts = router.parts;
    let mut of_scores = gradient.to_vec();
    each_chunk(&mut of_scores, ROWS * parts, |place, slopes| {
        for (row, slopes) in slopes.chunks_exact_mut(parts).enumerate() {
            let first = (place * ROWS + row) * parts;
            let [shares, weights] = [shares, weights].map(|values| &values[first..][..parts]);
            of_taken(shares, weights, router, slopes);
            let mean = dot(slopes, shares);
            slopes
                .iter_mut()
                .zip(shares)
                .for_each(|(slope, share)| *slope = share * (*slope - mean));
        }
    });
    of_scores
}

fn softmax(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|score| *score = (*score - most).exp());
    let total: f32 = row.iter().sum();
    row.iter_mut().for_each(|share| *share /= total);
}

/// The shares that are not below the `last` of those that are taken; equal ones are all taken.
fn take(shares: &[f32], last: f32, router: &Router, weights: &mut [f32]) {
    for (weight, share) in weights.iter_mut().zip(shares) {
        // A product, so that what is no number stays none.
        *weight = share * if *share >= last { 1.0 } else { 0.0 };
    }
    if router.normalised {
        let total: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

/// Turns the gradient of a row's weights into that of its shares.
fn of_taken(shares: &[f32], weights: &[f32], router: &Router, slopes: &mut [f32]) {
    let is_taken = |weight: f32| if weight == 0.0 { 0.0 } else { 1.0 };
    let (mean, total) = match router.normalised {
        true => {
            let taken = shares.iter().zip(weights);
            (dot(slopes, weights), taken.map(|(share, weight)| share * is_taken(*weight)).sum())
        }
        false => (0.0, 1.0),
    };
    for (slope, weight) in slopes.iter_mut().zip(weights) {
        *slope = (*slope - mean) / total * is_taken(*weight);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
