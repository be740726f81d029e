use std::sync::Arc;

use wane_kernels::norm::Norm;
use wane_kernels::sublayer::{Inner, Kept, Parameters, Sizes, backward, forward, output};

use crate::ops::node::Operation;
use crate::ops::values::{Values, dims, numbers, tensor};

/// The steps of a sublayer with its residual connection.
#[derive(Clone, Debug)]
pub struct Steps {
    /// What stands between its matrices.
    pub inner: Inner,
    /// Whether the norm takes a row's mean away.
    pub centred: bool,
    /// Added to the variance.
    pub eps: f32,
}

/// What a sublayer is given.
#[derive(Clone, Debug)]
pub struct Given {
    x: Values,
    gain: Values,
    shift: Option<Values>,
    into: Values,
    into_bias: Option<Values>,
    out: Values,
    out_bias: Option<Values>,
}

impl Given {
    fn plain([x, gain, into, out]: [Values; 4]) -> Self {
        Given { x, gain, shift: None, into, into_bias: None, out, out_bias: None }
    }

    fn biased([x, gain, shift, into, into_bias, out, out_bias]: [Values; 7]) -> Self {
        let [shift, into_bias, out_bias] = [shift, into_bias, out_bias].map(Some);
        Given { x, gain, shift, into, into_bias, out, out_bias }
    }

    fn work<R>(&self, work: impl FnOnce(&[f32], &Parameters) -> R) -> R {
        let [x, gain, into, out] = [&self.x, &self.gain, &self.into, &self.out].map(numbers);
        let [shift, into_bias, out_bias] =
            [&self.shift, &self.into_bias, &self.out_bias].map(|bias| bias.as_ref().map(numbers));
        let parameters = Parameters {
            gain: &gain,
            shift: shift.as_deref(),
            into: &into,
            into_bias: into_bias.as_deref(),
            out: &out,
            out_bias: out_bias.as_deref(),
        };
        work(&x, &parameters)
    }
}

/// Gradients of all that is given, in the order of its fields.
type Gradients = [Option<Values>; 7];

impl Steps {
    fn sizes(&self, given: &Given) -> Sizes {
        let [lanes, rows, channels] = dims(&given.x);
        let norm = Norm { channels, rows, centred: self.centred, eps: self.eps };
        let ([_, _, inside], [_, hidden, _]) = (dims(&given.into), dims(&given.out));
        Sizes { lanes, norm, inside, hidden }
    }

    fn kept(&self, given: Given) -> (Values, (Given, Arc<Kept>)) {
        let sizes = self.sizes(&given);
        let (y, kept) = given.work(|x, of| forward(x, of, &sizes, &self.inner));
        (tensor(y, dims::<3>(&given.x)), (given, kept.into()))
    }

    fn passed(&self, given: &Given) -> Values {
        let sizes = self.sizes(given);
        let y = given.work(|x, of| output(x, of, &sizes, &self.inner));
        tensor(y, dims::<3>(&given.x))
    }

    fn gradients(&self, given: &Given, kept: &Kept, gradient: &Values) -> Gradients {
        let sizes = self.sizes(given);
        let gradient = numbers(gradient);
        let of = given.work(|x, of| backward(x, kept, of, &gradient, &sizes, &self.inner));
        let Sizes { lanes, norm, inside, .. } = sizes;
        let rows = |values, width| tensor(values, [lanes, width]);
        [
            Some(tensor(of.x, dims::<3>(&given.x))),
            Some(rows(of.gain, norm.channels)),
            Some(rows(of.shift, norm.channels)),
            Some(tensor(of.into, dims::<3>(&given.into))),
            of.into_bias.map(|values| rows(values, inside)),
            Some(tensor(of.out, dims::<3>(&given.out))),
            of.out_bias.map(|values| rows(values, norm.channels)),
        ]
    }
}

/// x, gain, and the two matrices.
impl Operation<4> for Steps {
    type Saved = (Given, Arc<Kept>);

    fn forward(&self, inputs: [Values; 4]) -> (Values, Self::Saved) {
        self.kept(Given::plain(inputs))
    }

    fn output(&self, inputs: [Values; 4]) -> Values {
        self.passed(&Given::plain(inputs))
    }

    fn backward(
        &self,
        (given, kept): Self::Saved,
        gradient: Values,
        _: [bool; 4],
    ) -> [Option<Values>; 4] {
        let [x, gain, _, into, _, out, _] = self.gradients(&given, &kept, &gradient);
        [x, gain, into, out]
    }
}

/// x, gain and bias of the norm, and the two matrices with a bias each.
impl Operation<7> for Steps {
    type Saved = (Given, Arc<Kept>);

    fn forward(&self, inputs: [Values; 7]) -> (Values, Self::Saved) {
        self.kept(Given::biased(inputs))
    }

    fn output(&self, inputs: [Values; 7]) -> Values {
        self.passed(&Given::biased(inputs))
    }

    fn backward(
        &self,
        (given, kept): Self::Saved,
        gradient: Values,
        _: [bool; 7],
    ) -> [Option<Values>; 7] {
        self.gradients(&given, &kept, &gradient)
    }
}
