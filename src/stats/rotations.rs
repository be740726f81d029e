use crate::random::{normals, stream};

/// Random rotations of the space of seeds, each an orthogonal matrix drawn evenly over all of them. Their
/// numbers depend on the number of seeds alone: a verdict is a function of its data.
///
/// Under the hypothesis that nothing differs, differences between arms that are normal over seeds are as
/// likely as any rotation of them, whatever their correlations (Langsrud 2005, Rotation tests): a statistic
/// is judged by what it is for the rotated data, however it chooses among the arms.
#[derive(Clone, Debug)]
pub struct Rotations {
    seeds: usize,
    matrices: Vec<f64>,
}

/// Rotations behind a p value that is printed.
const MOST: usize = 9_999;

impl Rotations {
    /// As many as a printed p value rests on.
    pub fn of(seeds: usize) -> Self {
        Self::draw(seeds, MOST)
    }

    /// So many rotations.
    pub fn draw(seeds: usize, count: usize) -> Self {
        let mut rng = stream("rotations", &[&(seeds as u64).to_le_bytes()]);
        let mut matrices = Vec::with_capacity(count * seeds * seeds);
        for _ in 0..count {
            let drawn = normals(&mut rng, 1.0, seeds * seeds);
            matrices.extend(orthogonal(drawn.into_iter().map(f64::from).collect(), seeds));
        }
        Rotations { seeds, matrices }
    }

    pub fn seeds(&self) -> usize {
        self.seeds
    }

    /// The rows of each rotation, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.matrices.chunks_exact((self.seeds * self.seeds).max(1))
    }
}

/// Makes the rows of a square matrix orthogonal and of length 1, one after the other.
fn orthogonal(mut matrix: Vec<f64>, size: usize) -> Vec<f64> {
    for row in 0..size {
        let (before, rest) = matrix.split_at_mut(row * size);
        let own = &mut rest[..size];
        for other in before.chunks_exact(size) {
            let share = dot(own, other);
            own.iter_mut().zip(other).for_each(|(own, other)| *own -= share * other);
        }
        let length = dot(own, own).sqrt();
        own.iter_mut().for_each(|value| *value /= length);
    }
    matrix
}

/// The sum of products.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_keep_lengths_and_angles_and_are_the_same_every_time() {
        let rotations = Rotations::draw(5, 20);
        for matrix in rotations.iter() {
            for (i, a) in matrix.chunks_exact(5).enumerate() {
                for (j, b) in matrix.chunks_exact(5).enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    assert!((dot(a, b) - expected).abs() < 1e-9);
                }
            }
        }
        assert_eq!(rotations.iter().count(), 20);
        assert_eq!(Rotations::draw(5, 20).matrices, rotations.matrices);
    }

    #[test]
    fn no_direction_is_preferred() {
        let rotations = Rotations::draw(3, 4000);
        let mean: f64 = rotations.iter().map(|matrix| matrix[4]).sum::<f64>() / 4000.0;
        let square: f64 = rotations.iter().map(|matrix| matrix[4].powi(2)).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 0.03 && (square - 1.0 / 3.0).abs() < 0.02, "{mean} {square}");
    }
}
