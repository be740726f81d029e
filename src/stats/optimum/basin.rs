//! A quadratic through the bottom of a curve or a surface.

use super::Layout;
use crate::stats::quadratic::Quadratic;

/// How far a quadratic may be off, as a share of how far a point is above the lowest: higher points are
/// farther from where it holds, so they count less.
const OFF: f64 = 0.3;

/// Points of the quadratic, the best among them.
const FITTED: usize = 5;

/// The best of points in a line and those nearest to it of the same basin, where `along` says where they lie:
/// the first points in the layout, in order.
pub fn around_best(layout: &Layout, along: &[f64], best: usize) -> Vec<usize> {
    let mut near = rising(layout, (0..best).rev(), best);
    near.extend(rising(layout, best + 1..along.len(), best));
    near.retain(|point| along[*point].is_finite());
    let distance = |point: &usize| (along[*point] - along[best]).abs();
    near.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    near.truncate(FITTED - 1);
    near.insert(0, best);
    near
}

/// Points on the way from the best, up to where one diverged or the loss clearly falls again.
fn rising(layout: &Layout, way: impl Iterator<Item = usize>, best: usize) -> Vec<usize> {
    let mut highest = layout.means()[best];
    let rises = |point: &usize| {
        let mean = layout.means()[*point];
        let error =
            layout.noise().map_or(0.0, |noise| noise.sd / (layout.seeds(*point) as f64).sqrt());
        let falls = mean < highest - layout.epsilon() - 2.0 * error;
        highest = highest.max(mean);
        mean.is_finite() && !falls
    };
    way.take_while(rises).collect()
}

/// Noise is taken for no less than this share of ε, so that one point does not outweigh all others.
const LEAST: f64 = 0.05;

/// Through these points of a layout, given where they lie; `None` where they do not tell its terms.
pub fn basin(layout: &Layout, points: &[usize], at: &[Vec<f64>]) -> Option<Quadratic> {
    let means: Vec<f64> = points.iter().map(|point| layout.means()[*point]).collect();
    let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
    let sd = layout.noise().map_or(0.0, |noise| noise.sd).max(LEAST * layout.epsilon()).max(1e-9);
    let weight = |(point, mean): (&usize, &f64)| {
        let variance = sd * sd / layout.seeds(*point) as f64;
        1.0 / (variance + (OFF * (mean - lowest)).powi(2))
    };
    let weights: Vec<f64> = points.iter().zip(&means).map(weight).collect();
    Quadratic::fit(at, &means, &weights)
}
