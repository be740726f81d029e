use std::sync::Arc;

use wane_kernels::norm::{self, Moments, backward, forward};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// Layer normalisation with gain and bias.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Added to the variance.
    pub eps: f32,
}

/// Normalisation with a gain alone.
#[derive(Clone, Debug)]
pub struct Norm {
    /// Whether a row's mean is taken away.
    pub centred: bool,
    /// Added to the variance.
    pub eps: f32,
}

/// Rows, gain, and the rows' moments.
type Saved = (Values, Values, Arc<[Moments]>);

impl Norm {
    fn of_rows(&self, x: &Values) -> norm::Norm {
        let [_, rows, channels] = dims(x);
        norm::Norm { channels, rows, centred: self.centred, eps: self.eps }
    }

    fn output(&self, x: Values, gain: Values, bias: Option<&Values>) -> (Values, Saved) {
        let norm = self.of_rows(&x);
        let bias = bias.map(numbers);
        let (rows, moments) = forward(&numbers(&x), &numbers(&gain), bias.as_deref(), &norm);
        (tensor(rows, dims::<3>(&x)), (x, gain, moments.into()))
    }

    fn gradients(&self, (x, gain, moments): Saved, gradient: &Values) -> [Option<Values>; 3] {
        let [lanes, _, channels] = dims(&x);
        let norm = self.of_rows(&x);
        let (of_x, of_gain, of_bias) =
            backward(&numbers(&x), &numbers(&gain), &moments, &numbers(gradient), &norm);
        [
            Some(tensor(of_x, dims::<3>(&x))),
            Some(tensor(of_gain, [lanes, channels])),
            Some(tensor(of_bias, [lanes, channels])),
        ]
    }
}

impl Operation<2> for Norm {
    type Saved = Saved;

    fn forward(&self, [x, gain]: [Values; 2]) -> (Values, Self::Saved) {
        self.output(x, gain, None)
    }

    fn backward(&self, saved: Self::Saved, gradient: Values, _: [bool; 2]) -> [Option<Values>; 2] {
        let [of_x, of_gain, _] = self.gradients(saved, &gradient);
        [of_x, of_gain]
    }
}

impl Operation<3> for LayerNorm {
    type Saved = Saved;

    fn forward(&self, [x, gain, bias]: [Values; 3]) -> (Values, Self::Saved) {
        Norm { centred: true, eps: self.eps }.output(x, gain, Some(&bias))
    }

    fn backward(&self, saved: Self::Saved, gradient: Values, _: [bool; 3]) -> [Option<Values>; 3] {
        Norm { centred: true, eps: self.eps }.gradients(saved, &gradient)
    }
}
