use super::values::{dims, numbers, tensor};
use crate::kernels::norm::{self, backward, forward};
use crate::ops::node::{Operation, Values};

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

impl Norm {
    fn of_rows(&self, x: &Values) -> norm::Norm {
        let [_, rows, channels] = dims(x);
        norm::Norm { channels, rows, centred: self.centred, eps: self.eps }
    }

    fn output(&self, x: &Values, gain: &Values, bias: Option<&Values>) -> Values {
        let bias = bias.map(numbers);
        let rows = forward(&numbers(x), &numbers(gain), bias.as_deref(), &self.of_rows(x));
        tensor(rows, dims::<3>(x))
    }

    fn gradients(&self, (x, gain): (Values, Values), gradient: &Values) -> [Option<Values>; 3] {
        let [lanes, _, channels] = dims(&x);
        let norm = self.of_rows(&x);
        let (of_x, of_gain, of_bias) =
            backward(&numbers(&x), &numbers(&gain), &numbers(gradient), &norm);
        [
            Some(tensor(of_x, dims::<3>(&x))),
            Some(tensor(of_gain, [lanes, channels])),
            Some(tensor(of_bias, [lanes, channels])),
        ]
    }
}

impl Operation<2> for Norm {
    type Saved = (Values, Values);

    fn forward(&self, [x, gain]: [Values; 2]) -> (Values, Self::Saved) {
        (self.output(&x, &gain, None), (x, gain))
    }

    fn backward(&self, saved: Self::Saved, gradient: Values, _: [bool; 2]) -> [Option<Values>; 2] {
        let [of_x, of_gain, _] = self.gradients(saved, &gradient);
        [of_x, of_gain]
    }
}

impl Operation<3> for LayerNorm {
    type Saved = (Values, Values);

    fn forward(&self, [x, gain, bias]: [Values; 3]) -> (Values, Self::Saved) {
        let norm = Norm { centred: true, eps: self.eps };
        (norm.output(&x, &gain, Some(&bias)), (x, gain))
    }

    fn backward(&self, saved: Self::Saved, gradient: Values, _: [bool; 3]) -> [Option<Values>; 3] {
        Norm { centred: true, eps: self.eps }.gradients(saved, &gradient)
    }
}
