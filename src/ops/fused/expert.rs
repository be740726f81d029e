use wane_kernels::activation::Gate;
use wane_kernels::expert::{self, Matrices, Taken};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// One expert of a mixture, for the rows that take it.
#[derive(Clone, Debug)]
pub struct Expert {
    /// How its one half gates the other.
    pub gate: Gate,
    /// Its column of the weights.
    pub part: usize,
}

/// What backward needs.
#[derive(Clone, Debug)]
pub struct Saved {
    weights: Values,
    into: Values,
    out: Values,
    taken: Vec<Taken>,
}

impl Expert {
    fn among(&self, weights: &Values, out: &Values) -> expert::Expert {
        let [_, rows, parts] = dims(weights);
        let [_, hidden, channels] = dims(out);
        let Expert { gate, part } = *self;
        expert::Expert { rows, channels, hidden, parts, part, gate }
    }
}

impl Operation<4> for Expert {
    type Saved = Saved;

    fn forward(&self, [x, weights, into, out]: [Values; 4]) -> (Values, Saved) {
        let among = self.among(&weights, &out);
        let shape: [usize; 3] = dims(&x);
        let (into_numbers, out_numbers) = (numbers(&into), numbers(&out));
        let matrices = Matrices { into: &into_numbers, out: &out_numbers };
        let (y, taken) = expert::forward(&numbers(&x), &numbers(&weights), matrices, &among);
        drop((into_numbers, out_numbers));
        (tensor(y, shape), Saved { weights, into, out, taken })
    }

    fn backward(&self, saved: Saved, gradient: Values, _: [bool; 4]) -> [Option<Values>; 4] {
        let Saved { weights, into, out, taken } = saved;
        let among = self.among(&weights, &out);
        let (into_numbers, out_numbers) = (numbers(&into), numbers(&out));
        let matrices = Matrices { into: &into_numbers, out: &out_numbers };
        let gradients =
            expert::backward(&taken, &numbers(&weights), matrices, &numbers(&gradient), &among);
        let shapes = [&gradient, &weights, &into, &out].map(dims::<3>);
        let mut both = gradients.into_iter().zip(shapes);
        std::array::from_fn(|_| both.next().map(|(values, shape)| tensor(values, shape)))
    }
}
