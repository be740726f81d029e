//! What comes between the layers of a model.

use std::sync::Arc;

use wane_kernels::arithmetic::{Pair, pairs, with_each};
use wane_kernels::columns::{side_by_side, taken_apart};

use crate::ops::node::Operation;
use crate::ops::values::{Values, changed, dims, numbers, tensor};

/// A sum of two tensors.
#[derive(Clone, Debug)]
pub struct Add;

impl Operation<2> for Add {
    type Saved = ();

    fn forward(&self, [a, b]: [Values; 2]) -> (Values, ()) {
        (changed(a, |a| pairs(a, &numbers(&b), Pair::Plus)), ())
    }

    fn backward(&self, (): (), gradient: Values, wanted: [bool; 2]) -> [Option<Values>; 2] {
        wanted.map(|wanted| wanted.then(|| gradient.clone()))
    }
}

/// What it is given, with the sum of the gradients of all that reads it.
#[derive(Clone, Debug)]
pub struct Shared;

impl Operation<1> for Shared {
    type Saved = ();

    fn forward(&self, [x]: [Values; 1]) -> (Values, ()) {
        (x, ())
    }

    fn backward(&self, (): (), gradient: Values, _: [bool; 1]) -> [Option<Values>; 1] {
        [Some(gradient)]
    }
}

/// Numbers times constants.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// One for every number, or for as many after one another as there are to each.
    pub factors: Arc<Vec<f32>>,
}

impl Scaled {
    fn scale(&self, x: Values) -> Values {
        changed(x, |x| with_each(x, &self.factors, Pair::Times))
    }
}

impl Operation<1> for Scaled {
    type Saved = ();

    fn forward(&self, [x]: [Values; 1]) -> (Values, ()) {
        (self.scale(x), ())
    }

    fn backward(&self, (): (), gradient: Values, _: [bool; 1]) -> [Option<Values>; 1] {
        [Some(self.scale(gradient))]
    }
}

/// Matrices side by side.
#[derive(Clone, Debug)]
pub struct SideBySide;

impl<const N: usize> Operation<N> for SideBySide {
    /// Columns of each.
    type Saved = [usize; N];

    fn forward(&self, parts: [Values; N]) -> (Values, [usize; N]) {
        let [lanes, rows, _] = dims(&parts[0]);
        let columns = parts.each_ref().map(|part| dims::<3>(part)[2]);
        let values = parts.each_ref().map(numbers);
        let both: Vec<(&[f32], usize)> =
            values.iter().zip(columns).map(|(values, columns)| (&values[..], columns)).collect();
        let joined = side_by_side(&both);
        (tensor(joined, [lanes, rows, columns.iter().sum()]), columns)
    }

    fn backward(&self, columns: [usize; N], gradient: Values, _: [bool; N]) -> [Option<Values>; N] {
        let [lanes, rows, width] = dims(&gradient);
        let joined = numbers(&gradient);
        let mut first = 0;
        columns.map(|columns| {
            let part = taken_apart(&joined, width, first, columns);
            first += columns;
            Some(tensor(part, [lanes, rows, columns]))
        })
    }
}
