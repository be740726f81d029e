use wane_kernels::linear::{Sizes, bias_gradient, forward, input_gradient, weight_gradient};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// `x · w + b`.
#[derive(Clone, Debug)]
pub struct Linear;

/// `x · w`, or `x · wᵀ` where it is turned.
#[derive(Clone, Debug)]
pub struct Product {
    /// Whether the weights lie as `[lanes, outputs, inputs]`.
    pub turned: bool,
}

/// Sizes of a product.
pub fn sizes(x: &Values, weight: &Values, turned: bool) -> Sizes {
    let [lanes, rows, inputs] = dims(x);
    let [_, first, second] = dims(weight);
    Sizes { lanes, rows, inputs, outputs: if turned { first } else { second }, turned }
}

fn output(x: &Values, weight: &Values, bias: Option<&Values>, turned: bool) -> Values {
    let sizes = sizes(x, weight, turned);
    let bias = bias.map(numbers);
    let product = forward(&numbers(x), &numbers(weight), bias.as_deref(), &sizes);
    tensor(product, [sizes.lanes, sizes.rows, sizes.outputs])
}

fn gradients(
    (x, weight): (Values, Values),
    gradient: &Values,
    turned: bool,
    [of_x, of_weight, of_bias]: [bool; 3],
) -> [Option<Values>; 3] {
    let sizes = sizes(&x, &weight, turned);
    let dy = numbers(gradient);
    let x_gradient = of_x.then(|| input_gradient(&dy, &numbers(&weight), &sizes));
    let w_gradient = of_weight.then(|| weight_gradient(&numbers(&x), &dy, &sizes));
    let b_gradient = of_bias.then(|| bias_gradient(&dy, &sizes));
    [
        x_gradient.map(|values| tensor(values, dims::<3>(&x))),
        w_gradient.map(|values| tensor(values, dims::<3>(&weight))),
        b_gradient.map(|values| tensor(values, [sizes.lanes, sizes.outputs])),
    ]
}

impl Operation<3> for Linear {
    type Saved = (Values, Values);

    fn forward(&self, [x, weight, bias]: [Values; 3]) -> (Values, Self::Saved) {
        (output(&x, &weight, Some(&bias), false), (x, weight))
    }

    fn backward(
        &self,
        saved: Self::Saved,
        gradient: Values,
        wanted: [bool; 3],
    ) -> [Option<Values>; 3] {
        gradients(saved, &gradient, false, wanted)
    }
}

impl Operation<2> for Product {
    type Saved = (Values, Values);

    fn forward(&self, [x, weight]: [Values; 2]) -> (Values, Self::Saved) {
        (output(&x, &weight, None, self.turned), (x, weight))
    }

    fn backward(
        &self,
        saved: Self::Saved,
        gradient: Values,
        [of_x, of_weight]: [bool; 2],
    ) -> [Option<Values>; 2] {
        let wanted = [of_x, of_weight, false];
        let [of_x, of_weight, _] = gradients(saved, &gradient, self.turned, wanted);
        [of_x, of_weight]
    }
}
