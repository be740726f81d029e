//! A quadratic in one or more variables, fitted by weighted least squares.

/// c + b·x + ½ x·H·x, and how well it is known.
#[derive(Clone, Debug)]
pub struct Quadratic {
    pub constant: f64,
    pub slope: Vec<f64>,
    /// The matrix of second derivatives, by rows.
    pub curvature: Vec<Vec<f64>>,
    /// The inverse of the normal matrix: times the variance of a point of weight 1, the covariance of the
    /// terms.
    pub(super) spread: Vec<Vec<f64>>,
    /// Weighted squares that the fit leaves, and points beyond its terms.
    pub(super) left: f64,
    pub(super) freedom: usize,
}

/// The number of terms of a quadratic in so many variables.
pub fn terms(variables: usize) -> usize {
    (variables + 1) * (variables + 2) / 2
}

/// 1, then the variables, then their products x_i x_j with i ≤ j, squares halved.
fn row(x: &[f64]) -> Vec<f64> {
    let products = (0..x.len()).flat_map(|i| {
        (i..x.len()).map(move |j| if i == j { x[i] * x[i] / 2.0 } else { x[i] * x[j] })
    });
    std::iter::once(1.0).chain(x.iter().copied()).chain(products).collect()
}

impl Quadratic {
    /// `None` where the points do not tell all terms.
    pub fn fit(points: &[Vec<f64>], values: &[f64], weights: &[f64]) -> Option<Self> {
        let variables = points.first()?.len();
        let count = terms(variables);
        let freedom = points.len().checked_sub(count)?;
        let (mut normal, mut right) = (vec![vec![0.0; count]; count], vec![0.0; count]);
        for ((x, value), weight) in points.iter().zip(values).zip(weights) {
            let row = row(x);
            for i in 0..count {
                right[i] += weight * row[i] * value;
                (0..count).for_each(|j| normal[i][j] += weight * row[i] * row[j]);
            }
        }
        let spread = inverse(normal)?;
        let found: Vec<f64> = spread.iter().map(|row| dot(row, &right)).collect();
        let mut fit = Self::of_terms(&found, variables);
        let squares = points.iter().zip(values).zip(weights);
        fit.left = squares.map(|((x, value), w)| w * (value - fit.at(x)).powi(2)).sum();
        Some(Quadratic { spread, freedom, ..fit })
    }

    /// From terms in the order of the fit.
    pub(super) fn of_terms(found: &[f64], variables: usize) -> Self {
        let mut curvature = vec![vec![0.0; variables]; variables];
        let pairs = (0..variables).flat_map(|i| (i..variables).map(move |j| (i, j)));
        for ((i, j), product) in pairs.zip(&found[1 + variables..]) {
            (curvature[i][j], curvature[j][i]) = (*product, *product);
        }
        Quadratic {
            constant: found[0],
            slope: found[1..=variables].to_vec(),
            curvature,
            spread: Vec::new(),
            left: 0.0,
            freedom: 0,
        }
    }

    /// Its terms in the order of the fit.
    pub(super) fn to_terms(&self) -> Vec<f64> {
        let variables = self.slope.len();
        let products = (0..variables).flat_map(|i| (i..variables).map(move |j| (i, j)));
        let products = products.map(|(i, j)| self.curvature[i][j]);
        std::iter::once(self.constant).chain(self.slope.iter().copied()).chain(products).collect()
    }

    pub fn at(&self, x: &[f64]) -> f64 {
        let bent: f64 = self.curvature.iter().zip(x).map(|(row, x_i)| x_i * dot(row, x)).sum();
        self.constant + dot(&self.slope, x) + bent / 2.0
    }

    /// How well it is known there: the variance in units of that of a point of weight 1.
    pub fn variance(&self, x: &[f64]) -> f64 {
        let row = row(x);
        self.spread.iter().zip(&row).map(|(spread, term)| term * dot(spread, &row)).sum()
    }

    /// Where it is lowest; `None` unless it curves upwards in every direction.
    pub fn lowest(&self) -> Option<Vec<f64>> {
        if !is_positive(&self.curvature) {
            return None;
        }
        let inverse = inverse(self.curvature.clone())?;
        Some(inverse.iter().map(|row| -dot(row, &self.slope)).collect())
    }
}

/// Whether a symmetric matrix is positive definite: no pivot of an elimination is 0 or less.
fn is_positive(matrix: &[Vec<f64>]) -> bool {
    let mut left = matrix.to_vec();
    for pivot in 0..left.len() {
        if left[pivot][pivot] <= 0.0 {
            return false;
        }
        for row in pivot + 1..left.len() {
            let share = left[row][pivot] / left[pivot][pivot];
            (pivot..left.len()).for_each(|column| {
                left[row][column] -= share * left[pivot][column];
            });
        }
    }
    true
}

/// The inverse, by Gauss and Jordan with pivots of rows; `None` for a singular matrix.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let scale = matrix.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..size).map(|j| f64::from(u8::from(i == j))));
    }
    for column in 0..size {
        let largest =
            |a: &usize, b: &usize| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs());
        let pivot = (column..size).max_by(largest)?;
        matrix.swap(column, pivot);
        if matrix[column][column].abs() <= scale * 1e-12 {
            return None;
        }
        clear(&mut matrix, column);
    }
    Some(matrix.into_iter().map(|row| row[size..].to_vec()).collect())
}

/// Makes a column that of the unit matrix.
fn clear(matrix: &mut [Vec<f64>], column: usize) {
    let pivot = matrix[column][column];
    matrix[column].iter_mut().for_each(|value| *value /= pivot);
    let own = matrix[column].clone();
    for (_, row) in matrix.iter_mut().enumerate().filter(|(row, _)| *row != column) {
        let share = row[column];
        row.iter_mut().zip(&own).for_each(|(value, own)| *value -= share * own);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_is_found_from_its_values() {
        let of =
            |x: &[f64]| 3.0 + x[0] - 2.0 * x[1] + x[0] * x[0] + 2.0 * x[1] * x[1] + x[0] * x[1];
        let grid = (0..9).map(|k| vec![f64::from(k % 3) - 1.0, f64::from(k / 3) - 1.0]);
        let points: Vec<Vec<f64>> = grid.collect();
        let values: Vec<f64> = points.iter().map(|x| of(x)).collect();
        let fit = Quadratic::fit(&points, &values, &[1.0; 9]).unwrap();
        assert!((fit.at(&[0.3, 0.7]) - of(&[0.3, 0.7])).abs() < 1e-9 && fit.left < 1e-12);
        let lowest = fit.lowest().unwrap();
        for step in [[0.01, 0.0], [-0.01, 0.0], [0.0, 0.01], [0.0, -0.01]] {
            assert!(of(&[lowest[0] + step[0], lowest[1] + step[1]]) > of(&lowest));
        }
        let again = Quadratic::of_terms(&fit.to_terms(), 2);
        assert_eq!((again.slope, again.curvature), (fit.slope, fit.curvature));
    }

    #[test]
    fn a_saddle_has_no_lowest_and_too_few_points_no_fit() {
        let points: Vec<Vec<f64>> = (0..3).map(|k| vec![f64::from(k)]).collect();
        assert!(Quadratic::fit(&points, &[0.0, 1.0, 0.0], &[1.0; 3]).unwrap().lowest().is_none());
        assert!(Quadratic::fit(&points[..2], &[0.0, 1.0], &[1.0; 2]).is_none());
        let same = vec![vec![1.0]; 4];
        assert!(Quadratic::fit(&same, &[1.0; 4], &[1.0; 4]).is_none());
    }
}
