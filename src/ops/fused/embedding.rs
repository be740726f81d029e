use std::sync::Arc;

use wane_kernels::embedding::{add_positions, positions_gradient, rows, rows_gradient};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// Rows of tables.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// Rows of the tables stacked over lanes.
    pub index: Arc<[usize]>,
}

impl Operation<1> for Embedding {
    type Saved = [usize; 3];

    fn forward(&self, [table]: [Values; 1]) -> (Values, [usize; 3]) {
        let shape: [usize; 3] = dims(&table);
        let [lanes, _, channels] = shape;
        let picked = rows(&numbers(&table), channels, &self.index);
        (tensor(picked, [lanes, self.index.len() / lanes, channels]), shape)
    }

    fn backward(&self, shape: [usize; 3], gradient: Values, _: [bool; 1]) -> [Option<Values>; 1] {
        let [lanes, _, channels] = shape;
        let size = (shape.iter().product(), lanes);
        let table = rows_gradient(&numbers(&gradient), channels, &self.index, size);
        [Some(tensor(table, shape))]
    }
}

/// Adds a vector per position to every window.
#[derive(Clone, Debug)]
pub struct AddPositions;

impl Operation<2> for AddPositions {
    type Saved = [usize; 3];

    fn forward(&self, [x, positions]: [Values; 2]) -> (Values, [usize; 3]) {
        let (shape, of_positions) = (dims::<3>(&x), dims::<3>(&positions));
        let sum = add_positions(&numbers(&x), &numbers(&positions), shape[0]);
        (tensor(sum, shape), of_positions)
    }

    fn backward(
        &self,
        shape: [usize; 3],
        gradient: Values,
        [of_x, of_positions]: [bool; 2],
    ) -> [Option<Values>; 2] {
        let [lanes, context, channels] = shape;
        let sums = of_positions.then(|| {
            let sums = positions_gradient(&numbers(&gradient), context * channels, lanes);
            tensor(sums, shape)
        });
        [of_x.then_some(gradient), sums]
    }
}
