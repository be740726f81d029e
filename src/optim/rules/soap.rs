//! SOAP (Vyas et al. 2024, arXiv 2409.11321), as its authors' code has it: Adam along the axes of Shampoo's
//! averages `L` of `G Gᵀ` and `R` of `Gᵀ G`. The first step finds the axes and makes no update; after every
//! `precondition_every` further steps one power iteration brings them up to date. Decay acts in the first step too, as
//! under every optimizer here, so that Λ is the sum over all steps; their code leaves it out of that one.
//!
//! The axes of a matrix that is not square are not determined where its gradients have no component; there they are
//! what the decomposition happens to give, always the same.

use burn::tensor::{Tensor, TensorData};
use nalgebra::{DMatrix, SymmetricEigen};

use super::{Rule, RuleStep, Slots, average, complement};
use crate::config::Recipe;
use crate::ops::{self, Arithmetic};
use crate::optim::lanes::LaneValues;
use crate::optim::matrices::{join, split};

pub struct Soap;

/// What is kept of a parameter: the average of its gradients, that of their squares along the axes (matrix by
/// matrix), both averages of products of gradients, and the axes of both.
struct Kept {
    first: Tensor<2>,
    second: Tensor<2>,
    averages: [Tensor<2>; 2],
    axes: [Tensor<2>; 2],
}

/// The numbers of a step by lane.
struct Numbers<'a> {
    beta_1: [&'a LaneValues; 2],
    beta_2: [&'a LaneValues; 2],
    shampoo: [&'a LaneValues; 2],
    correction: &'a LaneValues,
    eps: &'a LaneValues,
}

impl Rule for Soap {
    /// β1, 1 − β1, β2, 1 − β2, the weights of Shampoo's averages, √(1 − β2ᵏ)/(1 − β1ᵏ) at the k-th step that moves
    /// anything, ε.
    fn numbers(&self, recipe: &Recipe, step: usize) -> Vec<f64> {
        let moved = step as f64 - 1.0;
        let [[beta_1, rest_1], [beta_2, rest_2]] = recipe.betas.map(complement);
        let shampoo = complement(recipe.shampoo_beta);
        let correction = match step {
            1 => 0.0,
            _ => (1.0 - beta_2.powf(moved)).sqrt() / (1.0 - beta_1.powf(moved)),
        };
        vec![beta_1, rest_1, beta_2, rest_2, shampoo[0], shampoo[1], correction, recipe.eps]
    }

    fn update(&self, gradient: Tensor<2>, state: &mut Slots, at: &RuleStep) -> Tensor<2> {
        let mut kept = Kept::from(std::mem::take(state));
        let numbers = Numbers::of(at);
        let gradients = split(gradient.clone(), at.parameter);
        let update = match at.step {
            1 => gradient.zeros_like(),
            _ => kept.direction(gradient, &gradients, &numbers, at),
        };
        kept.remember(gradients, &numbers);
        let moved = at.step - 1;
        if moved == 0 {
            kept.axes = kept.averages.clone().map(|average| on_host(average, at, first_axes));
        } else if moved.is_multiple_of(at.shared.precondition_every) {
            kept.turn(at);
        }
        *state = kept.into();
        at.lr.times(update)
    }
}

impl Kept {
    /// Adam's direction along the axes.
    fn direction(
        &mut self,
        gradient: Tensor<2>,
        gradients: &Tensor<3>,
        numbers: &Numbers,
        at: &RuleStep,
    ) -> Tensor<2> {
        let lanes = gradient.dims()[0];
        let [inputs, outputs] = self.axes.clone().map(|axes| square(axes, at));
        let along = |x: Tensor<3>| {
            let rows = ops::linear(inputs.clone().swap_dims(1, 2), x, None);
            ops::linear(rows, outputs.clone(), None)
        };
        let [keep, add] = numbers.beta_1;
        self.first = average(keep, add, self.first.clone(), gradient);
        let first = along(split(self.first.clone(), at.parameter));
        let squares = along(gradients.clone()).squared().reshape([lanes as i32, -1]);
        let [keep, add] = numbers.beta_2;
        self.second = average(keep, add, self.second.clone(), squares);
        let size = numbers.eps.plus(self.second.clone().root()).reshape(first.shape());
        let back = ops::linear(inputs.clone(), first.over(size), None);
        let back = ops::scores(back, outputs.clone());
        numbers.correction.times(join(back, at.parameter))
    }

    /// Adds a gradient's products to Shampoo's averages.
    fn remember(&mut self, gradients: Tensor<3>, numbers: &Numbers) {
        let [keep, add] = numbers.shampoo;
        let turned = gradients.clone().swap_dims(1, 2);
        let products = [
            ops::linear(gradients.clone(), turned.clone(), None),
            ops::linear(turned, gradients, None),
        ];
        for (kept, products) in self.averages.iter_mut().zip(products) {
            let products = products.reshape(kept.shape());
            *kept = average(keep, add, kept.clone(), products);
        }
    }

    /// Turns the axes by one power iteration, in the order of what lies along them, and brings the squares into
    /// that order.
    fn turn(&mut self, at: &RuleStep) {
        let [_, inputs, outputs] = at.parameter.matrices();
        let mut second = values(self.second.clone());
        for (side, order_of) in [(0, Side::Rows), (1, Side::Columns)] {
            let size = [inputs, outputs][side];
            let averages = matrices(self.averages[side].clone(), size);
            let axes = matrices(self.axes[side].clone(), size);
            let turned: Vec<Turned> = averages.iter().zip(&axes).map(turned).collect();
            for (block, turned) in second.chunks_mut(inputs * outputs).zip(&turned) {
                order_of.arrange(block, [inputs, outputs], &turned.order);
            }
            let all = turned.iter().flat_map(|turned| row_major(&turned.axes)).collect();
            self.axes[side] = uploaded(all, &self.axes[side]);
        }
        self.second = uploaded(second, &self.second);
    }
}

impl From<Slots> for Kept {
    fn from(slots: Slots) -> Self {
        let [first, second, left, right, left_axes, right_axes] =
            slots.try_into().expect("the rule has six slots");
        Kept { first, second, averages: [left, right], axes: [left_axes, right_axes] }
    }
}

impl From<Kept> for Slots {
    fn from(kept: Kept) -> Self {
        let Kept { first, second, averages: [left, right], axes: [left_axes, right_axes] } = kept;
        vec![first, second, left, right, left_axes, right_axes]
    }
}

impl<'a> Numbers<'a> {
    fn of(at: &'a RuleStep) -> Self {
        let [beta_1, rest_1, beta_2, rest_2, shampoo, rest, correction, eps] = at.numbers();
        Numbers {
            beta_1: [beta_1, rest_1],
            beta_2: [beta_2, rest_2],
            shampoo: [shampoo, rest],
            correction,
            eps,
        }
    }
}

/// New axes, and the order that the old ones were brought into before.
struct Turned {
    axes: DMatrix<f64>,
    order: Vec<usize>,
}

fn turned((average, axes): (&DMatrix<f64>, &DMatrix<f64>)) -> Turned {
    let along = average * axes;
    let size = |column: usize| axes.column(column).dot(&along.column(column));
    let order = descending((0..axes.ncols()).map(size).collect());
    let arranged =
        DMatrix::from_fn(axes.nrows(), axes.ncols(), |row, column| along[(row, order[column])]);
    Turned { axes: arranged.qr().q(), order }
}

/// The axes of an average, those along which most lies first.
fn first_axes(average: DMatrix<f64>) -> DMatrix<f64> {
    // Of a run that diverges: the iterations would never end.
    if average.iter().any(|value| !value.is_finite()) {
        return DMatrix::identity(average.nrows(), average.ncols());
    }
    let found = SymmetricEigen::new(average);
    let order = descending(found.eigenvalues.iter().copied().collect());
    let axes = &found.eigenvectors;
    DMatrix::from_fn(axes.nrows(), axes.ncols(), |row, column| axes[(row, order[column])])
}

fn descending(sizes: Vec<f64>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    order
}

#[derive(Clone, Copy)]
enum Side {
    Rows,
    Columns,
}

impl Side {
    /// Brings the rows or columns of a row-major matrix into an order.
    fn arrange(self, block: &mut [f32], [rows, columns]: [usize; 2], order: &[usize]) {
        let before = block.to_vec();
        for row in 0..rows {
            for column in 0..columns {
                let from = match self {
                    Side::Rows => order[row] * columns + column,
                    Side::Columns => row * columns + order[column],
                };
                block[row * columns + column] = before[from];
            }
        }
    }
}

/// `[lanes, parts · n · n]` as `[lanes · parts, n, n]`.
fn square(values: Tensor<2>, at: &RuleStep) -> Tensor<3> {
    let [lanes, numbers] = values.dims();
    let parts = at.parameter.matrices()[0];
    let size = side_of(numbers / parts);
    values.reshape([lanes * parts, size, size])
}

fn side_of(numbers: usize) -> usize {
    numbers.isqrt()
}

/// Every square matrix of a slot after some work on the host.
fn on_host(slot: Tensor<2>, at: &RuleStep, work: fn(DMatrix<f64>) -> DMatrix<f64>) -> Tensor<2> {
    let size = side_of(slot.dims()[1] / at.parameter.matrices()[0]);
    let all = matrices(slot.clone(), size).into_iter().flat_map(|one| row_major(&work(one)));
    uploaded(all.collect(), &slot)
}

fn matrices(slot: Tensor<2>, size: usize) -> Vec<DMatrix<f64>> {
    let wide: Vec<f64> = values(slot).into_iter().map(f64::from).collect();
    wide.chunks(size * size).map(|one| DMatrix::from_row_slice(size, size, one)).collect()
}

fn row_major(matrix: &DMatrix<f64>) -> Vec<f32> {
    matrix.transpose().iter().map(|value| *value as f32).collect()
}

fn values(slot: Tensor<2>) -> Vec<f32> {
    slot.try_into_vec_as().expect("states are float32 on a device that can be read")
}

/// Values on the device and in the shape of another tensor.
fn uploaded(values: Vec<f32>, like: &Tensor<2>) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, like.dims()), &like.device())
}
