//! Bounds of one quantity that depend on another: a rule that was fitted far beyond 20 tokens a parameter on small
//! models alone was not on large ones.

use serde::Deserialize;

use super::law::Quantity;

/// The highest of one quantity by another: along lines in logarithms between its points, beyond them as at the
/// nearest.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    /// What is bounded.
    pub of: Quantity,
    /// What the bound depends on.
    pub by: Quantity,
    /// Values of that one, rising, each with the highest of the other.
    pub points: Vec<[f64; 2]>,
}

impl Ceiling {
    /// The bound where the other quantity has this value.
    pub fn at(&self, value: f64) -> f64 {
        let mut pairs = self.points.windows(2);
        let segment = pairs.find(|pair| (pair[0][0]..=pair[1][0]).contains(&value));
        let is_below = self.points.first().is_some_and(|first| value < first[0]);
        let nearest = if is_below { self.points.first() } else { self.points.last() };
        match segment {
            Some([[low, at_low], [high, at_high]]) => {
                let share = (value / low).ln() / (high / low).ln();
                at_low * (at_high / at_low).powf(share)
            }
            _ => nearest.map_or(f64::INFINITY, |[_, bound]| *bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_a_line_in_logarithms_between_its_points_and_flat_beyond_them() {
        let text =
            "of = \"overtraining\"\nby = \"params\"\npoints = [[1, 100], [100, 1], [1000, 0.5]]";
        let ceiling: Ceiling = toml::from_str(text).unwrap();
        for (value, bound) in
            [(0.1, 100.0), (1.0, 100.0), (10.0, 10.0), (100.0, 1.0), (1000.0, 0.5), (1e6, 0.5)]
        {
            assert!(
                (ceiling.at(value) / bound - 1.0).abs() < 1e-12,
                "{value}: {}",
                ceiling.at(value)
            );
        }
    }
}
