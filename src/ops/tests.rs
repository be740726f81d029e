//! Every operation with kernels against its body of primitives, and its gradients against finite
//! differences of the formulas in float64.

mod arithmetic;
mod branches;
mod cases;
mod edges;
mod reference;
mod sublayers;

use burn::tensor::{Device, Int, Tensor, TensorData};
use cases::{EPS, all, indices};
use proptest::prelude::*;
use reference::Numbers;
use wane_kernels::activation::Activation;
use wane_kernels::attention::Heads;

use super::*;
use crate::random;

type Operation = dyn Fn(Vec<Tensor<3>>) -> Tensor<3>;
type Formula = dyn Fn(&[Numbers]) -> Numbers;

/// An operation on tensors `[lanes, …, …]`, computed in three ways.
struct Case {
    name: String,
    shapes: Vec<[usize; 3]>,
    fused: Box<Operation>,
    primitive: Box<Operation>,
    exact: Box<Formula>,
}

/// Sizes of a case: odd ones, and ones that fill chunks and blocks.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    lanes: usize,
    rows: usize,
    channels: usize,
    outputs: usize,
}

fn sizes() -> impl Strategy<Value = Sizes> {
    let channels = prop::sample::select(vec![1, 3, 8, 16, 17, 31, 48]);
    (1usize..4, 1usize..40, channels, 1usize..40)
        .prop_map(|(lanes, rows, channels, outputs)| Sizes { lanes, rows, channels, outputs })
}

fn heads() -> impl Strategy<Value = Heads> {
    let head = prop::sample::select(vec![2usize, 6, 8, 16, 20, 32]);
    let context = prop::sample::select(vec![1usize, 3, 5, 16, 17, 24, 33]);
    let groups = prop::sample::select(vec![(1usize, 1usize), (2, 2), (2, 1), (4, 2)]);
    let window = prop::option::of(1usize..20);
    (head, context, groups, window, any::<bool>()).prop_map(
        |(head, context, (heads, kv_heads), window, rotary)| Heads {
            heads,
            kv_heads,
            head,
            context,
            window: window.unwrap_or(context),
            rotary_base: rotary.then_some(100.0),
        },
    )
}

fn row(tensor: Tensor<3>) -> Tensor<2> {
    tensor.squeeze_dim(1)
}

fn case(
    name: &str,
    shapes: Vec<[usize; 3]>,
    fused: impl Fn(Vec<Tensor<3>>) -> Tensor<3> + 'static,
    primitive: impl Fn(Vec<Tensor<3>>) -> Tensor<3> + 'static,
    exact: impl Fn(&[Numbers]) -> Numbers + 'static,
) -> Case {
    Case {
        name: name.to_owned(),
        shapes,
        fused: Box::new(fused),
        primitive: Box::new(primitive),
        exact: Box::new(exact),
    }
}

fn numbers(name: &str, count: usize) -> Vec<f32> {
    random::normals(&mut random::stream("tests of operations", &[name.as_bytes()]), 1.0, count)
}

impl Case {
    fn inputs(&self) -> Vec<Vec<f32>> {
        let input = |(place, shape): (usize, &[usize; 3])| {
            numbers(&format!("{} {place}", self.name), shape.iter().product())
        };
        self.shapes.iter().enumerate().map(input).collect()
    }

    fn tensors(&self, inputs: &[Vec<f32>], device: &Device) -> Vec<Tensor<3>> {
        let tensor = |(shape, values): (&[usize; 3], &Vec<f32>)| {
            let tensor = Tensor::from_data(TensorData::new(values.clone(), *shape), device);
            if device.is_autodiff() { tensor.require_grad() } else { tensor }
        };
        self.shapes.iter().zip(inputs).map(tensor).collect()
    }

    /// The result, and the gradients of its sum weighted by numbers that look random.
    fn run(&self, operation: &Operation, inputs: &[Vec<f32>]) -> (Vec<f32>, Vec<Vec<f32>>) {
        let device = Device::flex().autodiff();
        let leaves = self.tensors(inputs, &device);
        let out = operation(leaves.clone());
        let weights = TensorData::new(weights(out.shape().num_elements()), out.dims());
        let gradients = (out.clone() * Tensor::from_data(weights, &device)).sum().backward();
        let of_leaf = |leaf: &Tensor<3>| leaf.grad(&gradients).unwrap().try_into_vec_as().unwrap();
        (out.try_into_vec_as().unwrap(), leaves.iter().map(of_leaf).collect())
    }

    fn agrees_with_primitives(&self) {
        let inputs = self.inputs();
        let (ours, our_gradients) = self.run(&*self.fused, &inputs);
        let (theirs, their_gradients) = self.run(&*self.primitive, &inputs);
        assert_close(&self.name, &ours, &theirs, 2e-5);
        for (ours, theirs) in our_gradients.iter().zip(&their_gradients) {
            assert_close(&format!("{}, a gradient", self.name), ours, theirs, 5e-5);
        }
    }

    fn agrees_with_finite_differences(&self) {
        let inputs = self.inputs();
        let (ours, gradients) = self.run(&*self.fused, &inputs);
        let mut points: Vec<Numbers> =
            inputs.iter().map(|input| input.iter().map(|x| f64::from(*x)).collect()).collect();
        let exact: Vec<f32> = (self.exact)(&points).iter().map(|x| *x as f32).collect();
        assert_close(&self.name, &ours, &exact, 2e-5);
        let weights = weights(ours.len());
        let weighted = |points: &[Numbers]| -> f64 {
            (self.exact)(points).iter().zip(&weights).map(|(x, w)| x * f64::from(*w)).sum()
        };
        const STEP: f64 = 1e-5;
        for (input, gradient) in gradients.iter().enumerate() {
            for place in (0..gradient.len()).step_by((gradient.len() / 5).max(1)) {
                let value = points[input][place];
                points[input][place] = value + STEP;
                let above = weighted(&points);
                points[input][place] = value - STEP;
                let slope = (above - weighted(&points)) / (2.0 * STEP);
                points[input][place] = value;
                let scale = gradient.iter().fold(1.0, |most, x| f64::from(x.abs()).max(most));
                let difference = (slope - f64::from(gradient[place])).abs();
                assert!(
                    difference < 2e-5 * scale,
                    "{}: the gradient of input {input} at {place} is {}, by differences {slope}",
                    self.name,
                    gradient[place]
                );
            }
        }
    }
}

fn weights(count: usize) -> Vec<f32> {
    numbers("weights", count)
}

fn assert_close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1f32, |most, x| x.abs().max(most));
    for (place, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "{what}: {a} and {b} at {place}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn kernels_compute_what_primitives_do(sizes in sizes(), heads in heads()) {
        all(sizes, heads).iter().for_each(Case::agrees_with_primitives);
    }

    #[test]
    fn kernels_and_their_gradients_are_those_of_the_formulas(sizes in sizes(), heads in heads()) {
        all(sizes, heads).iter().for_each(Case::agrees_with_finite_differences);
    }
}

/// Sizes at which every kernel works in several blocks.
const LARGE: Sizes = Sizes { lanes: 2, rows: 600, channels: 64, outputs: 40 };
const LONG: Heads =
    Heads { heads: 2, kv_heads: 1, head: 16, context: 100, window: 70, rotary_base: Some(1e4) };

/// Sizes of one block, whose products are cut for threads.
const ONE_BLOCK: Sizes = Sizes { lanes: 1, rows: 251, channels: 130, outputs: 1009 };

#[test]
fn threads_change_no_bit_of_any_operation() {
    let with = |sizes: Sizes, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| -> Vec<_> {
            let run = |case: &Case| (case.name.clone(), case.run(&*case.fused, &case.inputs()));
            all(sizes, LONG).iter().map(run).collect()
        })
    };
    for sizes in [LARGE, ONE_BLOCK] {
        let alone = with(sizes, 1);
        for threads in [2, 3, 7] {
            for (one, several) in alone.iter().zip(&with(sizes, threads)) {
                assert!(one == several, "{} of {sizes:?} on {threads} threads", one.0);
            }
        }
    }
}

#[test]
fn a_lane_has_the_same_bits_alone_and_among_others() {
    for (together, alone) in
        all(LARGE, LONG).iter().zip(all(Sizes { lanes: 1, ..LARGE }, LONG).iter())
    {
        let inputs = together.inputs();
        let first: Vec<Vec<f32>> = inputs
            .iter()
            .zip(&alone.shapes)
            .map(|(input, shape)| input[..shape.iter().product()].to_vec())
            .collect();
        let run = |case: &Case, inputs: &[Vec<f32>]| -> Vec<f32> {
            let tensors = case.tensors(inputs, &Device::flex());
            (case.fused)(tensors).try_into_vec_as().unwrap()
        };
        let (both, one) = (run(together, &inputs), run(alone, &first));
        assert!(both[..one.len()] == one, "{}", together.name);
    }
}

#[test]
fn what_is_no_number_stays_none() {
    let sizes = Sizes { lanes: 1, rows: 6, channels: 17, outputs: 5 };
    let heads = Heads { heads: 1, kv_heads: 1, head: 6, context: 3, window: 3, rotary_base: None };
    for case in all(sizes, heads) {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut inputs = case.inputs();
            inputs[0][0] = bad;
            let run = |operation: &Operation| -> Vec<f32> {
                operation(case.tensors(&inputs, &Device::flex())).try_into_vec_as().unwrap()
            };
            let (ours, theirs) = (run(&*case.fused), run(&*case.primitive));
            for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                let same = ours.is_finite() == theirs.is_finite();
                assert!(same, "{} of {bad} at {place}: {ours} and {theirs}", case.name);
            }
        }
    }
}

/// The tests of this file again, in processes that are told to use narrower vectors.
#[test]
fn all_of_it_holds_with_narrower_vectors_too() {
    for bits in ["0", "256"] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["ops::tests::kernels", "ops::tests::what", "ops::tests::edges"])
            .arg("ops::tests::arithmetic")
            .env("WANE_VECTOR_BITS", bits)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("11 passed"), "{bits}: {said}");
    }
}
