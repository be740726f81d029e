//! A quadratic through the bottom of a curve or a surface.

use super::Layout;
use crate::stats::quadratic::Quadratic;

/// How far a quadratic may be off, as a share of how far a point is above the lowest: higher points are
/// farther from where it holds, so they count less.
const OFF: f64 = 0.3;

/// Through these points of a layout, given where they lie; `None` where they do not tell its terms.
pub fn basin(layout: &Layout, points: &[usize], at: &[Vec<f64>]) -> Option<Quadratic> {
    let means: Vec<f64> = points.iter().map(|point| layout.means()[*point]).collect();
    let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
    let sd = layout.noise().map_or(0.0, |noise| noise.sd).max(1e-6);
    let weight = |(point, mean): (&usize, &f64)| {
        let variance = sd * sd / layout.seeds(*point) as f64;
        1.0 / (variance + (OFF * (mean - lowest)).powi(2))
    };
    let weights: Vec<f64> = points.iter().zip(&means).map(weight).collect();
    Quadratic::fit(at, &means, &weights)
}
