//! Sublayers against their steps.

use wane_kernels::sublayer::Inner;

use super::*;

/// Widths of a sublayer's rows on their way.
#[derive(Clone, Copy)]
struct Widths {
    lanes: usize,
    rows: usize,
    channels: usize,
    inside: usize,
    hidden: usize,
}

/// Keeps scores of attention where its weights are no zeros and ones.
const INTO: f32 = 0.2;

pub fn attention(sizes: Sizes, heads: Heads, biased: bool) -> Case {
    let (inside, hidden) = (heads.packed(), heads.channels());
    let Sizes { lanes, channels, .. } = sizes;
    let rows = heads.context * sizes.rows.div_ceil(heads.context);
    let widths = Widths { lanes, rows, channels, inside, hidden };
    sublayer_case(widths, Inner::Attention(heads), biased)
}

pub fn mlp(sizes: Sizes, activation: Activation, biased: bool) -> Case {
    let Sizes { lanes, rows, channels, outputs: hidden } = sizes;
    let inside = activation.inputs(hidden);
    let widths = Widths { lanes, rows, channels, inside, hidden };
    sublayer_case(widths, Inner::Mlp(activation), biased)
}

/// Inputs: x, gain, the two matrices, and the biases of norm and matrices. LayerNorm has biases here, RMSNorm none.
fn parameters(t: &[Tensor<3>]) -> Sublayer {
    let bias = |place: usize| row(t[place].clone());
    Sublayer {
        gain: bias(1),
        centred: t.len() > 4,
        eps: EPS,
        matrices: [t[2].clone() * INTO, t[3].clone()],
        biases: (t.len() > 4).then(|| Biases { norm: bias(4), matrices: [bias(5), bias(6)] }),
    }
}

fn sublayer_case(widths: Widths, inner: Inner, biased: bool) -> Case {
    let Widths { lanes, rows, channels, inside, hidden } = widths;
    let mut shapes = vec![
        [lanes, rows, channels],
        [lanes, 1, channels],
        [lanes, channels, inside],
        [lanes, hidden, channels],
    ];
    if biased {
        shapes.extend([channels, inside, channels].map(|width| [lanes, 1, width]));
    }
    let fused = move |t: Vec<Tensor<3>>| sublayer(t[0].clone(), inner, parameters(&t));
    let primitive =
        move |t: Vec<Tensor<3>>| primitives::sublayer(t[0].clone(), inner, parameters(&t));
    let exact = move |x: &[Numbers]| formula(x, inner, widths);
    case(&format!("sublayer of {inner:?}"), shapes, fused, primitive, exact)
}

fn formula(x: &[Numbers], inner: Inner, widths: Widths) -> Numbers {
    let Widths { lanes, rows, channels, inside, hidden } = widths;
    let norm = (x.len() > 4, EPS);
    let normed = reference::norm(&x[0], &x[1], x.get(4), [lanes, rows, channels], norm);
    let into: Numbers = x[2].iter().map(|weight| weight * f64::from(INTO)).collect();
    let packed = reference::linear(&normed, &into, x.get(5), [lanes, rows, channels, inside]);
    let mixed: Numbers = match inner {
        Inner::Attention(heads) => reference::attention(&packed, &heads),
        Inner::Mlp(Activation::Gelu) => packed.iter().map(|x| reference::gelu(*x)).collect(),
        Inner::Mlp(Activation::Gated(gate)) => reference::gated(&packed, hidden, gate),
    };
    let out = reference::linear(&mixed, &x[3], x.get(6), [lanes, rows, hidden, channels]);
    out.iter().zip(&x[0]).map(|(out, x)| out + x).collect()
}

/// A sublayer as a model has it that does something between the steps.
fn in_steps(x: Tensor<3>, inner: Inner, of: Sublayer) -> Tensor<3> {
    let [into, out] = of.matrices;
    let (norm, [of_into, of_out]) = match of.biases {
        Some(Biases { norm, matrices }) => (Some(norm), matrices.map(Some)),
        None => (None, [None, None]),
    };
    let normed = match of.centred {
        true => layer_norm(x.clone(), of.gain, norm, of.eps),
        false => rms_norm(x.clone(), of.gain, of.eps),
    };
    let inside = linear(normed, into, of_into);
    let hidden = match inner {
        Inner::Attention(heads) => super::attention(inside, &heads),
        Inner::Mlp(Activation::Gelu) => gelu(inside),
        Inner::Mlp(Activation::Gated(gate)) => gated(inside, gate),
    };
    x + linear(hidden, out, of_out)
}

#[test]
fn a_sublayer_and_its_gradients_have_the_bits_of_its_steps() {
    let inner = [
        Inner::Attention(LONG),
        Inner::Mlp(Activation::Gelu),
        Inner::Mlp(Activation::Gated(Gate::Silu)),
        Inner::Mlp(Activation::Gated(Gate::Gelu)),
    ];
    for (sizes, inner) in [LARGE, ONE_BLOCK].into_iter().flat_map(|s| inner.map(|of| (s, of))) {
        for biased in [true, false] {
            let case = match inner {
                Inner::Attention(heads) => attention(sizes, heads, biased),
                Inner::Mlp(activation) => mlp(sizes, activation, biased),
            };
            let steps = move |t: Vec<Tensor<3>>| in_steps(t[0].clone(), inner, parameters(&t));
            let (whole, gradients) = case.run(&*case.fused, &case.inputs());
            let (of_steps, steps_gradients) = case.run(&steps, &case.inputs());
            assert!(whole == of_steps, "{}", case.name);
            assert!(gradients == steps_gradients, "{}, gradients", case.name);
            // The same where nothing is kept for gradients.
            let tensors = case.tensors(&case.inputs(), &Device::flex());
            let alone: Vec<f32> = (case.fused)(tensors).try_into_vec_as().unwrap();
            assert!(alone == whole, "{}, without gradients", case.name);
        }
    }
}
