use std::sync::Arc;

use crate::random::{normals, stream};

/// Random rotations of the space of seeds, each an orthogonal matrix drawn evenly over all of them. Their
/// numbers depend on the number of seeds alone: a verdict is a function of its data.
///
/// Under the hypothesis that nothing differs, differences between arms that are normal over seeds are as
/// likely as any rotation of them, whatever their correlations (Langsrud 2005, Rotation tests): a statistic
/// is judged by what it is for the rotated data, however it chooses among the arms.
///
/// Of more than [`MOST_ROTATED`] seeds the signs are drawn instead, which asks for symmetric differences alone
/// (Fisher 1935).
#[derive(Clone, Debug)]
pub struct Rotations {
    seeds: usize,
    /// Numbers of a rotation.
    size: usize,
    /// One rotation after the other. Shared, for there may be hundreds of megabytes.
    turns: Arc<[f64]>,
    /// What each makes of 1 for every seed.
    ones: Arc<[f64]>,
}

/// Rotations behind a p value that is printed.
const MOST: usize = 9_999;
/// Seeds beyond which a matrix costs more than it is worth.
const MOST_ROTATED: usize = 48;

impl Rotations {
    /// As many as a printed p value rests on.
    pub fn of(seeds: usize) -> Self {
        Self::draw(seeds, MOST)
    }

    /// So many rotations.
    pub fn draw(seeds: usize, count: usize) -> Self {
        let mut rng = stream("rotations", &[&(seeds as u64).to_le_bytes()]);
        let size = if seeds > MOST_ROTATED { seeds } else { seeds * seeds };
        let mut turn = || {
            let drawn = normals(&mut rng, 1.0, size).into_iter().map(f64::from);
            match seeds > MOST_ROTATED {
                true => drawn.map(f64::signum).collect(),
                false => orthogonal(drawn.collect(), seeds),
            }
        };
        let turns: Vec<f64> = (0..count).flat_map(|_| turn()).collect();
        let of_one = |turn| Rotation { seeds, turn, ones: &[] }.turn(&vec![1.0; seeds]);
        let ones: Vec<f64> = turns.chunks_exact(size).flat_map(of_one).collect();
        Rotations { seeds, size, turns: turns.into(), ones: ones.into() }
    }

    pub fn len(&self) -> usize {
        self.turns.len() / self.size
    }

    pub fn get(&self, place: usize) -> Rotation<'_> {
        Rotation {
            seeds: self.seeds,
            turn: &self.turns[place * self.size..][..self.size],
            ones: &self.ones[place * self.seeds..][..self.seeds],
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Rotation<'_>> {
        (0..self.len()).map(|place| self.get(place))
    }
}

/// One rotation of the space of seeds.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'a> {
    seeds: usize,
    /// The rows of a matrix one after the other, or the signs of a diagonal.
    turn: &'a [f64],
    /// What it makes of 1 for every seed.
    pub ones: &'a [f64],
}

impl Rotation<'_> {
    /// Values by seed, rotated.
    pub fn turn(&self, values: &[f64]) -> Vec<f64> {
        match self.turn.len() == self.seeds && self.seeds > 1 {
            true => self.turn.iter().zip(values).map(|(sign, value)| sign * value).collect(),
            false => self.turn.chunks_exact(self.seeds).map(|row| dot(row, values)).collect(),
        }
    }

    /// The rotated value of one seed.
    pub fn at(&self, seed: usize, values: &[f64]) -> f64 {
        match self.turn.len() == self.seeds && self.seeds > 1 {
            true => self.turn[seed] * values[seed],
            false => dot(&self.turn[seed * self.seeds..][..self.seeds], values),
        }
    }

    /// The rotated row of one seed.
    pub fn row_at<const N: usize>(&self, seed: usize, rows: &[[f64; N]]) -> [f64; N] {
        // Loops over places, for pairs of iterators over so few numbers take longer to make than to use.
        let mut sums = [0.0; N];
        let mut add = |weight: f64, row: &[f64; N]| {
            for place in 0..N {
                sums[place] += weight * row[place];
            }
        };
        if self.turn.len() == self.seeds && self.seeds > 1 {
            add(self.turn[seed], &rows[seed]);
        } else {
            let weights = &self.turn[seed * self.seeds..][..self.seeds];
            weights.iter().enumerate().for_each(|(other, weight)| add(*weight, &rows[other]));
        }
        sums
    }

    /// Rows of values, a row a seed, rotated.
    pub fn turn_rows(&self, rows: &[f64]) -> Vec<f64> {
        let width = rows.len() / self.seeds;
        let mut turned = vec![0.0; rows.len()];
        for (seed, turned) in turned.chunks_exact_mut(width).enumerate() {
            let mut add = |weight: f64, row: &[f64]| {
                turned.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            };
            match self.turn.len() == self.seeds && self.seeds > 1 {
                true => add(self.turn[seed], &rows[seed * width..][..width]),
                false => {
                    let weights = &self.turn[seed * self.seeds..][..self.seeds];
                    weights.iter().zip(rows.chunks_exact(width)).for_each(|(w, row)| add(*w, row));
                }
            }
        }
        turned
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
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_keep_lengths_and_angles_and_are_the_same_every_time() {
        let rotations = Rotations::draw(5, 20);
        for matrix in rotations.turns.chunks_exact(25) {
            for (i, a) in matrix.chunks_exact(5).enumerate() {
                for (j, b) in matrix.chunks_exact(5).enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    assert!((dot(a, b) - expected).abs() < 1e-9);
                }
            }
        }
        assert_eq!(rotations.iter().count(), 20);
        assert_eq!(Rotations::draw(5, 20).turns, rotations.turns);
    }

    #[test]
    fn rows_and_single_seeds_are_turned_as_values_are() {
        for seeds in [3, 60] {
            let rotations = Rotations::draw(seeds, 3);
            let a: Vec<f64> = (0..seeds).map(|seed| seed as f64).collect();
            let b: Vec<f64> = a.iter().map(|value| value.sin()).collect();
            let rows: Vec<f64> = a.iter().zip(&b).flat_map(|(a, b)| [*a, *b]).collect();
            let pairs: Vec<[f64; 2]> = a.iter().zip(&b).map(|(a, b)| [*a, *b]).collect();
            for rotation in rotations.iter() {
                let turned = rotation.turn_rows(&rows);
                for (seed, (a_seed, b_seed)) in
                    rotation.turn(&a).into_iter().zip(rotation.turn(&b)).enumerate()
                {
                    assert!((turned[2 * seed] - a_seed).abs() < 1e-9);
                    assert!((rotation.at(seed, &b) - b_seed).abs() < 1e-9);
                    assert!((turned[2 * seed + 1] - b_seed).abs() < 1e-9);
                    assert_eq!(rotation.row_at(seed, &pairs), [a_seed, b_seed]);
                }
            }
        }
    }

    #[test]
    fn no_direction_is_preferred() {
        let rotations = Rotations::draw(3, 4000);
        let middles = || rotations.iter().map(|rotation| rotation.turn[4]);
        let mean = middles().sum::<f64>() / 4000.0;
        let square = middles().map(|middle| middle.powi(2)).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 0.03 && (square - 1.0 / 3.0).abs() < 0.02, "{mean} {square}");
    }
}
